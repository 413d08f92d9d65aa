"""Multiple knapsacks of procurement (arXiv:2404.19474): QRAO on the core of an LP presolve, QAOA on the same core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ...core import relative_gap
from ..drawing import save_picture
from ..endings import judge_of
from .paired import Sentence, gap, on_common, paired, versus
from .paper import Paper, Rows, Section, Telling
from .readings import CORE, Scale, against_control, against_program, finals, points_of, references_of, worth_sentence
from .tables import NOTHING, markdown, median, number, percent
from .worth_table import worth_section

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
uniform points of the same core: what it shares with the circuits is the merit of the LP. So does the *control* of each
run, as many points as the run looked at; *program* are as many over all 120 variables. Gaps are relative to CP-SAT's
best solution of the same sweep (proven unless the table says otherwise). The paper gives no table that could be set
beside this one: the comparison is with its claim that QRAO behind a linear
relaxation solves procurement instances of over 100 variables better than QAOA."""


@dataclass(frozen=True)
class Run:
    """One run: gaps by stage against CP-SAT, None where nothing feasible was found."""

    pipeline: str
    instance: str
    group: str
    gaps: Mapping[str, float | None]
    control: Mapping[str, float | None]
    program: Mapping[str, float | None]
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
    control, whole = judge_of(stages) or {}, stages.get("control_program") or {}

    def gap_of(stage: Mapping[str, Any] | None) -> float | None:
        return None if stage is None or not stage["feasible"] else relative_gap(stage["objective"], value, sense)

    return Run(
        pipeline=row["sweep"]["family"],
        instance=row["instance"]["name"],
        group=row["sweep"]["group"],
        gaps={stage: gap_of(stages.get(stage)) for stage in STAGES},
        control={stage: gap_of(control.get(stage)) for stage in STAGES},
        program={stage: gap_of(whole.get(stage)) for stage in STAGES},
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
    names = [name for name in PIPELINES if name not in ("greedy", "cpsat")]
    worth = worth_section(rows, lambda row: str(row["sweep"]["family"]), names)
    sections = [
        Section("What one sample is worth", worth),
        Section("What was run", METHOD),
        Section("Medians over the instances", _medians(found)),
        Section("Instance by instance", _instances(found)),
    ]
    return Telling(_summary(rows if found else []), sections, {"multi_knapsack.png": partial(_draw, found)})


def _of(found: Iterable[Run], pipeline: str) -> list[Run]:
    return [run for run in found if run.pipeline == pipeline]


def _medians(found: Sequence[Run]) -> str:
    head = ["pipeline", "instances", "qubits", "feasible share", "raw found", *STAGES]
    head += ["control raw", "control repaired", "control improved", "program improved"]
    head += ["final, worst", "final within 2 %", "CPU s"]
    rows = []
    for pipeline in PIPELINES:
        group = _of(found, pipeline)
        if not group:
            continue
        row: list[Any] = [pipeline, len(group), number(median(run.qubits for run in group))]
        row += [percent(median(run.share for run in group)), sum(run.gaps["raw"] is not None for run in group)]
        row += [percent(median(run.gaps[stage] for run in group)) for stage in STAGES]
        row += [percent(median(run.control[stage] for run in group)) for stage in STAGES]
        row.append(percent(median(run.program["improved"] for run in group)))
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
        head = [
            "pipeline",
            "presolve",
            "qubits",
            *STAGES,
            "control repaired",
            "control improved",
            "program improved",
            "final",
        ]
        rows = []
        for pipeline in PIPELINES:
            for run in _of(mine, pipeline):
                stages = [percent(run.gaps[stage]) for stage in STAGES]
                control = [percent(run.control[stage]) for stage in ("repaired", "improved")]
                control.append(percent(run.program["improved"]))
                qubits = NOTHING if run.qubits is None else run.qubits
                rows.append([pipeline, run.fixed or NOTHING, qubits, *stages, *control, percent(run.final)])
        parts += [f"**{instance}** ({mine[0].group}; reference {proven})", markdown(head, rows)]
    return "\n\n".join(parts)


def _summary(rows: Rows) -> list[Sentence]:
    """Worth, each sampler against its own ground and the whole program, QRAO against QAOA, and the greedy rule."""
    scale = Scale(references_of(rows))
    lines = {name: [row for row in rows if row["sweep"]["family"] == name] for name in PIPELINES}
    samplers = {name: own for name, own in lines.items() if own and name not in ("greedy", "cpsat")}
    told = [worth_sentence("Samples", samplers, CORE, scale.references)]
    for name in ("qrao core 30", "qaoa core 30", "qrao core 18", "qaoa core 18"):
        own = samplers.get(name, [])
        each = [against_control(name, own, stage, scale) for stage in ("raw", "improved")]
        found = [pairs for pairs in each if pairs is not None]
        if found:
            told.append(Sentence("; ".join(f"{pairs.stage}: {versus(pairs, gap)}" for pairs in found) + ".", found))
    together = [pairs for name, own in samplers.items() if (pairs := against_program(name, own, "improved", scale))]
    if together:
        lower = [pairs.first.partition(",")[0] for pairs in together if pairs.medians[0] < pairs.medians[1] - 1e-9]
        text = f"LP and sampler together against the whole program, improved: lower median in {len(lower)} of "
        told.append(Sentence(f"{text}{len(together)} ({', '.join(lower) or 'none'}).", together))
    for core in (30, 18):
        told.append(_final(lines, f"qrao core {core}", f"qaoa core {core}", scale))
    told.append(_final(lines, "qrao core 30", "greedy", scale))
    kept = [sentence for sentence in told if sentence is not None]
    return kept or [Sentence("No instance was solved by CP-SAT, so there is nothing to compare with.")]


def _final(lines: Mapping[str, Rows], first: str, second: str, scale: Scale) -> Sentence | None:
    """Final gaps on the instances that both answered, with the numbers of points that each looked at."""
    own, other = on_common(finals(lines[first], scale), finals(lines[second], scale))
    if not own:
        return None
    pairs = paired((first, own), (second, other), "final")
    points = f"{points_of(lines[first])} against {points_of(lines[second])} points"
    return Sentence(f"Final answers, {points}: {versus(pairs, gap)}.", [pairs])


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
