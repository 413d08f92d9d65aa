"""Pauli propagation: exact where nothing is dropped, told where something is, and never further off than its bound."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.engines import diagonal
from qopt.engines.pauli import Observable, Truncation, propagate
from qopt.engines.pauli.strings import Strings, bits, mask_of, merged

GAMMAS, BETAS = np.array([0.35, 0.6, 0.8]), np.array([0.55, 0.4, 0.2])


def cost(n: int, density: float, seed: int = 1, *, has_fields: bool = True) -> Observable:
    rng = np.random.default_rng(seed)
    rows, columns = np.triu_indices(n, 1)
    keep = rng.random(len(rows)) < density
    fields = rng.normal(size=n) if has_fields else np.zeros(n)
    return Observable(fields, rows[keep], columns[keep], rng.normal(size=int(keep.sum())))


def exact(model: Observable, p: int, scale: float = 1.0) -> float:
    spins = 1 - 2 * diagonal.indices_to_bits(np.arange(2**model.n), model.n).astype(float)
    energies = spins @ model.fields + (spins[:, model.rows] * spins[:, model.columns]) @ model.values
    whole = diagonal.CostDiagonal.from_values(energies)
    return diagonal.expectation(diagonal.evolve(whole, scale * GAMMAS[:p], BETAS[:p]), whole)


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize(("n", "density"), [(1, 0.0), (6, 1.0), (8, 0.35), (10, 0.2)])
def test_with_nothing_dropped_it_is_the_engine(n: int, density: float, p: int) -> None:
    model = cost(n, density)
    found = propagate(model, GAMMAS[:p], BETAS[:p], Truncation())
    assert found.is_exact
    assert found.dropped == 0
    assert found.value == pytest.approx(exact(model, p), abs=1e-10)


def test_one_layer_is_exact_on_a_complete_graph_whatever_is_kept() -> None:
    model = cost(12, 1.0, has_fields=False)
    found = propagate(model, GAMMAS[:1], BETAS[:1], Truncation(max_weight=2))
    assert found.is_exact
    assert found.value == pytest.approx(exact(model, 1), abs=1e-10)
    assert found.most_strings <= 4 * len(model.values)


@pytest.mark.parametrize(
    "truncation", [Truncation(max_weight=3), Truncation(min_value=0.02), Truncation(max_strings=200)]
)
def test_what_is_dropped_is_told_and_bounds_the_error(truncation: Truncation) -> None:
    model = cost(9, 1.0)
    for p in (2, 3):
        found = propagate(model, 0.3 * GAMMAS[:p], BETAS[:p], truncation)
        error = abs(found.value - exact(model, p, 0.3))
        assert not found.is_exact
        assert found.dropped > 0
        assert error <= found.bound
        assert error > 0


def test_the_error_falls_with_the_weight() -> None:
    model = cost(8, 1.0, has_fields=False)
    errors = [
        abs(propagate(model, 0.2 * GAMMAS[:2], BETAS[:2], Truncation(max_weight=k)).value - exact(model, 2, 0.2))
        for k in (2, 4, 6, 8)
    ]
    assert errors[1] < errors[0]
    assert errors[2] < errors[1]
    assert errors[3] < 1e-10


def test_max_strings_is_a_limit() -> None:
    found = propagate(cost(10, 1.0), GAMMAS[:2], BETAS[:2], Truncation(max_strings=100))
    assert found.most_strings <= 100


def test_pairs_of_another_observable() -> None:
    model = cost(8, 0.5)
    pair = Observable(np.zeros(8), np.array([0]), np.array([5]), np.array([1.0]))
    spins = 1 - 2 * diagonal.indices_to_bits(np.arange(2**8), 8).astype(float)
    energies = spins @ model.fields + (spins[:, model.rows] * spins[:, model.columns]) @ model.values
    state = diagonal.evolve(diagonal.CostDiagonal.from_values(energies), GAMMAS[:2], BETAS[:2])
    found = propagate(model, GAMMAS[:2], BETAS[:2], Truncation(), pair)
    assert found.value == pytest.approx(float(state.probabilities() @ (spins[:, 0] * spins[:, 5])), abs=1e-10)


def test_many_words_hold_a_ring_of_150() -> None:
    n = 150
    ring = Observable(np.zeros(n), np.arange(n), np.roll(np.arange(n), -1), np.ones(n))
    small = Observable(np.zeros(12), np.arange(12), np.roll(np.arange(12), -1), np.ones(12))
    for p in (1, 2):
        found = propagate(ring, GAMMAS[:p], BETAS[:p], Truncation())
        assert found.is_exact
        assert found.value / n == pytest.approx(exact(small, p) / 12, abs=1e-10)  # its cones are shorter than both


def test_equal_keys_of_different_strings_are_not_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qopt.engines.pauli.strings._MIX", np.uint64(0))
    masks = np.array([[1], [2], [1], [3]], dtype=np.uint64)
    found = merged(Strings(masks, masks, np.array([1.0, 2.0, 3.0, 4.0])))
    assert dict(zip(found.x[:, 0].tolist(), found.values.tolist())) == {1: 4.0, 2: 2.0, 3: 4.0}


def test_masks_and_bits_are_inverse() -> None:
    assert np.flatnonzero(bits(mask_of((3, 64, 130), 3)[None], 140)[0]).tolist() == [3, 64, 130]


@pytest.mark.parametrize("wrong", [{"max_weight": 0}, {"min_value": 1.0}, {"max_strings": 0}])
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Truncation(**wrong)  # type: ignore[arg-type]
