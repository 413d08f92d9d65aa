"""Points of the program with what is known of each, and the selections that every stage makes of them.

Feasibility is told for all points at once from the rows, lazy ones separated first; the point that a stage reports is
then verified on the instance itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import BinaryProgram, Bits, Float, Formulation, Int, Rows, signed
from ..core.margins import scaled_margin
from ..core.unique import unique_rows
from .cost_tally import CostTally
from .verify import DisagreementError, Verified, verify, verify_point

#: Lowest-energy points that may add lazy rows in a round although they already break others.
SEPARATED_POINTS = 10


@dataclass(frozen=True, eq=False)
class Candidates:
    """Distinct completed points (k, n) with occurrences, costs (of the objective, minimised) and total violation."""

    X: Bits
    counts: Int
    costs: Float
    broken: Float

    @property
    def feasible(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.broken == 0)

    @property
    def feasible_share(self) -> float | None:
        """Share of the samples, by occurrence, that are feasible; None without samples."""
        total = int(self.counts.sum())
        return float(self.counts[self.feasible].sum() / total) if total else None

    @property
    def best_cost(self) -> float:
        """Lowest cost of a feasible point; infinite without one."""
        return float(self.costs[self.feasible].min(initial=np.inf))

    def hits(self, cost: float) -> int:
        """Occurrences of feasible points that cost no more than that."""
        reached = self.feasible & (self.costs <= cost + scaled_margin(cost)) & np.isfinite(self.costs)
        return int(self.counts[reached].sum())

    def tally(self) -> CostTally:
        """The feasible points by cost, out of all."""
        return CostTally.of(self.costs[self.feasible], self.counts[self.feasible], int(self.counts.sum()))

    def order(self) -> Int:
        """Positions, shape (k,), by violation, then cost; ties by position, so that equal runs select equally."""
        return np.lexsort((self.costs, self.broken)).astype(np.int64)

    def best(self, num_points: int) -> Candidates:
        """The ``num_points`` best by violation, then cost."""
        return self.take(self.order()[:num_points])

    def take(self, positions: npt.ArrayLike) -> Candidates:
        """The candidates at these positions, shape (k,), in that order."""
        at = np.asarray(positions, dtype=np.int64)
        return Candidates(self.X[at], self.counts[at], self.costs[at], self.broken[at])

    def joined(self, other: Candidates) -> Candidates:
        """Both sets of points; equal points are counted together."""
        X = np.concatenate([self.X, other.X])
        first, inverse, _ = unique_rows(X)
        counts = np.bincount(inverse, weights=np.concatenate([self.counts, other.counts]))
        costs, broken = np.concatenate([self.costs, other.costs]), np.concatenate([self.broken, other.broken])
        return Candidates(X[first], counts.astype(np.int64), costs[first], broken[first])


def evaluate(
    formulation: Formulation, program: BinaryProgram, X: Bits, counts: npt.ArrayLike
) -> tuple[Candidates, BinaryProgram]:
    """Candidates of completed points, and the program with the lazy rows that they break added.

    The first points are taken to be the most promising ones when lazy rows are looked for. ``X`` has shape (k, n),
    ``counts`` (k,).
    """
    broken = program.violations(X).sum(axis=1)
    look = np.flatnonzero(broken == 0)
    look = np.union1d(look, np.arange(min(len(X), SEPARATED_POINTS)))
    rows = formulation.separate(X[look]) if len(look) else None
    if rows is not None and len(rows):
        rows = new_rows(program, rows)
    if rows is not None and len(rows):
        program = program.with_rows(rows)
        broken = program.violations(X).sum(axis=1)
    return Candidates(X, np.asarray(counts, dtype=np.int64), _costs(formulation, program, X), broken), program


def evaluate_apart(
    formulation: Formulation, program: BinaryProgram, X: Bits, counts: npt.ArrayLike
) -> tuple[Candidates, BinaryProgram]:
    """As ``evaluate``, but lazy rows that a point breaks count as its violation and are not added to the program.

    For runs whose rounds look at a few variables each: thousands of rows would be added, and hardly one be met again.
    ``X`` has shape (k, n), ``counts`` (k,).
    """
    broken = program.violations(X).sum(axis=1)
    for at in np.flatnonzero(broken == 0).tolist():
        rows = formulation.separate(X[at : at + 1])
        if rows is not None and len(rows):
            activity = rows.A @ X[at].astype(np.float64)
            broken[at] = np.maximum(0.0, np.maximum(rows.lower - activity, activity - rows.upper)).sum()
    return Candidates(X, np.asarray(counts, dtype=np.int64), _costs(formulation, program, X), broken), program


def best_verified(formulation: Formulation, candidates: Candidates) -> Verified | None:
    """The best candidate by violation, then cost, verified on the instance; None without candidates.

    Raises
    ------
    DisagreementError
        Rows and instance disagree on whether the point is feasible.
    """
    if not len(candidates.X):
        return None
    at = int(candidates.order()[0])
    verified = verify_point(formulation, candidates.X[at])
    if verified.is_feasible != bool(candidates.feasible[at]):
        raise DisagreementError(
            f"rows and instance must agree on feasibility, got {bool(candidates.feasible[at])} by the rows of "
            f"{formulation.name} and {dict(verified.violations)} by the instance; this is a bug in the formulation"
        )
    return verified


def _costs(formulation: Formulation, program: BinaryProgram, X: Bits) -> Float:
    """Cost of the objective at each point: a surrogate's own cost only ranks points."""
    if not formulation.is_surrogate:
        return program.costs(X)
    return np.array([_native_cost(formulation, x) for x in X], dtype=np.float64)


def _native_cost(formulation: Formulation, x: Bits) -> float:
    solution = formulation.decode(x)
    if solution is None:
        return np.inf
    return signed(formulation.problem, float(verify(formulation.problem, solution).objective or 0))


def new_rows(program: BinaryProgram, rows: Rows) -> Rows:
    """The rows whose names the program does not have yet."""
    known = set(program.constraints.names)
    new = [i for i, name in enumerate(rows.names) if name not in known]
    return Rows(rows.A[new], rows.lower[new], rows.upper[new], tuple(rows.names[i] for i in new))
