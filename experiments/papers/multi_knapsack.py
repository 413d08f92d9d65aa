"""Multiple knapsacks of procurement (arXiv:2404.19474): QRAO on the core of an LP presolve, QAOA on the same core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ...core import relative_gap
from ..drawing import save_picture
from .paper import Paper, Rows, Section, Telling
from .tables import NOTHING, markdown, median, number, percent

#: Pipelines in the order of the tables.
PIPELINES = (
    "qrao core 30",
    "qaoa core 30",
    "pce core 30",
    "sa core 30",
    "random core 30",
    "qrao core 18",
    "qaoa core 18",
    "random core 18",
    "sa",
    "greedy",
    "cpsat",
)
STAGES = ("raw", "repaired", "improved")

#: Gap that counts as near the optimum.
NEAR = 0.02

METHOD = """An instance has 40 lots (prices 10 to 100, profit 1 to 1.5 times the price, another at each supplier), three
suppliers' budgets, and at most one supplier a lot: 120 variables. The LP relaxation is solved, variables that it has
at 0 or 1 are fixed, but for as many as fill the core (least reduced cost first); the residual program is encoded
without slack (unbalanced) and sampled; samples are expanded, checked, repaired and improved on the whole instance.
With joint risk the linearised LP leaves most variables fractional, so that the core is larger than asked for.

QRAO: three variables a qubit, relaxation trained by 200 evaluations (core 30, matrix product state) or solved exactly
(core 18), 10,000 magic shots. QAOA on 30 bits is a truncated simulation (one layer, bonds of 16, 12 evaluations of
1,000 shots), an approximation of the circuit; on 18 bits it is exact (three layers, L-BFGS). *random core* draws 10,000
uniform points of the same core: what it shares with the circuits is the merit of the LP. The control draws over all
120 variables. Gaps are relative to CP-SAT's best solution of the same sweep (proven unless the table says otherwise).
The paper gives no table that could be set beside this one: the comparison is with its claim that QRAO behind a linear
relaxation solves procurement instances of over 100 variables better than QAOA."""


@dataclass(frozen=True)
class Run:
    """One run: gaps by stage against CP-SAT, None where nothing feasible was found."""

    pipeline: str
    instance: str
    group: str
    gaps: Mapping[str, float | None]
    control: Mapping[str, float | None]
    final: float | None
    share: float | None
    qubits: int | None
    fixed: str
    seconds: float | None
    is_proven: bool


def runs(rows: Rows) -> list[Run]:
    """Every run that gave an answer, on instances that CP-SAT solved."""
    best = {
        row["instance"]["fingerprint"]: row
        for row in rows
        if row["sweep"]["family"] == "cpsat" and row["objective"] is not None
    }
    able = [row for row in rows if row["status"] != "failed" and row["instance"]["fingerprint"] in best]
    return [_run(row, best[row["instance"]["fingerprint"]]) for row in able]


def _run(row: Mapping[str, Any], reference: Mapping[str, Any]) -> Run:
    stages, value, sense = row["stages"], reference["objective"], row["instance"]["sense"]
    control = stages.get("control") or {}

    def gap(stage: Mapping[str, Any] | None) -> float | None:
        return None if stage is None or not stage["feasible"] else relative_gap(stage["objective"], value, sense)

    return Run(
        pipeline=row["sweep"]["family"],
        instance=row["instance"]["name"],
        group=row["sweep"]["group"],
        gaps={stage: gap(stages.get(stage)) for stage in STAGES},
        control={stage: gap(control.get(stage)) for stage in STAGES},
        final=None if row["objective"] is None else relative_gap(row["objective"], value, sense),
        share=None if stages["raw"] is None else stages["raw"]["feasible_share"],
        qubits=row["resources"]["qubits"],
        fixed=row["message"].split(";")[0] if "fixed" in row["message"] else "",
        seconds=row["resources"]["cpu_seconds"],
        is_proven=reference["status"] == "optimal",
    )


def tell(rows: Rows) -> Telling:
    """The report's body."""
    found = runs(rows)
    sections = [
        Section("What was run", METHOD),
        Section("Medians over the instances", _medians(found)),
        Section("Instance by instance", _instances(found)),
    ]
    return Telling(_summary(found), sections, {"multi_knapsack.png": partial(_draw, found)})


def _of(found: Iterable[Run], pipeline: str) -> list[Run]:
    return [run for run in found if run.pipeline == pipeline]


