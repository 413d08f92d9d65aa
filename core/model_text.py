"""LP and free MPS text of a program over bounded integers, every number written so that it reads back exactly.

Highspy's own writer gave 15 digits before version 1.16, too few for a double; what these write is read back through
highspy, and compared, by the readers of ``problems/formats``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .arrays import AnyArray, Float, Int
from .labels import plain_names
from .problem import Sense

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class Model:
    """Arrays of a program: ``c v + sum_k couplings_k v_i v_j + offset`` over integers, ``lower <= A v <= upper``.

    Parameters
    ----------
    c : shape (n,).
    pairs, couplings : shapes (k, 2) and (k,); (i, i) is a square.
    A : shape (m, n).
    lower, upper : shape (m,), infinite for no bound.
    minimum, maximum : bounds of the variables, shape (n,), infinite for none.
    names, row_names : one each.
    """

    c: Float
    offset: float
    pairs: Int
    couplings: Float
    A: csr_array
    lower: Float
    upper: Float
    minimum: Float
    maximum: Float
    names: tuple[str, ...]
    row_names: tuple[str, ...]
    sense: Sense = "min"

    @property
    def is_bit(self) -> AnyArray:
        """Variables with the bounds 0 and 1, shape (n,)."""
        return np.asarray((self.minimum == 0) & (self.maximum == 1))


def lp_text(model: Model) -> str:
    """The model in LP format; names keep their letters and digits (``x[0,1]`` is ``x_0_1``).

    References
    ----------
    CPLEX LP format: the bracket of products is halved; a row with two bounds is written as two rows.
    """
    names = plain_names(model.names, "x")
    cost = list(_terms(model.c, names))  # also 0 x: readers take variables in the order in which they first stand
    if len(model.pairs):
        products = [f"{names[i]} ^ 2" if i == j else f"{names[i]} * {names[j]}" for i, j in model.pairs.tolist()]
        cost += ["+ [", *_terms(2.0 * model.couplings, products), "] / 2"]
    if model.offset or not cost:
        cost += list(_terms(np.array([model.offset]), [""]))
    text = ["Minimize" if model.sense == "min" else "Maximize", *_wrapped("obj:", cost), "Subject To"]
    row_names = plain_names(model.row_names, "row")
    for name, columns, values, lower, upper in row_items(model.A, model.lower, model.upper, row_names):
        if not names:
            break  # the format has no row without variables
        terms = list(_terms(np.array(values or [0.0]), [names[j] for j in columns or [0]]))
        for sense, bound, label in comparisons(name, lower, upper, "_lower"):
            text += _wrapped(f"{label}:", [*terms, f"{'=' if sense == '==' else sense} {_text(bound)}"])
    bits = [name for name, is_bit in zip(names, model.is_bit, strict=True) if is_bit]
    others = [name for name, is_bit in zip(names, model.is_bit, strict=True) if not is_bit]
    if others:
        text += ["Bounds", *_bound_lines(model, names)]
    text += ["Binaries", *_wrapped("", bits)] if bits or not others else []
    text += ["Generals", *_wrapped("", others)] if others else []
    return "\n".join([*text, "End"]) + "\n"


def mps_text(model: Model, name: str = "qopt") -> str:
    """The model in free MPS format, products in a QUADOBJ section, the offset as minus the cost row's RHS.

    A row with two different bounds is written as <= row with a RANGES entry. Names as in ``lp_text``.
    """
    names, row_names = plain_names(model.names, "x"), plain_names(model.row_names, "row")
    text = [f"NAME {re.sub(r'[^A-Za-z0-9_.-]', '_', name) or 'qopt'}"]
    text += ["OBJSENSE", " MAX"] if model.sense == "max" else []
    text += ["ROWS", " N COST"]
    rhs, ranges = [f" RHS COST {_text(-model.offset)}"] if model.offset else [], []
    for row, lower, upper in zip(row_names, model.lower.tolist(), model.upper.tolist(), strict=True):
        letter = "E" if lower == upper else "L" if np.isfinite(upper) else "G" if np.isfinite(lower) else "N"
        text.append(f" {letter} {row}")
        if letter != "N":
            rhs.append(f" RHS {row} {_text(upper if letter in 'EL' else lower)}")
        if letter == "L" and np.isfinite(lower):
            ranges.append(f" RANGE {row} {_text(upper - lower)}")
    text += ["COLUMNS", " MARKER 'MARKER' 'INTORG'"]
    columns = model.A.tocsc()
    for j, column in enumerate(names):
        part = slice(columns.indptr[j], columns.indptr[j + 1])
        text.append(f" {column} COST {_text(model.c[j])}")
        for i, value in zip(columns.indices[part].tolist(), columns.data[part].tolist(), strict=True):
            text.append(f" {column} {row_names[i]} {_text(value)}")
    text += [" MARKER 'MARKER' 'INTEND'", "RHS", *rhs]
    text += ["RANGES", *ranges] if ranges else []
    text += ["BOUNDS", *_mps_bounds(model, names)]
    if len(model.pairs):  # the section means v'Qv / 2 and lists each pair of the symmetric matrix once
        doubled = np.where(model.pairs[:, 0] == model.pairs[:, 1], 2.0, 1.0) * model.couplings
        entries = zip(model.pairs.tolist(), doubled.tolist(), strict=True)
        text += ["QUADOBJ", *(f" {names[i]} {names[j]} {_text(value)}" for (i, j), value in entries)]
    return "\n".join([*text, "ENDATA"]) + "\n"


def row_items(
    A: csr_array, lower: Float, upper: Float, names: Sequence[str]
) -> Iterator[tuple[str, list[int], list[float], float, float]]:
    """Name, columns, coefficients, lower and upper bound of each row. A has shape (m, n), the bounds (m,)."""
    for i, name in enumerate(names):
        part = slice(int(A.indptr[i]), int(A.indptr[i + 1]))
        yield name, A.indices[part].tolist(), A.data[part].tolist(), float(lower[i]), float(upper[i])


def comparisons(name: str, lower: float, upper: float, suffix: str = ":lower") -> list[tuple[str, float, str]]:
    """(sense, bound, name) of the one or two comparisons a row needs; none for a free row."""
    if lower == upper:
        return [("==", upper, name)]
    both = [("<=", upper, name), (">=", lower, name + suffix if np.isfinite(upper) else name)]
    return [item for item in both if np.isfinite(item[1])]


def _bound_lines(model: Model, names: Sequence[str]) -> Iterator[str]:
    """Bounds of the variables that are no bits, in LP format."""
    for name, low, high, is_bit in zip(
        names, model.minimum.tolist(), model.maximum.tolist(), model.is_bit.tolist(), strict=True
    ):
        if is_bit:
            continue
        if low == high:
            yield f" {name} = {_text(low)}"
        else:
            yield f" {_bound_text(low)} <= {name} <= {_bound_text(high)}"


def _bound_text(value: float) -> str:
    return _text(value) if np.isfinite(value) else "+inf" if value > 0 else "-inf"


def _mps_bounds(model: Model, names: Sequence[str]) -> Iterator[str]:
    """Bounds of all variables in MPS format."""
    for name, low, high in zip(names, model.minimum.tolist(), model.maximum.tolist(), strict=True):
        if (low, high) == (0, 1):
            yield f" BV BOUND {name}"
        elif low == high:
            yield f" FX BOUND {name} {_text(low)}"
        else:
            yield f" LO BOUND {name} {_text(low)}" if np.isfinite(low) else f" MI BOUND {name}"
            yield f" UP BOUND {name} {_text(high)}" if np.isfinite(high) else f" PL BOUND {name}"


def _terms(values: AnyArray, names: Sequence[str]) -> Iterator[str]:
    """``+ 3 x`` for each value and name, the sign apart."""
    for value, name in zip(values.tolist(), names, strict=True):
        yield f"{'-' if value < 0 else '+'} {_text(abs(value))} {name}".rstrip()


def _text(value: float) -> str:
    """Shortest decimal text that reads back as the same double; integers without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _wrapped(head: str, words: Iterable[str], width: int = 110) -> Iterator[str]:
    """Lines of at most about ``width`` characters, for readers with a limit; a leading plus sign is dropped."""
    line = f" {head}".rstrip()
    first = True
    for word in words:
        word = word.removeprefix("+ ") if first else word
        first = False
        if len(line) + len(word) >= width:
            yield line
            line = " "
        line = f"{line.rstrip()} {word}"
    yield line
