"""Kernels of the annealing engine: compiled ones against NumPy, both against enumeration, the same for any threads."""

from __future__ import annotations

from typing import Any

import dimod
import numpy as np
import pytest

from qopt.core import UnsupportedError
from qopt.engines.annealing import How, IsingModel, Replicas, anneal, kernels, start
from qopt.engines.annealing import engine as engine_module
from qopt.engines.annealing.reference import Counter, minus_log, variates
from qopt.engines.annealing.windows import WINDOWS, half_temperatures, raced_window, to_betas
from tests.boltzmann import chance

compiled = pytest.mark.skipif(not kernels(), reason="the extension was not built")

#: (n, share of pairs, largest weight, kind): one model a kernel.
CASES = [(20, 0.3, 1, "int8"), (24, 0.5, 60, "int16"), (20, 0.6, 4000, "int32"), (18, 0.5, 0, "float64")]


def model(n: int, share: float, largest: int, kind: str, seed: int = 0) -> IsingModel:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    keep = rng.random(len(i)) < share
    real = kind == "float64"
    values = rng.normal(size=keep.sum()) if real else rng.integers(-largest, largest + 1, keep.sum())
    h = rng.normal(size=n) if real else rng.integers(-largest, largest + 1, n)
    found = IsingModel.from_arrays(h, i[keep], j[keep], values)
    assert found.kind == kind
    return found


def words(count: int, seed: int = 1) -> Any:
    return np.random.SeedSequence(seed).generate_state(count, np.uint64)


@compiled
@pytest.mark.parametrize("name", kernels())
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
@pytest.mark.parametrize(
    "how",
    [{"layout": "lanes"}, {"layout": "rows"}, {"layout": "lanes", "is_gibbs": True}, {"shuffle": True}],
    ids=["lanes", "rows", "gibbs", "shuffled"],
)
def test_compiled_equals_numpy_after_every_sweep(name: str, case: Any, how: dict[str, Any]) -> None:
    ising = model(*case)
    ours = start(ising, How(kernels=name, **how), words(3))
    reference = start(ising, How(engine="numpy", **how), words(3))
    for t in (1.0, 0.6, 0.3, 0.1):
        for batch in (ours, reference):
            batch.advance(np.array([t * ising.rms_field]), descend=t == 0.1)
        assert np.array_equal(ours.spins, reference.spins)
        assert np.array_equal(ours.pool, reference.pool)
        assert np.array_equal(ours.words, reference.words)
        assert (ours.attempts, ours.flips) == (reference.attempts, reference.flips)


@compiled
@pytest.mark.parametrize("case", [(8, 1.0, *case[2:]) for case in CASES], ids=lambda case: case[3])
@pytest.mark.parametrize(
    "how",
    [{"layout": "lanes"}, {"layout": "rows"}, {"layout": "lanes", "is_gibbs": True}, {"shuffle": True}],
    ids=["lanes", "rows", "gibbs", "shuffled"],
)
def test_constant_temperature_gives_the_boltzmann_distribution(case: Any, how: dict[str, Any]) -> None:
    """A million samples (fewer of lanes' variants), ten sweeps apart, against all 2**8 weights."""
    n, _, largest, kind = case
    largest = 40_000 if kind == "int32" else largest
    num_samples = 1e6 if how == {"layout": "rows"} or (how == {"layout": "lanes"} and kind != "float64") else 2e5
    rng = np.random.default_rng(5)
    i, j = np.triu_indices(n, 1)
    draw = (lambda k: rng.normal(size=k)) if kind == "float64" else (lambda k: largest * rng.choice([-1, 1], size=k))
    extra = [1.0] if kind in ("int16", "int32") else []  # so that the weights have no common divisor
    values = draw(len(i))
    values[: len(extra)] = extra
    ising = IsingModel.from_arrays(draw(n), i, j, values)
    assert ising.kind == kind
    t = ising.rms_field
    batch = start(ising, How(**how), words(1024 if how.get("layout") == "rows" else 1))
    batch.advance(np.full(100, t))
    counts = np.zeros(2**n)
    while counts.sum() < num_samples:
        batch.advance(np.full(10, t))
        counts += np.bincount((batch.points() > 0) @ (1 << np.arange(n)), minlength=2**n)
    assert chance(ising, t, counts) > 1e-3


