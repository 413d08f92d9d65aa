"""Models of other libraries as instances: dimod, PyQUBO, Qiskit's QuadraticProgram, docplex, PuLP and Pyomo.

Each library is recognised by the module of the object's class, so none is imported here before its object is seen.
Integer variables become bits; what a binary program with linear rows cannot hold is refused by name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Problem, UnsupportedError, bqm_to_arrays
from ..core.program_io import from_cqm
from .qubo import Qubo


def from_bqm(bqm: Any, *, name: str = "") -> Qubo:
    """The QUBO of a dimod ``BinaryQuadraticModel``; spins become bits by ``s = 2 x - 1``.

    Variables keep the model's order; ``variable_names`` are their labels as text, where those differ.

    Examples
    --------
    >>> import dimod
    >>> from_bqm(dimod.BinaryQuadraticModel({"a": -1.0, "b": 2.0}, {("a", "b"): 3.0}, 0.0, "BINARY")).objective([1, 0])
    -1
    """
    binary = bqm.change_vartype("BINARY", inplace=False)
    labels = [str(label) for label in binary.variables]
    linear, rows, columns, values, offset = bqm_to_arrays(binary.relabel_variables_as_integers(inplace=False)[0])
    names = tuple(labels) if len(set(labels)) == len(labels) else ()
    return Qubo(linear, np.stack([rows, columns], axis=1), values, offset, variable_names=names, name=name)


def from_constrained(cqm: Any, *, name: str = "") -> Qubo:
    """The binary program of a dimod ``ConstrainedQuadraticModel`` with linear rows; bounded integers become bits.

    Raises
    ------
    UnsupportedError
        A real variable, an unbounded integer, a row with products, or a soft row.
    """
    return Qubo.from_program(from_cqm(cqm).program, name=name)


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
    if hasattr(matrix, "tocoo"):
        entries = matrix.tocoo()
        shape, rows, columns, values = entries.shape, entries.row, entries.col, entries.data
    else:
        dense = np.asarray(matrix)
        shape = dense.shape
        if dense.ndim != 2:
            raise ValueError(f"Q must have shape (n, n), got {shape}; give a square matrix")
        rows, columns = np.nonzero(dense)
        values = dense[rows, columns]
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"Q must have shape (n, n), got {shape}; give a square matrix")
    return Qubo(np.zeros(shape[0]), np.stack([rows, columns], axis=1), values, offset, name=name)


def from_quadratic_program(program: Any) -> Problem:
    """The binary program of a Qiskit ``QuadraticProgram`` (qiskit-optimization, or the opt-mapper addon's problem).

    A maximisation is negated: the instance minimises, so objectives differ from the model's by the sign.

    Raises
    ------
    UnsupportedError
        A continuous variable, or quadratic or higher-order rows.
    """
    import dimod

    cqm = dimod.ConstrainedQuadraticModel()
    names = []
    for variable in program.variables:
        kind = variable.vartype.name
        if kind == "BINARY":
            cqm.add_variable("BINARY", variable.name)
        elif kind == "INTEGER":
            low, high = int(variable.lowerbound), int(variable.upperbound)
            cqm.add_variable("INTEGER", variable.name, lower_bound=low, upper_bound=high)
        else:
            raise UnsupportedError(f"variables must be binary or integer, got {variable.name} ({kind.lower()})")
        names.append(variable.name)
    for held in ("quadratic_constraints", "higher_order_constraints"):
        if getattr(program, held, None):
            raise UnsupportedError(f"rows must be linear, got {held.replace('_', ' ')}; linearise them first")
    if getattr(program.objective, "higher_order", None):
        raise UnsupportedError("the objective must be linear or quadratic, got products of more variables")
    sign = -1.0 if program.objective.sense.name == "MAXIMIZE" else 1.0
    linear, products = program.objective.linear.to_dict(), program.objective.quadratic.to_dict()
    objective = dimod.QuadraticModel()
    for name in names:
        kind = cqm.vartype(name)
        bounds = (
            {}
            if kind.name == "BINARY"
            else {"lower_bound": cqm.lower_bound(name), "upper_bound": cqm.upper_bound(name)}
        )
        objective.add_variable(kind, name, **bounds)
    for i, value in linear.items():
        objective.add_linear(names[i], sign * value)
    for (i, j), value in products.items():
        if i == j and cqm.vartype(names[i]).name == "BINARY":
            objective.add_linear(names[i], sign * value)  # x^2 = x
        else:
            objective.add_quadratic(names[i], names[j], sign * value)
    objective.offset = sign * program.objective.constant
    cqm.set_objective(objective)
    for row in program.linear_constraints:
        terms = [(names[i], value) for i, value in row.linear.to_dict().items()]
        cqm.add_constraint(terms, row.sense.label, rhs=row.rhs, label=row.name)
    return from_constrained(cqm, name=str(getattr(program, "name", "")))


def _written(write: Callable[[str], object]) -> Problem:
    """The instance of the LP file that another library writes."""
    from .files import load

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.lp")
        write(path)
        return load(path)


def from_docplex(model: Any) -> Problem:
    """The binary program of a docplex model, by way of its LP file."""
    return _written(lambda path: Path(path).write_text(model.export_as_lp_string(), encoding="utf-8"))


def from_pulp(model: Any) -> Problem:
    """The binary program of a PuLP problem, by way of its LP file."""
    return _written(model.writeLP)


def from_pyomo(model: Any) -> Problem:
    """The binary program of a Pyomo model, by way of its LP file; names are those that Pyomo writes."""
    return _written(lambda path: model.write(path, io_options={"symbolic_solver_labels": True}))


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
