"""Means of Pauli strings in the state ``exp(-i gamma H)|+...+>`` in closed form, whatever their number of neighbours.

With X or Y on the qubits S and Z on others, <P> is the mean over s in {-1, 1}**S of
``prod_(a in S, Y) (i s_a) exp(-2 i gamma sum_a h_a s_a) prod_(v not in S) f_v``; with ``A_v = sum_(a in S) J_av s_a``,
f_v is ``cos(2 gamma A_v)``, or ``-i sin(2 gamma A_v)`` where P has a Z on v. Limit: 2**|S| terms a string.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...core import Float, Int
from .strings import Strings, bits

#: Numbers of one block of strings: 32 MiB of float64.
_BLOCK = 2**22


@dataclass(frozen=True, eq=False)
class Couplings:
    """Fields (n,) and the dense symmetric couplings (n, n) of a cost."""

    fields: Float
    matrix: Float

    @staticmethod
    def of(fields: Float, rows: Int, columns: Int, values: Float) -> Couplings:
        """From the terms of a cost: fields (n,); rows, columns and values (m,)."""
        matrix = np.zeros((len(fields), len(fields)))
        np.add.at(matrix, (rows, columns), values)
        np.add.at(matrix, (columns, rows), values)
        return Couplings(np.asarray(fields, dtype=np.float64), matrix)


def mean_after_phases(strings: Strings, couplings: Couplings, gamma: float) -> float:
    """``sum values <P>`` over the strings.

    Examples
    --------
    >>> couplings = Couplings.of(np.array([0.5]), np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    >>> one = np.ones((1, 1), dtype=np.uint64)
    >>> round(mean_after_phases(Strings(one, one, np.ones(1)), couplings, np.pi / 2), 12)  # <Y> after a quarter turn
    1.0
    """
    n = len(couplings.fields)
    sizes = np.bitwise_count(strings.x).sum(axis=1, dtype=np.int64)
    total = float(strings.values[~(strings.x | strings.z).any(axis=1)].sum())  # the identity
    for size in np.unique(sizes[sizes > 0]).tolist():
        chosen = strings[sizes == size]
        step = max(1, _BLOCK // (n << size))
        for start in range(0, len(chosen), step):
            total += _block(chosen[np.arange(start, min(start + step, len(chosen)))], size, couplings, gamma)
    return total


def _block(strings: Strings, size: int, couplings: Couplings, gamma: float) -> float:
    """The sum over strings with X or Y on ``size`` qubits each."""
    n, count = len(couplings.fields), len(strings)
    on_x, on_z = bits(strings.x, n), bits(strings.z, n)
    places = np.nonzero(on_x)[1].reshape(count, size)
    spins = 1.0 - 2.0 * ((np.arange(2**size)[:, None] >> np.arange(size)) & 1)
    reach = np.einsum("sa,kav->ksv", spins, couplings.matrix[places])
    free = ~on_x
    is_sine = free & on_z
    factors = np.where(is_sine[:, None, :], np.sin(2 * gamma * reach), np.cos(2 * gamma * reach))
    factors[np.broadcast_to(on_x[:, None, :], factors.shape)] = 1.0
    is_y = np.take_along_axis(on_z, places, axis=1)
    signs = np.where(is_y[:, None, :], spins, 1.0).prod(axis=2)
    phases = np.exp(-2j * gamma * (couplings.fields[places] @ spins.T))
    turns = _quarter_turns(is_y.sum(axis=1) - is_sine.sum(axis=1))
    means = turns * (factors.prod(axis=2) * signs * phases).mean(axis=1)
    return float(strings.values @ means.real)


def _quarter_turns(powers: Int) -> npt.NDArray[np.complex128]:
    """i to these powers, exactly."""
    return np.array([1, 1j, -1, -1j])[powers % 4]