def _medians(found: Sequence[Run]) -> str:
    head = ["pipeline", "instances", "qubits", "feasible share", "raw found", *STAGES]
    head += ["control repaired", "control improved", "final, worst", "final within 2 %", "CPU s"]
    rows = []
    for pipeline in PIPELINES:
        group = _of(found, pipeline)
        if not group:
            continue
        row: list[Any] = [pipeline, len(group), number(median(run.qubits for run in group))]
        row += [percent(median(run.share for run in group)), sum(run.gaps["raw"] is not None for run in group)]
        row += [percent(median(run.gaps[stage] for run in group)) for stage in STAGES]
        row += [percent(median(run.control[stage] for run in group)) for stage in ("repaired", "improved")]
        final = [run.final for run in group if run.final is not None]
        row += [percent(max(final, default=None)), f"{_near(group)} of {len(group)}"]
        rows.append([*row, number(median(run.seconds for run in group), 1)])
    note = "Medians are over the runs in which the stage has a feasible point; *raw found* counts those of the raw one."
    return f"{note}\n\n{markdown(head, rows)}"


def _near(group: Iterable[Run]) -> int:
    return sum(run.final is not None and run.final <= NEAR for run in group)


def _instances(found: Sequence[Run]) -> str:
    parts = []
    for instance in dict.fromkeys(run.instance for run in found):
        mine = [run for run in found if run.instance == instance]
        proven = "proven" if mine[0].is_proven else "not proven: the best that CP-SAT found in its time"
        head = ["pipeline", "presolve", "qubits", *STAGES, "control repaired", "control improved", "final"]
        rows = []
        for pipeline in PIPELINES:
            for run in _of(mine, pipeline):
                stages = [percent(run.gaps[stage]) for stage in STAGES]
                control = [percent(run.control[stage]) for stage in ("repaired", "improved")]
                qubits = NOTHING if run.qubits is None else run.qubits
                rows.append([pipeline, run.fixed or NOTHING, qubits, *stages, *control, percent(run.final)])
        parts += [f"**{instance}** ({mine[0].group}; reference {proven})", markdown(head, rows)]
    return "\n\n".join(parts)


def _summary(found: Sequence[Run]) -> list[str]:
    summary = []
    for pipeline in ("qrao core 30", "qaoa core 30", "qrao core 18", "qaoa core 18"):
        group = _of(found, pipeline)
        if group:
            stages = ", ".join(f"{stage} {percent(median(run.gaps[stage] for run in group))}" for stage in STAGES)
            summary.append(f"{pipeline}: median gap {stages}; {_near(group)} of {len(group)} end within 2 % of CP-SAT.")
    for core in (30, 18):
        pairs = _pairs(found, f"qrao core {core}", f"qaoa core {core}")
        if pairs:
            summary.append(f"QRAO against QAOA on the same core of {core}, final: {_wins(pairs)}.")
    for method in ("qrao", "qaoa"):
        pairs = _pairs(found, f"{method} core 30", "random core 30")
        if pairs:
            summary.append(f"{method} against 10,000 random points of the same core of 30, final: {_wins(pairs)}.")
    own = [(run.final, run.control["improved"]) for run in _of(found, "qrao core 30")]
    both = [(a, b) for a, b in own if a is not None and b is not None]
    if both:
        summary.append(f"qrao core 30 against random points of the whole program, final: {_wins(both)}.")
    group = _of(found, "greedy")
    if group:
        summary.append(f"The greedy rule alone: median gap {percent(median(run.final for run in group))}.")
    return summary or ["No instance was solved by CP-SAT, so there is nothing to compare with."]


def _pairs(found: Sequence[Run], first: str, second: str) -> list[tuple[float, float]]:
    """Final gaps of two pipelines on the instances that both answered."""
    others = {run.instance: run.final for run in _of(found, second)}
    pairs = [(run.final, others.get(run.instance)) for run in _of(found, first)]
    return [(a, b) for a, b in pairs if a is not None and b is not None]


def _wins(pairs: Sequence[tuple[float, float]]) -> str:
    better = sum(a < b - 1e-12 for a, b in pairs)
    worse = sum(a > b + 1e-12 for a, b in pairs)
    return f"better on {better}, equal on {len(pairs) - better - worse}, worse on {worse} of {len(pairs)} instances"


def _draw(found: Sequence[Run], path: Path) -> None:
    """Gaps of every instance by pipeline and stage."""
    import matplotlib.figure

    names = [name for name in PIPELINES if _of(found, name)]
    figure = matplotlib.figure.Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for offset, (stage, marker) in zip((-0.2, 0.0, 0.2), zip(STAGES, "o^s")):
        points = [(x, run.gaps[stage]) for x, name in enumerate(names) for run in _of(found, name)]
        kept = [(x + offset, 100 * gap) for x, gap in points if gap is not None]
        axes.plot([x for x, _ in kept], [y for _, y in kept], marker, markersize=4, alpha=0.7, label=stage)
    axes.axhline(100 * NEAR, color="grey", linewidth=0.8)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_ylabel("gap to CP-SAT, %")
    axes.legend()
    save_picture(figure, path, dpi=90)


PAPER = Paper(
    name="multi-knapsack",
    title="Multiple knapsacks by quantum relaxation behind a linear presolve",
    source=(
        "Quantum Relaxation for Solving Multiple Knapsack Problems, arXiv:2404.19474 (2024). Fixing by the LP is the "
        "standard form, not that paper's text."
    ),
    tell=tell,
)
