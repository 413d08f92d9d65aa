"""Joules of a run: measured by the processor's counters (RAPL through powercap) or a card's (NVML), or modelled.

A measured figure and a modelled one are never added or averaged. Limits: counters are of the whole machine, so they
are a run's only while it runs alone, and what else the machine does is in them; they wrap, so a Meter reads them every
few seconds; reading them usually needs root. The Landauer floor and the power of a quantum machine are models by name.
"""

from __future__ import annotations

import importlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

POWERCAP = Path("/sys/class/powercap")
#: Boltzmann's constant in J/K (exact, SI 2019).
BOLTZMANN = 1.380649e-23
#: Seconds between two readings of a Meter; a counter of 262 kJ at 1 kW wraps after 4 minutes.
POLL_SECONDS = 10.0
#: Seconds over which the idle power is measured before a sweep.
IDLE_SECONDS = 5.0


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


@dataclass(frozen=True)
class Spent:
    """Joules that a Meter saw: ``processor`` by RAPL, ``cards`` by NVML; None where no counter could be read."""

    seconds: float
    processor: float | None = None
    cards: float | None = None

    def net(self, idle: Idle) -> Spent:
        """The same above idle power; None where that, too, was not measured."""
        parts = ((self.processor, idle.processor), (self.cards, idle.cards))
        left = (
            None if joules is None or watts is None else net_joules(joules, watts, self.seconds)
            for joules, watts in parts
        )
        return Spent(self.seconds, *left)


@dataclass(frozen=True)
class Idle:
    """Watts of the machine while nothing of ours runs."""

    processor: float | None = None
    cards: float | None = None


class Meter:
    """Counts joules from entry to exit, reading the counters often enough that no wrap-around is missed.

    Parameters
    ----------
    root : of the powercap tree.
    poll_seconds : between two readings, by a thread of its own; a counter may wrap once between them.
    """

    def __init__(self, root: Path = POWERCAP, *, poll_seconds: float = POLL_SECONDS) -> None:
        self.root = root
        self.poll_seconds = poll_seconds
        self._total: float | None = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> Meter:
        self._last = read_counters(self.root)
        self._cards = card_joules()
        self._start = time.perf_counter()
        if self._last.counters:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        self._add()
        after = card_joules()
        cards = None if after is None or self._cards is None or after < self._cards else after - self._cards
        self.spent = Spent(time.perf_counter() - self._start, self._total, cards)

    def _poll(self) -> None:
        while not self._end.wait(self.poll_seconds):
            self._add()

    def _add(self) -> None:
        """Add what was spent since the last reading; a reading that fails leaves no figure at all."""
        now = read_counters(self.root)
        step = joules_between(self._last, now)
        self._total = None if step is None or self._total is None else self._total + step
        self._last = now


def measure_idle(
    seconds: float = IDLE_SECONDS, *, root: Path = POWERCAP, sleep: Callable[[float], object] = time.sleep
) -> Idle:
    """Mean watts of processor and cards while this process sleeps; without any counter it does not sleep."""
    if seconds <= 0 or not (read_counters(root).counters or card_joules() is not None):
        return Idle()
    with Meter(root) as meter:
        sleep(seconds)
    passed = meter.spent.seconds if sleep is time.sleep else seconds
    parts = (meter.spent.processor, meter.spent.cards)
    return Idle(*(None if joules is None else joules / passed for joules in parts))


def net_joules(gross: float, idle: float, seconds: float) -> float:
    """Joules above what the idle machine draws in that time, at least 0."""
    return max(0.0, gross - idle * seconds)


def counters_note(reading: Reading) -> str:
    """Which counters exist but cannot be read, and what follows, as one line; empty where all can be read."""
    if not reading.unreadable:
        return ""
    return f"energy: {', '.join(reading.unreadable)} cannot be read (it usually needs root): joules are modelled"


def card_joules() -> float | None:
    """Joules of all NVIDIA cards since their driver was loaded (NVML, Volta and later); None where there is none."""
    try:
        library: Any = importlib.import_module("pynvml")
    except ImportError:
        return None
    try:
        library.nvmlInit()
        cards = range(library.nvmlDeviceGetCount())
        handles = [library.nvmlDeviceGetHandleByIndex(index) for index in cards]
        spent = [float(library.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3 for handle in handles]
    except library.NVMLError:
        return None
    return sum(spent) if spent else None


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
    """Energy of a quantum machine of a typed power: a model, never a measurement.

    Examples
    --------
    >>> machine_joules(25, 0.5)
    12500.0
    """
    return kilowatts * 1e3 * seconds
