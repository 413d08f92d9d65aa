"""Augmented Lagrangian: every form's energy by its formula, its updates, and what is a relaxation and what is not."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.algorithms.enumeration import all_energies, all_points
from qopt.core import BinaryProgram, Round, from_spec, make_rows
from qopt.encoders.exhaustive import best_cost

A, B = np.array([4.0, 2.0, 3.0]), 5.0
PROGRAM = BinaryProgram([-6.0, -4.0, -2.0], rows=make_rows([A], upper=[B]))
SCALE, UNIT = 4.0, 3.0  # mean |cost|, mean |coefficient|
X = all_points(3)
H = (X @ A - B) / UNIT
COST = PROGRAM.costs(X)
LAST = np.array([[1, 0, 0]])  # room of 1 unit: h = -1/3


def encoder_of(**fields):
    return from_spec("encoders", {"name": "augmented-lagrangian", **fields})


def energies(encoding):
    return all_energies(encoding.bqm)


def told(x, program=PROGRAM, energy=-6.0):
    return Round(np.asarray(x), np.full(len(x), energy), None, None, program)


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("L", lambda lam, mu: lam * H),
        ("Q", lambda lam, mu: lam * H + mu / 2 * H**2),
        ("AS", lambda lam, mu: lam * H + mu / 2 * H**2),
        ("T3P", lambda lam, mu: lam * (X @ A) / B + mu * ((X @ A) / B) ** 2),
        ("SE", lambda lam, mu: lam * H + mu / 2 * H**2),
    ],
)
def test_first_energy_is_the_formula(variant, expected):
    encoding = encoder_of(variant=variant, start="one", mu=2.0).encode(PROGRAM)
    assert energies(encoding) == pytest.approx(COST + SCALE * expected(1.0, 2.0))
    assert encoding.num_qubits == 3
    assert encoding.is_relaxation == (variant == "L")


def test_unbalanced_form_starts_at_its_two_weights():
    encoding = encoder_of(variant="UP", l1=3.0, l2=0.5).encode(PROGRAM)
    assert energies(encoding) == pytest.approx(COST + SCALE * (3.0 * H + 0.5 * H**2))


def test_active_set_drops_rows_with_room_and_keeps_the_exact_constant():
    encoder = encoder_of(variant="AS", mu=2.0, growth=1.0, start="zero")
    first = encoder.encode(PROGRAM)
    idle = encoder.update(first, told(LAST))  # l = [0 + 2 (-1/3)]_+ = 0, l + mu h < 0
    assert energies(idle) == pytest.approx(COST)
    over = encoder.update(first, told(np.array([[1, 1, 1]])))  # h = 4/3: l = 8/3, active
    lam = 2.0 * 4 / 3
    assert energies(over) == pytest.approx(COST + SCALE * (lam * H + H**2))
    # a row whose price is positive but that is idle counts with -l^2 / (2 mu), as in the exact form
    far = encoder.update(over, told(np.array([[0, 0, 0]])))  # h = -5/3: l = 8/3 - 10/3 < 0
    assert energies(far) == pytest.approx(COST)


def test_slack_elimination_uses_the_best_slack_of_the_last_point():
    encoder = encoder_of(variant="SE", mu=2.0, growth=1.0, start="one")
    step = encoder.update(encoder.encode(PROGRAM), told(LAST))
    lam = 1.0 - 2.0 / 3
    slack = max(0.0, 1 / 3 - lam / 2.0)
    assert energies(step) == pytest.approx(COST + SCALE * (lam * (H + slack) + (H + slack) ** 2))


def test_third_party_multipliers_never_fall():
    encoder = encoder_of(variant="T3P", start="one")
    step = encoder.update(encoder.encode(PROGRAM), told(LAST))
    assert step.state["multipliers"].tolist() == [1.0]


def test_multipliers_follow_the_mean_of_the_best_reads():
    encoder = encoder_of(variant="Q", reads=2, mu=3.0)
    step = encoder.update(encoder.encode(PROGRAM), told(np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0]])))
    assert step.state["multipliers"] == pytest.approx([3.0 * (4 / 3 + 1 / 3) / 2])


@pytest.mark.parametrize(("rule", "expected"), [("always", 1.5), ("stalled", 1.0)])
def test_mu_grows_by_its_rule(rule, expected):
    encoder = encoder_of(mu=1.0, growth=1.5, growth_rule=rule)
    step = encoder.update(encoder.encode(PROGRAM), told(LAST))  # no violation at all
    assert step.state["mu"] == pytest.approx(expected)
    assert encoder_of(mu=1.0, growth=9.0, max_mu=2.0).encode(PROGRAM).state["mu"] == 1.0


def test_equalities_and_pairs_alone_stay_a_relaxation_and_find_the_optimum():
    rows = make_rows([[1, 1, 1, 0], [0, 0, 1, 1]], lower=[1, -np.inf], upper=[1, 1])
    program = BinaryProgram([-1.0, -2.0, -4.0, -5.0], rows=rows)
    encoder = encoder_of(variant="Q", start="one", mu=4.0)
    encoding = encoder.encode(program)
    assert encoding.is_relaxation
    for _ in range(8):
        ground = all_energies(encoding.bqm)
        assert ground.min() <= best_cost(program) + 1e-9
        x = all_points(4)[[int(np.argmin(ground))]]
        proof = Round(x, np.array([ground.min()]), float(ground.min()), None, program)
        encoding = encoder.update(encoding, proof)
        if encoding.state.get("is_done"):
            break
    assert encoding.trace[-1]["stopped"] == "complementary slackness"
    assert encoding.trace[-1]["bound"] == pytest.approx(best_cost(program))


@pytest.mark.parametrize("variant", ["Q", "AS", "UP", "T3P", "SE"])
def test_no_other_form_of_an_inequality_is_a_relaxation(variant):
    """The least energy of each lies above the optimal cost here: a bound made of it would be false."""
    program = BinaryProgram([-1.0, -1.0, -1.0], rows=make_rows([[3, 1, 1]], upper=[4.5]))
    encoding = encoder_of(variant=variant, mu=60.0, l1=0.0, l2=60.0).encode(program)
    assert not encoding.is_relaxation
    assert all_energies(encoding.bqm).min() > best_cost(program) + 1.0
    proof = Round(np.zeros((1, 3)), np.array([5.0]), 5.0, None, program)
    row = encoder_of(variant=variant).update(encoding, proof).trace[-1]
    assert row["energy"] == 5.0
    assert not {"bound", "dual_estimate"} & set(row)


def test_only_the_linear_form_needs_no_circuit():
    """An active set can be empty for a round; that is no statement about the method."""
    idle = encoder_of(variant="AS").update(encoder_of().encode(PROGRAM), told(LAST))
    assert idle.is_separable
    assert "circuit" not in idle.note
    assert "no circuit needed" in encoder_of(variant="L").encode(PROGRAM).note


def test_ends_after_its_rounds_and_says_so():
    encoder = encoder_of(max_rounds=2)
    first = encoder.update(encoder.encode(PROGRAM), told(LAST))
    last = encoder.update(first, told(LAST))
    assert last.trace[-1]["stopped"] == "max_rounds"
    assert encoder.update(last, told(LAST)) is None
