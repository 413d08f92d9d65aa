"""Depth and two-qubit gates after transpiling to a named device, in the info of every sampler with a circuit."""

from __future__ import annotations

import dimod
import pytest

from qopt.core import from_spec

pytest.importorskip("qiskit")

MODEL = dimod.BinaryQuadraticModel(
    {0: 1.0, 1: -1.0, 2: 0.5, 3: 0.2}, {(0, 1): 2.0, (1, 2): -2.0, (0, 3): 1.0, (1, 3): 1.0, (2, 3): 0.5}, 0.0, "BINARY"
)


@pytest.mark.parametrize("name", ["vqe", "cvar-vqe", "pce", "qrao", "qaoa", "cvar-qaoa", "ws-qaoa", "ma-qaoa"])
def test_the_target_decides_depth_and_gates(name: str) -> None:
    spec = {"name": name, "max_evaluations": 1} | ({"relaxation": "vqe"} if name == "qrao" else {})
    plain = from_spec("solvers", spec).sample(MODEL, seed=1).info
    found = {}
    for target in ("all-to-all", "line"):
        info = from_spec("solvers", {**spec, "target_device": target}).sample(MODEL, seed=1).info
        assert info["target_device"] == target
        assert info["logical_two_qubit_gates"] == plain["two_qubit_gates"]
        assert info["logical_depth"] == plain["depth"]
        found[target] = info
        again = from_spec("solvers", {**spec, "target_device": target}).sample(MODEL, seed=1).info
        assert (again["depth"], again["two_qubit_gates"]) == (info["depth"], info["two_qubit_gates"])
    assert found["line"]["two_qubit_gates"] >= found["all-to-all"]["two_qubit_gates"] >= 1


def test_a_simulator_does_not_hide_the_target() -> None:
    pytest.importorskip("qiskit_aer")
    spec = {"name": "vqe", "max_evaluations": 1, "target_device": "line", "entanglement": "full"}
    exact, aer = (
        from_spec("solvers", {**spec, "backend": backend}).sample(MODEL, seed=1).info for backend in ("exact", "aer")
    )
    assert (aer["depth"], aer["two_qubit_gates"]) == (exact["depth"], exact["two_qubit_gates"])
    assert aer["two_qubit_gates"] > aer["logical_two_qubit_gates"]


@pytest.mark.parametrize("spec", [{"name": "vqe"}, {"name": "qaoa"}])
def test_a_device_is_its_own_target(spec: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="target_device must be left out on noisy"):
        from_spec("solvers", {**spec, "backend": "noisy:fake_torino", "target_device": "line"})


def test_recursive_circuits_have_no_target() -> None:
    with pytest.raises(ValueError, match="target_device must be left out for rqaoa"):
        from_spec("solvers", {"name": "rqaoa", "target_device": "line"})
