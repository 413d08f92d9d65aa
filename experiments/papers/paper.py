"""What a paper is here: a sweep's spec beside it, and a telling of the sweep's rows next to the published figures.

``experiments/papers/<slug>.yaml`` is the full sweep, ``<slug>-quick.yaml`` a newcomer's subset that needs no files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .paired import Sentence

#: Lines of a report's summary at most.
MAX_SUMMARY = 10

#: Rows of a sweep: a Record's JSON with the entry ``sweep``, the latest row of each id.
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Section:
    """A heading with Markdown below it."""

    title: str
    text: str


@dataclass(frozen=True)
class Telling:
    """The body of a report; every figure in it comes from rows or from a published table.

    Parameters
    ----------
    summary : at most ten lines: better, equal or worse than published, and what repair and the control explain; each
        with the pairs of cells that its figures are from.
    plots : file name -> draws it there.
    """

    summary: Sequence[Sentence]
    sections: Sequence[Section]
    plots: Mapping[str, Callable[[Path], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.summary) > MAX_SUMMARY:
            raise ValueError(f"summary must have at most {MAX_SUMMARY} lines, got {len(self.summary)}; shorten it")


@dataclass(frozen=True)
class Paper:
    """A paper whose tables are computed anew.

    Parameters
    ----------
    name : as typed, such as ``graph-shrinking``.
    source : citation with its arXiv id.
    tell : rows of the sweep -> the report's body.
    """

    name: str
    title: str
    source: str
    tell: Callable[[Rows], Telling]

    def spec(self, *, quick: bool = False) -> Path:
        """The sweep's file."""
        slug = self.name.replace("-", "_")
        return Path(__file__).with_name(f"{slug}-quick.yaml" if quick else f"{slug}.yaml")
