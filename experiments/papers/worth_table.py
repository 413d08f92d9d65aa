"""What one sample is worth, by method and size: the table that heads every paper's page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..worth_text import figures
from .paired import middle
from .readings import CORE, SHARES, references_of, start_chance, target_of
from .tables import NOTHING, markdown

Row = Mapping[str, Any]

#: Solvers that have several bits on a qubit.
PACKED = ("pce", "qrao")

TEXT = """Chance of one sample to be feasible and as good as the target, over that of one uniform point of the same
ground (same reduction, core, start and kept rows): 1 is a uniform point. Chances are medians over the instances of the
medians over the seeds, the worth is that of the runs' own ratios. *Counted*: runs in which the uniform chance was
counted over all points of the ground (the sampler's comes from its state where it knows it). *No limit*: runs in which
uniform points never reached the target, or whose core no longer holds it, so that there is no ratio; they are left
out. *By CPU second*: the worth times the CPU seconds of a uniform point over those of a sample, its share of the
training included: above 1 the sampler is ahead of drawing uniform points for as long. Classical samplers stand in the
same columns."""

STARTS = """*Beyond its start*: the same over one point of the sampler's own start, for samplers
that begin near a relaxed point: what the circuit earned of it; their verdicts are about that."""


def worth_section(rows: Sequence[Row], line_of: Callable[[Row], str], order: Sequence[str] = ()) -> str:
    """A line a method, kind of problem and target; ``line_of`` names the method of a row, empty to leave it out."""
    references = references_of(rows)
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        line = line_of(row)
        if line and row["status"] != "failed" and row.get("worth"):
            groups.setdefault((row["instance"]["kind"], line), []).append(row)
    place = {name: i for i, name in enumerate(order)}
    ordered = sorted(groups, key=lambda key: (key[0], place.get(key[1], len(place)), key[1]))
    table = [cells for kind, line in ordered for cells in _rows(kind, line, groups[kind, line], references)]
    if not table:
        return "No run of this sweep has a worth: its rows are older than that."
    head = ["problem", "method", "depth", "bits", "instances", "target", "chance", "uniform", "worth", "least to most"]
    head += ["beyond its start", "counted", "no limit", "by CPU second"]
    if all(cells[-4] == NOTHING for cells in table):  # no sampler here has a start of its own
        del head[-4]
        table = [[*cells[:-4], *cells[-3:]] for cells in table]
        return f"{TEXT}\n\n{markdown(head, table)}"
    return f"{TEXT} {STARTS}\n\n{markdown(head, table)}"


def _rows(kind: str, line: str, rows: Sequence[Row], references: Mapping[str, float]) -> Iterable[list[str]]:
    for name in (*SHARES, CORE):
        found = []
        for row in rows:
            chances = target_of(row, name, references.get(row["instance"]["fingerprint"]))
            if chances is not None:
                found.append((row, chances))
        if found:
            starts = [start_chance(row, name, references.get(row["instance"]["fingerprint"])) for row, _ in found]
            yield _row(kind, line, name, found, starts)


def _row(
    kind: str,
    line: str,
    name: str,
    found: Sequence[tuple[Row, tuple[float, float]]],
    starts: Sequence[float | None],
) -> list[str]:
    known = [(row, own / other) for row, (own, other) in found if other > 0]
    worths = _by_instance(known)
    by_second = _by_instance((row, worth * _price(row)) for row, worth in known if _is_priced(row))
    beyond = _by_instance((row, pair[0] / start) for (row, pair), start in zip(found, starts, strict=True) if start)
    depths = sorted({row["resources"]["depth"] for row, _ in found if row["resources"]["depth"] is not None})
    sizes = sorted({bits for row, _ in found if (bits := _bits(row)) is not None})
    counted = sum(row["worth"]["num_points"] is not None for row, _ in found)
    chances = [middle(_by_instance((row, pair[side]) for row, pair in found)) for side in (0, 1)]
    return [
        kind,
        line,
        _span(depths),
        _span(sizes),
        str(len({row["instance"]["name"] for row, _ in found})),
        name,
        *(_chance(chance) for chance in chances),
        figures(middle(worths)) if worths else NOTHING,
        f"{figures(min(worths))} to {figures(max(worths))}" if worths else NOTHING,
        figures(middle(beyond)) if beyond else NOTHING,
        f"{counted} of {len(found)}",
        str(len(found) - len(known)),
        figures(middle(by_second)) if by_second else NOTHING,
    ]


def _by_instance(pairs: Iterable[tuple[Row, float]]) -> list[float]:
    """One number an instance: the median over its runs."""
    found: dict[str, list[float]] = {}
    for row, value in pairs:
        found.setdefault(row["instance"]["name"], []).append(float(value))
    return [middle(values) for values in found.values()]


def _is_priced(row: Row) -> bool:
    price = row["worth"].get("price") or {}
    return bool(price.get("sampler")) and bool(price.get("uniform"))


def _price(row: Row) -> float:
    price = row["worth"]["price"]
    return float(price["uniform"] / price["sampler"])


def _bits(row: Row) -> int | None:
    """Bits of the ground: log2 of its points where they were counted, else the QUBO's without its slack.

    None where several bits stand on one qubit: the QUBO's size is then not that of the circuit.
    """
    counted = row["worth"]["num_points"]
    used = row["resources"]
    if not counted and row["pipeline"]["solver"]["name"] in PACKED:
        return None
    return (int(counted) - 1).bit_length() if counted else int(used["qubits"] or 0) - int(used["aux_qubits"] or 0)


def _span(values: Sequence[int]) -> str:
    if not values:
        return NOTHING
    return str(values[0]) if len(values) == 1 else f"{values[0]}-{values[-1]}"


def _chance(value: float) -> str:
    return f"{100 * value:.3g} %" if value >= 1e-6 or not value else f"{value:.2g}"
