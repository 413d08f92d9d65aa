"""Picture of a shrinking: the QUBO's graph before and after, nodes of one class in one colour."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .drawing import pyplot, save_picture

#: Nodes beyond which nothing could be told apart.
MAX_NODES = 400
#: Names are written into graphs of at most so many nodes.
MAX_NAMED = 40
_FIXED, _ALONE = "0.75", "white"


def plot_merges(document: Mapping[str, Any], path: Path) -> None:
    """Draw a ``qopt.shrink/1`` document, as PNG or SVG by the suffix.

    Left the inner QUBO: a class of several bits has a colour of its own, thick edges tie bits of one class, fixed bits
    are grey with their value. Right the shrunk QUBO in the same colours, each class at the middle of its bits, its
    area growing with their number.

    Raises
    ------
    ValueError
        The graph was left out of the document or is too large to draw.
    """
    graph, count = document["graph"], len(document["names"])
    if graph is None or count > MAX_NODES:
        raise ValueError(
            f"a graph must have at most {MAX_NODES} bits to be drawn, got {count}; draw a smaller instance"
        )
    if count == 0:
        raise ValueError("a graph must have bits to be drawn, got none; the presolve had fixed every variable")
    plt = pyplot()
    index, flip = (np.array(document["bits"][key]) for key in ("index", "flip"))
    edges = list(zip(graph["heads"], graph["tails"], strict=True))
    at = _positions(count, edges)
    colours = _colours(index)
    figure, (before, after) = plt.subplots(1, 2, figsize=(11, 5.2), layout="constrained")
    _draw_before(before, document, at, colours, edges, index, flip)
    _draw_after(after, document, at, edges, index, colours)
    title = f"{document['name']}: {count} bits shrunk to {int(index.max(initial=-1)) + 1} ({document['ended']})"
    figure.suptitle(title)
    save_picture(figure, path, dpi=100)
    plt.close(figure)


def _positions(count: int, edges: list[tuple[int, int]]) -> Any:
    """A place for each bit, shape (n, 2), by networkx's spring layout with a fixed seed."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges)
    places = networkx.spring_layout(graph, seed=1, k=1.6 / max(1.0, count**0.5))
    return np.array([places[i] for i in range(count)]).reshape(count, 2)


def _colours(index: Any) -> list[Any]:
    """Colour of each bit: that of its class; grey where fixed, white where alone."""
    from matplotlib import colormaps

    sizes = np.bincount(index[index >= 0], minlength=1)
    shared = [c for c in range(len(sizes)) if sizes[c] > 1]
    # the golden ratio puts neighbours in number far apart on the circle of hues
    hue = {c: colormaps["hsv"]((k * 0.61803) % 1.0) for k, c in enumerate(shared)}
    return [_FIXED if i < 0 else hue.get(int(i), _ALONE) for i in index.tolist()]


def _draw_before(
    axes: Any, document: Mapping[str, Any], at: Any, colours: list[Any], edges: Any, index: Any, flip: Any
) -> None:
    _draw_edges(axes, at, edges)
    for row in document["merges"]:
        if row["kept"] > 0 and index[row["kept"] - 1] >= 0:
            ends = at[[row["kept"] - 1, row["removed"] - 1]]
            style = "-" if row["sign"] > 0 else ":"
            axes.plot(*ends.T, color=colours[row["removed"] - 1], linewidth=2.2, linestyle=style, zorder=2)
    axes.scatter(*at.T, c=colours, s=70, edgecolors="black", linewidths=0.7, zorder=3)
    for i in np.flatnonzero(index < 0).tolist():
        axes.annotate(str(flip[i]), at[i], ha="center", va="center", fontsize=7, zorder=4)
    if len(index) <= MAX_NAMED:
        for name, place in zip(document["names"], at, strict=True):
            axes.annotate(name, place, xytext=(5, 5), textcoords="offset points", fontsize=6)
    axes.set_title("before: full lines tie equal bits, dotted ones opposite bits, grey is fixed", fontsize=9)
    axes.set_axis_off()


def _draw_after(axes: Any, document: Mapping[str, Any], at: Any, edges: Any, index: Any, colours: list[Any]) -> None:
    count = int(index.max(initial=-1)) + 1
    members = [np.flatnonzero(index == c) for c in range(count)]
    places = np.array([at[part].mean(axis=0) for part in members]).reshape(count, 2)
    joined = {(min(a, b), max(a, b)) for a, b in ((index[i], index[j]) for i, j in edges) if a >= 0 and b >= 0}
    _draw_edges(axes, places, [pair for pair in joined if pair[0] != pair[1]])
    sizes = [70 * len(part) for part in members]
    first = [colours[part[0]] for part in members]
    axes.scatter(*places.T, c=first, s=sizes, edgecolors="black", linewidths=0.7, zorder=3)
    if count <= MAX_NAMED:
        for part, place in zip(members, places, strict=True):
            more = f" +{len(part) - 1}" if len(part) > 1 else ""
            text = f"{document['names'][part[0]]}{more}"
            axes.annotate(text, place, xytext=(6, 6), textcoords="offset points", fontsize=6)
    axes.set_title("after: area by the number of bits in a class", fontsize=9)
    axes.set_axis_off()


def _draw_edges(axes: Any, at: Any, edges: Any) -> None:
    from matplotlib.collections import LineCollection

    lines = [at[[i, j]] for i, j in edges]
    alpha = min(0.6, 60 / max(1, len(lines)) ** 0.75)
    axes.add_collection(LineCollection(lines, colors="0.4", linewidths=0.6, alpha=max(alpha, 0.04), zorder=1))
    axes.autoscale_view()
