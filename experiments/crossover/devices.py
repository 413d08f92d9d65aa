"""The same circuit on the devices that qopt knows: depth and two-qubit gates after transpilation, no error correction.

Limits: the transpiler is a heuristic with a seed; a circuit of more than MAX_GATES gates is not transpiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ...core import MissingDependencyError, UnsupportedError
from ...solvers.backends.transpile import cost_of, transpiled_cost
from ...solvers.qaoa.circuit import qaoa_circuit
from ...solvers.spin_polynomial import spins_of

#: Two-qubit gates as built above which routing takes more than about ten seconds.
MAX_GATES = 20_000


def device_rows(bqm: Any, num_layers: int, devices: Sequence[str], *, seed: int = 0) -> list[dict[str, Any]]:
    """One row for the circuit as built and one a target; a target that cannot take it has ``refusal``.

    Parameters
    ----------
    devices : names of ``solvers.backends.transpile``; none gives no rows.

    Raises
    ------
    ValueError
        A name that no target has.
    """
    if not devices:
        return []
    ising = spins_of(bqm)
    gates = num_layers * ising.two_qubit_gates
    if gates > MAX_GATES:
        text = f"two-qubit gates must be at most {MAX_GATES:,} to be transpiled, got {gates:,}; use fewer layers"
        return [{"device": name, "refusal": text} for name in devices]
    try:
        circuit = qaoa_circuit(ising, num_layers)
    except ImportError:
        return [{"device": name, "refusal": str(MissingDependencyError("qiskit", "quantum"))} for name in devices]
    rows: list[dict[str, Any]] = [_row("as built", cost_of(circuit))]
    for name in devices:
        try:
            rows.append(_row(name, transpiled_cost(circuit, name, seed=seed)))
        except (UnsupportedError, MissingDependencyError) as error:
            rows.append({"device": name, "refusal": str(error)})
    return rows


def _row(name: str, cost: Any) -> dict[str, Any]:
    told = asdict(cost)
    told.pop("target")
    return {"device": name, **told}
