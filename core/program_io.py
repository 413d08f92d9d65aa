"""Binary programs in other tools' languages: dimod's constrained model both ways, LP and MPS text out.

Integers of a constrained model become bounded bits (or are refused); real variables, products in rows and soft rows are
always refused, for a BinaryProgram has no place for them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from .arrays import Float, frozen, frozen_csr
from .bits import bounded_coefficients
from .encoding import bqm_from_arrays
from .errors import UnsupportedError
from .labels import distinct_texts, label_texts
from .model_text import Model, comparisons, lp_text, mps_text, row_items
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
    rows = program.constraints
    for name, columns, coefficients, lower, upper in row_items(rows.A, rows.lower, rows.upper, rows.names):
        terms = [(names[j], a) for j, a in zip(columns, coefficients, strict=True)]
        for sense, bound, label in comparisons(name, lower, upper):
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
    texts = label_texts(labels)
    names: list[str] = []
    constants = np.zeros(len(labels))
    entries: list[tuple[int, int, float]] = []
    for i, label in enumerate(labels):
        base, weights = _bits_of(cqm, label, integers)
        constants[i] = base
        bits = range(len(names), len(names) + len(weights))
        entries += [(i, bit, weight) for bit, weight in zip(bits, weights, strict=True)]
        is_integer = cqm.vartype(label).name == "INTEGER"
        names += [f"{texts[i]}[{b}]" if is_integer else texts[i] for b in range(len(weights))]
    W = _sparse(entries, (len(labels), len(names)))
    h, J = _objective_of(cqm, place)
    # v = k + W x in h v + v'J v: constant, linear and quadratic parts
    linear = W.T @ (h + (J + J.T) @ constants)
    offset = float(cqm.objective.offset + h @ constants + constants @ (J @ constants))
    rows = _rows_from(cqm, place, constants, W)
    program = BinaryProgram(c=linear, Q=csr_array(W.T @ J @ W), offset=offset, rows=rows, names=distinct_texts(names))
    return CqmProgram(program, labels, constants, W)


def model_of_cqm(cqm: dimod.ConstrainedQuadraticModel) -> tuple[Model, tuple[str, ...]]:
    """The dimod model as arrays, spins as bits, and ``integer`` or ``continuous`` for each variable.

    Raises
    ------
    UnsupportedError
        A row with products, or a soft row.
    """
    from scipy.sparse import csr_array, diags_array

    labels = tuple(cqm.variables)
    place = {label: i for i, label in enumerate(labels)}
    words = [cqm.vartype(label).name for label in labels]
    is_spin = np.array([word == "SPIN" for word in words], dtype=bool)
    constants, scale = np.where(is_spin, -1.0, 0.0), np.where(is_spin, 2.0, 1.0)
    W = csr_array(diags_array(scale)) if len(labels) else csr_array((0, 0))
    rows = _rows_from(cqm, place, constants, W)
    h, J = _objective_of(cqm, place)
    is_bit = np.array([word in ("BINARY", "SPIN") for word in words], dtype=bool)
    bounds = [
        (0.0, 1.0) if bit else (cqm.lower_bound(v), cqm.upper_bound(v)) for v, bit in zip(labels, is_bit, strict=True)
    ]
    minimum, maximum = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
    products = csr_array(W.T @ J @ W).tocoo()
    squares = products.row == products.col
    spins = squares & is_bit[products.row]  # the square of a bit is the bit
    linear = W.T @ (h + (J + J.T) @ constants)
    np.add.at(linear, products.row[spins], products.data[spins])
    model = Model(
        c=linear,
        offset=float(cqm.objective.offset + h @ constants + constants @ (J @ constants)),
        pairs=np.stack([products.row, products.col], axis=1)[~spins],
        couplings=products.data[~spins],
        A=rows.A,
        lower=rows.lower,
        upper=rows.upper,
        minimum=minimum,
        maximum=maximum,
        names=label_texts(labels),
        row_names=rows.names,
    )
    return model, tuple("continuous" if word == "REAL" else "integer" for word in words)


def _objective_of(cqm: dimod.ConstrainedQuadraticModel, place: dict[Hashable, int]) -> tuple[Float, csr_array]:
    """Linear costs (v,) and products (v, v) of the model's objective over its own variables."""
    h = np.zeros(len(place))
    for label, bias in cqm.objective.iter_linear():
        h[place[label]] += bias
    entries = [(place[u], place[v], bias) for u, v, bias in cqm.objective.iter_quadratic()]
    return h, _sparse(entries, (len(place), len(place)))


def model_of(program: BinaryProgram) -> Model:
    """The program as a model for text formats: minimised, every variable a bit."""
    Q, rows, n = program.products.tocoo(), program.constraints, program.num_variables
    return Model(
        c=program.c,
        offset=program.offset,
        pairs=np.stack([Q.row, Q.col], axis=1),
        couplings=Q.data,
        A=rows.A,
        lower=rows.lower,
        upper=rows.upper,
        minimum=np.zeros(n),
        maximum=np.ones(n),
        names=program.names,
        row_names=rows.names,
    )


def to_lp(program: BinaryProgram) -> str:
    """The program as text in LP format; names keep their letters and digits (``x[0,1]`` is ``x_0_1``).

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
    return lp_text(model_of(program))


def to_mps(program: BinaryProgram, name: str = "qopt") -> str:
    """The program as text in free MPS format; names as in ``to_lp``."""
    return mps_text(model_of(program), name)


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
        names.append(label)
    A = _sparse(entries, (len(names), len(place)))
    shift = A @ constants
    low, high = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
    return Rows(A @ W, low - shift, high - shift, label_texts(names, family=""))


def _sparse(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> csr_array:
    from scipy.sparse import csr_array

    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    places = (np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64))
    return csr_array((np.array(values, dtype=np.float64), places), shape=shape)
