"""Tables of the comparative study: medians by method, cell by cell beside the published figures, and qubits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .comparative_study_runs import ENCODINGS, METHODS, NEVER, STAGES, Cell, Values, against_control, middle
from .tables import NOTHING, markdown, percent

#: Where the paper's figures are from.
PLACES = ("simulator", "device")


def lines_of(found: Sequence[Cell], kind: str, methods: Sequence[str] = METHODS) -> dict[str, list[Cell]]:
    """Cells of a kind by line, in the order of the methods."""
    out: dict[str, list[Cell]] = {}
    for method in methods:
        for cell in found:
            if cell.method == method and cell.kind == kind and cell.num_runs:
                out.setdefault(cell.line, []).append(cell)
    return out


def over_instances(found: Sequence[Cell], stage: str, *, of_control: bool = False) -> float | None:
    """Median over the instances of the cells' medians; None without any."""
    each = [cell.control if of_control else cell.values for cell in found]
    values = [values[stage] for values in each if stage in values]
    return middle(values) if values else None


def shown(value: float | None, kind: str) -> str:
    """A gap in percent, a deviation as a number, or that nothing was feasible."""
    if value is None:
        return NOTHING
    if value == NEVER:
        return "infeasible"
    return f"{value:g}" if kind == "market-share" else percent(value)


def summary_table(found: Sequence[Cell], kind: str, published: Mapping[str, Any] | None = None) -> str:
    """A line a method: own medians over the instances, the control's, wins against it, and the paper's medians.

    The paper's are over those of its instances that were run here, and stand beside ours over the same.
    """
    published = published or {}
    known = {
        cell.instance for cell in found for place in PLACES if cell.instance in _told(published, place, kind, cell)
    }
    head = ["method", "encoding", "instances", "feasible share", *STAGES]
    head += [f"control {stage}" for stage in STAGES] + ["program raw", "program improved"]
    head += [f"{stage}: better / equal / worse than control" for stage in ("raw", "swapped", "improved")]
    if known:
        head += ["paper, simulator", "paper, device", "raw below it", "swapped below it"]
    rows = []
    for line, group in lines_of(found, kind).items():
        shares = [cell.share for cell in group if cell.share is not None]
        row = [line.split()[0], _encodings(group), len(group), percent(middle(shares) if shares else None, 1)]
        row += [shown(over_instances(group, stage), kind) for stage in STAGES]
        row += [shown(over_instances(group, stage, of_control=True), kind) for stage in STAGES]
        whole = [cell.program for cell in group if cell.program]
        row += [
            shown(middle([each[stage] for each in whole]) if whole else None, kind) for stage in ("raw", "improved")
        ]
        row += [" / ".join(map(str, against_control(group, stage))) for stage in ("raw", "swapped", "improved")]
        if known:
            row += _beside(group, kind, published)
        rows.append(row)
    return markdown(head, rows)


def _told(published: Mapping[str, Any], place: str, kind: str, cell: Cell) -> Mapping[str, float | None]:
    """Published gaps of a cell's method by instance, in percent; None is infeasible."""
    found: Mapping[str, float | None] = published.get(place, {}).get(kind, {}).get(cell.method, {})
    return found


def beside(
    group: Sequence[Cell], kind: str, published: Mapping[str, Any], place: str
) -> tuple[list[Cell], float] | None:
    """The cells whose instances the paper has too, and the median of its gaps on these; None where it has none."""
    common = [cell for cell in group if cell.instance in _told(published, place, kind, cell)]
    if not common:
        return None
    gaps = [_told(published, place, kind, cell)[cell.instance] for cell in common]
    return common, middle([NEVER if value is None else value / 100 for value in gaps])


def _beside(group: Sequence[Cell], kind: str, published: Mapping[str, Any]) -> list[str]:
    found = {place: beside(group, kind, published, place) for place in PLACES}
    row = [NOTHING if each is None else percent(each[1], 1) for each in found.values()]
    for stage in ("raw", "swapped"):
        told = []
        for place, each in found.items():
            own = None if each is None else over_instances(each[0], stage)
            if each is not None and own is not None:
                told.append(f"{place}: {'yes' if own < each[1] else 'no'}")
        row.append(", ".join(told) or NOTHING)
    return row


