"""The stages after sampling: repair and improvement, of the sampler's points and of the control's alike.

A repaired figure alone proves nothing: drop-add repair of random points solves half of a classical test set. So every
stage has its twin in the control (control.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..core import Bits, Clock, Formulation, Number, RepairFailed, Sense, Stage, relative_gap, signed
from ..repair import improve, repair
from ..repair.dispatch import within
from ..repair.nearest import nearest_feasible
from .candidates import Candidates, best_verified
from .pipeline import Pipeline
from .verify import Verified, verify_point


@dataclass
class Best:
    """Best verified point of a stage so far, with the flips that led to its candidates."""

    sense: Sense
    verified: Verified | None = None
    flips: int = 0
    num_points: int = 0

    def offer(self, verified: Verified) -> bool:
        """Keep it if it is feasible and better; whether it was kept."""
        self.num_points += 1
        if not verified.is_feasible or (self.verified is not None and not self._is_better(verified)):
            return False
        self.verified = verified
        return True

    def _is_better(self, other: Verified) -> bool:
        assert self.verified is not None
        new, old = float(other.objective or 0), float(self.verified.objective or 0)
        return signed(self.sense, new) < signed(self.sense, old)


@dataclass
class Refinement:
    """Repaired and improved bests over all rounds; one for the sampler, one for the control."""

    formulation: Formulation
    pipeline: Pipeline
    rng: np.random.Generator
    repaired: Best = field(init=False)
    improved: Best = field(init=False)

    def __post_init__(self) -> None:
        self.repaired = Best(self.formulation.problem.sense)
        self.improved = Best(self.formulation.problem.sense)

    def add(self, candidates: Candidates, clock: Clock) -> None:
        """Repair and improve each of the points, best first, until the time is over (the first is always done)."""
        if self.pipeline.repair == "off" and not self.pipeline.improve:
            return
        for position, x in enumerate(candidates.X):
            if position and clock.is_over:
                return
            try:
                fixed = self._repair(x, bool(candidates.feasible[position]), clock)
            except RepairFailed:
                self.repaired.num_points += 1
                continue
            self.repaired.flips += int((fixed != x).sum())
            self.repaired.offer(verify_point(self.formulation, fixed))
            if self.pipeline.improve and not (position and clock.is_over):
                better = within(improve, self.formulation, fixed, self.rng, clock)
                self.improved.offer(verify_point(self.formulation, better))

    def _repair(self, x: Bits, is_feasible: bool, clock: Clock) -> Bits:
        if is_feasible:
            return x
        if self.pipeline.repair == "off":
            raise RepairFailed("repair is off")
        if self.pipeline.repair == "nearest":
            return nearest_feasible(self.formulation, x, self.rng, clock)
        return within(repair, self.formulation, x, self.rng, clock)

    @property
    def incumbent(self) -> Verified | None:
        """The best of both, for Round.incumbent."""
        found = [best.verified for best in (self.improved, self.repaired) if best.verified is not None]
        sense = self.formulation.problem.sense
        return min(found, key=lambda v: signed_objective(v, sense)) if found else None


def signed_objective(verified: Verified, sense: Sense) -> float:
    """Objective as a cost to minimise."""
    value = float(verified.objective if verified.objective is not None else np.inf)
    return signed(sense, value)


def stage_of(verified: Verified | None, reference: Number | None, sense: Sense, **figures: object) -> Stage | None:
    """The verified point as a Stage of the Record; None when the stage has none."""
    if verified is None:
        return None
    objective = verified.objective if verified.is_feasible else None
    return Stage(
        objective=verified.objective,
        feasible=verified.is_feasible,
        violations=dict(verified.violations),
        gap=relative_gap(objective, reference, sense),
        solution=None if verified.solution is None else tuple(int(v) for v in verified.solution),
        **figures,  # type: ignore[arg-type]
    )


def refined_stages(refinement: Refinement, reference: Number | None) -> dict[str, Stage | None]:
    """``repaired`` and ``improved`` of a refinement as stages; None where the stage was off or found nothing."""
    sense, pipeline = refinement.formulation.problem.sense, refinement.pipeline
    repaired, improved = refinement.repaired, refinement.improved
    out: dict[str, Stage | None] = {"repaired": None, "improved": None}
    if pipeline.repair != "off":
        figures = {"flips": repaired.flips, "num_points": repaired.num_points}
        out["repaired"] = stage_of(repaired.verified, reference, sense, **figures)
    if pipeline.improve:
        out["improved"] = stage_of(improved.verified, reference, sense, num_points=improved.num_points)
    return out


def raw_stage(
    formulation: Formulation, candidates: Candidates | None, reference: Number | None, **figures: object
) -> Stage | None:
    """The best of all points seen, unrepaired, with its figures (``num_points``, ``feasible_share``, ``hit_share``)."""
    if candidates is None:
        return None
    verified = best_verified(formulation, candidates)
    sense = formulation.problem.sense
    return stage_of(verified, reference, sense, **figures)


__all__ = [
    "Best",
    "Refinement",
    "raw_stage",
    "refined_stages",
    "signed",
    "signed_objective",
    "stage_of",
]
