"""Pictures of one circuit and its samples: p = 1 landscape, energy over evaluations, objectives against uniform points.

Each function draws into one PNG or SVG and returns the numbers that it drew, so that a page can say them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dimod
import numpy as np

from ..core import AnyArray, Float, Problem, Record, Solution, UnsupportedError
from .drawing import pyplot, save_picture

#: Points of the landscape's grid each way, and qubits up to which it is drawn.
GRID = 41
MAX_LANDSCAPE_QUBITS = 16
#: Distinct objectives beyond which a histogram takes bins.
MAX_BARS = 40
DPI = 120


def plot_landscape(
    bqm: dimod.BinaryQuadraticModel,
    path: Path | str,
    *,
    angles: Mapping[str, Any] | None = None,
    grid: int = GRID,
) -> Float:
    """Mean energy of one QAOA layer over the plane of gamma and beta, shape (grid, grid): gammas by betas.

    The gates are ``exp(-i gamma H)`` and ``exp(i beta sum X)``. Beta has the period pi; gamma goes from ``-pi / s`` to
    ``pi / s``, s the standard deviation of the energy over all points.

    Parameters
    ----------
    angles : ``SampleSet.info["angles"]`` of one layer, drawn as a cross.

    Raises
    ------
    UnsupportedError
        The model has more than 16 variables.
    """
    from ..core import bqm_to_arrays
    from ..engines import diagonal

    if bqm.num_variables > MAX_LANDSCAPE_QUBITS:
        raise UnsupportedError(
            f"a landscape must have at most {MAX_LANDSCAPE_QUBITS} qubits, got {bqm.num_variables}; shrink the model"
        )
    cost = diagonal.cost_of(*bqm_to_arrays(bqm), engine="auto")
    spread = float(np.std(cost.values())) or 1.0
    gammas, betas = np.linspace(-np.pi / spread, np.pi / spread, grid), np.linspace(-np.pi / 2, np.pi / 2, grid)
    pairs = np.stack(np.meshgrid(gammas, betas, indexing="ij"), axis=-1).reshape(-1, 2)
    energies = diagonal.landscape(cost, pairs[:, :1], pairs[:, 1:]).reshape(grid, grid)
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6, 4.5), layout="constrained")
    mesh = axes.pcolormesh(gammas, betas, energies.T, cmap="viridis", shading="nearest")
    figure.colorbar(mesh, ax=axes, label="mean energy")
    axes.plot(0, 0, "o", color="white", fillstyle="none", label="uniform points")
    if angles is not None and len(angles["gammas"]) == 1:
        gamma, beta = float(angles["gammas"][0]), float(angles["betas"][0])
        beta = (beta + np.pi / 2) % np.pi - np.pi / 2
        axes.plot(gamma, beta, "x", color="red", markersize=9, label="trained angles")
    axes.set(xlabel="gamma", ylabel="beta", title=f"one layer, {bqm.num_variables} qubits")
    axes.legend(fontsize="small", loc="upper right")
    _save(plt, figure, path)
    return energies


def plot_evaluations(infos: Mapping[str, Mapping[str, Any]], path: Path | str) -> None:
    """Best mean energy so far over the evaluations of each run's optimiser, by the name of the run.

    Parameters
    ----------
    infos : ``SampleSet.info`` of variational samplers.

    Raises
    ------
    ValueError
        A run has no trace of its evaluations.
    """
    missing = [name for name, info in infos.items() if not info.get("value_trace")]
    if missing or not infos:
        raise ValueError(f"infos must have the value_trace of a variational sampler, got none for {missing}")
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, info in infos.items():
        trace = np.asarray(info["value_trace"], dtype=np.float64)
        ends = np.append(trace[:, 0], float(info["evaluations"]))
        axes.step(ends, np.append(trace[:, 1], trace[-1, 1]), where="post", label=name)
    axes.set(xlabel="evaluations of the circuit", ylabel="best mean energy so far")
    axes.legend(fontsize="small")
    _save(plt, figure, path)


def plot_objectives(
    samples: Sequence[float] | AnyArray,
    uniform: Sequence[float] | AnyArray,
    path: Path | str,
    *,
    best: float | None = None,
    title: str = "",
    name: str = "samples",
) -> tuple[int, int]:
    """Histogram of the objectives of feasible samples beside those of feasible uniform points; how many of each.

    Infeasible points are left out by the caller and told as nan: a bar's height is a share of *all* points. ``samples``
    and ``uniform`` have shape (points,), of a length each.
    """
    own, other = (np.asarray(values, dtype=np.float64) for values in (samples, uniform))
    feasible = [values[np.isfinite(values)] for values in (own, other)]
    both = np.concatenate(feasible)
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6.5, 4), layout="constrained")
    distinct = np.unique(both)
    if distinct.size > MAX_BARS or not distinct.size:
        edges = np.histogram_bin_edges(both, bins=30)
    else:
        step = np.diff(distinct).min() if distinct.size > 1 else 1.0
        edges = np.arange(distinct[0] - step / 2, distinct[-1] + step, step)
    for values, whole, label, colour in zip(feasible, (own, other), (name, "uniform points"), ("C0", "0.6")):
        weights = np.full(values.size, 1 / max(1, whole.size))
        text = f"{label}: {values.size / max(1, whole.size):.1%} feasible"
        axes.hist(values, bins=edges, weights=weights, color=colour, alpha=0.65, label=text)
    if best is not None:
        axes.axvline(best, color="C3", linestyle=":", label=f"optimum {best:g}")
    axes.set(xlabel="objective", ylabel="share of all points", title=title)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.legend(fontsize="small")
    _save(plt, figure, path)
    return feasible[0].size, feasible[1].size


def plot_incumbents(records: Mapping[str, Record], path: Path | str, *, best: float | None = None) -> None:
    """Verified incumbents over the seconds of each run, by its name.

    Raises
    ------
    ValueError
        A run found nothing.
    """
    empty = [name for name, record in records.items() if not record.trace]
    if empty or not records:
        raise ValueError(f"records must have incumbents, got none for {empty}; solve with higher limits")
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6.5, 4), layout="constrained")
    for name, record in records.items():
        seconds, values = (np.asarray(column, dtype=np.float64) for column in zip(*record.trace))
        end = max(float(seconds[-1]), float(record.resources.seconds["total"]))
        axes.step(np.append(seconds, end), np.append(values, values[-1]), where="post", label=name)
    if best is not None:
        axes.axhline(best, color="C3", linestyle=":", label=f"optimum {best:g}")
    axes.set(xlabel="seconds", ylabel="objective of the incumbent", xscale="log")
    axes.legend(fontsize="small")
    _save(plt, figure, path)


def plot_tour(problem: Problem, solutions: Mapping[str, Solution], path: Path | str) -> None:
    """Tours of a TSP with coordinates, a panel each, with their lengths.

    Raises
    ------
    ValueError
        The instance has no coordinates.
    """
    points = getattr(problem, "coordinates", None)
    if points is None:
        raise ValueError(f"a picture of tours must have an instance with coordinates, got {problem.name}; give it some")
    points = np.asarray(points, dtype=np.float64)
    plt = pyplot()
    figure, axes = plt.subplots(1, len(solutions), figsize=(4.2 * len(solutions), 4.2), squeeze=False)
    for axis, (name, solution) in zip(axes[0], solutions.items()):
        order = np.asarray(solution, dtype=np.int64)
        tour = points[[*order.tolist(), int(order[0])]]
        axis.plot(tour[:, 0], tour[:, 1], "-o", markersize=4)
        axis.set_aspect("equal", adjustable="datalim")
        axis.set_title(f"{name}: {problem.objective(order):g}")
        axis.tick_params(labelbottom=False, labelleft=False)
    figure.tight_layout()
    _save(plt, figure, path)


def _save(plt: Any, figure: Any, path: Path | str) -> None:
    save_picture(figure, Path(path), dpi=DPI)
    plt.close(figure)