def _encodings(group: Sequence[Cell]) -> str:
    words = list(dict.fromkeys(ENCODINGS.get(cell.encoding, cell.encoding) for cell in group))
    return "; ".join(words)


def cell_tables(found: Sequence[Cell], kind: str, published: Mapping[str, Any]) -> str:
    """A table a method: every instance, beside the published figures."""
    parts = []
    for line, group in lines_of(found, kind).items():
        method = line.split()[0]
        known = {place: published.get(place, {}).get(kind, {}).get(method, {}) for place in PLACES}
        head = ["instance", "encoding", "qubits", "seeds", "points", "feasible share", *STAGES]
        head += [f"control {stage}" for stage in STAGES] + [f"paper, {place}" for place in PLACES if known[place]]
        rows = [_cell_row(cell, known) for cell in group]
        parts += [f"**{line}**", markdown(head, rows)]
    return "\n\n".join(parts)


def _points(cell: Cell) -> str:
    """Points of a run; those of its control as well, where it drew another number."""
    if cell.points is None:
        return NOTHING
    differs = cell.control_points not in (None, cell.points)
    return f"{cell.points:,} (control {cell.control_points:,})" if differs else f"{cell.points:,}"


def _cell_row(cell: Cell, known: Mapping[str, Mapping[str, float | None]]) -> list[Any]:
    row: list[Any] = [cell.instance, ENCODINGS.get(cell.encoding, cell.encoding), cell.qubits, cell.num_runs]
    row += [_points(cell), percent(cell.share, 1)]
    row += _stages(cell.values, cell.kind) + _stages(cell.control, cell.kind)
    for place in PLACES:
        if known[place]:
            value = known[place].get(cell.instance, NEVER)
            row.append("infeasible" if value is None else NOTHING if value == NEVER else f"{value:.2f} %")
    return row


def _stages(values: Values, kind: str) -> list[str]:
    return [shown(values.get(stage), kind) for stage in STAGES]


def classical_table(found: Sequence[Cell], methods: Sequence[str], kinds: Sequence[str]) -> str:
    """Classical solvers by kind: the median of their best verified stage, and the worst, over the instances."""
    rows = []
    for method in methods:
        for kind in kinds:
            group = [cell for cell in found if cell.method == method and cell.kind == kind and cell.num_runs]
            if not group:
                continue
            final = [min(cell.values.values()) for cell in group]
            row = [method, kind, len(group), shown(over_instances(group, "raw"), kind)]
            seconds = [cell.seconds for cell in group if cell.seconds is not None]
            row += [shown(middle(final), kind), shown(max(final), kind), f"{middle(seconds):.2f}"]
            rows.append(row)
    head = ["solver", "kind", "instances", "raw, median", "final, median", "final, worst", "CPU s, median"]
    return markdown(head, rows)


def qubit_table(found: Sequence[Cell], published: Mapping[str, Mapping[str, int]]) -> str:
    """Qubits of the runs that take the paper's own encodings, beside its counts."""
    rows = []
    columns = (("slack QUBO", "sa", "slack"), ("QRAO (3,1)", "qrao", "qrao"), ("PCE, k = 2", "pce", "pce"))
    for name, counts in published.items():
        ours = [_qubits(found, name, method) for _, method, _ in columns]
        if any(value is not None for value in ours):
            theirs = [counts[key] for _, _, key in columns]
            same = all(own in (None, their) for own, their in zip(ours, theirs))
            pairs = [f"{NOTHING if own is None else own} / {their}" for own, their in zip(ours, theirs)]
            rows.append([name, *pairs, "yes" if same else "no"])
    return markdown(["instance", *(f"{title}: ours / paper" for title, _, _ in columns), "same"], rows)


def _qubits(found: Sequence[Cell], instance: str, method: str) -> int | None:
    wanted = ("", "slack", "plain")
    sizes = [cell.qubits for cell in found if (cell.method, cell.instance) == (method, instance) and
             cell.encoding in wanted and cell.num_runs]  # fmt: skip
    return sizes[0] if sizes else None
