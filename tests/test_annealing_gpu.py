"""Annealing on a real card: bit for bit the NumPy kernels, the Boltzmann distribution, and the samplers."""

from __future__ import annotations

from typing import Any

import dimod
import numpy as np
import pytest

from qopt.engines.annealing import How, IsingModel, anneal, starter
from qopt.engines.annealing.gpu import reference, replicas
from qopt.engines.diagonal.gpu import device
from qopt.samplers import SimulatedAnnealingSampler
from qopt.solvers.classical.annealing import FEW_CARD_READS, SimulatedAnnealing
from tests.boltzmann import chance

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(bool(device.why_missing()), reason=device.why_missing())]

KEY = 0x0123456789ABCDEF
KINDS = {"int8": 1, "int16": 60, "int32": 40_000, "float64": 0}


def model(n: int, share: float, kind: str, seed: int = 0) -> IsingModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    keep = rng.random(len(i)) < share
    largest = KINDS[kind]
    draw = (lambda k: rng.normal(size=k)) if kind == "float64" else (lambda k: rng.integers(-largest, largest + 1, k))
    found = IsingModel.from_arrays(draw(n), i[keep], j[keep], draw(keep.sum()))
    assert found.kind == kind
    return found


@pytest.mark.parametrize("layout", ["lanes", "rows"])
@pytest.mark.parametrize("is_gibbs", [False, True], ids=["metropolis", "gibbs"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_card_equals_numpy_after_every_sweep(kind: str, layout: Any, is_gibbs: bool) -> None:
    """Lanes to the last bit; rows of doubles add up differently, which few of the flips may show."""
    ising, count = model(101, 0.3, kind), 1000
    batch = starter(ising, How(layout=layout, is_gibbs=is_gibbs, device="gpu"))(np.full(count, KEY, np.uint64), None)
    spins = reference.random_spins(ising.num_variables, count, KEY)
    for sweep, share in enumerate((1.0, 0.6, 0.3, 0.1)):
        t = np.array([share * ising.rms_field])
        batch.advance(t)
        reference.anneal(ising, spins, KEY, t, first_sweep=sweep, is_gibbs=is_gibbs)
        if kind == "float64" and layout == "rows":
            assert (batch.points() == spins).mean() > 0.999
        else:
            assert np.array_equal(batch.points(), spins)


@pytest.mark.parametrize("n", [1, 31, 2000, 9000])
def test_layouts_launches_and_memory_change_nothing(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both layouts and pieces of launches: the same reads."""
    rng = np.random.default_rng(n)
    i, j = rng.integers(0, n, (2, 3 * n))
    edges = np.unique(np.sort(np.stack([i, j])[:, i != j], axis=0), axis=1)
    ising = IsingModel.from_arrays(np.zeros(n) + 1, *edges, rng.choice([-1.0, 1.0], edges.shape[1]))
    t = np.linspace(2, 0.1, 20) * ising.rms_field
    found = []
    for layout, sweeps in (("lanes", 4096), ("lanes", 7), ("rows", 4096), ("rows", 7)):
        monkeypatch.setattr(replicas, "LAUNCH_SWEEPS", sweeps)
        how = How(layout=layout, descend=True, device="gpu")  # type: ignore[arg-type]
        found.append(anneal(ising, t, 200, seed=3, how=how).spins)
    for other in found[1:]:
        assert np.array_equal(other, found[0])


@pytest.mark.parametrize("layout", ["lanes", "rows"])
@pytest.mark.parametrize("is_gibbs", [False, True], ids=["metropolis", "gibbs"])
@pytest.mark.parametrize("kind", KINDS)
def test_constant_temperature_gives_the_boltzmann_distribution(kind: str, layout: Any, is_gibbs: bool) -> None:
    """A million samples, twenty sweeps apart, against all 2**10 weights."""
    n, size = 10, 1 << 16
    ising = model(n, 1.0, kind, seed=5)
    t = ising.rms_field
    batch = starter(ising, How(layout=layout, is_gibbs=is_gibbs, device="gpu"))(np.full(size, KEY, np.uint64), None)
    batch.advance(np.full(100, t))
    counts = np.zeros(2**n)
    for _ in range(16):
        batch.advance(np.full(20, t))
        counts += np.bincount((batch.points() > 0) @ (1 << np.arange(n)), minlength=2**n)
    assert counts.sum() > 1e6
    assert chance(ising, t, counts) > 1e-3


def test_thousands_of_reads_are_as_good_as_the_processors() -> None:
    """The same temperatures: mean energies of 4,000 reads within five standard errors."""
    for share in (0.05, 1.0):
        ising = model(200, share, "int8" if share < 1 else "int16", seed=2)
        t = np.linspace(0.4, 0.02, 200) * ising.rms_field
        means, errors = [], []
        for name in ("cpu", "gpu"):
            how = How(descend=True, device=name)  # type: ignore[arg-type]
            energies = ising.energies(anneal(ising, t, 4000, seed=1, how=how).spins)
            means.append(energies.mean())
            errors.append(energies.std() / np.sqrt(4000))
        assert abs(means[0] - means[1]) < 5 * np.hypot(*errors)


def test_samplers_take_the_card() -> None:
    bqm = dimod.generators.gnp_random_bqm(16, 0.4, "BINARY", random_state=2)
    lowest = dimod.ExactSolver().sample(bqm).first.energy
    for seconds in (None, 1.0):
        samples = SimulatedAnnealing(device="gpu", num_reads=2000, num_sweeps=100).sample(bqm, seed=1, seconds=seconds)
        assert samples.first.energy == pytest.approx(lowest)
        assert samples.info["engine"].startswith("annealing, gpu (")
        assert samples.record.num_occurrences.sum() == 2000
    found = SimulatedAnnealingSampler(device="gpu").sample(bqm, num_reads=2000, num_sweeps=100, seed=1)
    assert found.first.energy == pytest.approx(lowest)
    np.testing.assert_allclose(found.record.energy, bqm.energies(found), atol=1e-9)


def test_a_time_limit_without_a_count_ends() -> None:
    bqm = dimod.generators.gnp_random_bqm(300, 0.02, "SPIN", random_state=2)
    samples = SimulatedAnnealing(device="gpu", num_sweeps=100).sample(
        bqm.change_vartype("BINARY", inplace=False), seed=1, seconds=1.0
    )
    assert samples.record.num_occurrences.sum() >= FEW_CARD_READS
