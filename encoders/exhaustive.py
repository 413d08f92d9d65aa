"""Values of all 2^m points by doubling: one addition a point and bit, no matrix of points.

State k holds bit i of k as ``z[i]``. Refuses above 24 bits (128 MB an array).
"""

from __future__ import annotations

import numpy as np

from ..core import BinaryProgram, Encoding, PolynomialModel, UnsupportedError, bqm_to_arrays
from ..core.arrays import AnyArray, Bits, Float, Int
from ..engines.diagonal import energy_blocks
from .quadratic import Quadratic

MAX_BITS = 24


def all_points(num_bits: int, states: Int | None = None) -> Bits:
    """Points as rows, shape (k, num_bits): of the given states, or of all 2^num_bits.

    Examples
    --------
    >>> all_points(2).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    if states is None:
        _check(num_bits)
        states = np.arange(2**num_bits)
    return ((states[:, None] >> np.arange(num_bits)) & 1).astype(np.uint8)


def all_values(function: Quadratic) -> Float:
    """Value of a quadratic function at every state, shape (2^m,)."""
    _check(function.num_bits)
    into = function.products.tocsc()
    values = np.array([function.offset])
    for k in range(function.num_bits):
        part = slice(int(into.indptr[k]), int(into.indptr[k + 1]))
        coefficients = np.zeros(k)
        coefficients[into.indices[part]] = into.data[part]  # strictly upper: all partners are earlier bits
        values = np.concatenate([values, values + function.linear[k] + all_sums(coefficients)])
    return values


def all_sums(coefficients: AnyArray) -> Float:
    """``coefficients'z`` at every state, shape (2^m,)."""
    _check(len(coefficients))
    sums = np.zeros(1)
    for a in np.asarray(coefficients, dtype=np.float64).tolist():
        sums = np.concatenate([sums, sums + a])
    return sums


def all_energies(encoding: Encoding) -> Float:
    """Energy of every state of an encoding's QUBO, shape (2^m,)."""
    from scipy.sparse import coo_array

    if isinstance(encoding.bqm, PolynomialModel):
        _check(encoding.num_qubits)
        return np.concatenate(list(energy_blocks(encoding.bqm.polynomial)))
    linear, i, j, values, offset = bqm_to_arrays(encoding.bqm)
    size = (linear.size, linear.size)
    products = coo_array((values, (np.minimum(i, j), np.maximum(i, j))), shape=size).tocsr()
    return all_values(Quadratic(linear, products, offset))


def ground_states(encoding: Encoding, *, tolerance: float = 1e-9) -> Bits:
    """All points of least energy, to within ``tolerance`` of the largest |energy|, shape (k, m)."""
    energies = all_energies(encoding)
    size = max(1.0, float(np.abs(energies).max()))
    states = np.flatnonzero(energies <= energies.min() + tolerance * size)
    return all_points(encoding.num_qubits, states)


def best_cost(program: BinaryProgram) -> float | None:
    """Optimal cost by trying every point; None where no point is feasible."""
    costs = all_values(Quadratic.cost(program))
    block = 2**16
    best = np.inf
    for start in range(0, costs.size, block):
        states = np.arange(start, min(start + block, costs.size))
        keeps = program.feasible(all_points(program.num_variables, states))
        best = min(best, float(costs[states][keeps].min(initial=np.inf)))
    return best if np.isfinite(best) else None


def _check(num_bits: int) -> None:
    if num_bits > MAX_BITS:
        raise UnsupportedError(
            f"enumeration must have at most {MAX_BITS} bits, got {num_bits}; take a smaller instance"
        )
