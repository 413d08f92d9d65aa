"""Merges and the rows: what each admissibility lets pass, checked by CP-SAT with the merges as equalities.

All 500 instances are in benchmarks/shrinking.py (table ``feasible``); here are the first ones of each kind.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from qopt.algorithms.enumeration import all_points
from qopt.core import BinaryProgram, LiteralMap, UnsupportedError, from_spec, make_rows
from qopt.encoders.shrink.admissibility import AdmissibilityChecker, auxiliary_groups
from qopt.encoders.shrink.classes import Classes
from qopt.encoders.shrink.feasibility import Feasibility
from qopt.encoders.shrink.propagation import ClassRows
from qopt.encoders.slack import Slack
from qopt.problems.formulations import formulate


@pytest.fixture(scope="module")
def bench():
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "shrinking.py"
    spec = importlib.util.spec_from_file_location("bench_shrinking", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(path.parent))  # as where the script is run: it imports its neighbour
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", ["mdkp", "mis", "qap", "tsp"])
def test_verified_leaves_a_feasible_point(bench, kind):
    """Random merges down to three bits in ten; without the rules, nearly all of these are emptied."""
    emptied = 0
    for seed in range(4):
        program = formulate(bench.generated(kind, seed), None).program
        random = {"name": "random", "seed": seed}
        settings = {"target": 0.3, "correlations": random, "every": 0}
        done = bench.shrunk(program, admissibility="verified", **settings)
        assert done.num_qubits <= round(0.3 * done.state["inner"].num_qubits)
        assert bench.has_point(program, done.decoder)
        emptied += not bench.has_point(program, bench.shrunk(program, admissibility="off", **settings).decoder)
    assert emptied > 0 or kind == "mdkp"  # few of these knapsacks have a bundle heavier than the room


def test_the_check_sees_an_emptied_instance(bench):
    """x0 + x1 = 1 with both tied to one side has no point; with opposite sides it has."""
    program = BinaryProgram([0, 0], rows=make_rows([[1, 1]], lower=1, upper=1))
    assert not bench.has_point(program, LiteralMap([0, 0], [0, 0], 1))
    assert bench.has_point(program, LiteralMap([0, 0], [0, 1], 1))


def program_of(seed):
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 5)), int(rng.integers(2, 9))
    A = rng.integers(-3, 4, (m, n)) * (rng.random((m, n)) < 0.6)
    low = np.where(rng.random(m) < 0.4, rng.integers(-3, 1, m), -np.inf)
    return BinaryProgram(np.zeros(n), rows=make_rows(A, lower=low, upper=rng.integers(0, 4, m)))


@pytest.mark.parametrize("block", range(4))
def test_propagation_forces_only_what_every_point_has(block):
    """Against enumeration: a conflict means that there is no point, a forced value stands in all of them."""
    for seed in range(50 * block, 50 * block + 50):
        program = program_of(seed)
        X = all_points(program.num_variables)
        X = X[program.feasible(X)]
        fixed = {0: seed % 2}
        X = X[X[:, 0] == seed % 2]
        values = ClassRows.of(program, LiteralMap.identity(program.num_variables)).propagate(fixed)
        if values is None:
            assert not len(X)
        elif len(X):
            known = values >= 0
            assert (X[:, known] == values[known]).all()


@pytest.mark.parametrize("rows", ["two a row", "more"])
def test_the_exact_check_agrees_with_enumeration(rows):
    """2-SAT for rows of two variables, CP-SAT for the others; merges of either sign and with the anchor."""
    rng = np.random.default_rng(len(rows))
    answers = []
    for _ in range(60):
        n = 7
        m = int(rng.integers(5, 12))
        A = np.zeros((m, n))
        for r in range(m):
            A[r, rng.choice(n, 2 if rows == "two a row" else 4, replace=False)] = rng.choice([-1, 1, 2])
        program = BinaryProgram(np.zeros(n), rows=make_rows(A, lower=rng.choice([-1, 0, 1], m), upper=2))
        classes = Classes(n)
        for _ in range(3):
            i, j = rng.choice(classes.roots, 2, replace=False)
            classes.merge(int(i), int(j), int(rng.choice([-1, 1])))
        literals = classes.literals()
        X = literals.apply(all_points(literals.num_inputs))
        check = Feasibility(program)
        assert check.is_two_sat == (rows == "two a row")
        answers.append(check.holds(literals))
        assert answers[-1] is bool(program.feasible(X).any())
    assert {True, False} == set(answers)


def gate_of(program, mode, **settings):
    gate = AdmissibilityChecker(mode, program, LiteralMap.identity(program.num_variables), **settings)
    classes = Classes(program.num_variables)
    gate.advance(classes)
    return gate, classes


def test_ends_of_an_edge_are_not_put_on_one_side():
    """x0 + x1 <= 1: tied together both would be 0, which strict refuses and propagate fixes; opposite is allowed."""
    program = BinaryProgram([-1, -1, -1], rows=make_rows([[1, 1, 0]], upper=1))
    gate, classes = gate_of(program, "strict")
    assert gate.judge(classes, 1, 2, 1).reason == "forces"
    assert gate.judge(classes, 1, 2, -1).is_admitted
    assert dict(gate.rejections) == {"forces": 1}
    gate, classes = gate_of(program, "propagate")
    verdict = gate.judge(classes, 1, 2, 1)
    assert verdict.is_admitted
    assert verdict.fixes == 0


def test_cells_of_one_row_of_an_assignment():
    """x0 + x1 + x2 = 1: one side forces both to 0; opposite sides force the third; neither with two cells more."""
    three = BinaryProgram(np.zeros(3), rows=make_rows([[1, 1, 1]], lower=1, upper=1))
    gate, classes = gate_of(three, "strict")
    assert gate.judge(classes, 1, 2, 1).reason == "forces"
    assert gate.judge(classes, 1, 2, -1).is_admitted
    two = BinaryProgram(np.zeros(2), rows=make_rows([[1, 1]], lower=1, upper=1))
    gate, classes = gate_of(two, "strict")
    assert gate.judge(classes, 1, 2, 1).reason == "rows"
    gate, classes = gate_of(two, "propagate")
    assert gate.judge(classes, 1, 2, 1).reason == "rows"


def test_a_bundle_heavier_than_the_knapsack_is_refused_and_tau_is_softer():
    program = BinaryProgram([-1, -1, -1], rows=make_rows([[4, 3, 5]], upper=8))
    gate, classes = gate_of(program, "strict")
    assert gate.judge(classes, 1, 2, 1).is_admitted  # 7 of 8
    assert gate.judge(classes, 1, 3, 1).reason == "forces"  # 9 of 8
    gate, classes = gate_of(program, "strict", tau=0.8)
    assert gate.judge(classes, 1, 2, 1).reason == "capacity"
    assert gate.judge(classes, 1, 2, -1).is_admitted


def test_forced_values_are_fixed_after_a_merge():
    """Two cells of a row of three on opposite sides leave the third at 0."""
    three = BinaryProgram(np.zeros(3), rows=make_rows([[1, 1, 1]], lower=1, upper=1))
    gate, classes = gate_of(three, "propagate")
    classes.merge(1, 2, -1)
    assert gate.advance(classes).tolist() == [-1, 0]


def test_slack_bits_are_protected():
    """No merge of a slack bit with an item or with another row's; with the anchor it is fixed, which is allowed."""
    program = BinaryProgram([-5, -4, -3], rows=make_rows([[2, 3, 4], [3, 1, 2]], upper=[5, 4]))
    encoding = Slack().encode(program)
    groups = auxiliary_groups(encoding, encoding.decoder)
    assert groups[0] == 0
    assert (groups[1:4] == -1).all()
    assert len(set(groups[4:].tolist())) == 2
    gate = AdmissibilityChecker("strict", program, encoding.decoder, groups=groups)
    classes = Classes(encoding.num_qubits)
    gate.advance(classes)
    first, other = np.flatnonzero(groups == groups[4])[:2], np.flatnonzero(groups == groups[-1])[0]
    assert gate.judge(classes, 1, int(first[0]), 1).reason == "slack"
    assert gate.judge(classes, int(first[0]), int(other), 1).reason == "slack"
    assert gate.judge(classes, int(first[0]), int(first[1]), 1).is_admitted
    assert gate.judge(classes, 0, int(first[0]), 1).is_admitted


def test_protection_can_be_left_out():
    program = BinaryProgram([-5, -4, -3], rows=make_rows([[2, 3, 4]], upper=[5]))
    settings = {"name": "shrink", "target": 1, "correlations": "random", "threshold": "none"}
    guarded = from_spec("encoders", settings).encode(program).trace[-1]["shrink"]
    open_ = from_spec("encoders", {**settings, "protect_slack": False}).encode(program).trace[-1]["shrink"]
    assert guarded["rejected"].get("slack", 0) > 0
    assert "slack" not in open_["rejected"]


def test_admissibility_needs_the_variables_as_bits():
    program = BinaryProgram([-1, -2, -3], rows=make_rows([[1, 1, 1]], lower=1, upper=1))
    spec = {"name": "shrink", "target": 1, "inner": "domain-wall"}
    with pytest.raises(UnsupportedError, match="--admissibility off"):
        from_spec("encoders", spec).encode(program)
    assert from_spec("encoders", {**spec, "admissibility": "off"}).encode(program).num_qubits == 1
