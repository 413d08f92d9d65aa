"""Market share: published targets and sizes, deviations set optimally, and the squares form held to be a surrogate."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from qopt.core import UnsupportedError
from qopt.problems.generate import generate
from qopt.problems.market_share import MarketShare, MarketShareDeviations
from qopt.problems.market_share_squares import MarketShareSquares

#: Targets and number of slack-form variables of the published instances, by (seed, products).
PUBLISHED = {
    (0, 2): ([257, 233], 48),
    (0, 3): ([490, 517, 540], 84),
    (0, 4): ([753, 795, 704, 691], 118),
    (0, 5): ([1008, 976, 959, 953, 864], 150),
    (1, 2): ([259, 256], 50),
    (1, 3): ([515, 452, 546], 84),
    (1, 4): ([778, 734, 836, 887], 118),
    (1, 5): ([967, 1119, 1150, 1072, 844], 156),
}


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


@pytest.mark.parametrize(("seed", "products"), PUBLISHED)
def test_generated_instances_are_the_published_ones(seed, products):
    problem = generate("market-share", products=products, seed=seed)
    targets, variables = PUBLISHED[seed, products]
    assert problem.targets.tolist() == targets
    assert MarketShareDeviations(problem).program.num_variables == variables
    assert MarketShareDeviations.size(problem).variables == variables


@pytest.mark.parametrize(("seed", "optimum"), [(0, 3), (1, 3)])
def test_two_products_have_the_published_optimum(seed, optimum):
    problem = generate("market-share", products=2, seed=seed)
    X = points(10)
    assert np.abs(X @ problem.demands.T - problem.targets).sum(axis=1).min() == optimum
    form = MarketShareDeviations(problem)
    padded = np.concatenate([X, np.ones((len(X), form.program.num_variables - 10), dtype=np.uint8)], axis=1)
    completed = form.complete(padded)
    assert form.program.feasible(completed).all()
    assert form.program.costs(completed).min() == optimum


@pytest.mark.parametrize("targets", [[2, 9], [0, 0], [30, -4]])
def test_completion_is_the_cheapest_point_that_keeps_the_rows(targets):
    """Also for targets outside of what the demands can reach."""
    problem = MarketShare([[1, 2, 0], [1, 1, 2]], targets)
    form = MarketShareDeviations(problem)
    program = form.program
    for x in points(3):
        start = np.zeros((1, program.num_variables), dtype=np.uint8)
        start[0, :3] = x
        done = form.complete(start)[0]
        assert np.array_equal(done[:3], x)
        assert program.feasible(done)[0]
        assert program.costs(done)[0] == problem.objective(x)
        assert np.array_equal(done, form.encode(x))
        assert np.array_equal(form.decode(done), x)
    if program.num_variables <= 16:
        X = points(program.num_variables)
        X, costs = X[program.feasible(X)], program.costs(X[program.feasible(X)])
        for x in points(3):
            same = (X[:, :3] == x).all(axis=1)
            assert costs[same].min() == problem.objective(x)


def test_completion_is_idempotent_and_leaves_its_input_alone():
    form = MarketShareDeviations(generate("market-share", products=3, seed=5))
    X = np.random.default_rng(0).integers(0, 2, (40, form.program.num_variables)).astype(np.uint8)
    before = X.copy()
    once = form.complete(X)
    assert np.array_equal(X, before)
    assert np.array_equal(form.complete(once), once)
    assert np.array_equal(once[:, :20], X[:, :20])


def test_squares_are_exact_where_the_deviation_is_zero_and_mislead_elsewhere():
    problem = MarketShare([[5, 3, 2], [1, 4, 4]], [5, 4])
    form, X = MarketShareSquares(problem), points(3)
    squares = ((X @ problem.demands.T - problem.targets) ** 2).sum(axis=1)
    assert form.is_surrogate
    assert np.array_equal(form.program.costs(X), squares)
    # one unit twice is 2 by squares and 2 by values; three at once are 9 and 3
    far = MarketShare([[2, 3], [1, 0]], [0, 0])
    values = [far.objective(x) for x in ([1, 0], [0, 1])]
    costs = MarketShareSquares(far).program.costs([[1, 0], [0, 1]]).tolist()
    assert values == [3, 3]
    assert costs == [5, 9]


def test_decimal_demands_have_squares_but_no_bits():
    problem = MarketShare([[0.5, 1.25]], [1])
    assert problem.objective(np.array([0, 1])) == 0.25
    assert MarketShareSquares(problem).program.costs([[0, 1]])[0] == 0.0625
    with pytest.raises(UnsupportedError, match="integer demands"):
        MarketShareDeviations(problem)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (([[1, -2]], [1]), "demands must be >= 0, got -2"),
        (([[1, 2]], [1, 2]), "demands must have shape (2, 2)"),
        (([[1, 2], [3]], [1, 2]), "must be a rectangular"),
        (([[1, 2]], ["a"]), "targets must be a rectangular"),
    ],
)
def test_impossible_instances_are_refused_in_one_line(fields, text):
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        MarketShare(*fields)
    assert "\n" not in str(caught.value)


def test_smallest_instances():
    for problem, value in ((MarketShare([], []), 0), (MarketShare([[]], [3]), 3), (MarketShare([[2]], [1]), 1)):
        form = MarketShareDeviations(problem)
        n = problem.size["retailers"]
        assert problem.objective(np.zeros(n)) == value == form.program.costs(form.encode(np.zeros(n)))[0]
