"""Ground states and optima by enumeration of all 2^m points: what encoders are held to. Refuses above 24 bits."""

from __future__ import annotations

import numpy as np

from ..algorithms.enumeration import all_energies, all_sums, check_bits, indices_to_bits
from ..core import BinaryProgram, Encoding, PolynomialModel
from ..core.arrays import Bits, Float
from ..core.margins import ROUNDING
from ..engines.diagonal import energy_blocks
from .quadratic import Quadratic


def all_values(function: Quadratic) -> Float:
    """Value of a quadratic function at every state, shape (2^m,)."""
    check_bits(function.num_bits)
    return all_sums(function.linear, function.products.toarray().T) + function.offset


def encoding_energies(encoding: Encoding) -> Float:
    """Energy of every state of an encoding's model, quadratic or of any degree, shape (2^m,)."""
    if isinstance(encoding.bqm, PolynomialModel):
        check_bits(encoding.num_qubits)
        return np.concatenate(list(energy_blocks(encoding.bqm.polynomial)))
    return all_energies(encoding.bqm)


def ground_states(encoding: Encoding, *, tolerance: float = ROUNDING) -> Bits:
    """All points of least energy, to within ``tolerance`` of the largest |energy|, shape (k, m)."""
    energies = encoding_energies(encoding)
    size = max(1.0, float(np.abs(energies).max()))
    states = np.flatnonzero(energies <= energies.min() + tolerance * size)
    return indices_to_bits(states, encoding.num_qubits)


def best_cost(program: BinaryProgram) -> float | None:
    """Optimal cost by trying every point; None where no point is feasible."""
    costs = all_values(Quadratic.cost(program))
    block = 2**16
    best = np.inf
    for start in range(0, costs.size, block):
        states = np.arange(start, min(start + block, costs.size))
        keeps = program.feasible(indices_to_bits(states, program.num_variables))
        best = min(best, float(costs[states][keeps].min(initial=np.inf)))
    return best if np.isfinite(best) else None
