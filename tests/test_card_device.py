"""The engine on a real card: held to the host's engines at sizes that need its own tiles."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.core.errors import UnsupportedError
from qopt.engines import diagonal as exact
from qopt.engines.diagonal.gpu import device
from qopt.engines.diagonal.gpu.batch import CardBatch
from qopt.engines.diagonal.gpu.energies import CardDiagonal
from qopt.engines.diagonal.gpu.state import CardState

from .exact_cases import cut_cost, qubo, qubo_cost, regular_edges

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(bool(device.why_missing()), reason=device.why_missing())]
TOLERANCE = {"complex128": 1e-12, "complex64": 1e-5}


def fifty_costs():
    """n = 1..20, with fields and without, small and large integers, real numbers."""
    for seed in range(50):
        n = 1 + seed % 20
        kind = seed // 20
        if kind == 0 or n < 6:
            yield n, qubo_cost(n, seed)
        elif kind == 1 and n % 2 == 0:
            yield n, cut_cost(regular_edges(n, 3, seed), n)
        elif kind == 1:
            yield n, qubo_cost(n, seed, size=5000)
        else:
            linear, rows, cols, values = qubo(n, seed)
            yield n, exact.CostDiagonal.from_arrays(linear * np.pi, rows, cols, values * np.e)


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_fifty_instances_agree_with_the_host(dtype):
    rng = np.random.default_rng(0)
    options = {"dtype": dtype, "engine": "gpu"}
    worst = {"energy": 0.0, "gradient": 0.0, "cvar": 0.0}
    for _, cost in fifty_costs():
        spread = cost.max - cost.min or 1.0
        gammas, betas = rng.uniform(-1, 1, 3) * 3 / spread, rng.uniform(-3, 3, 3)
        energy = exact.energy(cost, gammas, betas)
        worst["energy"] = max(worst["energy"], abs(exact.energy(cost, gammas, betas, **options) - energy) / spread)
        for name, objective in (("gradient", exact.Expectation()), ("cvar", exact.CVaR(0.3))):
            found = exact.value_and_gradient(cost, gammas, betas, objective=objective, **options)
            wanted = exact.value_and_gradient(cost, gammas, betas, objective=objective)
            off = [abs(found[0] - wanted[0]), *np.abs(found[1] - wanted[1]) / spread, *np.abs(found[2] - wanted[2])]
            worst[name] = max(worst[name], max(off) / spread)
    print(dtype, {name: f"{value:.1e}" for name, value in worst.items()})
    assert max(worst.values()) < TOLERANCE[dtype]


@pytest.mark.parametrize("n", [3, 11, 14, 18])
def test_all_circuits_and_measurements_agree_with_the_host(n):
    rng = np.random.default_rng(n)
    cost, thetas = qubo_cost(n, n), rng.uniform(0.3, 2.8, n)
    gammas, betas = rng.uniform(-0.05, 0.05, 2), rng.uniform(-1, 1, 2)
    found, wanted = (exact.ws_value_and_gradient(cost, thetas, gammas, betas, engine=e) for e in ("gpu", "auto"))
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-11)
    np.testing.assert_allclose(np.concatenate(found[1:]), np.concatenate(wanted[1:]), rtol=1e-9, atol=1e-8)
    terms = exact.IsingTerms.from_arrays(*qubo(n, n), 3.0)
    angles = rng.uniform(-0.1, 0.1, (2, terms.num_terms)), rng.uniform(-2, 2, (2, n))
    found, wanted = (exact.ma_value_and_gradient(terms, *angles, engine=e) for e in ("gpu", "auto"))
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-11)
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found[2], wanted[2], rtol=1e-8, atol=1e-8)
    host, state = (exact.evolve(cost, gammas, betas, engine=e) for e in ("auto", "gpu"))
    assert isinstance(state, CardState)
    assert exact.probability_below(state, cost, cost.min) == pytest.approx(
        exact.probability_below(host, cost, cost.min)
    )
    assert exact.cvar(state, cost, 0.05) == pytest.approx(exact.cvar(host, cost, 0.05), rel=1e-11)
    draws = [exact.sample(s, 10_000, np.random.default_rng(5)) for s in (state, host)]
    assert (draws[0] == draws[1]).mean() > 0.999
    masks = np.array([1, 3, 2**n - 1])
    signs = 1 - 2.0 * (np.bitwise_count(np.arange(2**n)[:, None] & masks) % 2)
    np.testing.assert_allclose(state.correlations(masks), host.probabilities() @ signs, atol=1e-12)
    made = CardDiagonal.from_arrays(device.card(), *qubo(n, n), 3.0)
    assert (made.min, made.max, made.argmin) == (cost.min, cost.max, cost.argmin)
    np.testing.assert_array_equal(made.values(), cost.values())


def test_two_runs_are_equal_bit_for_bit():
    cost, angles = qubo_cost(17), ([0.01, 0.02], [0.4, 0.2])
    for objective in (exact.Expectation(), exact.CVaR(0.1)):
        runs = [exact.value_and_gradient(cost, *angles, objective=objective, engine="gpu") for _ in range(3)]
        assert len({str(np.concatenate([np.atleast_1d(part) for part in run]).tolist()) for run in runs}) == 1


def test_batches_of_instances_agree_with_the_host():
    rng = np.random.default_rng(1)
    for n in (10, 14):
        many = [qubo_cost(n, seed) for seed in range(7)]
        gammas, betas = rng.uniform(-0.05, 0.05, (7, 2)), rng.uniform(-2, 2, (7, 2))
        values, by_gamma, by_beta = CardBatch.from_costs(device.card(), many).values_and_gradients(
            gammas, betas, "complex128"
        )
        for k, cost in enumerate(many):
            wanted = exact.value_and_gradient(cost, gammas[k], betas[k])
            np.testing.assert_allclose(values[k], wanted[0], rtol=1e-11)
            np.testing.assert_allclose([by_gamma[k], by_beta[k]], wanted[1:], rtol=1e-9, atol=1e-7)


def test_a_state_beyond_the_card_is_refused_with_the_number_that_fits():
    cost = CardDiagonal.from_arrays(device.card(), *qubo(20))
    with pytest.raises(UnsupportedError, match=r"must fit in the free memory of .* got"):
        CardDiagonal.from_arrays(device.card(), *qubo(45))
    assert cost.n == 20
