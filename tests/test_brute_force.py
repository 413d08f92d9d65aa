"""Enumeration: every energy, the proof, the refusal."""

from __future__ import annotations

import dimod
import numpy as np
import pytest

from qopt.algorithms.enumeration import all_energies
from qopt.core import UnsupportedError
from qopt.solvers.classical.brute_force import BLOCK_BITS, BruteForce


def model(n: int, seed: int = 0, *, is_integer: bool = True) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.normal(size=(n, n)), 1)
    h = rng.normal(size=n)
    if is_integer:
        J, h = np.rint(5 * J), np.rint(5 * h)
    return dimod.BinaryQuadraticModel(h, J, 0.5, "BINARY")


@pytest.mark.parametrize("n", [1, 2, 7, 10])
def test_all_energies_are_the_models(n: int) -> None:
    bqm = model(n, is_integer=False)
    Z = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    assert np.allclose(all_energies(bqm), bqm.energies((Z, range(n))), rtol=0, atol=1e-12)


def test_blocks_agree_with_one_piece() -> None:
    bqm = model(BLOCK_BITS + 3)
    samples = BruteForce(num_reads=50).sample(bqm)
    assert samples.record.energy.tolist() == np.sort(all_energies(bqm))[:50].tolist()
    assert samples.info["points_looked_at"] == 2 ** (BLOCK_BITS + 3)


def test_bound_is_exact_for_integers_and_safe_for_floats() -> None:
    integers = BruteForce().sample(model(9))
    assert integers.info["energy_bound"] == integers.first.energy
    floats = BruteForce().sample(model(9, is_integer=False))
    assert 0 < floats.first.energy - floats.info["energy_bound"] < 1e-9


def test_a_cut_run_proves_nothing() -> None:
    samples = BruteForce().sample(model(BLOCK_BITS + 4), seconds=1e-9)
    assert "energy_bound" not in samples.info
    assert samples.info["points_looked_at"] == 2**BLOCK_BITS


def test_every_read_is_returned_once() -> None:
    samples = BruteForce().sample(model(8))
    assert len(samples) == 256
    assert set(samples.record.num_occurrences) == {1}
    assert len(BruteForce().sample(model(8), num_reads=10)) == 10


def test_refusal_has_the_numbers() -> None:
    with pytest.raises(UnsupportedError, match=r"at most 28 variables, got 60 .*; use cpsat"):
        BruteForce().sample(dimod.BinaryQuadraticModel([0.0] * 60, {}, 0.0, "BINARY"))
    assert BruteForce(max_variables=5).estimate(6, 0).refusal
    assert not BruteForce().estimate(28, 0).refusal
