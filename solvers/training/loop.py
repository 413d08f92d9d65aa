"""The training loop of every circuit: paths of stages, one optimiser, one log, one budget.

A stage is a circuit and the angles it begins with; a path is a sequence of stages, each begun from the best of the one
before; a run tries one path after another. What differs between the methods is which paths they give: one stage and
random restarts (VQE, PCE, QRAO), rising levels of CVaR (ascending VQE), layer by layer (INTERP, Fourier), ramps of a
grid (subspace). The best angles are those of the lowest value among stages whose values may be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import Float
from .evaluation_log import EvaluationLog, Evaluator, LoggedTarget
from .optimizers import BudgetExhausted, OptimizerName, minimize

#: First variables of a stage, from its target (which may be evaluated) and the best variables of the stage before.
Begin = Callable[[LoggedTarget, Float | None], Float]


@dataclass(frozen=True, eq=False)
class Stage:
    """One minimisation: a circuit, and where its angles begin.

    Parameters
    ----------
    begin : the first variables; see ``Begin``.
    max_evaluations : evaluations that the minimisation may take; None for no limit but the run's.
    max_iterations : iterations of L-BFGS, where that is the optimiser; None for as many as evaluations.
    matrix : the variables are such that angles = matrix @ variables; None for the angles themselves.
    embed : angles of this circuit -> angles of the full one; None where it is the full one.
    is_comparable : whether values may be compared with those of the last stage (not where CVaR's share differs).
    origin, unit : what the optimiser sees is (value - origin) / unit, since its tolerances are absolute.
    """

    evaluator: Evaluator
    begin: Begin
    max_evaluations: int | None
    max_iterations: int | None = None
    matrix: Float | None = None
    embed: Callable[[Float], Float] | None = None
    is_comparable: bool = True
    origin: float = 0.0
    unit: float = 1.0


Path = Sequence[Stage]


@dataclass(frozen=True, eq=False)
class Trained:
    """The best angles of a run with their value, the log that counted them, and the value each path ended with."""

    angles: Float
    value: float
    log: EvaluationLog
    optimizer: str
    is_cut: bool
    path_values: tuple[float, ...] = ()

    def info(self) -> dict[str, Any]:
        """Counts of the run as JSON, for ``SampleSet.info``."""
        return {
            "evaluations": self.log.evaluations,
            "gradients": self.log.gradients,
            "circuits": self.log.circuits,
            "shots": self.log.shots,
            "optimizer": self.optimizer,
            "value": float(self.value),
            "is_cut": self.is_cut,
            "value_trace": self.log.trace,
        }


def begin_at(angles: Float) -> Begin:
    """A stage that begins with given variables, shape (k,)."""
    return lambda target, before: angles


def continued(target: LoggedTarget, before: Float | None) -> Float:
    """A stage that begins with the best variables, shape (k,), of the one before it, which must be there."""
    assert before is not None
    return before


def train(paths: Iterable[Path], log: EvaluationLog, optimizer: OptimizerName, rng: np.random.Generator) -> Trained:
    """The best angles of all paths within the log's budget.

    Parameters
    ----------
    paths : made one after another while the budget lasts, so that a path may draw from ``rng`` when it is reached.
    rng : of the optimiser.

    Raises
    ------
    ValueError
        No value was a finite number.
    """
    best = _Best()
    ends: list[float] = []
    is_cut = False
    try:
        for path in paths:
            ends.append(_follow(path, log, optimizer, rng, best))
    except BudgetExhausted:
        is_cut = True
    if best.angles is None:
        raise ValueError("energies must be finite, got none that is; rescale the instance or the loss")
    value = best.value if np.isfinite(best.value) else log.best_value
    return Trained(best.angles, float(value), log, optimizer, is_cut, tuple(ends))


class _Best:
    """The best full angles so far; those of stages that cannot be compared serve only until there are others."""

    def __init__(self) -> None:
        self.angles: Float | None = None
        self.value = np.inf

    def take(self, target: LoggedTarget, *, is_comparable: bool) -> None:
        if target.best_angles is None:
            return
        if self.angles is None or (is_comparable and target.best_value < self.value):
            self.angles = target.best_angles
            self.value = target.best_value if is_comparable else np.inf


def _follow(path: Path, log: EvaluationLog, optimizer: OptimizerName, rng: np.random.Generator, best: _Best) -> float:
    """One path; the value it ended with."""
    variables: Float | None = None
    target: LoggedTarget | None = None
    for stage in path:
        target = LoggedTarget(
            stage.evaluator, log, matrix=stage.matrix, embed=stage.embed, origin=stage.origin, unit=stage.unit
        )
        try:
            first = stage.begin(target, variables)
            minimize(optimizer, target, first, stage.max_evaluations, rng, iterations=stage.max_iterations)
        finally:
            best.take(target, is_comparable=stage.is_comparable)
        variables = target.best_variables if target.best_variables is not None else first
    assert target is not None
    return float(target.best_value)
