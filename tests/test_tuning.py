"""Tuning: Hyperband's rungs and its deepening, AC-Band's constants and guarantee, scores from rows, the command."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.cli import main
from qopt.core.tunable import Choice, Range, domains, tunable
from qopt.experiments.tuning.ac_band import ac_band, plan
from qopt.experiments.tuning.hyperband import brackets, hyperband
from qopt.experiments.tuning.rows import Rules, Scores
from qopt.experiments.tuning.space import Config, Space
from qopt.experiments.tuning.tune import compare, read_settings, split

#: One made-up part whose quality is its ``x``.
UNIT = Space("sa", None, {"solver.num_sweeps": Range(0.0, 1.0)})


def _quality(config: Config) -> float:
    return float(config.values[0][1])


def test_the_rungs_of_hyperband() -> None:
    assert [bracket.rungs for bracket in brackets(81)] == [
        ((81, 1), (27, 3), (9, 9), (3, 27), (1, 81)),
        ((34, 3), (11, 9), (3, 27), (1, 81)),
        ((15, 9), (5, 27), (1, 81)),
        ((8, 27), (2, 81)),
        ((5, 81),),
    ]
    with pytest.raises(ValueError, match="resource must be >= 1"):
        brackets(0)


class Remembered:
    """Scores with noise that shrinks with the resource; what was asked before costs nothing."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], float] = {}

    def __call__(self, configs: Sequence[Config], resource: int) -> list[float]:
        for config in configs:
            key = config.label, resource
            if key not in self.known:
                rng = np.random.default_rng([int(config.label[2:], 16) % 2**31, resource])
                self.known[key] = _quality(config) + float(rng.normal(0, 0.2 / resource**0.5))
        return [self.known[config.label, resource] for config in configs]


@pytest.mark.parametrize("seed", range(5))
def test_a_deeper_run_continues_a_former_one(seed: int) -> None:
    """The same winner as a run at once, with strictly fewer new evaluations: what was known is not asked again."""
    at_once, deepened = Remembered(), Remembered()
    whole = hyperband(UNIT.draw, at_once, 27, seed=seed)
    hyperband(UNIT.draw, deepened, 9, seed=seed)
    before = len(deepened.known)
    continued = hyperband(UNIT.draw, deepened, 27, seed=seed)
    assert continued.winner == whole.winner
    assert continued.score == whole.score
    assert len(deepened.known) - before < len(at_once.known)


def test_the_constants_of_ac_band() -> None:
    assert plan(0.05, 0.05).num_arms == 59
    assert plan(0.05, 0.05).epochs == (31, 16, 9, 5, 3, 2)
    assert plan(0.01, 0.05).num_arms == 299
    assert len(plan(0.01, 0.05).epochs) == 9
    with pytest.raises(ValueError, match="between 0 and 1"):
        plan(0, 0.05)


def test_ac_band_finds_one_of_the_best_alpha() -> None:
    """200 runs where a duel shows the quality: the winner lies in the top 5 % in at least 95 % of them."""
    hits = 0
    for seed in range(200):
        found = ac_band(UNIT.draw, lambda configs, _: [_quality(c) for c in configs], 60, seed=seed)
        hits += _quality(found) >= 0.95
    assert hits >= 190


def test_domains_stand_beside_the_fields() -> None:
    @dataclass(frozen=True)
    class Part:
        num_layers: int = tunable(3, Range(1, 8))
        kind: str = tunable("a", Choice(("a", "b")))
        free: float = 1.0

    assert list(domains(Part)) == ["num_layers", "kind"]
    assert Part().num_layers == 3
    space = Space("sa", None, {f"solver.{name}": domain for name, domain in domains(Part).items()})
    drawn = [dict(space.draw(np.random.default_rng(seed)).values) for seed in range(200)]
    assert {values["solver.num_layers"] for values in drawn} == set(range(1, 9))
    assert {values["solver.kind"] for values in drawn} == {"a", "b"}
    with pytest.raises(ValueError, match="low < high"):
        Range(1, 1)
    with pytest.raises(ValueError, match="tunable field"):
        Space.of("greedy")


