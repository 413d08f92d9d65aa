"""What a set of runs says, in sentences: the part of the report that is read first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from .matrix import Mark, mark_of
from .paired import Comparison, Control
from .paired import Table as Costs
from .row import KINDS, STAGES
from .runs import Run, RunSet, contradictions
from .statistics import Ranking
from .tables import p_text

#: Names in one sentence, and letters of a reason; the matrix and the tables have all.
MAX_NAMED = 3
MAX_REASON = 240
MARKS: tuple[Mark, ...] = ("better", "worse", "open", "tied")
_MEANINGS = {
    "proven": "proven in the literature",
    "proven-here": "proven by one of these runs",
    "best-known": "best known in the literature",
    "best-seen": "only the best of these runs (gaps are then lower limits)",
    "none": "unknown (no feasible answer)",
}


def findings(
    runs: RunSet,
    ranked: tuple[Ranking, Costs] | None,
    comparisons: Sequence[Comparison],
    controls: Sequence[Control],
) -> list[str]:
    """At most five sentences: what contradicts a proof or failed, what samplers earned, who is best, references."""
    said = [*_failures(runs), *_controls(controls), *_ranking(ranked), *_quantum(runs, comparisons)]
    return [*said, " ".join([_references(runs), *_contradictions(runs)])]


def _failures(runs: RunSet) -> list[str]:
    """What was refused or failed, by pipeline, each with its most frequent reason, as one sentence."""
    parts = []
    for label in runs.pipelines:
        members = runs.by_pipeline[label]
        failed = [run for run in members if run.status == "failed"]
        if failed:
            reason = Counter(run.message for run in failed).most_common(1)[0][0]
            text = f"{label}: of {len(members)} runs {_endings(failed)}"
            text += f" ({_cut(reason)})" if reason else ""
            parts.append(f"{text}; {_consequence(label in runs.tested, failed)}")
    if not parts:
        return []
    more = len(parts) - MAX_NAMED
    return [". ".join(parts[:MAX_NAMED]) + (f". {more} more, see Failures." if more > 0 else ".")]


def _endings(failed: Sequence[Run]) -> str:
    refused = sum(run.failure == "refused" for run in failed)
    counts = {"refused": refused, "failed": len(failed) - refused}
    return " and ".join(f"{number} {ending}" for ending, number in counts.items() if number)


def _consequence(is_tested: bool, failed: Sequence[Run]) -> str:
    if not is_tested:
        return "it never ran and is in no test below"
    if any(run.failure == "refused" for run in failed):
        return "the refused ones are in no test below"
    return "they count as worse than any answer"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_REASON else text[: MAX_REASON - 1].rstrip() + "…"


def _controls(controls: Sequence[Control]) -> list[str]:
    """How many samplers are better than uniform points of the same ground, stage by stage, as one sentence."""
    parts = []
    for stage in STAGES:
        there = [found for found in controls if found.stage == stage]
        if there:
            marks = {found.pipeline: mark_of(found) for found in there}
            counts = [_counted([name for name in marks if marks[name] == mark], mark) for mark in MARKS]
            parts.append(f"{stage} {', '.join(filter(None, counts))}")
    if not parts:
        return []
    number = len({found.pipeline for found in controls})
    whose = "The one sampler" if number == 1 else f"Each of {number} samplers"
    begun = list(dict.fromkeys(found.pipeline for found in controls if found.start))
    start = f" (of their own start: {', '.join(begun[:MAX_NAMED])})" if begun else ""
    return [f"{whose} against equally many uniform points of its own ground{start}: {'; '.join(parts)}."]


def _counted(labels: Sequence[str], mark: Mark) -> str:
    """``2 better (a, b)``; those without a verdict are counted alone."""
    if not labels:
        return ""
    if mark in ("open", "tied"):
        return f"{len(labels)} {'not told' if mark == 'open' else 'tied'}"
    return f"{len(labels)} {mark} ({_named(labels)})"


def _ranking(ranked: tuple[Ranking, Costs] | None) -> list[str]:
    if ranked is None:
        return ["Ranks need three pipelines and two instances that all of them were run on."]
    ranking, table = ranked
    least = ranking.ranks.min()
    best = [i for i, rank in enumerate(ranking.ranks) if math.isclose(rank, least)]
    near = [i for i in range(len(table.pipelines)) if i not in best and ranking.pairs[best, i].max() >= 0.05]
    p = f"Friedman p = {p_text(ranking.p)}".replace("= <", "<")
    each = " each" if len(best) > 1 else ""
    text = f"Best mean rank by final gap: {_named([table.pipelines[i] for i in best])} ({least:.2f}{each}; {p}"
    every = ranking.num_blocks + table.num_dropped
    text += f", {ranking.num_blocks} blocks{f' of {every}, those that all have' if table.num_dropped else ''})."
    if near:
        text += f" Not told apart from {'them' if each else 'it'}: {_named([table.pipelines[i] for i in near])}."
    return [text]


def _named(labels: Sequence[str]) -> str:
    """The first few by name, the others counted."""
    more = f" and {len(labels) - MAX_NAMED} more" if len(labels) > MAX_NAMED else ""
    return f"{', '.join(labels[:MAX_NAMED])}{more}"


def _quantum(runs: RunSet, comparisons: Sequence[Comparison]) -> list[str]:
    """Quantum pipelines against each classical one, counted."""
    wins: Counter[str] = Counter()
    pairs = 0
    for found in comparisons:
        if (found.first in runs.quantum) == (found.second in runs.quantum):
            continue
        pairs += 1
        if found.adjusted < 0.05:
            is_first = found.test.effect < 0
            wins["quantum" if (found.first if is_first else found.second) in runs.quantum else "classical"] += 1
    if not pairs:
        return []
    rest = pairs - wins.total()
    return [
        f"Of {pairs} pairs of a quantum and a classical pipeline, the final gap of the quantum one is lower in "
        f"{wins['quantum']}, of the classical one in {wins['classical']}; {rest} show no difference (Wilcoxon, Holm)."
    ]


def _references(runs: RunSet) -> str:
    kinds = Counter(yardstick.kind for yardstick in runs.references.values())
    parts = [f"{kinds[kind]} {_MEANINGS[kind]}" for kind in KINDS if kinds[kind]]
    return f"References of the {len(runs.references)} instances: {', '.join(parts)}."


def _contradictions(runs: RunSet) -> list[str]:
    found = contradictions(runs)
    more = [f"{len(found) - MAX_NAMED} further instances are like this."] if len(found) > MAX_NAMED else []
    return [*found[:MAX_NAMED], *more]
