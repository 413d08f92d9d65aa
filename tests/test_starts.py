"""Starting angles: shapes, limits, and the maps between numbers of layers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qopt.algorithms.fixed_angles import scaled_angles
from qopt.solvers.training import initial_angles


@pytest.mark.parametrize("p", [1, 2, 5])
def test_anneal_like_starts_rise_and_fall(p: int) -> None:
    for gammas, betas in (initial_angles.ramp(p, 0.6, 0.3), initial_angles.annealing(p, 0.7)):
        assert gammas.shape == betas.shape == (p,)
        assert (gammas > 0).all()
        assert (betas > 0).all()
        assert (np.diff(gammas) > 0).all()
        assert (np.diff(betas) < 0).all()


def test_linear_ramp_is_equation_four() -> None:
    gammas, betas = initial_angles.ramp(4, 0.6, 0.3)
    assert np.allclose(gammas, [0.15, 0.3, 0.45, 0.6])
    assert np.allclose(betas, [0.3, 0.225, 0.15, 0.075])


def test_interp_keeps_a_straight_line_and_adds_a_layer() -> None:
    old = np.array([1.0, 2.0, 3.0])
    assert np.allclose(initial_angles.grown(old), [1.0, 5 / 3, 7 / 3, 3.0])


def test_fourier_amplitudes_of_a_full_basis_reach_every_angle() -> None:
    for p in (1, 3, 4):
        matrix = initial_angles.fourier_matrix(p)
        assert np.linalg.matrix_rank(matrix) == 2 * p
        i, k = 1, 0
        assert matrix[min(i, p - 1), k] == pytest.approx(np.sin(0.5 * (min(i, p - 1) + 0.5) * np.pi / p))
        assert matrix[p, p] == pytest.approx(np.cos(0.25 * np.pi / p))
        assert not matrix[:p, p:].any()


def test_resampling_the_same_number_is_the_identity() -> None:
    angles = np.array([0.3, 0.1, 0.7])
    assert initial_angles.resampled(angles, 3).tolist() == angles.tolist()
    assert initial_angles.resampled(angles, 1)[0] == pytest.approx(0.1)


def test_random_starts_follow_the_generator() -> None:
    for make in (initial_angles.random_ramp, initial_angles.random_angles):
        one, same, other = (make(3, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)


def test_fixed_angles_outside_the_table_are_refused() -> None:
    with pytest.raises(ValueError, match=r"num_layers must be 1\.\.11"):
        scaled_angles(12)


def test_saved_angles_are_scaled_by_their_unit(tmp_path: Path) -> None:
    angles = {"gammas": [0.1, 0.2], "betas": [0.4, 0.3], "unit": 2.0, "scale": "rms"}
    record = json.dumps({"resources": {"extra": {"angles": angles}}})
    path = tmp_path / "store.jsonl"
    path.write_text('{"resources": {}}\n' + record + "\n")  # the last line of a store
    gammas, betas = initial_angles.saved_angles(str(path))
    assert gammas.tolist() == [0.2, 0.4]
    assert betas.tolist() == [0.4, 0.3]
    for bad in ("", "[1, 2]", '{"resources": {"extra": {"angles": {"gammas": [[1]], "betas": [1], "unit": 1}}}}'):
        path.write_text(bad)
        with pytest.raises(ValueError, match="transfer must be"):
            initial_angles.saved_angles(str(path))
