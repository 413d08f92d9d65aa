"""Binary programs in other tools' languages: dimod's constrained model both ways, LP and MPS text out.

Integers of a constrained model become bounded bits (or are refused); real variables, products in rows and soft rows are
always refused, for a BinaryProgram has no place for them.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from .arrays import AnyArray, Float, frozen, frozen_csr
from .bits import bounded_coefficients
from .encoding import bqm_from_arrays
from .errors import UnsupportedError
from .program import BinaryProgram, Rows

if TYPE_CHECKING:
    import dimod
    from scipy.sparse import csr_array

#: An integer variable with a wider range counts as unbounded and is refused.
MAX_SPAN = 2**31 - 1


@dataclass(frozen=True, eq=False)
class CqmProgram:
    """The program of a constrained model, and how its variables are read off the program's bits.

    Parameters
    ----------
    program : cost and rows over bits; a binary variable keeps its name (``x[3]`` where that is a number), bit b of
        integer ``i`` is called ``i[b]``.
    labels : the model's variables in order.
    constants, weights : values are ``constants + weights x``, shapes (v,) and (v, n).
    """

    program: BinaryProgram
    labels: tuple[Hashable, ...]
    constants: Float
    weights: csr_array

    def __post_init__(self) -> None:
        object.__setattr__(self, "constants", frozen(self.constants))
        object.__setattr__(self, "weights", frozen_csr(self.weights))

    def values(self, X: npt.ArrayLike) -> Float:
        """Values of the model's variables at each point (k, n), shape (k, v)."""
        points = np.atleast_2d(np.asarray(X, dtype=np.float64))
        return np.asarray((self.weights @ points.T).T + self.constants, dtype=np.float64)


def to_cqm(program: BinaryProgram) -> dimod.ConstrainedQuadraticModel:
    """The program as dimod model over its variable names; a row with two bounds becomes ``name`` and ``name:lower``.

    Raises
    ------
    ValueError
        Two variables or two rows have one name.
    """
    import dimod

    names = program.names
    if len(set(names)) != len(names):
        raise ValueError(f"variable names must differ, got {len(set(names))} for {len(names)} variables; rename them")
    Q = program.products.tocoo()
    bqm = bqm_from_arrays(program.c, Q.row, Q.col, Q.data, program.offset)
    bqm.relabel_variables(dict(enumerate(names)))
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.set_objective(bqm)
    for name, columns, coefficients, lower, upper in _row_items(program.constraints):
        terms = [(names[j], a) for j, a in zip(columns, coefficients, strict=True)]
        for sense, bound, label in _senses(name, lower, upper):
            cqm.add_constraint(terms, sense, rhs=bound, label=label)
    return cqm


def from_cqm(cqm: dimod.ConstrainedQuadraticModel, *, integers: Literal["expand", "refuse"] = "expand") -> CqmProgram:
    """The program of a dimod model; spins become ``2 x - 1``, integers ``lower + sum of weighted bits``.

    Raises
    ------
    UnsupportedError
        A real variable, an integer with a range beyond MAX_SPAN (or any, with ``refuse``), a row with products, or a
        soft row.
    """
    from scipy.sparse import csr_array

    labels = tuple(cqm.variables)
    place = {label: i for i, label in enumerate(labels)}
    names: list[str] = []
    constants = np.zeros(len(labels))
    entries: list[tuple[int, int, float]] = []
    for i, label in enumerate(labels):
        base, weights = _bits_of(cqm, label, integers)
        constants[i] = base
        bits = range(len(names), len(names) + len(weights))
        entries += [(i, bit, weight) for bit, weight in zip(bits, weights, strict=True)]
        is_integer = cqm.vartype(label).name == "INTEGER"
        name = f"x[{label}]" if isinstance(label, int) else str(label)
        names += [f"{name}[{b}]" if is_integer else name for b in range(len(weights))]
    W = _sparse(entries, (len(labels), len(names)))
    objective = cqm.objective
    h = np.zeros(len(labels))
    for label, bias in objective.iter_linear():
        h[place[label]] += bias
    J = _sparse([(place[u], place[v], bias) for u, v, bias in objective.iter_quadratic()], (len(labels), len(labels)))
    # v = k + W x in h v + v'J v: constant, linear and quadratic parts
    linear = W.T @ (h + (J + J.T) @ constants)
    offset = float(objective.offset + h @ constants + constants @ (J @ constants))
    rows = _rows_from(cqm, place, constants, W)
    program = BinaryProgram(c=linear, Q=csr_array(W.T @ J @ W), offset=offset, rows=rows, names=tuple(names))
    return CqmProgram(program, labels, constants, W)


