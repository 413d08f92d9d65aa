"""Two ways of merging side by side: the same instance, reduction and seed, with as many reads; nothing else pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .graph_shrinking_runs import Measured
from .paired import NEVER, Key, Pairs, Reading, on_common, paired

Of = Callable[[Measured], float | None]


def readings_of(
    found: Sequence[Measured], kind: str, way: str, of: Of, asked: float | None = None, *, by_reduction: bool = True
) -> dict[Key, Reading]:
    """Figures of a way of merging; one that there is not (no feasible point) is beyond all.

    Parameters
    ----------
    asked : of one reduction alone.
    by_reduction : the reduction is a part of the instance's name, so that only equal ones are paired.
    """
    out: dict[Key, Reading] = {}
    for run in found:
        if run.kind == kind and run.way == way and not run.has_failed and asked in (None, run.asked):
            value = of(run)
            is_named = by_reduction and run.asked is not None
            name = f"{run.instance} at {run.asked:g}" if is_named else run.instance
            out[name, run.repeat] = Reading(NEVER if value is None else value, points=run.points)
    return out


def of_ways(
    found: Sequence[Measured], ways: tuple[str, str], of: Of, stage: str, *, kind: str, asked: float | None = None
) -> Pairs | None:
    """Two ways on the cells that both have; None without any.

    Raises
    ------
    UnlikeCellsError
        Two of them have another number of reads.
    """
    own, other = on_common(*(readings_of(found, kind, way, of, asked) for way in ways))
    return paired((ways[0], own), (ways[1], other), stage) if own else None


def beside_whole(found: Sequence[Measured], way: str, of: Of, stage: str, *, kind: str, asked: float) -> Pairs | None:
    """The shrunk problem at one reduction beside the unshrunk one, on the instances and repeats that both have."""
    own = readings_of(found, kind, way, of, asked, by_reduction=False)
    own, other = on_common(own, readings_of(found, kind, "none", of))
    return paired((f"{100 * (1 - asked):.0f} % removed", own), ("the unshrunk QUBO", other), stage) if own else None


def missing(run: Measured) -> float | None:
    """Share of infeasible reads: lower is better, as everywhere."""
    return None if run.share is None else 1.0 - run.share


def flips(run: Measured) -> float | None:
    """Bits that repair changed a point."""
    return run.flips


def repaired(run: Measured) -> float | None:
    """Gap after repair."""
    return run.repaired
