"""Rewrite docs/labs.md: optima by enumeration, and annealing on the polynomial against its quadratised form.

``python benchmarks/labs.py [--prove 24] [--fit] [--table] [--scaling 27]``. Times are process CPU seconds of one
core; the quadratised form and the polynomial get the same. ``--fit`` rewrites the angles of ``qopt reproduce
labs-scaling``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from public import write_block

import qopt
from qopt.core import PolynomialModel
from qopt.encoders.slack import Slack
from qopt.engines.diagonal import energy_blocks
from qopt.experiments.papers import labs_scaling
from qopt.problems.labs import energies
from qopt.problems.labs_optima import known_optimum
from qopt.solvers.base import points_of
from qopt.solvers.classical.polynomial_annealing import PolynomialAnnealing
from qopt.solvers.classical.polynomial_search import MemeticTabu, SelfAvoidingWalk

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "labs.md"
ANGLES = ROOT / "experiments" / "papers" / "labs_angles.json"
LENGTHS, SEEDS, BUDGET = (20, 24, 28, 32, 36, 40), (1, 2, 3, 4, 5), 0.5


def prove(longest: int) -> list[str]:
    """Least energy of every length by enumeration of one half (complement), held against the table."""
    lines = ["| N | points | least energy | listed | CPU s |", "|---|---|---|---|---|"]
    for n in range(3, longest + 1):
        start = time.process_time()
        half = 1 << (n - 1)  # the last bit 0: the complement has the same energy
        least, seen = np.inf, 0
        for block in energy_blocks(qopt.Labs(n).polynomial):
            least, seen = min(least, float(block[: half - seen].min())), seen + block.size
            if seen >= half:
                break
        known = known_optimum(n)
        assert known is not None
        assert least == known.value, f"N = {n}: found {least}, listed {known.value}"
        lines.append(f"| {n} | {half:,} | {least:g} | {known.value} | {time.process_time() - start:.2f} |")
    return lines


def fit() -> None:
    """Fit the angles and write their file."""
    gammas, betas, value = labs_scaling.fit_angles()
    document = {
        "command": "python benchmarks/labs.py --fit",
        "num_layers": labs_scaling.LAYERS,
        "fitted_on": list(labs_scaling.FITTED),
        "unit": "rms of the spin coefficients (SpinPolynomial.unit)",
        "mean_log_inverse_chance": value,
        "gammas": gammas.tolist(),
        "betas": betas.tolist(),
    }
    ANGLES.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def scaling(longest: int) -> list[str]:
    """Growth of 1 / chance on N = 14..last for several last lengths, all and of one parity."""
    found = labs_scaling.overlaps(range(labs_scaling.FROM, longest + 1))
    lines = ["| N | all | even | odd | uniform |", "|---|---|---|---|---|"]
    for last in range(24, longest + 1):
        used = [row for row in found if row.length <= last]
        parts = [used, [row for row in used if row.length % 2 == 0], [row for row in used if row.length % 2]]
        fits = [labs_scaling.slope([r.length for r in part], [r.circuit for r in part]) for part in parts]
        fits.append(labs_scaling.slope([r.length for r in used], [r.uniform for r in used]))
        cells = [f"{fit.growth:.3f} ({fit.band[0]:.3f} to {fit.band[1]:.3f})" for fit in fits if fit.band is not None]
        lines.append(f"| {labs_scaling.FROM}..{last} | {' | '.join(cells)} |")
    return lines


def spent(step: Callable[[int], float], budget: float) -> tuple[float, float]:
    """Least energy of steps 0, 1, ... until the budget of CPU seconds is spent, and what was."""
    best, seconds, count = np.inf, 0.0, 0
    while seconds < budget:
        start = time.process_time()
        best = min(best, step(count))
        seconds, count = seconds + time.process_time() - start, count + 1
    return best, seconds


def contenders(problem: qopt.Labs, seed: int) -> dict[str, Callable[[int], float]]:
    """One step of each: a few reads by ways that see the polynomial, and of ``sa`` on the quadratised form."""
    model = PolynomialModel(problem.polynomial)
    short = Slack().encode(problem.quadratised.program()).bqm
    parts = {
        "polynomial-sa": PolynomialAnnealing(num_reads=8, num_sweeps=500),
        "memetic-tabu": MemeticTabu(num_evaluations=100_000),
        "self-avoiding-walk": SelfAvoidingWalk(num_evaluations=100_000),
    }

    def higher(name: str) -> Callable[[int], float]:
        return lambda k: float(parts[name].sample(model, seed=1000 * seed + k).first.energy)

    def quadratised(k: int) -> float:
        found = qopt.SimulatedAnnealing(num_reads=16, num_sweeps=1000).sample(short, seed=1000 * seed + k)
        return float(energies(points_of(found)[0][:, : problem.length]).min())  # auxiliary bits set for the best

    return {**{name: higher(name) for name in parts}, "quadratised": quadratised}


def table() -> list[str]:
    """Medians over the seeds at equal CPU seconds."""
    lines = [
        "| N | optimum | bits | bits, quadratised | polynomial-sa | sa, quadratised | memetic-tabu "
        "| self-avoiding-walk | gap, polynomial-sa | gap, quadratised | CPU s of each, least to most |",
        "|" + "---|" * 11,
    ]
    for n in LENGTHS:
        problem = qopt.Labs(n)
        known = known_optimum(n)
        assert known is not None
        found: dict[str, list[float]] = {}
        seconds = []
        for seed in SEEDS:
            for name, step in contenders(problem, seed).items():
                best, cost = spent(step, BUDGET)
                assert best >= known.value
                found.setdefault(name, []).append(best)
                seconds.append(cost)
        medians = {name: statistics.median(values) for name, values in found.items()}
        gaps = (f"{100 * (medians[k] - known.value) / known.value:.0f} %" for k in ("polynomial-sa", "quadratised"))
        names = ("polynomial-sa", "quadratised", "memetic-tabu", "self-avoiding-walk")
        bits = problem.quadratised.polynomial.num_variables
        cells = (n, known.value, n, bits, *(f"{medians[name]:g}" for name in names), *gaps)
        lines.append(f"| {' | '.join(map(str, cells))} | {min(seconds):.2f} to {max(seconds):.2f} |")
    return lines


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prove", type=int, metavar="N", help="longest sequence to enumerate")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--scaling", type=int, metavar="N", help="longest sequence of the slopes, 24 to 27")
    asked = parser.parse_args()
    if asked.fit:
        fit()
    if asked.prove:
        write_block(PAGE, "optima", prove(asked.prove))
    if asked.scaling:
        write_block(PAGE, "scaling", scaling(asked.scaling))
    if asked.table:
        write_block(PAGE, "annealing", table())


if __name__ == "__main__":
    main()
