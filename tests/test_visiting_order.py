"""The order of visits of a sparse model: neighbours apart, the same energies, spins in the caller's order."""

from __future__ import annotations

from typing import Any

import numpy as np

from qopt.engines.annealing import How, IsingModel, anneal
from qopt.engines.annealing.order import APART


def torus(rows: int, columns: int) -> IsingModel:
    place = np.arange(rows * columns).reshape(rows, columns)
    pairs = [np.stack([place, np.roll(place, -1, axis)], -1).reshape(-1, 2) for axis in (0, 1)]
    tail, head = np.concatenate(pairs).T
    rng = np.random.default_rng(1)
    h = rng.choice([-1.0, 1.0], place.size)  # odd beside four couplings: no local field is 0
    return IsingModel.from_arrays(h, tail, head, rng.choice([-1.0, 1.0], len(tail)))


def test_neighbours_are_visited_apart() -> None:
    model = torus(20, 40)
    order, _ = model.visited
    assert order is not None
    assert sorted(order) == list(range(800))
    place = np.argsort(order)
    tail = np.repeat(np.arange(800), np.diff(model.ptr))
    assert (np.abs(place[tail] - place[model.col]) < APART).mean() < 0.01


def test_models_that_gain_nothing_keep_their_order() -> None:
    rng = np.random.default_rng(2)
    shuffled = rng.permutation(800)
    model = torus(20, 40)
    assert model.reordered(shuffled).visited[0] is None
    assert torus(5, 40).visited[0] is None  # few variables
    every = np.triu_indices(600, 1)
    assert IsingModel.from_arrays(np.zeros(600), *every, np.ones(len(every[0]))).visited[0] is None


def test_a_reordered_model_has_the_energies_of_its_points() -> None:
    rng = np.random.default_rng(3)
    model, order = torus(7, 9), rng.permutation(63)
    other = model.reordered(order)
    spins = rng.choice([-1, 1], (20, 63)).astype(np.int8)
    assert np.array_equal(other.energies(spins[:, order]), model.energies(spins))
    assert other.kind == model.kind
    assert np.array_equal(other.largest_fields, model.largest_fields[order])


def test_spins_come_back_in_the_models_own_order() -> None:
    model = torus(20, 40)
    assert model.visited[0] is not None
    found = anneal(model, np.linspace(2, 0.1, 20), 5, seed=1, how=How(descend=True)).spins
    lowest = model.energies(found)
    for i in range(0, 800, 7):  # a minimum of the model as it was given
        flipped = found.copy()
        flipped[:, i] *= -1
        assert (model.energies(flipped) >= lowest).all()
    again = anneal(model, np.full(3, 1e-9), 5, seed=2, initial=found)
    assert np.array_equal(again.spins, found)
    heard: list[Any] = []
    how = How(descend=True)
    anneal(model, np.linspace(2, 0.1, 20), 5, seed=1, how=how, heard=lambda share, spins: heard.append(spins))
    assert np.array_equal(heard[-1][:5], found)
