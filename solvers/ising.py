"""Spin form of a QUBO: ``offset + sum h_i s_i + sum J_ij s_i s_j`` with s = 1 - 2 z, the eigenvalue of Pauli Z.

dimod's own SPIN form has the other sign (s = 2 z - 1); every circuit of this package is built from this form only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import dimod
import numpy as np

from ..algorithms.fixed_angles import angle_unit, degree_factor
from ..core import Float, Int, bqm_from_arrays, bqm_to_arrays

Scale = Literal["rms", "max", "none"]


@dataclass(frozen=True, eq=False)
class Ising:
    """Fields and couplings of a QUBO, couplings with i < j in row order, none of them zero.

    Parameters
    ----------
    fields : h, shape (n,).
    rows, columns : ends of each coupling, shape (m,).
    couplings : J, shape (m,).
    offset : energy of no term; the mean energy over all points.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: 0.0}, {(0, 1): 4.0}, 0.0, "BINARY")
    >>> ising = Ising.of(model)
    >>> ising.fields.tolist(), ising.couplings.tolist(), ising.offset
    ([-1.5, -1.0], [1.0], 1.5)
    """

    fields: Float
    rows: Int
    columns: Int
    couplings: Float
    offset: float

    @staticmethod
    def of(bqm: dimod.BinaryQuadraticModel) -> Ising:
        """The spin form of a BINARY model with labels 0..m-1."""
        linear, i, j, values, offset = bqm_to_arrays(bqm)
        n = len(linear)
        rows, columns = np.minimum(i, j), np.maximum(i, j)
        order = np.lexsort((columns, rows))
        rows, columns, values = rows[order], columns[order], values[order]
        fields = -linear / 2
        np.subtract.at(fields, rows, values / 4)
        np.subtract.at(fields, columns, values / 4)
        scale = max(float(np.abs(linear).max(initial=0.0)), float(np.abs(values).max(initial=0.0)))
        fields[np.abs(fields) <= 1e-14 * scale] = 0.0  # sums that cancel but for rounding are no field
        keep = values != 0
        mean = offset + linear.sum() / 2 + values.sum() / 4
        return Ising(fields, rows[keep], columns[keep], values[keep] / 4, float(mean)) if n else _empty(offset)

    def model(self) -> dimod.BinaryQuadraticModel:
        """The BINARY model with labels 0..n-1 of these spins; the inverse of ``of``."""
        linear = -2 * self.fields
        np.subtract.at(linear, self.rows, 2 * self.couplings)
        np.subtract.at(linear, self.columns, 2 * self.couplings)
        constant = self.offset + self.fields.sum() + self.couplings.sum()
        return bqm_from_arrays(linear, self.rows, self.columns, 4 * self.couplings, float(constant))

    @property
    def candidates(self) -> tuple[Int, Int, Int]:
        """Ends of each coupling, and the spins with a field: what recursive QAOA takes a relation from."""
        return self.rows, self.columns, np.flatnonzero(self.fields)

    def substituted(self, k: int, home: int, sign: int) -> Ising:
        """Without spin k, which is ``sign`` times spin ``home``, or ``sign`` itself where home is -1."""
        at = np.arange(self.n)
        signs = np.ones(self.n, dtype=np.int64)
        signs[k] = sign
        at[k] = home
        return self.contracted(at - (at > k), signs)

    def contracted(self, home: Int, signs: Int) -> Ising:
        """With spin k in the place of ``signs[k]`` times the new spin ``home[k]``, or a constant where home is -1.

        Both have shape (n,), one entry a spin of this model.

        Examples
        --------
        >>> chain = Ising(np.array([0.0, 2.0, 0.0]), np.array([0, 1]), np.array([1, 2]), np.array([1.0, 3.0]), 0.0)
        >>> short = chain.contracted(np.array([0, 0, -1]), np.array([1, -1, 1]))
        >>> short.fields.tolist(), short.offset
        ([-5.0], -1.0)
        """
        n = int(home.max(initial=-1)) + 1
        a, b = home[self.rows], home[self.columns]
        J, h = self.couplings * signs[self.rows] * signs[self.columns], self.fields * signs
        is_one, is_pair = (a < 0) != (b < 0), (a != b) & (a >= 0) & (b >= 0)
        offset = self.offset + h[home < 0].sum() + J[a == b].sum()
        fields = np.bincount(home[home >= 0], h[home >= 0], n).astype(np.float64, copy=False)
        np.add.at(fields, np.maximum(a, b)[is_one], J[is_one])
        keys = np.minimum(a, b)[is_pair] * n + np.maximum(a, b)[is_pair]
        found, which = np.unique(keys, return_inverse=True)
        couplings = np.bincount(which, J[is_pair], len(found)).astype(np.float64, copy=False)
        sizes = (self.fields, self.couplings, fields, couplings)
        least = 1e-14 * max(float(np.abs(values).max(initial=0.0)) for values in sizes)
        fields[np.abs(fields) <= least] = 0.0
        kept = np.abs(couplings) > least
        rows, columns = np.divmod(found[kept], max(1, n))
        return Ising(fields, rows, columns, couplings[kept], float(offset))

    @property
    def n(self) -> int:
        """Number of spins."""
        return len(self.fields)

    @property
    def num_terms(self) -> int:
        """Nonzero fields and couplings."""
        return int(np.count_nonzero(self.fields)) + len(self.couplings)

    @property
    def masks(self) -> Int:
        """The spins of each term as the bits of a word, in the order of ``coefficients``, shape (num_terms,)."""
        pairs = (np.int64(1) << self.rows) | (np.int64(1) << self.columns)
        return np.concatenate([np.int64(1) << np.flatnonzero(self.fields), pairs]).astype(np.int64)

    @property
    def two_qubit_gates(self) -> int:
        """RZZ of the phases of one layer."""
        return len(self.couplings)

    @property
    def coefficients(self) -> Float:
        """Nonzero fields, then couplings: the order of multi-angle parameters, shape (num_terms,)."""
        return np.concatenate([self.fields[self.fields != 0], self.couplings])

    def unit(self, scale: Scale = "rms") -> float:
        """Magnitude of the coefficients, by which gammas are divided so that the same angles fit many instances.

        ``rms``: sqrt(mean of J**2 over couplings + mean of h**2 over nonzero fields), divided by
        arctan(1/sqrt(d - 1)) / arctan(1/sqrt(2)) for a mean degree d, so that angles are those of 3-regular graphs
        with couplings +-1. ``max``: the largest coefficient.

        References
        ----------
        Sureshbabu et al. (2024), Parameter setting in quantum approximate optimization of weighted problems,
        arXiv:2305.15201 (rms and degree); Montanez-Barrera, Michielsen (2024), arXiv:2405.09169 (max).
        """
        if scale == "none" or not self.num_terms:
            return 1.0
        if scale == "max":
            return float(np.abs(self.coefficients).max())
        return angle_unit(self.fields, self.rows, self.columns, self.couplings)

    def operator(self) -> Any:
        """Qiskit SparsePauliOp without the offset, qubit i = variable i."""
        from qiskit.quantum_info import SparsePauliOp

        terms = [("Z", [i], float(self.fields[i])) for i in np.flatnonzero(self.fields).tolist()]
        ends = zip(self.rows.tolist(), self.columns.tolist(), self.couplings.tolist())
        terms += [("ZZ", [i, j], value) for i, j, value in ends]
        return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=self.n)


def _empty(offset: float) -> Ising:
    none = np.zeros(0, dtype=np.int64)
    return Ising(np.zeros(0), none, none, np.zeros(0), float(offset))


__all__ = ["Ising", "Scale", "degree_factor"]
