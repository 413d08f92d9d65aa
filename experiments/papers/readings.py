"""Readings of a sweep's rows: of a run's stages, of its control on the same ground, and of the whole program's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...core import relative_gap
from ..endings import control_of, cut_by_clock, is_no_fair_pair, judge_of
from ..worth_text import figures
from .paired import NEVER, Key, Pairs, Reading, Sentence, middle, paired

#: What a stage's point is of: the run itself, uniform points of its ground, the control that judges it (the same, or
#: points of the sampler's own start), or the one on the whole program.
Of = Literal["run", "control", "judge", "control_program"]
#: What judges a pipeline, in words: whether no run, each, or some have a start of their own.
UNIFORM, STARTED, MIXED = (
    "uniform points of the same ground",
    "points of its own start",
    "points of its own start, uniform where it has none",
)
#: Distance from the optimum of each target, as a share of it.
SHARES = {"optimum": 0.0, "within 1 %": 0.01}
#: Best point that a reduction left, where all points of the core were counted.
CORE = "best of the core"
_MARGIN = 1e-9


@dataclass(frozen=True)
class Scale:
    """How a stage's point becomes a value: gap to the instance's one reference, or the objective itself.

    ``references`` are optima by fingerprint, of instances whose rows know none.
    """

    references: Mapping[str, float]
    is_objective: bool = False

    def value(self, row: Mapping[str, Any], stage: Mapping[str, Any] | None) -> float:
        """Lower is better; NEVER where the point is infeasible, or its gap not known."""
        if stage is None or not stage["feasible"]:
            return NEVER
        if self.is_objective:
            return float(stage["objective"])
        instance = row["instance"]
        best = self.references.get(instance["fingerprint"])
        found = stage["gap"] if best is None else relative_gap(stage["objective"], best, instance["sense"])
        return NEVER if found is None else float(found)


def references_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Optimum of each instance, by fingerprint: the rows' reference, or what a run of the sweep proved."""
    found: dict[str, float] = {}
    for row in rows:
        data, reference = row["instance"]["fingerprint"], row.get("reference") or {}
        if reference.get("kind") in ("proven", "best-known") and reference.get("value") is not None:
            found[data] = float(reference["value"])
        elif row["status"] == "optimal" and row["objective"] is not None:
            found.setdefault(data, float(row["objective"]))
    return found


def readings(rows: Iterable[Mapping[str, Any]], stage: str, scale: Scale, of: Of = "run") -> dict[Key, Reading]:
    """One reading a row that has the stage, by instance and repeat; failed rows have none."""
    found: dict[Key, Reading] = {}
    for row in rows:
        if row["status"] == "failed":
            continue
        stages = row["stages"]
        control = stages.get("control")
        place = stages if of == "run" else control_of(stages, of)
        if place is None or (stages.get(stage) is None and control is None):
            continue
        key = (row["instance"]["name"], int(row["sweep"]["repeat"]))
        points = (stages.get("raw") or {}).get("num_points") if of == "run" else place["num_points"]
        ground = _ground_of(row, control or {}) if of == "run" else place["space"]
        found[key] = Reading(scale.value(row, place.get(stage)), ground, points)
    return found


def _ground_of(row: Mapping[str, Any], control: Mapping[str, Any]) -> str:
    """What the run's sampler drew from, as its worth says it: a control put in another's place does not change that."""
    return str((row.get("worth") or {}).get("space") or control.get("space", ""))


def _fair(rows: Iterable[Mapping[str, Any]], of: Of) -> list[Mapping[str, Any]]:
    """Rows with that control, but for those that are no fair pair (endings.py)."""
    there = [row for row in rows if row["status"] != "failed" and control_of(row["stages"], of) is not None]
    return [row for row in there if not is_no_fair_pair(row) and not cut_by_clock(row, of)]


def against_control(name: str, rows: Iterable[Mapping[str, Any]], stage: str, scale: Scale) -> Pairs | None:
    """A pipeline's rows against the control that judges them, on the same ground; None where no row has one.

    Runs that ended at their own success, and controls cut by a time limit, are no fair pairs and left out: the number
    of cells says how many stay.
    """
    there = _fair(rows, "judge")
    if not there:
        return None
    own, other = (readings(there, stage, scale, of) for of in ("run", "judge"))
    return paired((name, own), (judge_words(there), other), stage)


def judge_words(rows: Iterable[Mapping[str, Any]]) -> str:
    """What the controls that judge these rows draw from."""
    started = {bool((judge_of(row["stages"]) or {}).get("start")) for row in rows}
    return MIXED if len(started) > 1 else STARTED if True in started else UNIFORM


def against_program(name: str, rows: Iterable[Mapping[str, Any]], stage: str, scale: Scale) -> Pairs | None:
    """Reduction and sampler together against the whole program; the ground is another one, so it is left unnamed."""
    there = _fair(rows, "control_program")
    if not there:
        return None
    own = {key: Reading(r.value, "", r.points) for key, r in readings(there, stage, scale).items()}
    whole = readings(there, stage, scale, "control_program")
    other = {key: Reading(reading.value, "", reading.points) for key, reading in whole.items()}
    return paired(
        (f"{name}, reduction and sampler together,", own), ("uniform points of the whole program", other), stage
    )


