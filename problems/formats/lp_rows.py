"""Rows of LP text as ``r0: terms <= number``, whatever their spelling."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn

from ...core import UnsupportedError
from ..reading import END_OF_FILE, fail, said
from .lp_tokens import INFINITY, OPERATORS, Spelled, Token

_COMPARISONS = MappingProxyType({"=<": "<=", "=>": ">=", "<": "<=", ">": ">=", "==": "="})


@dataclass
class _Row:
    """A row as it is collected: segments between comparisons."""

    line: int
    label: str = ""
    segments: list[list[Token]] = field(default_factory=lambda: [[]])
    comparisons: list[str] = field(default_factory=list)
    goes_on: bool = False  # terms behind a comparison went on in the next line, with a sign

    @property
    def is_complete(self) -> bool:
        last = self.segments[-1]
        return bool(self.comparisons) and bool(last) and last[-1].text not in OPERATORS

    @property
    def has_ended(self) -> bool:
        """Whether terms and a number stand on two sides, so that another term would start the next row."""
        return self.is_complete and self.is_constant_last and any(t.kind == "name" for s in self.segments for t in s)

    @property
    def is_constant_last(self) -> bool:
        return all(token.kind != "name" or token.text.lower() in INFINITY for token in self.segments[-1])


def write_rows(spelled: Spelled, tokens: list[Token]) -> None:
    """Write the tokens behind ``Subject To`` again as rows that dimod's reader takes, a name to each."""
    spelled.write("Subject To", tokens[0].line if tokens else 0)
    rows = list(_rows(tokens, spelled.path))
    if any(not row.label for row in rows):
        for row in rows:
            if row.goes_on and len(row.comparisons) > 1:  # one row, or two?
                fail(spelled.path, row.line, "a name before each row, where one goes on in the next line", said("none"))
    for row in rows:
        _write_row(spelled, row)


def _rows(tokens: list[Token], path: str) -> Iterator[_Row]:
    """The rows: each ends before a label, or on a line's end where it is complete."""
    row: _Row | None = None
    solid = [i for i, token in enumerate(tokens) if token.kind != "newline"]
    for place, i in enumerate(solid):
        token = tokens[i]
        coming = [tokens[k] for k in solid[place + 1 : place + 4]]
        is_next_line = i > 0 and tokens[i - 1].kind == "newline"
        if row is not None and ((is_next_line and _ends_before(row, token, coming)) or _starts_row(row, token, coming)):
            yield row
            row = None
        if token.kind == "arrow":
            _refuse(path, token, "an indicator row", "qopt holds linear rows; write it with a large number")
        if token.kind == "colon":
            if token.text != ":":
                _refuse(path, token, "a special ordered set", "qopt holds linear rows")
            if row is None or row.label or row.comparisons or len(row.segments[0]) != 1:
                fail(path, token.line, "a row's name before `:`", token.text)
            row.label, row.segments = row.segments[0][0].text, [[]]
            continue
        row = row or _Row(token.line)
        row.goes_on |= is_next_line and token.text in ("+", "-") and bool(row.comparisons) and row.is_complete
        if token.kind == "compare":
            row.comparisons.append(_COMPARISONS.get(token.text, token.text))
            row.segments.append([])
        else:
            row.segments[-1].append(token)
    if row is not None:
        yield row


def _ends_before(row: _Row, token: Token, coming: list[Token]) -> bool:
    """Whether a row has ended with the line before a token."""
    if not row.is_complete or token.kind in ("compare", "arrow"):
        return False
    if token.text not in ("+", "-") or row.is_constant_last:
        return True
    # a sign goes on with the terms, unless it belongs to the number before the next row's comparison
    kinds = [one.kind for one in coming[:2]]
    return kinds == ["number", "compare"]


def _starts_row(row: _Row, token: Token, coming: list[Token]) -> bool:
    """Whether a token starts the next row in the middle of a line: a label, or a term behind a complete row."""
    is_label = bool(coming) and coming[0].kind == "colon" and token.kind in ("name", "number")
    if is_label:
        return bool(row.comparisons or row.label)
    return token.kind in ("name", "number") and row.has_ended


