"""Unbalanced penalisation in its documented units, and the fit of its two weights."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_energies, all_points
from qopt.core import BinaryProgram, UnsupportedError, make_rows
from qopt.encoders.exhaustive import ground_states
from qopt.encoders.tune import tune
from qopt.encoders.unbalanced import Unbalanced, cost_scale


def knapsacks(seeds, n=10, m=3):
    problems = [qopt.generate("mdkp", n=n, m=m, seed=seed) for seed in seeds]
    return [problem.formulations["linear"](problem).program for problem in problems]


def test_energy_follows_the_formula_with_two_sided_and_lower_rows():
    rows = make_rows(
        [[3, 2, 1, 0], [1, 2, 3, 6], [2, 4, 0, 0]], lower=[-np.inf, 3, 2], upper=[4, 8, np.inf], names=["a", "b", "c"]
    )
    Q = np.zeros((4, 4))
    Q[0, 1] = 4.0
    program = BinaryProgram(np.array([-2.0, 0, -6, 8]), Q, 1.0, rows)
    encoding = Unbalanced(l1=0.7, l2=0.3).encode(program)
    X = all_points(4).astype(float)
    scale = np.mean([2, 6, 8, 4])
    rooms = [
        (4 - X @ [3, 2, 1, 0]) / 2,
        (8 - X @ [1, 2, 3, 6]) / 3,
        (X @ [1, 2, 3, 6] - 3) / 3,
        (X @ [2, 4, 0, 0] - 2) / 3,
    ]
    expected = program.costs(X) + scale / 3 * sum(-0.7 * h + 0.3 * h**2 for h in rooms)
    assert cost_scale(program) == scale
    assert np.allclose(all_energies(encoding.bqm), expected)
    assert encoding.native is program
    assert encoding.num_aux == 0
    assert not encoding.is_exact
    assert not encoding.is_relaxation


def test_units_of_rows_and_costs_do_not_matter():
    program = knapsacks([3])[0]
    rows = program.constraints
    other = BinaryProgram(program.c * 7, rows=make_rows(rows.A * 13, upper=rows.upper * 13))
    first, second = Unbalanced().encode(program), Unbalanced().encode(other)
    assert np.allclose(all_energies(second.bqm), 7 * all_energies(first.bqm))


def test_programs_without_inequalities_are_encoded_exactly():
    problem = qopt.generate("mis", n=8, seed=1)
    program = problem.formulations["edges"](problem).program
    encoding = Unbalanced().encode(program)
    assert encoding.is_exact
    assert encoding.is_relaxation


@pytest.mark.parametrize("seed", range(8))
def test_ground_states_keep_the_equality_and_packing_rows(seed):
    """Their penalties are valid for the cost with the unbalanced terms, however large these are."""
    rng = np.random.default_rng(seed)
    A = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], rng.integers(1, 9, 6), rng.integers(1, 9, 6)])
    rows = make_rows(A, lower=[1, -np.inf, -np.inf, 4], upper=[1, 1, 7, np.inf])
    program = BinaryProgram(rng.integers(-9, 9, 6), rows=rows)
    encoding = Unbalanced(l1=50.0, l2=20.0).encode(program)
    X = encoding.decode(ground_states(encoding))
    assert (program.violations(X)[:, :2] == 0).all()


def test_default_weights_suit_fresh_knapsacks():
    """Ground states of the default weights: mostly feasible and near the optimum, on instances never used to fit."""
    from qopt.encoders.exhaustive import best_cost

    gaps = []
    for m in (1, 3, 5):
        for program in knapsacks(range(90, 98), m=m):
            encoding = Unbalanced().encode(program)
            X = encoding.decode(ground_states(encoding))[:1]
            best = best_cost(program)
            gaps.append((program.costs(X)[0] - best) / abs(best) if program.feasible(X)[0] else 1.0)
    assert np.mean(gaps) < 0.3
    assert np.mean(np.array(gaps) < 1) > 0.8


def test_penalty_names_are_those_of_penalised_rows():
    rows = make_rows([[3, 2, 1], [1, 1, 1]], upper=[4, 1], names=["knap", "pack"])
    program = BinaryProgram(np.array([-1.0, -2, -3]), rows=rows)
    assert Unbalanced(penalty={"pack": 9.0}).encode(program).penalties == {"pack": 9.0}
    with pytest.raises(ValueError, match="knap"):
        Unbalanced(penalty={"knap": 9.0}).encode(program)
    with pytest.raises(ValueError, match="l2"):
        Unbalanced(l2=-1.0)


def test_tuning_helps_on_other_instances_of_the_family_and_repeats():
    family, held = knapsacks(range(6)), knapsacks(range(50, 56))
    start = Unbalanced(l1=0.96, l2=0.0371)
    first, second = tune(family, start=start), tune(family, start=start)
    assert first == second
    assert first.loss < first.initial_loss - 0.1
    fitted = tune(held, start=Unbalanced(first.l1, first.l2)).initial_loss
    assert fitted < tune(held, start=start).initial_loss - 0.1
    assert all(isinstance(value, int | float) for value in dataclasses.asdict(first).values())


def test_tuning_counts_an_infeasible_state_as_one():
    """With no weight at all the lowest states take every item: all infeasible, so the loss is 1."""
    family = knapsacks([1])
    assert tune(family, start=Unbalanced(l1=0.0, l2=0.0), num_best=3).initial_loss == 1.0


def test_large_programs_are_annealed_with_the_seed(monkeypatch):
    from qopt.encoders import tune as module

    monkeypatch.setattr(module, "MAX_ENUMERATED", 5)
    monkeypatch.setattr(module, "_GRID_L1", (4.0,))
    monkeypatch.setattr(module, "_GRID_L2", (1.5,))
    monkeypatch.setattr(module, "_MAX_EVALUATIONS", 3)
    family = knapsacks([1], n=8, m=1)
    results = [tune(family, num_reads=20, num_best=1, seed=3) for _ in range(2)]
    assert results[0] == results[1]
    assert results[0].loss < 0.5


def test_tuning_without_inequalities_is_refused():
    with pytest.raises(UnsupportedError, match="inequality"):
        tune([BinaryProgram(np.ones(3), rows=make_rows([[1, 1, 1]], upper=[1]))])
    with pytest.raises(ValueError, match="none"):
        tune([])
