"""Summary of the graph-shrinking report: every comparison from paired cells, instance by instance and seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .graph_shrinking_runs import KINDS, Measured, reductions
from .paired import NEVER, Key, Pairs, Reading, Sentence, Show, gap, on_common, paired, versus
from .paper import Rows
from .readings import Scale, against_control, against_program, references_of, worth_sentence
from .tables import number, percent

Of = Callable[[Measured], float | None]
AWARE, UNAWARE, VERIFIED, RANDOM = "aware-sdp", "unaware-sdp", "verified-sdp", "random"
#: Solvers at 16 qubits whose samples' worth is told.
SIXTEEN = ("qaoa-16", "cvar-vqe-16")


def summary(found: Sequence[Measured], rows: Rows) -> list[Sentence]:
    """Worth at 16 qubits, the merges against each other, the shrunk problem against the whole one and its control."""
    scale = Scale(references_of(rows))
    lines = {way: [row for row in rows if row["sweep"]["family"] == way] for way in (*SIXTEEN, VERIFIED)}
    told = [worth_sentence("Shrunk samples", {k: v for k, v in lines.items() if v}, "within 1 %", scale.references)]
    told += [_shrunk(found, kind, title) for kind, title in KINDS]
    told.append(_over_kinds("Aware against unaware merges, feasible reads", found, (AWARE, UNAWARE), _missing, _read))
    told.append(_over_kinds("Aware against unaware merges, flips a point", found, (AWARE, UNAWARE), _flips, _flipped))
    told.append(_over_kinds("SDP against random merges, gap after repair", found, (UNAWARE, RANDOM), _repaired, gap))
    told += [_sixteen(way, lines[way], scale) for way in SIXTEEN]
    kept = [sentence for sentence in told if sentence is not None]
    return [*kept, Sentence("The paper's own tables were not at hand: its claims are compared, not its cells.")]


def _readings(found: Sequence[Measured], kind: str, way: str, of: Of, asked: float | None = None) -> dict[Key, Reading]:
    """Figures of a way of merging by instance with its reduction, and repeat; one that there is not is beyond all."""
    out: dict[Key, Reading] = {}
    for run in found:
        if run.kind == kind and run.way == way and not run.has_failed and asked in (None, run.asked):
            value = of(run)
            name = run.instance if asked is not None or run.asked is None else f"{run.instance} at {run.asked:g}"
            out[name, run.repeat] = Reading(NEVER if value is None else value)
    return out


def _shrunk(found: Sequence[Measured], kind: str, title: str) -> Sentence | None:
    """The smallest verified problem against the unshrunk one, on the instances that both have."""
    if not reductions(found):
        return None
    most = reductions(found)[-1]
    own, other = on_common(_readings(found, kind, VERIFIED, _repaired, most), _readings(found, kind, "none", _repaired))
    if not own:
        return None
    pairs = paired((f"{percent(1 - most, 0)} of the qubits removed", own), ("the unshrunk QUBO", other), "repaired")
    return Sentence(f"{title}, gap after repair: {versus(pairs, gap)}.", [pairs])


def _over_kinds(title: str, found: Sequence[Measured], ways: tuple[str, str], of: Of, show: Show) -> Sentence | None:
    """Two ways of merging on the same instances, reductions and seeds, kind by kind."""
    told: list[str] = []
    kept: list[Pairs] = []
    for kind, name in KINDS:
        own, other = on_common(*(_readings(found, kind, way, of) for way in ways))
        if own:
            kept.append(paired((ways[0], own), (ways[1], other), title))
            told.append(f"{name.lower()}: {versus(kept[-1], show)}")
    return Sentence(f"{title}: {'; '.join(told)}.", kept) if kept else None


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


def _repaired(run: Measured) -> float | None:
    return run.repaired


def _flips(run: Measured) -> float | None:
    return run.flips


def _missing(run: Measured) -> float | None:
    """Share of infeasible reads: lower is better, as everywhere."""
    return None if run.share is None else 1.0 - run.share


def _read(missing: float) -> str:
    return "none" if missing == NEVER else percent(1.0 - missing, 1)


def _flipped(flips: float) -> str:
    return "none" if flips == NEVER else number(flips, 1)
