"""TSPTW streams of Dumas, Gendreau, Pesant, Ascheuer and others: nodes m, the m x m matrix of times, m windows.

Line breaks carry no meaning, ``#`` starts a comment, node 0 is the depot, and service is already inside the matrix.
"""

from __future__ import annotations

from typing import ClassVar

from ...core import READERS, Problem
from ..reading import NumberStream
from ..tsptw import MAX_CUSTOMERS, Tsptw
from .contract import ReadOptions, path_name
from .triples import is_table_of_triples


@READERS.register("tsptw")
class TsptwReader:
    """TSPTW stream: matrix of travel times and a window a node; the objective is travel."""

    kinds: ClassVar[tuple[str, ...]] = ("tsptw",)
    suffixes: ClassVar[tuple[str, ...]] = (".tw", ".tsptw")
    writes: ClassVar[tuple[str, ...]] = ("tsptw",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the stream holds exactly 1 + m^2 + 2 m numbers for its first m (two nodes: without comments)."""
        stream = (token for line in text.split("\n") for token in line.partition("#")[0].split())
        first = next(stream, "")
        if not first.isdecimal():
            return False
        tokens = [first, *stream]
        m = int(first[:9])
        size_fits = m > (2 if "#" in text else 0) and len(tokens) == 1 + m * m + 2 * m
        return size_fits and not is_table_of_triples(text)

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance of the count of nodes, the travel times, and a window a node, the depot first."""
        stream = NumberStream(text, path)
        m = stream.integer("the number of nodes", 1, MAX_CUSTOMERS + 1)
        if stream.left < m * m + 2 * m:
            stream.too_short(m * m + 2 * m, f"a {m} x {m} matrix and {m} windows")
        travel = stream.take((m, m), "travel times")
        windows = stream.take((m, 2), "windows")
        stream.end()
        return [Tsptw(travel, windows, name=path_name(path))]

    def write(self, problem: Problem) -> str:
        """Count of nodes, travel times row by row, then the windows."""
        assert isinstance(problem, Tsptw)
        tables = ("\n".join(" ".join(map(repr, row)) for row in m.tolist()) for m in (problem.travel, problem.windows))
        return f"{len(problem.travel)}\n" + "\n".join(tables) + "\n"
