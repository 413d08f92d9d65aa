"""``record.samples``: the points that a sampler drew, kept on request, in every way that a run may go."""

from __future__ import annotations

import builtins
import copy
import json
import pickle
from pathlib import Path
from typing import Any

import dimod
import numpy as np
import pytest

import qopt
from qopt.core import SOLVERS, Record, Samples, UnsupportedError
from qopt.problems.formulations import formulate
from qopt.solvers.base import QuboSampler

from .shell import Shell

#: Samplers that need an argument of their own, or other models than a small QUBO.
SAMPLERS = sorted(
    entry.name
    for entry in SOLVERS
    if isinstance(entry.make, type) and issubclass(entry.make, QuboSampler) and entry.name not in ("dimod", "xy", "csa")
)


def _graph() -> Any:
    return qopt.generate("mis", n=6, seed=2)


def _check(record: Record, problem: Any) -> Samples:
    """Every figure of the samples again, from the instance."""
    samples = record.samples
    assert samples is not None
    form = formulate(problem, record.pipeline["formulation"])
    assert samples.variables == form.program.names
    for point, objective, is_feasible in zip(samples.points, samples.objectives, samples.is_feasible, strict=True):
        solution = form.decode(form.complete(point[None])[0])
        holds = solution is not None and not problem.violations(solution)
        assert is_feasible == holds
        assert not holds or objective == problem.objective(solution)
        assert holds or np.isnan(objective)
    raw = record.stages.raw
    assert raw is not None
    if raw.feasible:
        better = np.nanmax if problem.sense == "max" else np.nanmin
        assert better(samples.objectives) == raw.objective
    assert samples.num_points == raw.num_points
    return samples


@pytest.mark.parametrize("solver", SAMPLERS)
def test_every_sampler_keeps_its_points(solver: str) -> None:
    problem = _graph()
    given: dict[str, Any] = {"seed": 3, "shots": 40, "improve": False, "reference": "none"}
    given |= {"num_sweeps": 20} if "num_sweeps" in qopt.options_of(solver) else {}
    plain = qopt.solve(problem, solver, **given)
    record = qopt.solve(problem, solver, keep_samples=True, **given)
    assert plain.samples is None
    assert "samples" not in plain.to_json()
    assert record.id == plain.id
    assert record.replay_view() == plain.replay_view()
    samples = _check(record, problem)
    assert samples.counts.sum() == samples.num_points > 0


def test_slack_bits_are_not_part_of_a_point_and_energies_are_the_model_s() -> None:
    """Points are those of the program: equal ones count once, at the lowest energy that their slacks gave."""
    problem = qopt.Mdkp(profits=[3, 4, 5, 2, 1], weights=[[1, 2, 3, 1, 2], [2, 1, 1, 3, 1]], capacities=[5, 4])
    record = qopt.solve(problem, "sa", seed=1, encoder="slack", shots=50, keep_samples=True, improve=False)
    samples = _check(record, problem)
    assert samples.points.shape[1] == 5
    assert len({tuple(point) for point in samples.points.tolist()}) == len(samples)
    encoding = qopt.encode(problem, "slack")
    every = np.array(np.meshgrid(*[[0, 1]] * encoding.num_aux, indexing="ij")).reshape(encoding.num_aux, -1).T
    for point, energy in zip(samples.points, samples.energies, strict=True):
        Z = np.concatenate([np.repeat(point[None], len(every), axis=0), every], axis=1)
        assert energy >= encoding.bqm.energies((Z, range(encoding.num_qubits))).min() - 1e-6


@pytest.mark.parametrize(
    ("kind", "size", "options"),
    [
        ("mdkp", {"n": 6, "m": 2}, {"encoder": "dual-ascent", "rounds": 4}),
        ("tsp", {"n": 4}, {"rounds": 3}),
        ("mis", {"n": 9}, {"encoder": "neighbourhood", "size": 4, "rounds": 3}),
        ("mis", {"n": 8}, {"shrink": 4}),
        ("mdkp", {"n": 6, "m": 2}, {"presolve": "lp"}),
    ],
)
def test_rounds_reductions_and_decompositions_keep_points_of_the_whole_program(
    kind: str, size: dict[str, int], options: dict[str, Any]
) -> None:
    problem = qopt.generate(kind, seed=4, **size)
    record = qopt.solve(problem, "sa", seed=2, shots=20, keep_samples=True, improve=False, **options)
    samples = _check(record, problem)
    assert set(samples.rounds.tolist()) == set(range(record.resources.rounds or 0))
    last = samples.of_round(-1)
    assert set(last.rounds.tolist()) == {(record.resources.rounds or 0) - 1}


