"""Summary of the comparative study: every sentence from paired cells on one set of instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .comparative_study_runs import KINDS, METHODS, line_of
from .paired import NEVER, Key, Pairs, Reading, Sentence, gap, middle, on_common, paired, plain, versus
from .paper import Rows
from .readings import (
    STARTED,
    UNIFORM,
    Of,
    Scale,
    against_control,
    against_program,
    readings,
    references_of,
    worth_sentence,
)

TITLES = dict(zip(KINDS, ("Knapsacks", "Independent sets", "Quadratic assignment", "Market share")))
#: Methods whose samples' worth is told beside the quantum ones.
SAMPLERS = (*METHODS, "sa", "tabu", "random")

#: A run, and uniform points of its ground.
SIDES: tuple[Of, Of] = ("run", "control")

Lines = Mapping[str, Sequence[Mapping[str, Any]]]


def summary(rows: Rows, figures: Any) -> list[Sentence]:
    """At most ten sentences: worth, the paper's figures, the controls, the reductions, classical solvers, seeds."""
    scale = {kind: Scale(references_of(rows), is_objective=kind == "market-share") for kind in KINDS}
    found: list[Sentence | None] = []
    for kind in KINDS[:2]:
        found.append(worth_sentence(TITLES[kind], lines_of(rows, kind, SAMPLERS), "optimum", scale[kind].references))
    found += [_beside_paper(rows, figures, stage, scale["mdkp"]) for stage in ("raw", "swapped")]
    found.append(_on_the_core(rows, scale["mdkp"], "raw"))
    found.append(_repaired(rows, scale["mdkp"]))
    found += [_kind(rows, kind, scale[kind]) for kind in KINDS[1:]]
    told = [sentence for sentence in found if sentence is not None]
    return [*told, _seeds(rows)]


