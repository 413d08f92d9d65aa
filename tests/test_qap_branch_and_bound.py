"""QAP branch and bound: brute force on small matrices of every kind, published optima, and honest time limits."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from qopt.algorithms.exchanges import exchange_deltas, permutation_values
from qopt.solvers.native.qap import branch_and_bound as lawler
from qopt.solvers.native.qap.bound import forced_increases, reduce_nodes
from qopt.solvers.native.qap.branch_and_bound import gilmore_lawler_bound, solve_qap
from qopt.solvers.native.qap.symmetry import automorphisms, is_repeated, value_step
from qopt.solvers.native.qap.tabu import tabu_search


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.array(path.read_text().split(), dtype=np.int64)
    n = int(numbers[0])
    return numbers[1 : 1 + n * n].reshape(n, n), numbers[1 + n * n : 1 + 2 * n * n].reshape(n, n)


def _matrix(rng: np.random.Generator, n: int) -> np.ndarray:
    """Dense, sparse, path, ring or oriented ring: with negative entries, diagonals and many automorphisms."""
    place = rng.permutation(n)
    ahead = place[:, None] - place[None, :]
    kind = rng.integers(5)
    if kind == 0:
        return np.abs(ahead)
    if kind == 1:
        return np.minimum(ahead % n, -ahead % n)
    if kind == 2:
        return ahead % n
    matrix = rng.integers(rng.choice([0, -3]), rng.choice([2, 4, 20]), size=(n, n))
    if rng.random() < 0.5:
        matrix = matrix + matrix.T
    if kind == 3:
        dummy = rng.random(n) < 0.4
        matrix[dummy] = 0
        matrix[:, dummy] = 0
    return matrix


def _all_values(F: np.ndarray, D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    P = np.array(list(itertools.permutations(range(len(F)))))
    return P, (F[None] * D[P[:, :, None], P[:, None, :]]).sum(axis=(1, 2))


@pytest.fixture
def _without_tabu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree alone must find the optimum: a good incumbent would hide sub-trees that were cut wrongly."""
    monkeypatch.setattr(lawler, "tabu_search", lambda *args, **kwargs: None)


@pytest.mark.usefixtures("_without_tabu")
@pytest.mark.parametrize("seed", range(150))
def test_tree_finds_the_brute_force_optimum_from_the_worst_incumbent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7)) if seed % 15 else 7
    F, D = _matrix(rng, n), _matrix(rng, n)
    P, values = _all_values(F, D)
    result = solve_qap(F, D, incumbent=P[values.argmax()])
    assert result.is_proven
    assert result.value == result.bound == values.min()
    assert (F * D[result.permutation][:, result.permutation]).sum() == result.value
    assert gilmore_lawler_bound(F, D) <= values.min()
    assert (values % value_step(F.astype(float), D.astype(float)) == 0).all()


@pytest.mark.usefixtures("_without_tabu")
def test_symmetry_changes_the_work_and_not_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    cube = np.array([[(a ^ b).bit_count() for b in range(8)] for a in range(8)])
    F = np.triu(rng.integers(0, 4, size=(8, 8)), 1)
    F[:, 6:] = 0
    F = F + F.T
    used = solve_qap(F, cube, incumbent=np.arange(8))
    monkeypatch.setattr(lawler, "automorphisms", lambda matrix: np.arange(len(matrix))[None])
    unused = solve_qap(F, cube, incumbent=np.arange(8))
    assert used.value == unused.value
    assert used.nodes < unused.nodes / 4


@pytest.mark.parametrize("seed", range(20))
def test_reduced_costs_never_exceed_what_any_completion_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, assigned = 6, int(rng.integers(0, 5))
    F, D = _matrix(rng, n).astype(float), _matrix(rng, n).astype(float)
    partial = np.full((1, n), -1)
    partial[0, rng.permutation(n)[:assigned]] = rng.permutation(n)[:assigned]
    node = reduce_nodes(F, D, partial)
    P, values = _all_values(F, D)
    P, values = (a[(P[:, partial[0] >= 0] == partial[0, partial[0] >= 0]).all(axis=1)] for a in (P, values))
    places = np.searchsorted(node.locations[0], P[:, node.facilities[0]])
    bounds = node.costs[0][np.arange(n - assigned), places].sum(axis=1) + node.constants[0]
    assert (bounds <= values + 1e-9).all()
    if n - assigned <= 2:
        assert bounds == pytest.approx(values)


def test_forced_increases_are_those_of_resolved_assignments() -> None:
    rng = np.random.default_rng(2)
    costs = rng.integers(0, 30, size=(6, 6)).astype(float)
    columns = linear_sum_assignment(costs)[1]
    permuted = costs[:, columns]
    increases = forced_increases(permuted[None])[0]
    for i, j in itertools.product(range(6), repeat=2):
        forced = permuted.copy()
        forced[i] = 1e6
        forced[i, j] = permuted[i, j]
        rows, chosen = linear_sum_assignment(forced)
        assert increases[i, j] == forced[rows, chosen].sum() - np.trace(permuted)


@pytest.mark.parametrize("seed", range(10))
def test_automorphisms_are_all_found_and_fixed_elements_stay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    M = _matrix(rng, 5)
    group = automorphisms(M)
    P = np.array(list(itertools.permutations(range(5))))
    wanted = P[(M[P[:, :, None], P[:, None, :]] == M).all(axis=(1, 2))]
    assert sorted(group.tolist()) == sorted(wanted.tolist())
    fixed = rng.random((1, 5)) < 0.4
    stabiliser = wanted[(wanted[:, fixed[0]] == np.flatnonzero(fixed[0])).all(axis=1)]
    assert is_repeated(group, fixed)[0].tolist() == (stabiliser.min(axis=0) < np.arange(5)).tolist()


