"""Models of other libraries as instances: dimod, PyQUBO, Qiskit's QuadraticProgram, docplex, PuLP and Pyomo.

Each library is recognised by the module of the object's class, so none is imported here before its object is seen.
Integer variables become bits; what a binary program with linear rows cannot hold is refused by name.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core import AnyArray, Problem, UnsupportedError, bqm_to_arrays
from ..core.labels import distinct_texts, label_texts
from ..core.program_io import from_cqm, model_of_cqm
from .gathered_model import GatheredModel
from .hubo import Hubo
from .qubo import Qubo


def from_bqm(bqm: Any, *, name: str = "") -> Qubo:
    """The QUBO of a dimod ``BinaryQuadraticModel``; spins become bits by ``s = 2 x - 1``.

    Variables keep the model's order; ``variable_names`` are their labels as text, as in the model's file.

    Examples
    --------
    >>> import dimod
    >>> from_bqm(dimod.BinaryQuadraticModel({"a": -1.0, "b": 2.0}, {("a", "b"): 3.0}, 0.0, "BINARY")).objective([1, 0])
    -1
    """
    binary = bqm.change_vartype("BINARY", inplace=False)
    names = label_texts(binary.variables)
    linear, rows, columns, values, offset = bqm_to_arrays(binary.relabel_variables_as_integers(inplace=False)[0])
    return Qubo(linear, np.stack([rows, columns], axis=1), values, offset, variable_names=names, name=name)


def from_constrained(cqm: Any, *, name: str = "") -> Qubo:
    """The binary program of a dimod ``ConstrainedQuadraticModel`` with linear rows; bounded integers become bits.

    ``problem_of`` keeps integers as they are (``from_cqm_model``).

    Raises
    ------
    UnsupportedError
        A real variable, an unbounded integer, a row with products, or a soft row.
    """
    return Qubo.from_program(from_cqm(cqm).program, name=name)


def from_cqm_model(cqm: Any) -> Problem:
    """The program of a dimod ``ConstrainedQuadraticModel``, as its file is read: integers keep their values.

    Raises
    ------
    UnsupportedError
        A real variable that is no integer, an unbounded integer, a row with products, or a soft row.
    """
    from .formats.programs import problem_of

    model, types = model_of_cqm(cqm)
    return problem_of(model, types, name="")


def from_quadratic_model(model: Any) -> Problem:
    """The program of a dimod ``QuadraticModel``, which has no rows."""
    import dimod

    return from_cqm_model(dimod.ConstrainedQuadraticModel.from_quadratic_model(model))


def from_polynomial(polynomial: Any, *, name: str = "") -> Hubo:
    """The polynomial of a dimod ``BinaryPolynomial``, variables in its own order; spins become ``s = 2 x - 1``.

    Examples
    --------
    >>> import dimod
    >>> from_polynomial(dimod.BinaryPolynomial({"abc": -2.0, "a": 1.0}, "BINARY")).objective([1, 1, 1])
    -1
    """
    binary = polynomial.to_binary()
    place = {label: i for i, label in enumerate(polynomial.variables)}
    terms = [(tuple(sorted(place[label] for label in term)), float(value)) for term, value in binary.items()]
    products = [(term, value) for term, value in terms if term]
    offset = sum(value for term, value in terms if not term)
    coefficients = np.array([value for _, value in products])
    return Hubo(len(place), tuple(term for term, _ in products), coefficients, offset, name=name)


def from_matrix(matrix: Any, *, offset: float = 0.0, name: str = "") -> Qubo:
    """The QUBO ``min x'Qx + offset`` of a square matrix of shape (n, n), dense or scipy sparse; all entries count.

    Raises
    ------
    ValueError
        The matrix is not square, or holds a number that is not finite.

    Examples
    --------
    >>> from_matrix([[1, 2], [2, -5]]).objective([1, 1])
    0
    """
    names: tuple[str, ...] = ()
    if hasattr(matrix, "tocoo"):
        entries = matrix.tocoo()
        shape, values = entries.shape, entries.data
        rows, columns = (entries.row, entries.col) if len(shape) == 2 else (values, values)
    else:
        if hasattr(matrix, "columns"):  # a table of pandas: its columns are the variables
            names = label_texts(list(matrix.columns))
        dense = rectangular(matrix, "Q")
        shape = dense.shape
        if dense.ndim != 2:
            raise ValueError(f"Q must have shape (n, n), got {shape}; give a square matrix")
        rows, columns = np.nonzero(dense)
        values = dense[rows, columns]
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"Q must have shape (n, n), got {shape}; give a square matrix")
    pairs = np.stack([rows, columns], axis=1)
    return Qubo(np.zeros(shape[0]), pairs, values, offset, variable_names=names, name=name)


def rectangular(values: Any, subject: str) -> AnyArray:
    """Rows of numbers as an array of the same shape, dense where it was sparse.

    Raises
    ------
    ValueError
        The rows have different lengths, or an entry is masked.
    """
    if hasattr(values, "tocoo"):
        return np.asarray(values.toarray())
    try:
        array = np.asanyarray(values.to_numpy() if hasattr(values, "to_numpy") else values)
    except ValueError:
        raise ValueError(f"{subject} must have rows of one length, got different ones; check the data") from None
    if np.ma.isMaskedArray(array) and np.ma.is_masked(array):
        raise ValueError(f"{subject} must have all of its entries, got masked ones; use .filled(0)")
    return np.asarray(array)


def from_quadratic_program(program: Any) -> Problem:
    """The binary program of a Qiskit ``QuadraticProgram`` (qiskit-optimization, or the opt-mapper addon's problem).

    It keeps the model's own sense: a maximisation is reported as one.

    Raises
    ------
    UnsupportedError
        A continuous variable, or quadratic or higher-order rows.
    """
    for held in ("quadratic_constraints", "higher_order_constraints"):
        if getattr(program, held, None):
            raise UnsupportedError(f"rows must be linear, got {held.replace('_', ' ')}; linearise them first")
    if getattr(program.objective, "higher_order", None):
        raise UnsupportedError("the objective must be linear or quadratic, got products of three; use qopt.Hubo")
    model = GatheredModel("max" if program.objective.sense.name == "MAXIMIZE" else "min")
    for i, variable in enumerate(program.variables):
        word = variable.vartype.name
        kind = {"CONTINUOUS": "continuous", "SPIN": "spin"}.get(word, "integer")
        model.add_variable(i, variable.name, variable.lowerbound, variable.upperbound, kind=kind)
    products = [(i, j, value) for (i, j), value in program.objective.quadratic.to_dict().items()]
    model.add_cost(program.objective.linear.to_dict().items(), products, program.objective.constant)
    for row in program.linear_constraints:
        model.add_row(row.name, row.linear.to_dict().items(), *_limits(row.sense.label, row.rhs))
    return model.problem(str(getattr(program, "name", "")))


def _limits(sense: str, bound: float) -> tuple[float, float]:
    """Bounds of a row ``sum <= bound``, ``>=`` or ``==``."""
    return (-math.inf if sense == "<=" else bound, math.inf if sense == ">=" else bound)


def from_docplex(model: Any) -> Problem:
    """The program of a docplex model, its coefficients as they are (docplex writes 12 digits into an LP file).

    Raises
    ------
    UnsupportedError
        Rows that are not linear, piecewise linear terms, or a continuous variable that is no integer.
    """
    if model.number_of_linear_constraints != model.number_of_constraints:
        raise UnsupportedError("rows must be linear, got quadratic, indicator or logical ones; linearise them")
    if model.number_of_sos or model.number_of_pwl_constraints:
        raise UnsupportedError("rows must be linear, got special ordered sets or piecewise linear terms")
    gathered = GatheredModel("max" if model.is_maximized() else "min")
    for one in model.iter_variables():
        kind = "continuous" if one.is_continuous() else "integer"
        gathered.add_variable(one.index, one.name or one.lp_name, one.lb, one.ub, kind=kind)
    goal = model.objective_expr
    linear = goal.linear_part if hasattr(goal, "linear_part") else goal
    products = [(u.index, v.index, value) for u, v, value in getattr(goal, "iter_quad_triplets", lambda: ())()]
    gathered.add_cost(_docplex_terms(1.0, linear), products, float(getattr(goal, "constant", 0.0)))
    for row in model.iter_constraints():
        name = row.name or row.lp_name
        if hasattr(row, "lb") and hasattr(row, "expr"):
            terms = _docplex_terms(1.0, row.expr)
            low, high = row.lb - row.expr.constant, row.ub - row.expr.constant
        else:
            low, high = _limits({"LE": "<=", "GE": ">=", "EQ": "=="}[row.sense.name], 0.0)
            sides = ((1.0, row.left_expr), (-1.0, row.right_expr))
            shift = sum(sign * float(getattr(side, "constant", 0.0)) for sign, side in sides)
            terms, low, high = [term for side in sides for term in _docplex_terms(*side)], low - shift, high - shift
        gathered.add_row(name, terms, low, high)
    return gathered.problem(str(model.name or ""))


def _docplex_terms(sign: float, expression: Any) -> list[tuple[int, float]]:
    return [(one.index, sign * value) for one, value in expression.iter_terms()]


def from_pulp(model: Any) -> Problem:
    """The program of a PuLP problem, its coefficients as they are.

    PuLP writes 12 digits into an LP file, and drops the objective's constant.

    Raises
    ------
    UnsupportedError
        Special ordered sets, or a continuous variable that is no integer.
    """
    if model.sos1 or model.sos2:
        raise UnsupportedError("a model must have linear rows alone, got special ordered sets; write them as rows")
    gathered = GatheredModel("max" if model.sense == -1 else "min")  # pulp.LpMaximize
    for one in model.variables():
        kind = "continuous" if one.cat == "Continuous" else "integer"
        gathered.add_variable(one.name, one.name, one.lowBound, one.upBound, kind=kind)
    if model.objective is not None:
        gathered.add_cost([(one.name, v) for one, v in model.objective.items()], (), model.objective.constant)
    for name, row in model.constraints.items():
        sense = {-1: "<=", 0: "==", 1: ">="}[row.sense]
        gathered.add_row(name, [(one.name, value) for one, value in row.items()], *_limits(sense, -row.constant))
    return gathered.problem(str(model.name or ""))


def from_pyomo(model: Any) -> Problem:
    """The program of a Pyomo model, by way of the LP file that Pyomo writes, with the model's own names.

    A fixed variable is a constant, as Pyomo writes it.
    """
    from .formats.lp import read_lp
    from .formats.programs import problem_of

    with tempfile.TemporaryDirectory() as folder:
        path, symbols = model.write(str(Path(folder) / "model.lp"))
        text = Path(path).read_text(encoding="utf-8")
    found, types = read_lp(text, "model.lp")
    own = {symbol: _pyomo_name(held) for symbol, held in model.solutions.symbol_map[symbols].bySymbol.items()}
    names = tuple(own.get(name, name) for name in found.names)
    # of a row with two bounds, written as r_l_ and r_u_, the first alone is in the map
    rows = distinct_texts([own.get(name) or own.get(name.replace("r_u_", "r_l_", 1), name) for name in found.row_names])
    found = replace(found, names=names, row_names=rows)
    return problem_of(found, types, name="" if model.name == "unknown" else str(model.name))


def _pyomo_name(held: Any) -> str:
    """Full name of a component; older releases hold weak references."""
    return str((held if hasattr(held, "name") else held()).name)


def from_pyqubo(model: Any) -> Problem:
    """The QUBO of a compiled PyQUBO model."""
    if not hasattr(model, "to_bqm"):
        model = model.compile()
    return from_bqm(model.to_bqm())


#: First part of the module that defines an object's class -> how that object is read.
LIBRARIES: dict[str, Callable[[Any], Problem]] = {
    "qiskit_optimization": from_quadratic_program,
    "qiskit_addon_opt_mapper": from_quadratic_program,
    "docplex": from_docplex,
    "pulp": from_pulp,
    "pyomo": from_pyomo,
    "pyqubo": from_pyqubo,
    "cpp_pyqubo": from_pyqubo,
}
