"""The shrinking loop: correlate, tie the strongest admissible pair, correlate again, until the graph is small enough.

The graph is never updated in place: the reduced QUBO is the inner one with its bits substituted, so rounding does not
pile up and ``energy(expand(z)) == reduced energy`` holds at every z.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core import BinaryProgram, LiteralMap
from ...core.arrays import Float, Int
from ..quadratic import Quadratic
from .admissibility import AdmissibilityChecker
from .classes import Classes, substitution
from .correlations import Correlations, CorrelationSource, Task
from .stops import bound_loss, leading_eigenvalues, spectral_change
from .thresholds import ThresholdRule, threshold


@dataclass(frozen=True)
class Control:
    """When to correlate anew and when to stop; the fields are those of ``Shrink``."""

    threshold: ThresholdRule = "proportional"
    level: float = 0.8
    every: int = 1
    drift: float | None = None
    max_solves: int | None = None
    min_correlation: float = 0.0
    max_spectral_change: float | None = None
    num_eigenvalues: int = 1
    max_bound_loss: float | None = None


@dataclass(frozen=True)
class Merge:
    """One tie ``s_kept s_removed = sign``; nodes are those of the inner QUBO, 0 the anchor (the bit is then fixed).

    ``kind``: merge, forced (one value of the merged class fails) or implied (the rows leave one value).
    """

    kept: int
    removed: int
    sign: int
    correlation: float
    kind: str


@dataclass
class Shrinking:
    """Running state of one shrinking; ``run`` fills it."""

    energy: Quadratic
    program: BinaryProgram
    lift: LiteralMap | None
    source: CorrelationSource
    gate: AdmissibilityChecker
    control: Control
    target: int
    classes: Classes = field(init=False)
    merges: list[Merge] = field(default_factory=list)
    num_solves: int = 0
    ended: str = ""
    first_bound: float | None = None
    last_bound: float | None = None
    spectral_changes: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.classes = Classes(self.energy.num_bits)
        self._vectors: dict[str, Any] = {}
        self._refused: dict[int, set[tuple[int, int]]] = {}
        self._saved: tuple[Classes, int] = (self.classes.copy(), 0)
        self._eigenvalues: Float | None = None
        self._step = 0
        self._bound_at = -1

    @property
    def is_small(self) -> bool:
        return self.classes.num_free <= self.target

    def run(self) -> None:
        """Tie classes until the target or a stop; ``last_bound`` is then that of the graph as it is left."""
        self._shrink()
        if self.first_bound is not None and self._bound_at != len(self.merges):
            # for the report alone, so not one of the recomputations
            self.last_bound = self._correlate(wants_bound=True)[0].bound
            self.num_solves -= 1

    def _shrink(self) -> None:
        self._apply_forced(self.gate.advance(self.classes))
        found, task = self._correlate(wants_bound=True)
        self.first_bound = found.bound
        self._keep_bound(found.bound)
        while not self.is_small:
            self._saved = (self.classes.copy(), len(self.merges))
            was_tied = self._merge_down(found, task)
            if not self.is_small and not (was_tied and self._may_correlate):
                self.ended = self.ended or "no admissible pair left"
                return
            if self.is_small and not self._watches:
                break
            found, task = self._correlate(wants_bound=self.is_small or self.control.max_bound_loss is not None)
            if self._has_left(task, found.bound):
                return
            self._keep_bound(found.bound)
        self.ended = "target"

    def _keep_bound(self, bound: float | None) -> None:
        if bound is not None:
            self.last_bound, self._bound_at = bound, len(self.merges)

    def reduced(self) -> Quadratic:
        """The QUBO of the classes' bits; its energies are those of the inner QUBO."""
        T, t = substitution(self.classes.literals())
        return self.energy.substituted(T, t)

    @property
    def _watches(self) -> bool:
        return self.control.max_spectral_change is not None or self.control.max_bound_loss is not None

    def _correlate(self, *, wants_bound: bool) -> tuple[Correlations, Task]:
        literals = self.classes.literals()
        lift = None if self.lift is None else self.lift.compose(literals)
        roots = self.classes.roots
        start = self._vectors.get("values")
        if start is not None:
            start = start[np.searchsorted(self._vectors["roots"], roots)]
        task = Task(self.reduced(), self.program, lift, start, self.num_solves, wants_bound)
        found = self.source.correlations(task)
        self.num_solves += 1
        if found.vectors is not None:
            self._vectors = {"values": found.vectors, "roots": roots}
        if self._eigenvalues is None and self.control.max_spectral_change is not None:
            self._eigenvalues = leading_eigenvalues(task.cut, self.control.num_eigenvalues)
        return found, task

    def _has_left(self, task: Task, bound: float | None) -> bool:
        """Whether the merges since the last look went too far; they are then taken back."""
        control, reason = self.control, ""
        if control.max_spectral_change is not None and self._eigenvalues is not None:
            change = spectral_change(leading_eigenvalues(task.cut, control.num_eigenvalues), self._eigenvalues)
            if change > control.max_spectral_change:
                reason = f"spectral change {change:.3g}"
            else:
                self.spectral_changes.append(change)
        if control.max_bound_loss is not None and bound is not None and self.first_bound is not None:
            loss = bound_loss(bound, self.first_bound, self._constant)
            if loss > control.max_bound_loss:
                reason = f"bound loss {loss:.3g}"
        if not reason:
            return False
        self.classes, kept = self._saved
        del self.merges[kept:]
        self.ended = reason
        return True

    @property
    def _constant(self) -> float:
        """The QUBO at all ones: ``constant - cut / 2`` of its Max-Cut form."""
        return float(self.energy.values(np.ones((1, self.energy.num_bits)))[0])

    @property
    def bound_loss(self) -> float | None:
        """Share of the relaxation's bound lost from the first graph to the last; None where none was proven."""
        if self.first_bound is None or self.last_bound is None:
            return None
        return bound_loss(self.last_bound, self.first_bound, self._constant)

    def _merge_down(self, found: Correlations, task: Task) -> bool:
        """Tie pairs in order of strength until new correlations are due; whether any was tied.

        ``ended`` says what the remaining pairs failed by, which ends the shrinking if no new correlations may come.
        """
        self.ended = ""
        roots = self.classes.roots
        strengths = np.abs(found.values)
        order = np.lexsort((found.tails, found.heads, -strengths))
        strengths = strengths[order]
        left = threshold(self.control.threshold, strengths, level=self.control.level, step=self._step)
        mass = _node_mass(task) if self.control.drift is not None else None
        moved, count = 0.0, 0
        pairs = _pairs(roots[found.heads[order]], roots[found.tails[order]], found.values[order])
        for position, (i, j, value) in enumerate(pairs):
            keep, gone, sign = self.classes.relation(i, j, 1 if value >= 0 else -1)
            if keep == gone or (gone, sign) in self._refused.get(keep, ()):
                continue
            if abs(value) < self.control.min_correlation or value == 0:
                self.ended = f"strongest correlation {abs(value):.3g}"
                break
            if abs(value) < left:
                if count and self._may_correlate:
                    break
                # nothing stronger is admissible: the rule is applied to what is left
                rest = strengths[position:]
                left = threshold(self.control.threshold, rest, level=self.control.level, step=self._step)
                if abs(value) < left:
                    self.ended = f"threshold {left:.3g}"
                    break
            verdict = self.gate.judge(self.classes, keep, gone, sign)
            if not verdict.is_admitted:
                self._refused.setdefault(keep, set()).add((gone, sign))
                continue
            self._tie(keep, gone, sign, abs(value), "merge")
            if verdict.fixes is not None and not self.is_small:
                self._tie(0, keep, 1 if verdict.fixes else -1, 1.0, "forced")
            self._apply_forced(self.gate.advance(self.classes))
            count += 1
            self._step += 1
            if mass is not None:
                moved += float(mass[np.searchsorted(roots, gone)])
            if self.is_small or (self._may_correlate and self._is_due(count, moved)):
                break
        return count > 0

    @property
    def _may_correlate(self) -> bool:
        return self.control.max_solves is None or self.num_solves < self.control.max_solves

    def _is_due(self, count: int, moved: float) -> bool:
        control = self.control
        return bool((control.every and count >= control.every) or (control.drift is not None and moved > control.drift))

    def _apply_forced(self, forced: Any) -> None:
        """Fix the bits that the rows leave one value, as far as the target asks for fewer bits."""
        if not (forced >= 0).any():
            return
        bits = self.classes.roots[1:]
        for bit in np.flatnonzero(forced >= 0).tolist():
            if self.is_small:
                break
            self._tie(0, int(bits[bit]), 1 if forced[bit] else -1, 1.0, "implied")
        self.gate.advance(self.classes)

    def _tie(self, i: int, j: int, sign: int, correlation: float, kind: str) -> None:
        keep, gone, between = self.classes.relation(i, j, sign)
        self.classes.merge(i, j, sign)
        self.merges.append(Merge(keep, gone, between, correlation, kind))
        for other, s in self._refused.pop(gone, ()):  # a class that was refused stays so when it has grown
            low, high = min(keep, other), max(keep, other)
            self._refused.setdefault(low, set()).add((high, s * between))
        for low, refused in list(self._refused.items()):
            both = [(other, s) for other, s in refused if other == gone]
            for item in both:
                refused.discard(item)
                if low != keep:
                    a, b = min(low, keep), max(low, keep)
                    self._refused.setdefault(a, set()).add((b, item[1] * between))

    def counts(self) -> dict[str, int]:
        """Merges by kind; ties with the anchor count as ``fixed``."""
        kinds = Counter("fixed" if m.kind == "merge" and m.kept == 0 else m.kind for m in self.merges)
        return dict(sorted(kinds.items()))


def _pairs(heads: Int, tails: Int, values: Float) -> Iterator[tuple[int, int, float]]:
    """The pairs one by one; converted in pieces, since most of them are never looked at."""
    for first in range(0, heads.size, 4096):
        part = slice(first, first + 4096)
        yield from zip(heads[part].tolist(), tails[part].tolist(), values[part].tolist())


def _node_mass(task: Task) -> Float:
    """Share of the graph's absolute weight at each node."""
    W = abs(task.cut.adjacency())
    total = float(W.sum()) / 2.0 or 1.0
    return np.asarray(W.sum(axis=1)).ravel() / total
