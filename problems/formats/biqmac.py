"""Biq Mac Library's .sparse: ``n m``, then m lines ``i j q``, the upper triangle of a symmetric matrix Q.

Minimised is x'Qx, so an entry off the diagonal counts twice. (Beasley's originals maximise with -Q.) QOBLIB's .qs is
the same with comments, one of which states a constant: ``# ObjectiveOffset 137390``.
"""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np

from ...core import READERS, Number, Problem, UnsupportedError
from ..qubo import Qubo
from ..reading import NumberStream, fail, parse_number
from .contract import ReadOptions, path_name
from .triples import read_triples, triple_tokens, write_triples

_OFFSET = re.compile(r"^\s*#\s*ObjectiveOffset\b[:= \t]*(\S*)", re.MULTILINE | re.IGNORECASE)


@READERS.register("biqmac")
class BiqMacReader:
    """Biq Mac .sparse: a QUBO given by the upper triangle of its symmetric matrix."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".sparse",)
    writes: ClassVar[tuple[str, ...]] = ("qubo",)
    is_bare: ClassVar[bool] = True
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the text is counts and triples, all of them with i <= j, and some with i = j.

        Without a diagonal entry the same text is a graph (Biq Mac's own Max-Cut files), unless its name says .sparse.
        """
        ends = _upper_triangle(text)
        is_sparse = path.lower().removesuffix(".gz").endswith(".sparse")
        return bool(ends) and (any(i == j for i, j in ends) or is_sparse) and _OFFSET.search(text) is None

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one QUBO of the file: ``n m``, then m lines ``i j value`` with i, j from 1."""
        return [_read(text, path)]

    def write(self, problem: Problem) -> str:
        """Header ``n m`` and a line for each entry of the upper triangle.

        Raises
        ------
        UnsupportedError
            The problem has a constant or rows, for which the format has no place.
        """
        assert isinstance(problem, Qubo)
        if problem.offset or problem.lower:
            raise UnsupportedError("a .sparse file must have no constant and no rows, got some; write .lp or .json")
        return _entries(problem)


@READERS.register("qs")
class QsReader:
    """QOBLIB .qs: as Biq Mac's, with a stated constant."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".qs",)
    writes: ClassVar[tuple[str, ...]] = ("qubo",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the text states a constant, and is else counts and triples with i <= j."""
        return _OFFSET.search(text) is not None and bool(_upper_triangle(text))

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one QUBO of the file, its constant from the comment ``# ObjectiveOffset``."""
        return [_read(text, path)]

    def write(self, problem: Problem) -> str:
        """The constant as a comment, then header and entries.

        Raises
        ------
        UnsupportedError
            The problem has rows, for which the format has no place.
        """
        assert isinstance(problem, Qubo)
        if problem.lower:
            raise UnsupportedError("a .qs file must have no rows, got some; write .lp or .json")
        return f"# ObjectiveOffset {problem.offset!r}\n# Vars Non-zeros\n{_entries(problem)}"


def _upper_triangle(text: str) -> list[tuple[str, str]]:
    """The ends of all entries, as text; empty where the text is no upper triangle."""
    ends = [(i, j) for i, j, _ in zip(*[iter(triple_tokens(text))] * 3)]
    # of numbers without leading zeros the longer is the larger
    return [] if any((len(i), i) > (len(j), j) for i, j in ends) else ends


def _read(text: str, path: str) -> Qubo:
    n, pairs, values = read_triples(text, path, "entries")
    below = pairs[:, 0] > pairs[:, 1]
    if below.any():
        row = int(below.argmax())
        line = NumberStream(text, path).line_of(2 + 3 * row)
        fail(path, line, "i <= j (the upper triangle)", f"{pairs[row, 0] + 1} {pairs[row, 1] + 1}")
    couplings = np.where(pairs[:, 0] == pairs[:, 1], 1, 2) * values
    return Qubo(np.zeros(n), pairs, couplings, _offset(text, path), name=path_name(path))


def _offset(text: str, path: str) -> Number:
    """The stated constant, 0 where none is."""
    found = list(_OFFSET.finditer(text))
    if not found:
        return 0
    line = text[: found[-1].start(1)].count("\n") + 1
    if len(found) > 1:
        fail(path, line, "one ObjectiveOffset", found[-1].group().strip())
    return parse_number(found[0].group(1), path, line, "the ObjectiveOffset")


def _entries(problem: Qubo) -> str:
    used = np.flatnonzero(problem.linear)
    pairs = np.concatenate([np.stack([used, used], axis=1), problem.pairs])
    values = np.concatenate([problem.linear[used].astype(np.float64), problem.couplings / 2])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    whole = values.astype(np.int64) if (values % 1 == 0).all() else values
    return write_triples(problem.linear.size, pairs[order], whole[order])
