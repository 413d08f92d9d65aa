"""The QAOA circuit, parametrised: plain, multi-angle, or warm-started.

Gates are exp(-i gamma H) as RZ(2 gamma h) and RZZ(2 gamma J), and exp(+i beta sum X) as RX(-2 beta). The warm-start
mixer exp(+i beta (sin th X + cos th Z)) is RY(-th), RZ(-2 beta), RY(th), in this order of time.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..ising import Ising
from ..spin_polynomial import SpinPolynomial


def qaoa_circuit(
    ising: Ising | SpinPolynomial, num_layers: int, *, is_multi_angle: bool = False, thetas: npt.ArrayLike | None = None
) -> Any:
    """QuantumCircuit of n qubits with one ParameterVector: all gammas, layer by layer, then all betas.

    Parameters
    ----------
    is_multi_angle : one gamma a term (nonzero fields, then couplings) and one beta a qubit, instead of one a layer.
    thetas : start RY(theta_i)|0> and its mixer, shape (n,); None is |+> and sum X.
    """
    from qiskit.circuit import ParameterVector, QuantumCircuit

    n, p = ising.n, num_layers
    by_layer = ising.num_terms if is_multi_angle else 1
    mixers = n if is_multi_angle else 1
    angles = ParameterVector("t", p * (by_layer + mixers))
    circuit = QuantumCircuit(n)
    warm = None if thetas is None else np.asarray(thetas, dtype=np.float64).tolist()
    for q in range(n):
        if warm is None:
            circuit.h(q)
        else:
            circuit.ry(warm[q], q)
    for layer in range(p):
        gammas = angles[layer * by_layer : (layer + 1) * by_layer]
        betas = angles[p * by_layer + layer * mixers : p * by_layer + (layer + 1) * mixers]
        add_phases(circuit, ising, list(gammas) if is_multi_angle else [gammas[0]] * ising.num_terms)
        for q in range(n):
            beta = betas[q if is_multi_angle else 0]
            if warm is None:
                circuit.rx(-2 * beta, q)
            else:
                circuit.ry(-warm[q], q)
                circuit.rz(-2 * beta, q)
                circuit.ry(warm[q], q)
    return circuit


def add_phases(circuit: Any, ising: Ising | SpinPolynomial, gammas: Sequence[Any]) -> None:
    """The phase of each term with its gamma; of k spins: their parity by a CX ladder, RZ, and back."""
    if isinstance(ising, SpinPolynomial):
        for (term, value), gamma in zip(ising.polynomial.terms(), gammas, strict=True):
            ladder = list(itertools.pairwise(term))
            for a, b in ladder:
                circuit.cx(a, b)
            circuit.rz(2 * value * gamma, term[-1])
            for a, b in reversed(ladder):
                circuit.cx(a, b)
        return
    fields = np.flatnonzero(ising.fields).tolist()
    for q, gamma in zip(fields, gammas):
        circuit.rz(2 * float(ising.fields[q]) * gamma, q)
    ends = zip(ising.rows.tolist(), ising.columns.tolist(), ising.couplings.tolist())
    for (i, j, value), gamma in zip(ends, gammas[len(fields) :], strict=True):
        circuit.rzz(2 * value * gamma, i, j)


def logical_depth(ising: Ising | SpinPolynomial, num_layers: int, *, is_warm: bool = False) -> int:
    """Depth of that circuit before any transpilation, counted without building it.

    Examples
    --------
    >>> import dimod
    >>> logical_depth(Ising.of(dimod.BinaryQuadraticModel({0: 0.0, 1: 0.0}, {(0, 1): 4.0}, 0.0, "BINARY")), 2)
    7
    """
    if isinstance(ising, SpinPolynomial):
        return ising.logical_depth(num_layers)
    level = np.ones(ising.n, dtype=np.int64)
    mixer = 3 if is_warm else 1
    has_field = (ising.fields != 0).astype(np.int64)
    for _ in range(num_layers):
        level += has_field
        for i, j in zip(ising.rows.tolist(), ising.columns.tolist()):
            level[i] = level[j] = max(level[i], level[j]) + 1
        level += mixer
    return int(level.max(initial=0))
