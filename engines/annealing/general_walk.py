"""The general walk in Python: ejection moves and soft rows; see _general.h and _state.h, whose moves it repeats."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ...core import AnyArray
from .walks import Walk

MAX_EJECTED, MAX_CHANGES, SHORT_RANGE = 8, 32, 1024
GAIN, FALL, FLOOR_SHARE, CEILING_SHARE = 0.1, 0.2, 1e-4, 1e4
GROWTH, GROWTH_SHARE = 1.2, 0.1

Change = tuple[int, int]
Triple = tuple[AnyArray, AnyArray, AnyArray]


class GeneralWalk(Walk):
    """Bits in groups, squares and packings, whole variables, and soft rows."""

    def __init__(
        self,
        offset: float,
        c: AnyArray,
        square: AnyArray,
        products: Triple,
        lower: AnyArray,
        upper: AnyArray,
        groups: tuple[AnyArray, AnyArray, int, int],
        conflicts: Triple,
        columns: Triple,
        rows: tuple[AnyArray, AnyArray, AnyArray],
        sacks: tuple[AnyArray, AnyArray, AnyArray, int],
    ) -> None:
        super().__init__()
        self.size = n = len(c)
        self.offset, self.c, self.square = offset, c, square
        self.products, self.conflicts, self.columns = _lists(products), _lists(conflicts), _lists(columns)
        self.product_of = [dict(entries) for entries in self.products]
        self.lower, self.upper = lower.tolist(), upper.tolist()
        self.group, self.square_of = groups[0].tolist(), groups[1].tolist()
        self.num_groups, self.num_squares = groups[2], groups[3]
        self.row_lower, self.row_upper, self.row_scale = (values.tolist() for values in rows)
        self.item, self.sack, self.cell, self.sacks = sacks[0].tolist(), sacks[1].tolist(), sacks[2].tolist(), sacks[3]
        self.is_dense = 0 < len(rows[0]) <= 128 and len(columns[1]) > 0.5 * n * len(rows[0])
        self.is_bit = [low == 0 and high == 1 for low, high in zip(self.lower, self.upper)]
        self.grouped = [i for i in range(n) if self.group[i] >= 0]
        self.free = [i for i in range(n) if self.group[i] < 0 and self.is_bit[i]]
        self.whole = [i for i in range(n) if not self.is_bit[i] and self.lower[i] < self.upper[i]]
        self.members: list[list[int]] = [[] for _ in range(self.num_groups)]
        for i in self.grouped:
            self.members[self.group[i]].append(i)
        own = np.abs(c) + np.abs(square)
        own += 0.5 * np.array([sum(abs(value) for _, value in entries) for entries in self.products])
        typical = float(own.sum() / np.count_nonzero(own)) if own.any() else 1.0
        self.first_weight = [typical / scale for scale in self.row_scale]
        self.start_weight = list(self.first_weight)
        self.switch_share, self.whole_share = len(self.grouped) / max(1, n), len(self.whole) / max(1, n)

    # ---- the state -----------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self.x = [0] * self.size
        self.g = [float(value) for value in self.c]
        self.cost = self.offset
        self.tight = [0] * self.size
        self.activity = [0.0] * len(self.row_lower)
        self.uncovered = self.num_groups + self.num_squares
        self.holder, self.square_holder = [-1] * self.num_groups, [-1] * self.num_squares
        self.sides: tuple[list[int], list[int]] = ([i for i in range(self.size) if self.is_bit[i]], [])
        self.where = [0] * self.size
        for k, i in enumerate(self.sides[0]):
            self.where[i] = k
        for i in range(self.size):
            if self.lower[i]:
                self._apply((i, self.lower[i]))

    def _violation(self, k: int, activity: float) -> float:
        return float(max(activity - self.row_upper[k], self.row_lower[k] - activity, 0.0))

    def keeps_all_rows(self) -> bool:
        """Whether every one-hot group has its bit and no row is broken."""
        return self.uncovered == 0 and not any(self._violation(k, a) > 0 for k, a in enumerate(self.activity))

    def point(self) -> AnyArray:
        """Copy of the values of all variables, shape (size,)."""
        return np.array(self.x, dtype=np.int64)

    def stride(self) -> int:
        """Proposals of a block: one a variable."""
        return max(1, self.size)

    def close(self, sweeps: int) -> None:
        """At most so many cold sweeps with growing weights of the broken rows; once all hold, as many to lower the
        cost.
        """
        for _ in range(sweeps):
            if self.keeps_all_rows():
                break
            for k, first in enumerate(self.first_weight):
                if self._violation(k, self.activity[k]) > 0:
                    self.weight[k] = GROWTH * self.weight[k] + GROWTH_SHARE * first
            for _ in range(self.stride()):
                self.propose(1e-300)
        if self.keeps_all_rows():
            for _ in range(sweeps * self.stride()):
                self.propose(1e-300)

    def keep_weights(self) -> None:
        """Begin later reads with the weights of the rows as they are now."""
        self.start_weight = list(self.weight)

    def begin_block(self, t: float) -> None:
        """Raise the weights of the broken rows and lower those of the others, in proportion to the temperature."""
        for k, scale in enumerate(self.row_scale):
            step = GAIN * t / scale
            moved = self.weight[k] + (step if self._violation(k, self.activity[k]) > 0 else -FALL * step)
            first = self.first_weight[k]
            self.weight[k] = min(max(moved, first * FLOOR_SHARE), first * CEILING_SHARE)

    def _apply(self, change: Change) -> None:
        i, step = change
        self.cost += step * self.g[i] + self.square[i] * step * step
        self.x[i] += step
        self.g[i] += 2 * self.square[i] * step
        for j, value in self.products[i]:
            self.g[j] += step * value
        for k, value in self.columns[i]:
            self.activity[k] += step * value
        if not self.is_bit[i]:
            return
        on = self.x[i] != 0
        old, new = self.sides[not on], self.sides[on]
        old[self.where[i]] = old[-1]
        self.where[old[-1]] = self.where[i]
        old.pop()
        self.where[i] = len(new)
        new.append(i)
        for j, _ in self.conflicts[i]:
            self.tight[j] += 1 if on else -1
        self._hold(self.holder, self.group[i], i, on)
        self._hold(self.square_holder, self.square_of[i], i, on)

    def _hold(self, holders: list[int], group: int, i: int, on: bool) -> None:
        if group < 0:
            return
        if on:
            self.uncovered -= holders[group] < 0
            holders[group] = i
        elif holders[group] == i:
            holders[group] = -1
            self.uncovered += 1

    def _cost_change(self) -> float:
        d = 0.0
        for i, step in self.changes:
            d += step * self.g[i] + self.square[i] * step * step
        for q, (j, second) in enumerate(self.changes):
            for i, first in self.changes[:q]:
                d += first * second * self.product_of[i].get(j, 0.0)
        return d

    def _penalty_change(self) -> float:
        gain: dict[int, float] = {}
        for i, step in self.changes:
            for k, value in self.columns[i]:
                gain[k] = gain.get(k, 0.0) + step * value
        if not (self.is_dense and len(self.changes) <= 2):
            return float(sum(self._more(k, more) for k, more in gain.items()))
        part = [0.0] * 4  # sums by four, as the vectors of the compiled walk
        for k in range(len(self.activity)):
            part[k % 4] += self._more(k, gain.get(k, 0.0))
        return (part[0] + part[1]) + (part[2] + part[3])

    def _more(self, k: int, more: float) -> float:
        now = self.activity[k]
        return float(self.weight[k] * (self._violation(k, now + more) - self._violation(k, now)))

    # ---- moves -----------------------------------------------------------------------------------------------------

    def propose(self, t: float) -> None:
        """Choose a move, and make it if Metropolis' rule at temperature ``t`` accepts cost and penalty together."""
        self.changes: list[Change] = []
        if not self._choose() or not self.changes:
            return
        d = self._cost_change()
        d += self._penalty_change()
        if not self.accepts(d, t):
            return
        for change in sorted(self.changes, key=lambda change: change[1] > 0):
            self._apply(change)
        self.accepted += 1
        self.note(t)

    def _choose(self) -> bool:
        u, random = self.random.unit_interval(), self.random
        if u < self.whole_share:
            return self._step_whole()
        if self.cell and random.below(4) == 0:
            return self._trade()
        if u < self.whole_share + self.switch_share:
            return self._switch_member()
        if self.row_lower and random.throw():
            return self._exchange()
        return self._flip()

    def _flip(self) -> bool:
        if not self.free:
            return False
        i = self.free[self.random.below(len(self.free))]
        if self.x[i]:
            self.changes.append((i, -1))
            return True
        return self._set(i)

    def _exchange(self) -> bool:
        off, on = self.sides
        if not on or not off:
            return False
        i, j = on[self.random.below(len(on))], off[self.random.below(len(off))]
        if self.group[i] >= 0 or self.group[j] >= 0:
            return False
        self.changes.append((i, -1))
        return self._set(j)

    def _trade(self) -> bool:
        on = self.sides[1]
        if len(on) < 2:
            return False
        i, j = on[self.random.below(len(on))], on[self.random.below(len(on))]
        p, q = self.item[i], self.item[j]
        if p < 0 or q < 0 or p == q or self.sack[i] == self.sack[j]:
            return False
        k, m = self.cell[p * self.sacks + self.sack[j]], self.cell[q * self.sacks + self.sack[i]]
        if k < 0 or m < 0:
            return False
        self.changes += [(i, -1), (j, -1), (k, 1), (m, 1)]
        return True

    def _switch_member(self) -> bool:
        j = self.grouped[self.random.below(len(self.grouped))]
        if self.x[j]:
            return False
        i = self.holder[self.group[j]]
        if i < 0:
            return self._set(j)
        self.changes.append((i, -1))
        if self.square_of[j] < 0:
            return self._set(j)
        other = self.square_holder[self.square_of[j]]
        if other < 0 or self.square_of[i] < 0:
            return self._set(j)
        self.changes += [(j, 1), (other, -1)]
        wanted = self.square_of[i]
        back = next((v for v in self.members[self.group[other]] if self.square_of[v] == wanted), -1)
        if back < 0:
            return False
        self.changes.append((back, 1))
        return not self.tight[j] and not self.tight[back]

    def _step_whole(self) -> bool:
        i = self.whole[self.random.below(len(self.whole))]
        if not self._add_step(i):
            return False
        if self.random.throw():
            j = self.whole[self.random.below(len(self.whole))]
            if j != i and not self._add_step(j):
                return False
        return True

    def _add_step(self, i: int) -> bool:
        spread = self.upper[i] - self.lower[i]
        if spread <= SHORT_RANGE and self.random.below(4) == 0:
            then = self.lower[i] + self.random.below(spread)
            then += then >= self.x[i]
            self.changes.append((i, then - self.x[i]))
            return True
        size = 1
        while 2 * size <= spread and self.random.throw():
            size *= 2
        step = size if self.random.throw() else -size
        if not self.lower[i] <= self.x[i] + step <= self.upper[i]:
            return False
        self.changes.append((i, step))
        return True

    def _set(self, j: int) -> bool:
        self.changes.append((j, 1))
        if not self.tight[j]:
            return True
        if self.tight[j] > MAX_EJECTED:
            return False
        first = len(self.changes)
        for u, _ in self.conflicts[j]:
            if self.x[u] and all(u != i for i, _ in self.changes):
                self.changes.append((u, -1))
        left = self.changes[0][0] if self.changes[0][1] < 0 else -1
        return all(self._refill(u, left) for u, _ in self.changes[first:] if self.group[u] >= 0)

    def _refill(self, gone: int, left: int) -> bool:
        group, found, seen = self.group[gone], -1, 0
        if left >= 0:
            for v, _ in self.conflicts[left]:
                if self.group[v] == group and v != gone:
                    seen += 1
                    if self.random.below(seen) == 0:
                        found = v
        if found < 0:
            found = self.members[group][self.random.below(len(self.members[group]))]
        if found == gone or any(found == i for i, _ in self.changes) or len(self.changes) == MAX_CHANGES:
            return False
        if not self._is_allowed(found):
            return False
        self.changes.append((found, 1))
        return True

    def _is_allowed(self, v: int) -> bool:
        against, steps = self.tight[v], dict(self.changes)
        for u, _ in self.conflicts[v]:
            if u in steps:
                if steps[u] > 0:
                    return False
                against -= 1
        return against == 0

    # ---- starts ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """A new random point: groups first, up to 50 tries, then the free bits and the integers."""
        self.weight = list(self.start_weight)
        for _ in range(50):
            self._reset()
            if self._fill_groups():
                break
        self._fill_free()
        for i in self.whole:
            spread = self.upper[i] - self.lower[i]
            if spread <= SHORT_RANGE:
                step = self.lower[i] + self.random.below(spread + 1) - self.x[i]
                if step:
                    self._apply((i, step))

    def _fill_groups(self) -> bool:
        complete = True
        for group in self.random.shuffled(self.num_groups):
            found, seen = -1, 0
            for i in self.members[group]:
                taken = self.square_of[i] >= 0 and self.square_holder[self.square_of[i]] >= 0
                if not self.tight[i] and not taken:
                    seen += 1
                    if self.random.below(seen) == 0:
                        found = i
            if found >= 0:
                self._apply((found, 1))
            else:
                complete = False
        return complete

    def _fill_free(self) -> None:
        for position in self.random.shuffled(len(self.free)):
            i = self.free[position]
            if self.tight[i] or self.random.throw():
                continue
            kept = all(
                self._violation(k, self.activity[k]) > 0 or not self._violation(k, self.activity[k] + value) > 0
                for k, value in self.columns[i]
            )
            if kept:
                self._apply((i, 1))


def _lists(triple: Triple) -> list[list[tuple[int, float]]]:
    """The entries of each row of a CSR matrix."""
    ptr, index, value = (part.tolist() for part in triple)
    return [list(zip(index[a:b], value[a:b])) for a, b in pairwise(ptr)]
