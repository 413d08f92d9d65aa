"""Sentences from paired cells: two things on the same instances and seeds, from the same ground, with as many points.

Nothing else can be paired: unlike cells are an error, not a figure. A summary's sentence keeps the pairs that it was
made of, so that every number in it can be traced to its cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .tables import percent

#: An instance's name and the number of the repeat.
Key = tuple[str, int]
#: Value of a run that found nothing feasible: beyond all others.
NEVER = float("inf")
#: Differences that count.
_MARGIN = 1e-9


class UnlikeCellsError(ValueError):
    """Two cells that must not be compared: other instances or seeds, another ground, or another number of points."""


@dataclass(frozen=True)
class Reading:
    """What a run found at a stage, what it drew from, and how many points it looked at.

    ``ground`` is empty and ``points`` None for what draws nothing: a native solver, a published figure.
    """

    value: float
    ground: str = ""
    points: int | None = None


@dataclass(frozen=True)
class Pairs:
    """Two things side by side, by instance and repeat; only ``paired`` makes them."""

    first: str
    second: str
    stage: str
    cells: Mapping[Key, tuple[float, float]]

    @property
    def num_instances(self) -> int:
        return len({instance for instance, _ in self.cells})

    @property
    def counts(self) -> tuple[int, int, int]:
        """Cells in which the first is lower than, equal to and higher than the second."""
        better = sum(a < b - _MARGIN for a, b in self.cells.values())
        worse = sum(a > b + _MARGIN for a, b in self.cells.values())
        return better, len(self.cells) - better - worse, worse

    @property
    def medians(self) -> tuple[float, float]:
        """Of both, over instances of the median over repeats."""
        by_instance: dict[str, list[tuple[float, float]]] = {}
        for (instance, _), pair in self.cells.items():
            by_instance.setdefault(instance, []).append(pair)
        sides = [[middle([pair[side] for pair in found]) for found in by_instance.values()] for side in (0, 1)]
        return middle(sides[0]), middle(sides[1])


def paired(first: tuple[str, Mapping[Key, Reading]], second: tuple[str, Mapping[Key, Reading]], stage: str) -> Pairs:
    """Two named sets of readings as pairs.

    Raises
    ------
    UnlikeCellsError
        They are not of the same instances and repeats, or two readings are of different grounds or numbers of points.

    Examples
    --------
    >>> own, other = {("a", 0): Reading(0.1, "core", 100)}, {("a", 0): Reading(0.3, "core", 100)}
    >>> paired(("qaoa", own), ("control", other), "raw").counts
    (1, 0, 0)
    >>> paired(("qaoa", own), ("control", {("a", 0): Reading(0.3, "program bits", 100)}), "raw")
    Traceback (most recent call last):
        ...
    qopt.experiments.papers.paired.UnlikeCellsError: qaoa and control must draw from one ground on a, got core and \
program bits
    """
    (name, own), (against, other) = first, second
    if own.keys() != other.keys():
        odd = sorted(own.keys() ^ other.keys())
        raise UnlikeCellsError(
            f"{name} and {against} must be of the same instances and repeats, got {len(own)} and {len(other)} cells, "
            f"{len(odd)} of them in one alone, such as {odd[0]}"
        )
    for key, reading in own.items():
        twin = other[key]
        if reading.ground and twin.ground and reading.ground != twin.ground:
            raise UnlikeCellsError(
                f"{name} and {against} must draw from one ground on {key[0]}, got {reading.ground} and {twin.ground}"
            )
        if None not in (reading.points, twin.points) and reading.points != twin.points:
            raise UnlikeCellsError(
                f"{name} and {against} must look at as many points on {key[0]}, got {reading.points} and {twin.points}"
            )
    return Pairs(name, against, stage, {key: (own[key].value, other[key].value) for key in own})


def on_common(
    first: Mapping[Key, Reading], second: Mapping[Key, Reading]
) -> tuple[dict[Key, Reading], dict[Key, Reading]]:
    """Both restricted to the instances and repeats that both have; the sentence then says how many these are."""
    keys = [key for key in first if key in second]
    return {key: first[key] for key in keys}, {key: second[key] for key in keys}


@dataclass(frozen=True)
class Sentence:
    """A line of a summary and the pairs that its figures are from; none where it only counts runs or cites."""

    text: str
    pairs: Sequence[Pairs] = field(default_factory=tuple)


Show = Callable[[float], str]


def versus(pairs: Pairs, show: Show) -> str:
    """Both medians, the wins, and on how many instances.

    Examples
    --------
    >>> pairs = Pairs("qaoa", "control", "raw", {("a", 0): (0.1, 0.3), ("b", 0): (0.2, 0.2)})
    >>> versus(pairs, gap)
    'qaoa 15.00 % against 25.00 % of control (2 instances; better / equal / worse 1 / 1 / 0)'
    """
    own, other = pairs.medians
    counts = " / ".join(map(str, pairs.counts))
    return (
        f"{pairs.first} {show(own)} against {show(other)} of {pairs.second} ({pairs.num_instances} instances; better / "
        f"equal / worse {counts})"
    )


def tally(pairs: Sequence[Pairs], show: Show) -> str:
    """In how many of several comparisons the first has the lower median, and each of them."""
    lower = sum(own < other - _MARGIN for own, other in (each.medians for each in pairs))
    return f"lower median in {lower} of {len(pairs)}: {'; '.join(versus(each, show) for each in pairs)}"


def gap(value: float) -> str:
    """A gap in percent, or that nothing was feasible."""
    return "infeasible" if value == NEVER else percent(value)


def plain(value: float) -> str:
    """A number, or that nothing was feasible."""
    return "infeasible" if value == NEVER else f"{value:g}"


def middle(values: Sequence[float]) -> float:
    """Median in which NEVER counts as worse than all others; of an even number the mean of the middle two.

    Examples
    --------
    >>> middle([0.1, NEVER, 0.3]), middle([0.1, NEVER])
    (0.3, inf)
    """
    ordered = sorted(values)
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2
