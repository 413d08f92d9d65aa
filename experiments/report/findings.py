"""What a set of runs says, in sentences: the part of the report that is read first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .paired import Comparison, Control
from .paired import Table as Costs
from .runs import KINDS, RunSet, contradictions
from .statistics import Ranking
from .tables import p_text

#: Pipelines whose controls are told in sentences, quantum ones first; the table has all.
MAX_TOLD = 6
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
    """Sentences, the most important first."""
    said = [*_failures(runs), *_controls(runs, controls), *_ranking(ranked), *_quantum(runs, comparisons)]
    return [*said, _references(runs), *_contradictions(runs)]


def _failures(runs: RunSet) -> list[str]:
    """What was refused or failed, by pipeline, with its most frequent reason."""
    said = []
    for label in runs.pipelines:
        members = runs.by_pipeline[label]
        failed = [run for run in members if run.status == "failed"]
        if not failed:
            continue
        refused = sum(run.failure == "refused" for run in failed)
        parts = [
            f"{refused} refused" if refused else "",
            f"{len(failed) - refused} failed" if refused < len(failed) else "",
        ]
        text = f"{label}: of {len(members)} runs {' and '.join(filter(None, parts))}"
        reason = Counter(run.message for run in failed).most_common(1)[0][0]
        text += f" ({reason})" if reason else ""
        if label not in runs.tested:
            text += "; it never ran and is in no test below."
        elif refused:
            text += "; the refused ones are in no test below."
        else:
            text += "; they count as worse than any answer."
        said.append(text)
    return said


def _controls(runs: RunSet, controls: Sequence[Control]) -> list[str]:
    """Whether each sampler is better than uniform points of the same ground, before and after the repair."""
    by_pipeline: dict[str, dict[str, Control]] = {}
    for found in controls:
        by_pipeline.setdefault(found.pipeline, {})[found.stage] = found
    order = sorted(by_pipeline, key=lambda label: label not in runs.quantum)
    said = []
    for label in order[:MAX_TOLD]:
        stages = by_pipeline[label]
        parts = [_told(stages[stage]) for stage in ("raw", "repaired", "improved") if stage in stages]
        said.append(f"{label} against equally many uniform points of its own ground: {'; '.join(parts)}.")
    return said


def _told(found: Control) -> str:
    words = {"better": "better", "worse": "worse", "no difference seen": "no difference seen"}[found.verdict]
    return f"{found.stage} {words} (effect {found.test.effect:+.2f}, p = {p_text(found.adjusted)})".replace("= <", "<")


def _ranking(ranked: tuple[Ranking, Costs] | None) -> list[str]:
    if ranked is None:
        return ["Ranks need three pipelines and two instances that all of them were run on."]
    ranking, table = ranked
    best = int(ranking.ranks.argmin())
    near = [i for i in range(len(table.pipelines)) if i != best and ranking.pairs[best, i] >= 0.05]
    p = f"Friedman p = {p_text(ranking.p)}".replace("= <", "<")
    text = f"Best mean rank by final gap: {table.pipelines[best]} ({ranking.ranks[best]:.2f}; {p}"
    text += f", {ranking.num_blocks} blocks)."
    if near:
        text += f" Not told apart from it: {', '.join(table.pipelines[i] for i in near)}."
    return [text]


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
    more = [f"{len(found) - 5} further instances are like this."] if len(found) > 5 else []
    return [*found[:5], *more]
