"""Every source of an instance against the file route: one program held by each library, and written by hand.

Objective, sense and solution must be those of ``qopt solve FILE``; the files are texts of this page, none is written by
the code under test.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dimod
import networkx as nx
import numpy as np
import pytest
from scipy.sparse import coo_array, csr_matrix

import qopt
from qopt.core import Problem, UnsupportedError

from .shell import Shell

#: A maximum with a constant, an integer, a row below and a row above; one optimum (tested below).
LINEAR = """\\ by hand
Maximize
 obj: 5 a + 4 b + 3 c + 2 k + 10
Subject To
 cap: 2 a + 3 b + c + 2 k <= 6
 some: a + b >= 1
Bounds
 0 <= k <= 3
Binaries
 a b c
Generals
 k
End
"""
QUADRATIC = LINEAR.replace("+ 2 k + 10", "+ 2 k + [ - 8 a * c + 2 b * c ] / 2 + 10")
NAMES = ("a", "b", "c", "k")
#: min -3a + b + 2ab - 4bc + 0.5, over bits.
QUBO = {
    "schema": "qopt.instance/1",
    "kind": "qubo",
    "linear": [-3, 1, 0],
    "pairs": [[0, 1], [1, 2]],
    "couplings": [2, -4],
    "offset": 0.5,
    "variable_names": ["a", "b", "c"],
}
#: A ring of five, as DIMACS and as rudy write it.
CYCLE = "p edge 5 5\ne 1 2\ne 2 3\ne 3 4\ne 4 5\ne 5 1\n"
RUDY = "5 5\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n1 5 1\n"
DISTANCES = [[0, 2, 9, 4], [2, 0, 3, 8], [9, 3, 0, 1], [4, 8, 1, 0]]


def _values(is_quadratic: bool) -> dict[tuple[int, ...], float]:
    """Objective of every feasible point, by the text above."""
    out = {}
    for a, b, c, k in itertools.product((0, 1), (0, 1), (0, 1), range(4)):
        if 2 * a + 3 * b + c + 2 * k <= 6 and a + b >= 1:
            out[a, b, c, k] = 5 * a + 4 * b + 3 * c + 2 * k + 10 + is_quadratic * (-4 * a * c + b * c)
    return out


def qiskit_program(module: str, make: str, is_quadratic: bool) -> Any:
    library = pytest.importorskip(module, reason=f"{module} is not installed")
    model = getattr(library, make)("small")
    for name in "abc":
        model.binary_var(name)
    model.integer_var(0, 3, "k")
    products = {("a", "c"): -4, ("b", "c"): 1} if is_quadratic else {}
    model.maximize(constant=10, linear={"a": 5, "b": 4, "c": 3, "k": 2}, quadratic=products)
    model.linear_constraint({"a": 2, "b": 3, "c": 1, "k": 2}, "<=", 6, "cap")
    model.linear_constraint({"a": 1, "b": 1}, ">=", 1, "some")
    return model


def optimization(is_quadratic: bool) -> Any:
    return qiskit_program("qiskit_optimization", "QuadraticProgram", is_quadratic)


def opt_mapper(is_quadratic: bool) -> Any:
    return qiskit_program("qiskit_addon_opt_mapper", "OptimizationProblem", is_quadratic)


def docplex(is_quadratic: bool) -> Any:
    library = pytest.importorskip("docplex.mp.model", reason="docplex is not installed")
    model = library.Model("small")
    a, b, c = (model.binary_var(name) for name in "abc")
    k = model.integer_var(0, 3, "k")
    model.maximize(5 * a + 4 * b + 3 * c + 2 * k + 10 + (b * c - 4 * a * c if is_quadratic else 0))
    model.add_constraint(2 * a + 3 * b + c + 2 * k <= 6, "cap")
    model.add_constraint(a + b >= 1, "some")
    return model


def pyomo(is_quadratic: bool) -> Any:
    pyo = pytest.importorskip("pyomo.environ", reason="pyomo is not installed")
    m = pyo.ConcreteModel("small")
    m.a, m.b, m.c = (pyo.Var(domain=pyo.Binary) for _ in range(3))
    m.k = pyo.Var(domain=pyo.Integers, bounds=(0, 3))
    products = m.b * m.c - 4 * m.a * m.c if is_quadratic else 0
    m.goal = pyo.Objective(expr=5 * m.a + 4 * m.b + 3 * m.c + 2 * m.k + 10 + products, sense=pyo.maximize)
    m.cap = pyo.Constraint(expr=2 * m.a + 3 * m.b + m.c + 2 * m.k <= 6)
    m.some = pyo.Constraint(expr=m.a + m.b >= 1)
    return m


def pulp(is_quadratic: bool) -> Any:
    library = pytest.importorskip("pulp", reason="pulp is not installed")
    if is_quadratic:
        pytest.skip("PuLP has no products")
    model = library.LpProblem("small", library.LpMaximize)
    a, b, c = (library.LpVariable(name, cat="Binary") for name in "abc")
    k = library.LpVariable("k", 0, 3, cat="Integer")
    model += 5 * a + 4 * b + 3 * c + 2 * k + 10
    model += 2 * a + 3 * b + c + 2 * k <= 6, "cap"
    model += a + b >= 1, "some"
    return model


def from_file(shell: Shell, path: Path, text: str, **options: str) -> Any:
    """The record that the command gives for a file."""
    path.write_text(text, encoding="utf-8")
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    shell.run("solve", path, "--solver", "cpsat", "--json", "--quiet", *words)
    assert shell.code == 0, shell.err
    return shell.json


def _same(record: qopt.Record, told: Any) -> None:
    assert record.status.value == told["status"] == "optimal"
    assert record.objective == told["objective"]
    assert record.bound == told["bound"]
    assert record.instance.sense == told["instance"]["sense"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP and docplex announce their next versions
@pytest.mark.parametrize("is_quadratic", [False, True], ids=["linear", "quadratic"])
@pytest.mark.parametrize("make", [optimization, opt_mapper, docplex, pyomo, pulp], ids=lambda make: make.__name__)
def test_a_model_with_rows_is_that_of_its_file(
    make: Callable[[bool], Any], is_quadratic: bool, shell: Shell, tmp_path: Path
) -> None:
    """A maximum is told as one, with its constant (PuLP leaves it out of LP files) and the variables' own names."""
    values = _values(is_quadratic)
    best = max(values.values())
    assert list(values.values()).count(best) == 1
    told = from_file(shell, tmp_path / "small.lp", QUADRATIC if is_quadratic else LINEAR)
    model = make(is_quadratic)
    record = qopt.solve(model, "cpsat")
    _same(record, told)
    problem: Any = qopt.problem_of(model)
    assert record.objective == best
    assert problem.sense == "max"
    assert set(problem.variable_names) == set(NAMES)
    assert set(problem.row_names) == {"cap", "some"}
    filed: Any = qopt.load(tmp_path / "small.lp")
    own = dict(zip(problem.variable_names, record.solution or (), strict=True))
    assert own == dict(zip(filed.variable_names, told["solution"], strict=True))
    assert values[tuple(own[name] for name in NAMES)] == best
    assert problem.name == "small"


