"""Time limits by counting, not by the wall clock: what is estimated, refused, or ended when the clock says so."""

from __future__ import annotations

import dimod
import numpy as np
import pytest

from qopt.solvers.qaoa.recursive import RecursiveQaoa
from qopt.solvers.qaoa.relations import Relations, settled_at_once


def test_relations_taken_at_once_keep_the_energies_of_their_points() -> None:
    """rqaoa's relations went on one by one after its time was over: 60 s for 2,000 spins at a limit of 2 s."""
    bqm = dimod.generators.gnp_random_bqm(12, 0.4, "BINARY", random_state=3)
    rng = np.random.default_rng(1)
    pairs = rng.uniform(-1, 1, (12, 12))
    left = settled_at_once(Relations.none(bqm), rng.uniform(-0.5, 0.5, 12), pairs + pairs.T, 4)
    assert left.num_left == 4
    points = (np.arange(16)[:, None] >> np.arange(4)) & 1
    expanded = left.expanded(points)
    spins = 1 - 2 * points
    ising = left.ising
    own = ising.offset + spins @ ising.fields
    for i, j, value in zip(ising.rows, ising.columns, ising.couplings):
        own = own + value * spins[:, i] * spins[:, j]
    assert np.allclose(own, bqm.energies((expanded, list(range(12)))))


def test_relations_taken_at_once_are_the_strongest() -> None:
    """Spins 0-1-2 in a chain of correlations, 3 by itself: the weakest pair is what stays open."""
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(4), 0.0), {(0, 1): 1.0, (1, 2): 1.0, (2, 3): 1.0}, "SPIN")
    pairs = np.zeros((4, 4))
    for i, j, value in ((0, 1, -0.9), (1, 2, 0.8), (2, 3, 0.1)):
        pairs[i, j] = pairs[j, i] = value
    left = settled_at_once(Relations.none(bqm.change_vartype("BINARY", inplace=False)), np.zeros(4), pairs, 2)
    signs = 1 - 2 * left.expanded([[0, 0]])[0].astype(int)
    assert left.num_left == 2
    assert signs[0] == -signs[1] == -signs[2]


@pytest.mark.parametrize(("n", "share"), [(400, 1.0), (2000, 0.1)])
def test_rqaoa_refuses_a_closed_form_that_cannot_end_in_time(n: int, share: float) -> None:
    """A dense model of 400 spins took 17 s, at any limit."""
    products = int(share * n * (n - 1) / 2)
    assert RecursiveQaoa().least_seconds(n, products) > 10
    with pytest.raises(ValueError, match="time limit"):
        RecursiveQaoa().check_time(n, products, 2.0)
    RecursiveQaoa().check_time(n, products, None)
    RecursiveQaoa().check_time(60, 60 * 59 // 2, 0.01)
