"""Temperatures of an anneal, as the kernels want them: T / 2 in units of the model's whole numbers.

Without a given range, T falls linearly between shares of the root mean square of what the couplings add to the local
fields. Three ranges are raced on short anneals first, because models differ in where they freeze: narrow cold ones
suit dense integer QUBOs, wide ones Max-Cut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from ...core import Float
from .engine import How, anneal, batch_size
from .model import IsingModel

Schedule = Literal["temperature", "geometric", "linear"]

#: First and last T / 2 of each racing range, in units of the rms field; the first is taken where no race is run.
WINDOWS = ((0.4, 0.02), (0.25, 0.01), (0.4, 0.06))
#: Each racing anneal has this share of the sweeps; fewer than LEAST_SWEEPS say nothing.
RACE_SHARE, LEAST_SWEEPS = 1 / 60, 16
#: Anneals with fewer sweeps are not raced.
RACED_SWEEPS = 200


def raced_window(model: IsingModel, num_sweeps: int, num_reads: int, seed: int, how: How) -> tuple[float, float]:
    """First and last T / 2 of the range whose short anneals ended lowest on average.

    The race costs an eighth of one batch at most; a run of less than a batch, or of few sweeps, takes the first range.
    It is run on the processor for a card too, so that both anneal at the same temperatures.
    """
    how = replace(how, device="cpu", layout=None if how.device == "gpu" else how.layout)
    windows = [(first * model.rms_field, last * model.rms_field) for first, last in WINDOWS]
    size = batch_size(model, how)
    if num_sweeps < RACED_SWEEPS or num_reads < size:
        return windows[0]
    sweeps = max(LEAST_SWEEPS, round(num_sweeps * RACE_SHARE))
    means = []
    for first, last in windows:
        found = anneal(model, np.linspace(first, last, sweeps), size, seed=seed, how=how)
        means.append(float(model.energies(found.spins).mean()))
    return windows[int(np.argmin(means))]


def half_temperatures(
    model: IsingModel, first_beta: float, last_beta: float, num_sweeps: int, schedule: Schedule
) -> Float:
    """T / 2 of each sweep, shape (num_sweeps,), from the first to the last inverse temperature (in 1/energy).

    ``geometric`` and ``linear`` say how the inverse temperature grows, ``temperature`` that T falls linearly.

    Examples
    --------
    >>> model = IsingModel.from_arrays([1.0, 1.0], [0], [1], [1.0])
    >>> half_temperatures(model, 0.5, 1.0, 3, "temperature").tolist()
    [1.0, 0.75, 0.5]
    """
    if schedule == "temperature":
        return np.asarray(np.linspace(_half(model, first_beta), _half(model, last_beta), num_sweeps))
    if schedule == "geometric" and first_beta > 0:
        betas = np.geomspace(first_beta, last_beta, num_sweeps)
    else:
        betas = np.linspace(first_beta, last_beta, num_sweeps)
    return from_betas(model, betas)


def from_betas(model: IsingModel, betas: Float) -> Float:
    """T / 2 in units of the model for inverse temperatures, in their shape; 0 is infinitely hot."""
    with np.errstate(divide="ignore"):
        return np.asarray(0.5 / (np.asarray(betas, dtype=np.float64) * model.unit), dtype=np.float64)


def to_betas(model: IsingModel, half: Float | tuple[float, ...]) -> list[float]:
    """The inverse temperatures, in 1/energy, of half temperatures, shape (sweeps,)."""
    return [float(0.5 / (t * model.unit)) for t in half]


def _half(model: IsingModel, beta: float) -> float:
    return float(from_betas(model, np.array([beta]))[0])
