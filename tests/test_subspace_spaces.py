"""Feasible subspaces: the right points, an index that inverts them, and refusal before allocation."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy as np
import pytest

from qopt.core import BinaryProgram, UnsupportedError, make_rows
from qopt.solvers.subspace import (
    GroupSpace,
    KeyedSpace,
    PermutationSpace,
    Space,
    TranspositionMixer,
    enumerate_rows,
    flip_mixer,
    permutation_space,
    recognise,
    subset_space,
    swap_mixer,
    uniform_sample,
)

SPACES: dict[str, Space] = {
    "permutations": permutation_space(5),
    "scrambled": PermutationSpace(np.random.default_rng(0).permutation(16).reshape(4, 4)),
    "groups": GroupSpace(((4, 0), (1, 2, 6)), (3, 5)),
    "subsets": subset_space(9, 4),
    "enumerated": enumerate_rows(make_rows([[2, -3, 1, 0.5, 1, 1, -1]], lower=[-1.5], upper=[2.25])),
}


@pytest.mark.parametrize("name", SPACES)
def test_index_inverts_points(name: str) -> None:
    space = SPACES[name]
    points = space.points()
    assert points.shape == (space.size, space.num_bits)
    assert points.dtype == np.uint8
    assert len(np.unique(points, axis=0)) == space.size
    assert np.array_equal(space.index(points), np.arange(space.size))
    some = np.random.default_rng(1).integers(space.size, size=20)
    assert np.array_equal(space.points(some), points[some])
    assert str(space.size) in space.describe().replace(",", "")


@pytest.mark.parametrize("name", SPACES)
def test_points_outside_are_refused(name: str) -> None:
    space = SPACES[name]
    inside = {tuple(row) for row in space.points().tolist()}
    rng = np.random.default_rng(2)
    outside = next(row for row in rng.integers(2, size=(1000, space.num_bits)) if tuple(row) not in inside)
    with pytest.raises(ValueError, match="must"):
        space.index(outside[None])
    with pytest.raises(ValueError, match="indices must lie"):
        space.points([space.size])


@pytest.mark.parametrize("name", SPACES)
def test_uniform_samples_are_feasible_and_even(name: str) -> None:
    space = SPACES[name]
    counts = np.bincount(space.index(uniform_sample(space, 200 * space.size, np.random.default_rng(3))))
    assert len(counts) == space.size
    assert abs(((counts - 200) ** 2 / 200).sum() - space.size) < 6 * math.sqrt(2 * space.size)  # chi-square


@pytest.mark.parametrize("name", SPACES)
def test_a_pickled_space_is_the_same_and_read_only(name: str) -> None:
    space = pickle.loads(pickle.dumps(SPACES[name]))
    assert np.array_equal(space.points(), SPACES[name].points())
    for array in (getattr(space, "cells", None), getattr(space, "keys", None)):
        assert array is None or not array.flags.writeable


def test_permutations_are_lexicographic() -> None:
    expected = list(itertools.permutations(range(4)))
    assert [tuple(p) for p in permutation_space(4).permutations().tolist()] == expected


@pytest.mark.parametrize("n", range(7))
def test_subsets_of_every_weight(n: int) -> None:
    for weight in range(n + 1):
        keys = subset_space(n, weight).keys
        assert keys.tolist() == [key for key in range(2**n) if key.bit_count() == weight]


@pytest.mark.parametrize("seed", range(8))
def test_enumeration_is_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = 10, 4
    A = rng.integers(-4, 5, size=(m, n)) * (rng.random((m, n)) < 0.6)
    if seed % 2:
        A = A * 0.1  # decimal rows: 0.1 * 3 is not 0.3
    middle = (A @ rng.integers(2, size=n)).astype(float)
    rows = make_rows(A, lower=middle - np.array([0, 1, np.inf, 2]), upper=middle + np.array([0, np.inf, 1, 2]))
    X = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    expected = np.flatnonzero(BinaryProgram(c=np.zeros(n), rows=rows).feasible(X))
    assert np.array_equal(enumerate_rows(rows).keys, expected)


def test_sizes_are_refused_before_anything_is_allocated() -> None:
    with pytest.raises(UnsupportedError, match=r"n <= 10, got n = 11 \(39,916,800 states\)"):
        permutation_space(11)
    with pytest.raises(UnsupportedError, match=r"C\(30, 15\) = 155,117,520 subsets must fit in 1 MiB, got 2.311 GiB"):
        subset_space(30, 15, max_bytes=2**20)
    with pytest.raises(UnsupportedError, match="<= 4,000,000 points"):
        enumerate_rows(make_rows(np.ones((1, 40)), upper=[20]))
    with pytest.raises(UnsupportedError, match="<= 62 bits"):
        enumerate_rows(make_rows(np.ones((1, 70)), upper=[1]))
    with pytest.raises(UnsupportedError, match=r"2\*\*40 states"):
        GroupSpace(tuple(tuple(range(10 * g, 10 * g + 10)) for g in range(20)))
    with pytest.raises(UnsupportedError, match="must fit in 1 MiB"):
        TranspositionMixer(permutation_space(8), max_bytes=2**20)
    with pytest.raises(UnsupportedError, match="must fit in 1 KiB"):
        swap_mixer(subset_space(10, 5), graph="ring", max_bytes=2**10)


def test_an_empty_feasible_set_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="not be empty"):
        enumerate_rows(make_rows([[2, 2]], lower=[1], upper=[1]))


def test_moves_that_do_not_connect_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="got 10 parts"):
        flip_mixer(subset_space(5, 2))


@pytest.mark.parametrize("bad", [((0, 0), (1,)), ((0,), (2,)), ((0, 1), ())])
def test_groups_must_partition_the_bits(bad: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match="exactly once"):
        GroupSpace(bad)


def square(n: int, order: np.ndarray) -> BinaryProgram:
    """One-hot rows and columns over the cells ``order``, in shuffled order, and one capacity row."""
    cells = order.reshape(n, n)
    A = np.zeros((2 * n + 1, n * n))
    for i in range(n):
        A[2 * i, cells[i]] = 1
        A[2 * i + 1, cells[:, i]] = 1
    A[-1, cells[0]] = np.arange(n)
    upper = np.append(np.ones(2 * n), n - 2)
    return BinaryProgram(c=np.zeros(n * n), rows=make_rows(A, lower=np.append(np.ones(2 * n), -np.inf), upper=upper))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_permutations_are_recognised_from_shuffled_rows(n: int) -> None:
    program = square(n, np.random.default_rng(n).permutation(n * n))
    found = recognise(program)
    assert found.kind == "permutation"
    assert found.space.size == math.factorial(n)
    kept = np.isin(np.array(program.constraints.names), found.kept)
    assert not program.violations(found.space.points())[:, kept].any()
    assert found.left == (f"row[{2 * n}]",)


def test_the_choice_of_space_is_kept_or_refused() -> None:
    program = square(3, np.arange(9))
    assert recognise(program, "one-hot").space.size == 27
    assert recognise(program, "one-hot").kept == ("row[0]", "row[2]", "row[4]")
    enumerated = recognise(program, "enumerate")
    assert enumerated.space.size == 4  # of the 6 permutations two give cell (0, 2), weight 2 > 1
    assert enumerated.left == ()
    with pytest.raises(UnsupportedError, match="equal coefficients"):
        recognise(program, "subsets")


def test_other_rows_are_recognised() -> None:
    budget = BinaryProgram(c=np.zeros(5), rows=make_rows([[2, 2, 2, 2, 2]], lower=[4], upper=[4]))
    assert recognise(budget).kind == "subsets"
    assert recognise(budget).space.size == 10
    edge = BinaryProgram(c=np.zeros(3), rows=make_rows([[1, 1, 0]], upper=[1]))
    assert recognise(edge).kind == "enumerate"
    assert recognise(edge).space.size == 6
    free = BinaryProgram(c=np.zeros(3))
    assert recognise(free).space.size == 8
    mixed = make_rows([[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 1, 2, 3]], lower=[1, 1, 0], upper=[1, 1, 4])
    found = recognise(BinaryProgram(c=np.zeros(5), rows=mixed))
    assert isinstance(found.space, GroupSpace)
    assert found.space.groups == ((0, 1),)
    assert found.space.free == (2, 3, 4)
    assert found.left == ("row[1]", "row[2]")


def test_rows_that_nothing_can_break_count_as_kept() -> None:
    rows = make_rows([[1, 1, 1], [1, 2, 3]], lower=[1, 0], upper=[1, 6])
    found = recognise(BinaryProgram(c=np.zeros(3), rows=rows))
    assert found.left == ()


def test_keyed_points_outside_the_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="keys must lie"):
        KeyedSpace(np.array([4]), 2, "too large")
