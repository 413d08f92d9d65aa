"""The result of one run, and one row of the store; its JSON keys are stable.

Stages stand side by side and are never mixed: raw (what the sampler gave), repaired, improved, and the control (as
many uniform random points put through the same repair and improvement).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, get_type_hints

from .problem import Number, Sense
from .samples import Samples
from .worth import BeyondStart, Crossover, Price, Probability, TargetWorth, Worth

SCHEMA = "qopt.record/1"
#: Objectives that ``Record.reached`` keeps.
MAX_REACHED = 256


class Status(Enum):
    """How a run ended."""

    OPTIMAL = "optimal"  # proven: a bound equals the verified objective
    FEASIBLE = "feasible"
    VIOLATED = "violated"  # the best point breaks the instance
    INFEASIBLE = "infeasible"  # proven empty
    UNKNOWN = "unknown"  # nothing found within the budget
    FAILED = "failed"  # set by the runner only, with the error as message


@dataclass(frozen=True)
class Reference:
    """What the gap is measured against; ``bound`` is a proven bound, the weakest kind.

    ``is_found``: neither the literature's nor this run's, but counted or searched for beside it; with another time or
    on another machine it may be a stronger one.
    """

    value: Number | None = None
    kind: Literal["proven", "best-known", "bound", "none"] = "none"
    source: str = ""
    is_found: bool = False


@dataclass(frozen=True)
class Stage:
    """Best point of one stage, verified on the instance's own data.

    ``feasible_share`` is the share of the samples that are feasible (raw only), weighted by occurrence; ``hit_share``
    the share that is feasible and at least as good as the *solver's* raw objective, so that the control's raw stage
    says how often a random point does as well; ``flips`` the bits the repair changed, summed over the ``repair_top``
    candidates it worked on.
    """

    objective: Number | None = None
    feasible: bool = False
    violations: Mapping[str, float] = field(default_factory=dict)
    gap: float | None = None
    feasible_share: float | None = None
    hit_share: float | None = None
    flips: int | None = None
    solution: tuple[int, ...] | None = None
    num_points: int | None = None


@dataclass(frozen=True)
class Control:
    """The same selection, repair and improvement applied to random points of ``space``.

    They are uniform, or drawn from the sampler's own start where ``start`` says what that is.
    """

    raw: Stage | None = None
    swapped: Stage | None = None
    repaired: Stage | None = None
    improved: Stage | None = None
    num_points: int = 0
    space: str = "program bits"
    start: str = ""


@dataclass(frozen=True)
class Stages:
    """The stages of a run; None where a stage was off or does not apply.

    ``control`` draws from the sampler's own ground (same reduction, core, start and kept rows): what the sampler
    earned. ``control_program`` draws from the whole program: what reduction and sampler earned together; None where
    both are the same. ``control_start`` draws from the sampler's own start where that is not uniform, as of circuits
    that begin near a relaxed point; every verdict about such a sampler is about it. ``start`` is where a decomposition
    began, and ``ceiling`` the same rounds with each solved exactly (where asked for): what its scheme could have
    reached. ``swapped`` is the raw point after one round of bit swaps, without any repair (experiments/swap.py).
    """

    start: Stage | None = None
    raw: Stage | None = None
    lowest_energy: Stage | None = None
    swapped: Stage | None = None
    repaired: Stage | None = None
    improved: Stage | None = None
    control: Control | None = None
    control_program: Control | None = None
    ceiling: Control | None = None
    control_start: Control | None = None

    @property
    def judge(self) -> Control | None:
        """The control that every verdict is about: points of the sampler's own start, uniform where it has none."""
        return self.control if self.control_start is None else self.control_start


