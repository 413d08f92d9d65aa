"""LP and MPS text of programs over bounded integers, read through HiGHS.

LP spellings are evened out first (``lp_spelling``), because HiGHS reads fewer of them than people write. What is
written is read back and compared.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

import numpy as np

from ...core import READERS, InstanceFormatError, Problem, UnsupportedError
from ...core.model_text import Model, lp_text, mps_text
from ..reading import END_OF_FILE, fail, said
from .contract import ReadOptions, path_name
from .highs import read_highs
from .lp_spelling import spell, starts_like_lp
from .programs import model_of_instance, problem_of

_KINDS = ("qubo", "integer-program")
_SECTIONS = frozenset(("NAME", "OBJSENSE", "MAX", "MIN", "ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS", "ENDATA"))
_QUADRATIC = frozenset(("QUADOBJ", "QMATRIX"))
#: Sections of MPS files that qopt cannot hold, and what stands in them.
_REFUSED = {
    "SOS": "special ordered sets",
    "SOS1": "special ordered sets",
    "SOS2": "special ordered sets",
    "SETS": "special ordered sets",
    "INDICATORS": "indicator rows",
    "GENCONS": "general constraints",
    "GENERALS": "general constraints",
    "QCMATRIX": "products in rows",
    "QSECTION": "products in a section of their own",
    "CSECTION": "cones",
    "CONES": "cones",
    "PWLOBJ": "piecewise linear objectives",
    "PWLNAM": "piecewise linear objectives",
    "LAZYCONS": "lazy rows",
    "USERCUTS": "user cuts",
    "SCENARIOS": "scenarios",
    "BRANCHPRIO": "branching priorities",
    "MULTOBJ": "several objectives",
    "REFROW": "reference rows of special ordered sets",
}


@READERS.register("lp")
class LpReader:
    """LP text of a program over bounded integers with linear rows."""

    kinds: ClassVar[tuple[str, ...]] = _KINDS
    chooses_kind: ClassVar[bool] = True
    suffixes: ClassVar[tuple[str, ...]] = (".lp",)
    writes: ClassVar[tuple[str, ...]] = _KINDS
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the first word that is no comment is a sense of optimisation."""
        return starts_like_lp(text[:100_000])

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one model of CPLEX LP text, as the kind its variables and rows make it."""
        model, types = read_lp(text, path)
        return [problem_of(model, types, name=path_name(path), kind=options.kind)]

    def write(self, problem: Problem) -> str:
        """The text; a row with two bounds becomes two rows."""
        model = model_of_instance(problem)
        text = lp_text(model)
        _check_written(model, text, read_lp(text, "<written>")[0], ".lp")
        return text


@READERS.register("mps")
class MpsReader:
    """MPS text, fixed or free, of a program over bounded integers with linear rows."""

    kinds: ClassVar[tuple[str, ...]] = _KINDS
    chooses_kind: ClassVar[bool] = True
    suffixes: ClassVar[tuple[str, ...]] = (".mps",)
    writes: ClassVar[tuple[str, ...]] = _KINDS
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the text has the sections ROWS and COLUMNS, each on a line of its own."""
        return all(re.search(rf"^{word}\s*$", text, re.MULTILINE) for word in ("ROWS", "COLUMNS"))

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one model of free or fixed MPS text, as the kind its variables and rows make it."""
        model, types = read_mps(text, path)
        return [problem_of(model, types, name=path_name(path), kind=options.kind)]

    def write(self, problem: Problem) -> str:
        """Free MPS text."""
        model = model_of_instance(problem)
        text = mps_text(model, problem.name or "qopt")
        _check_written(model, text, read_mps(text, "<written>")[0], ".mps")
        return text


def read_lp(text: str, path: str) -> tuple[Model, tuple[str, ...]]:
    """Model and types of variables of LP text in any spelling; errors as in ``lp_spelling`` and ``highs``.

    Raises
    ------
    InstanceFormatError
        Rows were lost in reading, or the bounds of one are crossed.
    """
    spelled = spell(text, path)
    lines = [*spelled.lines, 0]
    model, types = read_highs(
        spelled.text, ".lp", path, line_of=lambda line: lines[min(line, len(lines)) - 1], named=spelled.named
    )
    if len(model.row_names) != len(spelled.rows):
        raise InstanceFormatError(path, None, f"expected {len(spelled.rows)} rows, found {len(model.row_names)} read")
    lower = model.lower.copy()
    for row, bound in spelled.lowers.items():
        lower[row] = bound
    if (lower > model.upper).any():
        row = int((lower > model.upper).argmax())
        raise InstanceFormatError(
            path, None, f"expected lower <= upper, found row {spelled.rows[row] or row + 1} crossed"
        )
    places = [int(name[1:]) for name in model.names]
    names = tuple(spelled.names[place] for place in places)
    for i, place in enumerate(places):
        low, high = model.minimum[i], model.maximum[i]
        if place in spelled.binaries and not 0 <= low <= high <= 1:
            expected = f"bounds of the binary {names[i]} within 0..1"
            fail(path, None, expected, said(f"{low:g}..{high:g}"), "declare it general, or drop them")
    rows = tuple(name or f"row[{i}]" for i, name in enumerate(spelled.rows))
    return replace(model, names=names, row_names=rows, lower=lower), types


def read_mps(text: str, path: str) -> tuple[Model, tuple[str, ...]]:
    """Model and types of variables of MPS text.

    Raises
    ------
    UnsupportedError
        A section that qopt cannot hold.
    InstanceFormatError
        HiGHS cannot read the text.
    """
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line[:1].strip() or line.startswith(("*", "$")):
            continue
        word = line.split()[0].upper()
        if word in _REFUSED:
            raise UnsupportedError(f"{path} line {number}: {_REFUSED[word]} must be left out, got a section {word}")
        if word not in _SECTIONS | _QUADRATIC:
            fail(path, number, "a section of MPS", word)
        if word in seen:
            fail(path, number, f"the section {word} once", word)
        seen.add(word)
    if "ENDATA" not in seen:
        fail(path, len(text.rstrip().split("\n")), "ENDATA as the last line", END_OF_FILE, "is the file cut?")
    return read_highs(text, ".mps", path)


def _check_written(model: Model, text: str, again: Model, suffix: str) -> None:
    """HiGHS reads from the text the numbers that went into it; rows with two bounds may have become two.

    Raises
    ------
    UnsupportedError
        It does not; the format cannot hold this instance.
    """
    same = model.sense == again.sense and model.offset == again.offset and np.array_equal(model.c, again.c)
    same &= np.array_equal(model.minimum, again.minimum) and np.array_equal(model.maximum, again.maximum)
    same &= _products(model) == _products(again) and _comparisons(model) == _comparisons(again)
    if not same:
        raise UnsupportedError(f"a {suffix} file must give its numbers back, got others; write .json for this instance")


def _products(model: Model) -> dict[tuple[int, int], float]:
    pairs = zip(model.pairs.tolist(), model.couplings.tolist(), strict=True)
    return {(i, j): value for (i, j), value in pairs if value}


def _comparisons(model: Model) -> list[tuple[tuple[int, ...], tuple[float, ...], float, str]]:
    """One-sided comparisons of all rows, in order, those without variables left out."""
    found = []
    A = model.A.tocsr()
    A.sort_indices()
    for i in range(A.shape[0]):
        part = slice(A.indptr[i], A.indptr[i + 1])
        terms = tuple(A.indices[part].tolist()), tuple(A.data[part].tolist())
        if terms[0]:
            found += [
                (*terms, float(side[i]), word)
                for side, word in ((model.upper, "<="), (model.lower, ">="))
                if np.isfinite(side[i])
            ]
    return sorted(found)
