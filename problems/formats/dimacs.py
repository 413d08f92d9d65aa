"""Graphs as independent set problems: the DIMACS edge format and PACE's .gr, vertices counted from 1.

DIMACS: ``p edge n m`` (or ``p col``), lines ``e u v``, optional ``n v weight`` lines. PACE: ``p td n m``, lines
``u v``. Clique instances are read with ``complement``. Comments start with ``c`` or ``#``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ...core import READERS, Int, Number, Problem, UnsupportedError
from ..mis import Mis
from ..reading import END_OF_FILE, Line, fail, lines, parse_integer, parse_number, said
from .contract import ReadOptions, path_name

_EDGE_WORDS = ("edge", "edges", "col")
_PACE_WORDS = ("td", "vc")
#: More vertices than this need a complement or neighbour lists beyond what a workstation holds.
MAX_VERTICES = 10_000_000


@READERS.register("dimacs")
class DimacsReader:
    """DIMACS edge format: independent set in the graph, or in its complement (clique)."""

    kinds: ClassVar[tuple[str, ...]] = ("mis",)
    suffixes: ClassVar[tuple[str, ...]] = (".clq", ".col", ".mis", ".gph", ".dimacs", ".txt")
    writes: ClassVar[tuple[str, ...]] = ("mis",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = True

    def sniff(self, text: str, path: str) -> bool:
        """Whether the first line that is no comment is ``p edge ...``."""
        return _header_word(text) in _EDGE_WORDS

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one graph of ``p edge``/``p col`` and ``e u v`` lines, with vertex weights of ``n v w`` lines."""
        n, claimed, rest = _header(text, path, _EDGE_WORDS)
        ends: list[Line] = []
        weights: dict[int, Number] = {}
        for number, fields in rest:
            if fields[0] == "e" and len(fields) == 3:
                ends.append(Line(number, fields[1:]))
            elif fields[0] in ("n", "v") and len(fields) == 3:
                vertex = parse_integer(fields[1], path, number, "a vertex", 1, n)
                if vertex - 1 in weights:
                    fail(path, number, "one weight a vertex", said(f"a second one of vertex {vertex}"))
                weights[vertex - 1] = parse_number(fields[2], path, number, "a weight")
            else:
                fail(path, number, "a line `e u v`", " ".join(fields))
        pairs = _pairs(ends, claimed, n, path, len(text.splitlines()))
        values = [weights.get(v, 1) for v in range(n)] if weights else None
        return [_graph(n, pairs, values, path, options.complement)]

    def write(self, problem: Problem) -> str:
        """``p edge`` text, with ``n v weight`` lines where vertices have weights."""
        assert isinstance(problem, Mis)
        text = [f"c {problem.name}", f"p edge {problem.num_vertices} {len(problem.edges)}"]
        if problem.weights is not None:
            text += [f"n {v} {weight!r}" for v, weight in enumerate(problem.weights.tolist(), start=1)]
        text += [f"e {u} {v}" for u, v in (problem.edges + 1).tolist()]
        return "\n".join(text) + "\n"


