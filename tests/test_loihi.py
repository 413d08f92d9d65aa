"""The Loihi 2 simulator: its acceptance law, its whole numbers, and what random rests are for."""

from __future__ import annotations

import itertools
from typing import Any

import dimod
import numpy as np
import pytest
from scipy.sparse import csr_array

import qopt
from qopt.engines.annealing.loihi import ChipModel, LoihiSettings, leading_zeros, run_loihi, whole_qubo
from qopt.solvers.classical.loihi import Loihi


def independent_sets(n: int, density: float, seed: int) -> tuple[Any, dimod.BinaryQuadraticModel]:
    """The grid's QUBO: -1 a vertex, 4 an edge."""
    problem = qopt.generate("mis", n=n, density=density, seed=seed)
    edges = {(int(a), int(b)): 4.0 for a, b in problem.edges}
    return problem, dimod.BinaryQuadraticModel(dict.fromkeys(range(n), -1.0), edges, 0.0, "BINARY")


def test_independence_numbers_of_the_grid() -> None:
    """n = 100, density 5 %, seeds 0..4: 44, 42, 45, 45, 42; a second of CPU for all."""
    for seed, alpha in enumerate((44, 42, 45, 45, 42)):
        problem, bqm = independent_sets(100, 0.05, seed)
        assert len(problem.edges) == 250
        best = Loihi().sample(bqm, seed=1).first
        assert best.energy == -alpha
        chosen = np.array([best.sample[i] for i in range(100)])
        assert not (chosen[problem.edges[:, 0]] & chosen[problem.edges[:, 1]]).any()


def test_acceptance_has_probability_of_powers_of_two() -> None:
    words = np.random.default_rng(1).integers(1 << 24, size=400_000)
    zeros = leading_zeros(words)
    for k in range(10):
        share = (zeros >= k).mean()
        assert abs(share - 2.0**-k) < 6 * np.sqrt(2.0**-k / len(words))
    exact = [24 - int(word).bit_length() for word in words[:500]]
    assert zeros[:500].tolist() == exact


def dense_graph(n: int = 40) -> tuple[Any, Any]:
    """Independent sets of a complete bipartite graph and its copy of unit gains: all neurons want the same at once."""
    A = np.ones((n, n), dtype=np.int64) - np.eye(n, dtype=np.int64)
    return np.full(n, -8, dtype=np.int64), csr_array(32 * A)


def test_parallel_updates_oscillate_without_rests_and_settle_with_them() -> None:
    diagonal, weights = dense_graph()
    cold = {"t_max": 1, "t_min": 0, "steps_per_temperature": 1000}
    without = run_loihi(diagonal, weights, LoihiSettings(refract_scaling=8, **cold), chips=5, steps=200, seed=1)
    rested = run_loihi(diagonal, weights, LoihiSettings(refract_scaling=2, **cold), chips=5, steps=200, seed=1)
    # all on, all off, all on: the cost jumps between 0 and that of all ones, and no single vertex is ever found
    assert (without.trace[:40:2] > 0).all()
    assert (without.costs == 0).all()
    assert (rested.costs == -8).all()
    assert (rested.trace[-1] <= 0).all()


def test_costs_are_recomputed_exactly() -> None:
    rng = np.random.default_rng(3)
    n = 12
    upper = np.triu(rng.integers(-9, 10, (n, n)), 1)
    diagonal, weights = rng.integers(-9, 10, n), csr_array(upper + upper.T)
    for update in ("parallel", "serial"):
        settings = LoihiSettings(t_max=8, steps_per_temperature=10, update=update)  # type: ignore[arg-type]
        run = run_loihi(diagonal, weights, settings, chips=6, steps=300, seed=2)
        x = run.points.astype(np.int64)
        assert np.array_equal(x @ diagonal + ((x @ upper) * x).sum(axis=1), run.costs)
        assert np.array_equal(run.trace.min(axis=0), np.where(run.costs < 0, run.costs, run.trace.min(axis=0)))
        lowest = min(
            int(np.array(z) @ diagonal + np.array(z) @ upper @ np.array(z)) for z in itertools.product((0, 1), repeat=n)
        )
        assert run.costs.min() == lowest