def test_a_judged_few_of_a_large_decomposition_are_told_as_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    from qopt.experiments import decomposition

    monkeypatch.setattr(decomposition, "MAX_WORK", 1)
    problem = qopt.generate("mis", n=30, seed=4)
    record = qopt.solve(problem, "sa", encoder="neighbourhood", size=10, rounds=2, points=40, keep_samples=True)
    assert record.samples is not None
    assert record.samples.counts.sum() < record.samples.num_points == record.stages.raw.num_points
    assert " of 80 drawn" in repr(record.samples)


def test_the_oldest_rounds_are_dropped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from qopt.experiments import kept_samples

    monkeypatch.setattr(kept_samples, "MAX_BITS", 20)
    problem = qopt.generate("mdkp", n=6, m=2, seed=1)
    record = qopt.solve(problem, "sa", encoder="dual-ascent", rounds=6, shots=12, keep_samples=True)
    samples = record.samples
    assert samples is not None
    assert record.resources.rounds - 1 in samples.rounds
    assert 0 not in samples.rounds
    assert samples.points.size <= 20


def test_a_saved_record_reads_back(tmp_path: Path) -> None:
    problem = qopt.generate("mdkp", n=6, m=2, seed=1)
    record = qopt.solve(problem, "qaoa", shots=60, num_layers=1, seed=1, keep_samples=True)
    again = Record.from_json(json.loads(json.dumps(record.to_json())))
    assert again.samples == record.samples
    assert again.to_json() == record.to_json()
    assert Record.from_json(qopt.solve(problem, "greedy").to_json()).samples is None
    for one in (pickle.loads(pickle.dumps(record)), copy.deepcopy(record)):
        assert one.samples == record.samples
        assert not one.samples.points.flags.writeable
    data = record.to_json()
    del data["samples"]["counts"]
    with pytest.raises(ValueError, match="'counts'"):
        Record.from_json(data)


def test_the_command_keeps_and_saves_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(monkeypatch, capsys)
    path, out = tmp_path / "i.json", tmp_path / "r.json"
    qopt.save(_graph(), path)
    words = ["solve", path, "--quiet", "--keep-samples"]
    shell.run(*words, "--solver", "sa", "--shots", 20, "--out", out, "--compare", "cpsat")
    assert shell.code == 0
    first, second = json.loads(out.read_text(encoding="utf-8"))["records"]
    samples = Record.from_json(first).samples
    assert samples is not None
    assert samples.counts.sum() == 20
    assert "samples" not in second
    shell.run(*words, "--solver", "sa", "--shots", 20, "--out", out)
    assert shell.run("replay", out).code == 0
    shell.run(*words, "--solver", "cpsat")
    assert shell.code == 2
    assert "draws no points" in shell.err


def test_a_native_solver_draws_none() -> None:
    with pytest.raises(UnsupportedError, match="must come with a sampler"):
        qopt.solve(_graph(), "cpsat", keep_samples=True)
    with pytest.raises(TypeError, match="keep_samples must be True or False"):
        qopt.solve(_graph(), "sa", keep_samples="yes")


def test_ocean_and_pandas_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    bqm = dimod.BinaryQuadraticModel({"count": -1.0, "b": 1.0}, {("count", "b"): 3.0}, 0.5, "BINARY")
    samples = qopt.solve(bqm, "brute-force", keep_samples=True).samples
    assert samples is not None
    assert samples.variables == ("count", "b")
    ocean = samples.to_dimod()
    assert ocean.variables == ["count", "b"]
    assert np.allclose(bqm.energies(ocean.samples(sorted_by=None)), ocean.record.energy)
    assert np.allclose(bqm.energies(ocean.samples(sorted_by=None)), ocean.record.objective)
    assert ocean.record.is_feasible.all()
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = samples.to_pandas()
    assert list(table.columns[-2:]) == ["variable count", "b"]
    assert table["count"].tolist() == samples.counts.tolist()
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name="pandas")
        return real(name, *rest)

    import importlib

    monkeypatch.setattr(importlib, "import_module", lambda name, *rest: missing(name, *rest))
    with pytest.raises(ImportError, match="pandas"):
        samples.to_pandas()


def test_a_model_without_variables_keeps_its_empty_point() -> None:
    samples = qopt.solve(np.zeros((0, 0)), "sa", kind="qubo", keep_samples=True).samples
    assert samples is not None
    assert samples.points.shape[1] == 0
    assert Samples.from_json(samples.to_json()) == samples


def test_a_table_and_a_line_say_what_they_are() -> None:
    samples = qopt.solve(_graph(), "sa", shots=30, keep_samples=True).samples
    assert samples is not None
    assert repr(samples).startswith(f"<samples: {len(samples)} distinct points (30 drawn) of 6 variables, ")
    html = samples._repr_html_()
    assert html.count("<tr>") == 1 + min(10, len(samples))
