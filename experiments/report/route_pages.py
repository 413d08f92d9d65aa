"""Routes and schedules as inline SVG of our own, and as tables that hold the same figures in words.

The pictures need neither a script nor a plotting library; colours are the page's, and every text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from ...core import AnyArray
from ..plot_routes import MAX_ROWS, Stop, schedule
from .routes import RouteAnswer, RouteAnswers
from .tables import Cell, Column, Table, count, html_table, words

#: Width of a picture, height of the map, and margins, in units of the SVG.
WIDTH = 430
MAP_HEIGHT = 380
LEFT, TOP, BOTTOM, RIGHT = 52, 12, 44, 12
#: Highest row of a schedule, and the height that rows share.
ROW_HEIGHT = 16.0
ROWS_HEIGHT = 640.0
#: Colours of the page, and rows lower than this without a name.
NUM_COLORS = 10
NAMED_HEIGHT = 9.0


def routes_html(answers: RouteAnswers) -> str:
    """A figure and a table an answer, then what was left out; empty without any."""
    figures = "".join(_figure(answer, k) for k, answer in enumerate(answers.drawn, start=1))
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in answers.notes)
    said = (
        "<p>The best answer of each instance, its objective and every window and load computed anew from the "
        "instance's data. Below each picture a table says the same.</p>"
    )
    return (said if figures else "") + figures + notes


def _figure(answer: RouteAnswer, number: int) -> str:
    problem, stops = answer.problem, _stops(answer)
    pictures = [_map(answer)] if problem.coordinates is not None else []
    pictures += [_schedule(answer, stops)] if stops else []
    shown = "".join(f"<div>{picture}</div>" for picture in pictures)
    narrow = "" if len(pictures) == 2 else ' style="max-width: 36rem"'
    table = _stop_table(stops, number) if stops else _route_table(answer, number)
    summary = "Arrivals, windows and waiting" if stops else "Stops of the routes"
    return (
        f"<figure><h3>{escape(answer.run.name)}</h3>"
        + (f'<div class="panels"{narrow}>{shown}</div>' if pictures else "")
        + f"<figcaption>{_caption(answer, stops)}</figcaption>"
        + f"<details><summary>{summary}</summary>{html_table(table)}</details></figure>"
    )


def _stops(answer: RouteAnswer) -> list[Stop]:
    return [] if answer.problem.windows is None else schedule(answer.problem, answer.routes)


def _caption(answer: RouteAnswer, stops: Sequence[Stop]) -> str:
    run, routes = answer.run, len(answer.routes)
    told = [
        f"{run.kind}, {_number(run.objective)}, {routes} route{'' if routes == 1 else 's'}, "
        f"by {run.pipeline}, seed {run.seed}."
    ]
    told += [f"{name.capitalize()}: {value}." for name, value in answer.problem.conventions.items()]
    if stops:
        told.append(f"Waiting in all: {_number(sum(stop.waiting for stop in stops))}.")
        told.append(
            "Schedule: a row a stop, grey the window, a dashed line waiting, a dot the start of service; "
            "windows are cut at the right edge."
        )
    if len(stops) > MAX_ROWS:
        told.append(f"Drawn are the first {MAX_ROWS} of {len(stops):,} rows; the table has all.")
    link = f' <a href="#run-{escape(run.id[:12])}">Record</a>'
    return escape(" ".join(told)) + link


def _map(answer: RouteAnswer) -> str:
    """Routes in the plane, one scale for both axes, the depot a square."""
    points = _placed(np.asarray(answer.problem.coordinates, dtype=np.float64))
    parts = []
    for r, route in enumerate(answer.routes, start=1):
        path = points[[0, *route, 0]]
        line = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in path.tolist())
        dash = ' stroke-dasharray="5 3"' if (r - 1) // NUM_COLORS % 2 else ""
        title = f"route {r}: {len(route)} stops, {_loaded(answer.problem, route)}"
        parts.append(
            f'<path d="{line}" fill="none" stroke="{_color(r)}" stroke-width="1.5"{dash}>'
            f"<title>{escape(title)}</title></path>"
        )
        for stop in route:
            x, y = points[stop].tolist()
            dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_color(r)}">'
            parts.append(f"{dot}<title>customer {stop}, route {r}</title></circle>")
    x, y = points[0].tolist()
    parts.append(
        f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="var(--ink)"><title>depot</title></rect>'
    )
    return _svg(f"Routes of {answer.run.name} in the plane", MAP_HEIGHT, parts)


def _placed(points: AnyArray) -> AnyArray:
    """Points of the plane as places in the picture, y upwards."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([WIDTH - 2 * TOP, MAP_HEIGHT - 2 * TOP], dtype=np.float64)
    span = high / 2 - low / 2  # halves: the span of the largest floats is none
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = float(np.nanmin(np.where(span > 0, room / span, np.inf))) / 2
    scale = scale if np.isfinite(scale) else 0.0
    centred = (points - (low / 2 + high / 2)) * [scale, -scale]
    placed: AnyArray = centred + np.array([WIDTH / 2, MAP_HEIGHT / 2])
    return placed


