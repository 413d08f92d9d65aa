"""Coordinate text of a binary quadratic model, as dimod writes it: lines ``i j value``, ``i i value`` for linear terms.

The header ``# vartype=SPIN`` makes the model one of spins s = 2 x - 1 (dimod's sign); without it, or with BINARY, the
variables are bits. ``# offset=...`` is ours, for dimod's text has no place for the constant. Labels are whole numbers.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import ClassVar

import numpy as np

from ...core import READERS, AnyArray, Float, Int, Number, Problem, UnsupportedError
from ..qubo import Qubo
from ..reading import fail, lines, parse_integer, parse_number
from .contract import ReadOptions, path_name

_VARTYPE = re.compile(r"^\s*#.*?vartype\s*[:=]\s*(\w+)", re.MULTILINE)
_OFFSET = re.compile(r"^\s*#\s*offset\s*[:=]\s*(\S+)", re.MULTILINE)
_LARGEST_LABEL = 2**53 - 1


@READERS.register("coo")
class CooReader:
    """COO text of a QUBO or Ising model: one term a line."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".coo", ".qubo")
    writes: ClassVar[tuple[str, ...]] = ("qubo",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the header says a vartype, and every other line is two labels and a value.

        Lines alone are no evidence: the arcs of a graph and many another table look the same.
        """
        return _VARTYPE.search(text) is not None and self.fits(text, path)

    def fits(self, text: str, path: str) -> bool:
        """Whether every line that is no comment is two labels and a value."""
        rows = (row.fields for row in lines(text))
        first = next(rows, [])
        return all(len(row) == 3 and row[0].isdecimal() and row[1].isdecimal() for row in chain([first], rows))

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one QUBO of lines ``i j value``; labels may have gaps, and are numbered in their order."""
        ends, values = [], []
        for number, fields in lines(text):
            if len(fields) != 3:
                fail(path, number, "a line `i j value`", " ".join(fields))
            ends.append([parse_integer(field, path, number, "a label", 0, _LARGEST_LABEL) for field in fields[:2]])
            values.append(parse_number(fields[2], path, number, "a value"))
        pairs = np.array(ends, dtype=np.int64).reshape(-1, 2)
        labels, places = np.unique(pairs, return_inverse=True)
        offset = _header(text, path)
        linear, pairs, couplings = split_terms(labels.size, places.reshape(-1, 2), np.array(values, dtype=np.float64))
        if _vartype(text, path) == "SPIN":
            linear, couplings, offset = from_spins(linear, pairs, couplings, offset)
        names = tuple(f"x[{label}]" for label in labels.tolist())
        return [Qubo(linear, pairs, couplings, offset, variable_names=names, name=path_name(path))]

    def write(self, problem: Problem) -> str:
        """Labels 0..n-1, a linear term for each variable (also 0), numbers without exponent, as dimod reads them.

        Raises
        ------
        UnsupportedError
            The problem has rows, for which the format has no place.
        """
        assert isinstance(problem, Qubo)
        if problem.lower:
            raise UnsupportedError("a .coo file must have no rows, got some; write .lp or .json instead")
        text = ["# vartype=BINARY"]
        if problem.offset:
            text.append(f"# offset={_decimal(problem.offset)}")
        text += [f"{i} {i} {_decimal(value)}" for i, value in enumerate(problem.linear.tolist())]
        products = zip(problem.pairs.tolist(), problem.couplings.tolist(), strict=True)
        text += [f"{i} {j} {_decimal(value)}" for (i, j), value in products]
        return "\n".join(text) + "\n"


def split_terms(n: int, pairs: Int, values: Float) -> tuple[Float, Int, AnyArray]:
    """Linear terms (n,), pairs of different variables, and their values, from terms where (i, i) is linear."""
    same = pairs[:, 0] == pairs[:, 1]
    linear = np.bincount(pairs[same, 0], values[same], minlength=n).astype(np.float64)
    return linear, pairs[~same], values[~same]


def from_spins(linear: Float, pairs: Int, couplings: AnyArray, offset: Number) -> tuple[Float, AnyArray, Number]:
    """Linear terms, couplings and offset over bits of a model over spins ``s = 2 x - 1``.

    Linear terms have shape (n,), pairs (m, 2), couplings (m,); what comes out has the shapes of what went in.

    Examples
    --------
    >>> from_spins(np.array([1.0, 0.0]), np.array([[0, 1]]), np.array([3.0]), 0)
    (array([-4., -6.]), array([12.]), 2.0)
    """
    touched = np.bincount(pairs.ravel(), np.repeat(couplings, 2), minlength=linear.size)
    return 2 * linear - 2 * touched, 4 * couplings, float(offset - linear.sum() + couplings.sum())


def _vartype(text: str, path: str) -> str:
    match = _VARTYPE.search(text)
    name = match.group(1).upper() if match else "BINARY"
    if name not in ("BINARY", "SPIN"):
        fail(path, text[: match.start()].count("\n") + 1 if match else None, "vartype BINARY or SPIN", name)
    return name


def _header(text: str, path: str) -> Number:
    match = _OFFSET.search(text)
    if match is None:
        return 0
    return parse_number(match.group(1), path, text[: match.start(1)].count("\n") + 1, "the offset")


def _decimal(value: float) -> str:
    return np.format_float_positional(value, trim="-")
