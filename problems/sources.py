"""What a Python user holds, as an instance: a path, an array, a graph, or another library's model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core import PROBLEMS, Problem
from ..core.spec import fields_of

#: Kinds that a single square matrix describes.
MATRIX_KINDS = ("tsp", "qubo", "max-cut", "mis")
#: Kinds that a graph describes.
GRAPH_KINDS = ("mis", "max-cut")


def problem_of(what: Any, kind: str | None = None) -> Problem:
    """The instance that ``what`` describes.

    Parameters
    ----------
    what : a Problem; a path; a dimod BQM or CQM; a Qiskit ``QuadraticProgram``, docplex, PuLP, Pyomo or PyQUBO model;
        a networkx graph, a NumPy or SciPy sparse matrix of shape (n, n), or a mapping of a kind's fields, each with
        ``kind``; a pair of matrices (flow, distance) with kind ``qap``.
    kind : of the instance, where ``what`` does not tell it. Matrices: ``tsp`` distances, ``qubo`` coefficients,
        ``max-cut`` edge weights, ``mis`` adjacency.

    Raises
    ------
    TypeError
        Nothing of the above.
    ValueError
        The kind is missing, is not one that such an object describes, or the data are not valid.

    Examples
    --------
    >>> problem_of([[0, 1, 9], [9, 0, 1], [1, 9, 0]], kind="tsp").objective([0, 1, 2])
    3
    >>> problem_of({"profits": [3, 4], "weights": [[1, 1]], "capacities": [1]}, kind="mdkp").objective([0, 1])
    4
    """
    from .models import LIBRARIES, from_bqm, from_cqm_model

    if isinstance(what, Problem):
        return what
    if isinstance(what, str | os.PathLike):
        from .files import load

        return load(os.fspath(what), kind=kind)
    library = type(what).__module__.partition(".")[0]
    if library == "dimod":
        if hasattr(what, "constraints"):
            return from_cqm_model(what)
        if hasattr(what, "change_vartype"):
            return from_bqm(what)
    if library in LIBRARIES:
        return LIBRARIES[library](what)
    if library == "networkx":
        return _of_graph(what, _needed(kind, "a graph", GRAPH_KINDS))
    if isinstance(what, Mapping):
        return _of_fields(what, kind)
    if isinstance(what, np.ndarray | list | tuple) or hasattr(what, "tocoo"):
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
        raise ValueError(f"{kind} must have all of its fields ({', '.join(known)}): {error}") from None
    return built


def _of_arrays(what: Any, kind: str | None) -> Problem:
    if kind is not None and PROBLEMS.get(kind).name == "qap":
        if len(what) != 2:
            raise ValueError(f"a qap must be the pair (flow, distance), got {len(what)} arrays; give two matrices")
        made: Problem = PROBLEMS.get("qap").make(*(_dense(one) for one in what))
        return made
    name = _needed(kind, "a matrix", (*MATRIX_KINDS, "qap"))
    if name == "qubo":
        from .models import from_matrix

        return from_matrix(what)
    matrix = _dense(what)
    if name == "tsp":
        tour: Problem = PROBLEMS.get("tsp").make(matrix)
        return tour
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.array_equal(matrix, matrix.T):
        raise ValueError(f"a {name} matrix must be square and symmetric, got shape {matrix.shape}; check the data")
    ends = np.argwhere(np.triu(matrix, 1))
    if name == "mis":
        graph: Problem = PROBLEMS.get("mis").make(len(matrix), ends)
        return graph
    cut: Problem = PROBLEMS.get("max-cut").make(len(matrix), ends, matrix[tuple(ends.T)])
    return cut


def _dense(matrix: Any) -> Any:
    return matrix.toarray() if hasattr(matrix, "tocoo") else np.asarray(matrix)
