"""Samplers for Ocean's users: dwave-samplers' keywords and sample sets, and constrained quadratic models."""

from __future__ import annotations

import unittest
from typing import Any

import dimod
import numpy as np
import pytest
from dimod.testing import asserts, load_sampler_bqm_tests

from qopt.core import UnsupportedError
from qopt.samplers import ConstrainedAnnealing, SimulatedAnnealingSampler


def ring(n: int = 12) -> dimod.BinaryQuadraticModel:
    return dimod.BinaryQuadraticModel.from_ising({}, {(k, (k + 1) % n): -1.0 for k in range(n)})


@load_sampler_bqm_tests(SimulatedAnnealingSampler)  # type: ignore[misc]
class TestDimodSuite(unittest.TestCase):
    """dimod's own tests of a sampler, in both vartypes."""


def test_api_and_samples_are_dimods() -> None:
    asserts.assert_sampler_api(SimulatedAnnealingSampler())
    for vartype in ("SPIN", "BINARY"):
        bqm = dimod.generators.gnp_random_bqm(12, 0.4, vartype, random_state=1)
        samples = SimulatedAnnealingSampler().sample(bqm, num_reads=70, seed=1)
        asserts.assert_response_energies(samples, bqm)
        assert len(samples) == 70
        assert samples.vartype is bqm.vartype
        lowest = dimod.ExactSolver().sample(bqm).first.energy
        assert samples.first.energy == pytest.approx(lowest)
        assert set(samples.info) == {"beta_range", "beta_schedule_type", "engine", "timing"}
        assert all(value > 0 for value in samples.info["timing"].values())


@pytest.mark.parametrize("schedule", ["temperature", "geometric", "linear"])
def test_schedules_find_the_ground_state(schedule: str) -> None:
    samples = SimulatedAnnealingSampler().sample(ring(), num_reads=20, beta_schedule_type=schedule, seed=1)
    assert samples.first.energy == -12
    hot, cold = samples.info["beta_range"]
    assert 0 < hot < cold


def test_custom_schedule_and_its_ends() -> None:
    sampler = SimulatedAnnealingSampler()
    samples = sampler.sample(ring(), num_reads=4, beta_schedule_type="custom", beta_schedule=[0.1, 1, 3], seed=1)
    assert samples.info["beta_range"] == [0.1, 3.0]
    cold = {"beta_schedule_type": "custom", "beta_schedule": [np.inf] * 30}
    start = dimod.SampleSet.from_samples_bqm(dict.fromkeys(range(12), 1), ring())
    held = sampler.sample(ring(), initial_states=start, num_reads=1, seed=1, **cold)
    assert held.first.energy == -12  # nothing goes uphill at zero temperature


def test_seeds_and_threads() -> None:
    bqm = dimod.generators.gnp_random_bqm(30, 0.5, "SPIN", random_state=1)
    settings = {"num_reads": 150, "num_sweeps": 20}
    one, two = (SimulatedAnnealingSampler(threads=k).sample(bqm, seed=5, **settings) for k in (1, 3))
    assert np.array_equal(one.record.sample, two.record.sample)
    other = SimulatedAnnealingSampler().sample(bqm, seed=6, **settings)
    assert not np.array_equal(one.record.sample, other.record.sample)


def test_interrupt_keeps_the_reads_before_it() -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 7

    samples = SimulatedAnnealingSampler().sample(ring(), num_reads=200, seed=1, interrupt_function=stop)
    assert len(samples) == 7


