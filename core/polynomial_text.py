"""Polynomials as JSON and as text: one term a line.

Text: ``p hubo binary|spin <variables> <terms> <offset>``, then ``<coefficient> <index> <index> ...``; ``c`` lines are
remarks. Indices count from 0; spins are ``1 - 2 z``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .errors import InstanceFormatError
from .polynomial import MAX_VARIABLES, BinaryPolynomial

SCHEMA = "qopt.polynomial/1"


def to_json(polynomial: BinaryPolynomial) -> dict[str, Any]:
    """The polynomial as JSON values.

    Examples
    --------
    >>> to_json(BinaryPolynomial.from_terms(3, {(0, 1, 2): 1.5}))["terms"]
    [[1.5, 0, 1, 2]]
    """
    return {
        "schema": SCHEMA,
        "vartype": polynomial.vartype,
        "num_variables": polynomial.num_variables,
        "offset": polynomial.offset,
        "terms": [[value, *term] for term, value in polynomial.terms()],
    }


def from_json(document: Mapping[str, Any], path: str = "<memory>") -> BinaryPolynomial:
    """The polynomial that ``to_json`` gave.

    Raises
    ------
    InstanceFormatError
        Another schema, a missing field, or a term that is none.
    """
    if document.get("schema") != SCHEMA:
        raise InstanceFormatError(path, None, f'expected "schema": "{SCHEMA}", found {document.get("schema")!r}')
    try:
        terms = [(tuple(int(i) for i in row[1:]), float(row[0])) for row in document["terms"]]
        return BinaryPolynomial.from_terms(
            int(document["num_variables"]), terms, float(document["offset"]), document["vartype"]
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InstanceFormatError(path, None, f"expected a polynomial; {type(error).__name__}: {error}") from None


def to_text(polynomial: BinaryPolynomial) -> str:
    """The polynomial as text; numbers as their shortest exact decimals.

    Examples
    --------
    >>> print(to_text(BinaryPolynomial.from_terms(3, {(0, 2): -1, (0, 1, 2): 1.5}, 2)), end="")
    p hubo binary 3 2 2
    -1 0 2
    1.5 0 1 2
    """
    head = f"p hubo {polynomial.vartype} {polynomial.num_variables} {polynomial.num_terms} {_plain(polynomial.offset)}"
    lines = (f"{_plain(value)} {' '.join(map(str, term))}" for term, value in polynomial.terms())
    return "\n".join([head, *lines]) + "\n"


def from_text(text: str, path: str = "<memory>") -> BinaryPolynomial:
    """The polynomial of a text.

    Raises
    ------
    InstanceFormatError
        With the line that is not as the format says.
    """
    lines = _lines(text)
    number, head = next(lines, (1, []))
    vartype: Any
    try:
        p, hubo, vartype, *numbers = head
        n, count, offset = (read(word) for read, word in zip((int, int, float), numbers, strict=True))
        if (p, hubo) != ("p", "hubo") or vartype not in ("binary", "spin") or not 0 <= n <= MAX_VARIABLES or count < 0:
            raise ValueError(head)
    except ValueError:
        expected = f"expected 'p hubo binary|spin n terms offset' with n in 0..{MAX_VARIABLES}"
        raise InstanceFormatError(path, number, f"{expected}, found {' '.join(head) or 'no such line'}") from None
    terms = []
    try:
        for line, words in lines:
            number = line
            term = tuple(map(int, words[1:]))
            if not all(0 <= i < n for i in term):
                raise ValueError(f"an index outside 0..{n - 1}")
            terms.append((term, float(words[0])))
        if len(terms) != count:
            raise ValueError(f"{len(terms)} terms where {count} were announced")
        return BinaryPolynomial.from_terms(n, terms, offset, vartype)
    except ValueError as error:
        raise InstanceFormatError(path, number, f"expected a coefficient and indices, found {error}") from None


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and words of each line that is neither empty nor a remark."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and words[0] != "c":
            yield number, words


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