def test_an_ocean_model_with_rows_is_that_of_its_file(shell: Shell, tmp_path: Path) -> None:
    """dimod minimises; integers keep their values."""
    a, b, c = (dimod.Binary(name) for name in "abc")
    k = dimod.Integer("k", upper_bound=3)
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.set_objective(-(5 * a + 4 * b + 3 * c + 2 * k + 10 + b * c - 4 * a * c))
    cqm.add_constraint(2 * a + 3 * b + c + 2 * k <= 6, label="cap")
    cqm.add_constraint(a + b >= 1, label="some")
    minimised = (
        QUADRATIC.replace("Maximize", "Minimize")
        .replace("5 a + 4 b + 3 c + 2 k + [ - 8 a * c + 2 b * c ]", "- 5 a - 4 b - 3 c - 2 k + [ 8 a * c - 2 b * c ]")
        .replace("+ 10", "- 10")
    )
    told = from_file(shell, tmp_path / "small.lp", minimised)
    record = qopt.solve(cqm, "cpsat")
    _same(record, told)
    assert record.objective == -max(_values(True).values())
    problem: Any = qopt.problem_of(cqm)
    own = dict(zip(problem.variable_names, record.solution or (), strict=True))
    assert cqm.objective.energy(own) == record.objective
    assert cqm.check_feasible(own)
    bits = qopt.Qubo.from_cqm(cqm)
    assert qopt.solve(bits, "cpsat").objective == record.objective


def _matrix() -> Any:
    return np.array([[-3, 2, 0], [0, 1, -4], [0, 0, 0]])


def _bqm() -> dimod.BinaryQuadraticModel:
    return dimod.BinaryQuadraticModel({"a": -3, "b": 1, "c": 0}, {("a", "b"): 2, ("b", "c"): -4}, 0.5, "BINARY")


def _pyqubo() -> Any:
    library = pytest.importorskip("pyqubo", reason="pyqubo is not installed")
    a, b, c = (library.Binary(name) for name in "abc")
    return -3 * a + b + 2 * a * b - 4 * b * c + 0.5