def target_of(row: Mapping[str, Any], target: str, optimum: float | None) -> tuple[float, float] | None:
    """Chances of one sample and of one uniform point; from the curve where only other runs of the sweep know it."""
    for found in row["worth"]["targets"]:
        if found["target"] == target:
            return found["sampler"]["value"], found["uniform"]["value"]
    curve = row["worth"].get("curve") or []
    if target == CORE:
        is_core = row["worth"]["num_points"] is not None and row["worth"]["space"].startswith("core")
        return (curve[0][1], curve[0][2]) if is_core and curve else None
    if optimum is None or target not in SHARES or not curve:
        return None
    sign = 1.0 if row["instance"]["sense"] == "min" else -1.0
    limit = sign * optimum + SHARES[target] * abs(optimum) + _MARGIN * max(1.0, abs(optimum))
    if sign * curve[-1][0] <= limit:
        return None  # the curve ends before the target
    reached = [entry for entry in curve if sign * entry[0] <= limit]
    return (reached[-1][1], reached[-1][2]) if reached else (0.0, 0.0)


def start_chance(row: Mapping[str, Any], target: str, optimum: float | None) -> float | None:
    """Chance of one point of the sampler's own start to reach a target; None where it has no start, or it is not known.

    From the curve where only other runs of the sweep know the target, as in ``target_of``.
    """
    for found in row["worth"]["targets"]:
        if found["target"] == target:
            beyond = found.get("beyond")
            return None if beyond is None else float(beyond["chance"]["value"])
    curve, own = row["worth"].get("curve") or [], row["worth"].get("start_curve") or []
    known = target_of(row, target, optimum)
    if not own or known is None:
        return None
    reached = [start for entry, start in zip(curve, own, strict=True) if (entry[1], entry[2]) == known]
    return float(reached[-1]) if reached else 0.0


def beyond_start(
    name: str, rows: Iterable[Mapping[str, Any]], target: str, references: Mapping[str, float]
) -> Pairs | None:
    """Chance of one sample and of one point of the sampler's own start; None where no start reaches the target."""
    own: dict[Key, Reading] = {}
    other: dict[Key, Reading] = {}
    for row in rows:
        if row["status"] == "failed" or not row.get("worth"):
            continue
        best = references.get(row["instance"]["fingerprint"])
        found, start = target_of(row, target, best), start_chance(row, target, best)
        if found is not None and start:
            key = (row["instance"]["name"], int(row["sweep"]["repeat"]))
            own[key], other[key] = (Reading(chance, row["worth"]["space"]) for chance in (found[0], start))
    return paired((name, own), ("a point of its own start", other), f"chance of {target}") if own else None


def chances(name: str, rows: Iterable[Mapping[str, Any]], target: str, references: Mapping[str, float]) -> Pairs | None:
    """Chance of one sample and of one uniform point of the same ground to reach a target; None where no row has it."""
    own: dict[Key, Reading] = {}
    other: dict[Key, Reading] = {}
    for row in rows:
        if row["status"] == "failed" or not row.get("worth"):
            continue
        space = row["worth"]["space"]
        found = target_of(row, target, references.get(row["instance"]["fingerprint"]))
        if found is not None and found[1] > 0:
            key = (row["instance"]["name"], int(row["sweep"]["repeat"]))
            own[key], other[key] = (Reading(chance, space) for chance in found)
    return paired((name, own), ("a uniform point", other), f"chance of {target}") if own else None


def worth_of(pairs: Pairs) -> float:
    """Median over instances of the median over repeats of one chance over the other."""
    by_instance: dict[str, list[float]] = {}
    for (instance, _), (own, other) in pairs.cells.items():
        by_instance.setdefault(instance, []).append(own / other)
    return middle([middle(values) for values in by_instance.values()])


def worth_sentence(
    title: str, lines: Mapping[str, Sequence[Mapping[str, Any]]], target: str, references: Mapping[str, float]
) -> Sentence | None:
    """Median worth of each method's samples for a target, each on its own instances; None without any."""
    found: list[Pairs] = []
    told: list[str] = []
    for name, rows in lines.items():
        pairs, beyond = (make(name, rows, target, references) for make in (chances, beyond_start))
        if pairs is None:
            continue
        text = f"{pairs.first} {figures(worth_of(pairs))} ({pairs.num_instances})"
        if beyond is not None:
            text += f", in {STARTED} {figures(worth_of(beyond))} ({beyond.num_instances})"
        told.append(text)
        found += [each for each in (pairs, beyond) if each is not None]
    if not found:
        return None
    start = f"{title}, uniform points of the same ground that one sample is worth for the {target} (instances): "
    return Sentence(f"{start}{', '.join(told)}.", found)


def finals(rows: Iterable[Mapping[str, Any]], scale: Scale) -> dict[Key, Reading]:
    """The answer of each run, of its last stage; ground and points are left out, and the sentence must say them."""
    found: dict[Key, Reading] = {}
    for row in rows:
        if row["status"] != "failed":
            answer = {"feasible": row["objective"] is not None, "objective": row["objective"], "gap": row["gap"]}
            found[row["instance"]["name"], int(row["sweep"]["repeat"])] = Reading(scale.value(row, answer))
    return found


def points_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """How many points the runs looked at."""
    raw = [row["stages"]["raw"] for row in rows if row["status"] != "failed" and row["stages"].get("raw")]
    counts = sorted({int(stage["num_points"]) for stage in raw if stage.get("num_points")})
    return "no" if not counts else f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
