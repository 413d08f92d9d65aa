"""Weighted graphs as written by rudy (G-set, Biq Mac Max-Cut): ``n m``, then m lines ``i j w``, vertices from 1."""

from __future__ import annotations

from typing import ClassVar

from ...core import READERS, Problem
from ..max_cut import MaxCut
from ..reading import NumberStream, fail
from .contract import ReadOptions, path_name
from .triples import read_triples, triple_tokens, write_triples


@READERS.register("rudy")
class RudyReader:
    """rudy and G-set: Max-Cut of a weighted graph."""

    kinds: ClassVar[tuple[str, ...]] = ("max-cut",)
    # Biq Mac names end in the number of the instance
    suffixes: ClassVar[tuple[str, ...]] = (".mc", ".rud", ".rudy", ".txt", *(f".{digit}" for digit in range(10)))
    writes: ClassVar[tuple[str, ...]] = ("max-cut",)
    is_bare: ClassVar[bool] = True
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the text is counts and triples, none of them from a vertex to itself."""
        tokens = triple_tokens(text)
        return bool(tokens) and not any(i == j for i, j in zip(tokens[::3], tokens[1::3]))

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one graph of ``n m`` and m lines ``u v weight``, vertices from 1."""
        n, pairs, weights = read_triples(text, path, "edges")
        loops = pairs[:, 0] == pairs[:, 1]
        if loops.any():
            row = int(loops.argmax())
            line = NumberStream(text, path).line_of(2 + 3 * row)
            fail(path, line, "an edge between two vertices", f"{pairs[row, 0] + 1} {pairs[row, 1] + 1}", "--kind qubo?")
        return [MaxCut(n, pairs, weights, name=path_name(path))]

    def write(self, problem: Problem) -> str:
        """Header ``n m`` and a line ``u v weight`` an edge."""
        assert isinstance(problem, MaxCut)
        return write_triples(problem.num_vertices, problem.edges, problem.weights)
