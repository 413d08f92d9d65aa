"""Types of a row's values where the report computes with them, so that a row edited by hand is told by its line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

#: Figures of ``resources`` and of each stage.
RESOURCES = (
    *("qubits", "aux_qubits", "depth", "two_qubit_gates", "evaluations", "shots", "rounds"),
    *("cpu_seconds", "peak_bytes"),
)
#: What the runner measured: joules of processor and cards, all of them and above idle power.
METERED = ("wall_seconds", "joules", "net_joules", "card_joules", "card_net_joules", "metered_seconds")
STAGE = ("objective", "feasible_share", "hit_share", "gap", "num_points", "flips")
TEXTS = ("id", "status")
_ENDLESS = (math.inf, -math.inf)


def check_row(row: Mapping[str, Any]) -> None:
    """Refuse a row whose figures are no numbers and whose parts are no keys and values.

    Raises
    ------
    ValueError
        Names the first such place.
    """
    for key in TEXTS:
        if not isinstance(row[key], str):
            raise ValueError(f"{key} must be text, got {row[key]!r}")
    instance = _mapping(row, "instance")
    for key in ("name", "kind", "sense"):
        if not isinstance(instance.get(key), str):
            raise ValueError(f"instance.{key} must be text, got {instance.get(key)!r}")
    _numbers(row, ("objective", "bound", "gap", "seed"), "")
    _numbers(_mapping(row, "reference"), ("value",), "reference.")
    _numbers(_mapping(row, "sweep"), ("repeat", *METERED), "sweep.")
    resources = _mapping(row, "resources")
    _numbers(resources, RESOURCES, "resources.")
    seconds = _mapping(resources, "seconds")
    _numbers(seconds, tuple(seconds), "resources.seconds.")
    for name, stage in _mapping(row, "stages").items():
        inner = stage if isinstance(stage, Mapping) else {}
        if stage is not None and not isinstance(stage, Mapping):
            raise ValueError(f"stages.{name} must be keys and values, got {stage!r}")
        _numbers(inner, STAGE, f"stages.{name}.")
        for key, below in inner.items():
            if isinstance(below, Mapping):
                _numbers(below, STAGE, f"stages.{name}.{key}.")


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key) or {}
    if not isinstance(found, Mapping):
        raise ValueError(f"{key} must be keys and values, got {found!r}")
    return found


def _numbers(values: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in keys:
        value = values.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value in _ENDLESS):
            raise ValueError(f"{where}{key} must be a number, got {value!r}")
