"""An Ising model from which spins are eliminated one by one, kept as neighbour lists: O(degree) an elimination."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...core import Float, Int
from ..ising import Ising


class SparseSpins:
    """Spins by their first numbers; original spin k is ``sign[k] * s[home[k]]``, or ``sign[k]`` where home is -1."""

    def __init__(self, ising: Ising) -> None:
        self.offset = ising.offset
        self.fields: dict[int, float] = {i: float(h) for i, h in enumerate(ising.fields.tolist())}
        self.near: dict[int, dict[int, float]] = {i: {} for i in range(ising.n)}
        for i, j, value in zip(ising.rows.tolist(), ising.columns.tolist(), ising.couplings.tolist()):
            self.near[i][j] = self.near[j][i] = value
        self.home = np.arange(ising.n)
        self.sign = np.ones(ising.n, dtype=np.int64)
        # sums that cancel but for rounding are no term
        self._zero = 1e-14 * float(np.abs(ising.coefficients).max(initial=0.0))

    @property
    def num_left(self) -> int:
        """Spins that are not eliminated."""
        return len(self.fields)

    def fix(self, i: int, sign: int) -> None:
        """Spin i is the constant ``sign``."""
        for k, value in self.near.pop(i).items():
            del self.near[k][i]
            self._add_field(k, sign * value)
        self.offset += sign * self.fields.pop(i)
        of_i = self.home == i
        self.sign[of_i] *= sign
        self.home[of_i] = -1

    def merge(self, i: int, j: int, sign: int) -> None:
        """Spin j is ``sign`` times spin i."""
        for k, value in self.near.pop(j).items():
            del self.near[k][j]
            if k == i:
                self.offset += sign * value
                continue
            total = self.near[i].get(k, 0.0) + sign * value
            if abs(total) > self._zero:
                self.near[i][k] = self.near[k][i] = total
            elif k in self.near[i]:
                del self.near[i][k], self.near[k][i]
        self._add_field(i, sign * self.fields.pop(j))
        of_j = self.home == j
        self.sign[of_j] *= sign
        self.home[of_j] = i

    def within(self, starts: Iterable[int], distance: int) -> set[int]:
        """Spins at most that far from one of the starts that are left."""
        found = {i for i in starts if i in self.near}
        edge = set(found)
        for _ in range(distance):
            edge = {k for i in edge for k in self.near[i]} - found
            found |= edge
        return found

    def part(self, spins: Iterable[int]) -> tuple[list[int], Float, Int, Int, Float]:
        """Spins in order, and the fields, ends and couplings among them in their new numbers.

        Fields have shape (k,), ends and couplings (t,) each.
        """
        chosen = sorted(spins)
        place = {spin: k for k, spin in enumerate(chosen)}
        terms = [
            (place[i], place[j], value) for i in chosen for j, value in self.near[i].items() if i < j and j in place
        ]
        terms.sort()
        rows, cols, values = (list(column) for column in zip(*terms)) if terms else ([], [], [])
        fields = np.array([self.fields[i] for i in chosen])
        ends = np.array(rows, dtype=np.int64), np.array(cols, dtype=np.int64)
        return chosen, fields, *ends, np.array(values, dtype=np.float64)

    def ising(self) -> Ising:
        """The model that is left, spins in order."""
        _, fields, rows, cols, values = self.part(self.fields)
        return Ising(fields, rows, cols, values, float(self.offset))

    def _add_field(self, k: int, value: float) -> None:
        total = self.fields[k] + value
        self.fields[k] = total if abs(total) > self._zero else 0.0
