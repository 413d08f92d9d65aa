"""``backend=`` as an object of Qiskit: what runs, what the Record says of it, and what it refuses."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.core import Record, UnsupportedError

from .shell import Shell

pytest.importorskip("qiskit", reason="qiskit is not installed")
pytest.importorskip("qiskit_aer", reason="qiskit-aer is not installed")

FEW: dict[str, Any] = {"max_evaluations": 3, "shots_per_evaluation": 50}


def _generic(num_qubits: int = 5) -> Any:
    from qiskit.providers.fake_provider import GenericBackendV2

    return GenericBackendV2(num_qubits, seed=7)


def _problem(n: int = 5) -> Any:
    return qopt.generate("mis", n=n, seed=1)


@pytest.mark.parametrize("num_qubits", [5, 6, 7, 8])
def test_qaoa_runs_on_a_generic_backend_and_names_it(num_qubits: int) -> None:
    problem = _problem()
    qaoa = qopt.Qaoa(num_layers=1, backend=_generic(num_qubits), **FEW)
    first, second = (qopt.solve(problem, qaoa, seed=3, num_shots=60, keep_samples=True) for _ in range(2))
    name = f"generic_backend_{num_qubits}q"
    assert first.pipeline["solver"]["backend"] == f"object:{name}"
    assert first.resources.engine == f"backend {name}"
    assert first.resources.two_qubit_gates is not None
    assert not first.is_replayable
    assert first.replay_view() == second.replay_view()
    assert first.samples == second.samples
    assert first.samples is not None
    drawn = int(first.samples.counts.sum())
    assert drawn == 60 + 50 * (first.resources.evaluations or 0)
    assert problem.objective(first.solution) == first.objective
    json.dumps(first.to_json())


@pytest.mark.parametrize(
    "make", [qopt.Vqe, qopt.MultiAngleQaoa, qopt.WarmStartQaoa, qopt.RecursiveQaoa], ids=lambda make: make.__name__
)
def test_every_circuit_that_draws_shots_takes_one(make: Any) -> None:
    record = qopt.solve(_problem(), make(backend=_generic(6), **FEW), seed=1)
    assert record.status is qopt.Status.FEASIBLE
    assert record.pipeline["solver"]["backend"] == "object:generic_backend_6q"


def test_it_may_stand_in_a_mapping_or_an_option() -> None:
    problem, backend = _problem(), _generic()
    spec = {"name": "qaoa", "num_layers": 1, "backend": backend, **FEW}
    records = [
        qopt.solve(problem, spec, seed=1, num_shots=20),
        qopt.solve(
            problem,
            "qaoa",
            seed=1,
            num_shots=20,
            shots_per_evaluation=50,
            max_evaluations=3,
            num_layers=1,
            backend=backend,
        ),
    ]
    assert len({record.id for record in records}) == 1
    assert records[0].replay_view() == records[1].replay_view()


def test_the_better_of_two_outcomes_is_drawn_from_an_ideal_object_as_from_our_own_state() -> None:
    """Qubit i is bit i on an object too: the shares agree with the exact state's."""
    from qiskit_aer import AerSimulator

    linear, pairs = [-1.0, 2.0, -0.5], [[0, 1], [1, 2]]
    problem = qopt.Qubo(linear=linear, pairs=pairs, couplings=[-2.0, 1.5])
    angles = {"init": "transfer", "angles": (0.7, 0.4), "optimizer": "none", "num_layers": 1}
    given: dict[str, Any] = {"seed": 1, "num_shots": 20_000, "keep_samples": True, "improve": False}
    own = qopt.solve(problem, "qaoa", **angles, **given).samples
    other = qopt.solve(problem, "qaoa", backend=AerSimulator(), shots_per_evaluation=1, **angles, **given).samples
    assert own is not None
    assert other is not None
    shares = [
        {tuple(z): c / s.counts.sum() for z, c in zip(s.points.tolist(), s.counts.tolist())} for s in (own, other)
    ]
    for point in {*shares[0], *shares[1]}:
        assert abs(shares[0].get(point, 0.0) - shares[1].get(point, 0.0)) < 0.02  # five deviations


