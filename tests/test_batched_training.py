"""Batched L-BFGS: every function of a batch ends where it would end alone."""

from __future__ import annotations

import numpy as np

from qopt.solvers.training.batched import minimize_batch


def rosenbrock(x):
    a, b = x[:, 0], x[:, 1]
    values = (1 - a) ** 2 + 100 * (b - a**2) ** 2
    return values, np.stack([-2 * (1 - a) - 400 * a * (b - a**2), 200 * (b - a**2)], axis=1)


def test_each_function_of_a_batch_reaches_its_minimum():
    start = np.random.default_rng(0).uniform(-1.5, 1.5, (20, 2))
    found = minimize_batch(rosenbrock, start, iterations=200, tolerance=1e-9)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-6)
    assert (found.values < rosenbrock(start)[0]).all()


def test_a_function_does_not_depend_on_its_neighbours():
    start = np.random.default_rng(1).uniform(-1.5, 1.5, (6, 2))
    together = minimize_batch(rosenbrock, start, iterations=30)
    for k in range(6):
        alone = minimize_batch(rosenbrock, start[k : k + 1], iterations=30)
        np.testing.assert_allclose(alone.x[0], together.x[k], atol=1e-12)


def test_a_flat_function_is_done_at_once():
    found = minimize_batch(lambda x: (np.zeros(len(x)), np.zeros_like(x)), np.ones((3, 4)))
    assert found.evaluations == 1
    assert (found.x == 1).all()
