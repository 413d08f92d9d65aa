"""Claims of the graph-shrinking paper, each answered from paired cells, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .claims import Answer
from .graph_shrinking_pairs import beside_whole, flips, missing, repaired
from .graph_shrinking_runs import KINDS, Measured, reductions
from .graph_shrinking_summary import AWARE, RANDOM, UNAWARE, VERIFIED, over_kinds, shown_flips, shown_reads
from .paired import Pairs, Sentence, gap, versus
from .tables import published

_NOTHING = Sentence("no runs")


def answers(found: Sequence[Measured]) -> list[Answer]:
    """One answer a claim."""
    made: dict[str, Callable[[Sequence[Measured]], Sentence]] = {
        "qubits": loss,
        "feasibility": lambda runs: (
            over_kinds("Feasible reads", runs, (AWARE, UNAWARE), missing, shown_reads) or _NOTHING
        ),
        "repair": lambda runs: over_kinds("Flips a point", runs, (AWARE, UNAWARE), flips, shown_flips) or _NOTHING,
        "quality": lambda runs: over_kinds("Gap after repair", runs, (UNAWARE, RANDOM), repaired, gap) or _NOTHING,
    }
    return [Answer(claim, made[key](found)) for key, claim in published("graph_shrinking")["claims"].items()]


def loss(found: Sequence[Measured]) -> Sentence:
    """Gap after repair at each reduction, verified merges, beside the unshrunk problem on the same cells."""
    told: list[str] = []
    kept: list[Pairs] = []
    for kind, title in KINDS:
        for share in reductions(found):
            pairs = beside_whole(found, VERIFIED, repaired, "repaired", kind=kind, asked=share)
            if pairs is not None:
                kept.append(pairs)
                told.append(f"{title.lower()}: {versus(pairs, gap)}")
    return Sentence(f"Gap after repair, {'; '.join(told)}.", kept) if kept else _NOTHING