def test_a_wrong_temperature_fails_the_same_test() -> None:
    """The planted fault: thresholds a twentieth too high are seen by the chi-square of 200,000 samples."""
    ising = IsingModel.from_arrays([1, -1, 1, 1], [0, 0, 1, 2], [1, 2, 3, 3], [1, -1, 1, 1])
    batch = start(ising, How(layout="rows"), words(1024))
    counts = np.zeros(16)
    for _ in range(200):
        batch.advance(np.full(10, 1.05))
        counts += np.bincount((batch.points() > 0) @ (1 << np.arange(4)), minlength=16)
    assert chance(ising, 1.0, counts) < 1e-3


def test_variates_are_exponential_and_logistic() -> None:
    found = variates(Counter(7).words(200_000), False).astype(np.float64)
    assert abs(found.mean() - 1) < 6 / np.sqrt(len(found))
    assert abs((found > 2).mean() - np.exp(-2)) < 6 * np.sqrt(np.exp(-2) / len(found))
    logistic = variates(Counter(8).words(200_000), True).astype(np.float64)
    assert abs((logistic > 1).mean() - 1 / (1 + np.e)) < 6 * np.sqrt(0.2 / len(logistic))


def test_logarithm_is_good_to_seven_digits() -> None:
    x = np.linspace(1e-6, 1 - 1e-6, 100_001).astype(np.float32)
    exact = -np.log(x.astype(np.float64))
    assert np.abs(minus_log(x) - exact).max() < 3e-6
    assert (np.abs(minus_log(x) - exact) / exact).max() < 1e-5


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[3])
@pytest.mark.parametrize("layout", ["lanes", "rows"])
def test_threads_and_pieces_change_nothing(case: Any, layout: Any) -> None:
    ising = model(*case)
    t = np.linspace(1, 0.1, 12) * ising.rms_field
    alone = anneal(ising, t, 150, seed=3, how=How(layout=layout))
    together = anneal(ising, t, 150, seed=3, how=How(layout=layout, threads=4))
    assert np.array_equal(alone.spins, together.spins)
    assert alone.attempts == together.attempts
    assert np.array_equal(anneal(ising, t, 20, seed=3, how=How(layout=layout)).spins, alone.spins[:20])
    whole, pieces = (start(ising, How(layout=layout), words(8)) for _ in range(2))
    whole.advance(t)
    for part in np.split(t, 4):
        pieces.advance(part)
    assert np.array_equal(whole.spins, pieces.spins)


def test_initial_states_and_a_frozen_start() -> None:
    ring = IsingModel.from_arrays(np.zeros(6), range(6), [1, 2, 3, 4, 5, 0], np.ones(6))
    ground = np.tile([1, -1], 3).astype(np.int8)[None]
    for layout in ("lanes", "rows"):
        found = anneal(ring, np.full(5, 1e-9), 1, seed=1, how=How(layout=layout), initial=ground)
        assert np.array_equal(found.spins, ground)


def test_descent_ends_in_a_minimum() -> None:
    for case in CASES:
        ising = model(*case)
        for layout in ("lanes", "rows"):
            spins = anneal(ising, np.array([ising.rms_field]), 30, seed=1, how=How(layout=layout, descend=True)).spins
            energies = ising.energies(spins)
            for i in range(ising.num_variables):
                flipped = spins.copy()
                flipped[:, i] *= -1
                assert (ising.energies(flipped) >= energies - 1e-6).all()


def test_kind_is_the_narrowest_that_is_exact() -> None:
    def kind(values: list[float]) -> str:
        return IsingModel.from_arrays(np.zeros(3), [0, 1], [1, 2], values).kind

    assert kind([63, 1]) == "int8"
    assert kind([126, 2]) == "int8"  # divided by two
    assert kind([127, 1]) == "int16"
    assert kind([0.25, 1.5]) == "int8"
    assert kind([16383, 1]) == "int16"
    assert kind([40000, 1]) == "int32"
    assert kind([2.0**30, 1]) == "float64"
    assert kind([0.1, 1]) == "float64"
    assert IsingModel.from_arrays([0, 0], [], [], []).rms_field == 1.0


