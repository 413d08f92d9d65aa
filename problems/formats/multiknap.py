"""Multiple knapsack text (Dell'Amico et al. 2019): m, n, m capacities, then n pairs weight, profit."""

from __future__ import annotations

from typing import ClassVar

from ...core import READERS, Problem, UnsupportedError
from ..multi_knapsack import MultiKnapsack
from ..reading import NumberStream
from .contract import ReadOptions, path_name


@READERS.register("multiknap")
class MultiknapReader:
    """Multiple knapsack text: several knapsacks, each item in at most one."""

    kinds: ClassVar[tuple[str, ...]] = ("multi-knapsack",)
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".mkp")
    writes: ClassVar[tuple[str, ...]] = ("multi-knapsack",)
    is_bare: ClassVar[bool] = True
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether lines hold one or two numbers, 2 + m + 2 n in all for the first two, m and n."""
        head = text.split(maxsplit=2)[:2]
        if len(head) < 2 or not all(token.isascii() and token.isdecimal() and len(token) < 10 for token in head):
            return False
        lengths = [len(line.split()) for line in text.splitlines()]
        return sum(lengths) == 2 + int(head[0]) + 2 * int(head[1]) and max(lengths) <= 2

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance of m, n, m capacities, and n pairs weight, profit."""
        stream = NumberStream(text, path, comment=None)
        m = stream.integer("number of knapsacks", low=0)
        n = stream.integer("number of items", low=0)
        if stream.left < m + 2 * n:
            stream.too_short(m + 2 * n, f"{m} capacities and {n} pairs weight, profit")
        capacities = stream.take(m, "capacities")
        items = stream.take((n, 2), "weights and profits")
        stream.end()
        return [MultiKnapsack(items[:, 1], items[:, 0], capacities, name=path_name(path))]

    def write(self, problem: Problem) -> str:
        """Counts and capacities, then a line ``weight profit`` an item.

        Raises
        ------
        UnsupportedError
            Profits by knapsack, required items or risk, for which the format has no place.
        """
        assert isinstance(problem, MultiKnapsack)
        if problem.required is not None or problem.risk is not None or problem.profits.ndim != 1:
            raise UnsupportedError(
                "a multiple knapsack file must have one profit an item, no required items and no risk, got more; "
                "write .json instead"
            )
        items = zip(problem.weights.tolist(), problem.profits.tolist(), strict=True)
        head = [problem.num_knapsacks, problem.num_items, *problem.capacities.tolist()]
        return "\n".join([*map(repr, head), *(f"{w!r} {p!r}" for w, p in items)]) + "\n"