@dataclass(frozen=True)
class Resources:
    """What the run used; None where it does not apply. Seconds by stage; bytes of the process's peak."""

    qubits: int | None = None
    aux_qubits: int | None = None
    depth: int | None = None
    two_qubit_gates: int | None = None
    evaluations: int | None = None
    shots: int | None = None
    rounds: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    cpu_seconds: float | None = None
    peak_bytes: int | None = None
    engine: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """Which instance was solved; the fingerprint identifies its data.

    ``conventions`` says what a value depends on beside the data: how distances were rounded, what is minimised.
    """

    name: str
    kind: str
    sense: Sense
    size: Mapping[str, int]
    fingerprint: str
    path: str | None = None
    conventions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """Everything one run found, verified against the original instance, and how it was found.

    ``gap`` is signed and relative to ``reference`` (see core.gap); ``bound`` is a proven bound in the instance's own
    sense, None when this run proved none. ``trace`` rows are ``[seconds, objective]`` of verified incumbents;
    ``rounds`` the rows of an iterating encoder; ``worth`` what one sample is worth in uniform points; ``samples`` the
    points that a sampler drew, all rounds, where they were asked for (``keep_samples``). ``reached`` rows are
    ``[objective, reads]``, the raw feasible reads that had it, best first: all within 1 % of the best, at most
    MAX_REACHED; empty where reads were not counted (native solvers, decompositions), or none was feasible.
    """

    id: str
    status: Status
    seed: int
    is_replayable: bool
    instance: Instance
    pipeline: Mapping[str, Any]
    objective: Number | None
    solution: tuple[int, ...] | None
    violations: Mapping[str, float]
    bound: Number | None
    gap: float | None
    abs_gap: float | None
    reference: Reference
    stages: Stages
    resources: Resources
    trace: tuple[tuple[float, Number], ...] = ()
    rounds: tuple[Mapping[str, Any], ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    worth: Worth | None = None
    samples: Samples | None = None
    reached: tuple[tuple[Number, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values, with its schema."""
        values = _plain(dataclasses.replace(self, samples=None))
        if self.samples is None:
            values.pop("samples")
        else:
            values["samples"] = self.samples.to_json()
        return {"schema": SCHEMA, **values}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Record:
        """The record that ``to_json`` gave.

        Raises
        ------
        ValueError
            The schema is another one, or a key is missing.
        """
        if data.get("schema") != SCHEMA:
            raise ValueError(f"record must have schema {SCHEMA}, got {data.get('schema')!r}; was it written by qopt?")
        values = _build(Record, data)
        assert isinstance(values, Record)
        return values

    def replay_view(self) -> dict[str, Any]:
        """The part that the same seed must reproduce: all but seconds, memory and environment."""
        view = self.to_json()
        view.pop("environment")
        view.pop("samples", None)  # kept or not, the run is the same
        view.pop("reached")  # rows of former versions have none; the shares of the stages say whether reads differ
        view["trace"] = [objective for _, objective in self.trace]
        view["rounds"] = [{k: v for k, v in row.items() if "seconds" not in k} for row in view["rounds"]]
        resources = view["resources"]
        for key in ("seconds", "cpu_seconds", "peak_bytes"):
            resources.pop(key)
        if view["worth"] is not None:
            view["worth"].pop("price")
        is_apart = self.reference.is_found or self.reference.kind == "none"
        return _without_reference(view) if is_apart else view

    def plot(self) -> Any:
        """Crossover in samples, and the best objectives of samples against uniform points, as a matplotlib figure.

        Raises
        ------
        ValueError
            The record has no crossover: a native solver, or a run without a control.
        MissingDependencyError
            matplotlib is not installed (extra ``plot``).
        """
        from .record_figure import record_figure

        return record_figure(self)

    def __repr__(self) -> str:
        """One line for a person; ``to_json`` has everything."""
        solver = (self.pipeline.get("solver") or {}).get("name", "?")
        gap = "" if self.gap is None else f", gap {self.gap:.2%} of {self.reference.value} ({self.reference.kind})"
        bound = "" if self.bound is None else f", bound {self.bound}"
        name = " ".join(self.instance.name.split()) or self.instance.kind
        return f"<record of {name} by {solver}: {self.status.value}, objective {self.objective}{bound}{gap}>"

    def _repr_html_(self) -> str:
        """The answer, and each stage beside its control, as a table for notebooks."""
        from .record_html import record_html

        return record_html(self)


def _without_reference(view: dict[str, Any]) -> dict[str, Any]:
    """The view without what hangs on a reference that is not the run's own."""
    for key in ("reference", "gap", "abs_gap"):
        view.pop(key)
    if view["worth"] is not None:
        view["worth"].pop("targets")

    def strip(stages: dict[str, Any]) -> None:
        for stage in stages.values():
            if isinstance(stage, dict):
                stage.pop("gap", None)
                strip(stage)

    strip(view["stages"])
    return view


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


_NESTED: dict[str, type] = {
    "instance": Instance,
    "reference": Reference,
    "stages": Stages,
    "resources": Resources,
    "control": Control,
    "control_program": Control,
    "ceiling": Control,
    "control_start": Control,
    "beyond": BeyondStart,
    "chance": Probability,
    "worth": Worth,
    "price": Price,
    "sampler": Probability,
    "uniform": Probability,
    **dict.fromkeys(("start", "raw", "lowest_energy", "swapped", "repaired", "improved"), Stage),
}

#: Fields that hold several of one class.
_ROWS: dict[str, type] = {"targets": TargetWorth, "crossover": Crossover}


def _build(cls: Any, data: Mapping[str, Any]) -> Any:
    """Dataclass from JSON; keys it does not know are dropped, so that newer records stay readable."""
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        if f.name not in data:
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
                raise ValueError(f"record must have the key {f.name!r}; was the file cut?")
            continue
        value = data[f.name]
        if isinstance(value, Mapping) and f.name == "samples":
            value = Samples.from_json(value)
        elif isinstance(value, Mapping) and f.name in _NESTED:
            value = _build(_NESTED[f.name], value)
        elif value is not None and f.name in _ROWS:
            value = tuple(_build(_ROWS[f.name], item) for item in value)
        elif hints[f.name] is Status:
            value = Status(value)
        elif isinstance(value, list):
            value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
        values[f.name] = value
    return cls(**values)
