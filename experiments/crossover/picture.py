"""Both curves with their bands: seconds of the classical solver and of the quantum machine over the size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..drawing import pyplot, save_picture
from .measured import Measured
from .verdict import Scenario, band, curves, verdict


def draw(measured: Measured, scenario: Scenario, path: Path) -> None:
    """Write the picture; n* is marked where there is one.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    plt = pyplot()
    found = verdict(measured.model, scenario)
    low = min(size for size, _ in (*measured.classical_points, *measured.quantum_points))
    high = max(size for size, _ in (*measured.classical_points, *measured.quantum_points))
    end = 3 * high if found.size is None else min(20 * high, max(3 * high, round(1.3 * found.size)))
    sizes = np.unique(np.linspace(low, end, 60).round())
    quantum, classical = curves(measured.model, scenario, sizes)
    figure, axes = plt.subplots(figsize=(7, 4.5))
    cores = "at parity of power" if scenario.cores is None else f"on {scenario.cores:,g} cores"
    fit = "fit" if scenario.cores == 1 else f"fit {cores}"
    axes.plot(sizes, classical, label=f"classical: {measured.classical} ({fit})", color="tab:orange")
    axes.plot(sizes, quantum, label=f"quantum: {measured.quantum} on {scenario.preset} (model)", color="tab:blue")
    half = 0.5 if scenario.search == "amplified" else 1.0
    for growth, times, power, colour in (
        (measured.model.classical, classical, 1.0, "tab:orange"),
        (measured.model.inverse_probability, quantum, half, "tab:blue"),
    ):
        drawn = growth.draws[:, :1] + growth.draws[:, 1:] * sizes - growth.a - growth.b * sizes
        factors = np.exp(np.clip(power * drawn, -700, 700))
        axes.fill_between(sizes, *(times * np.quantile(factors, [0.025, 0.975], axis=0)), color=colour, alpha=0.2)
    points = np.array(measured.classical_points)
    axes.plot(points[:, 0], points[:, 1], ".", color="tab:orange", alpha=0.6, label="measured TTS99 (CPU of this run)")
    axes.axvspan(low, high, color="0.92", zorder=0, label="measured sizes")
    axes.axhline(scenario.budget_seconds, color="0.5", linestyle=":", label="budget")
    if found.kind == "crossover" and found.size is not None:
        axes.axvline(found.size, color="k", linewidth=0.8)
    axes.set(yscale="log", xlabel="size n", ylabel="seconds")
    axes.set_ylim(top=min(1e30, float(np.nanmax([*classical, *quantum])) * 10))
    left, right = band(measured.model, scenario)
    ends = ["never" if np.isinf(end) else f"{end:,.0f}" for end in (left, right)]
    axes.set_title(f"{found.text}\n95 % band of n*: {ends[0]} to {ends[1]}", fontsize=9)
    axes.legend(fontsize=7)
    figure.tight_layout()
    save_picture(figure, path, dpi=150)
    plt.close(figure)