def _schedule(answer: RouteAnswer, stops: Sequence[Stop]) -> str:
    """A row a stop in the order of the routes: window, waiting, service; horizontal is time."""
    shown = stops[:MAX_ROWS]
    height = min(ROW_HEIGHT, ROWS_HEIGHT / len(shown))
    first = min(min(stop.early, stop.reached) for stop in shown)
    # windows that go on for long after the last return would leave no room for the others: they are cut
    last = max(stop.start for stop in shown)
    reach = first + 1.15 * (last - first) if last > first else first + 1.0
    span = (WIDTH - LEFT - RIGHT) / (reach - first) if reach > first else 0.0

    def at(time: float) -> float:
        return LEFT + (min(time, reach) - first) * span

    floor = TOP + height * len(shown)
    parts = [_time_axis(first, reach, at, floor)]
    for row, stop in enumerate(shown):
        middle = TOP + height * (row + 0.5)
        parts.append(_row(stop, middle, height, at))
    return _svg(f"Schedule of {answer.run.name}: windows, arrivals and waiting", floor + BOTTOM, parts)


def _row(stop: Stop, middle: float, height: float, at: Any) -> str:
    early, late, reached, start = map(at, (stop.early, stop.late, stop.reached, stop.start))
    name = "depot" if stop.node == 0 else str(stop.node)
    title = (
        f"route {stop.route}, {name}: arrival {_number(stop.reached)}, "
        f"window {_number(stop.early)} to {_number(stop.late)}, waiting {_number(stop.waiting)}"
    )
    label = f'<text class="soft" x="{LEFT - 6}" y="{middle + 4:.1f}" text-anchor="end">{name}</text>'
    waiting = (
        f'<line x1="{reached:.1f}" x2="{start:.1f}" y1="{middle:.1f}" y2="{middle:.1f}" stroke="{_color(stop.route)}" '
        'stroke-width="1.5" stroke-dasharray="3 2"/>'
        if stop.waiting > 0
        else ""
    )
    return (
        f"<g><title>{escape(title)}</title>"
        f'<rect x="{early:.1f}" y="{middle - 0.35 * height:.1f}" width="{max(1.0, late - early):.1f}" '
        f'height="{0.7 * height:.1f}" fill="var(--line)"/>{waiting}'
        f'<circle cx="{start:.1f}" cy="{middle:.1f}" r="{min(3.0, 0.4 * height):.1f}" fill="{_color(stop.route)}"/>'
        + (label if height >= NAMED_HEIGHT else "")
        + "</g>"
    )


def _time_axis(first: float, reach: float, at: Any, floor: float) -> str:
    parts = [f'<path class="frame" d="M{LEFT},{TOP}V{floor:.1f}H{WIDTH - RIGHT}"/>']
    for time in _ticks(first, reach):
        parts.append(
            f'<text class="soft" x="{at(time):.1f}" y="{floor + 16:.1f}" text-anchor="middle">{time:.6g}</text>'
        )
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{floor + 36:.1f}" text-anchor="middle">time</text>')
    return "".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers within the range, about five."""
    raw = (high - low) / 5
    if raw <= 0:  # beyond what floats tell apart
        return [low]
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _svg(label: str, height: float, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def _stop_table(stops: Sequence[Stop], number: int) -> Table:
    columns = [
        Column("route"),
        Column("stop", "Customer, or the return to the depot."),
        Column("arrival"),
        Column("window opens"),
        Column("window closes"),
        Column("waiting"),
        Column("service starts"),
    ]
    rows = []
    for stop in stops:
        times = (stop.reached, stop.early, stop.late, stop.waiting, stop.start)
        name = words("depot") if stop.node == 0 else count(stop.node)
        rows.append([count(stop.route), name, *(Cell(_number(time), time) for time in times)])
    return Table(f"routes-{number}", "Arrivals, windows and waiting", columns, rows)


def _route_table(answer: RouteAnswer, number: int) -> Table:
    columns = [Column("route"), Column("stops"), Column("distance"), Column("load"), Column("customers in order")]
    rows = []
    for r, route in enumerate(answer.routes, start=1):
        length, load = _length(answer.problem, route), _load(answer.problem, route)
        figures = (Cell(_number(length), length), Cell(_number(load), load))
        rows.append([count(r), count(len(route)), *figures, words(", ".join(map(str, route)))])
    return Table(f"routes-{number}", "Stops of the routes", columns, rows)


def _loaded(problem: Any, route: Sequence[int]) -> str:
    said = f"length {_number(_length(problem, route))}"
    return said if not hasattr(problem, "demands") else f"{said}, load {_number(_load(problem, route))}"


def _length(problem: Any, route: Sequence[int]) -> float:
    table = problem.distances if hasattr(problem, "distances") else problem.travel
    return float(sum(table[u, v] for u, v in zip([0, *route], [*route, 0])))


def _load(problem: Any, route: Sequence[int]) -> float:
    return float(problem.demands[list(route)].sum())


def _color(route: int) -> str:
    return f"var(--p{(route - 1) % NUM_COLORS})"


def _number(value: float | None) -> str:
    """A figure to ten digits, so that rounding of sums is not seen."""
    return "-" if value is None else f"{value:.10g}"
