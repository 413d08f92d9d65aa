"""Runs of the cutting-slack sweep as measurements: encoder and oracle by name, sizes, and the gaps of the stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import relative_gap
from ..endings import is_no_fair_pair, judge_of
from .paper import Rows
from .tables import median

#: Encoders in the order of the tables.
ENCODERS = (
    "slack",
    "unbalanced",
    "dual-ascent",
    "cutting-plane",
    "bundle",
    "dual-ascent, products",
    "cutting-plane, products",
    "bundle, products",
    "bundle, squares",
    "augmented-lagrangian AS",
    "augmented-lagrangian Q",
    "relax-and-cut",
    "relax-and-cut, squares",
)
#: The two that do not iterate, and are no Lagrangian method.
BASELINES = ("slack", "unbalanced")


@dataclass(frozen=True)
class Measured:
    """One run; gaps are relative to the instance's optimum, None where no feasible point was found.

    ``gates`` are the products of the largest round's QUBO: two-qubit gates in each layer of a circuit. ``reads`` are
    all points that were drawn, ``calls`` the oracle's calls. ``is_fair``: the control may be compared with it, since
    the run did not end at its own success.
    """

    oracle: str
    kind: str
    form: str
    encoder: str
    instance: str
    fingerprint: str
    has_failed: bool
    message: str
    is_optimal: bool
    qubits: int | None = None
    gates: int | None = None
    has_circuit: bool = False
    share: float | None = None
    raw: float | None = None
    repaired: float | None = None
    control: float | None = None
    control_raw: float | None = None
    calls: int | None = None
    reads: int | None = None
    seconds: float | None = None
    bound: float | None = None
    repeat: int = 0
    is_fair: bool = True


def measured(rows: Rows) -> list[Measured]:
    """Every row as a measurement."""
    optima = _optima(rows)
    return [_measured(row, optima) for row in rows]


def _optima(rows: Rows) -> dict[str, float]:
    """Proven optimum of each instance, by fingerprint: the reference's, or that of a run of the same sweep."""
    found = {}
    for row in rows:
        data, reference = row["instance"]["fingerprint"], row["reference"]
        if reference["kind"] in ("proven", "best-known") and reference["value"] is not None:
            found[data] = float(reference["value"])
        elif row["status"] == "optimal" and row["objective"] is not None:
            found.setdefault(data, float(row["objective"]))
    return found


def _measured(row: Mapping[str, Any], optima: Mapping[str, float]) -> Measured:
    instance, pipeline, used, stages = row["instance"], row["pipeline"], row["resources"], row["stages"]
    best = optima.get(instance["fingerprint"])

    def gap(stage: Mapping[str, Any] | None) -> float | None:
        if not stage or not stage["feasible"]:
            return None
        return relative_gap(stage["objective"], best, instance["sense"])

    raw, control = stages["raw"] or {}, judge_of(stages) or {}
    oracle = str(pipeline["solver"]["name"])
    rounds, extra = row["rounds"], used["extra"]
    bound = extra.get("one_tree_bound") if oracle == "held-karp" else rounds[-1].get("best_bound") if rounds else None
    return Measured(
        oracle=oracle,
        kind=str(instance["kind"]),
        form=str(pipeline["formulation"] or ""),
        encoder=encoder_label(pipeline["encoder"]),
        instance=str(instance["name"]),
        fingerprint=str(instance["fingerprint"]),
        has_failed=row["status"] == "failed",
        message=str(row["message"]),
        is_optimal=row["status"] == "optimal",
        qubits=used["qubits"],
        gates=extra.get("interactions"),
        has_circuit=used["two_qubit_gates"] is not None,
        share=raw.get("feasible_share"),
        raw=gap(raw),
        repaired=gap(stages["repaired"]),
        control=gap(control.get("repaired")),
        control_raw=gap(control.get("raw")),
        calls=used["rounds"],
        reads=raw.get("num_points"),
        seconds=used["cpu_seconds"],
        bound=bound,
        repeat=int(row["sweep"].get("repeat", 0)),
        is_fair=not is_no_fair_pair(row),
    )


def encoder_label(spec: Any) -> str:
    """The name of an encoder's spec with what tells it from its kin; empty for native solvers.

    Examples
    --------
    >>> encoder_label({"name": "relax-and-cut", "inner": {"name": "bundle", "equalities": "squares"}})
    'relax-and-cut, squares'
    """
    if spec is None:
        return ""
    if isinstance(spec, str):
        return spec
    name = str(spec["name"])
    if name == "augmented-lagrangian":
        return f"{name} {spec.get('variant', 'AS')}"
    inner = spec.get("inner") if name == "relax-and-cut" else spec
    inner = inner if isinstance(inner, Mapping) else {}
    extra = [value for key, value in (("packing", "products"), ("equalities", "squares")) if inner.get(key) == value]
    return ", ".join([name, *extra])


@dataclass(frozen=True)
class Summed:
    """The runs of one encoder over instances and repeats; gaps are medians over the runs that have one."""

    encoder: str
    runs: Sequence[Measured]
    refused: int

    @property
    def share(self) -> float | None:
        shares = [run.share for run in self.runs if run.share is not None]
        return sum(shares) / len(shares) if shares else None

    @property
    def raw(self) -> float | None:
        return median(run.raw for run in self.runs)

    @property
    def repaired(self) -> float | None:
        return median(run.repaired for run in self.runs)

    @property
    def control(self) -> float | None:
        return median(run.control for run in self.runs)

    @property
    def control_raw(self) -> float | None:
        return median(run.control_raw for run in self.runs)

    @property
    def num_raw(self) -> int:
        """Runs with a feasible read."""
        return sum(run.raw is not None for run in self.runs)

    @property
    def against_control(self) -> tuple[int, int, int]:
        """Runs whose repaired point is better than, equal to, worse than that of the control."""
        pairs = [(run.repaired, run.control) for run in self.runs if run.is_fair]
        both = [(a, b) for a, b in pairs if a is not None and b is not None]
        better = sum(a < b - 1e-12 for a, b in both)
        worse = sum(a > b + 1e-12 for a, b in both)
        return better, len(both) - better - worse, worse


def summed(found: Iterable[Measured], *, oracle: str, kind: str, form: str = "") -> list[Summed]:
    """One line an encoder, in the tables' order; ``form`` empty takes every formulation but positions."""
    mine = [
        run
        for run in found
        if run.oracle == oracle and run.kind == kind and (run.form == form if form else run.form != "positions")
    ]
    return list(_summed(mine))


def _summed(runs: Sequence[Measured]) -> Iterator[Summed]:
    for encoder in ENCODERS:
        own = [run for run in runs if run.encoder == encoder]
        if own:
            yield Summed(encoder, [run for run in own if not run.has_failed], sum(run.has_failed for run in own))