def test_exchange_costs_are_differences_of_values() -> None:
    rng = np.random.default_rng(4)
    F, D = rng.integers(-5, 9, size=(2, 6, 6)).astype(float)
    P = np.array([rng.permutation(6) for _ in range(3)])
    change = exchange_deltas(F, D[P[:, :, None], P[:, None, :]])
    for r, s in itertools.product(range(6), repeat=2):
        swapped = P.copy()
        swapped[:, [r, s]] = swapped[:, [s, r]]
        assert (change[:, r, s] == permutation_values(F, D, swapped) - permutation_values(F, D, P)).all()


def test_tabu_search_is_seeded_and_reports_its_best() -> None:
    rng = np.random.default_rng(4)
    F, D = rng.integers(0, 9, size=(2, 9, 9)).astype(float)
    seen: list[float] = []
    first = tabu_search(F, D, np.random.default_rng(7), num_steps=50, report=lambda p, value: seen.append(value))
    again = tabu_search(F, D, np.random.default_rng(7), num_steps=50)
    assert first.tolist() == again.tolist()
    assert seen == sorted(seen, reverse=True)
    assert permutation_values(F, D, first[None])[0] == seen[-1]


PROVEN = {
    "nug12": 578,
    "tai10a": 135028,
    "chr12a": 9552,
    "rou12": 235528,
    "tai12a": 224416,
    "tai12b": 39464925,
    "nug14": 1014,
    "nug15": 1150,
    "chr18a": 11098,
    "esc16a": 68,
}


@pytest.mark.parametrize(("name", "optimum"), PROVEN.items())
def test_published_optima_are_proven(name: str, optimum: int, instances_dir: Path) -> None:
    F, D = _read(instances_dir / "qaplib" / f"{name}.dat")
    result = solve_qap(F, D)
    assert (result.value, result.bound, result.is_proven) == (optimum, optimum, True)
    assert (F * D[result.permutation][:, result.permutation]).sum() == optimum


@pytest.mark.parametrize(("name", "bound"), [("nug12", 493), ("nug30", 4539), ("tai20a", 580674), ("bur26a", 5315200)])
def test_published_gilmore_lawler_bounds(name: str, bound: int, instances_dir: Path) -> None:
    """Bounds of the QAPLIB tables (Burkard, Karisch, Rendl 1997, doi:10.1023/A:1008293323270)."""
    assert gilmore_lawler_bound(*_read(instances_dir / "qaplib" / f"{name}.dat")) == bound


def test_time_limit_gives_an_incumbent_and_a_valid_bound(instances_dir: Path) -> None:
    F, D = _read(instances_dir / "qaplib" / "nug20.dat")
    result = solve_qap(F, D, seconds=0.3)
    assert not result.is_proven
    assert gilmore_lawler_bound(F, D) <= result.bound <= 2570 <= result.value
    assert (F * D[result.permutation][:, result.permutation]).sum() == result.value


def test_zero_seconds_still_bound_the_root() -> None:
    rng = np.random.default_rng(0)
    F, D = rng.integers(0, 99, size=(2, 12, 12))
    result = solve_qap(F, D, seconds=0.0)
    assert gilmore_lawler_bound(F, D) <= result.bound < result.value
    assert result.nodes == 1


def test_same_seed_same_result_and_reports_are_the_trace() -> None:
    rng = np.random.default_rng(1)
    F, D = rng.integers(0, 9, size=(2, 8, 8))
    seen: list[int] = []

    def keep(permutation: np.ndarray) -> bool:
        seen.append(int((F * D[np.ix_(permutation, permutation)]).sum()))
        return False

    first, again = solve_qap(F, D, seed=5, on_incumbent=keep), solve_qap(F, D, seed=5)
    assert first.permutation.tolist() == again.permutation.tolist()
    assert first.nodes == again.nodes
    assert seen == [value for _, value in first.trace] == sorted(set(seen), reverse=True)
    assert first.trace[-1][1] == first.value


def test_a_reporter_that_says_stop_ends_the_search_with_a_valid_bound() -> None:
    rng = np.random.default_rng(2)
    F, D = rng.integers(0, 99, size=(2, 9, 9))
    stopped, full = solve_qap(F, D, on_incumbent=lambda _: True), solve_qap(F, D)
    assert stopped.nodes < full.nodes
    assert stopped.bound <= full.value <= stopped.value


def test_one_facility_and_none() -> None:
    assert solve_qap([[3]], [[-4]]).value == -12
    empty = solve_qap(np.zeros((0, 0)), np.zeros((0, 0)))
    assert (empty.value, empty.is_proven, empty.permutation.size) == (0, True, 0)


def test_bad_input_is_refused_in_one_line() -> None:
    square = np.ones((2, 2))
    with pytest.raises(ValueError, match=r"must hold integers, got 0\.5"):
        solve_qap(square * 0.5, square)
    with pytest.raises(ValueError, match="flow must be a square matrix"):
        solve_qap(np.ones((2, 3)), square)
    with pytest.raises(ValueError, match="must have one size"):
        solve_qap(square, np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"must stay below 2\*\*50"):
        solve_qap(square * 2**30, square * 2**30)
    with pytest.raises(ValueError, match=r"incumbent must be a permutation of 0\.\.1"):
        solve_qap(square, square, incumbent=[0, 0])
