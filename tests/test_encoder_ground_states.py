"""Valid penalties by enumeration: over generated instances of each kind every ground state is feasible and optimal.

All 2^m states are looked at, m <= 20. Planted smaller penalties must fail.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array

import qopt
from qopt.algorithms.enumeration import all_points
from qopt.core import BinaryProgram, UnsupportedError, make_rows
from qopt.encoders.conformance import assert_exact, assert_relaxation
from qopt.encoders.domain_wall import DomainWall, WallChain, _across, _substitution, _wall_bounds, wall_map
from qopt.encoders.exhaustive import best_cost
from qopt.encoders.quadratic import Quadratic
from qopt.encoders.slack import Slack
from qopt.encoders.unbalanced import Unbalanced

MAX_BITS = 20


def small_mdkp(n, m, seed):
    """A generated instance with its numbers divided, so that slacks stay short."""
    large = qopt.generate("mdkp", n=n, m=m, seed=seed)
    weights = -(-large.weights // 150)
    return dataclasses.replace(large, weights=weights, capacities=weights.sum(axis=1) // 2)


def small_multi_knapsack(seed, **options):
    large = qopt.generate("multi-knapsack", n=4, knapsacks=2, seed=seed, **options)
    scale = max(1, int(large.weights.max()) // 4)
    weights = -(-large.weights // scale)
    return dataclasses.replace(large, weights=weights, capacities=np.full(2, 1 + int(weights.sum()) // 3))


def instances():
    for seed in range(4):
        yield "mdkp", small_mdkp(7, 2, seed)
        yield "mis", qopt.generate("mis", n=10, seed=seed)
        yield "mis weighted", qopt.generate("mis", n=11, degree=None, max_weight=9, seed=seed)
        yield "qap", qopt.generate("qap", n=3, seed=seed)
        yield "tsp", qopt.generate("tsp", n=4, seed=seed)
        yield "atsp", qopt.generate("tsp", n=4, asymmetric=True, seed=seed)
        yield "market-share", qopt.generate("market-share", products=1, retailers=4, max_demand=5, seed=seed)
        yield "max-cut", qopt.generate("max-cut", n=8, weights="signs", seed=seed)
        yield "qubo", qopt.generate("qubo", n=10, seed=seed)
        yield "multi-knapsack", small_multi_knapsack(seed)
        yield "multi-knapsack risk", small_multi_knapsack(seed, risk_aversion=0.5)
    yield "qap 4", qopt.generate("qap", n=4, seed=0)
    yield "tsp 5", qopt.generate("tsp", n=5, seed=0)
    yield "multi-knapsack required", small_multi_knapsack(1, required=1)


PROGRAMS = [
    pytest.param(form(problem).program, id=f"{label}-{name}-{number}")
    for number, (label, problem) in enumerate(instances())
    for name, form in problem.formulations.items()
]


def random_program(seed):
    """Rows of all forms (mixed signs, two bounds, equalities, halves) around a point that keeps them."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 7)), int(rng.integers(1, 4))
    A = rng.integers(-3, 4, (m, n)) * rng.choice([1.0, 0.5], (m, 1))
    activity = A @ rng.integers(0, 2, n)
    below, above = rng.integers(0, 3, m).astype(float), rng.integers(0, 3, m).astype(float)
    below[rng.random(m) < 0.4] = np.inf
    above[rng.random(m) < 0.3] = np.inf
    Q = np.triu(rng.integers(-5, 6, (n, n)), 1) * (rng.random() < 0.6)
    c = rng.integers(-9, 10, n) * rng.choice([1.0, 0.1])
    return BinaryProgram(c, Q, rows=make_rows(A, lower=activity - below, upper=activity + above))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("tighten", [False, True])
def test_every_ground_state_of_slack_is_an_optimum(program, tighten):
    encoding = Slack(tighten=tighten).encode(program)
    assert encoding.num_qubits <= MAX_BITS
    assert encoding.is_exact
    assert encoding.is_relaxation
    assert_exact(program, encoding)
    assert_relaxation(program, encoding)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.values[0].num_rows])
def test_a_planted_smaller_penalty_fails(program):
    if _is_free_of_conflict(program):
        pytest.skip("the least cost of all points is that of a feasible one")
    encoding = Slack(penalty=1e-6).encode(program)
    assert not encoding.is_exact
    with pytest.raises(AssertionError):
        assert_exact(program, encoding)


def _is_free_of_conflict(program):
    free = BinaryProgram(program.c, program.products, program.offset)
    return best_cost(free) == best_cost(program)


