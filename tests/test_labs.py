"""Low autocorrelation sequences: term counts, symmetries, optima by enumeration, solvers on the quadratised form."""

from __future__ import annotations

import numpy as np
import pytest

import qopt
from qopt import Labs
from qopt.problems.labs import energies
from qopt.problems.labs_optima import known_optimum, optima


def all_points(n: int) -> np.ndarray:
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


@pytest.mark.parametrize(("n", "pairs", "fours"), [(10, 20, 50), (20, 90, 525), (27, 169, 1378), (40, 380, 4750)])
def test_term_counts_are_those_of_the_literature(n: int, pairs: int, fours: int) -> None:
    assert Labs(n).polynomial.counts == {2: pairs, 4: fours}


@pytest.mark.parametrize("n", range(1, 12))
def test_energy_is_the_polynomial_at_every_point(n: int) -> None:
    points = all_points(n)
    assert np.array_equal(Labs(n).polynomial.energies(points), energies(points))


@pytest.mark.parametrize("n", [1, 3, 5, 9, 13])
def test_skew_symmetric_sequences_have_half_the_bits_and_the_same_energy(n: int) -> None:
    problem = Labs(n, is_skew=True)
    points = all_points((n + 1) // 2)
    sequences = np.array([problem.solution_of(x) for x in points])
    assert np.array_equal(problem.polynomial.energies(points), energies(sequences))
    assert all(not problem.violations(s) for s in sequences)
    s = 1 - 2 * sequences
    assert all(not (s[:, :-k] * s[:, k:]).sum(axis=1).any() for k in range(1, n, 2))
    allowed = {tuple(s) for s in sequences.tolist()}
    if n <= 9:
        assert all((tuple(z) in allowed) == (not problem.violations(z)) for z in all_points(n).tolist())


@pytest.mark.parametrize("n", range(3, 15))
def test_listed_optima_are_the_least_energies(n: int) -> None:
    assert known_optimum(n).value == energies(all_points(n)).min()


def test_every_optimum_of_the_table_has_a_source() -> None:
    assert sorted(optima()) == list(range(3, 67))
    assert all(known.source and known.is_optimal for known in optima().values())


def test_the_eight_symmetries_keep_the_energy() -> None:
    z = np.random.default_rng(0).integers(0, 2, 15)
    found = Labs(15).symmetric(z)
    assert len(found) == 8
    assert set(energies(found)) == {Labs(15).objective(z)}


def test_barker_13_has_the_best_merit_factor_known() -> None:
    assert Labs(13).merit_factor([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0]) == pytest.approx(14.083, abs=1e-3)


@pytest.mark.parametrize("solver", ["sa", "cpsat", "brute-force"])
def test_solvers_reach_the_optimum_through_the_quadratised_form(solver: str) -> None:
    record = qopt.solve(Labs(7), solver=solver, seed=1)
    assert record.objective == 3
    if solver != "sa":
        assert record.bound == 3


def test_an_even_length_cannot_be_skew_symmetric() -> None:
    with pytest.raises(ValueError, match="choose an odd one"):
        Labs(8, is_skew=True)


def test_qoblib_names_class_02_and_reads_its_solutions(tmp_path) -> None:
    """Solutions there are one digit a line below remarks; ours are digits in one line, which its checker takes."""
    from qopt.experiments.export.qoblib import CLASSES, solution_text
    from qopt.problems.solutions import read_solution

    s = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0]
    assert CLASSES["labs"] == "02-labs"
    assert solution_text("labs", s) == " ".join(map(str, s)) + "\n"
    path = tmp_path / "labs013.opt.sol"
    path.write_text("# Energy: 6\n" + "\n".join(map(str, s)) + "\n")
    assert np.array_equal(read_solution(path, Labs(13)), s)
