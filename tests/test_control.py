"""The control stands on the sampler's own ground: same reduction, same core, same start, same kept rows."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import qopt
from qopt.core import Budget, Clock, Cube, Encoding, LiteralMap, Round, UnsupportedError
from qopt.encoders.residual import residual
from qopt.encoders.slack import Slack
from qopt.encoders.unbalanced import Unbalanced
from qopt.experiments.control import core_control, core_field, program_control
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.sampler_run import run_sampler
from qopt.problems.formulations import formulate
from qopt.solvers.classical.random_sampler import RandomSampler
from qopt.solvers.subspace.sampler import SubspaceQaoa

KNAPSACK = qopt.generate("mdkp", n=24, m=3, seed=7)


def test_a_presolved_run_has_its_control_on_the_core_and_one_on_the_whole_program() -> None:
    """The LP fixes 8 of 24 variables well; that was credited to the sampler when the control drew all 24 bits."""
    record = qopt.solve(KNAPSACK, "random", presolve="lp", core=16, shots=300, seed=1, improve=False)
    core, whole = record.stages.control, record.stages.control_program
    assert core is not None
    assert whole is not None
    assert core.space == "core of 16 of 24 program bits"
    assert whole.space == "program bits"
    assert core.num_points == whole.num_points == 300


def test_the_core_control_keeps_what_the_reduction_fixed() -> None:
    pipeline = qopt.solve(KNAPSACK, "random", presolve="lp", core=16, shots=3, seed=1).pipeline
    from qopt.experiments.pipeline import pipeline_from_spec

    parts, _ = pipeline_from_spec(pipeline)
    formulation = formulate(KNAPSACK, None)
    assert parts.encoder is not None
    encoding = parts.encoder.encode(formulation.program)
    X = core_field(parts.solver, encoding, formulation).draw(np.random.default_rng(0), 200)  # type: ignore[arg-type]
    fixed = np.flatnonzero(np.ptp(X, axis=0) == 0)
    assert fixed.size == 8
    kept = encoding.decode(np.zeros((1, encoding.num_qubits)))[0, fixed]
    assert (X[0, fixed] == kept).all()


@pytest.mark.parametrize("encoder", ["slack", "unbalanced"])
def test_without_a_reduction_one_control_is_both(encoder: str) -> None:
    record = qopt.solve(KNAPSACK, "random", encoder=encoder, shots=20, seed=1)
    assert record.stages.control is not None
    assert record.stages.control.space == "program bits"
    assert record.stages.control_program is None


def test_slack_bits_and_negated_literals_are_still_the_whole_program() -> None:
    formulation = formulate(KNAPSACK, None)
    encoding = Slack().encode(formulation.program)
    field = core_field(RandomSampler(), encoding, formulation)
    assert field.ground == Cube(encoding.num_qubits)
    assert field.is_whole
    n = formulation.program.num_variables
    merged = replace(field, decoder=LiteralMap([0, 0, *range(2, n)], [0] * n, encoding.num_qubits))
    assert not merged.is_whole


def test_kept_rows_are_kept_by_the_control_and_not_by_the_whole_program() -> None:
    problem = qopt.generate("tsp", n=4, seed=1)
    record = qopt.solve(problem, "xy", num_layers=1, num_starts=1, shots=50, seed=1, improve=False, repair="off")
    core, whole = record.stages.control, record.stages.control_program
    assert core is not None
    assert whole is not None
    assert core.raw is not None
    assert core.raw.feasible_share == 1.0
    assert "permutations" in core.space
    assert whole.raw is None or whole.raw.feasible_share != 1.0


def test_an_encoder_that_needs_kept_rows_refuses_a_sampler_that_keeps_none() -> None:
    assert SubspaceQaoa.keeps_rows
    assert not RandomSampler.keeps_rows
    with pytest.raises(UnsupportedError, match="keeps none"):
        qopt.solve(KNAPSACK, "random", encoder="native", shots=3)


@dataclass(frozen=True)
class Neighbourhoods:
    """A decomposition in small: round r frees 6 variables of a seeded choice and fixes the rest at the best point."""

    rounds: int = 4

    def encode(self, program: object) -> Encoding:
        return self._around(program, np.zeros(program.num_variables, dtype=np.uint8), 0)  # type: ignore[attr-defined]

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        if round.index + 1 >= self.rounds:
            return None
        good = round.X[round.program.feasible(round.X)]
        points = np.vstack([encoding.state["best"], good])
        best = points[int(np.argmin(round.program.costs(points)))]
        return self._around(round.program, best, round.index + 1)

    def num_qubits(self, program: object) -> int:
        return 6

    def _around(self, program: object, best: np.ndarray, index: int) -> Encoding:
        n = program.num_variables  # type: ignore[attr-defined]
        keep = np.sort(np.random.default_rng(index).choice(n, 6, replace=False))
        left = residual(program, keep, best)  # type: ignore[arg-type]
        inner = Unbalanced().encode(left.program)
        return replace(inner, decoder=left.lift.compose(inner.decoder), state={"best": best})


def _decomposed(seed: int) -> tuple[float, float]:
    """Raw costs of the sampler and of its control."""
    pipeline = Pipeline(RandomSampler(num_reads=8), Neighbourhoods(), improve=False, repair="off")
    seeds = np.random.SeedSequence(seed).spawn(1)[0]
    formulation = formulate(KNAPSACK, None)
    done = run_sampler(formulation, pipeline, budget=Budget(), seeds=seeds, clock=Clock(None))
    assert done.ground_changes
    assert done.best is not None
    twin = core_control(pipeline, Budget(), seed, done, None)
    assert twin is not None
    control = twin.control
    assert control.raw is not None
    assert control.num_points == done.seen == 32
    assert "every round on from uniform points" in control.space
    assert program_control(pipeline, Budget(), seed, done, None) is not None
    return done.best.best_cost, -float(control.raw.objective or 0)


def test_a_decomposition_is_compared_with_the_same_loop_on_uniform_points() -> None:
    """Whole random points never come near what four rounds of neighbourhoods build up; the twin loop does."""
    pairs = np.array([_decomposed(seed) for seed in range(40)])
    better, worse = (pairs[:, 0] < pairs[:, 1]).sum(), (pairs[:, 0] > pairs[:, 1]).sum()
    # sign test of an exchangeable pair: beyond 2.6 standard deviations in less than 1 % of seeds
    assert abs(int(better) - int(worse)) <= 2.6 * (better + worse) ** 0.5