def test_planted_penalties_are_really_planted():
    """Nearly all programs with rows have a cheaper infeasible point, so the test above is no row of skips."""
    conflicts = [not _is_free_of_conflict(p.values[0]) for p in PROGRAMS if p.values[0].num_rows]
    assert sum(conflicts) >= 0.9 * len(conflicts)


@pytest.mark.parametrize("block", range(4))
def test_random_programs_keep_their_word(block):
    """Whatever an encoder claims on odd rows is true, and the claims are not empty."""
    claims = 0
    for seed in range(50 * block, 50 * block + 50):
        program = random_program(seed)
        for encoder in (Slack(), Slack(tighten=True), Unbalanced()):
            encoding = encoder.encode(program)
            if encoding.num_qubits > 14:
                continue
            if encoding.is_exact:
                claims += 1
                assert_exact(program, encoding)
            if encoding.is_relaxation:
                assert_relaxation(program, encoding)
    assert claims > 60


@pytest.mark.parametrize("seed", range(40))
def test_domain_walls_are_exact_on_random_costs(seed):
    """Products of any sign between chains, packing rows and slacks across them: no broken chain is a ground state."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 5, 2)
    n = int(sizes.sum()) + 1
    A = np.zeros((4, n))
    A[0, : sizes[0]] = 1
    A[1, sizes[0] : -1] = 1
    A[2, [0, sizes[0], n - 1]] = 1
    A[3] = rng.integers(0, 3, n)
    rows = make_rows(A, lower=[1, 1, -np.inf, -np.inf], upper=[1, 1, 1, max(2.0, A[3].sum() // 2)])
    Q = np.triu(rng.integers(-9, 10, (n, n)), 1)
    program = BinaryProgram(rng.integers(-9, 10, n), Q, 3.0, rows)
    try:
        encoding = DomainWall().encode(program)
    except UnsupportedError:  # proven infeasible
        assert best_cost(program) is None
        return
    assert encoding.is_exact
    assert encoding.num_qubits == Slack().num_qubits(program) - 2
    assert_exact(program, encoding)
    assert_relaxation(program, encoding)


@pytest.mark.parametrize("label", ["qap", "tsp", "atsp", "qap 4"])
def test_domain_walls_on_assignments(label):
    problem = next(problem for name, problem in instances() if name == label)
    program = next(iter(problem.formulations.values()))(problem).program
    encoding = DomainWall().encode(program)
    side = int(np.sqrt(program.num_variables))
    assert encoding.num_qubits == side * (side - 1)
    assert encoding.is_exact
    assert_exact(program, encoding)


def test_a_planted_weak_wall_fails():
    """Chain penalties below the bound let a chain with two walls win."""
    rows = make_rows([[1, 1, 1, 0], [0, 0, 0, 1]], lower=1, upper=1)
    program = BinaryProgram([-5, 9, -5, 0], rows=rows)
    encoding = DomainWall(penalty={"row[0]": 1.0}).encode(program)
    assert not encoding.is_exact
    with pytest.raises(AssertionError):
        assert_exact(program, encoding)
    assert_exact(program, DomainWall().encode(program))


@pytest.mark.parametrize("seed", range(20))
def test_a_chain_with_one_extra_wall_never_gains_more_than_the_bound(seed):
    """``f(x(z)) >= L' - B_g`` wherever chain g alone is broken once: the inequality of the proof, on large products."""
    rng = np.random.default_rng(seed)
    sizes = (5, 4, 1)
    n = sum(sizes)
    Q = csr_array(np.triu(rng.integers(-20, 21, (n, n)), 1) * 1.0)
    chains = [WallChain(0, np.arange(5), 0), WallChain(1, np.arange(5, 9), 4)]
    function = _across(Quadratic(rng.integers(-9, 10, n) * 1.0, Q, 2.0), chains)
    gains = _wall_bounds(function, chains, 0.0)
    walls = wall_map(chains, n, n)
    T, t = _substitution(walls, n, n)
    Z = all_points(walls.num_inputs)
    values = function.values(Z @ T.T.toarray() + t)
    breaks = [((1 - Z[:, s : e - 1].astype(int)) * Z[:, s + 1 : e]).sum(axis=1) for s, e in ((0, 4), (4, 7))]
    assert breaks[0].max() == 2
    for g in (0, 1):
        once = (breaks[g] == 1) & (breaks[1 - g] == 0)
        assert (values[once] + gains[g] >= -1e-9).all()
