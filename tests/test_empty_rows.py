"""One row that holds at no point makes an instance infeasible for every solver; a fake device is what noisy is."""

from __future__ import annotations

import pytest

import qopt
from qopt.core import Status
from qopt.problems.qubo import Qubo
from qopt.solvers.ansatz.vqe import Vqe
from qopt.solvers.qaoa.qaoa import Qaoa


@pytest.mark.parametrize("solver", ["greedy", "milp", "cpsat"])
def test_an_empty_row_is_seen_by_native_solvers(solver: str) -> None:
    """greedy ended with "unknown", exit 1, where every other solver says infeasible."""
    places = [[0, 0], [0, 1]]
    problem = Qubo(linear=[1, 1], row_entries=places, row_values=[2, 2], lower=(None,), upper=(-8,))
    assert qopt.solve(problem, solver, control=False).status is Status.INFEASIBLE


@pytest.mark.parametrize("method", [Qaoa, Vqe])
@pytest.mark.parametrize("num_qubits", [8, 31])
def test_a_fake_device_is_estimated_as_its_noise_is(method: type, num_qubits: int) -> None:
    pytest.importorskip("qiskit_ibm_runtime")
    told = [method(backend=f"{kind}:fake_montreal").estimate(num_qubits, 20) for kind in ("device", "noisy")]
    assert told[0] == told[1]
    assert bool(told[0].refusal) == (num_qubits > 27)
