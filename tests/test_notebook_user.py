"""What a person types in a notebook: each an answer or one clear error, never a silent other meaning."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import dimod
import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array

import qopt
from qopt.core import fingerprint


def _solve(what: Any, solver: Any = "sa", **options: Any) -> qopt.Record:
    return qopt.solve(what, solver, **{"shots": 5, "reference": "none", **options})


def _graph(*edges: tuple[Any, ...], make: Any = nx.Graph, nodes: Any = ()) -> Any:
    graph = make(edges)
    graph.add_nodes_from(nodes)
    return graph


class OwnBqm(dimod.BinaryQuadraticModel):
    """A user's subclass lives in a module that is not dimod's."""


class OwnGraph(nx.Graph):
    """The same of networkx."""


@pytest.mark.parametrize(
    ("what", "kind", "objective"),
    [
        (nx.Graph(), "mis", 0),
        (nx.Graph(), "max-cut", 0),
        (_graph(nodes="abc"), "mis", 3),
        (_graph(nodes="abc"), "max-cut", 0),
        (_graph((0, 1), (0, 1), make=nx.MultiGraph), "mis", 1),
        (_graph((0, 1), (0, 1), make=nx.MultiGraph), "max-cut", 2),
        (_graph(("x y", ("t", 1)), make=OwnGraph), "mis", 1),
        (OwnBqm({0: 1.0, 1: -2.0}, {}, 0.0, "BINARY"), None, -2),
        (dimod.DictBQM({0: 1, 1: -1}, {(0, 1): 2}, 0, "SPIN"), None, -4),
        (dimod.BinaryQuadraticModel("BINARY"), None, 0),
        (dimod.ConstrainedQuadraticModel(), None, 0),
        (dimod.BinaryPolynomial({"abc": -2.0, "a": 1.0, "": 5.0}, "BINARY"), None, 4),
        (dimod.BinaryPolynomial({"ab": 1.0, "b": 1.0}, "SPIN"), None, -2),
        (np.zeros((0, 0)), "qubo", 0),
        (np.array([[True, False], [True, True]]), "qubo", 0),
        (np.array([[-1, 2], [0, -2]], dtype=object), "qubo", -2),
        (np.ma.masked_array([[-1.0, 2.0], [0.0, -2.0]], mask=False), "qubo", -2),
    ],
)
def test_odd_inputs_have_an_answer(what: Any, kind: str | None, objective: int) -> None:
    assert _solve(what, "brute-force", kind=kind, shots=20).objective == objective


def test_a_quadratic_model_of_dimod_has_no_rows() -> None:
    model = dimod.QuadraticModel()
    model.add_variable("INTEGER", "k", lower_bound=-2, upper_bound=3)
    model.add_linear("k", 2.0)
    problem: Any = qopt.problem_of(model)
    assert problem.variable_names == ("k",)
    assert qopt.solve(model, "cpsat").solution == (-2,)


def test_labels_stay_different_names_and_are_those_of_the_model_s_file(tmp_path: Any) -> None:
    """0, "0" and "x[0]" had one text, and the names were dropped."""
    bqm = dimod.BinaryQuadraticModel({0: 1.0, "0": -2.0, "x[0]": 3.0, ("a", 1): 1.0, "": 1.0}, {}, 0.0, "BINARY")
    names = qopt.problem_of(bqm).variable_names  # type: ignore[attr-defined]
    assert names == ("x[0]", "0", "'x[0]'", "(a, 1)", "")
    path = tmp_path / "m.bqm"
    with bqm.to_file() as file:
        path.write_bytes(file.read())
    assert qopt.load(path).variable_names == names  # type: ignore[attr-defined]


def test_tables_of_pandas_are_matrices_with_names() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pandas.DataFrame([[-1, 2], [0, -4]], columns=["a", "b"])
    problem: Any = qopt.problem_of(table, kind="qubo")
    assert problem.variable_names == ("a", "b")
    assert qopt.solve(table, "brute-force", kind="qubo").objective == -4
    assert qopt.solve(pandas.DataFrame([[0, 2], [1, 0]]), "cpsat", kind="tsp").objective == 3
    fields = {"profits": pandas.Series([3, 4]), "weights": pandas.DataFrame([[1, 1]]), "capacities": [1]}
    assert qopt.solve(fields, "cpsat", kind="mdkp").objective == 4
    with pytest.raises(ValueError, match="finite"):
        qopt.problem_of(pandas.DataFrame([[0, None], [1, 0]]), kind="qubo")


MATRIX_ERRORS: list[tuple[Any, str, str]] = [
    (np.array([[1j, 0], [0, 1]]), "qubo", "array of numbers"),
    (csr_array(np.array([[1j]])), "qubo", "array of numbers"),
    (np.array([[0, 1j], [-1j, 0]]), "tsp", "array of numbers"),
    (np.array([[0, 1j], [1j, 0]]), "max-cut", "array of numbers"),
    (np.array([["1", "2"], ["3", "4"]]), "qubo", "array of numbers"),
    ([["1", 2], [3, 4]], "qubo", "array of numbers"),
    (np.array([["2020-01-01"]], dtype="datetime64[D]"), "qubo", "array of numbers"),
    (np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 1], [0, 0]]), "qubo", "masked"),
    (np.array([[np.nan]]), "qubo", "finite"),
    (np.array([[np.inf]]), "qubo", "finite"),
    (np.array([[0, np.nan], [np.nan, 0]]), "mis", "finite"),
    ([[10**400]], "qubo", "array of numbers"),
    ([[2**60]], "qubo", "at most 1e\\+15"),
    (np.zeros((2, 3)), "qubo", r"shape \(n, n\)"),
    (np.zeros(3), "qubo", r"shape \(n, n\)"),
    (np.zeros((2, 2, 2)), "qubo", r"shape \(n, n\)"),
    (csr_array((2, 3)), "qubo", r"shape \(n, n\)"),
    ([[1, 2], [3]], "qubo", "rows of one length"),
    ([[0, 1], [2, 0]], "max-cut", "symmetric"),
    ([[5, 1], [1, 0]], "max-cut", "diagonal"),
    ([[0, 1, 2]], "mis", "square"),
    (np.zeros((2, 2)), "mdkp", "one of tsp, qubo"),
    (csr_array((2, 2)), "qap", "pair"),
    (_graph((0, 1), make=nx.DiGraph), "mis", "undirected"),
    (_graph((0, 0)), "mis", "loop"),
    (_graph((0, 1, {"weight": "3"})), "max-cut", "array of numbers"),
    (_graph((0, 1, {"weight": None})), "max-cut", "finite"),
    (_graph((0, 1, {"weight": 1j})), "max-cut", "array of numbers"),
    ({}, "mdkp", "got no profits"),
    (dimod.BinaryQuadraticModel({0: float("nan")}, {}, 0.0, "BINARY"), "qubo", "finite"),
    (dimod.BinaryQuadraticModel({0: 1.0}, {}, 0.0, "BINARY"), "tsp", "kind must be left out or be qubo"),
    (qopt.Mis(2, [[0, 1]]), "tsp", "kind must be left out or be mis"),
]


@pytest.mark.parametrize(("what", "kind", "text"), MATRIX_ERRORS)
def test_data_that_are_no_instance_are_one_clear_error(what: Any, kind: str, text: str) -> None:
    """Complex numbers, dates, masks and numbers written as texts were read as some other number."""
    with pytest.raises(ValueError, match=text) as caught:
        qopt.problem_of(what, kind=kind)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: _solve(None), "got NoneType"),
        (lambda: _solve(qopt.Mdkp), "the class Mdkp"),
        (lambda: _solve(dimod.DiscreteQuadraticModel()), "got DiscreteQuadraticModel"),
        (lambda: _solve(dimod.SampleSet.from_samples([{0: 1}], "BINARY", [0])), "got SampleSet"),
        (lambda: _solve(np.eye(2), kind=3), "kind must be a name"),
        (lambda: _solve(np.eye(2), kind="qubo", formulation=3), "formulation must be a name"),
        (lambda: _solve(np.eye(2), kind="qubo", repair=1), "repair must be a name"),
        (lambda: _solve(np.eye(2), kind="qubo", control="no"), "control must be True or False"),
        (lambda: _solve(np.eye(2), kind="qubo", ceiling=1), "ceiling must be True or False"),
        (lambda: _solve(np.eye(2), kind="qubo", repair_top="3"), "repair_top must be an integer"),
        (lambda: _solve(np.eye(2), kind="qubo", reference=[1]), "reference must be"),
        (lambda: qopt.Mis.from_networkx([1]), "networkx graph, got list"),
        (lambda: qopt.Qaoa(num_layers="3"), "num_layers must be an integer, got '3'"),
        (lambda: qopt.Qaoa(optimizer="x", shots=5), "optimizer must be 'l-bfgs'"),
        (lambda: qopt.SimulatedAnnealing(num_sweeps="many"), "num_sweeps must be an integer"),
        (lambda: _solve(np.eye(2), qopt.Qaoa(num_layers=2.5), kind="qubo"), "num_layers must be a valid integer"),
        (lambda: _solve(np.eye(2), qopt.Qaoa(num_layers=True), kind="qubo"), "num_layers must be an integer, got True"),
        (lambda: qopt.encode(np.eye(2), qopt.Slack(penalty="heavy"), kind="qubo"), "penalty must be"),
        (lambda: qopt.encode(np.eye(2), qopt.Slack(tighten="no"), kind="qubo"), "tighten must be True or False"),
    ],
)
def test_a_value_of_another_type_is_one_type_error(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(TypeError, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_every_part_as_it_is_built_passes_its_own_check() -> None:
    from qopt.core.spec import check_types

    for room in (qopt.SOLVERS, qopt.ENCODERS):
        for entry in room:
            if entry.name not in ("dimod",):
                check_types(entry.make())


KINDS = ("mdkp", "mis", "tsp", "qap", "max-cut", "labs", "tsptw", "cvrp", "vrptw", "market-share", "multi-knapsack")


@pytest.mark.parametrize("kind", KINDS)
def test_instances_are_pickled_and_copied_as_they_are(kind: str) -> None:
    problem = qopt.generate(kind, seed=1)
    for other in (pickle.loads(pickle.dumps(problem)), copy.copy(problem), copy.deepcopy(problem)):
        assert fingerprint(other) == fingerprint(problem)
        assert repr(other) == repr(problem)


@pytest.mark.parametrize("encoder", ["slack", "unbalanced", "dual-ascent", "shrink", "fix", "neighbourhood"])
def test_encodings_and_records_are_pickled_and_copied_as_they_are(encoder: str) -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=1)
    encoding = qopt.encode(problem, encoder)
    zeros = np.zeros((1, encoding.num_qubits), dtype=np.uint8)
    for other in (pickle.loads(pickle.dumps(encoding)), copy.deepcopy(encoding)):
        assert np.array_equal(other.decode(zeros), encoding.decode(zeros))
        assert other.bqm == encoding.bqm
    record = _solve(problem, encoder=encoder, rounds=2)
    for again in (pickle.loads(pickle.dumps(record)), copy.deepcopy(record)):
        assert again.to_json() == record.to_json()


def test_a_running_event_loop_is_no_hindrance() -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=1)

    async def cell() -> list[qopt.Record]:
        return [qopt.solve(problem, "cpsat"), _solve(problem), _solve(problem, "qaoa", num_layers=1, max_evaluations=3)]

    assert {record.instance.kind for record in asyncio.run(cell())} == {"mdkp"}


@pytest.mark.parametrize("solver", ["sa", "qaoa", "cpsat"])
def test_threads_do_not_share_a_run(solver: str) -> None:
    problem = qopt.generate("mis", n=7, seed=1)
    views: dict[int, Any] = {}

    def work(place: int) -> None:
        options: dict[str, Any] = {} if solver == "cpsat" else {"shots": 30}
        views[place] = qopt.solve(problem, solver, seed=place % 2, reference="none", **options).replay_view()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert views[0] == views[2]
    assert views[1] == views[3]
