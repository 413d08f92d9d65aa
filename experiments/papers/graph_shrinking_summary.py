"""Summary of the graph-shrinking report: every comparison from paired cells, instance by instance and seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .graph_shrinking_pairs import Of, beside_whole, flips, missing, of_ways, repaired
from .graph_shrinking_runs import KINDS, Measured, reductions
from .paired import NEVER, Sentence, Show, gap, versus
from .paper import Rows
from .readings import Scale, against_control, against_program, references_of, worth_sentence
from .tables import number, percent

AWARE, UNAWARE, VERIFIED, RANDOM = "aware-sdp", "unaware-sdp", "verified-sdp", "random"
#: Solvers at 16 qubits whose samples' worth is told.
SIXTEEN = ("qaoa-16", "cvar-vqe-16")


def summary(found: Sequence[Measured], rows: Rows) -> list[Sentence]:
    """Worth at 16 qubits, the merges against each other, the shrunk problem against the whole one and its control."""
    scale = Scale(references_of(rows))
    lines = {way: [row for row in rows if row["sweep"]["family"] == way] for way in (*SIXTEEN, VERIFIED)}
    told = [worth_sentence("Shrunk samples", {k: v for k, v in lines.items() if v}, "within 1 %", scale.references)]
    told += [_shrunk(found, kind, title) for kind, title in KINDS]
    told.append(
        over_kinds("Aware against unaware merges, feasible reads", found, (AWARE, UNAWARE), missing, shown_reads)
    )
    told.append(over_kinds("Aware against unaware merges, flips a point", found, (AWARE, UNAWARE), flips, shown_flips))
    told.append(over_kinds("SDP against random merges, gap after repair", found, (UNAWARE, RANDOM), repaired, gap))
    told += [_sixteen(way, lines[way], scale) for way in SIXTEEN]
    kept = [sentence for sentence in told if sentence is not None]
    return [*kept, Sentence("The paper's own tables were not at hand: its claims are compared, not its cells.")]


def _shrunk(found: Sequence[Measured], kind: str, title: str) -> Sentence | None:
    """The smallest verified problem against the unshrunk one, on the instances that both have."""
    if not reductions(found):
        return None
    pairs = beside_whole(found, VERIFIED, repaired, "repaired", kind=kind, asked=reductions(found)[-1])
    return None if pairs is None else Sentence(f"{title}, gap after repair: {versus(pairs, gap)}.", [pairs])


def over_kinds(title: str, found: Sequence[Measured], ways: tuple[str, str], of: Of, show: Show) -> Sentence | None:
    """Two ways of merging on the same instances, reductions and seeds, kind by kind."""
    each = {name: of_ways(found, ways, of, title, kind=kind) for kind, name in KINDS}
    kept = {name: pairs for name, pairs in each.items() if pairs is not None}
    told = "; ".join(f"{name.lower()}: {versus(pairs, show)}" for name, pairs in kept.items())
    return Sentence(f"{title}: {told}.", list(kept.values())) if kept else None


def _sixteen(way: str, rows: Sequence[Mapping[str, Any]], scale: Scale) -> Sentence | None:
    """A circuit on 16 qubits against uniform points of the same 16, and both against the whole program."""
    each = [against_control(way, rows, stage, scale) for stage in ("raw", "repaired")]
    pairs = [found for found in each if found is not None]
    if not pairs:
        return None
    whole = against_program(way, rows, "repaired", scale)
    told = [f"{found.stage}: {versus(found, gap)}" for found in pairs]
    if whole is not None:
        pairs.append(whole)
        told.append(f"repaired: {versus(whole, gap)}")
    return Sentence(f"At 16 qubits, {'; '.join(told)}.", pairs)


def shown_reads(missing: float) -> str:
    """Infeasible reads told as the share of feasible ones."""
    return "none" if missing == NEVER else percent(1.0 - missing, 1)


def shown_flips(flips: float) -> str:
    """Bits changed a point."""
    return "none" if flips == NEVER else number(flips, 1)
