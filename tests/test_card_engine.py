"""The engine for cards against NumPy: its kernels run as they are, on an emulated card with small tiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qopt.core.errors import UnsupportedError
from qopt.engines import diagonal as exact
from qopt.engines.diagonal import choice
from qopt.engines.diagonal.gpu import device, layout, several
from qopt.engines.diagonal.gpu import engine as gpu
from qopt.engines.diagonal.gpu.batch import CardBatch
from qopt.engines.diagonal.gpu.circuit import Tuning
from qopt.engines.diagonal.gpu.energies import CardDiagonal
from qopt.engines.diagonal.gpu.program import phases_of
from qopt.engines.diagonal.gpu.state import CardState

from .emulated_card import EmulatedCard, EmulatedLink, why_not
from .exact_cases import cut_cost, qubo, qubo_cost, regular_edges

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

SMALL = Tuning(
    tile=5, large_tile=6, small_tile=4, held=2, held_back=(2, 2), blocks=(1, 1), blocks_back=(1, 1), carried=(2, 1)
)
TOLERANCE = {"complex128": 1e-12, "complex64": 1e-5}


@pytest.fixture
def card(monkeypatch):
    """An emulated card that ``engine='gpu'`` finds."""
    made = EmulatedCard(SMALL)
    monkeypatch.setattr(device, "require_card", lambda: made)
    monkeypatch.setattr(device, "card", lambda number=0: made)
    monkeypatch.setattr(device, "why_missing", lambda: "")
    return made


def costs(n):
    """With and without fields, small and large integers, real numbers."""
    yield qubo_cost(n, seed=n)
    yield qubo_cost(n, seed=n, size=3000)
    yield exact.CostDiagonal.from_values(np.random.default_rng(n).normal(size=2**n))
    if n >= 6 and n % 2 == 0:
        yield cut_cost(regular_edges(n), n)


def assert_close(found, expected, dtype, scale=1.0):
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE[dtype] * scale)


@pytest.mark.parametrize(
    ("n", "dtype"), [*((n, "complex128") for n in (1, 2, 6, 8, 9)), (5, "complex64"), (8, "complex64")]
)
def test_states_energies_and_derivatives_are_those_of_numpy(card, n, dtype):
    rng = np.random.default_rng(n)
    for cost in costs(n):
        spread = cost.max - cost.min
        gammas, betas = rng.uniform(-1, 1, 2) * 3 / spread, rng.uniform(-3, 3, 2)
        options = {"dtype": dtype, "engine": "gpu"}
        expected = exact.evolve(cost, gammas, betas, engine="numpy")
        state = exact.evolve(cost, gammas, betas, **options)
        assert isinstance(state, CardState)
        assert state.is_half == (cost.is_symmetric and n > SMALL.tile)
        assert_close(state.amplitudes(), expected.amplitudes(), dtype)
        mean = exact.expectation(expected, cost)
        assert_close(exact.energy(cost, gammas, betas, **options), mean, dtype, spread)
        assert_close(exact.expectation(state, cost), mean, dtype, spread)
        for objective in (exact.Expectation(), exact.CVaR(0.3)):
            value, *slopes = exact.value_and_gradient(cost, gammas, betas, objective=objective, **options)
            wanted, *others = exact.value_and_gradient(cost, gammas, betas, objective=objective, engine="numpy")
            assert_close(value, wanted, dtype, spread)
            # a derivative by gamma has an energy more than one by beta
            assert_close(slopes[0] / spread, others[0] / spread, dtype, spread)
            assert_close(slopes[1], others[1], dtype, spread)


@pytest.mark.parametrize("n", [4, 7])
def test_warm_starts_and_one_angle_a_gate(card, n):
    rng = np.random.default_rng(n)
    cost, thetas = qubo_cost(n, seed=n), rng.uniform(0.3, 2.8, n)
    gammas, betas = rng.uniform(-0.1, 0.1, 2), rng.uniform(-1, 1, 2)
    host = exact.ws_evolve(cost, thetas, gammas, betas, engine="numpy").amplitudes()
    np.testing.assert_allclose(
        exact.ws_evolve(cost, thetas, gammas, betas, engine="gpu").amplitudes(), host, atol=1e-12
    )
    found, wanted = (exact.ws_value_and_gradient(cost, thetas, gammas, betas, engine=e) for e in ("gpu", "numpy"))
    np.testing.assert_allclose(np.concatenate(found[1:]), np.concatenate(wanted[1:]), rtol=0, atol=1e-10)
    assert found[0] == pytest.approx(wanted[0], abs=1e-11)
    terms = exact.IsingTerms.from_arrays(*qubo(n, n), 3.0)
    angles = rng.uniform(-0.3, 0.3, (2, terms.num_terms)), rng.uniform(-2, 2, (2, n))
    host = exact.ma_evolve(terms, *angles, engine="numpy").amplitudes()
    np.testing.assert_allclose(exact.ma_evolve(terms, *angles, engine="gpu").amplitudes(), host, atol=1e-12)
    for objective in (exact.Expectation(), exact.CVaR(0.4)):
        found, wanted = (
            exact.ma_value_and_gradient(terms, *angles, objective=objective, engine=engine)
            for engine in ("gpu", "numpy")
        )
        assert found[0] == pytest.approx(wanted[0], abs=1e-11)
        np.testing.assert_allclose(found[1], wanted[1], rtol=0, atol=1e-10)
        np.testing.assert_allclose(found[2], wanted[2], rtol=0, atol=1e-10)


def test_a_given_start_and_no_layers(card):
    n, cost = 7, qubo_cost(7)
    start = np.random.default_rng(0).normal(size=(2, 2**n)).view(complex).reshape(-1)[: 2**n]
    start = start / np.linalg.norm(start)
    for p in (0, 2):
        angles = np.full(p, 0.1), np.full(p, 0.4)
        host = exact.evolve(cost, *angles, engine="numpy", initial=start).amplitudes()
        np.testing.assert_allclose(
            exact.evolve(cost, *angles, engine="gpu", initial=start).amplitudes(), host, atol=1e-12
        )
        assert exact.energy(cost, *angles, engine="gpu") == pytest.approx(exact.energy(cost, *angles, engine="numpy"))


@pytest.mark.parametrize("kind", ["integers", "reals", "max-cut"])
def test_what_is_read_off_a_state(card, kind):
    n = 8
    cost = {"integers": qubo_cost(n), "max-cut": cut_cost(regular_edges(n), n)}.get(kind)
    cost = cost or exact.CostDiagonal.from_values(np.random.default_rng(1).normal(size=2**n))
    host, state = (exact.evolve(cost, [0.3], [0.4], engine=engine) for engine in ("numpy", "gpu"))
    assert state.norm() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(state.probabilities(), host.probabilities(), atol=1e-13)
    for alpha in (1.0, 0.3, 1e-4):
        assert exact.cvar(state, cost, alpha) == pytest.approx(exact.cvar(host, cost, alpha), abs=1e-9)
    for threshold in (cost.min, cost.min - 1, float(np.median(cost.values())), cost.max):
        below = exact.probability_below(host, cost, threshold)
        assert exact.probability_below(state, cost, threshold) == pytest.approx(below, abs=1e-12)
    points = np.array([0, 3, 77, 200])
    assert exact.probability_of(state, points) == pytest.approx(exact.probability_of(host, points), abs=1e-12)
    draws = [exact.sample(s, 300, np.random.default_rng(5)) for s in (state, exact.evolve(cost, [0.3], [0.4]))]
    assert (draws[0] == draws[1]).mean() > 0.99  # one rounding may move an outcome to its neighbour
    masks = np.array([1, 2, 3, 5, 129, 255])
    signs = 1 - 2.0 * (np.bitwise_count(np.arange(2**n)[:, None] & masks) % 2)
    np.testing.assert_allclose(state.correlations(masks), host.probabilities() @ signs, atol=1e-12)
    if kind == "integers":
        other = exact.CostDiagonal.from_values(np.arange(2**n))
        assert exact.expectation(state, other) == pytest.approx(exact.expectation(host, other), abs=1e-10)
        weights, energies = state.histogram(CardDiagonal.from_cost(card, cost))
        assert weights @ energies == pytest.approx(exact.expectation(host, cost), abs=1e-10)


def test_a_half_state_is_measured_against_a_cost_with_fields(card):
    n = 8
    cut, cost = cut_cost(regular_edges(n), n), qubo_cost(n)
    host, state = (exact.evolve(cut, [0.3], [0.4], engine=engine) for engine in ("numpy", "gpu"))
    assert state.is_half
    assert exact.expectation(state, cost) == pytest.approx(exact.expectation(host, cost), abs=1e-11)
    assert exact.cvar(state, cost, 0.2) == pytest.approx(exact.cvar(host, cost, 0.2), abs=1e-9)


@pytest.mark.parametrize("n", [1, 3, 6, 11, 12])
def test_diagonals_made_on_the_card_are_those_of_the_host(card, n):
    for size, kind in ((3, "int8"), (300, "int16"), (10**6, "float32"), (10**8, "float64")):
        terms = qubo(n, n, size)
        made, cost = CardDiagonal.from_arrays(card, *terms, 2.0), exact.CostDiagonal.from_arrays(*terms, 2.0)
        np.testing.assert_array_equal(made.values(), cost.values())
        assert (made.min, made.max, made.argmin) == (cost.min, cost.max, cost.argmin)
        assert made.data.dtype == kind or n != 6
        np.testing.assert_array_equal(made.at([0, 2**n - 1]), cost.at([0, 2**n - 1]))
    if n % 2 == 0:
        edges = regular_edges(n)
        arguments = -np.bincount(edges.ravel(), minlength=n), edges[:, 0], edges[:, 1], [2] * len(edges)
        made = CardDiagonal.from_arrays(card, *arguments)
        assert made.is_symmetric
        assert made.data.size == 2 ** (n - 1)
        np.testing.assert_array_equal(made.values(), cut_cost(edges, n).values())
        real = CardDiagonal.from_arrays(
            card, *(np.array(a) * np.float64(1.0) if k % 3 else np.array(a) * np.pi for k, a in enumerate(arguments))
        )
        assert real.is_symmetric == bool(np.array_equal(real.values(), real.values()[::-1]))


def test_landscapes_and_batches_of_instances(card):
    rng = np.random.default_rng(3)
    for n in (4, 8):
        cost = qubo_cost(n)
        gammas, betas = rng.uniform(-0.1, 0.1, (5, 2)), rng.uniform(-2, 2, (5, 2))
        found, wanted = (exact.landscape(cost, gammas, betas, engine=engine) for engine in ("gpu", "numpy"))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11)
    for many in ([qubo_cost(8, seed) for seed in range(5)], [cut_cost(regular_edges(8, 3, s), 8) for s in range(5)]):
        batch = CardBatch.from_costs(card, many)
        values, by_gamma, by_beta = batch.values_and_gradients(gammas, betas, "complex128")
        np.testing.assert_allclose(batch.energies(gammas, betas, "complex128"), values, rtol=0, atol=1e-11)
        for k, cost in enumerate(many):
            wanted = exact.value_and_gradient(cost, gammas[k], betas[k], engine="numpy")
            assert values[k] == pytest.approx(wanted[0], abs=1e-11)
            np.testing.assert_allclose([by_gamma[k], by_beta[k]], wanted[1:], rtol=0, atol=1e-10)


def test_large_integers_lose_nothing_in_the_phase():
    # 1 - 1e-5 as a fraction of a turn once lost the last digits of 1e-5: 4e-12 turns at the largest energies
    turns = np.array([[0.1, -0.3, 123456.789, 1e-9, -1e-5]])
    fraction = phases_of(turns)[..., 1]
    for energy in (1, -7, 32767):
        phase = fraction * np.uint64(energy % 2**64)
        wanted = (turns.astype(np.longdouble) * energy) % 1
        distance = np.abs(phase.astype(np.longdouble) / 2**64 - wanted)
        distance = np.minimum(distance, 1 - distance)
        assert (distance <= 3e-16 * abs(energy) * np.abs(turns) + 1e-18 * abs(energy)).all()


@pytest.mark.parametrize("is_half", [False, True])
@pytest.mark.parametrize(("n", "tile", "carried"), [(9, 4, 1), (10, 5, 2), (13, 5, 2), (16, 6, 3)])
def test_each_group_covers_the_state_once_and_all_qubits_are_rotated(n, tile, carried, is_half):
    groups = layout.groups_of(n, tile, carried, is_half)
    size = 2 ** (n - is_half)
    for group in groups:
        points = np.concatenate([group.indices(block, size) for block in range(size >> tile)])
        assert np.array_equal(np.sort(points), np.arange(size))
        assert group.carried >= carried
    qubits = np.concatenate([group.qubits for group in groups])
    assert np.array_equal(np.sort(qubits[qubits >= 0]), np.arange(n))


@pytest.mark.parametrize("groups", [2, 3, 4])
@pytest.mark.parametrize("layers", [1, 2, 5])
def test_the_walk_rotates_each_group_once_a_layer_and_never_past_a_phase(groups, layers):
    for steps, order in (
        (list(layout.forward_steps(groups, layers)), range(layers)),
        (list(layout.backward_steps(groups, layers)), range(layers)[::-1]),
    ):
        events = []
        for step in steps:
            events += [("mix", step.group, step.before)] if step.before is not None else []
            events += [("phase", None, step.phase)] if step.phase is not None else []
            events += [("mix", step.group, step.after)] if step.after is not None else []
        assert len(steps) == layers * (groups - 1) + 1
        assert [layer for _, _, layer in events] == [layer for layer in order for _ in range(groups + 1)]
        for layer in order:
            assert sorted(g for kind, g, at in events if at == layer and kind == "mix") == list(range(groups))


def test_a_card_that_is_not_there_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(device, "why_missing", lambda: "CuPy is not installed; run: pip install 'qopt-workbench[gpu]'")
    with pytest.raises(UnsupportedError, match=r"got 'gpu' \(CuPy is not installed; run: pip install"):
        exact.energy(qubo_cost(4), [0.1], [0.2], engine="gpu")
    assert "gpu" not in exact.engine_name("auto", 30)


def test_a_state_that_does_not_fit_is_refused_with_the_number_that_does(card):
    card.memory = 1 << 14
    with pytest.raises(UnsupportedError, match=r"emulated card, 16,384 bytes .* 10 qubits fit"):
        exact.evolve(qubo_cost(11), [0.1], [0.2], engine="gpu")
    with pytest.raises(UnsupportedError, match="the cost diagonal of 16 variables must fit in the free memory"):
        CardDiagonal.from_arrays(card, *qubo(16))


def test_auto_takes_the_card_from_its_size_on_and_says_so(card, monkeypatch):
    monkeypatch.setattr(choice, "CARD_QUBITS", 8)
    assert exact.engine_name("auto", 7) != "gpu (emulated card)"
    assert exact.engine_name("auto", 8) == "gpu (emulated card)"
    assert isinstance(exact.evolve(qubo_cost(8), [0.1], [0.2]), CardState)
    card.memory = 1 << 10
    assert "gpu" not in exact.engine_name("auto", 9)
    assert exact.engine_name("auto", 8) == "gpu (emulated card)"  # as before: a run stays on its engine


def test_a_diagonal_of_the_card_is_no_cost_for_the_host(card):
    cost = CardDiagonal.from_arrays(card, *qubo(6))
    with pytest.raises(ValueError, match="diagonal of the host"):
        exact.energy(cost, [0.1], [0.2], engine="numpy")
    assert exact.energy(cost, [0.1], [0.2]) == pytest.approx(
        exact.energy(exact.CostDiagonal.from_arrays(*qubo(6)), [0.1], [0.2]), abs=1e-11
    )


def test_threads_are_one_for_small_states_and_follow_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert (exact.threads_for(19), exact.threads_for(20), exact.threads_for(20, 2)) == (1, 3, 2)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert exact.threads_for(20) >= 1


def test_samplers_run_on_the_card_and_the_info_says_so(card):
    import dimod

    from qopt.solvers.qaoa.qaoa import Qaoa
    from qopt.solvers.qaoa.recursive import RecursiveQaoa
    from qopt.solvers.qaoa.variants import MultiAngleQaoa, WarmStartQaoa

    linear, rows, cols, values = qubo(6)
    model = dimod.BinaryQuadraticModel(dict(enumerate(map(float, linear))), {}, 0.0, "BINARY")
    for i, j, v in zip(rows, cols, values):
        model.add_quadratic(int(i), int(j), float(v))
    for sampler in (Qaoa, MultiAngleQaoa, WarmStartQaoa):
        runs = [
            sampler(num_layers=1, max_evaluations=4, num_shots=60, engine=engine).sample(model, seed=1)
            for engine in ("gpu", "numpy")
        ]
        assert runs[0].info["engine"] == "exact gpu (emulated card), complex128"
        assert runs[0].info["value"] == pytest.approx(runs[1].info["value"], abs=1e-6)
        assert runs[0].first.energy == runs[1].first.energy
    runs = [
        RecursiveQaoa(
            num_layers=2, cutoff=5, max_evaluations=4, num_shots=60, correlations="state", engine=engine
        ).sample(model, seed=1)
        for engine in ("gpu", "numpy")
    ]
    assert runs[0].info["relations"] == runs[1].info["relations"] or runs[0].first.energy == runs[1].first.energy
    assert gpu.most_qubits(card, "complex64") == 26


@pytest.mark.parametrize(("cards", "n"), [(2, 6), (2, 9), (4, 8), (4, 11)])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_several_cards_have_the_energy_of_one(cards, n, layers):
    rng = np.random.default_rng(layers)
    tuning = replace(SMALL, tile=4, carried=(1, 1))
    gammas, betas = rng.uniform(-0.1, 0.1, layers), rng.uniform(-3, 3, layers)
    terms = (*qubo(n, n), 3.0)
    link = EmulatedLink(cards, tuning)
    cost = several.split_cost(link, *terms, dtype="complex128", tuning=tuning)
    found = several.energy(link, cost, gammas, betas, dtype="complex128", tuning=tuning)
    wanted = exact.energy(exact.CostDiagonal.from_arrays(*terms), gammas, betas, engine="numpy")
    assert found == pytest.approx(wanted, abs=1e-11)
    assert link.moved * cards == layers * 2 ** (n - cards.bit_length() + 1)


@pytest.mark.parametrize(("local", "swapped", "tile"), [(31, 2, 13), (30, 1, 12), (7, 1, 4), (12, 2, 5)])
def test_a_split_rotates_every_local_qubit_once_and_the_exchange_is_its_own_inverse(local, swapped, tile):
    split = several.Split.of(local, swapped, tile, 2)
    groups = [split.low, *split.middle, split.top]
    qubits = np.concatenate([group.qubits for group in groups])
    assert np.array_equal(np.sort(qubits[qubits >= 0]), np.arange(local))
    chunked = range(local - swapped - split.chunk_bits, local - swapped)
    assert not set(chunked) & (set(split.low.qubits) | set(split.top.qubits))
    assert np.array_equal(split.order(True)[local - swapped : local], np.arange(local, local + swapped))
    size, ranks = 16, 4
    moved = np.empty((ranks, size), dtype=int)
    for rank in range(ranks):
        card, index = layout.exchanged(rank, ranks, size)
        moved[rank] = card * size + index
        # the top two bits of the local index and the card's number have changed places
        assert np.array_equal(card, np.arange(size) >> 2)
        assert np.array_equal(index >> 2, np.full(size, rank))
    assert np.array_equal(moved.reshape(-1)[moved.reshape(-1)], np.arange(ranks * size))


def test_cards_that_are_no_power_of_two_are_refused():
    with pytest.raises(UnsupportedError, match="cards must be 2, 4, 8"):
        several.split_cost(EmulatedLink(3, SMALL), *qubo(9))


def test_a_plan_tells_what_the_card_holds_and_why_there_is_none(card, monkeypatch):
    from qopt.solvers.qaoa.qaoa import Qaoa
    from qopt.solvers.qaoa.variants import MultiAngleQaoa

    fits = Qaoa(engine="gpu", precision="complex64").estimate(24, 100)
    assert (fits.refusal, fits.bytes) == ("", (2 * 8 + 2) << 24)
    for sampler in (Qaoa, MultiAngleQaoa):
        assert "25 qubits fit" in sampler(engine="gpu", precision="complex64").estimate(33, 100).refusal
    assert (
        "lower num_layers"
        in MultiAngleQaoa(engine="gpu", precision="complex64", num_layers=9).estimate(24, 100).refusal
    )
    monkeypatch.setattr(device, "why_missing", lambda: "no card")
    assert Qaoa(engine="gpu").estimate(10, 20).refusal == "engine gpu must find a card (no card)"
