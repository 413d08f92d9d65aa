"""Market split and other equality systems with wide coefficients: what samplers seldom keep, and exact solvers.

A row counts as wide where it has more than two sizes of coefficients and a uniform point keeps it with a chance below
``MAX_CHANCE``, ``p = (1 + r) / (sigma sqrt(2 pi))`` with ``sigma^2 = sum a_j^2 / 4`` over its shared bits (the normal
law of a sum of fair bits) and r what its own bits, such as slack, can make up for. Coefficients are divided by their
greatest common divisor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import AnyArray, Problem, RowKind, from_spec
from ..core.row_kinds import facts_of_rows
from ..problems.formulations import formulate
from ..problems.market_share import MarketShare
from ..solvers.base import NativeSolver
from ..solvers.native.auto import candidates

#: Chance of a uniform point below which a row is wide.
MAX_CHANCE = 0.05
#: Kinds whose programs may be any system of rows; other kinds' equalities are met by their walks.
KINDS = ("qubo", "integer-program")


@dataclass(frozen=True)
class EqualitySystem:
    """Wide equalities of an instance, the chance that a uniform point keeps them all, and solvers with their reasons.

    The chance takes the rows as independent, so that it is an estimate.
    """

    num_rows: int
    chance: float
    solvers: Sequence[tuple[str, str]]

    @property
    def text(self) -> str:
        """One sentence without the commands."""
        rows = "equality" if self.num_rows == 1 else "equalities"
        return (
            f"{self.num_rows} {rows} with wide coefficients, which a uniform point keeps with a chance of about "
            f"{self.chance:.0e}: a matter of exact search, not of samplers"
        )


def equality_system(problem: Problem) -> EqualitySystem | None:
    """The wide equalities of a problem with the native solvers that take it, best first; None where there are none."""
    if isinstance(problem, MarketShare):
        chances = [chance for row in problem.demands if (chance := _chance(row, row[:0])) is not None]
    elif problem.kind in KINDS and problem.size.get("rows", 0):
        chances = _of_program(problem)
    else:
        return None
    solvers = [one for one in _native(problem) if chances]
    if not solvers:
        return None
    return EqualitySystem(len(chances), math.prod(chances), solvers)


def _of_program(problem: Problem) -> list[float]:
    """Chances of the wide rows of the default formulation."""
    rows = formulate(problem, None).program.constraints
    times = np.bincount(rows.A.indices, minlength=rows.A.shape[1])
    found = []
    for row in facts_of_rows(rows, left_out=[kind for kind in RowKind if kind is not RowKind.EQUALITY]):
        is_own = times[row.columns] == 1
        if is_own.all():  # one row alone: the small coefficients are no slack
            is_own = np.zeros(len(is_own), dtype=bool)
        chance = _chance(row.coefficients[~is_own], row.coefficients[is_own])
        if chance is not None and row.is_integer:
            found.append(chance)
    return found


def _chance(shared: AnyArray, own: AnyArray) -> float | None:
    """Chance that fair bits keep an equality; None where it is not wide."""
    sizes = np.abs(np.concatenate([shared, own])).astype(np.float64)
    if not len(sizes) or (sizes % 1).any() or sizes.max() >= 2**53 or len(np.unique(sizes[sizes > 0])) <= 2:
        return None
    unit = math.gcd(*sizes.astype(np.int64).tolist())
    sigma = 0.5 * float(np.linalg.norm(shared / unit))
    reach = 0.0
    for size in np.sort(np.abs(own / unit)):  # all values up to the reach can be made of these
        if size > reach + 1:
            break
        reach += size
    chance = (1 + reach) / (sigma * math.sqrt(2 * math.pi)) if sigma else 1.0
    return chance if chance < MAX_CHANCE else None


def _native(problem: Problem) -> list[tuple[str, str]]:
    """Native solvers of ``auto`` that take the problem, and CP-SAT in any case where it does."""
    named = [(name, reason) for name, reason in candidates(problem) if isinstance(name, str)]
    named += [("cpsat", "exact search, with a bound")] if "cpsat" not in dict(named) else []
    found = []
    for name, reason in named:
        try:
            part = from_spec("solvers", name)
        except (ValueError, ImportError):
            continue
        if isinstance(part, NativeSolver) and not part.refusal(problem):
            found.append((name, reason))
    return found
