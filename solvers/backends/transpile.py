"""What a circuit costs on a device: depth, two-qubit gates and qubits used after transpilation to a named target.

Targets: ``all-to-all``, ``line``, ``ring``, ``grid``, ``heavy-hex`` (smallest that holds the circuit, basis rz, sx, x,
cz), or a fake backend such as ``fake_torino``. The transpiler is a heuristic: figures hold for its seed and level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ...core import UnsupportedError, unknown_name

#: Gates of the idealised targets: those of current heavy-hex machines.
BASIS = ("rz", "sx", "x", "cz")


@dataclass(frozen=True)
class CircuitCost:
    """Figures of one circuit; ``depth`` counts every gate but barriers, ``qubits_used`` those that a gate touches."""

    depth: int
    two_qubit_gates: int
    two_qubit_depth: int
    qubits_used: int
    target: str


def transpiled_cost(circuit: Any, target: str = "all-to-all", *, seed: int = 0, level: int = 2) -> CircuitCost:
    """The figures of ``circuit`` transpiled to a target.

    Parameters
    ----------
    target : see the module.
    seed, level : of the transpiler; level 0 to 3.

    Raises
    ------
    ValueError
        No such target.
    UnsupportedError
        The device has fewer qubits than the circuit.

    Examples
    --------
    >>> from qiskit.circuit import QuantumCircuit
    >>> circuit = QuantumCircuit(3)
    >>> for pair in ((0, 1), (1, 2), (0, 2)):
    ...     _ = circuit.cz(*pair)
    >>> transpiled_cost(circuit).two_qubit_gates, transpiled_cost(circuit, "line").two_qubit_gates > 3
    (3, True)
    """
    return cost_of(pass_manager(target, circuit.num_qubits, seed=seed, level=level).run(circuit), target)


def cost_of(circuit: Any, target: str = "as built") -> CircuitCost:
    """The figures of a circuit as it stands."""
    return CircuitCost(
        depth=int(circuit.depth(lambda item: not getattr(item.operation, "_directive", False))),
        two_qubit_gates=int(circuit.num_nonlocal_gates()),
        two_qubit_depth=int(circuit.depth(lambda item: len(item.qubits) > 1 and item.operation.name != "barrier")),
        qubits_used=len(qubits_used(circuit)),
        target=target,
    )


def qubits_used(circuit: Any) -> tuple[int, ...]:
    """Indices of the qubits that some gate or measurement touches."""
    touched = {
        circuit.find_bit(qubit).index
        for item in circuit.data
        if item.operation.name not in ("barrier", "delay")
        for qubit in item.qubits
    }
    return tuple(sorted(touched))


def pass_manager(target: str, num_qubits: int, *, seed: int, level: int = 2) -> Any:
    """Qiskit's preset pass manager for a named target that holds ``num_qubits``."""
    from qiskit.transpiler import generate_preset_pass_manager

    if target in COUPLINGS:
        return generate_preset_pass_manager(
            optimization_level=level,
            basis_gates=list(BASIS),
            coupling_map=COUPLINGS[target](max(num_qubits, 1)),
            seed_transpiler=seed,
        )
    backend = fake_backend(target)
    check_holds(backend, num_qubits)
    return backend_pass_manager(backend, seed=seed, level=level)


def backend_pass_manager(backend: Any, *, seed: int, level: int = 2) -> Any:
    """Qiskit's preset pass manager for a BackendV2."""
    from qiskit.transpiler import generate_preset_pass_manager

    return generate_preset_pass_manager(optimization_level=level, backend=backend, seed_transpiler=seed)


def fake_backend(name: str) -> Any:
    """The snapshot of an IBM machine of that name (``fake_torino``) that qiskit-ibm-runtime ships.

    Raises
    ------
    ValueError
        There is none of that name.
    MissingDependencyError
        qiskit-ibm-runtime is not installed.
    """
    from ...core.optional import require

    module = require("qiskit_ibm_runtime.fake_provider", "qiskit-ibm-runtime", "ibm")
    classes = {
        str(c.backend_name): c for c in vars(module).values() if isinstance(c, type) and hasattr(c, "backend_name")
    }
    key = name.replace("-", "_")
    key = key if key.startswith("fake_") else f"fake_{key}"
    if key not in classes:
        raise unknown_name("device", name, [*COUPLINGS, *classes])
    return classes[key]()


def check_holds(backend: Any, num_qubits: int) -> None:
    """Refuse a circuit that has more qubits than the device.

    Raises
    ------
    UnsupportedError
        The device has fewer qubits.
    """
    if num_qubits > backend.num_qubits:
        raise UnsupportedError(
            f"{backend.name} must have at least {num_qubits} qubits, has {backend.num_qubits}; choose a larger device, "
            "or an encoding with fewer qubits"
        )


def _line(n: int) -> Any:
    from qiskit.transpiler import CouplingMap

    return CouplingMap.from_line(n)


def _ring(n: int) -> Any:
    from qiskit.transpiler import CouplingMap

    return CouplingMap.from_ring(n) if n > 2 else CouplingMap.from_line(n)


def _grid(n: int) -> Any:
    from qiskit.transpiler import CouplingMap

    side = math.isqrt(n - 1) + 1
    return CouplingMap.from_grid(math.ceil(n / side), side)


def _heavy_hex(n: int) -> Any:
    """Smallest heavy-hexagon lattice of odd distance d with (5 d**2 - 2 d - 1)/2 >= n qubits."""
    from qiskit.transpiler import CouplingMap

    distance = 3
    while (5 * distance**2 - 2 * distance - 1) // 2 < n:
        distance += 2
    return CouplingMap.from_heavy_hex(distance)


def _all_to_all(n: int) -> Any:
    return None


COUPLINGS: Mapping[str, Callable[[int], Any]] = MappingProxyType(
    {"all-to-all": _all_to_all, "line": _line, "ring": _ring, "grid": _grid, "heavy-hex": _heavy_hex}
)
