"""One row of a sweep as the report sees it: what was run, what each stage and each control found, what it took."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...core import Sense
from ..endings import is_no_fair_pair, judge_of
from .lengths import length_of, setting_of
from .row_types import METERED

StageName = Literal["raw", "repaired", "improved", "final"]
STAGES: tuple[StageName, ...] = ("raw", "repaired", "improved")
#: Kinds of references, the strongest first. ``best-seen`` is the best verified objective among the runs themselves.
KINDS = ("proven", "proven-here", "best-known", "best-seen", "none")
#: Which of an instance's sizes is *the* size, where it is not the first one.
SIZES = {"market-share": "retailers"}
#: Solvers that prepare quantum states, simulated or on a device; others by the depth of their circuits.
QUANTUM = frozenset(
    "qaoa cvar-qaoa ws-qaoa ma-qaoa lr-qaoa rqaoa adapt xy vqe cvar-vqe pce qrao".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Point:
    """Best point of one stage of one run; ``hit_share`` is the share of reads at least as good as the raw objective."""

    objective: float | None
    is_feasible: bool
    feasible_share: float | None = None
    hit_share: float | None = None
    flips: int | None = None
    num_points: int | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """Worth of a sample for one target, None where uniform points never reached it; ``low`` is then what is known.

    ``beyond``: the same in points of the sampler's own start, where it has one.
    """

    worth: float | None
    low: float | None
    high: float | None
    sampler: float
    uniform: float
    is_exact: bool
    beyond: float | None = None


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What all runs of an instance are measured against."""

    value: float | None
    kind: str
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One row: what was run, what each stage found, what it took.

    ``control`` is the one that verdicts are about: points of the sampler's own start (``start`` says what that is), and
    uniform ones, which are then in ``control_uniform`` as well, where it has none.
    """

    id: str
    instance: str
    name: str
    kind: str
    sense: Sense
    size_name: str
    size: int
    pipeline: str
    family: str
    solver: str
    seed: int
    repeat: int
    status: str
    message: str
    failure: str
    objective: float | None
    bound: float | None
    reference: Yardstick
    stages: Mapping[str, Point]
    control: Mapping[str, Point]
    trace: tuple[tuple[float, float], ...]
    seconds: Mapping[str, float]
    figures: Mapping[str, float]
    extra: Mapping[str, Any]
    budget: Mapping[str, Any]
    control_program: Mapping[str, Point] = field(default_factory=dict)
    control_uniform: Mapping[str, Point] = field(default_factory=dict)
    start: str = ""
    worth: Mapping[str, Chance] = field(default_factory=dict)
    crossover: Mapping[int, float | None] = field(default_factory=dict)
    second_ratio: float | None = None
    stopped_at_success: bool = False
    length: Mapping[str, Any] = field(default_factory=dict)
    setting: str = ""
    reached: tuple[tuple[float, int], ...] = ()

    @property
    def is_feasible(self) -> bool:
        return self.objective is not None

    @property
    def is_fair_pair(self) -> bool:
        """Whether run and control may be compared: as many points of both, and no end at the run's own success."""
        counts = {point.num_points for point in (self.stages.get("raw"), self.control.get("raw")) if point is not None}
        return not self.stopped_at_success and len(counts - {None}) < 2

    def worth_by_second(self, target: str) -> float | None:
        """Worth for a target, by CPU second: times those of a uniform point, over those of a sample with training."""
        worth = self.worth[target].worth if target in self.worth else None
        return None if worth is None or self.second_ratio is None else worth * self.second_ratio

    @property
    def worth_per_second(self) -> float | None:
        """The same for the first target that has a worth."""
        told = (self.worth_by_second(target) for target in self.worth)
        return next((value for value in told if value is not None), None)

    @property
    def total_seconds(self) -> float:
        return self.seconds.get("total", math.nan)

    def found(self, stage: StageName, *, is_control: bool = False) -> float | None:
        """Feasible objective of a stage; None without one. ``final`` is the answer of the whole run."""
        if stage == "final":
            return self.objective
        point = (self.control if is_control else self.stages).get(stage)
        return point.objective if point is not None and point.is_feasible else None


