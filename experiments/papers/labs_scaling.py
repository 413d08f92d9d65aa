"""How the chance of a LABS optimum falls with N: QAOA at fixed, transferred angles beside uniform random points.

The angles were fitted on small N by ``fit_angles`` and stand in ``labs_angles.json`` with the command that made them.
Every overlap is computed from the exact state; the optima are the least entries of the diagonals themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Float
from ...core.files import write_text
from ...engines import diagonal
from ...engines.diagonal.engine import Options, layers_gradient
from ...engines.diagonal.layers import qaoa_layers
from ...engines.diagonal.measure import MEAN
from ...problems.labs import Labs
from ...solvers.spin_polynomial import SpinPolynomial
from ...solvers.training.initial_angles import ramp

#: Lengths on which the angles are fitted (the longest of four sets tried, 15 CPU seconds), and layers of the circuit.
FITTED, LAYERS = (11, 12, 13, 14, 15, 16), 12
#: Lengths of the study, and those of ``--quick``; the slope is fitted from FROM on.
LENGTHS, QUICK, FROM = tuple(range(10, 25)), tuple(range(10, 17)), 14
#: First lengths of the other fits that are told, and where the growth was expected.
STARTS, EXPECTED = (14, 16, 18, 20), (1.40, 1.52)
#: Growth of the time to solution by one more bit, as published.
PUBLISHED = (
    ("QAOA of 12 layers, fixed angles", 1.46, "Shaydulin et al. (2024), arXiv:2308.02342"),
    ("memetic tabu search", 1.34, "quoted there"),
    ("the same QAOA with quantum minimum finding", 1.21, "Shaydulin et al. (2024), arXiv:2308.02342"),
)


@dataclass(frozen=True)
class Overlap:
    """Chance of an optimum in one shot: of the circuit, and of a uniform random point."""

    length: int
    optimum: int
    optima: int
    circuit: float
    uniform: float


@dataclass(frozen=True)
class Slope:
    """``1 / chance ~ growth**N`` by least squares on the logarithm, with a 95 % band; None of fewer than 3 lengths."""

    growth: float
    band: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class _Case:
    """One length: its cost diagonal, the unit of its gammas, and where its optima are."""

    cost: diagonal.CostDiagonal
    unit: float
    best: Any

    @staticmethod
    def of(length: int) -> _Case:
        polynomial = Labs(length).polynomial
        cost = diagonal.polynomial_cost(polynomial)
        return _Case(cost, SpinPolynomial.of(polynomial).unit(), np.flatnonzero(cost.data == cost.data.min()))

    @cached_property
    def is_best(self) -> diagonal.CostDiagonal:
        """1 at the optima, 0 elsewhere: its expectation is the chance."""
        values = np.zeros(self.cost.data.size)
        values[self.best] = 1.0
        return diagonal.CostDiagonal.from_values(values)

    def log_chance(self, gammas: Float, betas: Float) -> tuple[float, Float]:
        """``ln(chance)`` and its derivatives by scaled gammas and betas, by the adjoint method."""
        layers = qaoa_layers(self.cost, gammas / self.unit, betas)
        chance, by_gamma, by_angle = layers_gradient(layers, self.is_best, MEAN, Options("complex128", 1, "auto"))
        return float(np.log(chance)), np.concatenate([by_gamma / self.unit, by_angle.sum(axis=1)]) / chance

    def chance(self, gammas: Float, betas: Float) -> float:
        state = diagonal.evolve(self.cost, gammas / self.unit, betas)
        return float(np.sum(np.abs(np.asarray(state.amplitudes())[self.best]) ** 2))


def saved_angles() -> tuple[Float, Float]:
    """Scaled gammas and betas of the data file, shape (layers,) each."""
    document = json.loads(files(__package__).joinpath("labs_angles.json").read_text(encoding="utf-8"))
    return np.array(document["gammas"]), np.array(document["betas"])


def fit_angles(lengths: Sequence[int] = FITTED, layers: int = LAYERS, maxiter: int = 400) -> tuple[Float, Float, float]:
    """Scaled gammas and betas, shape (layers,) each, and the mean ``ln(1 / chance)``, least over the lengths together.

    L-BFGS with exact gradients from six linear ramps; the best end is taken, nothing is random.
    """
    from scipy.optimize import minimize

    cases = [_Case.of(n) for n in lengths]

    def value(angles: Float) -> tuple[float, Float]:
        gammas, betas = np.split(angles, 2)
        parts = [case.log_chance(gammas, betas) for case in cases]
        return -float(np.mean([part[0] for part in parts])), -np.mean([part[1] for part in parts], axis=0)

    starts = [np.concatenate(ramp(layers, gamma, beta)) for gamma in (0.2, 0.4, 0.8) for beta in (0.3, 0.6)]
    ends = [minimize(value, at, jac=True, method="L-BFGS-B", options={"maxiter": maxiter}) for at in starts]
    found = min(ends, key=lambda end: float(end.fun))
    gammas, betas = np.split(found.x, 2)
    return gammas, betas, float(found.fun)


def overlaps(lengths: Iterable[int], angles: tuple[Float, Float] | None = None) -> list[Overlap]:
    """Chances of the optimum at the saved angles, or at other gammas and betas, shape (layers,) each."""
    gammas, betas = saved_angles() if angles is None else angles
    found = []
    for n in lengths:
        case = _Case.of(n)
        uniform = len(case.best) / 2**n
        found.append(Overlap(n, round(case.cost.min), len(case.best), case.chance(gammas, betas), uniform))
    return found


def slope(lengths: Sequence[int], chances: Sequence[float]) -> Slope:
    """Growth of ``1 / chance`` by one more bit.

    Examples
    --------
    >>> slope([10, 11, 12], [2.0**-10, 2.0**-11, 2.0**-12]).growth
    2.0
    """
    x, y = np.asarray(lengths, dtype=np.float64), -np.log(chances)
    centred = x - x.mean()
    rate = float(centred @ y / (centred @ centred))
    if len(x) < 3:
        return Slope(float(np.round(np.exp(rate), 12)), None)
    from scipy.stats import t

    left = y - y.mean() - rate * centred
    error = float(np.sqrt(left @ left / (len(x) - 2) / (centred @ centred))) * float(t.ppf(0.975, len(x) - 2))
    return Slope(float(np.round(np.exp(rate), 12)), (float(np.exp(rate - error)), float(np.exp(rate + error))))


def report(found: Sequence[Overlap], command: str) -> str:
    """The study as a page of markdown."""
    lines = [
        "# Scaling of QAOA on LABS",
        "",
        f"`{command}`: {LAYERS} layers at fixed angles fitted on N = {FITTED[0]}..{FITTED[-1]}; exact states. Time to",
        f"solution counts layers: {LAYERS} / chance.",
        "",
        "| N | optimum | optimal points | chance, QAOA | layers to solution | chance, uniform | QAOA / uniform |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found:
        cells = (row.length, row.optimum, row.optima, f"{row.circuit:.3e}", f"{LAYERS / row.circuit:.0f}")
        lines.append(f"| {' | '.join(map(str, cells))} | {row.uniform:.3e} | {row.circuit / row.uniform:.1f} |")
    lines += ["", *slope_table(found), ""]
    last = found[-1].length
    inside = slope(*_chances(found, FROM)).growth
    low, high = EXPECTED
    verdict = "lies inside" if low <= inside <= high else "lies outside"
    lines += [
        f"The growth on N = {FROM}..{last}, {inside:.3f}, {verdict} {low:.2f}..{high:.2f}. The number of optimal",
        "points differs from N to N and moves both chances alike: where uniform points grow by more than 2 a bit, so",
        "does the circuit by more than it would on longer sequences. The rows above show how much of it is that.",
    ]
    return "\n".join(lines) + "\n"


def slope_table(found: Sequence[Overlap]) -> list[str]:
    """Growth by one more bit, with its band, from several lengths on; the published ones below."""
    lines = ["Growth of 1 / chance by one more bit, and its 95 % band:", ""]
    lines += ["| N | QAOA, fixed angles | QAOA, a single optimal point | uniform |", "|---|---|---|---|"]
    last = found[-1].length
    for first in STARTS:
        used = [row for row in found if row.length >= first]
        if len(used) < 3:
            continue
        lengths = [row.length for row in used]
        fits = (
            slope(lengths, [row.circuit for row in used]),
            slope(lengths, [row.circuit / row.optima for row in used]),
            slope(lengths, [row.uniform for row in used]),
        )
        lines.append(f"| {first}..{last} | {' | '.join(map(_cell, fits))} |")
    lines += ["", "| published | growth |", "|---|---|"]
    return lines + [f"| {name} ({source}) | {growth} |" for name, growth, source in PUBLISHED]


def _chances(found: Sequence[Overlap], first: int) -> tuple[list[int], list[float]]:
    used = [row for row in found if row.length >= first]
    return [row.length for row in used], [row.circuit for row in used]


def _cell(fit: Slope) -> str:
    assert fit.band is not None
    return f"{fit.growth:.3f} ({fit.band[0]:.3f} to {fit.band[1]:.3f})"


def write(folder: Path, *, quick: bool = False) -> Path:
    """Compute all overlaps and write ``rows.jsonl`` and ``report.md``; the report's path."""
    found = overlaps(QUICK if quick else LENGTHS)
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(vars(row)) + "\n" for row in found)
    write_text(folder / "rows.jsonl", text)
    path = folder / "report.md"
    write_text(path, report(found, f"qopt reproduce labs-scaling{' --quick' if quick else ''}"))
    return path
