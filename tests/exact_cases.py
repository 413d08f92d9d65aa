"""Small costs and dense linear algebra that the tests of the exact engine share."""

from __future__ import annotations

from functools import reduce

import numpy as np
import numpy.typing as npt

from qopt.engines.diagonal import CostDiagonal

X = np.array([[0, 1], [1, 0]])
Y = np.array([[0, -1j], [1j, 0]])
Z = np.diag([1, -1])


def qubo(n: int, seed: int = 0, size: int = 10) -> tuple[npt.NDArray, npt.NDArray, npt.NDArray, npt.NDArray]:
    """Dense random integer QUBO: linear, rows, cols, values."""
    rng = np.random.default_rng(seed)
    rows, cols = np.triu_indices(n, 1)
    return rng.integers(-size, size + 1, n), rows, cols, rng.integers(-size, size + 1, rows.size)


def qubo_cost(n: int, seed: int = 0, size: int = 10, dtype: str = "auto") -> CostDiagonal:
    return CostDiagonal.from_arrays(*qubo(n, seed, size), offset=3.0, dtype=dtype)


def regular_edges(n: int, degree: int = 3, seed: int = 1) -> npt.NDArray:
    import networkx as nx

    return np.array(nx.random_regular_graph(degree, n, seed=seed).edges)


def cut_cost(edges: npt.NDArray, n: int) -> CostDiagonal:
    """Minus the cut: symmetric under flipping all bits."""
    degrees = np.bincount(edges.ravel(), minlength=n)
    return CostDiagonal.from_arrays(-degrees, edges[:, 0], edges[:, 1], [2] * len(edges))


def on_qubit(gate: npt.NDArray, q: int, n: int) -> npt.NDArray:
    """A gate on qubit q as a 2**n matrix; qubit 0 is the lowest bit of an index."""
    return reduce(np.kron, [gate if k == q else np.eye(2) for k in reversed(range(n))])


def dense_state(energies: npt.NDArray, mixers: list[npt.NDArray], start: npt.NDArray, angles: list) -> npt.NDArray:
    """exp(-i beta mixer) exp(-i gamma diag(energies)) for each (gamma, beta), by scipy's matrix exponential."""
    from scipy.linalg import expm

    psi = start.astype(complex)
    for gamma, beta in angles:
        psi = expm(-1j * gamma * np.diag(energies)) @ psi
        for mixer in mixers:
            psi = expm(-1j * beta * mixer) @ psi
    return psi