def _refuse(path: str, token: Token, what: str, remedy: str) -> NoReturn:
    raise UnsupportedError(f"{path} line {token.line}: rows must be linear, got {what}; {remedy}")


def _write_row(spelled: Spelled, row: _Row) -> None:
    path, number = spelled.path, len(spelled.rows)
    shown = row.label or f"number {number + 1}"
    parts = [_terms(segment, shown, path) for segment in row.segments]
    if not row.comparisons:
        fail(path, row.line, "a comparison in the row", " ".join(t.text for t in row.segments[0]) or END_OF_FILE)
    for segment in row.segments:
        if not segment or segment[-1].text in OPERATORS:
            line = max((t.line for s in row.segments for t in s), default=row.line)
            fail(path, line, "a term after the last operator", (segment or row.segments[0])[-1:][0].text)
    sense, (terms, constant), bound = row.comparisons[0], parts[0], 0.0
    if len(parts) == 2:
        bound = parts[1][1] - constant
        terms = terms + [(-value, name) for value, name in parts[1][0]]
    elif len(parts) == 3 and len(set(row.comparisons)) == 1 and sense != "=" and not parts[0][0] and not parts[2][0]:
        ends = (parts[0][1], parts[2][1]) if sense == "<=" else (parts[2][1], parts[0][1])
        (terms, constant), sense = parts[1], "<="
        bound = ends[1] - constant
        spelled.lowers[number] = ends[0] - constant
    else:
        fail(path, row.line, "a row `terms <= number` or `number <= terms <= number`", " ".join(row.comparisons))
    if not parts[0][0] and len(parts) == 2:  # flipped: number <= terms
        sense, bound = {"<=": ">=", ">=": "<=", "=": "="}[sense], -bound
        terms = parts[1][0]
    if not terms:
        if not spelled.names:
            fail(path, row.line, "a variable in the row", shown)
        terms = [(0.0, spelled.names[0])]
    merged: dict[str, float] = {}
    for value, name in terms:
        merged[name] = merged.get(name, 0.0) + value
    words = [f"{'-' if value < 0 else '+'} {abs(value)!r} {spelled.plain(name)}" for name, value in merged.items()]
    shown_bound = repr(bound) if math.isfinite(bound) else "1e30" if bound > 0 else "-1e30"
    spelled.rows.append(row.label)
    spelled.write(f" r{number}: {' '.join(words)} {sense} {shown_bound}", row.line)


def _terms(tokens: list[Token], row: str, path: str) -> tuple[list[tuple[float, str]], float]:
    """Coefficients with their variables, and the sum of the constants, of one side of a row."""
    terms: list[tuple[float, str]] = []
    total, sign, value = 0.0, 1.0, None
    is_alone = all(token.kind != "name" or token.text.lower() in INFINITY for token in tokens)
    has_operator = True
    for token in tokens:
        if token.text in ("[", "]", "^"):
            where = f"{path} line {token.line}"
            raise UnsupportedError(f"{where}: row {row} must be linear, got products; replace each by a variable")
        if token.text in ("+", "-"):
            if value is not None:
                total, sign, value = total + sign * value, 1.0, None
            sign, has_operator = sign * (-1.0 if token.text == "-" else 1.0), True
        elif token.kind == "number" or (token.kind == "name" and is_alone):
            if value is not None or not has_operator:
                fail(path, token.line, "+ or - between two terms", token.text)
            value, has_operator = float(token.text), False
        elif token.text == "*" and value is not None:
            continue
        elif token.kind == "name":
            if not (has_operator or value is not None):
                fail(path, token.line, "+ or - between two terms", token.text)
            terms.append((sign * (1.0 if value is None else value), token.text))
            sign, value, has_operator = 1.0, None, False
        else:
            fail(path, token.line, "a term `number name`", token.text)
    return terms, total + (sign * value if value is not None else 0.0)
