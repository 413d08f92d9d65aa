"""Foresight on planted curves, what people are told, and runs that are given up: replayable, resumable."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.core import Budget, fingerprint
from qopt.experiments.forecast import Forecast, GiveUp, Judge
from qopt.experiments.foresight import (
    LEAST_READS,
    curve_of_reads,
    curve_of_rounds,
    fit,
    foresee,
    gap_at,
    is_hopeless,
)
from qopt.experiments.pipeline import Pipeline, pipeline_from_spec
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.experiments.run import run
from qopt.experiments.sweep import pool
from qopt.experiments.sweep.replay import replay
from qopt.experiments.sweep.store import latest_rows
from qopt.experiments.tuning.floors import is_killed
from qopt.experiments.tuning.rows import Rules, Scores
from qopt.experiments.tuning.space import Config, Space
from qopt.experiments.tuning.tune import tune, write_settings

from .shell import Shell


def _planted(rng: np.random.Generator, power: float, count: int = 4000) -> np.ndarray[Any, Any]:
    """Reads with ``P(gap < g) = g**power``."""
    return np.asarray(rng.random(count) ** (1 / power))


@pytest.mark.parametrize("count", [40, 400])
def test_a_power_law_of_rounds_is_foreseen(count: int) -> None:
    """Exactly but for the ridge, which makes the slope smaller and the time longer, the less so the more is seen."""
    gaps, goal = [r**-0.8 for r in range(1, count + 1)], 0.5 * count**-0.8
    truth = goal ** (-1 / 0.8)
    found = foresee(curve_of_rounds(gaps), goal)
    assert found is not None
    assert truth <= found.middle <= (1.5 if count == 40 else 1.25) * truth
    assert found.low <= truth <= found.high


@pytest.mark.parametrize("power", [0.8, 1.5, 3.0])
def test_intervals_of_planted_reads_hold_as_often_as_they_say(power: float) -> None:
    """The goal is one that a read reaches with chance 1/400; the first hit is what is foreseen."""
    held = total = 0
    goal = (1 / 400) ** (1 / power)
    for seed in range(150):
        gaps = _planted(np.random.default_rng([seed, 3]), power)
        end = int(np.argmax(gaps <= goal)) + 1 if (gaps <= goal).any() else math.inf
        seen = 100
        if end <= seen:
            continue
        found = foresee(curve_of_reads(gaps[:seen]), goal)
        if found is not None:
            total += 1
            held += found.low <= end <= found.high
    assert total >= 60
    assert held / total >= 0.75


def test_a_wait_for_a_read_has_no_memory() -> None:
    """What is foreseen is never in the past, however late it is asked."""
    gaps = np.sort(_planted(np.random.default_rng(1), 1.0, 200))
    found = foresee(curve_of_reads(gaps[gaps > 0.02]), 0.02)
    assert found is not None
    assert found.low > len(gaps[gaps > 0.02])


def test_nothing_is_foreseen_from_little_or_from_a_flat_curve() -> None:
    assert curve_of_reads([0.1] * (LEAST_READS - 1)) is None
    assert foresee(curve_of_reads([0.1] * 50), 0.01) is None
    assert foresee(curve_of_rounds([0.3] * 30), 0.01) is None
    assert curve_of_rounds([math.inf] * 30) is None
    assert curve_of_rounds([]) is None
    assert foresee(curve_of_rounds([1 / r for r in range(1, 20)]), 0.0) is None


def test_a_goal_that_is_reached_is_told_as_reached() -> None:
    curve = curve_of_rounds([0.5, 0.2, 0.1, 0.05, 0.004])
    found = foresee(curve, 0.01)
    assert found is not None
    assert (found.low, found.middle, found.high) == (5, 5, 5)
    assert curve_of_reads([0.0] * 20) is None  # the reference itself: nothing is left to foresee


def test_the_end_is_never_foreseen_worse_than_what_is_there() -> None:
    for seed in range(20):
        gaps = _planted(np.random.default_rng(seed), 1.0, 60)
        curve = curve_of_reads(gaps)
        assert curve is not None
        assert gap_at(curve, 1000, optimism=1.6) <= gap_at(curve, 1000) <= gaps.min()
        assert fit(curve).slope >= 0


def test_hopeless_runs_are_told_and_good_ones_are_not() -> None:
    """A flat run above the floor is hopeless; of planted runs that do end below it at most one in ten is given up."""
    assert is_hopeless(curve_of_rounds([0.3] * 30), 100, 0.1)
    assert not is_hopeless(curve_of_rounds([0.3] * 30), 100, 0.3)
    wrong = total = 0
    for seed in range(200):
        gaps = _planted(np.random.default_rng([seed, 9]), 1.5, 640)
        floor = 640 ** (-1 / 1.5)
        if gaps.min() <= floor:
            total += 1
            wrong += any(is_hopeless(curve_of_reads(gaps[:seen]), 640, floor) for seen in range(64, 640, 64))
    assert total >= 80
    assert wrong <= 0.1 * total  # 10 of 136 over nine looks each


def test_what_people_are_told() -> None:
    told = Forecast("max", 100.0)
    assert told.text(1.0) == ""
    for cost in (-80, -85, -88, -90, -91, -92, -93, -94, -95, -96):
        told.ended(np.array([cost], dtype=float))
    text = told.text(2.0)
    assert text.startswith(("about ", "time to 1 % not foreseen"))
    told.ended(np.array([-99.5]))
    assert told.text(3.0) == "within 1 %"
    blind = Forecast("min", None)
    blind.ended(np.arange(50.0))
    assert blind.text(1.0) == ""  # nothing to measure from


def test_rounds_are_told_against_a_proven_bound() -> None:
    told = Forecast("min", None)
    for r in range(1, 16):
        told.round({"round": r, "incumbent": 100 * (1 + 1 / r), "bound": 100.0})
    text = told.text(15.0)
    assert "s to 1 % (" in text
    assert float(text.split()[1]) == pytest.approx(85, rel=0.7)  # the ridge makes it longer


SMALL: dict[str, Any] = {"repair": "off", "improve": False, "control": False}


def _annealing(problem: qopt.Problem, **options: Any) -> Pipeline:
    return choose_pipeline(problem, "sa", "slack", None, {"num_reads": 640, "num_sweeps": 3, **options}, **SMALL)


def test_a_run_that_is_given_up_is_another_run_with_what_it_has(tmp_path: Path) -> None:
    """Its floor is out of reach here; it tells so, has another id than the whole run, and replays."""
    problem = qopt.generate("mdkp", n=20, m=2, seed=1)
    pipeline = _annealing(problem, penalty=50.0)
    whole = run(problem, pipeline, seed=1)
    assert whole.stages.raw is not None
    assert whole.stages.raw.num_points == 640
    rule = GiveUp(floor=1.5e4, reference=1.5e4)
    stopped = run(problem, replace(pipeline, give_up=rule), seed=1)
    assert stopped.stages.raw is not None
    assert stopped.stages.raw.num_points is not None
    assert stopped.stages.raw.num_points < 640
    assert stopped.resources.extra["stopped"].startswith("given up after")
    assert stopped.id != whole.id
    assert pipeline_from_spec(stopped.pipeline)[0].give_up == rule
    row = stopped.to_json()
    with pool.Pool() as kept:
        assert replay(row, problem, kept).verdict == "identical"


def test_a_run_that_is_not_given_up_is_the_whole_run() -> None:
    problem = qopt.generate("mis", n=12, seed=1)
    pipeline = _annealing(problem)
    whole, judged = (run(problem, p, seed=1) for p in (pipeline, replace(pipeline, give_up=GiveUp(1.0, 6.0))))
    assert judged.solution == whole.solution
    assert judged.stages.raw == whole.stages.raw
    assert "stopped" not in judged.resources.extra


def test_rounds_are_given_up_where_nothing_moves() -> None:
    judge = Judge(GiveUp(floor=10.0, reference=10.0), "min")
    ended = [judge.after_round(14.0, 100) for _ in range(30)]
    assert ended.index(True) == 9  # a tenth of the rounds
    assert "10 of 100 rounds" in judge.reason
    problem = qopt.generate("mdkp", n=12, m=2, seed=1)
    pipeline = choose_pipeline(problem, "sa", "dual-ascent", None, {"num_sweeps": 3, "max_rounds": 60}, **SMALL)
    record = run(problem, replace(pipeline, give_up=GiveUp(1e6, 1e6)), seed=1)
    assert len(record.rounds) < 60
    assert "rounds" in record.resources.extra["stopped"]


def test_a_rule_holds_finite_numbers() -> None:
    with pytest.raises(ValueError, match="finite number"):
        GiveUp(math.nan, 1.0)


PROBLEMS = [qopt.generate("mdkp", n=12, m=2, seed=seed) for seed in range(4)]
RULES = Rules(budget={"shots": 320}, stage="raw", kill_hopeless=True)


def test_a_killed_evaluation_is_a_row_and_the_same_when_resumed(tmp_path: Path) -> None:
    """Half of the rows and a torn line are left; the same call gives the same settings and runs what is missing."""
    space = Space.of("sa", "slack")
    narrow = replace(space, domains={name: space.domains[name] for name in ("encoder.penalty", "solver.acceptance")})

    def tuned(folder: Path) -> tuple[int, int, str]:
        found = tune(PROBLEMS, narrow, folder, resource=3, rules=RULES, seed=3, repeats=1)
        write_settings(folder / "tuned.yaml", found, narrow)
        return found.num_runs, found.num_killed, (folder / "tuned.yaml").read_text(encoding="utf-8")

    runs, killed, text = tuned(tmp_path)
    rows = (tmp_path / "rows.jsonl").read_bytes().splitlines(keepends=True)
    assert len(rows) == runs == len(latest_rows(tmp_path))
    (tmp_path / "rows.jsonl").write_bytes(b"".join(rows[: len(rows) // 2]) + rows[-1][:50])
    again, same, resumed = tuned(tmp_path)
    assert (same, resumed) == (killed, text)
    assert 0 < again < runs
    assert tuned(tmp_path)[0] == 0


def test_runs_below_the_default_are_given_up(tmp_path: Path) -> None:
    """A penalty of 50 with 3 sweeps against the default's 1,000: the row says so and its score is what it had."""
    space = Space.of("sa", "slack")
    poor = Config(space, (("solver.num_sweeps", 10), ("encoder.penalty", 50.0)))
    scores = Scores(tmp_path, PROBLEMS[:1], RULES)
    found = scores.evaluate([poor], 1)
    rows = list(latest_rows(tmp_path).values())
    assert len(scores.killed) == sum(is_killed(row) for row in rows)
    judged = [row for row in rows if "give_up" in row["pipeline"]]
    assert [scores.score(row) for row in judged] == found
    floors = [row for row in rows if row["sweep"]["pipeline"] == "default"]
    assert judged[0]["pipeline"]["give_up"]["floor"] == floors[0]["stages"]["raw"]["objective"]
    assert judged[0]["pipeline"]["give_up"]["reference"] == scores.references[fingerprint(PROBLEMS[0])]


def test_an_ordinary_row_is_not_run_again_with_the_rule(tmp_path: Path) -> None:
    space = Space.of("sa", "slack")
    config = Config(space, (("solver.num_sweeps", 10),))
    whole = Scores(tmp_path, PROBLEMS[:1], replace(RULES, kill_hopeless=False))
    first = whole.evaluate([config, space.default], 1)
    judged = Scores(tmp_path, PROBLEMS[:1], RULES)
    assert judged.evaluate([config], 1) == first[:1]
    assert judged.num_runs == 0


def test_parts_that_nobody_hears_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(monkeypatch, capsys)
    path = tmp_path / "a.json"
    qopt.save(qopt.generate("mis", n=5, seed=1), path)
    shell.run("tune", path, "--solver", "qaoa", "--kill-hopeless", "--out", tmp_path / "run")
    assert shell.code == 2
    assert "leave it out" in shell.err
    assert len(shell.err.splitlines()) == 1


def test_a_time_limit_does_not_judge_reads_of_unknown_number() -> None:
    judge = Judge(GiveUp(10.0, 10.0), "min")
    assert not judge.ended(np.full(1000, 20.0), None)
    assert Budget(seconds=1).seconds == 1
