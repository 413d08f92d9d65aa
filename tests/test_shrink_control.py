"""Adaptive control: thresholds that are applied, recomputations by count, drift and budget, and the stops."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.sparse import csr_array

import qopt
from qopt.algorithms.enumeration import all_energies, all_points
from qopt.algorithms.max_cut import qubo_to_max_cut
from qopt.core import BinaryProgram, from_spec, make_rows
from qopt.encoders.quadratic import Quadratic
from qopt.encoders.shrink.admissibility import AdmissibilityChecker
from qopt.encoders.shrink.correlations import Correlations
from qopt.encoders.shrink.loop import Control, Shrinking
from qopt.encoders.shrink.stops import bound_loss, leading_eigenvalues, spectral_change
from qopt.encoders.shrink.thresholds import threshold
from qopt.problems.formulations import formulate

STRENGTHS = np.array([0.1, 0.2, 0.5, 0.9, 1.0])


@pytest.mark.parametrize(
    ("rule", "level", "step", "expected"),
    [
        ("proportional", 0.8, 0, 0.8),
        ("mean", 0.8, 0, 0.54),
        ("median", 0.8, 0, 0.5),
        ("quantile", 0.75, 0, 0.9),
        ("clustering", 0.8, 0, (0.8 / 3 + 0.95) / 2),
        ("decay", 0.8, 3, 0.8 * 0.9**3),
        ("none", 0.8, 0, 0.0),
    ],
)
def test_threshold_rules(rule, level, step, expected):
    assert threshold(rule, STRENGTHS, level=level, step=step) == pytest.approx(expected)


@dataclass
class Fixed:
    """Says the same of the original nodes each time; notes what it was asked."""

    values: dict[tuple[int, int], float]
    asked: list[int] = field(default_factory=list)

    def correlations(self, task):
        self.asked.append(task.num_nodes)
        pairs = [pair for pair in self.values if max(pair) < task.num_nodes]
        heads, tails = (np.array([pair[k] for pair in pairs], dtype=np.int64) for k in (0, 1))
        return Correlations(heads, tails, np.array([self.values[pair] for pair in pairs]))


def shrinking(source, num_bits=6, target=1, seed=0, **control):
    rng = np.random.default_rng(seed)
    Q = csr_array(np.triu(rng.integers(-5, 6, (num_bits, num_bits)), 1).astype(float))
    energy = Quadratic(rng.integers(-5, 6, num_bits).astype(float), Q)
    program = BinaryProgram(energy.linear, energy.products)
    done = Shrinking(
        energy, program, None, source, AdmissibilityChecker("off", program, None), Control(**control), target
    )
    done.run()
    return done


PAIRS = {(1, 2): 0.9, (3, 4): -0.85, (5, 6): 0.3, (0, 1): 0.1}


@pytest.mark.parametrize(
    ("rule", "before_recomputing"),
    [("proportional", 2), ("mean", 2), ("median", 2), ("none", 4), ("decay", 2)],
)
def test_a_pair_below_the_threshold_waits_for_new_correlations(rule, before_recomputing):
    """0.3 and 0.1 lie below every rule but ``none``: two merges, then the source is asked again."""
    source = Fixed(PAIRS)
    done = shrinking(source, target=2, threshold=rule, every=0)
    assert source.asked[:2] == ([7, 5] if before_recomputing == 2 else [7])
    assert [(m.kept, m.removed, m.sign) for m in done.merges[:2]] == [(1, 2, 1), (3, 4, -1)]


def test_decay_is_absolute_and_may_end_the_shrinking():
    done = shrinking(Fixed({(1, 2): 0.3}), threshold="decay", every=0)
    assert (len(done.merges), done.ended) == (0, "threshold 0.8")


def test_least_correlation_ends_the_shrinking():
    done = shrinking(Fixed(PAIRS), min_correlation=0.5, every=0, threshold="none", max_solves=1)
    assert len(done.merges) == 2
    assert done.ended == "strongest correlation 0.3"


@pytest.mark.parametrize(("every", "asked"), [(1, [7, 6, 5]), (2, [7, 5]), (0, [7])])
def test_correlations_are_computed_anew_after_so_many_merges(every, asked):
    source = Fixed(PAIRS)
    shrinking(source, target=3, threshold="none", every=every)
    assert source.asked == asked


def test_recomputations_keep_to_their_budget():
    source = Fixed(PAIRS)
    done = shrinking(source, target=2, threshold="proportional", every=1, max_solves=2)
    assert len(source.asked) == done.num_solves == 2
    assert done.ended == "target"  # the last correlations serve to the end


def test_drift_counts_the_weight_at_merged_nodes():
    """No limit: asked once; a tiny one: after each merge."""
    for drift, asked in ((1e9, 1), (1e-9, 3)):
        source = Fixed(PAIRS)
        shrinking(source, target=3, threshold="none", every=0, drift=drift)
        assert len(source.asked) == asked


def problem_program(n=40):
    problem = qopt.generate("max-cut", n=n, p=0.3, seed=1)
    return formulate(problem, None).program


def summary(**settings):
    encoding = from_spec("encoders", {"name": "shrink", "admissibility": "off", **settings}).encode(problem_program())
    return encoding.trace[-1]["shrink"], encoding


def test_bound_stop_keeps_the_loss_below_the_limit_and_reports_it():
    free, _ = summary(target=2)
    assert free["bound_loss"] > 0.02
    done, encoding = summary(target=2, max_bound_loss=0.02)
    assert done["ended"].startswith("bound loss")
    assert done["bound_loss"] <= 0.02
    assert 2 < encoding.num_qubits < 39
    assert done["bound_before"] <= done["bound"]


def test_the_bound_is_one_of_the_graph_that_is_left():
    """Whatever ended the shrinking: never above the least energy, by enumeration."""
    ends = ({"target": 8}, {"target": 2, "max_bound_loss": 0.2}, {"target": 1, "min_correlation": 0.97})
    for settings in (*ends, {"target": 8, "correlations": "lp", "every": 5}):
        done, encoding = summary(**settings)
        assert encoding.num_qubits <= 20, settings
        lowest = float(all_energies(encoding.bqm).min())
        assert done["bound"] <= lowest + 1e-6
        # the whole graph's bound is weaker: merges only restrict
        assert done["bound_before"] <= done["bound"] + 1e-6


def test_spectral_stop():
    done, encoding = summary(target=2, max_spectral_change=0.1)
    assert done["ended"].startswith("spectral change")
    assert encoding.num_qubits > 2
    cut = qubo_to_max_cut(np.triu(np.ones((4, 4)), 1))
    dense = cut.adjacency().toarray()
    degree = np.abs(dense).sum(axis=1)
    degree[degree == 0] = 1
    L = np.eye(5) - dense / np.sqrt(np.outer(degree, degree))
    assert np.allclose(leading_eigenvalues(cut, 3), np.sort(np.linalg.eigvalsh(L))[::-1][:3])
    assert spectral_change(np.array([1.5]), np.array([2.0, 1.0])) == pytest.approx(0.25)
    assert bound_loss(-8.0, -10.0, constant=0.0) == pytest.approx(0.2)


def test_sdp_ties_the_optimum_of_a_bipartite_graph():
    """The relaxation is tight there: shrunk to one bit, the least energy is that of the whole."""
    A = np.zeros((8, 8))
    A[:4, 4:] = np.random.default_rng(0).integers(1, 9, (4, 4))
    linear = -(A.sum(axis=0) + A.sum(axis=1))
    program = BinaryProgram(linear, 2 * A)
    whole = program.costs(all_points(8)).min()
    encoding = from_spec("encoders", {"name": "shrink", "target": 1, "admissibility": "off"}).encode(program)
    assert float(all_energies(encoding.bqm).min()) == whole


@pytest.mark.parametrize("inner", ["dual-ascent", "augmented-lagrangian", "bundle"])
def test_iterating_encoders_are_shrunk_each_round(inner):
    problem = qopt.generate("mdkp", n=12, m=2, seed=1)
    encoder = {"name": "shrink", "inner": inner, "target": 6}
    record = qopt.solve(problem, solver="brute-force", encoder=encoder, rounds=4, seed=1)
    assert record.resources.rounds > 1
    assert all(row["shrink"]["qubits"] <= 6 for row in record.rounds)
    assert record.bound is None  # a bound of the shrunk problem is none of the instance
    assert record.stages.repaired.feasible


def test_shrink_inside_presolve_counts_its_refusals_in_the_record():
    """``--presolve lp --shrink 5``: fixing outside, merging inside, and what was refused stands in the record."""
    problem = qopt.generate("mdkp", n=30, m=2, seed=3)
    record = qopt.solve(problem, solver="brute-force", shrink=5, presolve="lp", core=8, seed=1)
    assert record.pipeline["encoder"]["name"] == "fix"
    assert record.pipeline["encoder"]["inner"]["name"] == "shrink"
    done = record.rounds[-1]["shrink"]
    assert record.resources.qubits == done["qubits"] == 5
    assert sum(done["merges"].values()) == done["qubits_before"] - 5
    assert sum(done["rejected"].values()) > 0
    assert len(record.solution) == 30


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("target", 0, "write 20 or 0.6"),
        ("target", 2.5, "write 20 or 0.6"),
        ("admissibility", "stricct", "admissibility"),
        ("threshold", "medain", "threshold"),
        ("tau", 0, "tau"),
        ("every", -1, "every"),
    ],
)
def test_bad_settings_are_told(field, value, text):
    with pytest.raises(ValueError, match=text):
        from_spec("encoders", {"name": "shrink", field: value})


def test_nothing_to_shrink_changes_nothing():
    program = BinaryProgram([-1, -2], rows=make_rows([[1, 1]], upper=1))
    encoding = from_spec("encoders", {"name": "shrink", "target": 5}).encode(program)
    assert encoding.is_exact
    assert encoding.trace[-1]["shrink"]["ended"] == "already small enough"


def test_sdp_agrees_with_scs():
    """Optional cross-check: the same relaxation by SCS."""
    cvxpy = pytest.importorskip("cvxpy")
    pytest.importorskip("scs")
    cut = qubo_to_max_cut(np.triu(np.random.default_rng(2).integers(-4, 5, (8, 8)), 1).astype(float))
    W = cut.adjacency().toarray()
    X = cvxpy.Variable((9, 9), PSD=True)
    model = cvxpy.Problem(cvxpy.Maximize(cvxpy.sum(cvxpy.multiply(W, 1 - X)) / 4), [cvxpy.diag(X) == 1])
    model.solve(solver="SCS")
    from qopt.algorithms.mixing import mixing_method

    assert mixing_method(cut.adjacency()).bound == pytest.approx(model.value, rel=1e-3)
