"""The QAOA sampler: budgets, kept samples, refusals, seeds, and what it tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dimod
import numpy as np
import pytest

from qopt.algorithms.enumeration import all_energies
from qopt.core import Clock, UnsupportedError, from_spec
from qopt.solvers.qaoa.qaoa import Qaoa
from qopt.solvers.qaoa.relaxed_points import convex_relaxation, greedy_point, sdp_relaxation
from qopt.solvers.qaoa.variants import MultiAngleQaoa, WarmStartQaoa
from qopt.solvers.training import resources
from qopt.solvers.training.evaluation_log import Evaluation, EvaluationLog, LoggedTarget
from qopt.solvers.training.optimizers import OPTIMIZERS, BudgetExhausted, minimize


def model(n: int = 6, seed: int = 1) -> dimod.BinaryQuadraticModel:
    rng = np.random.default_rng(seed)
    J = np.triu(rng.integers(-4, 5, size=(n, n)), 1).astype(float)
    return dimod.BinaryQuadraticModel(rng.integers(-4, 5, size=n).astype(float), J, 1.0, "BINARY")


def heawood() -> dimod.BinaryQuadraticModel:
    """-cut of the Heawood graph: 3-regular, girth 6, so that two layers see a tree."""
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(14), 0.0), {}, 0.0, "BINARY")
    for i in range(14):
        for j in ((i + 1) % 14, (i + 5) % 14 if i % 2 == 0 else (i - 5) % 14):
            if i < j or j == (i + 1) % 14:
                bqm.add_linear_from({i: -1.0, j: -1.0})
                bqm.add_quadratic(i, j, 2.0)
    return bqm


def test_heawood_graph_is_what_it_should_be() -> None:
    bqm = heawood()
    assert bqm.num_interactions == 21
    assert set(bqm.degrees(array=True)) == {3}
    assert all_energies(bqm).min() == -21  # bipartite


@pytest.mark.parametrize(("layers", "ratio"), [(1, 0.6925), (2, 0.7559)])
def test_fixed_angles_give_their_published_ratios(layers: int, ratio: float) -> None:
    samples = Qaoa(num_layers=layers, init="fixed", optimizer="none").sample(heawood(), seed=1)
    assert samples.info["expectation"] / -21 == pytest.approx(ratio, abs=5e-5)


def test_exact_run_tells_expectation_and_probability_of_the_optimum() -> None:
    bqm = model()
    energies = all_energies(bqm)
    info = Qaoa(num_layers=3).sample(bqm, seed=1, num_shots=20_000).info
    assert info["expectation"] == pytest.approx(info["value"], abs=1e-9)
    assert info["cvar"] == pytest.approx(info["expectation"], abs=1e-9)
    samples = Qaoa(num_layers=3).sample(bqm, seed=1, num_shots=20_000)
    hits = samples.record.num_occurrences[samples.record.energy == energies.min()].sum()
    assert hits / 20_000 == pytest.approx(info["optimum_probability"], abs=0.02)
    assert info["value"] < energies.mean()


def test_cvar_with_alpha_one_is_qaoa_and_smaller_alpha_lies_lower() -> None:
    bqm = model()
    plain = Qaoa(num_layers=2).sample(bqm, seed=3)
    again = from_spec("solvers", {"name": "cvar-qaoa", "alpha": 1.0, "num_layers": 2}).sample(bqm, seed=3)
    assert again.info["angles"] == plain.info["angles"]
    cvar = from_spec("solvers", "cvar-qaoa").sample(bqm, seed=3)
    assert cvar.info["cvar"] <= cvar.info["expectation"]
    assert cvar.info["cvar"] <= plain.info["value"]


def test_half_eps_and_tied_angles_run_as_qaoa() -> None:
    bqm = model()
    plain = Qaoa(num_layers=2, optimizer="none").sample(bqm, seed=3)
    warm = WarmStartQaoa(num_layers=2, optimizer="none", eps=0.5).sample(bqm, seed=3)
    multi = MultiAngleQaoa(num_layers=2, optimizer="none").sample(bqm, seed=3)
    for other in (warm, multi):
        assert other.info["expectation"] == pytest.approx(plain.info["expectation"], abs=1e-10)
        assert other.record.energy.tolist() == plain.record.energy.tolist()


def test_multi_angle_goes_at_least_as_low_as_its_tied_start() -> None:
    bqm = model()
    tied = Qaoa(num_layers=1).sample(bqm, seed=3)
    multi = MultiAngleQaoa(num_layers=1).sample(bqm, seed=3)
    assert multi.info["value"] < tied.info["value"] - 0.1
    assert np.shape(multi.info["angles"]["betas"]) == (1, 6)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_evaluations_never_pass_the_budget(optimizer: str) -> None:
    for backend in ("exact", "aer"):
        if backend == "aer" and optimizer not in ("l-bfgs", "cobyla", "spsa"):
            continue
        sampler = Qaoa(num_layers=2, optimizer=optimizer, backend=backend)  # type: ignore[arg-type]
        info = sampler.sample(model(4), seed=1, evaluations=7).info
        assert 1 <= info["evaluations"] <= 7
        assert info["optimizer"] == optimizer


def test_layer_growth_within_a_budget_still_answers_with_all_layers() -> None:
    info = Qaoa(num_layers=4, init="interp").sample(model(), seed=1, evaluations=5).info
    assert info["is_cut"]
    assert info["evaluations"] == 5
    assert len(info["angles"]["gammas"]) == 4
    assert info["expectation"] == pytest.approx(info["value"], abs=1e-9)  # layers of angle 0 changed nothing


def test_time_limit_allows_one_evaluation() -> None:
    info = Qaoa(num_layers=2).sample(model(), seed=1, seconds=1e-9).info
    assert info["evaluations"] == 1
    assert info["is_cut"]


class Slow(Clock):
    """A clock that goes one second an evaluation, for evaluators that say so."""

    now = 0.0

    @property
    def elapsed(self) -> float:
        return self.now


def test_time_is_left_for_the_final_state() -> None:
    clock = Slow(10.0)
    log = EvaluationLog(clock)

    class Counted:
        has_gradient = False
        periods = np.ones(1)
        calls = 0

        def evaluate(self, angles: np.ndarray) -> Evaluation:
            self.calls += 1
            clock.now += 1.0
            return Evaluation(0.0)

    counted = Counted()
    target = LoggedTarget(counted, log)  # type: ignore[arg-type]
    with pytest.raises(BudgetExhausted):
        minimize("spsa", target, np.zeros(1), 100, np.random.default_rng(1))
    assert counted.calls == 9  # the tenth second is the final state's
    assert clock.now + 1 <= 10.0


def test_points_in_hand_need_no_final_state_when_time_is_over() -> None:
    samples = Qaoa(num_layers=1, backend="aer", shots_per_evaluation=50, num_shots=30).sample(
        model(), seed=1, seconds=1e-9
    )
    assert samples.info["evaluations"] == 1
    assert samples.record.num_occurrences.sum() == samples.info["shots"] == 50


@pytest.mark.parametrize("backend", ["exact", "aer"])
def test_points_of_all_evaluations_are_kept(backend: str) -> None:
    sampler = Qaoa(
        num_layers=1, backend=backend, shots_per_evaluation=50, num_shots=30, max_evaluations=6, optimizer="cobyla"
    )
    samples = sampler.sample(model(), seed=1)
    info = samples.info
    assert info["shots"] == 50 * info["evaluations"] + 30
    assert samples.record.num_occurrences.sum() == info["shots"]
    assert info["circuits"] == info["evaluations"] + 1


def test_seeds_reach_aer() -> None:
    sampler = Qaoa(num_layers=1, backend="aer", shots_per_evaluation=100, max_evaluations=5)
    one, same, other = (sampler.sample(model(), seed=seed) for seed in (0, 0, 1))
    assert one.record.num_occurrences.tolist() == same.record.num_occurrences.tolist()
    assert one.record.num_occurrences.tolist() != other.record.num_occurrences.tolist()


@pytest.mark.parametrize("init", ["ramp", "tqa", "fixed", "interp", "fourier", "random"])
def test_every_start_ends_below_one_layer(init: str) -> None:
    bqm = model()
    one = Qaoa(num_layers=1).sample(bqm, seed=1).info["value"]
    info = Qaoa(num_layers=3, init=init, num_restarts=1 if init == "random" else 0).sample(bqm, seed=1).info  # type: ignore[arg-type]
    assert info["value"] < one
    assert info["init"] == init


def test_transfer_from_a_saved_record(tmp_path: Path) -> None:
    bqm = model()
    first = Qaoa(num_layers=2).sample(bqm, seed=1)
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"resources": {"extra": dict(first.info)}}))
    again = Qaoa(num_layers=2, init="transfer", transfer=str(path), optimizer="none").sample(bqm, seed=2)
    assert again.info["expectation"] == pytest.approx(first.info["expectation"], abs=1e-9)
    scaled = bqm.copy()
    scaled.scale(10.0)  # the unit carries the angles over
    moved = Qaoa(num_layers=2, init="transfer", transfer=str(path), optimizer="none").sample(scaled, seed=2)
    assert moved.info["expectation"] == pytest.approx(10 * first.info["expectation"], abs=1e-8)
    with pytest.raises(ValueError, match="must be a saved Record"):
        Qaoa(init="transfer", transfer=str(tmp_path / "none.json")).sample(bqm)


def test_given_angles_for_another_number_of_layers_are_resampled() -> None:
    info = (
        Qaoa(num_layers=4, init="transfer", angles=(0.2, 0.4, 0.5, 0.3), optimizer="none").sample(model(), seed=1).info
    )
    assert len(info["angles"]["betas"]) == 4
    assert info["angles"]["betas"][0] == 0.5
    assert info["angles"]["betas"][-1] == 0.3


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"backend": "ear"}, "did you mean 'aer'"),
        ({"backend": "noisy"}, "must be written noisy:fake_torino"),
        ({"backend": "aer:x"}, "must be written aer"),
        ({"num_layers": 0}, "num_layers must be >= 1"),
        ({"alpha": 0.0}, "alpha must lie in"),
        ({"alpha": 0.5, "backend": "aer"}, "shots_per_evaluation must be given for alpha=0.5"),
        ({"shots": 100, "optimizer": "l-bfgs"}, "must stand shot noise"),
        ({"init": "transfer"}, "must come with one of angles and transfer"),
        ({"angles": (0.1, 0.2)}, "must come with one of angles and transfer"),
        ({"init": "transfer", "angles": (0.1, 0.2, 0.3)}, "as many gammas as betas"),
        ({"init": "fixed", "num_layers": 12}, r"num_layers must be 1\.\.11"),
        ({"backend": "light-cone", "shots": 100}, "no samples of the state"),
        ({"backend": "light-cone", "alpha": 0.5}, "no samples of the state"),
        ({"init": "interp", "optimizer": "none"}, "must not be 'none'"),
        ({"num_restarts": 2, "optimizer": "none"}, "num_restarts must be 0"),
        ({"readout": "mitigate"}, "must have a noisy or device backend"),
        ({"bond_dimension": 8}, "must come with backend mps, aer-mps or pauli"),
    ],
)
def test_settings_that_make_no_sense_are_one_line(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text) as caught:
        Qaoa(**fields)
    assert "\n" not in str(caught.value)


def test_growth_of_multi_angles_is_refused() -> None:
    with pytest.raises(ValueError, match="must not grow tied angles"):
        MultiAngleQaoa(init="interp")


@pytest.mark.parametrize(("backend", "remedy"), [("exact", "mps"), ("aer", "aer-mps"), ("aer-mps", "bond_dimension")])
def test_a_size_that_does_not_fit_is_refused_with_numbers(
    backend: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "available_bytes", lambda: 2**30)
    sampler = Qaoa(backend=backend)
    assert sampler.estimate(10, 45).refusal == ""
    refusal = sampler.estimate(60, 1770).refusal
    assert "1,073,741,824 bytes" in refusal
    assert "60 qubits" in refusal
    assert remedy in refusal
    big = dimod.BinaryQuadraticModel(dict.fromkeys(range(60), 1.0), {}, 0.0, "BINARY")
    with pytest.raises(UnsupportedError, match="60 qubits"):
        sampler.sample(big, seed=1)


@pytest.mark.parametrize("backend", ["exact", "aer"])
def test_estimated_seconds_grow_with_qubits_and_layers(backend: str) -> None:
    small, wide = (Qaoa(backend=backend).estimate(n, 3 * n).seconds for n in (8, 12))
    deep = Qaoa(backend=backend, num_layers=6).estimate(8, 24).seconds
    assert small is not None
    assert wide is not None
    assert 0 < small < wide
    assert deep == pytest.approx(2 * small)


def test_bond_dimension_makes_a_large_mps_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "available_bytes", lambda: 2**30)
    assert Qaoa(backend="aer-mps", bond_dimension=32).estimate(60, 100).refusal == ""


def test_warm_points() -> None:
    bqm = model()
    best = np.flatnonzero(all_energies(bqm) == all_energies(bqm).min())[0]
    exactly = (best >> np.arange(6)) & 1
    for point in (convex_relaxation(bqm), sdp_relaxation(bqm), greedy_point(bqm)):
        assert point.shape == (6,)
        assert ((point >= 0) & (point <= 1)).all()
    energy = bqm.energies((greedy_point(bqm).astype(int), range(6)))[0]
    for i in range(6):  # no single flip lowers it
        flipped = greedy_point(bqm).astype(int)
        flipped[i] ^= 1
        assert bqm.energies((flipped, range(6)))[0] >= energy
    told = WarmStartQaoa(optimizer="none", num_layers=1).sample(bqm, seed=1, relaxation=exactly)
    assert told.info["warm_start"] == "relaxation"
    sharp = WarmStartQaoa(optimizer="none", num_layers=1, eps=0.01, is_rounded=True).sample(
        bqm, relaxation=exactly, seed=1
    )
    plain = Qaoa(optimizer="none", num_layers=1).sample(bqm, seed=1)
    assert sharp.info["optimum_probability"] > 5 * plain.info["optimum_probability"]


def test_convex_relaxation_is_the_minimum_of_the_shifted_program() -> None:
    bqm = model(5, seed=4)
    linear, (i, j, values), _ = bqm.to_numpy_vectors(variable_order=range(5))
    Q = np.zeros((5, 5))
    Q[i, j] = values / 2
    Q += Q.T
    shift = -np.linalg.eigvalsh(Q)[0]
    rng = np.random.default_rng(0)

    def value(x: np.ndarray) -> float:
        return float(x @ Q @ x + shift * (x @ x - x.sum()) + linear @ x)

    best = value(convex_relaxation(bqm))
    assert all(value(x) >= best - 1e-6 for x in rng.random((2000, 5)))


@pytest.mark.parametrize(
    ("keywords", "text"),
    [({"relaxation": [0.5, 0.5]}, "must have shape"), ({}, "must be given")],
)
def test_a_relaxation_that_does_not_fit_is_refused(keywords: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        WarmStartQaoa(point="relaxation").sample(model(), **keywords)
