"""One round of swaps from the raw point: never worse, judged by violation before cost, told beside the raw stage."""

from __future__ import annotations

import numpy as np
import pytest

import qopt
from qopt.experiments.swap import MAX_BITS, one_round, swapped_stage


def measured(form, x):
    program = form.program
    return float(program.violations(x[None]).sum()), float(program.costs(x[None])[0])


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [("mdkp", {"n": 12, "m": 3}), ("mis", {"n": 12}), ("market-share", {"products": 2}), ("qap", {"n": 3})],
)
def test_a_round_is_never_worse_and_finds_a_local_optimum_of_single_flips_often(kind, sizes):
    problem = qopt.generate(kind, seed=3, **sizes)
    form = next(iter(problem.formulations.values()))(problem)
    rng = np.random.default_rng(1)
    better = 0
    for _ in range(10):
        x = form.complete(rng.integers(0, 2, (1, form.program.num_variables), dtype=np.uint8))[0]
        before = x.copy()
        after = one_round(form, x)
        assert np.array_equal(x, before)
        assert measured(form, after) <= measured(form, x)
        better += measured(form, after) < measured(form, x)
    assert better >= 5


def test_a_pair_is_swapped_where_no_single_flip_helps():
    """A full knapsack of one item: only exchanging it for the better one is a step up."""
    problem = qopt.problems.mdkp.Mdkp([5, 6], [[3, 3]], [3])
    form = next(iter(problem.formulations.values()))(problem)
    assert one_round(form, np.array([1, 0])).tolist() == [0, 1]
    assert one_round(form, np.array([1, 1])).tolist() == [0, 1]  # violation counts before cost


def test_swapped_stands_beside_raw_with_its_twin_in_the_control():
    problem = qopt.generate("mdkp", n=12, m=3, seed=1)
    record = qopt.solve(problem, "random", num_reads=5, encoder="unbalanced", seed=1)
    stages = record.stages
    assert stages.swapped.objective >= stages.raw.objective
    assert stages.control.swapped.objective >= stages.control.raw.objective
    again = type(record).from_json(record.to_json())
    assert again.stages.swapped == stages.swapped
    plain = qopt.solve(problem, "random", num_reads=5, encoder="unbalanced", seed=1, improve=False)
    assert plain.stages.swapped is None


def test_large_programs_are_left_alone():
    problem = qopt.generate("mis", n=MAX_BITS + 1, p=0.01, seed=1)
    form = next(iter(problem.formulations.values()))(problem)
    assert swapped_stage(form, None, None) is None
    record = qopt.solve(problem, "random", num_reads=2, encoder="slack", control=False, seed=1)
    assert record.stages.swapped is None