def test_a_known_one_is_replayed_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from qiskit_aer import AerSimulator

    shell, path, out = Shell(monkeypatch, capsys), tmp_path / "i.json", tmp_path / "r.json"
    problem = _problem()
    qopt.save(problem, path)
    known = qopt.solve(problem, qopt.Qaoa(num_layers=1, backend=AerSimulator(), **FEW), seed=2)
    assert known.is_replayable
    assert known.pipeline["solver"]["backend"] == "object:aer_simulator"
    out.write_text(json.dumps(known.to_json()), encoding="utf-8")
    assert shell.run("replay", out, "--instance", path).code == 0
    other = qopt.solve(problem, qopt.Qaoa(num_layers=1, backend=AerSimulator(precision="single"), **FEW), seed=2)
    assert not other.is_replayable  # its name is that of a plain one, its options are not
    out.write_text(json.dumps(other.to_json()), encoding="utf-8")
    assert shell.run("replay", out, "--instance", path).code == 1
    assert "its backend was an object of Python (aer_simulator)" in shell.out
    assert Record.from_json(other.to_json()).pipeline == other.pipeline


def test_a_fake_device_is_known_while_it_is_as_it_came() -> None:
    provider = pytest.importorskip("qiskit_ibm_runtime.fake_provider", reason="qiskit-ibm-runtime is not installed")
    device = provider.FakeManilaV2()
    qaoa = qopt.Qaoa(backend=device)
    assert repr(qaoa.backend) == "'object:fake_manila'"
    assert qaoa.is_named
    assert pickle.loads(pickle.dumps(qaoa)).is_named
    changed = provider.FakeManilaV2()
    changed.target.update_instruction_properties("x", (0,), type(changed.target["x"][(0,)])(error=0.5))
    assert not qopt.Qaoa(backend=changed).is_named


def test_a_sampler_object_runs_too() -> None:
    from qiskit.primitives import StatevectorSampler

    record = qopt.solve(_problem(), qopt.Qaoa(num_layers=1, backend=StatevectorSampler(seed=1), **FEW))
    assert record.pipeline["solver"]["backend"] == "object:StatevectorSampler"
    assert not record.is_replayable


def test_too_few_qubits_are_refused_before_any_work() -> None:
    with pytest.raises(UnsupportedError, match="generic_backend_5q must have at least 7 qubits, has 5"):
        qopt.solve(_problem(7), qopt.Qaoa(backend=_generic(5)), encoder="slack")


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: qopt.Qaoa(backend=type(_generic())), TypeError, "the class GenericBackendV2"),
        (lambda: qopt.Qaoa(backend=7), TypeError, "backend must be a name such as 'aer'.*got int"),
        (lambda: qopt.Vqe(backend=np.zeros(2)), TypeError, "got ndarray"),
        (lambda: qopt.Pce(backend=_generic()), ValueError, "backend of pce must be one of exact.*runs no object"),
        (lambda: qopt.Qrao(backend=_generic()), ValueError, "backend of qrao must be one of"),
        (lambda: qopt.Qaoa(backend=_generic(), target_device="line"), ValueError, "target_device must be left out"),
        (lambda: qopt.Qaoa(backend="object:generic_backend_5q"), ValueError, "hand it over from Python"),
        (lambda: qopt.Qaoa(backend=_generic(), optimizer="l-bfgs"), ValueError, "optimizer must stand shot noise"),
    ],
)
def test_what_it_cannot_be_is_one_line(make: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_sweep_refuses_an_object_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "s.yaml"
    spec.write_text(
        "name: s\ninstances:\n  - {generate: mis, n: 4}\n"
        "pipelines:\n  q: {solver: {name: qaoa, backend: 'object:generic_backend_5q'}}\n",
        encoding="utf-8",
    )
    shell = Shell(monkeypatch, capsys)
    shell.run("bench", spec, "--out", tmp_path / "run")
    assert shell.code == 2
    assert shell.err.count("hand it over from Python") == 1
    assert "Traceback" not in shell.err


def test_settings_with_one_are_copied_with_it() -> None:
    backend = _generic()
    qaoa = qopt.Qaoa(backend=backend, num_layers=2)
    assert copy.copy(qaoa).backend.held is backend  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(qaoa))
    assert again.backend.name == "generic_backend_5q"
    assert hash(qaoa) != 0
    assert qaoa == qaoa


def test_a_machine_of_ibm_gets_the_runtime_s_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    """IBMBackend.run raises since the runtime's release 0.30; which sampler is made is all that is tested here."""
    from qopt.solvers.backends import runners

    machine = type("IBMBackend", (), {"__module__": "qiskit_ibm_runtime.ibm_backend", "name": "ibm_x"})()
    machine.target, machine.run = None, print
    asked: list[Any] = []
    monkeypatch.setattr(runners, "_runtime_sampler", lambda device, seed: asked.append((device, seed)))
    runners.device_runner(machine, 5).make_sampler(9)  # type: ignore[attr-defined]
    assert asked == [(machine, 9)]
