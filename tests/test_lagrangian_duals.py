"""Dual methods: their Lagrangians are relaxations, their bounds never pass the optimum, and they reach the LP value."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qopt.algorithms.enumeration import all_energies, all_points
from qopt.algorithms.linear import linear_relaxation
from qopt.core import BinaryProgram, Round, from_spec, make_rows
from qopt.encoders.exhaustive import best_cost
from qopt.encoders.lagrangian.dual_rows import dual_rows
from qopt.encoders.serialise import encoding_from_json, encoding_to_json
from qopt.solvers.base import points_of
from qopt.solvers.classical.exact_oracle import ExactOracle

METHODS = [
    {"name": "dual-ascent"},
    {"name": "dual-ascent", "rule": "volume"},
    {"name": "dual-ascent", "rule": "harmonic", "deflection": 1.5},
    {"name": "cutting-plane"},
    {"name": "cutting-plane", "in_out": 0.5},
    {"name": "bundle"},
    {"name": "bundle", "form": "level"},
    {"name": "bundle", "form": "box"},
    {"name": "relax-and-cut"},
]


def program_of(rng: np.random.Generator, *, is_quadratic: bool = True) -> BinaryProgram:
    """A small program with a knapsack, an at-most-one, a two-sided and sometimes an equality row."""
    n = int(rng.integers(4, 8))
    x = rng.integers(0, 2, n)
    A = rng.integers(-2, 6, (2, n))
    load = A @ x
    packing = np.zeros(n)
    packing[rng.choice(n, 3, replace=False)] = 1
    packing *= packing @ x <= 1
    rows = [A[0], A[1], packing, rng.integers(0, 3, n)]
    lower, upper = [-np.inf, load[1] - 2, -np.inf, 0.0], [load[0] + 1, load[1] + 1, 1, 0.0]
    lower[3] = upper[3] = float(rows[3] @ x)
    if rng.random() < 0.5:
        rows, lower, upper = rows[:3], lower[:3], upper[:3]
    Q = np.triu(rng.integers(-3, 4, (n, n)), 1) if is_quadratic and rng.random() < 0.5 else None
    return BinaryProgram(
        rng.integers(-9, 5, n), Q, float(rng.integers(-3, 4)), make_rows(rows, lower=lower, upper=upper)
    )


def rounds_of(encoder, program, count, encoding=None, incumbent=None):
    """The encodings of an exact oracle's rounds, the first one included."""
    encoding = encoding or encoder.encode(program)
    found = [encoding]
    for index in range(count):
        samples = ExactOracle(num_reads=2).sample(encoding.bqm)
        Z, energies, counts = points_of(samples)
        told = Round(encoding.decode(Z), energies, samples.info["energy_bound"], incumbent, program, index, counts)
        following = encoder.update(encoding, told)
        if following is None:
            break
        encoding = following
        found.append(encoding)
        if encoding.state.get("is_done"):
            break
    return found


@pytest.mark.parametrize("packing", ["rows", "products"])
@pytest.mark.parametrize("equalities", ["rows", "squares"])
def test_lagrangian_is_at_most_the_cost_of_feasible_points(packing, equalities):
    rng = np.random.default_rng(1)
    for _ in range(40):
        program = program_of(rng)
        rows = dual_rows(program, packing=packing, equalities=equalities)
        weights = rng.exponential(3.0, rows.count) * np.where(rows.is_free, rng.choice([-1, 1], rows.count), 1)
        X = all_points(program.num_variables)
        X = X[program.feasible(X)]
        values = rows.lagrangian(program, weights).values(X)
        assert (values <= program.costs(X) + 1e-9).all()
        assert np.allclose(values, program.costs(X) + rows.values(X) @ weights)


def test_negative_multiplier_of_an_inequality_would_not_be_a_relaxation():
    """The test above could not fail if rows had no effect: a price of the wrong sign must break it."""
    program = BinaryProgram([-1.0, -1.0], rows=make_rows([[1, 1]], upper=[1]))
    rows = dual_rows(program)
    assert rows.lagrangian(program, np.array([-2.0])).values(np.array([[0, 0]]))[0] > program.costs([[0, 0]])[0]


@pytest.mark.parametrize("spec", METHODS, ids=str)
def test_no_bound_passes_the_optimum(spec):
    rng = np.random.default_rng(2)
    encoder = from_spec("encoders", spec)
    best_gain = 0
    for _ in range(40):
        program = program_of(rng)
        best = best_cost(program)
        last = rounds_of(encoder, program, 8, incumbent=best)[-1]
        bounds = [row["bound"] for row in last.trace]
        assert bounds
        assert max(bounds) <= best + 1e-7 * max(1.0, abs(best))
        assert last.trace[-1]["best_bound"] == max(bounds)
        best_gain += max(bounds) > bounds[0]
    assert best_gain > 10  # the prices do raise the value


