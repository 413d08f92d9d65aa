"""Samplers refuse before they begin what does not fit the time or the memory; tabu stands in for dwave-samplers'."""

from __future__ import annotations

import dimod
import numpy as np
import pytest

import qopt
from qopt.core import UnsupportedError, from_spec
from qopt.experiments.sweep.equality import comparable, differences
from qopt.solvers.classical import tabu
from qopt.solvers.training.optimizers import minimize


def _model(n: int) -> dimod.BinaryQuadraticModel:
    linear = {i: float(i % 3) - 1.0 for i in range(n)}
    return dimod.BinaryQuadraticModel(linear, {(i, i + 1): 1.0 for i in range(n - 1)}, 0.0, "BINARY")


@pytest.mark.parametrize("solver", ["vqe", "cvar-vqe", "qaoa"])
def test_one_evaluation_is_estimated_before_it_is_begun(solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """vqe of 25 qubits took 80 s of a limit of 5: its first gradient was begun in any case."""
    sampler = from_spec("solvers", solver)
    monkeypatch.setattr(type(sampler), "estimate", lambda *_: qopt.solvers.base.Estimate(qubits=30))
    with pytest.raises(UnsupportedError, match=r"time limit must leave two evaluations of 30 qubits.*raise it"):
        sampler.sample(_model(30), seed=1, seconds=1.0)


def test_a_gradient_that_does_not_fit_gives_way_to_single_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []

    def spy(name: str, *args: object, **keywords: object) -> object:
        used.append(name)
        return minimize(name, *args, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr("qopt.solvers.training.loop.minimize", spy)
    sampler = from_spec("solvers", {"name": "vqe", "max_evaluations": 2})
    slow = lambda self, n, *, gradient=False: 100.0 if gradient else 0.0  # noqa: E731
    sampler.sample(_model(4), seed=1, seconds=60.0)
    monkeypatch.setattr(type(sampler), "evaluation_seconds", slow)
    sampler.sample(_model(4), seed=1, seconds=60.0)
    sampler.sample(_model(4), seed=1)
    assert used == ["l-bfgs", "cobyla", "l-bfgs"]


def test_tabu_estimates_its_memory_and_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Max-Cut of 20,000 vertices took 95 s and 15 GB of a limit of 10 s."""
    sampler = from_spec("solvers", "tabu")
    assert sampler.estimate(20_000, 0).bytes == pytest.approx(15e9, rel=0.1)
    monkeypatch.setattr(tabu, "available_bytes", lambda: 2**30)
    assert "use sa" in sampler.estimate(20_000, 0).refusal
    with pytest.raises(UnsupportedError, match="must fit its dense matrices of 20,000 variables"):
        sampler.sample(_model(20_000), seed=1)
    monkeypatch.setattr(tabu, "available_bytes", lambda: 2**40)
    with pytest.raises(UnsupportedError, match="within the time limit, about 20 s, got 10 s"):
        sampler.sample(_model(20_000), seed=1, seconds=10.0)


def test_tabu_gives_a_row_a_read_and_merges_on_request() -> None:
    model = _model(4).change_vartype("SPIN", inplace=False).relabel_variables(dict(enumerate("abcd")), inplace=False)
    sampler = from_spec("solvers", "tabu")
    samples = sampler.sample(model, seed=3, num_reads=6)
    assert len(samples) == 6
    assert samples.record.num_occurrences.tolist() == [1] * 6
    assert (np.diff(samples.record.energy) >= 0).all()
    merged = sampler.sample(model, seed=3, num_reads=6, aggregate=True)
    assert merged.record.num_occurrences.sum() == 6
    assert len(merged) == len(np.unique(samples.record.sample, axis=0))
    assert set(samples.info["timing"]) == {"preprocessing_ns", "sampling_ns", "postprocessing_ns"}
    assert all(isinstance(value, int) and value >= 0 for value in samples.info["timing"].values())


def test_tabu_takes_the_keywords_of_the_library() -> None:
    from dwave.samplers import TabuSampler

    ours, theirs = from_spec("solvers", "tabu"), TabuSampler()
    assert set(theirs.parameters) <= set(ours.parameters)
    model = _model(6).change_vartype("SPIN", inplace=False)
    # a search of no moves ends in the local optimum of its start, whatever the labels and the vartype
    still = {"num_restarts": 0, "coefficient_z_first": 0, "lower_bound_z": 0, "num_reads": 1, "timeout": None}
    for seed in range(4):
        start = dict(enumerate(np.random.default_rng(seed).choice([-1, 1], 6).tolist()))
        names = {i: f"v{5 - i}" for i in range(6)}
        named = model.relabel_variables(names, inplace=False)
        found = ours.sample(named, seed=1, initial_states={names[i]: s for i, s in start.items()}, **still)
        wanted = theirs.sample(named, seed=1, initial_states={names[i]: s for i, s in start.items()}, **still)
        assert dict(found.first.sample) == dict(wanted.first.sample)
    with pytest.raises(TypeError, match="num_read"):
        ours.sample(model, num_read=3)


def test_timing_is_no_part_of_what_a_replay_compares() -> None:
    problem = qopt.generate("mis", n=6, seed=1)
    rows = [qopt.solve(problem, "tabu", seed=1, num_reads=3).to_json() for _ in range(2)]
    assert "timing" not in rows[0]["resources"]["extra"]
    assert not list(differences(*map(comparable, rows)))
