"""The exact oracle: its bound is the least energy, or below it, by each of its three ways; and its CLI companions."""

from __future__ import annotations

import json
import sys

import dimod
import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_energies
from qopt.cli import main
from qopt.core import UnsupportedError, bqm_from_arrays
from qopt.problems.integer_program import IntegerProgram
from qopt.solvers.classical.exact_oracle import ExactOracle


def model(rng: np.random.Generator, n: int, *, is_separable: bool = False) -> dimod.BinaryQuadraticModel:
    i, j = np.triu_indices(n, 1)
    values = np.zeros(len(i)) if is_separable else rng.normal(size=len(i)) * (rng.random(len(i)) < 0.4)
    return bqm_from_arrays(rng.normal(size=n), i, j, values, float(rng.normal()))


@pytest.mark.parametrize("seed", range(10))
def test_separable_minimum_and_next_points_are_those_of_enumeration(seed):
    bqm = model(np.random.default_rng(seed), 9, is_separable=True)
    samples = ExactOracle(num_reads=12).sample(bqm)
    every = np.sort(all_energies(bqm))
    assert samples.record.energy == pytest.approx(every[:12])
    assert samples.info["oracle"] == "separable"
    assert every[0] - 1e-9 <= samples.info["energy_bound"] <= every[0]


def test_separable_oracle_needs_no_enumeration():
    bqm = model(np.random.default_rng(1), 5000, is_separable=True)
    linear = np.array([bqm.get_linear(i) for i in range(5000)])
    samples = ExactOracle().sample(bqm)
    assert samples.first.energy == pytest.approx(linear[linear < 0].sum() + bqm.offset)
    assert len(samples) == 10


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("most", "oracle"), [(12, "enumeration"), (4, "cpsat")])
def test_products_are_enumerated_or_searched(seed, most, oracle):
    bqm = model(np.random.default_rng(seed), 11)
    samples = ExactOracle(max_enumerated=most).sample(bqm, seed=3)
    least = float(all_energies(bqm).min())
    assert samples.info["oracle"] == oracle
    assert samples.first.energy == pytest.approx(least)
    assert least - 1e-6 <= samples.info["energy_bound"] <= least + 1e-12


def test_effort_that_ends_early_still_bounds():
    bqm = model(np.random.default_rng(0), 40)
    samples = ExactOracle(effort=0.02, max_enumerated=0).sample(bqm)
    assert samples.info["energy_bound"] < samples.first.energy


@pytest.mark.parametrize("bqm", [dimod.BinaryQuadraticModel("BINARY"), bqm_from_arrays([0.0], [], [], [])])
def test_trivial_models(bqm):
    samples = ExactOracle().sample(bqm)
    assert samples.info["energy_bound"] == samples.first.energy == 0.0


@pytest.mark.parametrize("fields", [{"num_reads": 0}, {"max_enumerated": 29}, {"effort": 0.0}])
def test_settings_are_checked(fields):
    with pytest.raises(ValueError, match="must be"):
        ExactOracle(**fields)


def command(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["qopt", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_rounds_from_the_command_line_to_the_picture(tmp_path, monkeypatch, capsys):
    instance, record = tmp_path / "k.json", tmp_path / "r.json"
    command(monkeypatch, "generate", "mdkp", "--n", "8", "--m", "2", "--seed", "1", "--out", str(instance))
    words = ["solve", str(instance), "--encoder", "bundle", "--solver", "qaoa", "--rounds", "5", "--out", str(record)]
    assert command(monkeypatch, *words) == 0
    told = capsys.readouterr()
    assert told.err.count("raw feasible") >= 3
    assert "no circuit needed" in told.out
    data = json.loads(record.read_text())
    assert data["resources"]["two_qubit_gates"] is None
    assert "no circuit" in data["resources"]["extra"]["no_circuit"]
    bounds = [row["bound"] for row in data["rounds"]]
    assert data["bound"] <= min(bounds) + 1e-9  # a maximised profit: every dual value lies above it
    assert data["objective"] <= data["bound"]
    assert all(len(row["multipliers"]) == 2 for row in data["rounds"])
    picture = tmp_path / "r.svg"
    assert command(monkeypatch, "plot", str(record), "--out", str(picture)) == 0
    assert "<svg" in picture.read_text()


def test_rows_stay_the_samplers_after_presolve():
    """The rows were forgotten: every item was taken, and the sum of all profits was called a bound."""
    problem = qopt.generate("mdkp", n=10, m=2, seed=3)
    plain = {"repair": "off", "improve": False, "control": False}
    best = qopt.solve(problem, "exact", **plain).objective
    safe = qopt.solve(problem, "exact", presolve="safe", **plain)
    assert (safe.status.value, safe.objective, safe.bound) == ("optimal", best, best)
    heuristic = qopt.solve(problem, "exact", presolve="lp", **plain)
    assert heuristic.status.value == "feasible"
    assert heuristic.objective <= best
    for rule in ("lp", "safe"):
        with pytest.raises(UnsupportedError, match="this solver keeps none"):
            qopt.solve(problem, "sa", encoder="native", presolve=rule)


def test_rows_of_a_shrunk_model_are_penalties_or_refused():
    """Merged bits have no program: the rows were forgotten there too."""
    problem = qopt.generate("mdkp", n=6, m=1, seed=3)
    record = qopt.solve(problem, "exact", shrink=4, control=False)
    assert record.status.value == "feasible"
    assert "shrunk" in record.message
    assert "penalties" in record.message
    for solver in ("exact", "xy"):
        with pytest.raises(UnsupportedError, match="leave --shrink out"):
            qopt.solve(problem, solver, encoder="native", shrink=4)


def test_a_program_without_any_feasible_point_is_infeasible():
    """2 x + 2 y = 3 has no point: all four were looked at, and the answer was 'violated'."""
    rows = {"row_entries": [[0, 0], [0, 1]], "row_values": [2, 2], "lower": [3], "upper": [3]}
    empty = IntegerProgram(linear=[1, 1], sense="max", **rows)
    for options in ({}, {"presolve": "safe"}):
        assert qopt.solve(empty, "exact", control=False, **options).status.value == "infeasible"
    part = qopt.solve(empty, "exact", presolve="lp", control=False)
    assert part.status.value == "violated"  # a part of the points alone proves nothing


def test_plot_of_a_run_without_rounds_is_one_line(tmp_path, monkeypatch, capsys):
    instance, record = tmp_path / "k.json", tmp_path / "r.json"
    command(monkeypatch, "generate", "mdkp", "--n", "5", "--m", "1", "--seed", "1", "--out", str(instance))
    command(monkeypatch, "solve", str(instance), "--solver", "greedy", "--out", str(record), "--quiet")
    capsys.readouterr()
    assert command(monkeypatch, "plot", str(record)) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert "rounds of an iterating encoder" in told[0]