def test_fields_never_overflow_at_the_limit() -> None:
    """All neighbours aligned: the largest field of each kind, with the signs that reach it."""
    for weights in ([1.0] * 127, [32.0] + [1.0] * 95, [16383.0, 16383.0, 1.0], [2.0**28, 2.0**28, 1.0]):
        hub = IsingModel.from_arrays(
            np.zeros(len(weights) + 1), [0] * len(weights), range(1, len(weights) + 1), weights
        )
        for layout in ("lanes", "rows"):
            spins = anneal(
                hub, np.linspace(1, 0.05, 60) * hub.rms_field, 20, seed=1, how=How(layout=layout, descend=True)
            )
            assert hub.energies(spins.spins).min() == -sum(weights)


def test_energies_are_those_of_dimod() -> None:
    bqm = dimod.generators.gnp_random_bqm(15, 0.5, "BINARY", random_state=1)
    ising = IsingModel.from_bqm(bqm)
    Z = np.random.default_rng(0).integers(0, 2, (20, 15))
    energies = ising.energies(2 * Z - 1) + bqm.spin.offset
    assert energies == pytest.approx(bqm.energies((Z, list(bqm.variables))))


def test_race_takes_one_of_the_windows_and_replays() -> None:
    ising = model(*CASES[1])
    found = raced_window(ising, 1000, 200, 5, How())
    assert found in [(a * ising.rms_field, b * ising.rms_field) for a, b in WINDOWS]
    assert found == raced_window(ising, 1000, 200, 5, How())
    assert raced_window(ising, 100, 200, 5, How()) == pytest.approx(np.array(WINDOWS[0]) * ising.rms_field)


def test_schedules_meet_the_range() -> None:
    ising = model(*CASES[1])
    for schedule in ("temperature", "geometric", "linear"):
        t = half_temperatures(ising, 0.01, 2.0, 7, schedule)  # type: ignore[arg-type]
        assert to_betas(ising, t)[0] == pytest.approx(0.01)
        assert to_betas(ising, t)[-1] == pytest.approx(2.0)
        assert (np.diff(t) < 0).all()


def test_zero_beta_is_random_and_infinite_temperature_is_no_error() -> None:
    ising = model(*CASES[0])
    spins = anneal(ising, half_temperatures(ising, 0.0, 0.0, 4, "linear"), 640, seed=1).spins
    assert abs(spins.mean()) < 6 / np.sqrt(spins.size)


def test_compiled_engine_that_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_engine", None)
    assert engine_module.engine_name() == "numpy"
    assert engine_module.kernels() == []
    with pytest.raises(UnsupportedError, match="engine must be one that was built"):
        engine_module.engine_name("compiled")


@compiled
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"col": np.array([5], dtype=np.int32)}, "another variable"),
        ({"col": np.array([0], dtype=np.int32)}, "another variable"),
        ({"ptr": np.array([0, 1], dtype=np.int32)}, "n \\+ 1 numbers"),
        ({"weight": np.array([1.0])}, "of type b"),
        ({"pool": np.zeros(100, dtype=np.float32)}, "power of two"),
    ],
)
def test_kernels_refuse_wrong_buffers(change: dict[str, Any], text: str) -> None:
    given: dict[str, Any] = {
        "ptr": np.array([0, 1, 1], dtype=np.int32),
        "col": np.array([1], dtype=np.int32),
        "weight": np.array([1], dtype=np.int8),
        "field": np.zeros(2, dtype=np.int8),
        "spins": np.ones((2, 64), dtype=np.int8),
        "words": np.zeros(1, dtype=np.uint64),
        "pool": np.zeros(1088, dtype=np.float32),
        "t": np.ones(1),
    } | change
    with pytest.raises(ValueError, match=text):
        engine_module._engine.anneal("base", "int8", False, *given.values(), 0.0, True, True, False, False)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="threads must be >= 1"):
        How(threads=0)
    with pytest.raises(ValueError, match="shuffle must be False"):
        How(layout="rows", shuffle=True)
    assert isinstance(start(model(*CASES[0]), How(), words(1)), Replicas)
