"""Adaptive graph shrinking (arXiv 2506.14250): aware, unaware and random merges on sets, knapsacks and assignments.

The paper's tables could not be read; its claims stand in the report, and beside them what we measure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from .graph_shrinking_runs import KINDS, WAYS, Measured, Summed, compared, measured, reductions, summed, whole_seeds
from .graph_shrinking_summary import summary
from .graph_shrinking_tables import (
    SHOWN_WAY,
    ablation_table,
    control_table,
    draw_trends,
    instance_table,
    sixteen_table,
)
from .paper import Paper, Rows, Section, Telling
from .tables import markdown, number, percent, published
from .worth_table import worth_section

#: Repeats of the sweep as shipped.
_REPEATS = 5
_AWARE, _UNAWARE, _VERIFIED, _RANDOM = "aware-sdp", "unaware-sdp", "verified-sdp", "random"

_READING = """The QUBO is that of bounded slack and valid penalties, as in the authors' code. *unaware* merges whatever
the correlations say, *aware* is admissibility `strict`, *verified* is `verified`: what a merge forces is fixed, and a
feasible point must be left. Correlations of the SDP are computed anew after each merge, those of the LP after twenty
(six rounds of separation), those of sampling after five. The QUBO that is left is annealed: 100 reads of 1,000 sweeps.
*Feasible reads* are those before any repair (mean over runs), *flips a point* the bits that repair changed in each of
the ten best reads (mean). Gaps are medians over the runs that have one, relative to the proven or best known value:
the raw gap is that of the best feasible read, *repaired* that after repair, *improved* that after local search. Runs
*short of target* ended because the rows allowed no further merge."""

_INSTANCES = f"""Merges `{SHOWN_WAY}`; in each cell qubits left / feasible reads before repair / flips a point / gap
after repair / CPU seconds."""

_SIXTEEN = """Shrunk to 16 qubits (`verified`), then sampled from the exact state vector: QAOA of three layers, CVaR-VQE
of two repetitions, and enumeration of all 65,536 points. Enumeration shows what the shrunk problem still holds."""


def tell(rows: Rows) -> Telling:
    """The report of these rows."""
    every = measured(rows)
    found = whole_seeds(every)
    reading = f"{_READING} {_seeds(found, len(every) - len(found))}"
    worth = worth_section(
        rows, lambda row: "" if row["pipeline"]["encoder"] is None else str(row["sweep"]["family"]), WAYS
    )
    sections = [Section("What one sample is worth", worth), Section("The paper's claims", _claims(found))]
    sections.append(Section("How to read the tables", reading))
    for kind, title in KINDS:
        sections.append(Section(f"Ablation: {title.lower()}", ablation_table(found, kind)))
    sections.append(Section("Pair by pair", _pairs(found)))
    sections.append(Section("What the control reaches", _control(found)))
    for kind, title in KINDS:
        sections.append(Section(f"By instance: {title.lower()}", f"{_INSTANCES}\n\n{instance_table(found, kind)}"))
    if any(run.way.endswith("-16") for run in found):
        for kind, title in KINDS:
            sections.append(Section(f"At 16 qubits: {title.lower()}", f"{_SIXTEEN}\n\n{sixteen_table(found, kind)}"))
    return Telling(summary(found, rows), sections, {"graph_shrinking_trends.png": partial(draw_trends, found)})


def _seeds(found: Sequence[Measured], num_left_out: int) -> str:
    """How many seeds stand behind the figures, by kind; a stopped sweep has fewer than its spec asks for."""
    counts = {title.lower(): len({run.repeat for run in found if run.kind == kind}) for kind, title in KINDS}
    said = ", ".join(f"{title} {count}" for title, count in counts.items())
    out = f" {num_left_out} runs of a seed that is not complete are left out." if num_left_out else ""
    more = " The spec asks for five; a rerun does what is missing." if min(counts.values()) < _REPEATS else ""
    return f"Seeds: {said}.{out}{more}"


def _claims(found: Sequence[Measured]) -> str:
    """Claim by claim: what the paper says, and what these runs show for each kind."""
    told = published("graph_shrinking")
    texts = {
        "qubits": [_loss(found, kind) for kind, _ in KINDS],
        "feasibility": [_against(found, kind, _AWARE, _UNAWARE, _share, is_share=True) for kind, _ in KINDS],
        "repair": [_against(found, kind, _AWARE, _UNAWARE, _flips) for kind, _ in KINDS],
        "quality": [_quality(found, kind) for kind, _ in KINDS],
    }
    rows = [[claim, *texts[key]] for key, claim in told["claims"].items()]
    return f"{told['source']}\n\n" + markdown(["claim", *(title for _, title in KINDS)], rows)


def _share(run: Measured) -> float | None:
    return run.share


def _flips(run: Measured) -> float | None:
    return run.flips


def _repaired(run: Measured) -> float | None:
    return run.repaired


def _pooled(found: Sequence[Measured], kind: str, way: str) -> Summed:
    """All reductions of a way together."""
    runs = [run for run in found if run.kind == kind and run.way == way and not run.has_failed]
    return Summed(way, None, runs, 0)


def _loss(found: Sequence[Measured], kind: str) -> str:
    """Median gap after repair at each reduction, verified merges, beside the unshrunk one."""
    whole = summed(found, kind, "none", None).median(_repaired)
    gaps = [summed(found, kind, _VERIFIED, share).median(_repaired) for share in reductions(found)]
    removed = ", ".join(percent(1 - share, 0) for share in reductions(found))
    return f"gap after repair {percent(whole)} unshrunk; {', '.join(map(percent, gaps))} with {removed} removed"


def _against(
    found: Sequence[Measured],
    kind: str,
    first: str,
    second: str,
    of: Callable[[Measured], float | None],
    *,
    is_share: bool = False,
) -> str:
    a, b = (_pooled(found, kind, way).mean(of) for way in (first, second))
    below, equal, above = compared(found, (first, second), of, kind=kind)
    shown = (percent(a, 1), percent(b, 1)) if is_share else (number(a, 1), number(b, 1))
    better, worse = (above, below) if is_share else (below, above)
    return f"{shown[0]} aware, {shown[1]} unaware; better / equal / worse {better} / {equal} / {worse}"


def _quality(found: Sequence[Measured], kind: str) -> str:
    a, b = (_pooled(found, kind, way).median(_repaired) for way in (_UNAWARE, _RANDOM))
    below, equal, above = compared(found, (_UNAWARE, _RANDOM), _repaired, kind=kind)
    return f"{percent(a)} SDP, {percent(b)} random; better / equal / worse {below} / {equal} / {above}"


def _pairs(found: Sequence[Measured]) -> str:
    """Two ways on the same instance, reduction and seed: better / equal / worse."""
    rows = []
    for share in reductions(found):
        for kind, title in KINDS:
            at = {"kind": kind, "asked": share}
            below, equal, above = compared(found, (_AWARE, _UNAWARE), _share, **at)  # type: ignore[arg-type]
            cells = [f"{above} / {equal} / {below}"]
            for ways, of in (
                ((_AWARE, _UNAWARE), _flips),
                ((_AWARE, _UNAWARE), _repaired),
                ((_UNAWARE, _RANDOM), _repaired),
                ((_VERIFIED, _AWARE), _repaired),
            ):
                cells.append(" / ".join(str(n) for n in compared(found, ways, of, **at)))  # type: ignore[arg-type]
            rows.append([percent(1 - share, 0), title, *cells])
    head = ["removed", "", "aware against unaware: feasible reads", "flips", "repaired gap"]
    head += ["unaware SDP against random: repaired gap", "verified against aware: repaired gap"]
    return "Better / equal / worse, on the same instance, reduction and seed.\n\n" + markdown(head, rows)


def _control(found: Sequence[Measured]) -> str:
    text = """Medians for the unshrunk QUBO, and for as many uniform points as it has reads, with the same repair and
local search. Where a shrunk problem's repaired gap is not below the control's, repair did the work."""
    return f"{text}\n\n{control_table(found)}"


PAPER = Paper(
    name="graph-shrinking",
    title="Adaptive graph shrinking: the claims, recomputed",
    source=(
        "M. Sharma, H. C. Lau (2025), Adaptive Graph Shrinking for Quantum Optimization of Constrained Combinatorial "
        "Problems, arXiv:2506.14250."
    ),
    tell=tell,
)