def run_of(row: Mapping[str, Any]) -> Run:
    """A Run from one row, or from a record that ``qopt solve`` wrote."""
    sweep, instance, pipeline = row.get("sweep") or {}, row["instance"], row["pipeline"]
    stages, used = row.get("stages") or {}, row.get("resources") or {}
    solver = str((pipeline.get("solver") or {}).get("name", "unknown"))
    label = str(sweep.get("pipeline") or solver)
    size_name = SIZES.get(instance["kind"]) or next(iter(instance["size"]), "size")
    sense = instance["sense"]
    control, control_program = _controls(stages, pipeline.get("encoder") or {})
    return Run(
        id=row["id"],
        instance=instance["fingerprint"],
        name=str(instance["name"] or instance["fingerprint"][:8]),
        kind=instance["kind"],
        sense=sense,
        size_name=size_name,
        size=int(instance["size"].get(size_name, 0)),
        pipeline=label,
        family=str(sweep.get("family") or label),
        solver=solver,
        seed=row["seed"],
        repeat=int(sweep.get("repeat", 0)),
        status=row["status"],
        message=row.get("message", ""),
        failure=str(sweep.get("failure") or ""),
        objective=row["objective"],
        bound=row.get("bound"),
        reference=_yardstick(row.get("reference") or {}),
        stages=_points(stages),
        control=control,
        trace=tuple((float(seconds), float(value)) for seconds, value in row.get("trace") or ()),
        seconds=used.get("seconds") or {},
        figures=_figures(used, sweep),
        extra={key: value for key, value in (used.get("extra") or {}).items() if isinstance(value, int | float | str)},
        budget=pipeline.get("budget") or {},
        control_program=control_program,
        control_uniform=_points(stages.get("control") or {}),
        start=str((stages.get("control_start") or {}).get("start", "")),
        stopped_at_success=is_no_fair_pair(row),
        length=length_of(pipeline),
        setting=setting_of(pipeline),
        reached=tuple((float(objective), int(reads)) for objective, reads in row.get("reached") or ()),
        **_worth(row.get("worth") or {}),
    )


def _controls(stages: Mapping[str, Any], encoder: Mapping[str, Any]) -> tuple[dict[str, Point], dict[str, Point]]:
    """The control that judges, on the sampler's ground, and the one on the whole program.

    Rows from before there were two have one: on the whole program, whatever a reduction had fixed.
    """
    control, whole = _points(judge_of(stages) or {}), _points(stages.get("control_program") or {})
    if "control_program" not in stages and "inner" in encoder:
        return {}, control
    return control, whole


def _worth(told: Mapping[str, Any]) -> dict[str, Any]:
    """Worth by target, crossover by number of samples, CPU seconds of a uniform point over those of a sample."""
    if not told:
        return {}
    found = {target["target"]: _chance(target) for target in told["targets"]}
    crossed = {row["samples"]: row["uniform"] for row in told["crossover"] if not row["is_saturated"]}
    price = told.get("price") or {}
    is_priced = price.get("sampler") and price.get("uniform")
    return {
        "worth": found,
        "crossover": crossed,
        "second_ratio": price["uniform"] / price["sampler"] if is_priced else None,
    }


def _chance(target: Mapping[str, Any]) -> Chance:
    sampler, uniform = target["sampler"], target["uniform"]
    is_exact = sampler["kind"] == uniform["kind"] == "exact"
    beyond = (target.get("beyond") or {}).get("worth")
    return Chance(target["worth"], target["low"], target["high"], sampler["value"], uniform["value"], is_exact, beyond)


def _yardstick(reference: Mapping[str, Any]) -> Yardstick:
    value, kind, source = reference.get("value"), reference.get("kind", "none"), reference.get("source", "")
    if kind == "proven" and (source == "this run" or reference.get("is_found")):
        kind = "proven-here"
    return Yardstick(value, kind, source) if kind in KINDS else Yardstick(None, "none")


def _points(stages: Mapping[str, Any]) -> dict[str, Point]:
    found: dict[str, Point] = {}
    for name in STAGES:
        stage = stages.get(name)
        if stage is not None:
            keys: Iterable[str] = ("feasible_share", "hit_share", "flips", "num_points")
            found[name] = Point(stage["objective"], stage["feasible"], *(stage.get(key) for key in keys))
    return found


def _figures(used: Mapping[str, Any], sweep: Mapping[str, Any]) -> dict[str, float]:
    """Counted and measured resources that are there."""
    keys = ("qubits", "aux_qubits", "depth", "two_qubit_gates", "evaluations", "shots", "rounds", "cpu_seconds")
    found = {key: used[key] for key in (*keys, "peak_bytes") if used.get(key) is not None}
    return found | {key: sweep[key] for key in METERED if sweep.get(key) is not None}
