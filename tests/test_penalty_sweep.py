"""The sweep's verdicts against enumeration: a penalty is called too small exactly where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_points
from qopt.core import BestKnown, Problem
from qopt.encoders.slack import Slack
from qopt.experiments import penalty_sweep as module
from qopt.experiments.penalty_sweep import TOO_SMALL, SweepRow, penalty_sweep, plot_sweep
from qopt.experiments.resolve_pipeline import choose_pipeline

FACTORS = (0.003, 0.03, 0.1, 0.3, 0.6, 1.0)
CASES = [("tsp", {"n": 4}), ("qap", {"n": 3}), ("mis", {"n": 9})]


def is_too_small(problem: Problem, factor: float) -> bool:
    """Whether some infeasible state lies below the optimum, by looking at every state."""
    program = next(iter(problem.formulations.values()))(problem).program
    valid = Slack().encode(program).penalties
    encoding = Slack(penalty={name: factor * value for name, value in valid.items()}).encode(program)
    Z = all_points(encoding.num_qubits)
    X, energies = encoding.decode(Z), encoding.bqm.energies((Z, range(encoding.num_qubits)))
    feasible = program.feasible(X)
    optimum = program.costs(X[feasible]).min()
    return bool(energies[~feasible].min() < optimum - 1e-9 * abs(optimum))


@pytest.mark.parametrize(("kind", "sizes"), CASES)
def test_an_exact_sampler_finds_every_penalty_that_is_too_small(kind: str, sizes: dict[str, int]) -> None:
    problem = qopt.generate(kind, seed=2, **sizes)
    pipeline = choose_pipeline(problem, "brute-force", "slack", options={"num_reads": 1})
    sweep = penalty_sweep(problem, pipeline, factors=FACTORS)
    truth = [is_too_small(problem, factor) for factor in FACTORS]
    assert sweep.is_proven
    assert [row.verdict == TOO_SMALL for row in sweep.rows] == truth
    assert True in truth
    assert not truth[-1]
    assert sweep.rows[-1].verdict == "best value found"


def test_a_weak_sampler_is_called_weak_and_the_valid_penalty_never_small() -> None:
    """Without a known value every infeasible answer once counted as below the best feasible cost, which was none."""
    problem = qopt.generate("tsp", n=6, seed=1)
    pipeline = choose_pipeline(problem, "random", "slack", options={"num_reads": 3})
    (row,) = penalty_sweep(problem, pipeline, factors=(1.0,)).rows
    assert row.feasible_share == 0
    assert row.verdict == "sampler too weak"


def test_a_witness_counts_for_every_smaller_penalty() -> None:
    problem = qopt.generate("tsp", n=5, seed=1)
    pipeline = choose_pipeline(problem, "sa", "slack", options={"num_reads": 20, "num_sweeps": 50})
    rows = penalty_sweep(problem, pipeline, factors=(1e-6, 1e-3, 1e-2, 1.0)).rows
    assert rows[2].verdict == TOO_SMALL
    assert {row.verdict for row in rows[:2]} == {TOO_SMALL}


def test_without_a_proof_nothing_is_called_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state below a best value that is not the optimum is no witness."""
    problem = qopt.generate("tsp", n=5, seed=1)
    poor = float(problem.objective(np.arange(5))) * 10
    monkeypatch.setattr(module, "_reference", lambda *_: (poor, -np.inf))
    pipeline = choose_pipeline(problem, "random", "slack", options={"num_reads": 50})
    sweep = penalty_sweep(replace(problem, best_known=BestKnown(poor, False, "a guess")), pipeline, factors=(0.01,))
    assert not sweep.is_proven
    assert sweep.rows[0].verdict == module.PERHAPS_TOO_SMALL


def test_the_plot_takes_a_sweep_without_a_feasible_row(tmp_path: Path) -> None:
    rows = [SweepRow(0.1, 2.0, 0.0, None, -5.0, TOO_SMALL), SweepRow(1.0, 20.0, None, None, 3.0, "sampler too weak")]
    plot_sweep(rows, tmp_path / "sweep.svg", "no feasible sample")
    assert "penalty too small" in (tmp_path / "sweep.svg").read_text()
