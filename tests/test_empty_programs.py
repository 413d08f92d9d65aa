"""Infeasible is said of the program alone, with a proof, by every way of solving it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.algorithms.cuts import implied_cuts
from qopt.algorithms.enumeration import all_points
from qopt.core import ENCODERS, BinaryProgram, InfeasibleError, from_spec, impossible_row, make_rows
from qopt.encoders.conformance import exact_round
from qopt.encoders.exhaustive import best_cost
from qopt.encoders.presolve import Fix, relaxed
from qopt.problems.qubo import Qubo

from .shell import Shell

EMPTY = BinaryProgram([1, 1, 1], rows=make_rows([[2, 2, 3]], upper=[-8]))


def restricted_empty() -> BinaryProgram:
    """Feasible at cost -8 and at 0; the LP's integral values leave no point."""
    rows = make_rows([[5, 0, 5, -2], [-4, 0, 0, 0]], lower=[3.5, -5.5], upper=[6, -3])
    Q = np.zeros((4, 4))
    Q[0, 3], Q[2, 3] = -7, -2
    return BinaryProgram([-7, 8, 1, -6], Q, -1, rows)


def second() -> BinaryProgram:
    rows = make_rows([[0, 0, 0, 5], [3, 5, -1, 6]], lower=[-1.5, 5], upper=[1, 5])
    Q = np.zeros((4, 4))
    Q[0, 1], Q[0, 3], Q[1, 2] = -8, 8, 4
    return BinaryProgram([-4, 2, 5, 1], Q, 2, rows)


@pytest.mark.parametrize("make", [restricted_empty, second])
def test_a_presolve_that_empties_the_program_frees_variables_until_it_is_not(make: Callable[[], BinaryProgram]) -> None:
    """CP-SAT's word on the restricted program was told as one on the program."""
    program = make()
    encoding = Fix().encode(program)
    points = encoding.decode(all_points(encoding.bqm.num_variables))
    feasible = points[program.feasible(points)]
    assert len(feasible), "what is left has no feasible point"
    assert "left free" in encoding.note
    assert best_cost(program) is not None


@pytest.mark.parametrize("seed", range(60))
def test_presolve_never_empties_a_feasible_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 5
    A = rng.integers(-4, 7, (3, n))
    x = rng.integers(0, 2, n)
    rows = make_rows(A, lower=A @ x - rng.integers(0, 2, 3), upper=A @ x + rng.integers(0, 2, 3))
    Q = np.triu(rng.integers(-8, 9, (n, n)), 1)
    program = BinaryProgram(rng.integers(-8, 9, n), Q, rows=rows)
    left = Fix()._residual(program)
    X = left.lift.apply(all_points(left.keep.size))
    assert program.feasible(X).any()


def test_an_empty_program_is_told_as_empty_by_the_presolve() -> None:
    program = BinaryProgram([1, 1, 1], rows=make_rows([[2, 2, 3]], upper=[-8]))
    with pytest.raises(InfeasibleError, match="CP-SAT proves it"):
        relaxed(program)
    with pytest.raises(InfeasibleError):  # the LP has points here, the program has none
        Fix().encode(BinaryProgram([1, 1], rows=make_rows([[2, 2]], lower=[1], upper=[1])))


@pytest.mark.parametrize("encoder", [e.name for e in ENCODERS])
def test_a_row_that_no_point_keeps_ends_with_21_for_every_encoder(encoder: str, tmp_path: Path, shell: Shell) -> None:
    """Most of them ended with 2 as if an option were wrong, some with 1, relax-and-cut with a message of numpy."""
    file = tmp_path / "rc.lp"
    file.write_text("Minimize\n obj: x0 + x1 + x2\nSubject To\n c: 2 x0 + 2 x1 + 3 x2 <= -8\nBinary\n x0 x1 x2\nEnd\n")
    solver = "xy" if encoder == "native" else "sa"
    shell.run("solve", file, "--solver", solver, "--encoder", encoder, "--quiet")
    assert (shell.code, shell.out) == (21, "")
    assert "row c must hold" in shell.err


def test_cuts_of_a_row_that_no_point_keeps_are_none() -> None:
    """A cover of no items was asked for its heaviest one."""
    found = implied_cuts(EMPTY, np.full(3, 0.5))
    assert found is None or not any(name.startswith("found-cover") for name in found.names)
    encoder = from_spec("encoders", "relax-and-cut")
    encoding = encoder.encode(EMPTY)
    assert encoder.update(encoding, exact_round(EMPTY, encoding, None)) is not None


def test_rows_within_the_tolerance_are_not_impossible() -> None:
    """0.1 + 0.2 is above 0.3 by rounding alone, and the program calls it feasible."""
    program = BinaryProgram([1, 1], rows=make_rows([[0.1, 0.2]], lower=[0.3], upper=[0.3]))
    assert impossible_row(program) == ""
    assert program.feasible(np.array([[1, 1]]))[0]
    assert qopt.solve(Qubo([0.0]), "brute-force").objective == 0
