"""Best verified objective of each pipeline on each instance so far: the gaps of the live table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from ...core import Number, Sense, relative_gap
from .sources import Source


class Incumbents:
    """Fed with the summaries of rows; gaps are to the literature's value, else to the best of the sweep so far."""

    def __init__(self) -> None:
        self._best: dict[str, dict[str, Number]] = {}
        self._target: dict[str, Number] = {}
        self._sense: dict[str, Sense] = {}

    def add(self, label: str, source: Source, summary: Mapping[str, Any]) -> None:
        """Take in one row's ``objective``; None is nothing found."""
        objective = summary.get("objective")
        if objective is None:
            return
        key, known = source.fingerprint, source.problem.best_known
        better = max if source.problem.sense == "max" else min
        own = self._best.setdefault(label, {})
        own[key] = better(own.get(key, objective), objective)
        best = better(self._target.get(key, objective), objective)
        self._target[key] = best if known is None else known.value
        self._sense[key] = source.problem.sense

    def gap(self, label: str) -> float | None:
        """Median over the instances of the gap of the pipeline's best; None before the first."""
        best = self._best.get(label, {})
        gaps = [relative_gap(value, self._target[key], self._sense[key]) for key, value in best.items()]
        known = [gap for gap in gaps if gap is not None]
        return statistics.median(known) if known else None
