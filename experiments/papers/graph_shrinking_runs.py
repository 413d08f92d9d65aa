"""Runs of the graph-shrinking sweep as measurements, and their sums by kind, merges and reduction."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import relative_gap
from ..endings import judge_of
from .paper import Rows
from .tables import median

#: Ways of merging in the order of the tables; the first leaves the QUBO as it is.
WAYS = ("none", "random", "unaware-sdp", "aware-sdp", "aware-lp", "aware-sampling", "verified-sdp")
#: Kinds in the order of the report, with their headings.
KINDS = (("mis", "Independent sets"), ("mdkp", "Knapsacks"), ("qap", "Assignments"))


@dataclass(frozen=True)
class Measured:
    """One run; gaps are relative to the instance's reference, None where no feasible point was found.

    ``asked`` is the share of the qubits that was to be kept (None: a number of qubits, or no shrinking), ``flips`` the
    bits changed for each point that was repaired, ``seconds`` of the processor, control included where there is one.
    """

    way: str
    solver: str
    kind: str
    instance: str
    repeat: int
    asked: float | None
    has_failed: bool
    message: str = ""
    qubits: int = 0
    qubits_before: int = 0
    has_reached: bool = True
    share: float | None = None
    flips: float | None = None
    raw: float | None = None
    repaired: float | None = None
    improved: float | None = None
    control_raw: float | None = None
    control_repaired: float | None = None
    control_improved: float | None = None
    seconds: float | None = None
    rejected: int = 0
    points: int | None = None


def measured(rows: Rows) -> list[Measured]:
    """The runs of samplers; failed ones too, without figures.

    Rows of native solvers give the optima of instances that have no reference.
    """
    optima = {row["instance"]["fingerprint"]: row["objective"] for row in rows if row["status"] == "optimal"}
    return [_one(row, optima) for row in rows if row["pipeline"]["encoder"] is not None]


def _one(row: Any, optima: Mapping[str, Any]) -> Measured:
    encoder, solver = row["pipeline"]["encoder"], row["pipeline"]["solver"]["name"]
    target = encoder.get("target") if encoder.get("name") == "shrink" else None
    asked = float(target) if target is not None and target < 1 else None
    at = (row["sweep"]["family"], solver, row["instance"]["kind"], row["instance"]["name"], row["sweep"]["repeat"])
    if row["status"] == "failed":
        return Measured(*at, asked, True, str(row.get("message", "")))
    stages, control = row["stages"], judge_of(row["stages"]) or {}
    done = (row["rounds"] or [{}])[-1].get("shrink", {})
    qubits = int(row["resources"]["qubits"])
    optimum, sense = optima.get(row["instance"]["fingerprint"]), row["instance"]["sense"]

    def gap(stage: Any) -> float | None:
        if not stage or not stage["feasible"]:
            return None
        return relative_gap(stage["objective"], optimum, sense) if stage["gap"] is None else float(stage["gap"])

    repaired = stages["repaired"] or {}
    return Measured(
        *at,
        asked,
        False,
        qubits=qubits,
        qubits_before=int(done.get("qubits_before", qubits)),
        has_reached=done.get("ended", "target") in ("target", "already small enough"),
        share=stages["raw"]["feasible_share"],
        flips=repaired["flips"] / repaired["num_points"] if repaired.get("num_points") else None,
        raw=gap(stages["raw"]),
        repaired=gap(stages["repaired"]),
        improved=gap(stages["improved"]),
        control_raw=gap(control.get("raw")),
        control_repaired=gap(control.get("repaired")),
        control_improved=gap(control.get("improved")),
        seconds=row["resources"].get("cpu_seconds"),
        rejected=sum(done.get("rejected", {}).values()),
        points=stages["raw"].get("num_points"),
    )


def whole_seeds(found: Sequence[Measured]) -> list[Measured]:
    """The runs without those of a seed that a stopped sweep has for some instances of a kind only.

    Half a seed would give its instances twice the weight of the others.
    """
    counts = Counter((run.kind, run.repeat) for run in found)
    most = {kind: max(n for (other, _), n in counts.items() if other == kind) for kind, _ in counts}
    return [run for run in found if counts[run.kind, run.repeat] == most[run.kind]]


@dataclass(frozen=True)
class Summed:
    """Runs of one way of merging and one reduction: means of feasibility and flips, medians of gaps."""

    way: str
    asked: float | None
    runs: Sequence[Measured]
    failed: int

    def mean(self, of: Callable[[Measured], float | None]) -> float | None:
        """Mean over the runs that have the figure; None where none has."""
        values = [value for value in map(of, self.runs) if value is not None]
        return statistics.fmean(values) if values else None

    def median(self, of: Callable[[Measured], float | None]) -> float | None:
        """Median over the runs that have the figure; None where none has."""
        return median(map(of, self.runs))

    @property
    def kept(self) -> float | None:
        """Share of the qubits that is left."""
        return self.mean(lambda run: run.qubits / run.qubits_before)

    @property
    def num_short(self) -> int:
        """Runs that the rows stopped above the target."""
        return sum(not run.has_reached for run in self.runs)


def summed(found: Sequence[Measured], kind: str, way: str, asked: float | None) -> Summed:
    """The runs of one kind, way and reduction."""
    runs = [run for run in found if run.kind == kind and run.way == way and run.asked == asked]
    done = [run for run in runs if not run.has_failed]
    return Summed(way, asked, done, len(runs) - len(done))


def reductions(found: Sequence[Measured]) -> list[float]:
    """Shares kept that were asked for, the largest first."""
    return sorted({run.asked for run in found if run.asked is not None}, reverse=True)
