"""Pictures of routing answers: routes in the plane, and the schedule with windows, arrivals and waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..core import Problem, Solution
from ..problems.tsptw import Tsptw
from ..problems.vehicles import Cvrp, Vrptw, routes_of
from .drawing import pyplot, save_picture

#: Rows of a schedule beyond which it could not be read.
MAX_ROWS = 150


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
    from ..problems.windows import arrivals

    row = 0
    ticks: list[str] = []
    windows = np.asarray(problem.windows, dtype=np.float64)
    for r, route in enumerate(routes):
        starts = arrivals(problem.travel, windows[:, 0], np.array(route, dtype=np.int64))
        now, node = float(windows[0, 0]), 0
        for stop, start in zip([*route, 0], starts.tolist()):
            if row >= MAX_ROWS:
                break
            reached = now + float(problem.travel[node, stop])
            early, late = windows[stop]
            axis.barh(row, late - early, left=early, height=0.6, color="0.85")
            if start > reached:
                axis.barh(row, start - reached, left=reached, height=0.25, fill=False, hatch="////", linewidth=0)
            colour = "red" if start > late + problem.tolerance else colours(r % 20)
            axis.plot(start, row, "o", color=colour, markersize=3)
            ticks.append(str(stop))
            now, node, row = start, stop, row + 1
    if row <= 40:
        axis.set_yticks(range(row), ticks, fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel("time")
    axis.set_title("schedule: window grey, waiting hatched, service a dot")
