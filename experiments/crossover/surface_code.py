"""Physical qubits and seconds of a circuit on a surface-code machine, by the public estimator's formulae.

Limits: one algorithm, sequential T states, all-to-all logical gates by lattice surgery; the presets are assumptions
about machines, none of which exists. Where the estimator searches T factories, its choices are data.

References
----------
Beverland et al. (2022), Assessing requirements to scale to practical quantum advantage, arXiv:2211.07629. The number
of T states a rotation follows the released estimator (constant 4.86; the text has 5.3).
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from ...core import UnsupportedError, unknown_name

#: Largest code distance that is tried; a machine that needs more is beyond any estimate.
MAX_DISTANCE = 101


@dataclass(frozen=True)
class LogicalCounts:
    """What a circuit asks of a fault-tolerant machine.

    Parameters
    ----------
    qubits : logical qubits of the algorithm, without routing.
    rotations, rotation_depth : arbitrary rotations, and layers that hold at least one.
    t_gates, toffolis, measurements : counts.
    """

    qubits: int
    rotations: int = 0
    rotation_depth: int = 0
    t_gates: int = 0
    toffolis: int = 0
    measurements: int = 0


@dataclass(frozen=True)
class Factory:
    """One T factory: physical qubits, seconds of one run, error of the state it gives."""

    qubits: int
    seconds: float
    error: float


@dataclass(frozen=True)
class Preset:
    """A machine: seconds of a gate and a measurement, error of an operation, T factories from weak to strong."""

    name: str
    gate_seconds: float
    measurement_seconds: float
    error_rate: float
    factories: tuple[Factory, ...]


@dataclass(frozen=True)
class Estimate:
    """Resources of one shot of a circuit; ``seconds`` is its runtime."""

    logical_qubits: int
    logical_depth: int
    t_states: int
    distance: int
    factories: int
    physical_qubits: int
    seconds: float
    cycle_seconds: float


def presets() -> dict[str, Preset]:
    """Machines by name, from ``data/presets.json``."""
    data: dict[str, Any] = json.loads(files(__package__).joinpath("data/presets.json").read_text(encoding="utf-8"))
    made = {}
    for row in data["presets"]:
        factories = tuple(Factory(**one) for one in row.pop("factories"))
        made[row["name"]] = Preset(**row, factories=factories)
    return made


def preset(name: str, *, cycle_scale: float = 1.0) -> Preset:
    """The machine of that name, all its operations ``cycle_scale`` times as long.

    Raises
    ------
    ValueError
        There is no machine of that name.
    """
    known = presets()
    if name not in known:
        raise unknown_name("preset", name, known)
    made = known[name]
    if cycle_scale == 1:
        return made
    scaled = tuple(Factory(f.qubits, f.seconds * cycle_scale, f.error) for f in made.factories)
    gate, measurement = made.gate_seconds * cycle_scale, made.measurement_seconds * cycle_scale
    return Preset(made.name, gate, measurement, made.error_rate, scaled)


def t_states_per_rotation(rotations: int, error_budget: float) -> int:
    """T states of one rotation: ``ceil(0.53 log2(R / eps) + 4.86)``."""
    return math.ceil(0.53 * math.log2(rotations / error_budget) + 4.86)


def estimate(counts: LogicalCounts, machine: Preset, *, error_budget: float = 1e-3) -> Estimate:
    """Physical resources of one shot.

    Parameters
    ----------
    error_budget : chance that a shot fails, split equally over logical errors, T states and rotations, over those of
        them that the circuit has.

    Raises
    ------
    ValueError
        ``error_budget`` is not between 1e-30 and 1.
    UnsupportedError
        No code distance up to MAX_DISTANCE, or no known T factory, reaches the error budget.

    Examples
    --------
    >>> dense = LogicalCounts(qubits=50, rotations=12_750, rotation_depth=500, measurements=50)
    >>> found = estimate(dense, preset("gate-ns-e3"))
    >>> found.logical_qubits, found.logical_depth, found.t_states, found.distance, found.physical_qubits
    (121, 22300, 242250, 17, 2985938)
    """
    if not 1e-30 <= error_budget < 1:
        raise ValueError(f"error_budget must be between 1e-30 and 1, got {error_budget!r}")
    needs_t = counts.t_gates + counts.toffolis + counts.rotations > 0
    share = error_budget / (1 + needs_t + (counts.rotations > 0))
    per_rotation = t_states_per_rotation(counts.rotations, share) if counts.rotations else 0
    logical = 2 * counts.qubits + math.ceil(math.sqrt(8 * counts.qubits)) + 1
    depth = counts.measurements + counts.rotations + counts.t_gates + 3 * counts.toffolis
    depth = max(1, depth + per_rotation * counts.rotation_depth)
    t_states = 4 * counts.toffolis + counts.t_gates + per_rotation * counts.rotations
    distance = _distance(logical * depth, share, machine)
    cycle = (4 * machine.gate_seconds + 2 * machine.measurement_seconds) * distance
    seconds = depth * cycle
    num_factories, factory_qubits = 0, 0
    if t_states:
        factory = _factory(share / t_states, machine)
        seconds = max(seconds, factory.seconds)  # at least one T state must arrive
        num_factories = math.ceil(t_states * factory.seconds / seconds - 1e-9)
        factory_qubits = num_factories * factory.qubits
    physical = 2 * distance**2 * logical + factory_qubits
    return Estimate(logical, depth, t_states, distance, num_factories, physical, seconds, cycle)


def estimates(counts: LogicalCounts, error_budget: float = 1e-3) -> list[dict[str, Any]]:
    """One row a preset; a machine that no estimate exists for has ``refusal`` with the reason."""
    rows: list[dict[str, Any]] = []
    for name, machine in presets().items():
        try:
            rows.append({"preset": name, **asdict(estimate(counts, machine, error_budget=error_budget))})
        except UnsupportedError as error:
            rows.append({"preset": name, "refusal": str(error)})
    return rows


def _distance(volume: int, budget: float, machine: Preset) -> int:
    """The least odd code distance with ``0.03 (p / 0.01)**((d + 1) / 2) * volume <= budget``."""
    for distance in range(1, MAX_DISTANCE + 1, 2):
        if 0.03 * (machine.error_rate / 0.01) ** ((distance + 1) / 2) * volume <= budget:
            return distance
    raise UnsupportedError(
        f"the code distance must be at most {MAX_DISTANCE}, got more for {volume:.3g} logical qubit cycles; "
        "use fewer layers or a larger error budget"
    )


def _factory(error: float, machine: Preset) -> Factory:
    for factory in machine.factories:
        if factory.error <= error:
            return factory
    raise UnsupportedError(
        f"T states must have an error of at least {machine.factories[-1].error:.1g} on {machine.name}, got the need "
        f"of {error:.1g}; use fewer layers or a larger error budget"
    )