@pytest.mark.parametrize(
    ("keywords", "error", "text"),
    [
        ({"seed": -1}, ValueError, "seed must be 0"),
        ({"seed": 1.5}, TypeError, "seed must be an integer"),
        ({"num_sweeps_per_beta": 0}, ValueError, "num_sweeps_per_beta must be >= 1"),
        ({"num_sweeps_per_beta": 1.5}, TypeError, "num_sweeps_per_beta must be a positive"),
        ({"num_sweeps": 5, "num_sweeps_per_beta": 2}, ValueError, "divisible"),
        ({"beta_schedule_type": "asd"}, ValueError, "beta_schedule_type must be one of"),
        ({"beta_schedule": [1, 2]}, ValueError, "only then"),
        ({"beta_schedule_type": "custom"}, ValueError, "beta_schedule must be given"),
        ({"beta_schedule_type": "custom", "beta_schedule": [1, -2]}, ValueError, "numbers >= 0"),
        ({"beta_schedule_type": "custom", "beta_schedule": [1], "num_sweeps": 4}, ValueError, "num_sweeps must be 1"),
        ({"beta_range": (1, 2, 3)}, ValueError, "beta_range must be two"),
        ({"beta_range": (0, 2), "beta_schedule_type": "geometric"}, ValueError, "beta_range must be > 0"),
        ({"interrupt_function": 3}, TypeError, "interrupt_function must be callable"),
        ({"proposal_acceptance_criteria": "glauber"}, ValueError, "must be Metropolis or Gibbs"),
    ],
)
def test_bad_keywords(keywords: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        SimulatedAnnealingSampler().sample(ring(), **keywords)


def test_unknown_keyword_is_dimods_warning() -> None:
    with pytest.warns(dimod.exceptions.SamplerUnknownArgWarning, match="num_read"):
        SimulatedAnnealingSampler().sample(ring(), num_read=3)


def best_feasible(samples: dimod.SampleSet) -> float:
    """Energy of the record's first row, which is the best feasible one."""
    assert samples.record.is_feasible[0]
    assert samples.record.energy[0] == samples.filter(lambda row: row.is_feasible).first.energy
    return float(samples.record.energy[0])


def random_cqm(rng: np.random.Generator) -> dimod.ConstrainedQuadraticModel:
    """Two to four bits, spins and integers of either sign, with up to three constraints."""
    makers = (
        lambda k: dimod.Integer(f"i{k}", lower_bound=int(rng.integers(-3, 1)), upper_bound=int(rng.integers(1, 6))),
        lambda k: dimod.Binary(f"b{k}"),
        lambda k: dimod.Spin(f"s{k}"),
    )
    v = [makers[rng.choice(3, p=[0.6, 0.25, 0.15])](k) for k in range(rng.integers(2, 5))]
    cqm = dimod.ConstrainedQuadraticModel()
    pairs = [(a, b) for a in range(len(v)) for b in range(a, len(v)) if a < b or next(iter(v[a].variables))[0] == "i"]
    terms = [int(rng.integers(-5, 6)) * x for x in v] + [int(rng.integers(-3, 4)) * v[a] * v[b] for a, b in pairs]
    cqm.set_objective(dimod.quicksum(terms))
    for k in range(rng.integers(0, 4)):
        side = dimod.quicksum([int(rng.choice([-4, -3, -2, -1, 1, 2, 3, 4])) * x for x in v])
        bound = int(rng.integers(-4, 8))
        cqm.add_constraint([side <= bound, side >= bound, side == bound][rng.integers(3)], label=f"row{k}")
    return cqm


def test_two_hundred_small_models_by_enumeration() -> None:
    rng = np.random.default_rng(0)
    infeasible = 0
    for _ in range(200):
        cqm = random_cqm(rng)
        exact = dimod.ExactCQMSolver().sample_cqm(cqm).filter(lambda row: row.is_feasible)
        found = ConstrainedAnnealing().sample_cqm(cqm, seed=1, num_reads=4, num_sweeps=300)
        if not len(exact):
            infeasible += 1
            assert not found.record.is_feasible.any()
            continue
        assert best_feasible(found) == pytest.approx(exact.first.energy)
    assert 20 < infeasible < 120  # both cases are tried


@pytest.mark.parametrize(
    ("make", "structure"),
    [
        (lambda: dimod.generators.random_knapsack(12, seed=1), "single bits"),
        (lambda: dimod.generators.random_multi_knapsack(4, 3, seed=1), "4 packings"),
        (lambda: dimod.generators.bin_packing([3, 4, 5], 7), "3 one-hot groups"),
        (
            lambda: dimod.generators.quadratic_assignment(
                np.arange(9).reshape(3, 3) % 5, np.arange(9, 0, -1).reshape(3, 3) % 4
            ),
            "permutation",
        ),
    ],
)
def test_dimods_generators_by_enumeration(make: Any, structure: str) -> None:
    cqm = make()
    found = ConstrainedAnnealing().sample_cqm(cqm, seed=1, num_reads=6, num_sweeps=300)
    exact = dimod.ExactCQMSolver().sample_cqm(cqm).filter(lambda row: row.is_feasible)
    assert best_feasible(found) == pytest.approx(exact.first.energy)
    assert found.info["structure"].startswith(structure)


def test_cqm_samples_have_the_models_labels_and_values() -> None:
    cqm = dimod.ConstrainedQuadraticModel()
    x, s, i = dimod.Binary("x"), dimod.Spin("s"), dimod.Integer("i", lower_bound=-2, upper_bound=2)
    cqm.set_objective(x + 2 * s - i * i + 0.5)
    cqm.add_constraint(s + i >= 1, label="least")
    found = ConstrainedAnnealing(threads=2).sample_cqm(cqm, seed=3, num_reads=5, num_sweeps=200)
    assert set(found.variables) == {"x", "s", "i"}
    assert found.first.sample == {"x": 0, "s": -1, "i": 2}
    assert found.first.energy == -5.5
    assert len(found) == 5
    again = ConstrainedAnnealing().sample_cqm(cqm, seed=3, num_reads=5, num_sweeps=200)
    assert np.array_equal(found.record.sample, again.record.sample)


def test_cqm_time_limit_and_settings() -> None:
    cqm = dimod.generators.random_knapsack(20, seed=1)
    found = ConstrainedAnnealing().sample_cqm(cqm, time_limit=0.1, seed=1)
    assert found.record.is_feasible[0]
    with pytest.raises(ValueError, match="must be left out"):
        ConstrainedAnnealing().sample_cqm(cqm, time_limit=1, num_reads=3)
    with pytest.raises(ValueError, match="num_reads must be > 0"):
        ConstrainedAnnealing().sample_cqm(cqm, num_reads=-3)


def test_cqm_that_cannot_be_walked_is_named() -> None:
    real = dimod.ConstrainedQuadraticModel()
    real.add_variable("REAL", "r")
    product, soft = dimod.ConstrainedQuadraticModel(), dimod.ConstrainedQuadraticModel()
    x, y = dimod.Binaries(["x", "y"])
    product.add_constraint(x * y + x <= 1, label="both")
    soft.add_constraint(x + y <= 1, label="wish", weight=2.0)
    for cqm, text in ((real, "variable 'r'"), (product, "constraint 'both'"), (soft, "constraint 'wish'")):
        with pytest.raises(UnsupportedError, match=text):
            ConstrainedAnnealing().sample_cqm(cqm)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bins_of_dimods_generator_are_the_fewest(seed: int) -> None:
    """Five bins of a fifth of the weight, rounded down, cannot hold it unless it divides; six are found."""
    cqm = dimod.generators.random_bin_packing(20, seed=seed)
    weights = np.random.default_rng(seed).integers(10, 30, 20)
    assert weights.sum() % 5
    found = ConstrainedAnnealing().sample_cqm(cqm, seed=1, num_reads=4, num_sweeps=500)
    assert found.first.energy == 6
    assert found.record.is_feasible[0]
