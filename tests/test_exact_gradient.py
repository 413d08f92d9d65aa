"""Adjoint gradients against central differences and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.engines import diagonal
from qopt.engines.diagonal import CVaR, Expectation, compiled
from qopt.engines.diagonal.engine import Options, layers_gradient, objective_of
from qopt.engines.diagonal.layers import Layers

from .exact_cases import cut_cost, qubo, qubo_cost, regular_edges
from .test_exact_engine import ENGINES, ISAS


def _central(function, x, step=1e-5):
    out = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        shift = np.zeros(x.shape)
        shift[index] = step
        out[index] = (function(x + shift) - function(x - shift)) / (2 * step)
    return out


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("objective", [Expectation(), CVaR(0.3)])
@pytest.mark.parametrize("symmetric", [False, True])
def test_gradients_match_central_differences(engine, objective, symmetric):
    cost = cut_cost(regular_edges(8), 8) if symmetric else qubo_cost(7, size=3)
    gammas, betas = np.array([0.21, -0.13, 0.3]), np.array([0.5, 0.2, -0.4])

    def value(g, b):
        state = diagonal.evolve(cost, g, b, engine=engine)
        return diagonal.expectation(state, cost) if objective == Expectation() else diagonal.cvar(state, cost, 0.3)

    found, by_gamma, by_beta = diagonal.value_and_gradient(cost, gammas, betas, objective=objective, engine=engine)
    assert abs(found - value(gammas, betas)) < 1e-10
    np.testing.assert_allclose(by_gamma, _central(lambda g: value(g, betas), gammas), rtol=0, atol=1e-6)
    np.testing.assert_allclose(by_beta, _central(lambda b: value(gammas, b), betas), rtol=0, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_warm_started_gradients_match_central_differences(engine):
    cost, thetas = qubo_cost(6, size=3), np.linspace(0.3, 2.6, 6)
    gammas, betas = np.array([0.21, -0.13]), np.array([0.5, 0.2])

    def value(g, b):
        return diagonal.expectation(diagonal.ws_evolve(cost, thetas, g, b, engine=engine), cost)

    found, by_gamma, by_beta = diagonal.ws_value_and_gradient(cost, thetas, gammas, betas, engine=engine)
    assert abs(found - value(gammas, betas)) < 1e-10
    np.testing.assert_allclose(by_gamma, _central(lambda g: value(g, betas), gammas), rtol=0, atol=1e-6)
    np.testing.assert_allclose(by_beta, _central(lambda b: value(gammas, b), betas), rtol=0, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("symmetric", [False, True])
def test_multi_angle_gradients_match_central_differences(engine, symmetric):
    if symmetric:
        edges, n = regular_edges(6), 6
        terms = diagonal.IsingTerms.from_arrays([-3] * n, edges[:, 0], edges[:, 1], [2] * len(edges))
    else:
        n = 5
        terms = diagonal.IsingTerms.from_arrays(*qubo(n, size=3))
    rng = np.random.default_rng(4)
    gammas, betas = rng.uniform(-0.5, 0.5, (2, terms.num_terms)), rng.uniform(-0.8, 0.8, (2, n))
    cost = terms.diagonal()

    def value(g, b):
        return diagonal.expectation(diagonal.ma_evolve(terms, g, b, engine=engine), cost)

    found, by_gamma, by_beta = diagonal.ma_value_and_gradient(terms, gammas, betas, engine=engine)
    assert abs(found - value(gammas, betas)) < 1e-10
    np.testing.assert_allclose(by_gamma, _central(lambda g: value(g, betas), gammas), rtol=0, atol=1e-6)
    np.testing.assert_allclose(by_beta, _central(lambda b: value(gammas, b), betas), rtol=0, atol=1e-6)


def test_tied_multi_angle_gradients_sum_to_plain_ones():
    n, gammas, betas = 6, np.array([0.2, 0.1]), np.array([0.5, 0.3])
    terms = diagonal.IsingTerms.from_arrays(*qubo(n), 3.0)
    tied = diagonal.ma_value_and_gradient(
        terms, np.outer(gammas, np.ones(terms.num_terms)), np.outer(betas, np.ones(n)), objective=CVaR(0.4)
    )
    plain = diagonal.value_and_gradient(qubo_cost(n), gammas, betas, objective=CVaR(0.4))
    assert abs(tied[0] - plain[0]) < 1e-10
    np.testing.assert_allclose(tied[1].sum(axis=1), plain[1], atol=1e-9)
    np.testing.assert_allclose(tied[2].sum(axis=1), plain[2], atol=1e-9)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_compiled_gradients_agree_with_numpy_in_every_angle(isa, dtype):
    rng = np.random.default_rng(8)
    tolerance = 1e-11 if dtype == "complex128" else 1e-5
    for n in (6, 9, 11, 12, 13):
        for cost in (qubo_cost(n), qubo_cost(n, dtype="float64"), cut_cost(regular_edges(n, 4), n)):
            # One angle near pi/2: done in two halves.
            angles = np.vstack([rng.uniform(-3, 3, (2, n)), np.full((1, n), 1.57)])
            if cost.is_symmetric:
                angles[:] = angles[:, :1]
            layers = Layers((cost,) * 3, rng.uniform(-0.3, 0.3, 3), angles)
            expected = layers_gradient(layers, cost, Expectation(), Options(engine="numpy"))
            found = compiled.gradient(
                layers,
                None,
                cost,
                compiled.How(Options(dtype).real, 1, isa),
                lambda final, mean, cost=cost: objective_of(final, cost, Expectation(), mean),
            )
            spread = cost.max - cost.min
            for a, b in zip(found, expected):
                assert np.abs(np.asarray(a) - b).max() < tolerance * spread**2


@pytest.mark.parametrize("engine", ENGINES)
def test_the_uniform_superposition_is_stationary_where_the_cost_is_flat(engine):
    flat = diagonal.CostDiagonal.from_values(np.full(32, 4.0))
    value, by_gamma, by_beta = diagonal.value_and_gradient(flat, [0.3], [0.4], engine=engine)
    assert value == pytest.approx(4.0)
    assert np.abs(by_gamma).max() < 1e-12
    assert np.abs(by_beta).max() < 1e-12


def test_a_short_optimisation_goes_down():
    from scipy.optimize import minimize

    cost = cut_cost(regular_edges(10), 10)

    def fun(x):
        value, by_gamma, by_beta = diagonal.value_and_gradient(cost, x[:3], x[3:])
        return value, np.concatenate([by_gamma, by_beta])

    found = minimize(fun, [0.2, 0.4, 0.5, 0.6, 0.4, 0.2], jac=True, method="L-BFGS-B")
    assert found.fun < cost.values().mean() + 0.75 * (cost.min - cost.values().mean())
