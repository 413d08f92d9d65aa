"""Adaptive graph shrinking (arXiv 2506.14250): aware, unaware and random merges on sets, knapsacks and assignments.

The paper's tables could not be read; its claims stand in the report, and beside them what we measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from .claims import claims_table
from .graph_shrinking_claims import answers
from .graph_shrinking_pairs import flips, missing, of_ways, repaired
from .graph_shrinking_runs import KINDS, WAYS, Measured, measured, reductions, whole_seeds
from .graph_shrinking_summary import AWARE, RANDOM, UNAWARE, VERIFIED, summary
from .graph_shrinking_tables import (
    SHOWN_WAY,
    ablation_table,
    control_table,
    draw_trends,
    instance_table,
    sixteen_table,
)
from .paper import Paper, Rows, Section, Telling
from .tables import markdown, percent, published
from .worth_table import worth_section

#: Repeats of the sweep as shipped.
_REPEATS = 5

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
    claims = claims_table(published("graph_shrinking")["source"], answers(found))
    sections = [Section("What one sample is worth", worth), Section("The paper's claims", claims)]
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


def _pairs(found: Sequence[Measured]) -> str:
    """Two ways on the same instance, reduction and seed: better / equal / worse."""
    asked = (
        ("aware against unaware: feasible reads", (AWARE, UNAWARE), missing),
        ("flips", (AWARE, UNAWARE), flips),
        ("repaired gap", (AWARE, UNAWARE), repaired),
        ("unaware SDP against random: repaired gap", (UNAWARE, RANDOM), repaired),
        ("verified against aware: repaired gap", (VERIFIED, AWARE), repaired),
    )
    rows = []
    for share in reductions(found):
        for kind, title in KINDS:
            each = [of_ways(found, ways, of, name, kind=kind, asked=share) for name, ways, of in asked]
            cells = ["-" if pairs is None else " / ".join(map(str, pairs.counts)) for pairs in each]
            rows.append([percent(1 - share, 0), title, *cells])
    table = markdown(["removed", "", *(name for name, *_ in asked)], rows)
    return f"Better / equal / worse, on the same instance, reduction and seed, with as many reads.\n\n{table}"


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