def test_seeds_steps_and_targets() -> None:
    diagonal, weights = dense_graph(10)
    settings = LoihiSettings(t_max=3)
    one, two = (run_loihi(diagonal, weights, settings, chips=3, steps=50, seed=4) for _ in range(2))
    assert np.array_equal(one.trace, two.trace)
    assert one.spikes == two.spikes
    longer = run_loihi(diagonal, weights, settings, chips=3, steps=80, seed=4)
    assert np.array_equal(longer.trace[:50], one.trace)
    stopped = run_loihi(diagonal, weights, settings, chips=3, steps=500, seed=4, target=-8)
    assert stopped.steps < 500
    assert stopped.costs.min() == -8
    assert one.synapses == one.spikes * 9


def test_temperatures_fall_and_start_again() -> None:
    linear = LoihiSettings(t_max=4, t_min=1, delta=1, steps_per_temperature=2)
    assert list(itertools.islice(linear.temperatures(), 8)) == [4, 4, 3, 3, 2, 2, 4, 4]
    geometric = LoihiSettings(t_max=16, t_min=3, schedule="geometric", delta=3, exponent=2)
    assert list(itertools.islice(geometric.temperatures(), 7)) == [16, 12, 9, 6, 4, 16, 12]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"t_max": 70_000}, "t_max must be"),
        ({"t_max": 3, "t_min": 3}, "t_max must be"),
        ({"refract_scaling": 9}, "refract_scaling must be"),
        ({"steps_per_temperature": 0}, "steps_per_temperature"),
        ({"schedule": "geometric", "delta": 4, "exponent": 2}, "delta must be below"),
    ],
)
def test_limits_of_the_chip(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        LoihiSettings(**given)
    with pytest.raises(ValueError, match=text):
        Loihi(**given)


def test_weights_beyond_eight_bits_and_decimals_are_rounded_and_said_to_be() -> None:
    wide = dimod.BinaryQuadraticModel({0: 100.0, 1: -300.0}, {(0, 1): 200.0}, 0.0, "BINARY")
    samples = Loihi(num_steps=200).sample(wide, seed=1)
    assert samples.info["is_rounded"] is False  # a hundred is the unit
    decimal = dimod.BinaryQuadraticModel({0: 0.1, 1: -1.0}, {(0, 1): 0.7}, 0.0, "BINARY")
    samples = Loihi(num_steps=200).sample(decimal, seed=1)
    assert samples.info["is_rounded"] is True
    assert samples.first.energy == -1.0
    diagonal, weights, unit, is_rounded = whole_qubo(np.array([0.5, -1.0]), csr_array(np.array([[0, 1.5], [0, 0]])))
    assert (diagonal.tolist(), weights.toarray().tolist(), unit) == ([1, -2], [[0, 3], [3, 0]], 0.5)
    assert not is_rounded
    diagonal, weights, unit, is_rounded = whole_qubo(np.array([1.0, 0.0]), csr_array(np.array([[0, 1001.0], [0, 0]])))
    assert (diagonal.tolist(), weights.max(), is_rounded) == ([0, 0], 127, True)


def test_chip_figures_are_called_a_model() -> None:
    diagonal, weights = dense_graph(10)
    run = run_loihi(diagonal, weights, LoihiSettings(t_max=3), chips=2, steps=100, seed=1)
    told = ChipModel(microseconds_per_step=2.0).tell(run, 10, 2)
    assert told["kind"] == "model"
    assert told["chip_seconds"] == pytest.approx(2e-4)
    assert told["chip_joules"] == pytest.approx(1e-12 * (100 * 10 * 81.0 + run.synapses / 2 * 23.6))
    assert Loihi(num_steps=10).sample(independent_sets(20, 0.2, 0)[1], seed=1).info["chip_model"]["kind"] == "model"


def test_grid_graphs_are_networkxs() -> None:
    import networkx as nx

    graph = nx.gnm_random_graph(100, 250, seed=3)
    problem = qopt.generate("mis", n=100, density=0.05, seed=3)
    assert sorted(map(tuple, problem.edges.tolist())) == sorted(graph.edges)
    with pytest.raises(ValueError, match="density must be"):
        qopt.generate("mis", n=10, density=0.5, p=0.3)
