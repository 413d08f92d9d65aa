"""Fit of the unbalanced encoder's two weights on a family of programs: a grid, then Nelder-Mead from its best point.

Small programs are judged by their whole spectrum, larger ones by annealed samples; the same seed gives the same
weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..algorithms.enumeration import all_points
from ..core import BinaryProgram, UnsupportedError
from ..core.arrays import Bits, Float
from .exhaustive import all_values
from .quadratic import Quadratic
from .row_plans import RowEncoding, plan_rows
from .unbalanced import Unbalanced, cost_scale, room_functions

#: Programs up to this many bits are enumerated.
MAX_ENUMERATED = 18
_GRID_L1 = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
_GRID_L2 = (0.0, 0.03, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0)
_MAX_EVALUATIONS = 80
_REFERENCE_SECONDS = 20.0


@dataclass(frozen=True)
class TuneResult:
    """Fitted weights, their loss, and the loss of the settings it started from; ``evaluations`` of the loss in all.

    Loss: mean over programs of the mean gap of the ``num_best`` states of least energy, an infeasible state counting 1.
    """

    l1: float
    l2: float
    loss: float
    initial_loss: float
    evaluations: int
    num_programs: int


def tune(
    programs: Sequence[BinaryProgram],
    *,
    start: Unbalanced | None = None,
    num_best: int = 10,
    num_reads: int = 100,
    tolerance: float = 0.02,
    seed: int = 0,
) -> TuneResult:
    """The weights (l1, l2) under which states of low energy are feasible and good, over a family of programs.

    Parameters
    ----------
    programs : the family; each must have an inequality row and a feasible point.
    start : settings to compare with and to keep the penalty rule of.
    num_best : states of least energy that count.
    num_reads : annealing reads, for programs of more than 18 bits.
    tolerance : the smallest weights (by l1 + l2) whose loss is within this of the least are taken: the loss is flat
        along l2 = l1 / 2, and larger weights hide the cost from a sampler.
    seed : of the annealer.

    Raises
    ------
    UnsupportedError
        A program has no inequality row (nothing to tune), or no feasible point was found.

    References
    ----------
    A. Montanez-Barrera et al. (2022), arXiv:2211.13914, section III: weights fitted once per family by Nelder-Mead. We
    differ in the loss: theirs is the energy of an optimum, ours what a sampler of low energies would return.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> family = [BinaryProgram(c=[-3, -2, -2], rows=make_rows([[2, 1, 3]], upper=[4]))]
    >>> result = tune(family, num_best=1)
    >>> result.loss <= result.initial_loss, result.loss
    (True, 0.0)
    """
    from scipy.optimize import minimize

    initial = Unbalanced() if start is None else start
    judges: list[_Spectrum | _Samples] = [_judge(program, initial, num_best, num_reads, seed) for program in programs]
    if not judges:
        raise ValueError("programs must be at least one, got none; name the files of the family")
    seen: dict[tuple[float, float], float] = {}

    def loss(l1: float, l2: float) -> float:
        key = (round(max(l1, 0.0), 4), round(max(l2, 0.0), 5))
        if key not in seen:
            seen[key] = float(np.mean([judge.loss(*key) for judge in judges]))
        return seen[key]

    before = loss(initial.l1, initial.l2)
    for l1 in _GRID_L1:
        for l2 in _GRID_L2:
            loss(l1, l2)
    best = min(seen, key=lambda key: (seen[key], key))
    simplex = np.array([best, (best[0] + 0.15, best[1]), (best[0], best[1] * 1.6 + 0.002)])
    options = {"initial_simplex": simplex, "maxfev": _MAX_EVALUATIONS, "xatol": 1e-3, "fatol": 1e-6}
    minimize(lambda w: loss(float(w[0]), float(w[1])), best, method="Nelder-Mead", options=options)
    limit = min(seen.values()) + tolerance
    best = min((key for key in seen if seen[key] <= limit), key=lambda key: (sum(key), key))
    return TuneResult(best[0], best[1], seen[best], before, len(seen), len(judges))


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """All states that keep the hard rows: energy parts and gap of each, so that a loss is one sum and one partition."""

    costs: Float
    rooms: Float
    squares: Float
    gaps: Float
    num_best: int

    def loss(self, l1: float, l2: float) -> float:
        energies = self.costs - l1 * self.rooms + l2 * self.squares
        lowest = np.argsort(energies, kind="stable")[: self.num_best]
        return float(self.gaps[lowest].mean())


@dataclass(frozen=True, eq=False)
class _Samples:
    """A program too large to enumerate: annealed anew for every pair of weights."""

    program: BinaryProgram
    encoder: Unbalanced
    reference: float
    num_best: int
    num_reads: int
    seed: int

    def loss(self, l1: float, l2: float) -> float:
        from dwave.samplers import SimulatedAnnealingSampler

        encoding = replace(self.encoder, l1=l1, l2=l2).encode(self.program)
        answer = SimulatedAnnealingSampler().sample(encoding.bqm, num_reads=self.num_reads, seed=self.seed)
        order = np.argsort(answer.record.energy, kind="stable")[: self.num_best]
        X = encoding.decode(answer.record.sample[order])
        return float(_gaps(self.program, X, self.program.costs(X), self.reference).mean())


def _judge(
    program: BinaryProgram, encoder: Unbalanced, num_best: int, num_reads: int, seed: int
) -> _Spectrum | _Samples:
    soft = [plan for plan in plan_rows(program, keep_free=False) if plan.treatment is RowEncoding.SLACK]
    if not soft:
        raise UnsupportedError("programs to tune on must have an inequality row; one of them needs no slack at all")
    if program.num_variables > MAX_ENUMERATED:
        return _Samples(program, encoder, _reference(program), num_best, num_reads, seed)
    X = all_points(program.num_variables)
    names = {plan.name for plan in soft}
    hard = np.array([name not in names for name in program.constraints.names], dtype=bool)
    violations = program.violations(X)
    keeps_hard = ~violations[:, hard].any(axis=1)
    costs = all_values(Quadratic.cost(program))
    feasible = ~violations.any(axis=1)
    if not feasible.any():
        raise UnsupportedError("programs to tune on must have a feasible point; one of them has none")
    linear, square = room_functions(program, soft)
    scale = cost_scale(program)
    gaps = np.where(feasible, _relative(costs, float(costs[feasible].min())), 1.0)
    rooms, squares = scale * all_values(linear), scale * all_values(square)
    return _Spectrum(costs[keeps_hard], rooms[keeps_hard], squares[keeps_hard], gaps[keeps_hard], num_best)


def _gaps(program: BinaryProgram, X: Bits, costs: Float, best: float) -> Float:
    return np.where(program.feasible(X), _relative(costs, best), 1.0)


def _relative(costs: Float, best: float) -> Float:
    return np.clip((costs - best) / max(abs(best), 1e-9), 0.0, 1.0)


def _reference(program: BinaryProgram) -> float:
    from ..algorithms.cpsat_model import minimise

    answer = minimise(program, seconds=_REFERENCE_SECONDS)
    if answer.cost is None:
        raise UnsupportedError("programs to tune on must have a feasible point; none was found for one of them")
    return answer.cost