def lines_of(rows: Rows, kind: str, methods: Sequence[str] = METHODS) -> dict[str, list[Mapping[str, Any]]]:
    """Rows of a kind by line of the tables, in the order of the methods."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for method in methods:
        for row in rows:
            if row["instance"]["kind"] == kind and row["sweep"]["family"].split()[0] == method:
                found.setdefault(line_of(row["sweep"]["family"]), []).append(row)
    return found


def _controlled(lines: Lines, stage: str, scale: Scale) -> list[Pairs]:
    """Every line that draws against its control on the same ground, with as many points."""
    each = (against_control(name, rows, stage, scale) for name, rows in lines.items())
    return [pairs for pairs in each if pairs is not None]


def _beside_paper(rows: Rows, figures: Any, stage: str, scale: Scale) -> Sentence | None:
    """Medians below the published ones on the same instances, for the method and for uniform points of its ground."""
    ours: list[Pairs] = []
    uniform: list[Pairs] = []
    for name, own in lines_of(rows, "mdkp").items():
        for place in ("simulator", "device"):
            published = _published(figures.get(place, {}).get("mdkp", {}).get(name.split()[0], {}))
            sides = [_by_instance(readings(own, stage, scale, of)) for of in SIDES]
            common = [on_common(side, published) for side in sides]
            if common[0][0]:
                where = f"paper, {place}"
                ours.append(paired((name, common[0][0]), (where, common[0][1]), stage))
                uniform.append(paired((f"uniform points beside {name}", common[1][0]), (where, common[1][1]), stage))
    if not ours:
        return None
    counts = [sum(own < other for own, other in (pairs.medians for pairs in each)) for each in (ours, uniform)]
    text = (
        f"Knapsacks, {stage}: the median gap is below the paper's in {counts[0]} of {len(ours)} comparisons on its own "
        f"instances, that of uniform points of the same ground in {counts[1]} of them."
    )
    return Sentence(text, [*ours, *uniform])


def _published(values: Mapping[str, float | None]) -> dict[Key, Reading]:
    return {(name, 0): Reading(NEVER if value is None else value / 100) for name, value in values.items()}


def _by_instance(found: Mapping[Key, Reading]) -> dict[Key, Reading]:
    """The median over repeats, as one reading an instance."""
    values: dict[str, list[float]] = {}
    for (instance, _), reading in found.items():
        values.setdefault(instance, []).append(reading.value)
    return {(instance, 0): Reading(middle(each)) for instance, each in values.items()}


def _on_the_core(rows: Rows, scale: Scale, stage: str) -> Sentence | None:
    """Knapsacks, what the sampler earned on its own ground; and where an LP went before, what both earned together."""
    pairs = _controlled(lines_of(rows, "mdkp"), stage, scale)
    if not pairs:
        return None
    whole = [
        found
        for name, own in lines_of(rows, "mdkp").items()
        if (found := against_program(name, own, stage, scale)) is not None
    ]
    better = [found.first for found in pairs if found.medians[0] < found.medians[1] - 1e-9]
    text = f"Knapsacks, {stage}, against {UNIFORM}{_started(pairs)}: {_won(pairs, better)}"
    if whole:
        lower = sum(found.medians[0] < found.medians[1] - 1e-9 for found in whole)
        text += f"; LP core and sampler together against the whole program: lower in {lower} of {len(whole)}"
    return Sentence(f"{text}.", [*pairs, *whole])


def _started(pairs: Sequence[Pairs]) -> str:
    """Which lines are judged by points of their own start instead."""
    names = [found.first for found in pairs if found.second != UNIFORM]
    return f" ({', '.join(names)}: against {STARTED})" if names else ""


def _won(pairs: Sequence[Pairs], better: Sequence[str]) -> str:
    """How many medians are lower, which, and all runs counted."""
    counts = [sum(column) for column in zip(*(found.counts for found in pairs))]
    return (
        f"lower median in {len(better)} of {len(pairs)} lines ({', '.join(better) or 'none'}); of {sum(counts)} runs "
        f"better in {counts[0]}, equal in {counts[1]}, worse in {counts[2]}"
    )


def _repaired(rows: Rows, scale: Scale) -> Sentence | None:
    pairs = _controlled(lines_of(rows, "mdkp"), "improved", scale)
    better = [found.first for found in pairs if found.medians[0] < found.medians[1] - 1e-9]
    text = (
        f"Knapsacks after repair and local search, against the same with uniform points{_started(pairs)}: "
        f"{_won(pairs, better)}."
    )
    return Sentence(text, pairs) if pairs else None


def _kind(rows: Rows, kind: str, scale: Scale) -> Sentence | None:
    """Raw and after repair and search, each line against its own control."""
    lines = lines_of(rows, kind)
    raw, final = (_controlled(lines, stage, scale) for stage in ("raw", "improved"))
    if not raw:
        return None
    show = plain if kind == "market-share" else gap
    best = min(final, key=lambda found: (found.medians[0], -found.num_instances))
    lower = [[f.first for f in found if f.medians[0] < f.medians[1] - 1e-9] for found in (raw, final)]
    unit = ", summed deviations" if kind == "market-share" else ""
    text = (
        f"{TITLES[kind]}{unit}: raw{_started(raw)} {_won(raw, lower[0])}; after repair and search lower in "
        f"{len(lower[1])} of {len(final)}, the lowest {versus(best, show)}."
    )
    return Sentence(text, [*raw, *final])


def _seeds(rows: Rows) -> Sentence:
    """How many runs stand behind the figures."""
    quantum = [row for row in rows if row["sweep"]["family"].split()[0] in METHODS]
    cells: dict[tuple[str, str], int] = {}
    for row in quantum:
        if row["status"] != "failed":
            key = (row["sweep"]["family"], row["instance"]["name"])
            cells[key] = cells.get(key, 0) + 1
    failed = sum(row["status"] == "failed" for row in rows)
    fewest, most = min(cells.values(), default=0), max(cells.values(), default=0)
    seeds = f"{most}" if fewest == most else f"{fewest} to {most}"
    return Sentence(f"Seeds a quantum cell: {seeds}, in {len(cells)} cells; {failed} runs failed or were refused.")