@pytest.mark.parametrize(
    ("spec", "share"),
    [
        ({"name": "dual-ascent"}, 2e-3),
        ({"name": "dual-ascent", "rule": "volume"}, 1e-2),
        ({"name": "cutting-plane"}, 1e-5),
        ({"name": "cutting-plane", "in_out": 0.5}, 1e-5),
        ({"name": "bundle"}, 1e-4),
        ({"name": "bundle", "form": "level"}, 1e-4),
        ({"name": "bundle", "form": "box"}, 1e-4),
        ({"name": "bundle", "size": 5}, 1e-3),
        ({"name": "bundle", "start": "lp"}, 1e-4),
    ],
    ids=str,
)
def test_dual_value_of_a_linear_program_is_its_lp(spec, share):
    rng = np.random.default_rng(3)
    encoder = from_spec("encoders", {**spec, "max_rounds": 300})
    for _ in range(3):
        A = rng.integers(1, 50, (3, 12)).astype(float)
        program = BinaryProgram(-rng.integers(10, 99, 12), rows=make_rows(A, upper=A.sum(axis=1) // 2))
        rows = program.constraints
        lp = linear_relaxation(program.c, rows.A, rows.lower, rows.upper).value
        # without an incumbent nothing rounds the bound up
        best = rounds_of(encoder, program, 300)[-1].trace[-1]["best_bound"]
        assert lp - share * abs(lp) <= best <= lp + 1e-7 * abs(lp)


def test_lp_start_is_optimal_at_once():
    rng = np.random.default_rng(4)
    program = program_of(rng, is_quadratic=False)
    rows = program.constraints
    lp = linear_relaxation(program.c, rows.A, rows.lower, rows.upper).value + program.offset
    encoding = from_spec("encoders", {"name": "bundle", "start": "lp"}).encode(program)
    assert all_energies(encoding.bqm).min() == pytest.approx(lp, rel=1e-9)


def test_start_one_prices_every_normalised_row_by_the_mean_cost():
    program = BinaryProgram([-3.0, -1.0], rows=make_rows([[4, 4]], upper=[4]))
    encoding = from_spec("encoders", {"name": "dual-ascent", "start": "one"}).encode(program)
    assert encoding.penalties == {"row[0]": 0.5}  # mean cost 2, row divided by 4
    assert all_energies(encoding.bqm).tolist() == [-2.0, -3.0, -1.0, -2.0]


@pytest.mark.parametrize("spec", [*METHODS, {"name": "augmented-lagrangian", "start": "lp"}], ids=str)
def test_a_stopped_run_continues_from_its_stored_encoding(spec):
    program = program_of(np.random.default_rng(8))
    encoder = from_spec("encoders", spec)
    whole = rounds_of(encoder, program, 9)[-1]
    half = rounds_of(encoder, program, 4)[-1]
    again = encoding_from_json(json.loads(json.dumps(encoding_to_json(half), allow_nan=False)))
    rest = rounds_of(encoder, program, 9 - len(half.trace), encoding=again)[-1]
    assert encoding_to_json(rest) == encoding_to_json(whole)
    assert [row["round"] for row in rest.trace] == list(range(len(rest.trace)))


def test_complementary_slackness_ends_with_the_optimum():
    program = BinaryProgram([-5.0, -4.0, 1.0], rows=make_rows([[1, 1, 1]], upper=[3 - 1]))
    last = rounds_of(from_spec("encoders", "bundle"), program, 5)[-1]
    assert last.trace[-1]["stopped"] == "complementary slackness"
    assert last.trace[-1]["best_bound"] == pytest.approx(best_cost(program))


def test_an_estimate_is_never_called_a_bound():
    program = BinaryProgram([-5.0, -4.0, -3.0], rows=make_rows([[3, 2, 2]], upper=[4]))
    encoder = from_spec("encoders", "bundle")
    encoding = encoder.encode(program)
    told = Round(np.array([[1, 1, 0]]), np.array([-9.0]), None, -7.0, program)
    row = encoder.update(encoding, told).trace[-1]
    assert "bound" not in row
    assert row["dual_estimate"] == -9.0
    assert row["best_bound"] is None
    assert row["violation"] > 0
    assert row["raw_feasible_share"] == 0.0


def test_feasible_share_counts_occurrences():
    program = BinaryProgram([-5.0, -4.0], rows=make_rows([[1, 1]], upper=[1]))
    encoder = from_spec("encoders", "dual-ascent")
    told = Round(
        np.array([[1, 1], [1, 0]]), np.array([-9.0, -5.0]), None, -5.0, program, counts=np.array([1, 3], dtype=np.int64)
    )
    assert encoder.update(encoder.encode(program), told).trace[-1]["raw_feasible_share"] == 0.75


def test_a_grown_program_keeps_the_bound_and_prices_the_new_row():
    program = BinaryProgram([-5.0, -4.0, -3.0], rows=make_rows([[3, 2, 2]], upper=[6]))
    encoder = from_spec("encoders", "bundle")
    encoding = encoder.encode(program)
    grown = program.with_rows(make_rows([[1, 1, 1]], upper=[1], names=["lazy"]))
    told = Round(np.array([[1, 1, 1]]), np.array([-12.0]), -12.0, None, grown)
    step = encoder.update(encoding, told)
    assert step.trace[-1]["num_rows"] == 2
    assert set(step.penalties) == {"row[0]", "lazy"}
    last = rounds_of(encoder, grown, 60, encoding=step)[-1]
    lp = linear_relaxation(grown.c, grown.constraints.A, grown.constraints.lower, grown.constraints.upper).value
    assert last.trace[-1]["best_bound"] == pytest.approx(lp, rel=1e-4)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"name": "bundle", "level": 1.5}, "level must lie in"),
        ({"name": "bundle", "size": 1}, "size must be >= 2"),
        ({"name": "cutting-plane", "in_out": 0.0}, "in_out must lie in"),
        ({"name": "dual-ascent", "rule": "constant", "patience": 3}, "patience must be left out"),
        ({"name": "dual-ascent", "rule": "volume", "deflection": 1.0}, "deflection must be 0"),
        ({"name": "relax-and-cut", "inner": "slack"}, "inner must be a dual method"),
        ({"name": "augmented-lagrangian", "growth": 0.5}, "growth must be >= 1"),
        ({"name": "augmented-lagrangian", "mu": 0.0}, "mu must be > 0"),
    ],
    ids=str,
)
def test_settings_are_checked(spec, text):
    with pytest.raises(ValueError, match=text):
        from_spec("encoders", spec)