def to_lp(program: BinaryProgram) -> str:
    """The program as text in LP format; names keep their letters and digits (``x[0,1]`` is ``x_0_1``).

    References
    ----------
    CPLEX LP format: the bracket of products is halved, numbers are written so that they are read back exactly.

    Examples
    --------
    >>> from .program import make_rows
    >>> print(to_lp(BinaryProgram(c=[1, -2], rows=make_rows([[1, 1]], upper=[1]))))
    Minimize
     obj: 1 x_0 - 2 x_1
    Subject To
     row_0: 1 x_0 + 1 x_1 <= 1
    Binaries
     x_0 x_1
    End
    <BLANKLINE>
    """
    names = plain_names(program.names, "x")
    used = np.flatnonzero(program.c)
    cost = list(_terms(program.c[used], [names[j] for j in used]))
    Q = program.products.tocoo()
    if Q.nnz:
        products = [f"{names[i]} * {names[j]}" for i, j in zip(Q.row.tolist(), Q.col.tolist(), strict=True)]
        cost += ["+ [", *_terms(2.0 * Q.data, products), "] / 2"]
    if program.offset or not cost:
        cost += list(_terms(np.array([program.offset]), [""]))
    text = ["Minimize", *_wrapped("obj:", cost), "Subject To"]
    row_names = plain_names(program.constraints.names, "row")
    for name, (_, columns, values, lower, upper) in zip(row_names, _row_items(program.constraints), strict=True):
        if not names:
            break  # the format has no row without variables
        terms = list(_terms(np.array(values or [0.0]), [names[j] for j in columns or [0]]))
        for sense, bound, label in _senses(name, lower, upper, "_lower"):
            text += _wrapped(f"{label}:", [*terms, f"{'=' if sense == '==' else sense} {_text(bound)}"])
    text += ["Binaries", *_wrapped("", names), "End"]
    return "\n".join(text) + "\n"


def to_mps(program: BinaryProgram, name: str = "qopt") -> str:
    """The program as text in free MPS format, products in a QUADOBJ section, the offset as minus the cost row's RHS.

    A row with two different bounds is written as <= row with a RANGES entry. Names as in ``to_lp``.
    """
    rows = program.constraints
    names, row_names = plain_names(program.names, "x"), plain_names(rows.names, "row")
    text = [f"NAME {re.sub(r'[^A-Za-z0-9_.-]', '_', name) or 'qopt'}", "ROWS", " N COST"]
    rhs, ranges = [f" RHS COST {_text(-program.offset)}"] if program.offset else [], []
    for row, lower, upper in zip(row_names, rows.lower.tolist(), rows.upper.tolist(), strict=True):
        letter = "E" if lower == upper else "L" if np.isfinite(upper) else "G" if np.isfinite(lower) else "N"
        text.append(f" {letter} {row}")
        if letter != "N":
            rhs.append(f" RHS {row} {_text(upper if letter in 'EL' else lower)}")
        if letter == "L" and np.isfinite(lower):
            ranges.append(f" RANGE {row} {_text(upper - lower)}")
    text += ["COLUMNS", " MARKER 'MARKER' 'INTORG'"]
    columns = rows.A.tocsc()
    for j, column in enumerate(names):
        part = slice(columns.indptr[j], columns.indptr[j + 1])
        text.append(f" {column} COST {_text(program.c[j])}")
        for i, value in zip(columns.indices[part].tolist(), columns.data[part].tolist(), strict=True):
            text.append(f" {column} {row_names[i]} {_text(value)}")
    text += [" MARKER 'MARKER' 'INTEND'", "RHS", *rhs]
    text += ["RANGES", *ranges] if ranges else []
    text += ["BOUNDS", *(f" BV BOUND {column}" for column in names)]
    Q = program.products.tocoo()
    if Q.nnz:  # the section means x'Qx / 2 and lists each pair of the symmetric matrix once
        entries = zip(Q.row.tolist(), Q.col.tolist(), Q.data.tolist(), strict=True)
        text += ["QUADOBJ", *(f" {names[i]} {names[j]} {_text(value)}" for i, j, value in entries)]
    return "\n".join([*text, "ENDATA"]) + "\n"


