"""Choosers by name, and those that the structure of a program asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from ...core import UnsupportedError
from . import constrained, graphs
from .constrained import place_line
from .view import Merged, View, Wanted

Chooser = Literal[
    "auto",
    "random",
    "bfs",
    "impact",
    "backbone",
    "partition",
    "merge",
    "multilevel",
    "core",
    "knapsacks",
    "exchange",
    "objects",
    "windows",
    "pairs",
    "edges",
]

CHOOSERS: Mapping[Chooser, Callable[[View], Wanted | Merged]] = MappingProxyType(
    {
        "random": graphs.random,
        "bfs": graphs.bfs,
        "impact": graphs.impact,
        "backbone": graphs.backbone,
        "partition": graphs.partition,
        "merge": graphs.merge,
        "multilevel": graphs.multilevel,
        "core": constrained.core,
        "knapsacks": constrained.knapsacks,
        "exchange": constrained.exchange,
        "objects": constrained.objects,
        "windows": constrained.windows,
        "pairs": constrained.pairs,
        "edges": constrained.edges,
    }
)

#: Structures that a chooser needs; the others suit any.
NEEDED: Mapping[Chooser, tuple[str, ...]] = MappingProxyType(
    {
        "merge": ("free",),
        "multilevel": ("free",),
        "knapsacks": ("knapsacks",),
        "exchange": ("packing",),
        "objects": ("assignment",),
        "windows": ("assignment",),
        "pairs": ("assignment",),
        "edges": ("degrees",),
    }
)

#: Share of all pairs that interact, above which breadth-first balls are as good as random ones.
DENSE = 0.5

#: What a reader is told of each.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "core": "LP core first",
        "knapsacks": "items of two knapsacks",
        "exchange": "chosen vertices and what they block",
        "objects": "objects and their places",
        "windows": "windows of the tour",
        "pairs": "pairs of windows of the tour",
        "edges": "exchanges of edges near each other",
        "bfs": "breadth-first balls",
        "impact": "impact order",
        "random": "at random",
        "backbone": "where good points differ",
        "partition": "parts with shifted borders",
        "merge": "parts, then parts of parts",
        "multilevel": "clusters, coarse to fine",
    }
)


def cycle_of(chooser: Chooser, view: View) -> tuple[Chooser, ...]:
    """The choosers that take turns.

    Raises
    ------
    UnsupportedError
        The chooser does not suit the rows.
    """
    kind = view.structure.kind
    if chooser != "auto":
        if kind not in NEEDED.get(chooser, (kind,)):
            raise UnsupportedError(
                f"chooser {chooser} must have rows of the form {' or '.join(NEEDED[chooser])}, got {kind}; "
                f"leave it at auto ({', '.join(cycle_of('auto', view))})"
            )
        if chooser in ("windows", "pairs") and not place_line(view.program).size:
            raise UnsupportedError(
                f"chooser {chooser} must have costs between neighbouring places, got others; use objects"
            )
        return (chooser,)
    match kind:
        case "assignment":
            return ("windows", "pairs") if place_line(view.program).size else ("objects",)
        case "degrees":
            return ("edges",)
        case "knapsacks":
            return ("knapsacks",)
        case "packing":
            return ("exchange",)
        case "items":
            return ("core",)
        case "groups":
            return ("bfs", "random")
        case _:
            n = max(1, len(view.x))
            is_dense = view.program.couplings.num_products > DENSE * n * (n - 1) / 2
            return ("random", "impact") if is_dense else ("bfs", "impact")


def choose(chooser: Chooser, view: View) -> tuple[Wanted | Merged, Chooser]:
    """The round's neighbourhood, and the chooser whose turn it was."""
    turns = cycle_of(chooser, view)
    turn = turns[view.index % len(turns)]
    return CHOOSERS[turn](view), turn


__all__ = ["CHOOSERS", "WORDS", "Chooser", "choose", "cycle_of"]
