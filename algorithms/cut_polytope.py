"""Max-Cut LP over the odd-cycle relaxation of the cut polytope: a bound, and fractional sides of the graph's edges.

Exact on graphs without a K5 minor (planar ones), strong on sparse ones; on dense graphs the LP is large and weaker than
the SDP. Only edges of the graph are variables: pairs without an edge get no value.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..core.arrays import Float, Int, frozen
from ..core.margins import SOLVER
from .highs_run import run_highs
from .linear import dual_value
from .odd_cycles import CycleRows, triangles, violated_odd_cycles, violated_triangles

#: Triangles per edge above which interior point beats simplex (measured on G(60, p): equal near p = 0.5).
_MANY_TRIANGLES = 5.0


@dataclass(frozen=True)
class OddCycles:
    """Settings of the cutting-plane loop.

    Parameters
    ----------
    tolerance : a cycle counts as violated beyond this.
    max_rounds, seconds : limits; stopped early, the bound holds but may be weaker. None: no limit.
    rows_per_round : most rows added in a round, the most violated ones.
    method : of the LPs; auto: interior point on dense graphs, where x is then the middle of the optimal face, simplex
        on sparse ones, where x is a vertex. An interior point run that does not converge is repeated by simplex.
    """

    tolerance: float = SOLVER
    max_rounds: int | None = None
    seconds: float | None = None
    rows_per_round: int = 2000
    method: Literal["auto", "simplex", "ipm"] = "auto"


@dataclass(frozen=True, eq=False)
class CutLpResult:
    """Optimum of the odd-cycle relaxation.

    Parameters
    ----------
    x : shape (m,), 1 for an edge that is cut, 0 for one that is not, fractions between.
    value : the LP's value at x.
    bound : no cut is heavier: recomputed from the row duals, up to rounding.
    is_complete : no odd cycle is violated at x by more than the tolerance; else a limit ended the rounds.
    rounds, num_rows : LPs solved, and odd-cycle rows at the end.
    """

    x: Float
    value: float
    bound: float
    is_complete: bool
    rounds: int
    num_rows: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", frozen(self.x))

    @property
    def correlations(self) -> Float:
        """``b_uv = 1 - 2 x_uv`` of the edges, in [-1, 1]: > 0 for the same side."""
        return 1.0 - 2.0 * self.x


def cut_polytope_lp(
    num_nodes: int,
    heads: npt.ArrayLike,
    tails: npt.ArrayLike,
    weights: npt.ArrayLike,
    settings: OddCycles | None = None,
) -> CutLpResult:
    """Optimum of ``max w'x`` over ``x(F) - x(C - F) <= |F| - 1``, C a cycle, F an odd part of it, ``0 <= x <= 1``.

    Triangles are separated first, by enumeration; when none is violated, all odd cycles exactly, by shortest paths in
    the doubled graph. Rows that stay slack are dropped, and come back if they are violated again.

    Parameters
    ----------
    heads, tails, weights : the edges, shape (m,); no loops, no parallel edges; weights of either sign.

    Raises
    ------
    ValueError
        An edge is a loop, stands twice, or has an end outside 0..num_nodes - 1.

    References
    ----------
    F. Barahona, A. R. Mahjoub (1986), On the cut polytope, doi:10.1007/BF02592023: the inequalities, their
    separation, and exactness without K5 minor.

    Examples
    --------
    >>> heads, tails = np.triu_indices(5, 1)
    >>> result = cut_polytope_lp(5, heads, tails, np.ones(10))
    >>> round(result.bound, 4), result.is_complete
    (6.6667, True)
    """
    settings = settings or OddCycles()
    edges, w = _checked(num_nodes, heads, tails, weights)
    if not w.size:
        return CutLpResult(np.zeros(0), 0.0, 0.0, True, 0, 0)
    corners = triangles(num_nodes, edges)
    method = settings.method
    if method == "auto":
        method = "ipm" if len(corners) > _MANY_TRIANGLES * w.size else "simplex"
    lp = _CutLp(w, method)
    deadline = np.inf if settings.seconds is None else time.perf_counter() + settings.seconds
    while True:
        if not lp.solve(deadline - time.perf_counter()) or lp.rounds == settings.max_rounds:
            return lp.result(False)
        found = violated_triangles(corners, lp.x, settings.tolerance)
        if not len(found):
            found = violated_odd_cycles(num_nodes, edges, lp.x, settings.tolerance, deadline)
        if time.perf_counter() > deadline:
            return lp.result(False)
        if not len(found):
            return lp.result(True)
        lp.drop_slack_rows()
        lp.add(found.most_violated(settings.rows_per_round))


class _CutLp:
    """The growing LP of one run, in HiGHS: simplex warm-started from round to round, or interior point."""

    def __init__(self, weights: Float, method: str) -> None:
        import highspy

        class Quiet(highspy.Highs):
            """HiGHS prints a line on stdout when callbacks are enabled, which the constructor does."""

            def enableCallbacks(self) -> None:
                self.setOptionValue("output_flag", False)
                super().enableCallbacks()  # type: ignore[no-untyped-call]

        m = weights.size
        self.weights, self.method = weights, method
        self.rounds = 0
        self.model = Quiet()  # type: ignore[no-untyped-call]
        self.model.setOptionValue("threads", 1)
        starts, nothing = np.zeros(m, dtype=np.int32), np.zeros(0)
        self.model.addCols(m, -weights, np.zeros(m), np.ones(m), 0, starts, nothing.astype(np.int32), nothing)
        self.rows = CycleRows.empty()
        self.idle = np.zeros(0, dtype=np.int64)  # rounds for which a row was slack, running
        self.x, self.bound = np.zeros(m), np.inf

    def solve(self, seconds: float) -> bool:
        """Optimum of the LP as it stands; False, and the last optimum kept, where the time was too short.

        Interior point runs without crossover: its optimum is a hundred times more accurate than a cycle's violation,
        and dense instances, whose vertices are very degenerate, take a tenth of simplex's time.
        """
        began = time.perf_counter()
        self.model.setOptionValue("run_crossover", "off")
        for method in dict.fromkeys((self.method, "simplex")):
            left = seconds - (time.perf_counter() - began)
            if left <= 0 and self.rounds:
                return False
            if np.isfinite(left) and self.rounds:  # the first LP has no rows and is always finished
                self.model.setOptionValue("time_limit", self.model.getRunTime() + left)  # it counts all runs
            self.model.setOptionValue("solver", method)
            run_highs(self.model)
            status = self.model.modelStatusToString(self.model.getModelStatus())
            if status == "Optimal":
                self._keep()
                return True
            if status == "Time limit reached":
                return False
        raise ArithmeticError(f"cut LP must be solved, HiGHS says {status}; rescale the weights")

    def _keep(self) -> None:
        solution = self.model.getSolution()
        self.rounds += 1
        self.x = np.clip(np.array(solution.col_value), 0.0, 1.0)
        # a tiny positive dual is the solver's tolerance: it would ask for the infinite side
        duals = np.minimum(np.array(solution.row_dual), 0.0)
        low, high = np.full(len(self.rows), -np.inf), self.rows.right_sides
        self.bound = -dual_value(-self.weights, self.rows.matrix(self.weights.size), low, high, duals)
        is_slack = np.array(solution.row_value) < high - SOLVER
        self.idle = np.where(is_slack, self.idle + 1, 0)

    def add(self, found: CycleRows) -> None:
        starts = found.starts[:-1].astype(np.int32)
        low = np.full(len(found), -np.inf)
        self.model.addRows(
            len(found), low, found.right_sides, found.edges.size, starts, found.edges.astype(np.int32), found.signs
        )
        self.rows = self.rows.joined(found)
        self.idle = np.concatenate([self.idle, np.zeros(len(found), dtype=np.int64)])

    def drop_slack_rows(self, patience: int = 5) -> None:
        """Rows slack for ``patience`` rounds leave; the bound can only come back, since they may be found again."""
        is_dropped = self.idle >= patience
        if is_dropped.sum() < 0.2 * max(1, is_dropped.size):
            return
        gone = np.flatnonzero(is_dropped).astype(np.int32)
        self.model.deleteRows(gone.size, gone)
        self.rows, self.idle = self.rows.kept(~is_dropped), self.idle[~is_dropped]

    def result(self, is_complete: bool) -> CutLpResult:
        value = float(self.weights @ self.x)
        return CutLpResult(self.x, value, self.bound, is_complete, self.rounds, len(self.rows))


def _checked(num_nodes: int, heads: Any, tails: Any, weights: Any) -> tuple[Int, Float]:
    edges = np.sort(np.stack([np.asarray(heads, np.int64), np.asarray(tails, np.int64)], axis=1), axis=1)
    w = np.asarray(weights, dtype=np.float64)
    if w.shape != (len(edges),):
        raise ValueError(f"weights must be one for each of {len(edges)} edges, got shape {w.shape}")
    if edges.size and (edges.min() < 0 or edges.max() >= num_nodes):
        raise ValueError(f"edges must join nodes 0..{num_nodes - 1}, got {int(edges.min())}..{int(edges.max())}")
    if (edges[:, 0] == edges[:, 1]).any() or len(np.unique(edges, axis=0)) != len(edges):
        raise ValueError("edges must be no loops and stand once each; add up the weights of parallel edges")
    return edges, w
