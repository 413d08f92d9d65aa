"""Market split as in QOBLIB: ``m n``, then m rows of n demands and a target; ``#`` starts a comment.

Asked for is A x = b; read as the least summed deviation from b, whose optimum is 0 where such an x exists.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...core import READERS, Problem, UnsupportedError
from ..market_share import MarketShare
from ..reading import NumberStream
from .contract import ReadOptions, path_name


@READERS.register("market-split")
class MarketSplitReader:
    """QOBLIB market split .dat (after Cornuejols and Dawande): market share with a demand matrix and targets."""

    kinds: ClassVar[tuple[str, ...]] = ("market-share",)
    suffixes: ClassVar[tuple[str, ...]] = (".dat", ".msp")
    writes: ClassVar[tuple[str, ...]] = ("market-share",)
    is_bare: ClassVar[bool] = True
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether a line of two counts m, n is followed by m lines of n + 1 numbers."""
        rows = (row for line in text.splitlines() if (row := line.partition("#")[0].split()))
        head = next(rows, [])
        if len(head) != 2 or not all(token.isascii() and token.isdecimal() and len(token) < 10 for token in head):
            return False
        m, n = int(head[0]), int(head[1])
        lengths = [len(row) for row in rows]
        return len(lengths) == m > 0 and set(lengths) == {n + 1}

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance of ``m n`` and m rows of n demands and a target."""
        stream = NumberStream(text, path)
        m = stream.integer("number of products", low=1)
        n = stream.integer("number of retailers", low=0)
        if stream.left < m * (n + 1):
            stream.too_short(m * (n + 1), f"{m} rows of {n} demands and a target")
        start = stream.position
        table = stream.take((m, n + 1), "demands and targets")
        stream.end()
        if (table[:, :n] < 0).any():
            row, column = np.argwhere(table[:, :n] < 0)[0]
            stream.position = start + int(row) * (n + 1) + int(column)
            stream.integers(1, "demands", low=0)
        return [MarketShare(table[:, :n], table[:, n], name=path_name(path))]

    def write(self, problem: Problem) -> str:
        """The name as a comment, ``m n``, then a row for each product.

        Raises
        ------
        UnsupportedError
            There is no product.
        """
        assert isinstance(problem, MarketShare)
        m, n = problem.demands.shape
        if not m:
            raise UnsupportedError("a market split file must have at least one product; write .json instead")
        rows = [[*row, target] for row, target in zip(problem.demands.tolist(), problem.targets.tolist(), strict=True)]
        return "\n".join([f"# {problem.name}", f"{m} {n}", *(" ".join(map(repr, row)) for row in rows)]) + "\n"
