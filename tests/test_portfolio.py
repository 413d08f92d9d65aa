"""Portfolios: forests as numbers, schedules, never below the single best on training, and the choice in the Record."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.cli import main
from qopt.core import Budget
from qopt.experiments.portfolio.features import FEATURES, features_of
from qopt.experiments.portfolio.file import read_portfolio, write_portfolio
from qopt.experiments.portfolio.forest import Forest, grow
from qopt.experiments.portfolio.times import Table, greedy_schedule, schedule_utility
from qopt.experiments.portfolio.train import fit_portfolio
from qopt.experiments.portfolio.use import choose, solve_by

from .shell import Shell

PIPELINES: dict[str, dict[str, Any]] = {
    "sa": {"solver": {"name": "sa", "num_sweeps": 50}},
    "greedy": {"solver": {"name": "greedy"}},
}


def _table(seed: int = 0, families: int = 4) -> Table:
    """Each family has one fast pipeline, told by the first feature."""
    rng = np.random.default_rng(seed)
    names, kinds, features, times = [], [], [], []
    for i in range(40):
        is_large = bool(rng.random() < 0.5)
        row = [0.0] * len(FEATURES)
        row[0] = rng.normal(4.0 if is_large else 1.0, 0.2)
        fast, slow = rng.uniform(0.01, 0.1, 2).tolist(), [0.9, math.inf]
        names.append(f"i{i}")
        kinds.append(f"k{i % families}")
        features.append(tuple(row))
        times.append({"sa": fast if is_large else slow, "greedy": slow if is_large else fast})
    return Table(names, kinds, features, times, ("sa", "greedy"), 1.0)


def test_a_forest_predicts_as_scikit_learn(tmp_path: Path) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn is not installed")
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    ours = Forest.from_json(json.loads(json.dumps(grow(X, y, seed=3).to_json())))
    theirs = ensemble.RandomForestRegressor(60, min_samples_leaf=2, random_state=3).fit(X, y)
    points = rng.normal(size=(50, 3))
    assert [ours(point) for point in points] == pytest.approx(theirs.predict(points).tolist(), rel=1e-12)


def test_a_schedule_by_hand() -> None:
    table = Table(["a"], ["k"], [()], [{"x": [0.2, math.inf], "y": [0.5, 0.5]}], ("x", "y"), 1.0)
    assert schedule_utility(table, 0, [("x", 0.2)]) == pytest.approx(0.5 * 0.8)
    assert schedule_utility(table, 0, [("x", 0.2), ("y", 0.5)]) == pytest.approx(0.5 * 0.8 + 0.5 * 0.3)
    slices = greedy_schedule(table)
    assert sum(seconds for _, seconds in slices) <= 1.0
    assert slices[0][0] == "x"


def test_the_choice_closes_most_of_the_gap_where_features_tell() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    found = fit_portfolio(_table(), PIPELINES)
    assert found.mode == "selector"
    closed = found.folds.closed("selector")
    assert closed is not None
    assert closed > 0.9
    assert set(found.families) == {"k0", "k1", "k2", "k3"}


def test_never_below_the_single_best_on_training() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    for seed in range(5):
        table = _table(seed)
        rng = np.random.default_rng(seed)
        features = [tuple(rng.normal(size=len(FEATURES))) for _ in table.instances]  # nothing to learn from
        blind = Table(table.instances, table.families, features, table.times, table.pipelines, table.captime)
        found = fit_portfolio(blind, PIPELINES, seed=seed)
        assert found.training.modes[found.mode] >= found.training.single - 1e-12


def test_features_are_cheap_and_finite() -> None:
    for kind, options in (("mis", {"n": 8}), ("mdkp", {"n": 6, "m": 2}), ("tsp", {"n": 4}), ("qubo", {"n": 6})):
        told = features_of(qopt.generate(kind, seed=1, **options))
        assert len(told) == len(FEATURES)
        assert all(math.isfinite(value) for value in told)


def test_the_record_carries_choice_prediction_and_outcome(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    path = tmp_path / "portfolio.json"
    write_portfolio(fit_portfolio(_table(), PIPELINES, budget={"shots": 7}), path)
    trained = read_portfolio(path)
    problem = qopt.generate("mis", n=8, seed=1)
    asked: list[Budget] = []

    def run_one(spec: Any, budget: Budget) -> Any:
        asked.append(budget)
        return qopt.solve(problem, solver=spec["solver"], shots=budget.shots, seed=1)

    choice = choose(trained, problem)
    record = solve_by(trained, problem, choice, Budget(), run_one)
    told = record.to_json()["resources"]["extra"]["portfolio"]
    assert told["chosen"] == [choice.slices[0][0]]
    assert set(told["predicted"]) == {"sa", "greedy"}
    assert told["came_out"]["objective"] == record.objective
    assert asked[0].shots == 7
    assert record.id == qopt.solve(problem, solver=trained.pipelines[told["chosen"][0]]["solver"], shots=7, seed=1).id


def test_a_refusal_goes_on_to_the_next_slice() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    trained = fit_portfolio(_table(), PIPELINES)
    problem = qopt.generate("mis", n=8, seed=1)
    choice = choose(trained, problem)

    def run_one(spec: Any, budget: Budget) -> Any:
        if spec["solver"]["name"] == choice.slices[0][0] and not refused:
            refused.append(1)
            raise ValueError("it must be smaller, got this")
        return qopt.solve(problem, solver=spec["solver"], seed=1)

    refused: list[int] = []
    record = solve_by(trained, problem, choice, Budget(), run_one)
    assert "must be smaller" in record.resources.extra["portfolio"]["slices"][0]["refusal"]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["qopt", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return call


def test_the_commands(tmp_path: Path, shell: Any) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    (tmp_path / "s.yaml").write_text(
        "name: s\ninstances:\n  - {generate: mis, n: [6, 8, 10]}\n  - {generate: max-cut, n: [6, 8, 10]}\n"
        "pipelines:\n  sa: {solver: sa, num_sweeps: 5}\n  greedy: greedy\nbudget: {shots: 5}\n",
        encoding="utf-8",
    )
    run = str(qopt.bench(tmp_path / "s.yaml", out=tmp_path / "run"))
    path = str(tmp_path / "p.json")
    code, out, _ = shell("portfolio", "train", run, "-o", path)
    assert code == 0
    assert "single best" in out
    assert "no mis" in out
    instance = str(tmp_path / "mis.json")
    qopt.save(qopt.generate("mis", n=9, seed=1), instance)
    code, out, err = shell("solve", instance, "--solver", "portfolio", "--portfolio", path, "--json")
    assert code == 0
    assert "predicted" in err
    assert "came out" in err
    assert json.loads(out)["resources"]["extra"]["portfolio"]["mode"] in ("selector", "schedule", "single")
    for arguments, text in (
        (["--solver", "portfolio"], "--portfolio FILE"),
        (["--portfolio", path, "--solver", "sa"], "leave out"),
        (["--portfolio", path, "--layers", "2"], "leave out"),
        (["--portfolio", instance], "portfolio train"),
    ):
        code, _, err = shell("solve", instance, *arguments)
        assert code == 2
        assert text in err
        assert err.count("\n") == 1


def test_no_time_left_still_gives_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A time limit over before the first slice ended as a fault of qopt."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    shell = Shell(monkeypatch, capsys)
    write_portfolio(fit_portfolio(_table(), PIPELINES), tmp_path / "p.json")
    qopt.save(qopt.generate("mis", n=6, seed=1), tmp_path / "a.json")
    shell.run("solve", tmp_path / "a.json", "--portfolio", tmp_path / "p.json", "--time-limit", "1e-9", "--json")
    assert "fault of qopt" not in shell.err
    assert shell.json["resources"]["extra"]["portfolio"]["slices"]


def test_one_kind_alone_is_told_from_others(tmp_path: Path) -> None:
    """With one kind no family is left out, and the choice said nothing of a kind never seen."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    write_portfolio(fit_portfolio(_table(families=1), PIPELINES), tmp_path / "p.json")
    assert "learnt from no mis" in choose(read_portfolio(tmp_path / "p.json"), qopt.generate("mis", n=6, seed=1)).text
