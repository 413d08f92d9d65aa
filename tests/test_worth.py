"""What a sample is worth: uniform chances against brute force on every kind, states against their amplitudes."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.core import Cube, LiteralMap, Probability, signed
from qopt.core.record import Record
from qopt.encoders.presolve import Fix
from qopt.encoders.unbalanced import Unbalanced
from qopt.experiments.cost_tally import CostTally
from qopt.experiments.enumeration import enumerate_field, quadratic_table, state_of_bits
from qopt.experiments.field import Field, core_field, program_field
from qopt.experiments.verify import verify_point
from qopt.experiments.worth import points_for, ratio
from qopt.problems.formulations import formulate
from qopt.solvers.classical.random_sampler import RandomSampler

#: A small instance of every kind: at most 4,096 points.
SMALL = {
    "mdkp": {"n": 10, "m": 3},
    "mis": {"n": 10},
    "max-cut": {"n": 8},
    "qubo": {"n": 8},
    "tsp": {"n": 4},
    "qap": {"n": 3},
    "market-share": {"products": 8, "retailers": 1},
    "multi-knapsack": {"n": 4, "knapsacks": 2},
    "hubo": {"n": 8, "degree": 4, "terms": 12},
    "labs": {"length": 8},
    "integer-program": {"n": 3},
    "tsptw": {"n": 5, "width": 60},
    "cvrp": {"n": 3},
    "vrptw": {"n": 3},
}
#: Bits beyond which a formulation's points are not counted here one by one.
MOST_BITS = 12


def brute(formulation: object, X: np.ndarray) -> dict[float, int]:
    """Feasible points by cost, each verified on the instance itself."""
    found: dict[float, int] = {}
    for x in X:
        verified = verify_point(formulation, x)  # type: ignore[arg-type]
        if verified.is_feasible and verified.objective is not None:
            cost = signed(formulation.problem, float(verified.objective))  # type: ignore[attr-defined]
            found[cost] = found.get(cost, 0) + 1
    return found


@pytest.mark.parametrize("kind", SMALL)
def test_uniform_chances_are_those_of_brute_force_on_every_kind(kind: str) -> None:
    problem = qopt.generate(kind, seed=3, **SMALL[kind])
    for position, (name, make) in enumerate(problem.formulations.items()):
        if position and make.size(problem).variables > 2 * MOST_BITS + 1:
            continue  # arrival times and time slots of a tour: more bits than are counted one by one
        formulation = formulate(problem, name)
        field = program_field(formulation)
        found = enumerate_field(field)
        if found is None:  # a surrogate, or one of more bits; never the kind's own
            assert position > 0
            assert formulation.is_surrogate
            continue
        bits = round(math.log2(found.uniform.total))
        assert 2**bits == found.uniform.total
        assert bits <= MOST_BITS
        X = {x.tobytes(): x for x in field.draw(np.random.default_rng(1), 40 * 2**bits)}
        # every distinct completed point once: uniform bits that a formulation sets itself do not count
        assert len(X) == 2**bits
        expected = brute(formulation, np.array(list(X.values())))
        assert found.uniform.weights.sum() == sum(expected.values())
        for cost in expected:
            reached = sum(count for other, count in expected.items() if other <= cost + 1e-6)
            assert found.uniform.share(cost) == pytest.approx(reached / 2**bits)


def test_every_kind_is_covered() -> None:
    from qopt.core import PROBLEMS

    assert set(SMALL) == {entry.name for entry in PROBLEMS}


def test_a_core_is_counted_in_its_own_bits() -> None:
    problem = qopt.generate("mdkp", n=20, m=3, seed=5)
    formulation = formulate(problem, None)
    encoding = Fix(inner=Unbalanced(), rule="lp", core=9).encode(formulation.program)
    field = core_field(RandomSampler(), encoding, formulation)
    found = enumerate_field(field)
    assert found is not None
    assert found.uniform.total == 512
    expected = brute(formulation, field.complete(Cube(9).block(0, 512)))
    assert found.uniform.weights.sum() == sum(expected.values())
    assert found.uniform.best == min(expected)


def test_blocks_of_the_high_bits_are_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from qopt.experiments import enumeration

    formulation = formulate(qopt.generate("qubo", n=9, seed=2), None)
    whole = enumerate_field(program_field(formulation))
    monkeypatch.setattr(enumeration, "BLOCK_BITS", 4)
    monkeypatch.setattr(enumeration, "MERGE", 40)
    parts = enumerate_field(program_field(formulation))
    assert whole is not None
    assert parts is not None
    assert np.allclose(whole.uniform.costs, parts.uniform.costs)
    assert (whole.uniform.weights == parts.uniform.weights).all()


def test_negated_and_merged_literals_are_counted_once() -> None:
    formulation = formulate(qopt.generate("mdkp", n=5, m=1, seed=2), None)
    decoder = LiteralMap([0, 0, 2, -1, 4], [0, 1, 1, 1, 0], 6)  # bits 1, 3 and 5 are used by nothing
    field = Field(formulation, Cube(6), decoder)
    state = np.random.default_rng(0).random(64)
    found = enumerate_field(field, state)
    assert found is not None
    assert found.uniform.total == 8
    points = field.complete(Cube(6).block(0, 64))
    feasible = formulation.program.feasible(points)
    costs = formulation.program.costs(points)
    for cost in np.unique(costs[feasible]):
        reached = feasible & (costs <= cost + 1e-9)
        assert found.uniform.share(cost) == pytest.approx(reached.mean())
        assert found.state is not None
        assert found.state.share(cost) == pytest.approx(state[reached].sum() / state.sum())


def test_the_quadratic_table_is_the_form() -> None:
    rng = np.random.default_rng(4)
    Q, c = np.triu(rng.normal(size=(5, 5)), 1), rng.normal(size=5)
    Z = Cube(5).block(0, 32).astype(float)
    assert np.allclose(quadratic_table(c, Q), ((Z @ Q) * Z).sum(axis=1) + Z @ c)
    assert state_of_bits(None, np.array([0]), 3) is None


@pytest.mark.parametrize("solver", ["qaoa", "cvar-qaoa", "ma-qaoa", "ws-qaoa", "vqe", "adapt"])
def test_the_samplers_chance_is_exact_from_its_state(solver: str) -> None:
    """The optimum probability that a circuit tells of its QUBO is the chance of the optimum where there are no rows."""
    problem = qopt.generate("qubo", n=6, seed=1)
    options = {"num_layers": 1}
    record = qopt.solve(problem, solver, seed=1, **options)
    assert record.worth is not None
    target = record.worth.targets[0]
    assert target.target == "optimum"
    assert target.sampler.kind == target.uniform.kind == "exact"
    values = [problem.objective(np.array(x)) for x in itertools.product((0, 1), repeat=6)]
    best = min(values) if problem.sense == "min" else max(values)
    assert target.objective == best
    assert target.uniform.value == values.count(best) / 64
    told = record.resources.extra.get("optimum_probability")
    if told is not None:
        assert target.sampler.value == pytest.approx(told, abs=1e-12)
    assert target.worth == pytest.approx(target.sampler.value / target.uniform.value)


def test_a_subspace_state_is_counted_on_its_own_ground() -> None:
    problem = qopt.generate("tsp", n=5, seed=2)
    record = qopt.solve(problem, "xy", num_layers=1, num_starts=1, seed=1)
    assert record.worth is not None
    assert record.worth.num_points == 24
    target = record.worth.targets[0]
    assert target.uniform.value * 24 == pytest.approx(2)  # the best tour in both directions
    assert target.sampler.value == pytest.approx(record.resources.extra["optimum_probability"])


def test_a_worth_record_reads_back_as_it_was() -> None:
    record = qopt.solve(qopt.generate("mdkp", n=8, m=2, seed=1), "sa", shots=30, seed=1)
    assert record.worth is not None
    assert record.worth.crossover
    assert Record.from_json(record.to_json()) == record
    assert "price" not in record.replay_view()["worth"]


def test_uniform_points_are_worth_one_uniform_point() -> None:
    """Over many runs of `random`, the 95 % interval of the worth holds 1 at a fixed target."""
    problem = qopt.generate("mdkp", n=9, m=2, seed=8)
    held, crossed = [], []
    for seed in range(60):
        record = qopt.solve(problem, "random", encoder="unbalanced", num_reads=400, seed=seed, improve=False)
        assert record.worth is not None
        near = record.worth.targets[1] if len(record.worth.targets) > 1 else record.worth.targets[0]
        assert near.low is not None
        assert near.high is not None
        held.append(near.low <= 1 <= near.high)
        row = record.worth.crossover[-1]
        assert row.low is not None
        assert row.high is not None
        crossed.append(row.low <= row.samples <= row.high)
    assert np.mean(held) >= 0.85  # 0.95 less three standard deviations of 60 runs
    assert np.mean(crossed) >= 0.85


def test_equal_distributions_cross_over_at_equal_numbers() -> None:
    tally = CostTally.of(np.arange(100.0), np.ones(100), 200)
    cost = tally.cost_of_share(0.25)
    assert cost == 49.0
    assert tally.share(cost) == 0.25
    assert tally.cost_of_share(0.6) is None  # only half of the points are feasible
    chance = -math.expm1(10 * math.log1p(-0.25))
    assert points_for(chance, 0.25) == pytest.approx(10)


def test_a_worth_without_uniform_hits_is_a_lower_limit() -> None:
    nothing = Probability(0.0, 0.0, 0.0)
    assert ratio(Probability(0.1, 0.1, 0.1), nothing) == (None, None, None)
    assert ratio(Probability(0.1, 0.05, 0.2, "sampled"), Probability(0.0, 0.0, 0.001, "sampled")) == (None, 50.0, None)


def test_a_records_crossover_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from qopt.experiments.plot_worth import plot_worth

    record = qopt.solve(qopt.generate("mdkp", n=8, m=2, seed=1), "qaoa", num_layers=1, encoder="unbalanced", seed=1)
    plot_worth(record, tmp_path / "worth.png")
    assert (tmp_path / "worth.png").stat().st_size > 5_000
    exact = qopt.solve(qopt.generate("mdkp", n=8, m=2, seed=1), "cpsat")
    with pytest.raises(ValueError, match="or a crossover of samples, got none"):
        plot_worth(exact, tmp_path / "none.png")
