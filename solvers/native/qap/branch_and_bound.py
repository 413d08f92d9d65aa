"""Branch and bound for QAP under the Gilmore-Lawler bound: many nodes of one depth at a time, deepest first.

Proves instances of about 15 facilities (18 where the flow is sparse) in seconds; the bound is too weak for much
beyond, and at a time limit the incumbent and the smallest bound of the open nodes come back. Integer matrices only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ....algorithms.exchanges import permutation_values
from ....core.arrays import Float, Int, frozen
from .bound import check_magnitude, forced_increases, gilmore_lawler_bound, reduce_nodes, solve_assignments
from .symmetry import automorphisms, is_repeated, symmetrized, value_step
from .tabu import tabu_search

__all__ = ["QapResult", "gilmore_lawler_bound", "solve_qap"]

#: Entries of the batched cost matrices held at once; measured: larger batches leave the cache and gain nothing.
_BATCH_ENTRIES = 120_000
#: Tabu steps for the start incumbent, per facility squared, and the share of a time limit they may take.
_TABU_STEPS, _TABU_SHARE = 5, 0.2


@dataclass(frozen=True, eq=False)
class QapResult:
    """Incumbent and global bound of a QAP search.

    Parameters
    ----------
    permutation : facility i stands at location ``permutation[i]``.
    value : objective of the permutation.
    bound : no permutation is cheaper; proven also when the time ran out.
    is_proven : ``bound == value``: no permutation is better.
    nodes : nodes whose bound was computed.
    trace : (seconds, value) of every new incumbent.
    """

    permutation: Int
    value: int
    bound: int
    is_proven: bool
    nodes: int
    trace: tuple[tuple[float, int], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "permutation", frozen(self.permutation, np.int64))


def solve_qap(
    flow: npt.ArrayLike,
    distance: npt.ArrayLike,
    *,
    seconds: float | None = None,
    incumbent: npt.ArrayLike | None = None,
    on_incumbent: Callable[[Int], bool] | None = None,
    seed: int = 0,
) -> QapResult:
    """Optimum of ``min_p sum_ij F[i, j] D[p(i), p(j)]`` over permutations, proven unless the time runs out.

    At each node the Gilmore-Lawler matrix is solved as an assignment problem, and all-pairs shortest paths in its
    residual graph give the exact optimum with any single pair forced: these are the bounds of all children. The node
    branches on the facility or the location whose children are cut most; children that an automorphism of the flow or
    distance matrix maps to each other are searched once.

    Parameters
    ----------
    flow, distance : integer matrices of shape (n, n); asymmetric ones, negative entries and diagonals are allowed.
    seconds : time limit; None searches to the end.
    incumbent : permutation to start from, beside that of a tabu search.
    on_incumbent : called with the permutation at every improvement; True ends the search as a time limit does.
    seed : of the tabu search; the proof does not depend on it, the number of nodes may.

    Raises
    ------
    ValueError
        The matrices are not integer, not square of one size, or too large for exact float64 sums.

    References
    ----------
    P. C. Gilmore (1962), doi:10.1137/0110022; E. L. Lawler (1963), doi:10.1287/mnsc.9.4.586; branching on one
    facility or location into all its children after T. Mautor, C. Roucairol (1994), A new exact algorithm for the
    solution of quadratic assignment problems, doi:10.1016/0166-218X(94)90127-9, who also use the symmetries of grids.

    Examples
    --------
    >>> result = solve_qap([[0, 5, 2], [5, 0, 3], [2, 3, 0]], [[0, 1, 4], [1, 0, 2], [4, 2, 0]])
    >>> result.value, result.bound, result.is_proven
    (38, 38, True)
    """
    F, D = _checked(flow, "flow"), _checked(distance, "distance")
    n = len(F)
    if F.shape != D.shape:
        raise ValueError(f"flow and distance must have one size, got {F.shape} and {D.shape}")
    check_magnitude(F, D)
    run = _Search(F, D, seconds, on_incumbent)
    if incumbent is not None:
        start = np.asarray(incumbent, dtype=np.int64)
        if start.shape != (n,) or (np.sort(start) != np.arange(n)).any():
            raise ValueError(f"incumbent must be a permutation of 0..{n - 1}, got {incumbent!r}")
        run.offer(start[None])
    tabu_seconds = np.inf if seconds is None else _TABU_SHARE * seconds
    rng = np.random.default_rng(seed)

    def offer(permutation: Int, _: float) -> None:
        run.offer(permutation[None])

    tabu_search(F, D, rng, num_steps=_TABU_STEPS * n**2, seconds=tabu_seconds, report=offer)
    run.search()
    return run.result()


def _checked(matrix: npt.ArrayLike, name: str) -> Float:
    given = np.asarray(matrix, dtype=np.float64)
    given = given.reshape(0, 0) if given.size == 0 else given
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ValueError(f"{name} must be a square matrix, got shape {given.shape}")
    if not (given == np.rint(given)).all():
        raise ValueError(f"{name} must hold integers, got {given[given != np.rint(given)][0]}; multiply it up")
    return given


@dataclass(frozen=True, eq=False)
class _Nodes:
    """Open nodes of one depth: partial permutations (k, n), -1 for free facilities, and their bounds, ascending."""

    partial: Int
    bounds: Float


class _Search:
    """State of one run; it lives within one call of ``solve_qap``."""

    def __init__(
        self, flow: Float, distance: Float, seconds: float | None, report: Callable[[Int], bool] | None
    ) -> None:
        self.began = time.perf_counter()
        self.seconds = np.inf if seconds is None else seconds
        self.report = report
        self.flow, self.distance = flow, distance
        self.step = value_step(flow, distance)
        self.value = np.inf
        self.permutation = np.arange(len(flow))
        self.trace: list[tuple[float, int]] = []
        self.open: list[list[_Nodes]] = [[] for _ in range(len(flow) + 1)]
        self.num_nodes = 0
        self.is_stopped = False

    def offer(self, permutations: Int) -> Float:
        """Values of the permutations; the best becomes the incumbent if it is better."""
        values = permutation_values(self.flow, self.distance, permutations)
        leader = int(values.argmin())
        if values[leader] < self.value:
            self.value, self.permutation = float(values[leader]), permutations[leader].copy()
            self.trace.append((time.perf_counter() - self.began, int(self.value)))
            if self.report is not None:
                self.is_stopped |= self.report(self.permutation)
        return values

    def is_cut(self, bounds: Float) -> npt.NDArray[np.bool_]:
        """No value of the instance's step lies between the bound and the incumbent."""
        cut: npt.NDArray[np.bool_] = np.ceil(bounds / self.step) * self.step >= self.value
        return cut

    def search(self) -> None:
        n = len(self.flow)
        flow, distance = symmetrized(self.flow, self.distance)
        groups = automorphisms(flow), automorphisms(distance)
        if n:
            self.open[0].append(_Nodes(np.full((1, n), -1), np.array([-np.inf])))
        while (nodes := self._take()) is not None:
            children = self._expand(flow, distance, groups, nodes)
            if children is not None:
                self.open[n - int((children.partial[0] < 0).sum())].append(children)
            if self.is_stopped or time.perf_counter() - self.began > self.seconds:
                return

    def _take(self) -> _Nodes | None:
        """Best nodes of the deepest open list, as many as a batch holds and are not cut."""
        n = len(self.flow)
        for depth in range(n, -1, -1):
            size = max(1, _BATCH_ENTRIES // max(1, n - depth) ** 2)
            while self.open[depth]:
                nodes = self.open[depth].pop()
                alive = int((~self.is_cut(nodes.bounds)).sum())  # bounds ascend, so these come first
                if alive > size:
                    self.open[depth].append(_Nodes(nodes.partial[size:alive], nodes.bounds[size:alive]))
                if alive:
                    return _Nodes(nodes.partial[:size][:alive], nodes.bounds[:size][:alive])
        return None

    def _expand(self, flow: Float, distance: Float, groups: tuple[Int, Int], nodes: _Nodes) -> _Nodes | None:
        """Children of a batch that are not cut, best bound first; None if there are none."""
        self.num_nodes += len(nodes.bounds)
        reduced = reduce_nodes(flow, distance, nodes.partial)
        columns, permuted = solve_assignments(reduced.costs)
        bounds = np.einsum("bii->b", permuted) + reduced.constants
        complete = nodes.partial.copy()
        np.put_along_axis(complete, reduced.facilities, np.take_along_axis(reduced.locations, columns, axis=1), axis=1)
        values = self.offer(complete)
        # with one or two free facilities the relaxation is exact, so such nodes always end here
        alive = ~self.is_cut(bounds) & (bounds < values)
        if not alive.any():
            return None
        increases = np.empty_like(permuted[alive])
        at_columns = np.broadcast_to(columns[alive][:, None, :], increases.shape)
        np.put_along_axis(increases, at_columns, forced_increases(permuted[alive]), axis=2)
        forced = bounds[alive][:, None, None] + increases
        free, places = reduced.facilities[alive], reduced.locations[alive]
        return self._branch(nodes.partial[alive], free, places, bounds[alive], forced, groups)

    def _branch(
        self, partial: Int, free: Int, places: Int, bounds: Float, forced: Float, groups: tuple[Int, Int]
    ) -> _Nodes | None:
        """One facility or one location of each node is put everywhere; ``forced[b, i, j]`` bounds free[i] at places[j].

        Chosen is the line with the largest sum of the children's growth, a cut child counting twice the way to the
        incumbent.
        """
        m = free.shape[1]
        is_placed = partial >= 0
        is_used = np.ones_like(is_placed)
        np.put_along_axis(is_used, places, False, axis=1)
        same_facility = np.take_along_axis(is_repeated(groups[0], is_placed), free, axis=1)
        same_place = np.take_along_axis(is_repeated(groups[1], is_used), places, axis=1)
        cut = self.is_cut(forced)
        row_cut, column_cut = cut | same_place[:, None, :], cut | same_facility[:, :, None]
        growth, most = forced - bounds[:, None, None], 2.0 * (self.value - bounds)[:, None, None]
        by_row = np.where(row_cut, most, growth).sum(axis=2)
        by_column = np.where(column_cut, most, growth).sum(axis=1)
        line = np.concatenate([by_row, by_column], axis=1).argmax(axis=1)
        is_row = line < m
        chosen = np.zeros_like(cut)
        rows, columns = np.flatnonzero(is_row), np.flatnonzero(~is_row)
        chosen[rows, line[rows], :] = ~row_cut[rows, line[rows], :]
        chosen[columns, :, line[columns] - m] = ~column_cut[columns, :, line[columns] - m]
        parent, i, j = np.nonzero(chosen)
        if not parent.size:
            return None
        children = partial[parent]
        children[np.arange(parent.size), free[parent, i]] = places[parent, j]
        child_bounds = forced[parent, i, j]
        order = np.argsort(child_bounds, kind="stable")
        return _Nodes(children[order], child_bounds[order])

    def result(self) -> QapResult:
        lowest = min((float(nodes.bounds[0]) for level in self.open for nodes in level), default=np.inf)
        bound = min(self.value, np.ceil(lowest / self.step) * self.step)
        value = int(self.value)
        return QapResult(self.permutation, value, int(bound), int(bound) == value, self.num_nodes, tuple(self.trace))
