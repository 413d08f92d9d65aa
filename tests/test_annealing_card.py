"""Annealing on a card without one: kernels on an emulated card against NumPy, and NumPy against enumeration."""

from __future__ import annotations

from typing import Any

import dimod
import numpy as np
import pytest
from scipy.stats import chi2

from qopt.core import UnsupportedError
from qopt.engines.annealing import How, IsingModel, anneal, engine_of, starter
from qopt.engines.annealing.gpu import reference, replicas, tables
from qopt.engines.annealing.windows import raced_window
from qopt.engines.diagonal.gpu import device
from qopt.engines.diagonal.gpu.circuit import Tuning
from qopt.samplers import SimulatedAnnealingSampler
from qopt.solvers.classical import annealing
from qopt.solvers.classical.annealing import SimulatedAnnealing

from .emulated_card import EmulatedCard, why_not

emulated = pytest.mark.skipif(bool(why_not()), reason=why_not())

#: (n, share of pairs, largest weight, kind); n is no multiple of 4, of 32 or of a row's step.
CASES = [(37, 0.3, 1, "int8"), (35, 0.5, 60, "int16"), (33, 0.6, 4000, "int32"), (34, 0.5, 0, "float64")]
KEY = 0x0123456789ABCDEF


def model(n: int, share: float, largest: int, kind: str, seed: int = 0) -> IsingModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    keep = rng.random(len(i)) < share
    is_real = kind == "float64"
    values = rng.normal(size=keep.sum()) if is_real else rng.integers(-largest, largest + 1, keep.sum())
    h = rng.normal(size=n) if is_real else rng.integers(-largest, largest + 1, n)
    found = IsingModel.from_arrays(h, i[keep], j[keep], values)
    assert found.kind == kind
    return found


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> EmulatedCard:
    """An emulated card that ``device='gpu'`` finds."""
    made = EmulatedCard(Tuning())
    monkeypatch.setattr(device, "card", lambda number=0: made)
    monkeypatch.setattr(device, "why_missing", lambda: "")
    return made


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), 0, "5f6fb709 0d893f64 4f121f81 4f730a48"),
        ((0xFFFFFFFF,) * 4, 2**64 - 1, "5207ddc2 45165e59 4d8ee751 8c52f662"),
        ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), 0x299F31D0A4093822, "4dfccaba 190a87f0 c47362ba b6b5242a"),
    ],
)
def test_words_are_those_of_philox(counter: Any, key: int, expected: str) -> None:
    """The known answers of Random123 (kat_vectors, philox4x32 of seven rounds)."""
    assert " ".join(f"{int(word):08x}" for word in reference.philox(counter, key)) == expected


