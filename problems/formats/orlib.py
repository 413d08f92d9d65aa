"""OR-Library mknap text: multidimensional knapsacks as a stream of numbers, one problem a file or several.

Several: K, then K problems; one (SAC-94, Glover-Kochenberger): the problem alone. A problem is n, m, best value (0: not
given), n profits, m rows of n weights, m capacities. Line breaks carry no meaning.
"""

from __future__ import annotations

from typing import ClassVar

from ...core import READERS, BestKnown, Number, Problem, UnsupportedError
from ..mdkp import Mdkp
from ..reading import NumberStream, fail
from .contract import ReadOptions, path_name
from .triples import is_table_of_triples


@READERS.register("mknap")
class MknapReader:
    """OR-Library mknap and SAC-94: multidimensional knapsacks, one or several a file."""

    kinds: ClassVar[tuple[str, ...]] = ("mdkp",)
    suffixes: ClassVar[tuple[str, ...]] = (".dat", ".txt", ".mknap")
    writes: ClassVar[tuple[str, ...]] = ("mdkp",)
    is_bare: ClassVar[bool] = True
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the stream is exactly as long as its counts say, read as one problem or as several."""
        if not _count(text.split(maxsplit=1)[:1], 0):
            return False
        tokens = text.split()
        return not is_table_of_triples(text) and (_is_one(tokens) or _is_several(tokens))

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """All instances of an mknap file; one without the leading count where its numbers fit that."""
        stream = NumberStream(text, path, comment=None)
        tokens = text.split()
        if _is_one(tokens) or (not _is_several(tokens) and _looks_like_one(tokens)):
            problem = _read_one(stream, path_name(path))
            stream.end()
            return [problem]
        number = stream.integer("number of problems", low=1)
        problems: list[Problem] = [_read_one(stream, _name(path_name(path), k)) for k in range(number)]
        stream.end()
        return problems

    def write(self, problem: Problem) -> str:
        """One problem without the leading count, 0 where no best value is known.

        Raises
        ------
        UnsupportedError
            There is no item or no row.
        """
        assert isinstance(problem, Mdkp)
        best = 0 if problem.best_known is None else problem.best_known.value
        if not problem.profits.size or not problem.capacities.size:
            raise UnsupportedError("a mknap file must have at least one item and one row; write .json instead")
        rows = [[problem.profits.size, problem.capacities.size, best], problem.profits.tolist()]
        rows += [*problem.weights.tolist(), problem.capacities.tolist()]
        return "\n".join(" ".join(map(repr, row)) for row in rows) + "\n"


def _read_one(stream: NumberStream, name: str) -> Mdkp:
    n = stream.integer("number of items", low=1)
    m = stream.integer("number of rows", low=1)
    best = stream.number("best value (0 where unknown)")
    if stream.left < n + n * m + m:
        stream.too_short(n + n * m + m, f"{n} profits, {m} x {n} weights and {m} capacities")
    profits = stream.take(n, "profits")
    weights = stream.take((m, n), "weights")
    capacities = stream.take(m, "capacities")
    for what, values in (("weights >= 0", weights), ("capacities >= 0", capacities)):
        if (values < 0).any():
            where = stream.position - m - (0 if values is capacities else n * m) + int((values < 0).argmax())
            fail(stream.path, stream.line_of(where), what, values[values < 0][0].item())
    return Mdkp(profits, weights, capacities, name=name, best_known=_best(best))


def _best(value: Number) -> BestKnown | None:
    return BestKnown(value, None, "given in the instance file") if value else None


def _name(stem: str, k: int) -> str:
    """Problems of mknapcb files count from 00, as in the library's list of results; others from 1."""
    return f"{stem}-{k:02d}" if stem.startswith("mknapcb") else f"{stem}-{k + 1}"


def _is_one(tokens: list[str]) -> bool:
    return _after(tokens, 0) == len(tokens)


def _is_several(tokens: list[str]) -> bool:
    count = _count(tokens, 0)
    position: int | None = 1
    for _ in range(count or 0):
        position = _after(tokens, position)
        if position is None:
            return False
    return bool(count) and position == len(tokens)


def _looks_like_one(tokens: list[str]) -> bool:
    """For a broken file: whether the first number is rather a problem's n than the number of problems."""
    first_of_several = _after(tokens, 1)
    alone = _after(tokens, 0)
    return first_of_several is None or (alone is not None and abs(alone - len(tokens)) < 8)


def _after(tokens: list[str], position: int | None) -> int | None:
    """Where the problem that starts at a position ends; None beyond the end of the stream."""
    if position is None:
        return None
    n, m = _count(tokens, position), _count(tokens, position + 1)
    if not n or not m:
        return None
    end = position + 3 + n + n * m + m
    return end if end <= len(tokens) else None


def _count(tokens: list[str], position: int) -> int | None:
    token = tokens[position] if position < len(tokens) else ""
    return int(token) if token.isascii() and token.isdecimal() and len(token) < 10 else None
