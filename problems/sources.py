"""What a Python user holds, as an instance: a path, an array, a graph, or another library's model."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..core import PROBLEMS, Problem, frozen_number
from ..core.spec import fields_of
from .models import rectangular

#: Kinds that a single square matrix describes.
MATRIX_KINDS = ("tsp", "qubo", "max-cut", "mis")
#: Kinds that a graph describes.
GRAPH_KINDS = ("mis", "max-cut")


def problem_of(what: Any, kind: str | None = None) -> Problem:
    """The instance that ``what`` describes.

    Parameters
    ----------
    what : a Problem; a path; a dimod BQM, CQM, quadratic model or ``BinaryPolynomial``; a Qiskit
        ``QuadraticProgram`` or opt-mapper's problem, a docplex, PuLP, Pyomo or PyQUBO model; a networkx graph, a NumPy
        or SciPy sparse matrix or pandas table of shape (n, n), or a mapping of a kind's fields, each with ``kind``;
        a pair of matrices (flow, distance) with kind ``qap``.
    kind : of the instance, where ``what`` does not tell it. Matrices: ``tsp`` distances, ``qubo`` coefficients,
        ``max-cut`` edge weights, ``mis`` adjacency.

    Raises
    ------
    TypeError
        Nothing of the above.
    ValueError
        The kind is missing, is not the instance's or not one that such an object describes, or the data are not valid.

    Examples
    --------
    >>> problem_of([[0, 1, 9], [9, 0, 1], [1, 9, 0]], kind="tsp").objective([0, 1, 2])
    3
    >>> problem_of({"profits": [3, 4], "weights": [[1, 1]], "capacities": [1]}, kind="mdkp").objective([0, 1])
    4
    """
    if isinstance(what, type):
        raise TypeError(f"an instance must be an object, got the class {what.__name__}; build one of it")
    if kind is not None and not isinstance(kind, str):
        raise TypeError(f"kind must be a name such as 'tsp', got {kind!r}; `qopt list problems` has them")
    if isinstance(what, str | os.PathLike):
        from .files import load

        return load(os.fspath(what), kind=kind)
    problem = _built(what, kind)
    if kind is not None and PROBLEMS.get(kind).name != problem.kind:
        wanted = PROBLEMS.get(kind).name
        raise ValueError(f"kind must be left out or be {problem.kind}, which the instance is, got {wanted!r}")
    return problem


def _built(what: Any, kind: str | None) -> Problem:
    from .models import LIBRARIES, from_bqm, from_cqm_model, from_polynomial, from_quadratic_model

    if isinstance(what, Problem):
        return what
    # subclasses of users live in modules of their own
    libraries = [base.__module__.partition(".")[0] for base in type(what).__mro__]
    if "dimod" in libraries:
        readers: dict[str, Callable[[Any], Problem]] = {
            "ConstrainedQuadraticModel": from_cqm_model,
            "BinaryQuadraticModel": from_bqm,
            "QuadraticModel": from_quadratic_model,
            "BinaryPolynomial": from_polynomial,
        }
        for base in type(what).__mro__:
            if base.__name__ in readers:
                return readers[base.__name__](what)
    for library in libraries:
        if library in LIBRARIES:
            return LIBRARIES[library](what)
    if "networkx" in libraries:
        return _of_graph(what, _needed(kind, "a graph", GRAPH_KINDS))
    if isinstance(what, Mapping):
        return _of_fields(what, kind)
    if isinstance(what, np.ndarray | list | tuple) or hasattr(what, "tocoo") or "pandas" in libraries:
        return _of_arrays(what, kind)
    raise TypeError(
        f"an instance must be a problem, path, graph, matrix or model, got {type(what).__name__}; "
        "see help(qopt.solve) for what is read"
    )


def _needed(kind: str | None, what: str, kinds: tuple[str, ...]) -> str:
    name = None if kind is None else PROBLEMS.get(kind).name
    if name not in kinds:
        raise ValueError(f"{what} must come with kind=..., one of {', '.join(kinds)}, got {kind!r}; name it")
    return name


def _of_graph(graph: Any, kind: str) -> Problem:
    from .networks import max_cut_from_networkx, mis_from_networkx

    return mis_from_networkx(graph) if kind == "mis" else max_cut_from_networkx(graph)


def _of_fields(data: Mapping[str, Any], kind: str | None) -> Problem:
    if kind is None:
        raise ValueError(f"a mapping must come with kind=..., one of {', '.join(e.name for e in PROBLEMS)}; name it")
    make: Any = PROBLEMS.get(kind).make
    known = fields_of(make)
    for key in data:
        if key not in known:
            from ..core import unknown_name

            raise unknown_name(f"field of {kind}", str(key), known)
    try:
        built: Problem = make(**data)
    except TypeError as error:
        needed = [key for key, field in known.items() if _is_needed(field)]
        missing = [key for key in needed if key not in data]
        if missing:
            raise ValueError(f"{kind} must have {', '.join(needed)}, got no {missing[0]}; add it") from None
        raise TypeError(f"fields of {kind} must be numbers and arrays ({error}); check the data") from None
    return built


def _is_needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _of_arrays(what: Any, kind: str | None) -> Problem:
    if kind is not None and PROBLEMS.get(kind).name == "qap":
        if not isinstance(what, list | tuple | np.ndarray) or len(what) != 2:
            raise ValueError("a qap must be the pair (flow, distance), got other data; give two matrices")
        made: Problem = PROBLEMS.get("qap").make(*(rectangular(one, "a matrix") for one in what))
        return made
    name = _needed(kind, "a matrix", (*MATRIX_KINDS, "qap"))
    if name == "qubo":
        from .models import from_matrix

        return from_matrix(what)
    matrix = rectangular(what, f"a {name} matrix")
    if name == "tsp":
        tour: Problem = PROBLEMS.get("tsp").make(matrix)
        return tour
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a {name} matrix must be square, got shape {matrix.shape}; check the data")
    matrix = frozen_number(matrix, f"a {name} matrix")
    if not np.array_equal(matrix, matrix.T):
        raise ValueError(f"a {name} matrix must be symmetric, got another one; a directed graph is none")
    if matrix.diagonal().any():
        raise ValueError(f"a {name} matrix must have a diagonal of 0, got a loop; remove it")
    ends = np.argwhere(np.triu(matrix, 1))
    if name == "mis":
        graph: Problem = PROBLEMS.get("mis").make(len(matrix), ends)
        return graph
    cut: Problem = PROBLEMS.get("max-cut").make(len(matrix), ends, matrix[tuple(ends.T)])
    return cut
