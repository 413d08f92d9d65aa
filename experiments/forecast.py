"""Listening to a run: when it will be within a goal of the reference (for people), and whether to give it up (tuning).

Reads of a one-shot encoding are heard by their energies, which are costs where the rows hold; rounds of an iterating
encoder by their verified incumbents. Nothing here looks at a clock but the words for people.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..core import Encoding, Float, Sense, relative_gap
from ..encoders.neighbourhood import Starting
from ..solvers.base import Ended
from .foresight import Curve, curve_of_reads, curve_of_rounds, foresee, is_hopeless

#: Gap to the reference that people are told the time to.
GOAL = 0.01
#: Share of a run's work that must be seen before it is given up.
LEAST_SHARE = 0.1
#: A run is given up only where it is foreseen to end worse than the floor by more than this share of the reference.
INDIFFERENCE = 0.01


@runtime_checkable
class ReadsReport(Protocol):
    """A report that also wants the energies of reads as they end."""

    def __call__(self, seconds: float, objective: float) -> None: ...

    def ended(self, energies: Float, wanted: int | None) -> bool:
        """Energies of ended reads, shape (k,), of ``wanted`` in all; True ends the run with those so far."""
        ...


@dataclass(frozen=True)
class GiveUp:
    """When a run is stopped: as soon as it is foreseen to end worse than ``floor`` by more than INDIFFERENCE.

    ``reference`` is the objective that gaps are measured from. The decision rests on reads or rounds, never on a clock.
    """

    floor: float
    reference: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{name} of give_up must be a finite number, got {value!r}")

    def gap(self, objective: float, sense: Sense) -> float:
        """Distance from the reference in the direction of worse, at least 0."""
        distance = objective - self.reference if sense == "min" else self.reference - objective
        return max(0.0, distance)


@dataclass(eq=False)
class Judge:
    """Follows one run and says when it is to be given up; ``reason`` is empty until then."""

    rule: GiveUp
    sense: Sense
    reason: str = ""
    gaps: list[float] = field(default_factory=list)

    def ended(self, energies: Float, wanted: int | None) -> bool:
        """Reads that ended; energies, shape (k,), are costs, minimised."""
        sign = 1 if self.sense == "min" else -1
        self.gaps += [self.rule.gap(sign * float(energy), self.sense) for energy in energies]
        if wanted is not None and LEAST_SHARE * wanted <= len(self.gaps) < wanted:
            self._decide(curve_of_reads(self.gaps), wanted, "reads")
        return bool(self.reason)

    def after_round(self, incumbent: float | None, rounds: int | None) -> bool:
        """A round that ended, with the best verified objective so far, of at most ``rounds``."""
        self.gaps.append(math.inf if incumbent is None else self.rule.gap(incumbent, self.sense))
        if rounds is not None and LEAST_SHARE * rounds <= len(self.gaps) < rounds:
            self._decide(curve_of_rounds(self.gaps), rounds, "rounds")
        return bool(self.reason)

    def _decide(self, curve: Curve | None, total: int, what: str) -> None:
        floor = self.rule.gap(self.rule.floor, self.sense) + INDIFFERENCE * abs(self.rule.reference)
        if not self.reason and is_hopeless(curve, total, floor):
            self.reason = (
                f"given up after {len(self.gaps)} of {total} {what}: foreseen to end worse than {self.rule.floor:.10g}"
            )


class Forecast:
    """What people are told while a run goes on: ``about 40 s to 1 % (10 to 90 s)``, or that it is not foreseen.

    Parameters
    ----------
    sense : of the instance.
    reference : value that the gap is measured from; None waits for a proven bound of an iterating encoder.
    goal : gap that the time is told to.
    """

    def __init__(self, sense: Sense, reference: float | None, goal: float = GOAL) -> None:
        self._sense, self._reference, self._goal = sense, reference, goal
        self._reads: list[float] = []
        self._rounds: list[float] = []
        self._iterates = False

    def ended(self, energies: Float) -> None:
        """Energies of ended reads, shape (k,); those of an iterating encoder's rounds are no costs and are left out."""
        if self._iterates or self._reference is None:
            return
        sign = 1 if self._sense == "min" else -1
        self._reads += [self._gap(sign * float(energy), self._reference) for energy in energies]

    def round(self, row: Mapping[str, Any]) -> None:
        """One row of an iterating encoder, in the instance's own units."""
        if not self._iterates:
            self._iterates, self._reads = True, []
        bound: Any = row.get("best_bound") if row.get("best_bound") is not None else row.get("bound")
        against: Any = self._reference if self._reference is not None else bound
        incumbent: Any = row.get("incumbent")
        is_known = incumbent is not None and against is not None
        self._rounds.append(self._gap(float(incumbent), float(against)) if is_known else math.inf)

    def text(self, seconds: float) -> str:
        """The words after so many seconds; empty while too little was seen."""
        curve = curve_of_rounds(self._rounds) if self._iterates else curve_of_reads(self._reads)
        goal = f"{self._goal:.0%}".replace("%", " %")
        gaps = self._rounds if self._iterates else self._reads
        if gaps and min(gaps) <= self._goal:
            return f"within {goal}"
        if curve is None or seconds <= 0:
            return ""
        found = foresee(curve, self._goal)
        if found is None:
            return f"time to {goal} not foreseen"
        middle, low, high = (
            (work - curve.seen) * seconds / curve.seen for work in (found.middle, found.low, found.high)
        )
        return f"about {middle:.2g} s to {goal} ({low:.2g} to {high:.2g} s)"

    def _gap(self, objective: float, reference: float) -> float:
        gap = relative_gap(objective, reference, self._sense)
        return math.inf if gap is None else max(0.0, gap)


def iterates(encoder: object, encoding: Encoding) -> bool:
    """Whether energies of the encoding are no costs: it carries multipliers, or a part of the variables alone."""
    if isinstance(encoder, Starting):
        return True
    state: Mapping[str, Any] = encoding.state
    while "multipliers" not in state:
        inner = state.get("inner")
        if not isinstance(inner, Encoding):
            return False
        state = inner.state
    return True


def listening(report: object, judge: Judge | None, *, is_iterating: bool) -> Ended | None:
    """The sampler's callback for reads that ended: report and judge hear them where their energies are costs."""
    heard: list[Callable[[Float, int | None], bool]] = []
    if not is_iterating:
        heard += [report.ended] if isinstance(report, ReadsReport) else []
        heard += [] if judge is None else [judge.ended]
    if not heard:
        return None

    def ended(energies: Float, wanted: int | None) -> bool:
        answers = [one(np.asarray(energies), wanted) for one in heard]  # all hear it, whatever the first says
        return any(answers)

    return ended
