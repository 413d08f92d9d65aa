"""Feasible share and gap against the penalty, told apart: a penalty too small, or a sampler too weak.

A penalty is too small when an infeasible state has an energy below the optimal cost: no sampler, however good, then
finds the optimum as its ground state. Where none is seen and the answer is still infeasible, the sampler is weak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..core import Budget, Number, Problem, Record, from_spec, number, relative_gap, signed, to_spec
from ..core.margins import scaled_margin
from ..problems.formulations import formulate
from .drawing import pyplot, save_picture
from .pipeline import Pipeline
from .resolve_pipeline import choose_pipeline
from .run import run

#: Multiples of the valid penalty that are tried by default.
FACTORS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0)


#: Seconds for the optimum that the verdicts are held against, where the instance brings none.
REFERENCE_SECONDS = 10.0

TOO_SMALL = "penalty too small"
PERHAPS_TOO_SMALL = "penalty too small, or the best value is not the optimum"


@dataclass(frozen=True)
class SweepRow:
    """One penalty: its factor of the valid one, what was found, and the verdict."""

    factor: float
    penalty: float
    feasible_share: float | None
    gap: float | None
    lowest_energy: float
    verdict: str


@dataclass(frozen=True)
class Sweep:
    """The rows by falling or rising factor as asked for, and what they are held against.

    ``best`` is the best objective known, ``is_proven`` whether it is the optimum.
    """

    rows: tuple[SweepRow, ...]
    best: Number | None
    is_proven: bool


@dataclass(frozen=True)
class _Seen:
    """One run: lowest energy, whether that sample is feasible, and its Record."""

    factor: float
    penalty: float
    energy: float
    is_feasible: bool
    record: Record


def penalty_sweep(
    problem: Problem,
    pipeline: Pipeline,
    *,
    factors: Sequence[float] = FACTORS,
    budget: Budget | None = None,
    seed: int = 0,
) -> Sweep:
    """One run for each multiple of the valid penalty; repair, improvement and control are off.

    An infeasible state below the optimal cost is the witness of a penalty too small. All penalties share the factor and
    violations are >= 0, so the witness of one factor is one for every smaller factor too. The optimum is the
    literature's where that is proven, else what the default solver finds and proves in ``REFERENCE_SECONDS``; where
    nothing is proven, a state between bound and best value is no witness, and the verdict says so.

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
    seen = []
    for factor in factors:
        penalties = {name: value * factor for name, value in valid.items()}
        encoder = from_spec("encoders", {**spec, "penalty": penalties})
        record = run(problem, replace(bare, encoder=encoder), budget=budget, seed=seed)
        energy, stage = record.resources.extra.get("lowest_energy"), record.stages.lowest_energy
        lowest = np.inf if energy is None else float(energy)
        median = float(np.median(list(penalties.values())))
        seen.append(_Seen(factor, median, lowest, stage is not None and stage.feasible, record))
    best, bound = _reference(problem, [one.record for one in seen], seed)
    witnessed = max((one.factor for one in seen if not one.is_feasible and _is_below(one.energy, bound)), default=-1.0)
    rows = tuple(_row(problem, one, best, is_witnessed=one.factor <= witnessed) for one in seen)
    return Sweep(rows, _own(problem, best), bool(np.isfinite(best) and best <= bound))


def _reference(problem: Problem, records: Sequence[Record], seed: int) -> tuple[float, float]:
    """Best known cost, and a proven bound on the optimal cost; the two are equal where the optimum is proven."""
    known = problem.best_known
    if known is not None and known.is_optimal:
        cost = signed(problem, float(known.value))
        return cost, cost
    default = run(problem, choose_pipeline(problem), budget=Budget(seconds=REFERENCE_SECONDS), seed=seed)
    values = [record.objective for record in (*records, default)] + ([] if known is None else [known.value])
    costs = [signed(problem, float(value)) for value in values if value is not None]
    bound = -np.inf if default.bound is None else signed(problem, float(default.bound))
    return min(costs, default=np.inf), bound


def _is_below(energy: float, cost: float) -> bool:
    return energy < cost - scaled_margin(cost) if np.isfinite(cost) else False


def _row(problem: Problem, one: _Seen, best: float, *, is_witnessed: bool) -> SweepRow:
    record = one.record
    if is_witnessed:
        verdict = TOO_SMALL
    elif not one.is_feasible and _is_below(one.energy, best):
        verdict = PERHAPS_TOO_SMALL
    elif record.objective is None:
        verdict = "sampler too weak"
    elif signed(problem, float(record.objective)) > best:
        verdict = "sampler too weak for the best value"
    else:
        verdict = "best value found"
    share = record.stages.raw.feasible_share if record.stages.raw is not None else None
    gap = None if record.objective is None else relative_gap(record.objective, _own(problem, best), problem.sense)
    return SweepRow(one.factor, one.penalty, share, gap, one.energy, verdict)


def _own(problem: Problem, cost: float) -> Number | None:
    return number(signed(problem, cost)) if np.isfinite(cost) else None


def plot_sweep(rows: Sequence[SweepRow], path: Path, title: str) -> None:
    """Feasible share and gap over the penalty, as PNG or SVG by the suffix."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    penalties = [row.penalty for row in rows]
    shares = [float("nan") if row.feasible_share is None else row.feasible_share for row in rows]
    axes.plot(penalties, shares, marker="o", color="C0", label="feasible share")
    gaps = [(row.penalty, row.gap) for row in rows if row.gap is not None]
    axes.plot([penalty for penalty, _ in gaps], [gap for _, gap in gaps], marker="s", color="C1", label="raw gap")
    small = [row.penalty for row in rows if row.verdict == TOO_SMALL]
    if small:
        axes.axvspan(min(penalties) * 0.9, max(small) * 1.05, color="C3", alpha=0.12, label=TOO_SMALL)
    axes.axvline(_valid(rows), color="0.4", linestyle=":", label="valid penalty")
    axes.set(xscale="log", xlabel="penalty (median of the rows)", ylabel="share, gap", title=title)
    axes.legend()
    save_picture(figure, path, dpi=120)
    plt.close(figure)


def _valid(rows: Sequence[SweepRow]) -> float:
    """The penalty of factor 1, from a row with a factor above 0."""
    return next((row.penalty / row.factor for row in rows if row.factor > 0), 0.0)
