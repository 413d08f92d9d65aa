"""Parallel tempering, isoenergetic cluster moves, and simulated bifurcation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dimod
import numpy as np
import pytest
from scipy.stats import chi2

from qopt.algorithms.enumeration import all_energies
from qopt.core import UnsupportedError
from qopt.engines.annealing import How, IsingModel
from qopt.engines.annealing import bifurcation as bifurcation_module
from qopt.engines.annealing.bifurcation import BifurcationSettings, bifurcate
from qopt.engines.annealing.tempering import TemperingSettings, _matrix, cluster_moves, temper
from qopt.solvers.classical.bifurcation import SimulatedBifurcation
from qopt.solvers.classical.tempering import ParallelTempering


def torus(side: int, seed: int) -> IsingModel:
    """Couplings +-1 on a square torus, with fields of +-1."""
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    i = np.concatenate([at.ravel(), at.ravel()])
    j = np.concatenate([np.roll(at, 1, 0).ravel(), np.roll(at, 1, 1).ravel()])
    return IsingModel.from_arrays(rng.choice([-1.0, 1.0], side * side), i, j, rng.choice([-1.0, 1.0], len(i)))


def test_cluster_moves_conserve_the_sum_of_energies_exactly() -> None:
    model = torus(6, 1)
    rng = np.random.default_rng(2)
    spins = rng.choice(np.array([-1, 1], dtype=np.int8), (36, 64))
    graph = _matrix(model)
    for _ in range(20):
        before, total = spins.copy(), model.energies(spins.T)
        seen = np.random.default_rng(3)
        order = seen.permutation(64)
        cluster_moves(spins, graph, np.random.default_rng(3))
        after = model.energies(spins.T)
        for a, b in zip(order[0::2], order[1::2]):
            assert after[a] + after[b] == total[a] + total[b]
            assert np.array_equal(np.sort(spins[:, [a, b]], axis=1), np.sort(before[:, [a, b]], axis=1))
        assert (spins != before).any()


@pytest.mark.parametrize("clusters", [True, False])
def test_every_rung_keeps_its_boltzmann_distribution(clusters: bool) -> None:
    """Three temperatures of a 3 x 3 torus against all 512 weights, with exchanges and with cluster moves."""
    model = torus(3, 4)
    half = np.array([1.6, 1.1, 0.8])
    counts = np.zeros((3, 512))
    powers = 1 << np.arange(9)

    def observe(rungs: list[Any]) -> None:
        for k, spins in enumerate(rungs):
            np.add.at(counts[k], (spins > 0) @ powers, 1)

    num_sweeps = 500 if clusters else 8000  # a cluster move takes a millisecond in Python
    settings = TemperingSettings(3, num_sweeps=num_sweeps, sweeps_per_exchange=5, clusters=clusters)
    run = temper(model, half, settings, seed=7, how=How(layout="lanes"), observe=observe)
    assert 0.2 < run.exchanged < 1
    points = 2 * ((np.arange(512)[:, None] >> np.arange(9)) & 1) - 1
    energies = model.energies(points) / model.unit
    for k, t in enumerate(half):
        weights = np.exp(-(energies - energies.min()) / (2 * t))
        expected = counts[k].sum() * weights / weights.sum()
        often = expected >= 5
        statistic = ((counts[k] - expected)[often] ** 2 / expected[often]).sum()
        assert chi2.sf(statistic, often.sum() - 1) > 1e-3


def test_tempering_finds_ground_states_and_replays() -> None:
    bqm = dimod.generators.gnp_random_bqm(14, 0.4, "BINARY", random_state=2)
    sampler = ParallelTempering(num_temperatures=6, num_sweeps=100)
    samples = sampler.sample(bqm, seed=1)
    assert samples.first.energy == pytest.approx(all_energies(bqm).min())
    assert np.array_equal(samples.record.sample, sampler.sample(bqm, seed=1).record.sample)
    assert sampler.sample(bqm, seed=1, num_reads=70).record.num_occurrences.sum() == 70


@pytest.mark.parametrize("variant", ["ballistic", "discrete"])
def test_bifurcation_finds_ground_states(variant: Any) -> None:
    for seed in range(3):
        bqm = dimod.generators.gnp_random_bqm(14, 0.5, "BINARY", random_state=seed)
        samples = SimulatedBifurcation(variant=variant, num_steps=300).sample(bqm, seed=1)
        assert samples.first.energy == pytest.approx(all_energies(bqm).min())


def test_bifurcation_itself_beats_random_points_by_far() -> None:
    """Without the descent: the mean of the agents lies far below that of random points, on both matrix forms."""
    rng = np.random.default_rng(1)
    i, j = np.triu_indices(60, 1)
    for share in (1.0, 0.05):
        keep = rng.random(len(i)) < share
        model = IsingModel.from_arrays(np.zeros(60), i[keep], j[keep], rng.choice([-1.0, 1.0], keep.sum()))
        spins, steps = bifurcate(model, BifurcationSettings(num_steps=400), agents=50, seed=3)
        random = model.energies(rng.choice([-1, 1], (2000, 60)))
        assert steps == 400
        assert model.energies(spins).mean() < random.mean() - 4 * random.std()


def test_bifurcation_replays_and_ends_early() -> None:
    model = torus(4, 1)
    one, two = (bifurcate(model, BifurcationSettings(num_steps=50), agents=5, seed=2)[0] for _ in range(2))
    assert np.array_equal(one, two)
    _, steps = bifurcate(model, BifurcationSettings(num_steps=500), agents=5, seed=2, is_over=lambda: True)
    assert 1 <= steps < 500


def test_card_without_cupy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(f"no {name}")

    monkeypatch.setattr(bifurcation_module.importlib, "import_module", missing)
    with pytest.raises(UnsupportedError, match="device must be cpu"):
        SimulatedBifurcation(device="gpu").sample(dimod.BinaryQuadraticModel({0: 1.0}, {}, 0.0, "BINARY"))


def test_the_card_runs_the_same_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy in CuPy's place: the path to the card gives what the processor gives."""
    import scipy.sparse

    class Fake:
        def __getattr__(self, name: str) -> Any:
            return np.asarray if name == "asnumpy" else getattr(np, name)

    parts = {"cupy": Fake(), "cupyx.scipy.sparse": scipy.sparse}
    monkeypatch.setattr(bifurcation_module.importlib, "import_module", lambda name: parts[name])
    model = torus(4, 1)
    on_card = bifurcate(model, BifurcationSettings(num_steps=60, device="gpu"), agents=5, seed=2)[0]
    assert np.array_equal(on_card, bifurcate(model, BifurcationSettings(num_steps=60), agents=5, seed=2)[0])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: TemperingSettings(num_temperatures=1), "num_temperatures must be >= 2"),
        (lambda: ParallelTempering(beta_range=(2.0, 1.0)), "beta_range must be"),
        (lambda: BifurcationSettings(num_steps=0), "num_steps must be >= 1"),
        (lambda: BifurcationSettings(variant="other"), "variant must be"),  # type: ignore[arg-type]
        (lambda: SimulatedBifurcation(device="tpu"), "device must be"),  # type: ignore[arg-type]
    ],
)
def test_bad_settings(make: Callable[[], object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()