def _compiled() -> Any:
    return _pyqubo().compile()


@pytest.mark.parametrize("source", [_bqm, lambda: _bqm().spin, _pyqubo, _compiled], ids=["bqm", "spin", "pyqubo", "c"])
def test_a_qubo_with_labels_is_that_of_its_file(source: Callable[[], Any], shell: Shell, tmp_path: Path) -> None:
    told = from_file(shell, tmp_path / "q.json", json.dumps(QUBO))
    record = qopt.solve(source(), "cpsat")
    _same(record, told)
    problem: Any = qopt.problem_of(source())
    named = dict(zip(problem.variable_names, record.solution or (), strict=True))
    assert named == dict(zip(("a", "b", "c"), told["solution"], strict=True))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of NumPy's matrix
@pytest.mark.parametrize(
    "form",
    [np.asarray, coo_array, csr_matrix, np.ndarray.tolist, lambda Q: Q.astype(np.float32), np.matrix],
    ids=["array", "coo", "csr-matrix", "lists", "float32", "matrix"],
)
def test_a_matrix_is_the_qubo_of_its_file(form: Callable[[Any], Any], shell: Shell, tmp_path: Path) -> None:
    plain = {**QUBO, "offset": 0, "variable_names": []}
    told = from_file(shell, tmp_path / "q.json", json.dumps(plain))
    record = qopt.solve(form(_matrix()), "cpsat", kind="qubo")
    _same(record, told)
    assert list(record.solution or ()) == told["solution"]
    assert qopt.Qubo.from_matrix(form(_matrix()), offset=0.5).objective([1, 0, 0]) == -2.5


@pytest.mark.parametrize("kind", ["mis", "max-cut"])
def test_a_graph_is_that_of_its_file(kind: str, shell: Shell, tmp_path: Path) -> None:
    told = from_file(shell, tmp_path / "cycle.txt", CYCLE if kind == "mis" else RUDY, kind=kind)
    record = qopt.solve(nx.cycle_graph(5), "cpsat", kind=kind)
    _same(record, told)
    adjacency = nx.to_numpy_array(nx.cycle_graph(5))
    _same(qopt.solve(adjacency, "cpsat", kind=kind), told)
    made = {"mis": qopt.Mis, "max-cut": qopt.MaxCut}[kind].from_networkx(nx.cycle_graph(5))
    _same(qopt.solve(made, "cpsat"), told)


def test_a_tour_is_that_of_its_file(shell: Shell, tmp_path: Path) -> None:
    data = {"schema": "qopt.instance/1", "kind": "tsp", "distances": DISTANCES}
    told = from_file(shell, tmp_path / "t.json", json.dumps(data))
    sources: list[tuple[Any, Mapping[str, Any]]] = [
        (np.array(DISTANCES), {"kind": "tsp"}),
        (qopt.Tsp(DISTANCES), {}),
        ({"distances": DISTANCES}, {"kind": "tsp"}),
        (tmp_path / "t.json", {}),
        (str(tmp_path / "t.json"), {}),
    ]
    for what, options in sources:
        record = qopt.solve(what, "cpsat", **options)
        _same(record, told)
        assert list(record.solution or ()) == told["solution"]


def test_an_assignment_is_that_of_its_file(shell: Shell, tmp_path: Path) -> None:
    flow = [[0, 5, 1], [1, 0, 2], [0, 3, 0]]
    distance = [row[:3] for row in DISTANCES[:3]]
    text = "3\n\n" + "\n".join(" ".join(map(str, row)) for row in [*flow, *distance])
    told = from_file(shell, tmp_path / "q.dat", text, kind="qap")
    _same(qopt.solve((np.array(flow), np.array(distance)), "cpsat", kind="qap"), told)
    _same(qopt.solve(qopt.Qap(flow, distance), "cpsat"), told)


