"""The package from Python: its names, every source of an instance, parts as objects, and one clear error each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dimod
import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array

import qopt
from qopt.core import UnsupportedError, fingerprint

DISTANCES = np.array([[0, 2, 9, 4], [2, 0, 3, 8], [9, 3, 0, 1], [4, 8, 1, 0]])


def test_every_public_name_is_there() -> None:
    assert dir(qopt) == sorted(qopt.__all__)
    for name in qopt.__all__:
        assert getattr(qopt, name) is not None, name
    assert "solve" in dir(qopt)
    assert not {"Any", "importlib", "annotations"} & set(dir(qopt))


def test_every_registered_problem_encoder_and_solver_is_at_the_top() -> None:
    """A part that `qopt list` shows can be built as an object; dimod samplers are handed over themselves."""
    parts = [entry.make for room in (qopt.PROBLEMS, qopt.ENCODERS, qopt.SOLVERS) for entry in room]
    made = {make.__name__ for make in parts if make.__module__.startswith("qopt.")}  # plugins of other tests apart
    assert len(made) > 50
    assert made - {"DimodSampler", "Auto"} <= set(qopt.__all__)


def test_a_matrix_is_a_tour_a_cut_a_graph_or_a_qubo() -> None:
    tour = qopt.solve(DISTANCES, "brute-force", kind="tsp")
    assert tour.objective == qopt.solve(qopt.Tsp(DISTANCES), "cpsat").objective == 10
    cut = qopt.problem_of(DISTANCES, kind="max-cut")
    assert cut.objective([0, 1, 0, 1]) == 2 + 3 + 1 + 4
    assert qopt.problem_of(DISTANCES, kind="mis").size == {"vertices": 4, "edges": 6}
    Q = np.array([[-3, 2], [2, -3]])
    for matrix in (Q, Q.tolist(), csr_array(Q)):
        assert qopt.solve(matrix, "brute-force", kind="qubo").objective == -3


def test_an_assignment_is_a_pair_of_matrices() -> None:
    flow = np.array([[0, 5], [1, 0]])
    pair = qopt.problem_of((flow, DISTANCES[:2, :2]), kind="qap")
    assert pair.objective([0, 1]) == 12
    with pytest.raises(ValueError, match="pair"):
        qopt.problem_of((flow,), kind="qap")


def test_a_mapping_is_the_fields_of_a_kind() -> None:
    data = {"profits": [3, 4, 5], "weights": [[2, 2, 3]], "capacities": [4]}
    assert qopt.solve(data, "cpsat", kind="mdkp").objective == 7
    with pytest.raises(ValueError, match="did you mean 'profits'"):
        qopt.problem_of({"profit": [1]}, kind="mdkp")
    with pytest.raises(ValueError, match="kind"):
        qopt.problem_of(data)


def test_a_graph_is_an_independent_set_or_a_cut() -> None:
    cycle = nx.cycle_graph(5)
    assert qopt.solve(cycle, "cpsat", kind="mis").objective == 2
    assert qopt.solve(cycle, "brute-force", kind="max-cut").objective == 4
    assert qopt.Mis.from_networkx(cycle).size == qopt.problem_of(cycle, kind="mis").size
    assert qopt.MaxCut.from_networkx(cycle).objective([0, 1, 0, 1, 0]) == 4
    with pytest.raises(ValueError, match="kind"):
        qopt.problem_of(cycle)


def test_a_path_is_the_file(tmp_path: Path) -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=3)
    path = tmp_path / "mdkp.json"
    qopt.save(problem, path)
    assert fingerprint(qopt.problem_of(path)) == fingerprint(problem)
    from_file, from_object = (qopt.solve(what, "greedy") for what in (str(path), problem))
    assert from_file.objective == from_object.objective


def test_dimod_models_keep_their_energies() -> None:
    spins = dimod.BinaryQuadraticModel({"a": 1.0, "b": -2.0}, {("a", "b"): 3.0}, 0.5, "SPIN")
    problem = qopt.Qubo.from_bqm(spins)
    for a in (0, 1):
        for b in (0, 1):
            assert problem.objective([a, b]) == spins.energy({"a": 2 * a - 1, "b": 2 * b - 1})
    cqm = dimod.ConstrainedQuadraticModel()
    x, y, i = dimod.Binary("x"), dimod.Binary("y"), dimod.Integer("i", upper_bound=5)
    cqm.set_objective(-3 * x - 2 * y - i)
    cqm.add_constraint(2 * x + 2 * y + i <= 4)
    best = -min(-3 * a - 2 * b - c for a in (0, 1) for b in (0, 1) for c in range(6) if 2 * a + 2 * b + c <= 4)
    assert qopt.solve(cqm, "cpsat").objective == -best
    cqm.add_constraint(x * y <= 0)
    with pytest.raises(UnsupportedError, match=r"product|linear|quadratic"):
        qopt.problem_of(cqm)


def _quadratic_program() -> Any:
    module = pytest.importorskip("qiskit_optimization", reason="qiskit-optimization is not installed")
    model = module.QuadraticProgram("knapsack")
    for name in "abc":
        model.binary_var(name)
    model.integer_var(0, 3, "k")
    model.maximize(constant=1, linear={"a": 3, "b": 4, "c": 5, "k": 1}, quadratic={("a", "b"): 1, ("a", "a"): 2})
    model.linear_constraint({"a": 2, "b": 2, "c": 3, "k": 1}, "<=", 5)
    return model


def test_a_qiskit_model_keeps_its_sense() -> None:
    model = _quadratic_program()
    values = [
        model.objective.evaluate([a, b, c, k])
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
        for k in range(4)
        if 2 * a + 2 * b + 3 * c + k <= 5
    ]
    record = qopt.solve(model, "cpsat")
    assert (record.objective, record.instance.sense) == (max(values), "max")
    model.continuous_var(name="real")
    with pytest.raises(UnsupportedError, match="real"):
        qopt.problem_of(model)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP announces its next version
def test_a_pulp_model_goes_by_its_lp_file() -> None:
    pulp = pytest.importorskip("pulp", reason="pulp is not installed")
    model = pulp.LpProblem("small", pulp.LpMinimize)
    x = [pulp.LpVariable(f"x{i}", cat="Binary") for i in range(3)]
    model += 3 * x[0] - 2 * x[1] - 4 * x[2]
    model += x[1] + x[2] <= 1
    assert qopt.solve(model, "cpsat").objective == -4


def test_a_pyqubo_model_is_its_compiled_qubo() -> None:
    pyqubo = pytest.importorskip("pyqubo", reason="pyqubo is not installed")
    a, b = pyqubo.Binary("a"), pyqubo.Binary("b")
    assert qopt.solve((a + b - 1) ** 2 - 2 * a, "brute-force").objective == -2


def test_parts_are_names_mappings_or_objects() -> None:
    problem = qopt.generate("mis", n=6, seed=1)
    given: list[Any] = ["qaoa", {"name": "qaoa", "num_layers": 3}, qopt.Qaoa()]
    records = [qopt.solve(problem, solver, num_layers=2, seed=5) for solver in given]
    assert len({record.id for record in records}) == 1
    assert records[0].pipeline["solver"]["num_layers"] == 2
    encoders = [qopt.solve(problem, "sa", encoder=one, shots=3, seed=np.int64(2)) for one in ("slack", qopt.Slack())]
    assert encoders[0].id == encoders[1].id


def test_a_dimod_sampler_is_a_solver() -> None:
    problem = qopt.generate("mis", n=6, seed=1)
    record = qopt.solve(problem, dimod.ExactSolver())
    assert record.objective == qopt.solve(problem, "cpsat").objective
    assert record.pipeline["solver"]["target"].endswith("ExactSolver")


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda p: qopt.solve(p, qopt.Qaoa), TypeError, "qopt.Qaoa"),
        (lambda p: qopt.solve(p, 7), TypeError, "solver must be a name"),
        (lambda p: qopt.solve(p, "sa", encoder=dimod.ExactSolver()), TypeError, "encoder must be a name"),
        (lambda p: qopt.solve(3), TypeError, "got int"),
        (lambda p: qopt.solve(p, budget={"seconds": 1}), TypeError, "qopt.Budget"),
        (lambda p: qopt.solve(p, improve="no"), TypeError, "True or False"),
        (lambda p: qopt.solve(p, seed="1"), TypeError, "seed must be an integer"),
        (lambda p: qopt.solve(p, seed=True), TypeError, "seed must be an integer"),
        (lambda p: qopt.solve(p, seed=-1), ValueError, "2\\*\\*31"),
        (lambda p: qopt.solve(p, "dimod", target="dimod:ExactSolver"), TypeError, "solver__target"),
        (lambda p: qopt.Budget(seconds="3"), TypeError, "seconds must be a number"),
        (lambda p: qopt.Budget(shots=2.5), TypeError, "shots must be an integer"),
        (lambda p: qopt.Budget(rounds=True), TypeError, "rounds must be an integer"),
        (lambda p: qopt.Budget(seconds=0), ValueError, "seconds must be > 0"),
    ],
)
def test_a_wrong_type_is_one_clear_error(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(qopt.generate("mis", n=4, seed=1))


def test_encode_info_and_verify() -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=3)
    encoding = qopt.encode(problem, qopt.Slack(), tighten=True)
    assert encoding.num_qubits <= qopt.encode(problem).num_qubits
    assert qopt.info(problem)["size"] == {"items": 6, "rows": 2}
    record = qopt.solve(problem, "greedy")
    assert qopt.verify(problem, record).objective == record.objective
    assert qopt.verify(problem, [1] * 6).violations
    assert qopt.options_of("qaoa")["num_layers"] == qopt.Qaoa().num_layers


def test_one_line_says_what_an_object_is() -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=3)
    assert repr(problem) == "<mdkp mdkp-n6-m2-t0.5-s3: 6 items, 2 rows>"
    assert repr(qopt.encode(problem)).startswith("<encoding: 28 qubits (22 auxiliary)")
    assert "greedy: feasible, objective" in repr(qopt.solve(problem, "greedy"))


def test_a_sweep_and_its_report(tmp_path: Path) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(
        "name: small\nrepeats: 2\ninstances:\n  - {generate: mis, n: 5}\n"
        "pipelines:\n  sa: {solver: sa, num_sweeps: 10}\n",
        encoding="utf-8",
    )
    folder = qopt.bench(spec, out=tmp_path / "run")
    rows = (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 2
    assert qopt.bench(spec, out=folder) == folder
    assert (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines() == rows
    assert qopt.report(folder).tables
    assert not qopt.compare(folder, folder).is_worse


def test_tables_of_notebooks_escape_names() -> None:
    bad = "<img src=x onerror=alert(1)>\nsecond line"
    for entry in qopt.PROBLEMS:
        assert hasattr(entry.make, "_repr_html_"), entry.name
    problem = qopt.Mdkp(profits=[3, 4], weights=[[1, 1]], capacities=[1], name=bad)
    record = qopt.solve(problem, "sa", shots=20)
    for one in (problem, record, qopt.encode(problem)):
        html = one._repr_html_()
        assert html.startswith("<table>")
        assert "<img" not in html
        assert "\n" not in repr(one)
    bqm = dimod.BinaryQuadraticModel({"<b>": 1.0}, {}, 0.0, "BINARY")
    assert "<b>" not in qopt.problem_of(bqm)._repr_html_()  # type: ignore[attr-defined]


def test_registries_can_be_looked_at() -> None:
    assert len(qopt.SOLVERS) == len(list(qopt.SOLVERS))
    assert qopt.SOLVERS["qaoa"].make is qopt.Qaoa
    assert repr(qopt.ENCODERS).startswith("<encoders: ")


def test_records_are_read_and_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    import json

    problem = qopt.generate("mdkp", n=6, m=2, seed=1)
    record = qopt.solve(problem, "sa", shots=30, seed=1)
    path = tmp_path / "r.json"
    path.write_text(json.dumps(record.to_json()), encoding="utf-8")
    again = qopt.load_record(path)
    assert again.to_json() == record.to_json()
    assert qopt.plot(again, tmp_path / "r.png").stat().st_size > 1000
    assert record.plot().axes
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(ValueError, match="record must be a JSON object, got list"):
        qopt.load_record(path)
    with pytest.raises(TypeError, match="load_record"):
        qopt.plot(path, tmp_path / "r.png")  # type: ignore[arg-type]


def test_tuning_and_crossover_take_what_solve_takes(tmp_path: Path) -> None:
    graphs = [nx.gnp_random_graph(6, 0.5, seed=k) for k in range(4)]
    tuned = qopt.tune(graphs, "sa", kind="mis", out=tmp_path / "t", resource=1, budget={"shots": 5})
    assert 0 <= tuned.score <= 1
    assert qopt.solve(graphs[0], tuned.config.pipeline["solver"], kind="mis").objective is not None
    with pytest.raises(ValueError, match="option of tune"):
        qopt.tune(graphs, "sa", kind="mis", out=tmp_path / "t", fidelty="shots")
    with pytest.raises(ValueError, match="option of crossover"):
        qopt.crossover(tmp_path, prest="x")
