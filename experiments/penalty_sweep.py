"""Feasible share and gap against the penalty, told apart: a penalty too small, or a sampler too weak.

A penalty is too small when an infeasible state has an energy below the best feasible cost: no sampler, however good,
then finds the optimum as its ground state. Where none is seen and the answer is still infeasible, the sampler is weak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..core import Budget, Problem, Record, from_spec, signed, to_spec
from .formulate import formulate
from .pipeline import Pipeline
from .run import run

#: Multiples of the valid penalty that are tried by default.
FACTORS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0)


@dataclass(frozen=True)
class SweepRow:
    """One penalty: its factor of the valid one, what was found, and the verdict."""

    factor: float
    penalty: float
    feasible_share: float | None
    gap: float | None
    lowest_energy: float
    verdict: str


def penalty_sweep(
    problem: Problem,
    pipeline: Pipeline,
    *,
    factors: Sequence[float] = FACTORS,
    budget: Budget | None = None,
    seed: int = 0,
) -> list[SweepRow]:
    """One run for each multiple of the valid penalty; repair, improvement and control are off.

    The best feasible cost is the lowest of all runs, of the literature's value and of the greedy or exact start that
    made the penalty valid; a state below it that is infeasible is a witness that the penalty is too small.

    Raises
    ------
    ValueError
        The pipeline's encoder has no penalty to set, or the program has no row that gets one.
    """
    assert pipeline.encoder is not None
    program = formulate(problem, pipeline.formulation).program
    spec = to_spec(pipeline.encoder)
    if "penalty" not in spec:
        raise ValueError(f"{spec['name']} must have a penalty to sweep; use --encoder slack")
    valid = from_spec("encoders", {**spec, "penalty": "auto"}).encode(program).penalties
    if not valid:
        raise ValueError(f"{problem.name or problem.kind} has no row that gets a penalty; there is nothing to sweep")
    bare = replace(pipeline, repair="off", improve=False, control=False)
    found = []
    for factor in factors:
        penalties = {name: value * factor for name, value in valid.items()}
        encoder = from_spec("encoders", {**spec, "penalty": penalties})
        record = run(problem, replace(bare, encoder=encoder), budget=budget, seed=seed)
        lowest = _lowest(record)
        found.append((factor, float(np.median(list(penalties.values()))), record, lowest))
    best = _best_cost(problem, [record for *_, record, _ in found])
    return [_row(problem, factor, penalty, record, lowest, best) for factor, penalty, record, lowest in found]


def _lowest(record: Record) -> tuple[float, bool]:
    """Energy of the lowest sample of a run, and whether it is feasible."""
    stage = record.stages.lowest_energy
    energy = record.resources.extra.get("lowest_energy")
    return np.inf if energy is None else float(energy), stage is not None and stage.feasible


def _best_cost(problem: Problem, records: Sequence[Record]) -> float:
    costs = [signed(problem, float(record.objective)) for record in records if record.objective is not None]
    if problem.best_known is not None:
        costs.append(signed(problem, float(problem.best_known.value)))
    return min(costs, default=np.inf)


def _row(
    problem: Problem, factor: float, penalty: float, record: Record, lowest: tuple[float, bool], best: float
) -> SweepRow:
    energy, is_feasible = lowest
    if not is_feasible and energy < best:
        verdict = "penalty too small"
    elif record.objective is None:
        verdict = "sampler too weak"
    elif signed(problem, float(record.objective)) > best:
        verdict = "sampler too weak for the best value"
    else:
        verdict = "best value found"
    share = record.stages.raw.feasible_share if record.stages.raw is not None else None
    return SweepRow(factor, penalty, share, record.gap, energy, verdict)


def plot_sweep(rows: Sequence[SweepRow], path: Path, title: str) -> None:
    """Feasible share and gap over the penalty, as PNG or SVG by the suffix."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    penalties = [row.penalty for row in rows]
    shares = [float("nan") if row.feasible_share is None else row.feasible_share for row in rows]
    axes.plot(penalties, shares, marker="o", color="C0", label="feasible share")
    gaps = [(row.penalty, row.gap) for row in rows if row.gap is not None]
    axes.plot([penalty for penalty, _ in gaps], [gap for _, gap in gaps], marker="s", color="C1", label="raw gap")
    small = [row.penalty for row in rows if row.verdict == "penalty too small"]
    if small:
        axes.axvspan(min(penalties) * 0.9, max(small) * 1.05, color="C3", alpha=0.12, label="penalty too small")
    axes.set(xscale="log", xlabel="penalty", title=title)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