def test_spins_of_the_addon_s_problem_are_bits() -> None:
    library = pytest.importorskip("qiskit_addon_opt_mapper", reason="qiskit-addon-opt-mapper is not installed")
    model = library.OptimizationProblem("spins")
    for name in "st":
        model.spin_var(name)
    model.binary_var("b")
    model.minimize(constant=2, linear={"s": 1, "b": -3}, quadratic={("s", "t"): 4, ("t", "b"): 1.5})
    model.linear_constraint({"s": 1, "t": 1, "b": 1}, "<=", 1, "row")
    problem = qopt.problem_of(model)
    for s, t, b in itertools.product((0, 1), repeat=3):
        spins = [2 * s - 1, 2 * t - 1, b]
        assert problem.objective(np.array([s, t, b])) == model.objective.evaluate(spins)
        assert bool(problem.violations(np.array([s, t, b]))) == (sum(spins) > 1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_coefficients_are_not_rounded_to_the_digits_of_an_lp_file() -> None:
    """docplex and PuLP write 12 digits: sums of such coefficients missed the objective by their share."""
    third = 1 / 3
    found: list[Problem] = []
    if docplex_model := _optional("docplex.mp.model"):
        model = docplex_model.Model()
        x = model.binary_var("x")
        model.minimize(third * x)
        found.append(qopt.problem_of(model))
    if pulp_library := _optional("pulp"):
        problem = pulp_library.LpProblem("p")
        problem += third * pulp_library.LpVariable("x", cat="Binary")
        found.append(qopt.problem_of(problem))
    if pyo := _optional("pyomo.environ"):
        m = pyo.ConcreteModel()
        m.x = pyo.Var(domain=pyo.Binary)
        m.goal = pyo.Objective(expr=third * m.x)
        found.append(qopt.problem_of(m))
    if not found:
        pytest.skip("neither docplex nor pulp nor pyomo is installed")
    for one in found:
        assert one.objective(np.array([1])) == third


def _optional(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_names_and_ranges_of_rows_survive() -> None:
    library = pytest.importorskip("docplex.mp.model", reason="docplex is not installed")
    model = library.Model("ranges")
    x, y = model.binary_var("x of night"), model.binary_var()
    model.maximize(x + y)
    model.add_range(0, x + y + 2, 3, "both sides")
    model.add_constraint(x + 1 >= y, "order")
    problem: Any = qopt.problem_of(model)
    assert problem.variable_names == ("x of night", "x2")
    assert problem.row_names == ("both sides", "order")
    assert (problem.lower, problem.upper) == ((-2, -1), (1, None))
    assert qopt.solve(model, "cpsat").objective == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_indexed_names_of_pyomo_are_its_own() -> None:
    pyo = pytest.importorskip("pyomo.environ", reason="pyomo is not installed")
    m = pyo.ConcreteModel()
    m.x = pyo.Var([1, "two words"], domain=pyo.Binary)
    m.goal = pyo.Objective(expr=m.x[1] - m.x["two words"])
    m.band = pyo.Constraint(expr=(0, m.x[1] + m.x["two words"], 1))
    problem: Any = qopt.problem_of(m)
    assert set(problem.variable_names) == {"x[1]", "x[two words]"}
    assert problem.row_names[0] == "band"
    m.x[1].fix(1)
    assert qopt.problem_of(m).size["variables"] == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_a_binary_program_cannot_hold_is_refused_by_name() -> None:
    a, real = dimod.Binary("a"), dimod.Real("real", upper_bound=2)
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.set_objective(a + real)
    with pytest.raises(UnsupportedError, match="real"):
        qopt.problem_of(cqm)
    if library := _optional("docplex.mp.model"):
        model = library.Model()
        x, y = model.binary_var("x"), model.binary_var("y")
        model.add_indicator(x, y == 1)
        with pytest.raises(UnsupportedError, match="indicator"):
            qopt.problem_of(model)
    if addon := _optional("qiskit_addon_opt_mapper"):
        cubic = addon.OptimizationProblem()
        for name in "xyz":
            cubic.binary_var(name)
        cubic.minimize(higher_order={3: {("x", "y", "z"): 1.0}})
        with pytest.raises(UnsupportedError, match="products of three"):
            qopt.problem_of(cubic)


def test_integers_of_numpy_are_integers_everywhere() -> None:
    one = np.int64(1)
    problem = qopt.generate("mis", n=np.int32(5), seed=one)
    budget = qopt.Budget(shots=np.int64(30), seconds=np.float32(60))
    qaoa = qopt.Qaoa(num_layers=np.int64(2), max_evaluations=np.int32(5), num_shots=np.uint8(20))
    record = qopt.solve(problem, qaoa, seed=np.uint16(3), budget=qopt.Budget(shots=budget.shots))
    plain = qopt.solve(problem, qopt.Qaoa(num_layers=2, max_evaluations=5, num_shots=20), seed=3, shots=30)
    assert record.id == plain.id
    assert record.replay_view() == plain.replay_view()
    json.dumps(record.to_json())
    again = qopt.solve(
        problem,
        "qaoa",
        num_layers=np.int64(2),
        max_evaluations=np.int32(5),
        num_shots=np.uint8(20),
        shots=np.int8(30),
        seed=3,
    )
    assert again.id == plain.id
