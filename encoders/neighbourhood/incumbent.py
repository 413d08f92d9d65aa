"""What a decomposition remembers between rounds, and how a round's points change it.

Points are compared by total violation, then cost. The best point ever is kept apart from the incumbent, which worse
points may replace after restarts or by Metropolis' rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from ...core import BinaryProgram, Bits, Round
from ...core.arrays import Float, frozen
from ...core.margins import scaled_margin

Accept = Literal["better", "equal", "metropolis"]
#: Rounds of a restart, each accepting the best other point.
KICKS = 3
#: Good points that the backbone is read from.
POOL = 20


@dataclass(frozen=True)
class Search:
    """How points are accepted, and when that ends."""

    accept: Accept
    temperature: float
    patience: int
    restarts: int


@dataclass(frozen=True, eq=False)
class Kept:
    """The incumbent of a decomposition and its history.

    Parameters
    ----------
    x, cost, broken : incumbent, its cost and total violation.
    best_x, best_cost, best_broken : best incumbent so far, its cost and total violation.
    index : number of the next round.
    idle : rounds since the best became better.
    kicks : rounds of a restart that are left.
    restarts : that were begun.
    pool : distinct good points.
    """

    x: Bits
    cost: float
    broken: float
    best_cost: float
    best_broken: float
    best_x: Bits
    seed: int = 0
    index: int = 0
    idle: int = 0
    kicks: int = 0
    restarts: int = 0
    is_at_end: bool = False
    pool: Bits = field(default_factory=lambda: np.zeros((0, 0), dtype=np.uint8))

    @staticmethod
    def at(program: BinaryProgram, x: Bits, seed: int, cost: float | None = None, broken: float | None = None) -> Kept:
        """At the start. x has shape (n,)."""
        x = frozen(x, np.uint8)
        cost = float(program.costs(x)[0]) if cost is None else cost
        broken = float(program.violations(x).sum()) if broken is None else broken
        return Kept(x, cost, broken, cost, broken, x, seed)

    @staticmethod
    def of(state: Mapping[str, Any], program: BinaryProgram) -> Kept:
        """From an encoding's state; violations anew where rows were added."""
        numbers = {key: state[key] for key in _NUMBERS}
        best = frozen(state.get("best_x", state["x"]), np.uint8)  # files of older versions have none
        kept = Kept(frozen(state["x"], np.uint8), best_x=best, pool=state["pool"], **numbers)
        if int(state["rows"]) == program.num_rows:
            return kept
        broken = float(program.violations(kept.x).sum())
        return replace(kept, broken=broken, best_broken=max(kept.best_broken, broken))

    def as_state(self) -> dict[str, Any]:
        """JSON values and arrays."""
        return {"x": self.x, "best_x": self.best_x, "pool": self.pool, **{key: getattr(self, key) for key in _NUMBERS}}


_NUMBERS = (
    "cost",
    "broken",
    "best_cost",
    "best_broken",
    "seed",
    "index",
    "idle",
    "kicks",
    "restarts",
    "is_at_end",
)


def accepted(kept: Kept, round: Round, search: Search) -> tuple[Kept, dict[str, Any]]:
    """What is kept after a round, and the round's row of the trace."""
    kept = replace(kept, index=kept.index + 1)
    costs, broken = _judged(round)
    rng = np.random.default_rng([kept.seed, kept.index, 20])
    at = _pick(kept, round.X, costs, broken, search, rng)
    moved = at is not None
    new = kept
    if at is not None:
        new = replace(kept, x=frozen(round.X[at], np.uint8), cost=float(costs[at]), broken=float(broken[at]))
    is_gain = _is_lower(new.broken, new.cost, kept.best_broken, kept.best_cost)
    if is_gain:
        best = {"best_x": new.x, "best_cost": new.cost, "best_broken": new.broken}
        new = replace(new, **best, idle=0, pool=_pooled(kept.pool, new.x))  # type: ignore[arg-type]
    else:
        new = replace(new, idle=new.idle + 1)
    new = _restarted(new, search)
    row = {
        "round": kept.index - 1,
        "incumbent": new.best_cost if new.best_broken == 0 else None,
        "current": new.cost if new.broken == 0 else None,
        "broken": new.best_broken,
        "raw_feasible_share": _share(broken, round),
        "is_gain": is_gain,
        "moved": moved,
    }
    return new, row


def _judged(round: Round) -> tuple[Float, Float]:
    """Cost and total violation of the round's points."""
    costs = round.program.costs(round.X) if round.costs is None else round.costs
    broken = round.program.violations(round.X).sum(axis=1) if round.broken is None else round.broken
    return costs, broken


def _share(broken: Float, round: Round) -> float | None:
    """Share of the samples that keep all rows, of those that the pipeline judged."""
    counts = np.ones(len(broken)) if round.counts is None else np.asarray(round.counts, dtype=np.float64)
    return float(counts[broken == 0].sum() / counts.sum()) if counts.sum() else None


def _pick(kept: Kept, X: Bits, costs: Float, broken: Float, search: Search, rng: np.random.Generator) -> int | None:
    """Which point becomes the incumbent; None for none."""
    if not len(X):
        return None
    other = np.flatnonzero((kept.x != X).any(axis=1))
    if not other.size:
        return None
    other = other[np.lexsort((rng.random(other.size), costs[other], broken[other]))]
    at = int(other[0])
    if _is_lower(broken[at], costs[at], kept.broken, kept.cost):
        return at
    if kept.kicks and broken[at] <= kept.broken:
        return at
    if search.accept == "better" or broken[at] > kept.broken:
        return None
    rise = float(costs[at] - kept.cost)
    if rise <= scaled_margin(kept.cost):
        return at
    if search.accept == "equal" or not search.temperature:
        return None
    return at if rng.random() < np.exp(-rise / search.temperature) else None


def _restarted(kept: Kept, search: Search) -> Kept:
    if kept.kicks:
        return replace(kept, kicks=kept.kicks - 1, idle=0 if kept.kicks == 1 else kept.idle)
    if kept.idle < search.patience:
        return kept
    if kept.restarts < search.restarts:
        return replace(kept, kicks=KICKS, restarts=kept.restarts + 1)
    return replace(kept, is_at_end=True)


def _is_lower(broken: float, cost: float, than_broken: float, than_cost: float) -> bool:
    if broken != than_broken:
        return bool(broken < than_broken)
    return bool(cost < than_cost - scaled_margin(than_cost))


def _pooled(pool: Bits, x: Bits) -> Bits:
    """The last good points, the new one last."""
    more = np.concatenate([pool.reshape(-1, x.size), x[None]])[-POOL:]
    more.flags.writeable = False
    return more
