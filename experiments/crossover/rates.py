"""Operation rates of machines from first principles, and what a polynomial speedup allows within a time budget.

An oracle call costs M operations; the classical machine makes N**k calls, the quantum one N. All constants are in
``data/machines.json`` with their source. Limits: one perfectly parallel oracle, no cost of reading data but the I/O
rate; heuristics such as QAOA or annealing have no proven k.

References
----------
Hoefler, Haener, Troyer (2023), Disentangling Hype from Practicality, arXiv:2307.00523.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

OperationType = Literal["fp16", "int32", "binary"]
#: Logarithm of about the largest float.
MAX_LOG = 709.0
OPERATION_TYPES: tuple[OperationType, ...] = ("fp16", "int32", "binary")


def check_amount(name: str, value: float) -> None:
    """Refuse a time, power or count that no machine has, and whose products a float might not hold.

    Raises
    ------
    ValueError
        It is not a number from 1e-30 to 1e30.
    """
    if not 1e-30 <= value <= 1e30:
        raise ValueError(f"{name} must be a number from 1e-30 to 1e30, got {value!r}; check its unit")


def machine_data() -> dict[str, Any]:
    """The numbers of ``data/machines.json``."""
    text = files(__package__).joinpath("data/machines.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@dataclass(frozen=True)
class Assumptions:
    """What the comparison assumes; the defaults are the paper's.

    Parameters
    ----------
    classical : ``asic`` (first principles) or ``gpu`` (measured rates of Table 1).
    logical_qubits, cycle_seconds : of the quantum machine.
    budget_seconds : longest time that counts as practical.
    io_bits_per_second : rate at which data enter the quantum machine.
    """

    classical: Literal["asic", "gpu"] = "asic"
    logical_qubits: int = 10_000
    cycle_seconds: float = 1e-5
    budget_seconds: float = 1e6
    io_bits_per_second: float = 1e9

    def __post_init__(self) -> None:
        if self.classical not in ("asic", "gpu"):
            raise ValueError(f"classical must be asic or gpu, got {self.classical!r}")
        for name in ("logical_qubits", "cycle_seconds", "budget_seconds", "io_bits_per_second"):
            check_amount(name, getattr(self, name))


def classical_rate(kind: OperationType, assumptions: Assumptions) -> float:
    """Operations a second of the classical machine.

    Examples
    --------
    >>> round(classical_rate("fp16", Assumptions()) / 1e12)  # Top/s
    553
    """
    machine = machine_data()["classical"][assumptions.classical]
    if "operations_per_second" in machine:
        return float(machine["operations_per_second"][kind])
    gates = machine["gates_per_unit"][kind] * machine["transistors_per_gate"]
    units = machine["transistors"] * (1 - machine["control_share"]) / gates
    return float(units / machine["cycle_seconds"])


def quantum_rate(kind: OperationType, assumptions: Assumptions) -> float:
    """Operations a second of the quantum machine: units that fit its logical qubits, over the depth of one operation.

    Raises
    ------
    ValueError
        The machine has too few logical qubits for one unit.

    Examples
    --------
    >>> round(quantum_rate("fp16", Assumptions()))
    10500
    """
    machine = machine_data()["quantum"]
    operation = machine["operations"][kind]
    unit = operation["qubits"] + machine["factories_per_unit"] * machine["factory_logical_qubits"]
    units = math.floor(assumptions.logical_qubits / unit)
    if units == 0:
        have, need = assumptions.logical_qubits, math.ceil(unit)
        raise ValueError(f"logical_qubits must be >= {need} for one {kind} operation at a time, got {have}")
    return float(units / (operation["cycles"] * assumptions.cycle_seconds))


def max_operations(kind: OperationType, power: float, assumptions: Assumptions) -> float:
    """Most operations M of one oracle call for which the quantum machine is faster within the budget.

    ``M_max = (T / t_q) (t_c / t_q)**(1 / (k - 1))`` with seconds an operation t_c and t_q, and k = ``power``.

    Raises
    ------
    ValueError
        ``power`` is not above 1: without a speedup there is no crossover.
    """
    t_c, t_q = 1 / classical_rate(kind, assumptions), 1 / quantum_rate(kind, assumptions)
    log_ratio = (math.log(t_c) - math.log(t_q)) / (_checked(power) - 1)
    return _exp(math.log(assumptions.budget_seconds) - math.log(t_q) + log_ratio)


def crossover_calls(kind: OperationType, power: float, assumptions: Assumptions) -> float:
    """Oracle calls N of the quantum machine at which both machines take the same time."""
    log_ratio = math.log(classical_rate(kind, assumptions)) - math.log(quantum_rate(kind, assumptions))
    return _exp(log_ratio / (_checked(power) - 1))


def crossover_seconds(kind: OperationType, power: float, operations: float, assumptions: Assumptions) -> float:
    """Seconds both machines need at the crossover for oracle calls of ``operations`` operations.

    Examples
    --------
    >>> f"{crossover_seconds('fp16', 2, 1, Assumptions()):.2e}"
    '5.02e+06'
    """
    return operations / quantum_rate(kind, assumptions) * crossover_calls(kind, power, assumptions)


def io_seconds(bits: float, assumptions: Assumptions) -> float:
    """Seconds to read ``bits`` into the quantum machine once."""
    return bits / assumptions.io_bits_per_second


def hype_rows(assumptions: Assumptions, powers: tuple[float, ...] = (2, 3, 4)) -> list[dict[str, Any]]:
    """One row an operation type and power: rates, largest oracle, crossover time at one operation, published value."""
    data = machine_data()
    published: Mapping[str, Any] = data["published"]
    return [
        {
            "type": kind,
            "power": power,
            "classical_rate": classical_rate(kind, assumptions),
            "quantum_rate": quantum_rate(kind, assumptions),
            "max_operations": max_operations(kind, power, assumptions),
            "crossover_seconds": crossover_seconds(kind, power, 1, assumptions),
            "published": published[kind].get(f"{power:g}") if assumptions == Assumptions() else None,
        }
        for kind in OPERATION_TYPES
        for power in powers
    ]


def _checked(power: float) -> float:
    if not (power > 1 and math.isfinite(power)):
        raise ValueError(f"power must be > 1 and finite, got {power!r}; without a speedup there is no crossover")
    return power


def _exp(log: float) -> float:
    """The number of that logarithm; inf and 0 where a float cannot hold it."""
    return math.inf if log > MAX_LOG else math.exp(log)
