"""Pictures of routing answers: routes in the plane, and the schedule with windows, arrivals and waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Problem, Solution
from ..problems.tsptw import Tsptw
from ..problems.vehicles import Cvrp, Vrptw, routes_of
from .drawing import pyplot, save_picture

#: Kinds whose answers are routes.
ROUTED = frozenset({"tsptw", "cvrp", "vrptw"})
#: Rows of a schedule beyond which it could not be read.
MAX_ROWS = 150


@dataclass(frozen=True, slots=True)
class Stop:
    """One row of a schedule; ``route`` counts from 1, ``node`` 0 is the return to the depot.

    ``start`` of service (or the return) is at ``max(early, reached)``; it is late beyond the instance's tolerance.
    """

    route: int
    node: int
    reached: float
    start: float
    early: float
    late: float
    is_late: bool

    @property
    def waiting(self) -> float:
        """Time between arrival and start of service."""
        return self.start - self.reached


def routes_in(problem: Problem, solution: Solution) -> list[list[int]]:
    """The routes of a tsptw, cvrp or vrptw solution as lists of customers.

    Raises
    ------
    ValueError
        Another kind of problem.

    Examples
    --------
    >>> routes_in(Tsptw([[0, 1], [1, 0]], [[0, 9], [0, 9]]), np.array([1]))
    [[1]]
    """
    if isinstance(problem, Tsptw):
        problem.violations(solution)  # checks that it is an order
        return [np.asarray(solution).tolist()]
    if isinstance(problem, Cvrp | Vrptw):
        return [route.tolist() for route in routes_of(solution, problem.num_customers)]
    raise ValueError(f"a picture of routes must have a tsptw, cvrp or vrptw instance, got {problem.kind}; leave it out")


def schedule(problem: Any, routes: Sequence[Sequence[int]]) -> list[Stop]:
    """Arrival, window and start of service at every stop and return, route by route, for an instance with windows.

    Examples
    --------
    >>> tour = Tsptw([[0, 2, 3], [2, 0, 2], [3, 2, 0]], [[0, 20], [0, 9], [6, 9]])
    >>> [(stop.node, stop.reached, stop.waiting) for stop in schedule(tour, [[1, 2]])]
    [(1, 2.0, 0.0), (2, 4.0, 2.0), (0, 9.0, 0.0)]
    """
    from ..problems.windows import arrivals

    windows = np.asarray(problem.windows, dtype=np.float64)
    stops = []
    for r, route in enumerate(routes, start=1):
        starts = arrivals(problem.travel, windows[:, 0], np.array(route, dtype=np.int64))
        now, node = float(windows[0, 0]), 0
        for stop, start in zip([*route, 0], starts.tolist()):
            early, late = windows[stop].tolist()
            reached = now + float(problem.travel[node, stop])
            stops.append(Stop(r, stop, reached, start, early, late, start > late + problem.tolerance))
            now, node = start, stop
    return stops


def plot_routes(problem: Any, solution: Solution, path: Path) -> None:
    """Routes where there are coordinates, and the schedule where there are windows, into one PNG or SVG.

    The schedule has a row a stop, in the order of the routes: the window grey, waiting hatched, service a dot, red
    where it is late.

    Raises
    ------
    ValueError
        The instance has neither coordinates nor windows, or is of another kind.
    """
    routes = routes_in(problem, solution)
    has_map, has_times = problem.coordinates is not None, problem.windows is not None
    panels = [draw for draw, wanted in ((_draw_map, has_map), (_draw_schedule, has_times)) if wanted]
    if not panels:
        raise ValueError("a picture of routes must have coordinates or windows, got neither; give the instance some")
    plt = pyplot()
    figure, axes = plt.subplots(1, len(panels), figsize=(6 * len(panels), 5.5), squeeze=False)
    colours = plt.get_cmap("tab20")
    for axis, draw in zip(axes[0], panels):
        draw(axis, problem, routes, colours)
    objective, broken = problem.objective(solution), problem.violations(solution)
    words = "feasible" if not broken else f"breaks {', '.join(list(broken)[:3])}"
    figure.suptitle(f"{problem.name or problem.kind}: {objective:g}, {len(routes)} routes, {words}")
    figure.tight_layout()
    save_picture(figure, path, dpi=150)
    plt.close(figure)


def _draw_map(axis: Any, problem: Any, routes: list[list[int]], colours: Any) -> None:
    points = np.asarray(problem.coordinates, dtype=np.float64)
    for r, route in enumerate(routes):
        path = points[[0, *route, 0]]
        axis.plot(path[:, 0], path[:, 1], "-o", color=colours(r % 20), markersize=3, linewidth=1)
    axis.plot(*points[0], "ks", markersize=7)
    axis.set_aspect("equal", adjustable="datalim")
    axis.set_title("routes")


def _draw_schedule(axis: Any, problem: Any, routes: list[list[int]], colours: Any) -> None:
    stops = schedule(problem, routes)[:MAX_ROWS]
    for row, stop in enumerate(stops):
        axis.barh(row, stop.late - stop.early, left=stop.early, height=0.6, color="0.85")
        if stop.waiting > 0:
            axis.barh(row, stop.waiting, left=stop.reached, height=0.25, fill=False, hatch="////", linewidth=0)
        colour = "red" if stop.is_late else colours((stop.route - 1) % 20)
        axis.plot(stop.start, row, "o", color=colour, markersize=3)
    if len(stops) <= 40:
        axis.set_yticks(range(len(stops)), [str(stop.node) for stop in stops], fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel("time")
    axis.set_title("schedule: window grey, waiting hatched, service a dot")