def plain_names(names: Sequence[str], prefix: str) -> list[str]:
    """Different names of letters, digits and underscores, as every solver's text format takes them.

    Examples
    --------
    >>> plain_names(["x[0,1]", "y", "1st", "end"], "x")
    ['x_0_1', 'y', 'x_1st', 'x_end']
    """
    plain = [re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") for name in names]
    # a leading digit or e reads as a number, and short words may be keywords (st, bin, end, free, inf)
    plain = [
        name if re.fullmatch(r"[A-DF-Za-df-z](|[a-z_]*_?[0-9][0-9_]*)", name) else f"{prefix}_{name}" for name in plain
    ]
    return plain if len(set(plain)) == len(plain) else [f"{prefix}_{i}" for i in range(len(names))]


def _bits_of(cqm: dimod.ConstrainedQuadraticModel, label: Hashable, integers: str) -> tuple[float, list[float]]:
    """Constant and weights of one variable over its bits."""
    vartype = cqm.vartype(label).name
    if vartype == "BINARY":
        return 0.0, [1.0]
    if vartype == "SPIN":
        return -1.0, [2.0]
    if vartype != "INTEGER" or integers == "refuse":
        raise UnsupportedError(f"variable {label} must be binary, got {vartype.lower()}; a binary program has no other")
    lower, upper = np.ceil(cqm.lower_bound(label)), np.floor(cqm.upper_bound(label))
    if not 0 <= upper - lower <= MAX_SPAN:
        raise UnsupportedError(
            f"integer {label} must have a range of at most {MAX_SPAN}, got {lower:g}..{upper:g}; give it bounds"
        )
    return float(lower), bounded_coefficients(int(upper - lower)).astype(np.float64).tolist()


def _rows_from(
    cqm: dimod.ConstrainedQuadraticModel, place: dict[Hashable, int], constants: Float, W: csr_array
) -> Rows:
    """The model's rows over its variables, carried over to bits."""
    entries: list[tuple[int, int, float]] = []
    bounds, names = [], []
    for i, (label, row) in enumerate(cqm.constraints.items()):
        if row.lhs.num_interactions:
            raise UnsupportedError(f"row {label} must be linear, got products; replace each by a variable of its own")
        if row.lhs.is_soft():
            raise UnsupportedError(f"row {label} must be hard, got a soft one; put its penalty into the cost")
        entries += [(i, place[v], bias) for v, bias in row.lhs.iter_linear()]
        bound = float(row.rhs) - float(row.lhs.offset)
        bounds.append((-np.inf if row.sense.value == "<=" else bound, np.inf if row.sense.value == ">=" else bound))
        names.append(str(label))
    A = _sparse(entries, (len(names), len(place)))
    shift = A @ constants
    low, high = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
    return Rows(A @ W, low - shift, high - shift, tuple(names))


def _sparse(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> csr_array:
    from scipy.sparse import csr_array

    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    places = (np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))
    return csr_array((np.array(values, dtype=np.float64), places), shape=shape)


def _row_items(rows: Rows) -> Iterator[tuple[str, list[int], list[float], float, float]]:
    """Name, columns, coefficients, lower and upper bound of each row."""
    for i, name in enumerate(rows.names):
        part = slice(int(rows.A.indptr[i]), int(rows.A.indptr[i + 1]))
        yield (
            name,
            rows.A.indices[part].tolist(),
            rows.A.data[part].tolist(),
            float(rows.lower[i]),
            float(rows.upper[i]),
        )


def _senses(name: str, lower: float, upper: float, suffix: str = ":lower") -> list[tuple[str, float, str]]:
    """(sense, bound, name) of the one or two comparisons a row needs; none for a free row."""
    if lower == upper:
        return [("==", upper, name)]
    both = [("<=", upper, name), (">=", lower, name + suffix if np.isfinite(upper) else name)]
    return [item for item in both if np.isfinite(item[1])]


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
