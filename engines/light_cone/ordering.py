"""The order in which the variables of a network are summed: greedy rules, and a search that knows what rows share.

Work is counted in multiplications. Rows of one network (cones of one shape) that agree in the numbers that a step
depends on share its result, so that a good order for many rows sums what they have in common apart from the rest.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...core import Float, Int

Scopes = list[tuple[int, ...]]

#: Which variable is summed next, of those left: a key of (variable, who stands around whom), the least one wins.
Rule = Callable[[int, list[int]], tuple[int, ...]]


def _by_degree(x: int, around: list[int]) -> tuple[int, ...]:
    return around[x].bit_count(), -x


def _by_degree_then_fill(x: int, around: list[int]) -> tuple[int, ...]:
    return around[x].bit_count(), _missing(x, around), x


def _by_fill(x: int, around: list[int]) -> tuple[int, ...]:
    return _missing(x, around), around[x].bit_count(), -x


#: Tried one after another while the work is above the limit; each wins on some graphs, by factors up to 20.
RULES: tuple[Rule, ...] = (_by_degree, _by_fill, _by_degree_then_fill)


def greedy_order(num_variables: int, scopes: Scopes, rule: Rule, max_width: int) -> list[int] | None:
    """Variables in the greedy order of sums by a rule; None where a product has more than ``max_width`` variables."""
    around = [0] * num_variables
    for scope in scopes:
        for x in scope:
            for y in scope:
                if x != y:
                    around[x] |= 1 << y
    left = set(range(num_variables))
    order = []
    while left:
        x = min(left, key=lambda x: rule(x, around))
        if around[x].bit_count() + 1 > max_width:
            return None
        left.remove(x)
        order.append(x)
        clique = around[x]
        for y in _bits(clique):
            around[y] = (around[y] | clique) & ~(1 << x) & ~(1 << y)
    return order


def _missing(x: int, around: list[int]) -> int:
    """Pairs of neighbours that are not yet neighbours of each other."""
    return sum((around[x] & ~around[y]).bit_count() - 1 for y in _bits(around[x]))


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True, eq=False)
class Columns:
    """The numbers of many rows, sorted so that those of costly steps change least.

    Parameters
    ----------
    order : of the rows
    changes : for each step, in how many rows its result is another than in the row before
    """

    order: Int
    changes: Int

    @staticmethod
    def of(depends: Sequence[int], work: Float, rows: Float) -> Columns:
        """The order of rows (r, columns) for steps of so much work that depend on these columns (as bits)."""
        count = rows.shape[1]
        table = np.array([[bits >> c & 1 for c in range(count)] for bits in depends], dtype=bool).reshape(-1, count)
        by_cost = np.argsort(-(work @ table), kind="stable")
        order = np.lexsort(rows[:, by_cost[::-1]].T) if count else np.arange(len(rows))
        sorted_rows = rows[order]
        differs = np.ones(rows.shape, dtype=bool)
        differs[1:] = sorted_rows[1:] != sorted_rows[:-1]
        changes = (differs.astype(np.float32) @ table.T.astype(np.float32) > 0).sum(axis=0)
        return Columns(order.astype(np.int64), np.maximum(changes, 1))


#: A tensor on the way: its variables and the columns that it depends on, as bits.
_Tensor = tuple[int, int]
#: A step: number of variables multiplied, columns, tensors.
_Step = tuple[int, int, int]


def improved_order(
    order: list[int], scopes: Scopes, columns: list[int], rows: Float, *, max_width: int, num_trials: int
) -> list[int]:
    """An order of less work for these rows: single variables of its end are moved while that does not cost more.

    Parameters
    ----------
    columns : of each scope, the column of the rows that its tensor depends on, or -1
    rows : shape (r, number of columns)

    References
    ----------
    Ours: hill climbing on the estimate ``sum inputs * 2**width * min(rows, prod of the columns' distinct numbers)``,
    columns of costly steps first, as `Columns` sorts them. The order's end holds all wide products.
    """
    logs = [float(np.log2(max(1, len(np.unique(column))))) for column in rows.T]
    limit = float(np.log2(max(1, len(rows))))
    tensors = [
        (sum(1 << x for x in scope), 1 << c if c >= 0 and logs[c] > 0 else 0) for scope, c in zip(scopes, columns)
    ]
    tail = min(len(order), _TAIL)
    before, tensors = _summed(order[: len(order) - tail], tensors)
    now = order[len(order) - tail :]
    best = _work(before + _summed(now, tensors)[0], logs, limit, max_width)
    rng = random.Random(1)
    for _ in range(num_trials if tail > 1 else 0):
        tried = now.copy()
        tried.insert(rng.randrange(tail), tried.pop(rng.randrange(tail)))
        work = _work(before + _summed(tried, tensors)[0], logs, limit, max_width)
        if work <= best:
            best, now = work, tried
    return order[: len(order) - tail] + now


#: Variables of an order's end that a search moves.
_TAIL = 40


def _summed(order: list[int], tensors: list[_Tensor]) -> tuple[list[_Step], list[_Tensor]]:
    """The steps of summing these variables, and the tensors that are left."""
    steps = []
    for x in order:
        union, columns, taken, left = 0, 0, 0, []
        for tensor in tensors:
            if tensor[0] >> x & 1:
                union, columns, taken = union | tensor[0], columns | tensor[1], taken + 1
            else:
                left.append(tensor)
        steps.append((union.bit_count(), columns, taken))
        left.append((union & ~(1 << x), columns))
        tensors = left
    return steps, tensors


def _work(steps: list[_Step], logs: list[float], limit: float, max_width: int) -> float:
    """The estimate of `improved_order`; infinite where a product is too wide."""
    if max(width for width, _, _ in steps) > max_width:
        return float("inf")
    costs: dict[int, float] = {}
    for width, columns, taken in steps:
        for c in _bits(columns):
            costs[c] = costs.get(c, 0.0) + taken * 2.0**width
    place, patterns, total = {}, [0.0], 0.0  # number of patterns of the first columns, as log2
    for c in sorted(costs, key=lambda c: -costs[c]):
        place[c] = len(patterns)
        patterns.append(min(limit, patterns[-1] + logs[c]))
    for width, columns, taken in steps:
        last = max((place[c] for c in _bits(columns)), default=0)
        total += taken * 2.0 ** (width + patterns[last])
    return total
