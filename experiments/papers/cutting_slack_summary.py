"""Summary of the cutting-slack report: every comparison from paired cells on one set of instances and repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .cutting_slack_runs import BASELINES, ENCODERS, encoder_label
from .cutting_slack_tables import KINDS
from .paired import Key, Pairs, Reading, Sentence, gap, middle, on_common, paired, versus
from .paper import Rows
from .readings import Scale, against_control, points_of, readings, references_of, worth_sentence

Lines = Mapping[str, Sequence[Mapping[str, Any]]]


def compared(rows: Rows) -> list[Sentence]:
    """For each oracle and kind: the best slack-free form against its control and against slack."""
    scale = Scale(references_of(rows))
    found = []
    for oracle in ("sa", "qaoa"):
        for kind, title in KINDS:
            sentence = _best(f"{title}, {oracle}", lines_of(rows, oracle, kind), scale)
            if sentence is not None:
                found.append(sentence)
    return found


def worths(rows: Rows) -> list[Sentence]:
    """Worth of the samples of the encodings that do not iterate, for both oracles on knapsacks."""
    references = references_of(rows)
    lines = {}
    for oracle in ("sa", "qaoa"):
        for name, own in lines_of(rows, oracle, "mdkp").items():
            if name in BASELINES:
                lines[f"{oracle} on {name}"] = own
    found = worth_sentence("Knapsacks", lines, "within 1 %", references)
    return [] if found is None else [found]


def lines_of(rows: Rows, oracle: str, kind: str) -> dict[str, list[Mapping[str, Any]]]:
    """Rows that gave an answer by encoder, of a kind's formulation without positions."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for name in ENCODERS:
        own = [row for row in rows if _is_of(row, oracle, kind) and encoder_label(row["pipeline"]["encoder"]) == name]
        if own:
            found[name] = own
    return found


def _is_of(row: Mapping[str, Any], oracle: str, kind: str) -> bool:
    pipeline = row["pipeline"]
    is_kind = row["instance"]["kind"] == kind and pipeline["formulation"] != "positions"
    return bool(is_kind and pipeline["solver"]["name"] == oracle and row["status"] != "failed")


def best_form(lines: Lines, scale: Scale) -> str | None:
    """The slack-free form of least median gap after repair, on the cells where all of them ran; None without any."""
    free = {name: readings(own, "repaired", scale) for name, own in lines.items() if name not in BASELINES}
    free = {name: own for name, own in free.items() if own}
    if not free:
        return None
    keys = set.intersection(*(set(own) for own in free.values()))
    return min(free, key=lambda each: _median(free[each], keys or set(free[each])))


def _best(title: str, lines: Lines, scale: Scale) -> Sentence | None:
    """The best slack-free form, its control, and slack on the same cells."""
    name = best_form(lines, scale)
    if name is None:
        return None
    each = [against_control(name, lines[name], stage, scale) for stage in ("raw", "repaired")]
    pairs: list[Pairs] = [found for found in each if found is not None]
    text = f"{title}: best slack-free " + "; ".join(f"{found.stage}: {versus(found, gap)}" for found in pairs)
    beside = beside_slack(name, lines, "repaired", scale)
    if beside is not None:
        points = f"{points_of(lines[name])} against {points_of(lines['slack'])} reads"
        text += f"; repaired, {points}: {versus(beside, gap)}"
        pairs.append(beside)
    else:
        text += "; slack has no run on the same instances"
    return Sentence(f"{text}.", pairs) if pairs else None


def _median(own: Mapping[Key, Reading], keys: set[Key]) -> float:
    """Over instances of the median over repeats, as everywhere."""
    by_instance: dict[str, list[float]] = {}
    for key in keys:
        by_instance.setdefault(key[0], []).append(own[key].value)
    return middle([middle(values) for values in by_instance.values()])


def beside_slack(name: str, lines: Lines, stage: str, scale: Scale) -> Pairs | None:
    """The form and slack on the cells that both have; their numbers of reads differ and are told beside."""
    sides = [readings(lines.get(each, []), stage, scale) for each in (name, "slack")]
    bare = [{key: Reading(reading.value) for key, reading in side.items()} for side in sides]
    own, other = on_common(*bare)
    return paired((name, own), ("slack", other), stage) if own else None
