"""The scaling study of LABS: its saved angles, its overlaps, its slopes, its command; annealing on polynomials."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qopt
from qopt.core import BinaryPolynomial, PolynomialModel
from qopt.experiments.papers import labs_scaling as study
from qopt.problems.labs import energies
from qopt.solvers.classical.polynomial_annealing import PolynomialAnnealing


def test_overlaps_at_the_saved_angles_beat_uniform_points_and_count_all_optima() -> None:
    for row in study.overlaps([8, 11]):
        all_energies = energies((np.arange(2**row.length)[:, None] >> np.arange(row.length)) & 1)
        assert row.optimum == all_energies.min()
        assert row.optima == (all_energies == row.optimum).sum()
        assert row.uniform == row.optima / 2**row.length
        assert row.uniform < row.circuit < 1


def test_a_slope_is_found_with_its_band() -> None:
    rng = np.random.default_rng(0)
    lengths = np.arange(10, 24)
    fit = study.slope(lengths, 1.46 ** -(lengths + 0.2 * rng.normal(size=lengths.size)))
    assert fit.band is not None
    assert fit.band[0] < 1.46 < fit.band[1]
    assert study.slope([4, 5], [0.5, 0.25]).band is None


def test_fitting_improves_on_the_ramp_it_starts_from() -> None:
    _, _, fitted = study.fit_angles((5, 6), layers=2, maxiter=5)
    _, _, start = study.fit_angles((5, 6), layers=2, maxiter=0)
    assert fitted < start


def test_the_command_writes_rows_and_a_report(tmp_path) -> None:
    from typer.testing import CliRunner

    from qopt.commands.app import app

    result = CliRunner().invoke(app, ["reproduce", "labs-scaling", "--quick", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["length"] for row in rows] == list(study.QUICK)
    assert "1.46" in (tmp_path / "report.md").read_text()


def test_annealing_reaches_the_optimum_of_labs_without_auxiliary_bits() -> None:
    record = qopt.solve(
        qopt.Labs(13),
        solver="polynomial-sa",
        encoder="polynomial",
        formulation="polynomial",
        seed=1,
        num_sweeps=100,
    )
    assert record.objective == 6
    assert record.resources.qubits == 13


@pytest.mark.parametrize("seed", range(5))
def test_annealing_finds_the_least_energy_of_small_polynomials_and_replays(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 8
    terms = [(rng.integers(0, n, rng.integers(1, 6)), float(rng.integers(-9, 10))) for _ in range(20)]
    polynomial = BinaryPolynomial.from_terms(n, terms)
    sampler = PolynomialAnnealing(num_reads=40, num_sweeps=60)
    first, again = (sampler.sample(PolynomialModel(polynomial), seed=seed) for _ in range(2))
    points = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    assert first.first.energy == polynomial.energies(points).min()
    assert np.array_equal(first.record.sample, again.record.sample)
