"""PNG and SVG of every plot by matplotlib, from the same values that the page draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..drawing import pyplot, save_picture
from .plot import LINEAR_BELOW, MUTED, Axis, Panel, Plot, Series

#: Colours by position, for light ground; after Okabe and Ito (2008), Color Universal Design, yellow darkened.
PALETTE = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#9A7D0A", "#56B4E9", "#7B3FA0", "#E69F00", "#5D4037", "#C0392B",
)  # fmt: skip
MUTED_COLOR = "#888888"
MARKERS = "osD^vP*X<>"
#: Panels side by side.
COLUMNS = 3


def draw_pictures(plots: Sequence[Plot], folder: Path) -> list[Path]:
    """``KEY.png`` and ``KEY.svg`` of each plot that has something to show.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    plt = pyplot()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    # no date and no random ids: equal rows give equal files
    with plt.rc_context({"svg.hashsalt": "qopt", "svg.fonttype": "none", "font.size": 9}):
        for plot in plots:
            if plot.is_empty:
                continue
            figure = _figure(plt, plot)
            for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None})):
                path = folder / (plot.key + suffix)
                save_picture(figure, path, dpi=120, metadata=metadata)
                figure.set_layout_engine("none")  # laid out once; the second file keeps the places
                written.append(path)
            plt.close(figure)
    return written


def _figure(plt: Any, plot: Plot) -> Any:
    panels = [panel for panel in plot.panels if panel.series]
    columns = 2 if len(panels) == 4 else min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    width = 8.0 if len(panels) == 1 else 4.2 * columns
    height = 3.6 if panels[0].y.is_hidden else 3.4 * rows + 0.6
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", squeeze=False)
    for axis, panel in zip(axes.flat, panels):
        _draw(axis, panel)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    figure.suptitle(plot.title)
    entries: dict[str, Any] = {}
    for axis in list(axes.flat)[: len(panels)]:
        handles, names = axis.get_legend_handles_labels()
        entries |= {name: handle for name, handle in zip(names, handles) if name not in entries}
    if entries:
        figure.legend(
            entries.values(), [_plain(name) for name in entries], loc="outside lower center", ncols=min(4, len(entries))
        )
    return figure


def _draw(axis: Any, panel: Panel) -> None:
    seen: set[str] = set()
    for series in panel.series:
        is_named = series.in_legend and series.name not in seen and series.mark != "text"
        seen |= {series.name} if is_named else set()
        _draw_series(axis, series, {"label": series.name} if is_named else {})
    axis.set_title(_plain(panel.title), fontsize="medium")
    _scale(axis, panel.x, "x")
    _scale(axis, panel.y, "y")
    if panel.y.is_hidden:
        axis.set_yticks([])
        for side in ("left", "right", "top"):
            axis.spines[side].set_visible(False)
    else:
        axis.grid(alpha=0.3, linewidth=0.5)


def _draw_series(axis: Any, series: Series, named: dict[str, str]) -> None:
    color = color_of(series.color)
    x = list(series.x)
    y = [float("nan") if value is None else value for value in series.y]
    dash = "--" if series.is_dashed else "-"
    match series.mark:
        case "points":
            marker = MARKERS[series.color % len(MARKERS)] if series.color != MUTED else "o"
            axis.plot(x, y, marker, color=color, markersize=4, alpha=0.75, **named)
        case "line":
            axis.plot(x, y, dash, color=color, linewidth=1, **named)
        case "step":
            axis.step(x, y, where="post", color=color, linewidth=1.3, **named)
        case "band":
            axis.fill_between(x, _numbers(series.low), _numbers(series.high), color=color, alpha=0.15, linewidth=0)
        case "bar":
            axis.bar(x, y, width=0.36 if len(x) == 3 else 0.18, color=color, alpha=0.85, **named)
            axis.plot(x, y, "_", color=color, markersize=12)  # a bar of height 0 is there, too
            _whiskers(axis, series, "0.2")
        case "interval":
            axis.plot(x, y, "o", color=color, markersize=4, **named)
            _whiskers(axis, series, color)
        case "segment":
            axis.plot(x, y, "-", color=color, linewidth=series.low[0] if series.low else 0.9, **named)
        case "text":
            for at, height, text in zip(x, y, series.labels):
                ground = color if series.color != MUTED else "0.2"
                axis.text(at, height, _plain(text), color=ground, va="center", fontsize=8)


def _whiskers(axis: Any, series: Series, color: str) -> None:
    if not series.low:
        return
    axis.vlines(series.x, _numbers(series.low), _numbers(series.high), color=color, linewidth=1)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def _scale(axis: Any, described: Axis, which: str) -> None:
    own = axis.xaxis if which == "x" else axis.yaxis
    set_scale = getattr(axis, f"set_{which}scale")
    if described.scale == "log":
        set_scale("log")
        _plain_ticks(own)
    elif described.scale == "symlog":
        set_scale("symlog", linthresh=LINEAR_BELOW)
    elif described.scale == "category":
        getattr(axis, f"set_{which}lim")(-0.6, len(described.names) - 0.4)
        own.set_ticks(range(len(described.names)), [_plain(name) for name in described.names])
        if len(described.names) > 4:
            axis.tick_params(which, rotation=30)
    if described.ticks:
        own.set_ticks(list(described.ticks))
    if described.is_percent:
        own.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    if described.low is not None or described.high is not None:
        getattr(axis, f"set_{which}lim")(described.low, described.high)
    getattr(axis, f"set_{which}label")(_plain(described.label))


def _plain_ticks(own: Any) -> None:
    """Numbers written out, between the decades too where there is hardly more than one."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = own.get_view_interval()
    text = FuncFormatter(lambda value, _: f"{value:g}")
    own.set_major_formatter(text)
    is_short = low > 0 and high / low < 30
    own.set_minor_locator(LogLocator(subs=(2, 3, 5)) if is_short else NullLocator())
    own.set_minor_formatter(text)


def color_of(position: int) -> str:
    """Colour of a palette's position."""
    return MUTED_COLOR if position == MUTED else PALETTE[position % len(PALETTE)]


def _plain(text: str) -> str:
    """Text that matplotlib does not take for mathematics."""
    return text.replace("$", r"\$")