@emulated
@pytest.mark.parametrize("layout", ["lanes", "rows"])
@pytest.mark.parametrize("is_gibbs", [False, True], ids=["metropolis", "gibbs"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
def test_kernels_equal_numpy_after_every_sweep(card: EmulatedCard, case: Any, layout: Any, is_gibbs: bool) -> None:
    ising, count = model(*case), 3 if layout == "rows" else 70
    batch = starter(ising, How(layout=layout, is_gibbs=is_gibbs, device="gpu"))(np.full(count, KEY, np.uint64), None)
    spins = reference.random_spins(ising.num_variables, count, KEY)
    flips = 0
    for sweep, share in enumerate((1.0, 0.6, 0.3, 0.1)):
        t = np.array([share * ising.rms_field])
        is_last = share == 0.1
        batch.advance(t, descend=is_last)
        descent = -1.0 if case[3] != "float64" else -1e-9 * float(ising.largest_fields.max())
        flips += reference.anneal(
            ising, spins, KEY, t, first_sweep=sweep, descent=descent if is_last else 0.0, is_gibbs=is_gibbs
        )
        assert np.array_equal(batch.points(), spins)
    assert np.array_equal(np.unique(spins), [-1, 1])
    if count % 32 == 0 or layout == "rows":  # idle lanes flip too
        assert batch.flips == flips
    assert batch.attempts >= 4 * count * ising.num_variables
    fields = (
        ising.field
        + np.stack([spins[:, ising.col[a:b]] @ ising.weight[a:b] for a, b in zip(ising.ptr, ising.ptr[1:])]).T
    )
    assert (-spins * fields > -1e-6).all()  # no single flip lowers the energy


@emulated
def test_pieces_and_launches_change_nothing(card: EmulatedCard, monkeypatch: pytest.MonkeyPatch) -> None:
    ising, t = model(*CASES[0]), np.linspace(2.0, 0.3, 9)
    monkeypatch.setattr(replicas, "POINT_BYTES", 300)
    spins = reference.random_spins(37, 40, KEY)
    reference.anneal(ising, spins, KEY, t)
    for sweeps in (4096, 4, 2):
        monkeypatch.setattr(replicas, "LAUNCH_SWEEPS", sweeps)
        batch = starter(ising, How(layout="lanes", device="gpu"))(np.full(40, KEY, np.uint64), None)
        batch.advance(t[:5])
        batch.advance(t[5:])
        assert np.array_equal(batch.points(), spins)


@emulated
def test_initial_states_and_a_frozen_start(card: EmulatedCard) -> None:
    ising = model(*CASES[0])
    initial = np.random.default_rng(3).choice(np.array([-1, 1], np.int8), (45, 37))
    for layout in ("lanes", "rows"):
        how = How(layout=layout, device="gpu")  # type: ignore[arg-type]
        for t in (np.zeros(0), np.zeros(1)):
            found = anneal(ising, t, 45, seed=1, how=how, initial=initial)
            before, after = ising.energies(initial), ising.energies(found.spins)
            assert np.array_equal(found.spins, initial) == (not len(t))
            assert (after <= before).all()


@emulated
def test_anneals_replay_and_reach_ground_states(card: EmulatedCard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads are cut into batches; more of them do not change those before, and the seed says all."""
    monkeypatch.setitem(replicas.BATCHES, "lanes", 64)
    ising, t = model(14, 0.4, 1, "int8"), np.linspace(2.0, 0.2, 30)
    how = How(descend=True, device="gpu")
    one, two = (anneal(ising, t, count, seed=5, how=how) for count in (40, 100))
    assert one.spins.shape == (40, 14)
    assert two.spins.shape == (100, 14)
    hot = [
        anneal(ising, np.full(3, 2.0), count, seed=seed, how=how).spins for count, seed in ((40, 5), (100, 5), (40, 6))
    ]
    assert np.array_equal(hot[1][:40], hot[0])
    assert not np.array_equal(hot[2], hot[0])
    assert len(np.unique(hot[1], axis=0)) > 1
    points = 2 * ((np.arange(2**14)[:, None] >> np.arange(14)) & 1) - 1
    assert ising.energies(two.spins).min() == ising.energies(points).min()


@pytest.mark.parametrize("case", [(8, 1.0, *case[2:]) for case in CASES], ids=lambda case: case[3])
@pytest.mark.parametrize("is_gibbs", [False, True], ids=["metropolis", "gibbs"])
def test_constant_temperature_gives_the_boltzmann_distribution(case: Any, is_gibbs: bool) -> None:
    """100,000 samples of the NumPy kernels, ten sweeps apart, against all 2**8 weights."""
    n, _, largest, kind = case
    rng = np.random.default_rng(5)
    i, j = np.triu_indices(n, 1)
    largest = 40_000 if kind == "int32" else largest
    draw = (lambda k: rng.normal(size=k)) if kind == "float64" else (lambda k: largest * rng.choice([-1, 1], size=k))
    values = draw(len(i))
    values[0] = 1.0  # so that the weights have no common divisor
    ising = IsingModel.from_arrays(draw(n), i, j, values)
    assert ising.kind == kind
    t, size = ising.rms_field, 10_000
    spins, counts = reference.random_spins(n, size, KEY), np.zeros(2**n)
    reference.anneal(ising, spins, KEY, np.full(60, t), is_gibbs=is_gibbs)
    for part in range(10):
        reference.anneal(ising, spins, KEY, np.full(10, t), first_sweep=60 + 10 * part, is_gibbs=is_gibbs)
        counts += np.bincount((spins > 0) @ (1 << np.arange(n)), minlength=2**n)
    points = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
    weights = np.exp(-ising.energies(points) / ising.unit / (2 * t))
    expected = counts.sum() * weights / weights.sum()
    often = expected >= 5
    statistic = ((counts - expected)[often] ** 2 / expected[often]).sum()
    assert chi2.sf(statistic, often.sum() - 1) > 1e-3


def test_levels_are_the_probabilities_of_a_flip() -> None:
    ising = model(*CASES[0])
    for is_gibbs in (False, True):
        levels = tables.rules(ising, np.array([0.0, 0.5, 1e30]), is_gibbs)
        rises = np.arange(-128, 128)
        wanted = 1 / (1 + np.exp(rises / 0.5)) if is_gibbs else np.exp(-np.maximum(rises, 0) / 0.5)
        np.testing.assert_allclose(levels[1] / 2**32, wanted, rtol=0, atol=2.0**-32)
        assert (levels[0, 129:] == 0).all()
        assert (levels[0, :128] == 2**32 - 1).all()


@emulated
def test_samplers_take_the_card(card: EmulatedCard) -> None:
    bqm = dimod.generators.gnp_random_bqm(12, 0.4, "BINARY", random_state=2)
    lowest = dimod.ExactSolver().sample(bqm).first.energy
    for seconds in (None, 0.5):
        samples = SimulatedAnnealing(device="gpu", num_reads=40, num_sweeps=40).sample(bqm, seed=1, seconds=seconds)
        assert samples.first.energy == pytest.approx(lowest)
        assert samples.info["engine"] == "annealing, gpu (emulated card)"
        assert samples.record.num_occurrences.sum() == 40
    ocean = SimulatedAnnealingSampler(device="gpu")
    found = ocean.sample(bqm, num_reads=40, num_sweeps=40, seed=1)
    assert found.first.energy == pytest.approx(lowest)
    assert ocean.properties["engine"] == "gpu (emulated card)"
    assert engine_of(How(device="gpu")) == "gpu (emulated card)"


@emulated
def test_a_time_limit_without_a_count_ends_when_the_points_fill_their_room(
    card: EmulatedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(replicas.BATCHES, "lanes", 32)
    monkeypatch.setattr(annealing, "CARD_POINTS", 12 * 32 * 3 + 5)
    bqm = dimod.generators.gnp_random_bqm(12, 0.4, "BINARY", random_state=2)
    samples = SimulatedAnnealing(device="gpu", num_sweeps=5).sample(bqm, seed=1, seconds=60)
    assert samples.record.num_occurrences.sum() == 96


def test_both_devices_anneal_at_the_same_temperatures() -> None:
    ising = model(40, 0.2, 1, "int8")
    windows = [raced_window(ising, 300, 100, 7, How(device=name)) for name in ("cpu", "gpu")]  # type: ignore[arg-type]
    assert windows[0] == windows[1]


def test_the_dense_layout_is_taken_where_it_pays() -> None:
    assert replicas.layout_of(model(60, 0.9, 1, "int8"), None) == "rows"
    assert replicas.layout_of(model(60, 0.1, 1, "int8"), None) == "lanes"
    assert replicas.layout_of(model(700, 0.08, 1, "int8"), None) == "rows"
    assert replicas.layout_of(model(700, 0.08, 100, "int16"), None) == "lanes"  # a row of J is four times as long
    assert replicas.layout_of(model(20, 1.0, 1, "int8"), None) == "lanes"  # too few to fill a warp


@emulated
def test_a_model_beyond_the_card_is_refused(card: EmulatedCard, monkeypatch: pytest.MonkeyPatch) -> None:
    ising = model(*CASES[0])
    monkeypatch.setattr(card, "memory", 64)
    with pytest.raises(UnsupportedError, match="couplings must fit in the free memory of emulated card, 64 bytes"):
        anneal(ising, np.ones(1), 10, seed=1, how=How(device="gpu"))
    monkeypatch.setattr(replicas, "BLOCK_BYTES", 100)
    with pytest.raises(UnsupportedError, match="layout must be lanes"):
        anneal(ising, np.ones(1), 10, seed=1, how=How(layout="rows", device="gpu"))


def test_no_card_and_no_engine_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "why_missing", lambda: "no CuPy")
    bqm = dimod.BinaryQuadraticModel({0: 1.0}, {}, 0.0, "BINARY")
    for seconds in (None, 0.1):
        with pytest.raises(UnsupportedError, match=r"device must be cpu here, got 'gpu' \(no CuPy"):
            SimulatedAnnealing(device="gpu").sample(bqm, seed=1, seconds=seconds)
    with pytest.raises(UnsupportedError, match="device must be cpu here"):
        SimulatedAnnealingSampler(device="gpu").sample(bqm, seed=1)
    for options in ({"device": "tpu"}, {"engine": "numpy"}, {"engine": "dwave"}, {"randomize_order": True}):
        with pytest.raises(ValueError, match="must be"):
            SimulatedAnnealing(**{"device": "gpu", **options})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="randomize_order must be False on a card"):
        SimulatedAnnealingSampler(device="gpu").sample(bqm, seed=1, randomize_order=True)
