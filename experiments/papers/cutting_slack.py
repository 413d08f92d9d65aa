"""Cutting Slack (arXiv 2507.12159): slack-free Lagrangian encodings against slack, on knapsacks, tours and sets.

The paper's tables could not be read; its abstract's claims stand in the report, and beside them what we measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .claims import claims_table
from .cutting_slack_claims import answers, saved
from .cutting_slack_runs import ENCODERS, Measured, encoder_label, measured, summed
from .cutting_slack_summary import compared, worths
from .cutting_slack_tables import (
    KINDS,
    NEAR,
    PUBLISHED,
    bound_lines,
    bound_table,
    draw_gaps,
    free_qubits,
    quality_table,
    qubit_table,
    slack_qubits,
)
from .paired import Sentence
from .paper import Paper, Rows, Section, Telling
from .tables import median, percent, published
from .worth_table import worth_section

_READING = """A *read* is one point that the oracle drew; iterating encoders get 100 a round from annealing (`sa`) and
1,000 from a circuit (`qaoa`, three layers, exact simulation), encoders that do not iterate 15 times as many at once.
*Feasible reads* is the mean share of reads that keep every row. Gaps are medians over instances and repeats, relative
to the proven optimum; a *raw gap* is the median over those runs that drew a feasible read at all. The *control* is as
many uniform points as the run drew, put through the same repair: where a repaired gap is not below it, repair did the
work; runs that ended at their own success (a feasible read without a proof) are no fair pair and not in those counts.
A *layer* has a two-qubit gate for each product of the QUBO. *No circuit* means that there are no products: the
minimum is read off the signs, and a quantum oracle has nothing to do. Local search is off."""

_TOUR_SLACK = """Edge form. Each subtour row that is found brings slack bits of its own, so that the count with slack is
that of the rows that the run met; five cities have no subtour."""

_BOUNDS = """Values with an exact oracle; in brackets the distance from the relaxation, and the oracle's calls. A run
ends before it has met the relaxation where its rounded bound proves the optimum. dual-ascent has 40 rounds here;
docs/lagrangian.md gives it the 1,000 that it needs."""


def tell(rows: Rows) -> Telling:
    """The report of these rows."""
    found = measured(rows)
    worth = worth_section(rows, _sampler_of)
    sections = [Section("What one sample is worth", worth), *_sections(found, rows)]
    return Telling(_summary(found, rows), sections, {"cutting_slack_gaps.png": partial(draw_gaps, found)})


def _sampler_of(row: Mapping[str, Any]) -> str:
    """Oracle and encoder of a sampler's row; empty for others, and for tours by positions."""
    pipeline = row["pipeline"]
    if pipeline["encoder"] is None or pipeline["formulation"] == "positions" or pipeline["solver"]["name"] == "exact":
        return ""
    return f"{pipeline['solver']['name']} on {encoder_label(pipeline['encoder'])}"


def _sections(found: Sequence[Measured], rows: Rows) -> list[Section]:
    claims = claims_table(published(PUBLISHED)["source"], answers(rows))
    sections = [Section("The paper's claims", claims), Section("How to read the tables", _READING)]
    for oracle, words in (("sa", "Annealing as the oracle"), ("qaoa", "QAOA as the oracle")):
        for kind, title in KINDS:
            sections += _quality_sections(found, oracle, kind, f"{words}: {title.lower()}")
    for kind, title in KINDS:
        if free_qubits(found, kind):
            text = f"{_TOUR_SLACK}\n\n" if kind == "tsp" else ""
            sections.append(Section(f"Qubits: {title.lower()}", text + qubit_table(found, kind)))
    for kind, title in KINDS:
        if any(line[4].kind == kind for line in bound_lines(found)):
            sections.append(Section(f"Bounds: {title.lower()}", f"{_BOUNDS}\n\n{bound_table(found, kind)}"))
    return sections


def _quality_sections(found: Sequence[Measured], oracle: str, kind: str, title: str) -> list[Section]:
    """The table of one oracle and kind; tours have one for each formulation."""
    forms = (("", " by edges"), ("positions", " by positions")) if kind == "tsp" else (("", ""),)
    tables = [(words, summed(found, oracle=oracle, kind=kind, form=form)) for form, words in forms]
    return [Section(title + words, quality_table(lines)) for words, lines in tables if lines]


def _summary(found: Sequence[Measured], rows: Rows) -> list[Sentence]:
    slack, theirs = slack_qubits(found, "mdkp"), published(PUBLISHED)["slack_variables"]["values"]
    both = [name for name in theirs if name in slack]
    equal = sum(slack[name] == theirs[name] for name in both)
    counts = f"; the slack counts equal the authors' in {equal} of {len(both)} knapsacks" if both else ""
    sized = saved(rows)[0]
    text = f"The paper's tables were not at hand. Qubits saved: {sized.text}, independent sets none{counts}."
    told = [*worths(rows), Sentence(text, sized.pairs), *compared(rows)]
    return [*told, *map(Sentence, [*_without_circuit(found), *_bounds_told(found)])]


def _without_circuit(found: Sequence[Measured]) -> list[str]:
    """Encoders whose QUBOs never had a product, on every kind and formulation in these rows."""
    runs = [run for run in found if run.oracle in ("sa", "qaoa") and run.gates is not None]
    names = [name for name in ENCODERS if {run.gates for run in runs if run.encoder == name} == {0}]
    return [f"No QUBO of {', '.join(names)} has a product: a circuit has nothing to do there."] if names else []


def _bounds_told(found: Sequence[Measured]) -> list[str]:
    parts = []
    for kind, title in KINDS:
        methods = {"mdkp": "bundle", "mis": "bundle", "tsp": "held-karp"}
        own = [line for line in bound_lines(found) if line[4].kind == kind and line[1] == methods[kind]]
        if own:
            met = sum(distance <= NEAR or run.is_optimal for *_, distance, run in own)
            calls = median(run.calls for *_, run in own)
            often = f" in {calls:.0f} calls (median)" if calls else ""
            parts.append(f"{title.lower()} {met} of {len(own)} by {methods[kind]}{often}")
    text = f"Exact oracle, dual value within {percent(NEAR, 1)} of its relaxation or the optimum proven: "
    return [text + "; ".join(parts) + "."] if parts else []


PAPER = Paper(
    name="cutting-slack",
    title="Cutting slack: slack-free encodings by Lagrangian methods",
    source=(
        "M. Sharma, H. C. Lau (2025), Cutting Slack: Quantum Optimization with Slack-Free Methods for Combinatorial "
        "Benchmarks, arXiv:2507.12159. The methods here are the standard forms of the literature (docs/lagrangian.md)."
    ),
    tell=tell,
)
