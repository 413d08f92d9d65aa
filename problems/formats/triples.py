"""Texts of ``n m`` and m lines ``i j value``, the shape that graphs (rudy) and quadratic forms (Biq Mac) share."""

from __future__ import annotations

from ...core import AnyArray, Int, Number
from ..reading import END_OF_FILE, NumberStream, fail

#: A claim of more variables than this is an error, not an attempt.
MAX_SIZE = 10_000_000


def triple_tokens(text: str) -> list[str]:
    """The numbers behind the two counts; empty where the text is not counts and as many triples, one a line.

    Text from ``#`` to the line's end is a comment.
    """
    rows = (row for line in text.splitlines() if (row := line.partition("#")[0].split()))
    counts = next(rows, [])
    if len(counts) != 2 or not all(token.isascii() and token.isdecimal() and len(token) < 10 for token in counts):
        return []
    tokens: list[str] = []
    for row in rows:
        if len(row) != 3:
            return []
        tokens += row
    return tokens if len(tokens) == 3 * int(counts[1]) else []


def read_triples(text: str, path: str, what: str) -> tuple[int, Int, AnyArray]:
    """The count n, index pairs (m, 2) from 0 in the given order, and values (m,).

    Raises
    ------
    InstanceFormatError
        A count, an index or a value is not what it should be, or their number is not what the first line says.
    """
    stream = NumberStream(text, path)
    if not stream.left:
        fail(path, None, f"a line `n m` with the counts of {what}", END_OF_FILE)
    n = stream.integer("number of vertices or variables", 0, MAX_SIZE)
    m = stream.integer(f"number of {what}", low=0)
    if stream.left < 3 * m:
        stream.too_short(3 * m, f"{m} lines `i j value`")
    start = stream.position
    table = stream.take((m, 3), what)
    stream.end()
    ends = table[:, :2]
    wrong = (ends < 1) | (ends > n) | (ends % 1 != 0)
    if wrong.any():
        row = int(wrong.any(axis=1).argmax())
        column = int(wrong[row].argmax())
        value: Number = table[row, column].item()
        fail(path, stream.line_of(start + 3 * row + column), f"an index in 1..{n}", value)
    return n, ends.astype(int) - 1, table[:, 2]


def write_triples(n: int, pairs: Int, values: AnyArray) -> str:
    """The text of pairs (m, 2), counted from 0, and values (m,); its indices count from 1."""
    rows = zip((pairs + 1).tolist(), values.tolist(), strict=True)
    return "\n".join([f"{n} {len(pairs)}", *(f"{i} {j} {value!r}" for (i, j), value in rows)]) + "\n"


def is_table_of_triples(text: str) -> bool:
    """Whether every line is three numbers, and there are two lines or more: arcs, terms, any table.

    A format that is a stream of numbers must not claim it, however well its counts fit by chance.
    """
    num_rows = 0
    for line in text.splitlines():
        row = line.partition("#")[0].split()
        if row and len(row) != 3:
            return False
        num_rows += bool(row)
    return num_rows > 1