@READERS.register("pace")
class PaceReader:
    """PACE .gr: independent set in the graph (what a minimum vertex cover leaves out)."""

    kinds: ClassVar[tuple[str, ...]] = ("mis",)
    suffixes: ClassVar[tuple[str, ...]] = (".gr",)
    writes: ClassVar[tuple[str, ...]] = ("mis",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = True

    def sniff(self, text: str, path: str) -> bool:
        """Whether the first line that is no comment is ``p td ...``."""
        return _header_word(text) in _PACE_WORDS

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one graph of ``p td n m`` and lines ``u v``, vertices from 1."""
        n, claimed, rest = _header(text, path, _PACE_WORDS)
        ends = list(rest)
        for number, fields in ends:
            if len(fields) != 2:
                fail(path, number, "a line `u v`", " ".join(fields))
        pairs = _pairs(ends, claimed, n, path, len(text.splitlines()))
        return [_graph(n, pairs, None, path, options.complement)]

    def write(self, problem: Problem) -> str:
        """Header ``p td n m`` and a line for each edge.

        Raises
        ------
        UnsupportedError
            The vertices have weights, for which the format has no place.
        """
        assert isinstance(problem, Mis)
        if problem.weights is not None:
            raise UnsupportedError("a .gr file must have no vertex weights, got some; write .mis or .json instead")
        rows = [f"{u} {v}" for u, v in (problem.edges + 1).tolist()]
        return "\n".join([f"p td {problem.num_vertices} {len(problem.edges)}", *rows]) + "\n"


def _content(text: str) -> Iterator[Line]:
    """Lines without comments: a comment is ``#`` or the word ``c``."""
    return (line for line in lines(text) if line.fields[0] != "c")


def _header_word(text: str) -> str:
    first = next(_content(text), None)
    return first.fields[1].lower() if first and first.fields[0] == "p" and len(first.fields) >= 2 else ""


def _header(text: str, path: str, words: tuple[str, ...]) -> tuple[int, int, Iterator[Line]]:
    """Vertices, edges as claimed, and the lines that follow."""
    rest = _content(text)
    first = next(rest, None)
    expected = f"a line `p {words[0]} VERTICES EDGES`"
    if first is None:
        fail(path, None, expected, END_OF_FILE)
    number, fields = first
    if len(fields) != 4 or fields[0] != "p" or fields[1].lower() not in words:
        fail(path, number, expected, " ".join(fields))
    n = parse_integer(fields[2], path, number, "number of vertices", 0, MAX_VERTICES)
    return n, parse_integer(fields[3], path, number, "number of edges", 0), rest


def _pairs(ends: list[Line], claimed: int, n: int, path: str, last_line: int) -> Int:
    """Edges as pairs from 0; as many as the header says, counted as lines or as different edges (some list both)."""
    tokens = [field for line in ends for field in line.fields]
    joined = "".join(tokens)
    # digits alone are converted at once; anything else takes the slow way, which ends in an error with its line
    is_plain = joined.isascii() and joined.isdecimal() and max(map(len, tokens)) < 16
    pairs = np.array(tokens if is_plain else [], dtype=np.int64).reshape(-1, 2) - 1
    if ends and (not is_plain or (pairs < 0).any() or (pairs >= n).any() or (pairs[:, 0] == pairs[:, 1]).any()):
        pairs = np.array([_edge(line, path, n) for line in ends], dtype=np.int64)
    pairs = np.sort(pairs, axis=1)
    if claimed not in (len(pairs), len(np.unique(pairs[:, 0] * n + pairs[:, 1]))):
        fail(path, last_line, f"{claimed} edges as the header says", said(f"{len(pairs)}"), "is the file cut?")
    return pairs


def _edge(line: Line, path: str, n: int) -> tuple[int, int]:
    number, fields = line
    u = parse_integer(fields[0], path, number, "a vertex", 1, n)
    v = parse_integer(fields[1], path, number, "a vertex", 1, n)
    if u == v:
        fail(path, number, "an edge between two vertices", f"{u} {v}", "remove the loop")
    return u - 1, v - 1


def _graph(n: int, pairs: Int, weights: list[Number] | None, path: str, complement: bool) -> Mis:
    name = path_name(path)
    if not complement:
        return Mis(n, pairs, None if weights is None else np.array(weights), name=name)
    if n > 20_000:
        raise UnsupportedError(f"complement must be of at most 20000 vertices, got {n} ({path}); it is dense")
    absent = np.triu(np.ones((n, n), dtype=bool), 1)
    absent[pairs[:, 0], pairs[:, 1]] = False
    others = np.argwhere(absent)
    return Mis(n, others, None if weights is None else np.array(weights), name=f"{name}-complement")