def test_a_preset_keeps_what_it_fixes() -> None:
    assert "solver.num_layers" in Space.of("qaoa", "slack").domains
    assert "encoder.tighten" in Space.of("qaoa", "slack").domains
    assert "solver.alpha" not in Space.of("cvar-qaoa").domains


def test_every_domain_holds_its_default_or_says_why_not() -> None:
    for room in (qopt.SOLVERS, qopt.ENCODERS):
        for entry in room:
            for name, domain in domains(entry.make).items() if isinstance(entry.make, type) else ():
                if "." in name:
                    continue  # of the part inside it, which is looked at by itself
                default = entry.make.__dataclass_fields__[name].default
                if isinstance(domain, Choice):
                    assert default in domain.values
                else:
                    assert domain.low <= default <= domain.high


def test_a_comparison_is_paired() -> None:
    assert compare([0.5, 0.9, 0.1] * 2, [0.5, 0.9, 0.1] * 2).verdict == "not told apart from the default"
    assert compare([0.2] * 6, [0.3] * 6).verdict == "worse than the default"
    assert compare([0.2] * 5, [0.3] * 5).verdict.startswith("not told apart")  # one instance was "better", too


def test_split_is_by_the_data(tmp_path: Path) -> None:
    problems = [qopt.generate("mis", n=6, seed=seed) for seed in range(7)]
    training, held_out = split(problems, 1)
    assert (len(training), len(held_out)) == (4, 3)
    again, _ = split(problems[::-1], 1)
    assert [p.name for p in training] == [p.name for p in again]


def test_scores_are_rows_and_rows_are_not_run_again(tmp_path: Path) -> None:
    problems = [qopt.generate("mis", n=8, seed=seed) for seed in range(2)]
    space = Space("sa", None, {"solver.num_sweeps": Range(1, 50)})
    configs = [space.draw(np.random.default_rng(seed)) for seed in range(2)]
    first = Scores(tmp_path, problems, Rules(budget={"shots": 3}))
    scores = first.evaluate(configs, 2)
    assert all(0 <= score <= 1 for score in scores)
    again = Scores(tmp_path, problems, Rules(budget={"shots": 3}))
    assert again.evaluate(configs, 2) == scores
    assert again.num_runs == 0
    row: dict[str, Any] = {"instance": {"fingerprint": next(iter(again.paths))}, "objective": None, "status": "unknown"}
    assert again.score(row) == 0


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["qopt", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return call


def test_the_command_writes_settings_that_solve_reads(tmp_path: Path, shell: Any) -> None:
    files = []
    for seed in range(3):
        files.append(str(tmp_path / f"{seed}.json"))
        qopt.save(qopt.generate("mis", n=8, seed=seed), files[-1])
    out = str(tmp_path / "run")
    code, told, _ = shell(
        "tune", *files, "--solver", "sa", "-R", "3", "--shots", "2", "--repeats", "1", "--out", out, "--json"
    )
    document = json.loads(told)
    assert code == 0
    assert document["validation"]["num_instances"] == 1
    assert [rung["resource"] for rung in document["rungs"]] == [1, 3, 3]
    path = Path(document["settings"])
    assert read_settings(path)["solver"] == document["pipeline"]["solver"]
    code, told, _ = shell("solve", files[0], "--settings", str(path), "--json", "--quiet")
    record = json.loads(told)
    assert code == 0
    assert record["pipeline"]["solver"]["num_sweeps"] == document["pipeline"]["solver"]["num_sweeps"]
    code, _, err = shell("solve", files[0], "--settings", str(path), "--solver", "tabu")
    assert (code, "leave out" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--method", "luck"], "hyperband"),
        (["--fidelity", "hope"], "instances"),
        (["--solver", "greedy"], "tunable field"),
        (["--more"], "drop --more"),
    ],
)
def test_wrong_input_is_one_line(tmp_path: Path, shell: Any, arguments: list[str], text: str) -> None:
    path = tmp_path / "a.json"
    qopt.save(qopt.generate("mis", n=5, seed=1), path)
    code, _, err = shell("tune", str(path), "--out", str(tmp_path / "run"), *arguments)
    assert code == 2
    assert text in err
    assert err.count("\n") == 1
