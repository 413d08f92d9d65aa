"""One round as Lagrangian methods see it, when to stop, and the trace row that tells it in the program's own units.

Inside the methods costs are divided by the mean |cost| and rows by their size, so that steps and boxes need no tuning
by instance; everything that leaves them is multiplied back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...algorithms.linear import linear_relaxation
from ...core import BinaryProgram, Encoding, Round, UnsupportedError
from ...core.arrays import Bits, Float
from ...core.margins import rounded_up, scaled_margin
from ..unbalanced import cost_scale
from .dual_rows import DualRows, RowForm

#: Multipliers of up to so many rows stand in every trace row; of more only their norm does.
MAX_TRACED = 64
#: Points of a round that are looked at for complementary slackness.
MAX_PROOFS = 20

#: Multipliers of the first round: 0, 1 (each in mean costs a normalised row), or the duals of the linear relaxation.
Start = Literal["zero", "one", "lp"]


@dataclass(frozen=True, eq=False)
class Seen:
    """What one round showed, normalised.

    Parameters
    ----------
    program, rows : of this round; the rows may be more than those the energies had.
    scale : mean |cost|, what costs were divided by.
    multipliers : those of the round's energies, shape (m,), 0 for new rows.
    value : lowest energy; the dual value where ``is_exact``, else an upper estimate of it.
    is_exact : the oracle proved it.
    X, costs, H : the best reads, lowest energy first: shapes (k, n), (k,), (k, m).
    target : cost of the best verified point, None where there is none yet.
    """

    program: BinaryProgram
    rows: DualRows
    scale: float
    multipliers: Float
    value: float
    is_exact: bool
    X: Bits
    costs: Float
    H: Float
    target: float | None

    @property
    def subgradient(self) -> Float:
        """Mean of h over the best reads, shape (m,)."""
        return np.asarray(self.H.mean(axis=0))

    @property
    def point(self) -> Float:
        """Mean of the best reads, shape (n,)."""
        return np.asarray(self.X.mean(axis=0))


def see(encoding: Encoding, round: Round, rows: DualRows, reads: int) -> Seen:
    """The round in normalised units; ``rows`` are those of ``round.program``."""
    program, scale = round.program, cost_scale(round.program)
    known: Float = encoding.state["multipliers"]
    multipliers = np.concatenate([known, np.zeros(rows.count - known.size)])
    value = float(round.energies.min())
    bound = round.energy_bound
    X = round.X[:reads]
    return Seen(
        program=program,
        rows=rows,
        scale=scale,
        multipliers=multipliers,
        value=value / scale,
        is_exact=bound is not None and value - bound <= scaled_margin(value),
        X=X,
        costs=program.costs(X) / scale,
        H=rows.values(X),
        target=None if round.incumbent is None else round.incumbent / scale,
    )


def start_multipliers(program: BinaryProgram, rows: DualRows, start: Start) -> Float:
    """Normalised multipliers of the first round, shape (m,).

    ``lp`` takes the row duals of the linear relaxation (products of the cost linearised, see encoders/fix.py); rows
    priced by products or squares start at 1 then, for the relaxation has no such rows.
    """
    if start == "zero":
        return np.zeros(rows.count)
    if start == "one":
        return np.ones(rows.count)
    duals = _row_duals(program)
    by_name = dict(zip(program.constraints.names, duals.tolist()))
    scale = cost_scale(program)
    out = np.ones(rows.count)
    for r in np.flatnonzero(rows.forms == RowForm.LINEAR).tolist():
        is_lower = rows.names[r].endswith(":lower") and rows.names[r] not in by_name
        dual = by_name[rows.names[r].removesuffix(":lower") if is_lower else rows.names[r]]
        price = dual if is_lower else -dual  # of ``lower - a x <= 0``, and of ``a x - upper <= 0``
        out[r] = price * rows.units[r] / scale
        if not rows.is_free[r]:
            out[r] = max(out[r], 0.0)
    return out


def _row_duals(program: BinaryProgram) -> Float:
    if program.products.nnz:
        from ..presolve import relaxed

        return np.asarray(relaxed(program).row_duals)
    rows = program.constraints
    solved = linear_relaxation(program.c, rows.A, rows.lower, rows.upper)
    if solved.is_infeasible:
        raise UnsupportedError("start lp must have a linear relaxation with a point, got none; use start zero")
    return solved.row_duals


def slack_proof(seen: Seen) -> bool:
    """Whether a best read is feasible and costs as much as its Lagrangian: complementary slackness.

    Then the read is optimal, provided that the value is exact and the Lagrangian a relaxation.
    """
    near = seen.costs + seen.H @ seen.multipliers <= seen.value + scaled_margin(seen.value)
    tight = np.abs(seen.H @ seen.multipliers) <= scaled_margin(seen.value)
    at = np.flatnonzero(near & tight)[:MAX_PROOFS]
    return bool(at.size) and bool(seen.program.feasible(seen.X[at]).any())


def is_closed(incumbent: float | None, bound: float | None, program: BinaryProgram, tolerance: float) -> bool:
    """Whether the bound meets the incumbent, rounded up where all costs are integers."""
    if incumbent is None or bound is None or not math.isfinite(bound):
        return False
    if program.is_integral:
        bound = rounded_up(bound)
    return incumbent - bound <= tolerance * max(1.0, abs(incumbent))


def trace_row(seen: Seen, encoding: Encoding, round: Round, more: Mapping[str, Any]) -> dict[str, Any]:
    """One JSON row of the trace, in the units of the program's cost and rows.

    A dual value is called ``bound`` only where the oracle proved it; a sampler's is a ``dual_estimate``: never lower
    than the dual value, but possibly higher than the optimum. Where the energy is no relaxation it is just ``energy``.
    """
    is_bound = round.energy_bound is not None and encoding.is_relaxation
    value = float(round.energy_bound) if is_bound and round.energy_bound is not None else seen.value * seen.scale
    multipliers = seen.rows.in_row_units(seen.multipliers * seen.scale)
    share = feasible_share(round)
    called = "energy" if not encoding.is_relaxation else "bound" if is_bound else "dual_estimate"
    row: dict[str, Any] = {
        "round": len(encoding.trace),
        called: value,
        "incumbent": None if round.incumbent is None else float(round.incumbent),
        "multiplier_norm": float(np.linalg.norm(multipliers)),
        "violation": float(np.linalg.norm(np.where(seen.rows.is_equality, seen.H[0], np.maximum(seen.H[0], 0.0)))),
        "raw_feasible_share": share,
        "num_rows": seen.rows.count,
    }
    if multipliers.size <= MAX_TRACED:
        row["multipliers"] = multipliers.tolist()
    return row | dict(more)


def feasible_share(round: Round) -> float:
    """Share of the reads, by occurrence where counts are known, that keep every row of the round's program."""
    counts = np.ones(len(round.X)) if round.counts is None else np.asarray(round.counts, dtype=np.float64)
    return float(counts[round.program.feasible(round.X)].sum() / counts.sum())
