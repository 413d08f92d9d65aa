"""Joules of a run: measured by the processor's counters (RAPL through powercap) or a card's (NVML), or modelled.

A measured figure and a modelled one are never added or averaged. Limits: counters are of the whole machine, so they
are a run's only while it runs alone; they wrap, so a run must be read at least once a wrap; reading them usually needs
root. The Landauer floor and the power of a quantum machine are models by name.
"""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")
#: Boltzmann's constant in J/K (exact, SI 2019).
BOLTZMANN = 1.380649e-23


@dataclass(frozen=True)
class Reading:
    """Counters of all processor packages at one moment, by domain: microjoules, and the value at which each wraps.

    ``unreadable`` names the files that exist but could not be read.
    """

    counters: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


def read_counters(root: Path = POWERCAP) -> Reading:
    """The package domains under ``root``; ``psys`` holds the packages again and is left out, like their sub-domains."""
    counters: dict[str, tuple[int, int]] = {}
    unreadable = []
    for zone in sorted(root.glob("intel-rapl:[0-9]*")):
        if zone.name.count(":") != 1:
            continue
        try:
            name = (zone / "name").read_text().strip() if (zone / "name").exists() else "package"
            if not name.startswith("package"):
                continue
            energy = int((zone / "energy_uj").read_text())
            limit = zone / "max_energy_range_uj"
            counters[zone.name] = energy, int(limit.read_text()) if limit.exists() else 2**32 - 1
        except (OSError, ValueError):
            unreadable.append(str(zone / "energy_uj"))
    return Reading(counters, tuple(unreadable))


def joules_between(before: Reading, after: Reading) -> float | None:
    """Joules between two readings, each counter having wrapped at most once; None without a common counter.

    Examples
    --------
    >>> joules_between(Reading({"a": (9_000_000, 9_999_999)}), Reading({"a": (1_000_000, 9_999_999)}))
    2.0
    """
    common = before.counters.keys() & after.counters.keys()
    if not common or common != before.counters.keys():
        return None
    spent = 0
    for name in common:
        start, limit = before.counters[name]
        spent += (after.counters[name][0] - start) % (limit + 1)
    return spent / 1e6


def idle_watts(
    seconds: float = 5.0, *, root: Path = POWERCAP, sleep: Callable[[float], object] = time.sleep
) -> float | None:
    """Mean watts of the machine while this process sleeps; None where no counter can be read."""
    before, start = read_counters(root), time.perf_counter()
    if not before.counters:
        return None
    sleep(seconds)
    spent = joules_between(before, read_counters(root))
    passed = time.perf_counter() - start if sleep is time.sleep else seconds
    return None if spent is None else spent / passed


def net_joules(gross: float, idle: float, seconds: float) -> float:
    """Joules above what the idle machine draws in that time, at least 0."""
    return max(0.0, gross - idle * seconds)


def card_joules(index: int = 0) -> float | None:
    """A card's counter since its driver was loaded, in joules (NVML, Volta and later); None where there is none."""
    try:
        library: Any = importlib.import_module("pynvml")
    except ImportError:
        return None
    try:
        library.nvmlInit()
        handle = library.nvmlDeviceGetHandleByIndex(index)
        return float(library.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3
    except library.NVMLError:
        return None


def landauer_joules(bits: float, kelvin: float = 300.0) -> float:
    """``k T ln 2`` for each bit that is erased: a bound of the model, far below any machine.

    Examples
    --------
    >>> f"{landauer_joules(1):.2e}"
    '2.87e-21'
    """
    return bits * BOLTZMANN * kelvin * math.log(2)


def energy_to_solution(joules: float, seconds: float, tts_seconds: float) -> float:
    """``ETS99 = P TTS99`` with the mean power ``P = joules / seconds`` of the runs."""
    return joules / seconds * tts_seconds


def machine_joules(kilowatts: float, seconds: float) -> float:
    """Energy of a quantum machine of a typed power: a model, never a measurement."""
    return kilowatts * 1e3 * seconds
