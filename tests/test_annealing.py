"""Annealers: the library's results, the clock, and options that mean what they say."""

from __future__ import annotations

from collections.abc import Callable

import dimod
import numpy as np
import pytest
from dwave.samplers import SimulatedAnnealingSampler
from dwave.samplers.sa.sampler import default_beta_range

from qopt.algorithms.enumeration import all_energies
from qopt.core import SOLVERS, from_spec
from qopt.solvers.base import QuboSampler
from qopt.solvers.classical.annealing import SimulatedAnnealing
from qopt.solvers.classical.dimod_sampler import DimodSampler, adapt
from qopt.solvers.classical.dwave_annealing import default_betas
from qopt.solvers.classical.random_sampler import RandomSampler
from qopt.solvers.classical.tabu import Tabu


def model(n: int = 12, seed: int = 0) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.integers(-9, 10, size=(n, n)), 1)
    return dimod.BinaryQuadraticModel(rng.integers(-9, 10, size=n).astype(float), J.astype(float), 2.0, "BINARY")


@pytest.mark.parametrize("sampler", [SimulatedAnnealing(num_reads=20, num_sweeps=200), Tabu(num_reads=3)])
def test_finds_the_ground_state(sampler: QuboSampler) -> None:
    bqm = model()
    assert sampler.sample(bqm, seed=3).first.energy == all_energies(bqm).min()


def test_beta_rule_is_the_librarys() -> None:
    for seed in range(4):
        spin = model(seed=seed).change_vartype("SPIN", inplace=False)
        spin.add_variable(12, 0.0)
        assert default_betas(spin) == pytest.approx(tuple(default_beta_range(spin)), rel=1e-12)


def test_equals_the_library_run_by_hand() -> None:
    bqm = model()
    ours = SimulatedAnnealing(num_reads=7, num_sweeps=3, engine="dwave").sample(bqm, seed=5)
    from qopt.solvers.seeds import spawn_seeds

    theirs = SimulatedAnnealingSampler().sample(bqm, num_reads=7, num_sweeps=3, seed=spawn_seeds(5, 1)[0])
    assert sorted(ours.record.energy.repeat(ours.record.num_occurrences)) == sorted(theirs.record.energy)


def test_flat_model_raises_no_warning() -> None:
    samples = SimulatedAnnealing(num_reads=10).sample(dimod.BinaryQuadraticModel([0.0] * 4, {}, 1.0, "BINARY"), seed=1)
    assert set(samples.record.energy) == {1.0}


def test_time_limit_thins_the_anneal_where_not_one_read_fits() -> None:
    sampler = SimulatedAnnealing(num_sweeps=10**7)
    samples = sampler.sample(model(), seed=1, seconds=0.2)
    assert samples.info["num_sweeps"] < 10**7
    assert samples.info["num_reads"] >= 1


def test_time_limit_and_reads_stop_at_whichever_comes_first() -> None:
    for sampler in (SimulatedAnnealing(num_sweeps=10), Tabu(num_restarts=0)):
        assert sampler.sample(model(), seed=1, seconds=30.0, num_reads=4).info["num_reads"] == 4


def test_alias_and_schedule_options() -> None:
    assert SOLVERS.get("neal").make is SimulatedAnnealing
    sampler = from_spec("solvers", {"name": "neal", "num_sweeps": "10", "beta_range": "0.1,2", "schedule": "linear"})
    assert sampler == SimulatedAnnealing(num_sweeps=10, beta_range=(0.1, 2.0), schedule="linear")
    assert sampler.sample(model(), seed=1).info["beta_range"] == [0.1, 2.0]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: SimulatedAnnealing(num_reads=0), "num_reads must be >= 1"),
        (lambda: SimulatedAnnealing(beta_range=(2.0, 1.0)), "beta_range must be"),
        (lambda: Tabu(num_restarts=-1), "num_restarts must be >= 0"),
        (lambda: Tabu(tenure=12).sample(model()), "tenure must be < 12"),
        (lambda: RandomSampler(0), "num_reads must be >= 1"),
        (lambda: from_spec("solvers", {"name": "sa", "num_sweep": 5}), "did you mean 'num_sweeps'"),
    ],
)
def test_bad_settings_are_one_line(make: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=text) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_tabu_says_that_a_time_limit_voids_its_seed() -> None:
    assert Tabu(num_reads=1).sample(model(), seed=1).info["is_seeded"] is True
    assert Tabu(num_reads=1).sample(model(), seed=1, seconds=1.0).info["is_seeded"] is False


def test_random_points_are_uniform() -> None:
    samples = RandomSampler(num_reads=8000).sample(model(3), seed=2)
    assert len(samples) == 8
    assert np.abs(samples.record.num_occurrences - 1000).max() < 6 * np.sqrt(1000)


def test_foreign_sampler_unknown_option_and_keyword_are_errors() -> None:
    with pytest.raises(ValueError, match="did you mean 'num_reads'"):
        DimodSampler("dimod:RandomSampler", {"num_read": 3})
    with pytest.raises(TypeError, match="num_sweeps"):
        DimodSampler("dimod:RandomSampler").sample(model(), num_sweeps=3)
    with pytest.raises(ValueError, match="must be importable"):
        DimodSampler("dimod:NoSuchSampler")


def test_foreign_sampler_labels_and_energies() -> None:
    bqm = model(5)
    samples = adapt(SimulatedAnnealingSampler(), num_sweeps=50).sample(bqm, num_reads=5, seed=1)
    assert samples.info["engine"].endswith("SimulatedAnnealingSampler")
    assert np.allclose(samples.record.energy, bqm.energies(samples))
