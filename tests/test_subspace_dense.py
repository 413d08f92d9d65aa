"""Every subspace mixer against its own Pauli or permutation operators on all 2^n amplitudes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.sparse import csr_array, diags_array, eye_array, kron
from scipy.sparse.linalg import expm_multiply

from qopt.core import make_rows
from qopt.solvers.subspace import (
    GroupMixer,
    GroupSpace,
    GroverMixer,
    Mixer,
    MoveMixer,
    PermutationSpace,
    TranspositionMixer,
    enumerate_rows,
    evolve,
    expectation,
    flip_mixer,
    optimum_probability,
    permutation_space,
    subset_space,
    swap_mixer,
)

X = csr_array([[0.0, 1.0], [1.0, 0.0]])
Y = csr_array([[0.0, -1j], [1j, 0.0]])
EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 5)]
KNAPSACK = make_rows([[3, 5, 2, 4, 1], [1, 1, 1, 1, 1]], upper=[8, 3])

#: Operators of the full space whose negated sum is M, in the order of an ordered product.
Terms = list[csr_array]


def on(n: int, factors: dict[int, csr_array]) -> csr_array:
    """Product of one-qubit operators on n qubits; bit i of the index is qubit i."""
    one = eye_array(2, format="csr")
    return functools.reduce(lambda a, b: csr_array(kron(b, a)), [factors.get(i, one) for i in range(n)], eye_array(1))


def xy(n: int, i: int, j: int) -> csr_array:
    return ((on(n, {i: X, j: X}) + on(n, {i: Y, j: Y})) / 2).real


def bit_permutation(n: int, pairs: list[tuple[int, int]]) -> csr_array:
    """The operator that swaps the qubits of each pair."""
    index = np.arange(2**n)
    image = index.copy()
    for i, j in pairs:
        differ = ((index >> i) ^ (index >> j)) & 1
        image ^= (differ << i) | (differ << j)
    return csr_array((np.ones(2**n), (image, index)), shape=(2**n, 2**n))


def embedding(mixer: Mixer) -> csr_array:
    """Isometry from the subspace into all amplitudes, shape (2^n, size)."""
    points = mixer.space.points().astype(np.int64)
    index = points @ (1 << np.arange(mixer.space.num_bits))
    size = mixer.space.size
    return csr_array((np.ones(size), (index, np.arange(size))), shape=(2**mixer.space.num_bits, size))


def transpositions(n: int, cells: np.ndarray | None = None) -> tuple[Mixer, Terms]:
    space = permutation_space(n) if cells is None else PermutationSpace(cells)
    swaps = itertools.combinations(range(n), 2)
    terms = [bit_permutation(n * n, list(zip(space.cells[a], space.cells[b], strict=True))) for a, b in swaps]
    return TranspositionMixer(space), terms


def groups(graph: Any) -> tuple[Mixer, Terms]:
    space = GroupSpace(((1, 0, 4), (2, 7), (3, 8, 5, 6)), free=(9,))
    terms = [on(10, {9: X})]
    for group in space.groups:
        d = len(group)
        ring = {frozenset((i, (i + 1) % d)) for i in range(d)}
        pairs = [tuple(e) for e in ring] if graph == "ring" else list(itertools.combinations(range(d), 2))
        terms += [xy(10, group[i], group[j]) for i, j in pairs]
    return GroupMixer(space, graph), terms


def subsets(n: int, weight: int, graph: Any, form: Any) -> tuple[Mixer, Terms]:
    mixer = swap_mixer(subset_space(n, weight), graph=graph, form=form)
    if graph == "ring":
        line = [(i, i + 1) for i in range(n - 1)]
        edges = line[0::2] + line[1::2] + [(0, n - 1)]
    else:
        edges = [(int(m).bit_length() - 1, (int(m) & -int(m)).bit_length() - 1) for m in mixer.bits]
        assert sorted(tuple(sorted(e)) for e in edges) == list(itertools.combinations(range(n), 2))
    return mixer, [xy(n, i, j) for i, j in edges]


def independent_sets(form: Any, order: list[int] | None = None) -> tuple[Mixer, Terms]:
    n = 6
    A = np.zeros((len(EDGES), n))
    for row, edge in enumerate(EDGES):
        A[row, list(edge)] = 1
    space = enumerate_rows(make_rows(A, upper=np.ones(len(EDGES))))
    empty = csr_array([[1.0, 0.0], [0.0, 0.0]])  # 1 - n_w
    terms = []
    for v in order or range(n):
        neighbours = {w for edge in EDGES if v in edge for w in edge} - {v}
        terms.append(on(n, {v: X, **dict.fromkeys(neighbours, empty)}))
    return flip_mixer(space, form=form, order=order), terms


def knapsack_flips(form: Any) -> tuple[Mixer, Terms]:
    mixer = flip_mixer(enumerate_rows(KNAPSACK), form=form)
    V = embedding(mixer)
    P = V @ V.T
    return mixer, [P @ on(5, {v: X}) @ P for v in range(5)]


def knapsack_swaps() -> tuple[Mixer, Terms]:
    rows = make_rows([[3, 5, 2, 4, 1], [1, 1, 1, 1, 1]], lower=[-np.inf, 2], upper=[8, 2])
    mixer = swap_mixer(enumerate_rows(rows))
    V = embedding(mixer)
    P = V @ V.T
    return mixer, [P @ xy(5, i, j) @ P for i, j in itertools.combinations(range(5), 2)]


def grover() -> tuple[Mixer, Terms]:
    mixer = GroverMixer(permutation_space(3))
    V = embedding(mixer)
    return mixer, [csr_array(V @ np.full((6, 6), 1 / 6) @ V.T)]


SCRAMBLED = np.random.default_rng(5).permutation(9).reshape(3, 3)
CASES: dict[str, Callable[[], tuple[Mixer, Terms]]] = {
    "transposition-3": lambda: transpositions(3, SCRAMBLED),
    "transposition-4": lambda: transpositions(4),
    "grover": grover,
    "groups-complete": lambda: groups("complete"),
    "groups-ring": lambda: groups("ring"),
    "subsets-complete": lambda: subsets(7, 3, "complete", "sum"),
    "subsets-heavy": lambda: subsets(6, 4, "complete", "sum"),
    "subsets-ring": lambda: subsets(7, 3, "ring", "sum"),
    "subsets-complete-trotter": lambda: subsets(5, 2, "complete", "trotter"),
    "subsets-ring-trotter": lambda: subsets(7, 3, "ring", "trotter"),
    "subsets-one": lambda: subsets(5, 1, "ring", "sum"),
    "independent-sets": lambda: independent_sets("sum"),
    "independent-sets-trotter": lambda: independent_sets("trotter"),
    "independent-sets-order": lambda: independent_sets("trotter", [3, 0, 5, 1, 2, 4]),
    "knapsack": lambda: knapsack_flips("sum"),
    "knapsack-trotter": lambda: knapsack_flips("trotter"),
    "knapsack-swaps": knapsack_swaps,
}
GAMMAS, BETAS = [0.31, -0.7, 1.3], [0.9, 0.23, -1.7]


@pytest.mark.parametrize("name", CASES)
def test_state_is_that_of_the_full_space(name: str) -> None:
    mixer, terms = CASES[name]()
    V = embedding(mixer)
    costs = np.random.default_rng(1).normal(size=V.shape[0])  # costs outside the subspace must not matter
    full = (V @ mixer.ground).astype(complex)
    is_product = getattr(mixer, "form", "sum") == "trotter"
    for gamma, beta in zip(GAMMAS, BETAS, strict=True):
        full = np.exp(-1j * gamma * costs) * full
        for term in terms if is_product else [functools.reduce(lambda a, b: a + b, terms)]:
            full = expm_multiply(1j * beta * term, full)
    state = evolve(mixer, V.T @ costs, GAMMAS, BETAS)
    assert np.abs(V.T @ full - state).max() < 1e-10
    assert abs(np.linalg.norm(state) - 1) < 1e-12
    leaked = full - V @ (V.T @ full)
    assert np.abs(leaked).max() < 1e-10


@pytest.mark.parametrize("name", CASES)
def test_start_is_the_one_ground_state(name: str) -> None:
    mixer, terms = CASES[name]()
    V = embedding(mixer)
    M = -(V.T @ functools.reduce(lambda a, b: a + b, terms) @ V).toarray()
    values, vectors = np.linalg.eigh(M)
    assert values[1] - values[0] > 1e-6
    assert abs(abs(vectors[:, 0] @ mixer.ground) - 1) < 1e-10
    assert (mixer.ground >= 0).all()
    if isinstance(mixer, MoveMixer):  # the Chebyshev series diverges outside its bounds
        low, high = mixer._bounds
        assert low <= values[0] + 1e-12
        assert values[-1] - 1e-12 <= high


@pytest.mark.parametrize("name", CASES)
def test_positive_ramps_end_below_the_mean(name: str) -> None:
    mixer, _ = CASES[name]()
    costs = np.random.default_rng(3).normal(size=mixer.space.size)
    layers = np.arange(1, 13) / 12
    gammas, betas = 0.8 * layers / costs.std(), 0.8 * (1 - layers + 1 / 12) * mixer.beta_unit
    before = float(mixer.ground**2 @ costs)
    low = expectation(evolve(mixer, costs, gammas, betas), costs)
    high = expectation(evolve(mixer, costs, gammas, -betas), costs)
    assert low < before - 0.1 * costs.std()
    assert high > before


@pytest.mark.parametrize("name", ["subsets-complete-trotter", "subsets-ring-trotter", "independent-sets-trotter"])
def test_an_ordered_product_is_not_the_sum_but_tends_to_it(name: str) -> None:
    mixer, _ = CASES[name]()
    exact = type(mixer)(mixer.space, mixer.bits, "sum", mixer.name, mixer.order)
    start = np.random.default_rng(0).normal(size=mixer.space.size) + 0j
    start /= np.linalg.norm(start)
    errors = []
    for parts in (1, 10, 100):
        state = start
        for _ in range(parts):
            state = mixer.apply(state, 0.8 / parts)
        errors.append(np.abs(state - exact.apply(start, 0.8)).max())
    assert errors[0] > 1e-2
    assert errors[1] / errors[2] == pytest.approx(10, rel=0.3)


def test_large_ground_state_from_the_sparse_solver_is_an_eigenvector() -> None:
    mixer = swap_mixer(subset_space(10, 4), graph="ring")  # 210 states, degrees differ
    H = mixer.apply(mixer.ground + 0j, 1e-3)
    phase = np.vdot(mixer.ground, H)
    assert abs(abs(phase) - 1) < 1e-12
    assert np.abs(H - phase * mixer.ground).max() < 1e-12
    free_fermions = -2 * sum(np.cos(np.pi * (2 * k + 1) / 10) for k in (-2, -1, 0, 1))  # even number: antiperiodic
    assert np.angle(phase) == pytest.approx(-1e-3 * free_fermions, abs=1e-10)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_transpositions_against_a_dense_exponential(n: int) -> None:
    mixer = TranspositionMixer(permutation_space(n))
    p = mixer.space.permutations()
    M = np.zeros((len(p), len(p)))
    for i, j in itertools.combinations(range(n), 2):
        q = p.copy()
        q[:, [i, j]] = q[:, [j, i]]
        M[np.arange(len(p)), mixer.space.rank(q)] -= 1
    start = np.random.default_rng(2).normal(size=(len(p), 2)) @ [1, 1j]
    assert np.abs(mixer.apply(start, 0.77) - expm(-0.77j * M) @ start).max() < 1e-12


@pytest.mark.parametrize("n", [6, 7])
def test_transpositions_of_more_letters_against_the_chebyshev_series(n: int) -> None:
    """Beyond five letters the transform has several levels."""
    from qopt.solvers.subspace.chebyshev import exponential

    mixer = TranspositionMixer(permutation_space(n))
    p = mixer.space.permutations()
    swapped = []
    for i, j in itertools.combinations(range(n), 2):
        q = p.copy()
        q[:, [i, j]] = q[:, [j, i]]
        swapped.append(mixer.space.rank(q))
    start = np.random.default_rng(2).normal(size=(len(p), 2)) @ [1, 1j] / np.sqrt(2 * len(p))
    degree = len(swapped)
    series = exponential(lambda x: -sum(x[index] for index in swapped), start[:, None], 0.9, -degree, degree)
    assert np.abs(mixer.apply(start, 0.9) - series[:, 0]).max() < 1e-12
    assert np.abs(mixer.apply(start, 2 * np.pi) - start).max() < 1e-12  # all eigenvalues are whole numbers


@pytest.mark.parametrize("beta", [0.0, 1e-9, 0.3, -4.0, 60.0])
def test_chebyshev_against_a_dense_exponential(beta: float) -> None:
    from qopt.solvers.subspace.chebyshev import exponential

    rng = np.random.default_rng(4)
    M = rng.normal(size=(30, 30))
    M += M.T
    low, high = np.linalg.eigvalsh(M)[[0, -1]]
    M /= high - low
    states = rng.normal(size=(30, 4)) @ np.array([[1, 0], [1j, 0], [0, 1], [0, 1j]])
    got = exponential(lambda columns: M @ columns, states, beta, low / (high - low), high / (high - low))
    assert np.abs(got - expm(-1j * beta * M) @ states).max() < 1e-12 * max(1, np.abs(states).max())


def test_costs_of_the_same_value_keep_equal_amplitudes_under_grover() -> None:
    mixer = GroverMixer(permutation_space(4))
    costs = np.arange(24) % 5
    state = evolve(mixer, costs, [0.7, 0.2], [1.1, 0.4])
    for value in range(5):
        assert np.ptp(state[costs == value].real) < 1e-14


@pytest.mark.parametrize("make", [lambda s: GroupMixer(s), lambda s: flip_mixer(enumerate_rows(make_rows([[1] * 6])))])
def test_without_rows_it_is_plain_qaoa(make: Callable[[GroupSpace], Mixer]) -> None:
    """Free bits, or an enumeration that cuts nothing, give the state of the exact engine, phase included."""
    from qopt.engines import diagonal

    mixer = make(GroupSpace((), tuple(range(6))))
    energies = np.random.default_rng(6).normal(size=64)
    engine = diagonal.evolve(diagonal.CostDiagonal.from_values(energies), GAMMAS, BETAS).amplitudes()
    index = mixer.space.points().astype(int) @ (1 << np.arange(6))
    assert np.abs(evolve(mixer, energies[index], GAMMAS, BETAS) - engine[index]).max() < 1e-12


def test_optimum_of_a_free_tour_counts_rotations_and_orientations() -> None:
    rng = np.random.default_rng(0)
    xy_ = rng.random((5, 2))
    D = np.hypot(*(xy_[:, None] - xy_[None]).transpose(2, 0, 1))
    space = permutation_space(5)
    p = space.permutations().astype(int)
    costs = sum(D[p[:, i], p[:, (i + 1) % 5]] for i in range(5))
    uniform = np.full(120, 120**-0.5) + 0j
    assert optimum_probability(uniform, costs) == pytest.approx(10 / 120)


def test_diagonal_of_the_full_space_is_what_the_phase_uses() -> None:
    """The restricted diagonal is the full one's entries at the points' integers, in the points' order."""
    mixer, _ = CASES["groups-complete"]()
    V = embedding(mixer)
    full = diags_array(np.arange(V.shape[0], dtype=float))
    restricted = (V.T @ full @ V).diagonal()
    assert np.array_equal(restricted, mixer.space.points().astype(int) @ (1 << np.arange(10)))
