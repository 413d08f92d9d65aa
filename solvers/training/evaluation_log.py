"""A variational run: evaluate, count, remember the best angles and every point that was drawn, stop when spent.

The evaluator knows the circuit and where it runs, the log the budget. Whatever the optimiser does, no budget is
passed by more than one evaluation, and the points of all evaluations are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import dimod
import numpy as np

from ...algorithms.tails import tail
from ...core import AnyArray, Bits, Clock, Float, inner
from ...core.unique import unique_rows
from ..base import energies_of
from .optimizers import BudgetExhausted


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Value at some angles, and the points it was estimated from (None where it is exact)."""

    value: float
    Z: Bits | None = None
    counts: AnyArray | None = None
    circuits: int = 1


class Evaluator(Protocol):
    """A circuit of fixed shape, and where it runs; angles are one flat vector."""

    @property
    def num_parameters(self) -> int: ...

    @property
    def periods(self) -> Float:
        """Period of the value in each parameter, shape (num_parameters,)."""
        ...

    @property
    def has_gradient(self) -> bool: ...

    def evaluate(self, angles: Float) -> Evaluation:
        """The value that is minimised, at angles of shape (num_parameters,)."""
        ...

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Value and exact gradient, shape (num_parameters,) as the angles, where ``has_gradient``."""
        ...

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of the final state at the angles, shape (num_parameters,)."""
        ...

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """What an exact state tells of the final angles (expectation, cvar, optimum_probability); empty elsewhere."""
        ...


class WithoutGradient:
    """The part of an evaluator that has no gradient, unless its class adds one."""

    @property
    def has_gradient(self) -> bool:
        return False

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Never there, at any angles, shape (num_parameters,), unless the class has its own.

        Raises
        ------
        NotImplementedError
            Always; ``has_gradient`` is False.
        """
        raise NotImplementedError(f"{type(self).__name__} has no exact gradient; has_gradient is False")


class EvaluationLog:
    """Counts, points and the best angles of one run.

    ``limit`` counts evaluations; the first one is always allowed, so that a run has an answer.
    """

    def __init__(self, clock: Clock, limit: int | None = None) -> None:
        self.clock = clock
        self.limit = limit
        self.evaluations = 0
        self.gradients = 0
        self.shots = 0
        self.circuits = 0
        self.best_value = np.inf
        self.best_angles: Float | None = None
        self.longest = 0.0  # seconds of one evaluation
        self.trace: list[list[float]] = []  # indexed by evaluation, not by time, so that a replay gives the same trace
        self.improvements: list[tuple[float, float]] = []  # (seconds, value), which need not replay
        self._points: list[Bits] = []
        self._counts: list[AnyArray] = []

    @property
    def is_spent(self) -> bool:
        """Whether another evaluation would pass a limit; the final state is one evaluation more, and must fit too."""
        over = self.limit is not None and self.evaluations >= self.limit
        left = self.clock.remaining
        return self.evaluations > 0 and (over or (left is not None and left < 2 * self.longest))

    @property
    def wants_final_points(self) -> bool:
        """Whether the final state is still to be sampled: always, but where the time is over and points are there."""
        return not (self.clock.is_over and self._points)

    def keep(self, measured: Evaluation) -> None:
        """Add points that were drawn."""
        self.circuits += measured.circuits
        if measured.Z is not None and measured.counts is not None:
            self.shots += int(np.sum(measured.counts))
            self._points.append(measured.Z)
            self._counts.append(measured.counts)

    def timed(self, started: float) -> None:
        """Record the duration of an evaluation that started at clock time ``started``."""
        self.longest = max(self.longest, self.clock.elapsed - started)

    def points(self) -> tuple[Bits, AnyArray]:
        """All points drawn, shape (k, n), distinct within each evaluation, and their counts, shape (k,)."""
        return np.concatenate(self._points), np.concatenate(self._counts)

    def note(self, value: float, angles: Float) -> None:
        """One value more; the best is remembered with the angles of the full circuit, shape (num_parameters,)."""
        self.evaluations += 1
        if value < self.best_value:
            self.best_value = value
            self.best_angles = angles.copy()
            self.trace.append([self.evaluations, value])
            self.improvements.append((self.clock.elapsed, value))


class LoggedTarget:
    """What an optimiser sees: an evaluator whose every call is checked and noted in a log.

    Parameters
    ----------
    matrix : the optimiser's variables are angles = matrix @ variables (Fourier amplitudes); None for angles themselves.
    embed : angles of this evaluator -> angles of the full circuit, in which the log remembers the best.
    origin, unit : the optimiser sees (value - origin) / unit; the log and ``best_value`` have the value itself.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        log: EvaluationLog,
        *,
        matrix: Float | None = None,
        embed: Callable[[Float], Float] | None = None,
        origin: float = 0.0,
        unit: float = 1.0,
    ) -> None:
        self._evaluator = evaluator
        self._log = log
        self._matrix = matrix
        self._embed = embed
        self._origin, self._unit = origin, unit
        self.best_value = np.inf
        self.best_variables: Float | None = None
        self.best_angles: Float | None = None

    @property
    def has_gradient(self) -> bool:
        return self._evaluator.has_gradient

    @property
    def periods(self) -> Float:
        if self._matrix is None:
            return self._evaluator.periods
        return np.full(self._matrix.shape[1], np.pi)

    def value(self, variables: Float) -> float:
        """Value as the optimiser sees it at its variables, shape (k,), k columns of ``matrix``; counts one evaluation.

        Raises
        ------
        BudgetExhausted
            Another evaluation would pass a limit.
        """
        angles = self._angles(variables)
        started = self._log.clock.elapsed
        found = self._evaluator.evaluate(angles)
        self._log.timed(started)
        self._log.keep(found)
        self._note(found.value, variables, angles)
        return (found.value - self._origin) / self._unit

    def value_and_gradient(self, variables: Float) -> tuple[float, Float]:
        """Value and gradient, shape (num_variables,), as the optimiser sees them; counts one evaluation.

        Raises
        ------
        BudgetExhausted
            Another evaluation would pass a limit.
        """
        angles = self._angles(variables)
        started = self._log.clock.elapsed
        value, gradient = self._evaluator.value_and_gradient(angles)
        self._log.timed(started)
        self._log.gradients += 1
        self._log.circuits += 1
        self._note(value, variables, angles)
        seen = gradient if self._matrix is None else self._matrix.T @ gradient
        return (value - self._origin) / self._unit, seen / self._unit

    def _angles(self, variables: Float) -> Float:
        if self._log.is_spent:
            raise BudgetExhausted
        return variables if self._matrix is None else self._matrix @ variables

    def _note(self, value: float, variables: Float, angles: Float) -> None:
        full = angles if self._embed is None else self._embed(angles)
        if value < self.best_value:
            self.best_value, self.best_variables, self.best_angles = value, np.array(variables), np.array(full)
        self._log.note(value, full)


def distinct(Z: AnyArray) -> tuple[Bits, AnyArray]:
    """Distinct points, shape (d, n), of all, shape (k, n), and how often each stands there, shape (d,).

    Examples
    --------
    >>> [part.tolist() for part in distinct(np.array([[1, 0], [0, 1], [1, 0]]))]
    [[[0, 1], [1, 0]], [1, 2]]
    """
    points = np.asarray(Z, dtype=np.uint8)
    first, _, counts = unique_rows(points)
    return points[first], counts


def sample_value(energies: Float, weights: AnyArray, alpha: float) -> float:
    """Mean energy of the best fraction alpha of outcomes with weights, shape (k,) both; see ``algorithms.tails.tail``.

    Examples
    --------
    >>> sample_value(np.array([1.0, 2.0, 5.0]), np.array([1, 1, 2]), 1.0)
    3.25
    >>> sample_value(np.array([1.0, 2.0, 5.0]), np.array([1, 1, 2]), 0.375)
    1.3333333333333333
    """
    if alpha < 1:
        return tail(weights, np.asarray(energies, dtype=np.float64), alpha)[0]
    order = np.argsort(energies, kind="stable")  # summed from the lowest, whatever order the points were drawn in
    share = np.asarray(weights, dtype=np.float64)[order] / np.sum(weights)
    left = 1.0 - np.concatenate([[0.0], np.cumsum(share)[:-1]])
    share = np.clip(left, 0.0, share)  # the last one takes what rounding left of the whole
    return inner(share, np.asarray(energies)[order]) / float(share.sum())


def evaluation_of(bqm: dimod.BinaryQuadraticModel, Z: AnyArray, alpha: float, weights_of: Any = None) -> Evaluation:
    """Points (shots, n) as a Evaluation with their value.

    Parameters
    ----------
    weights_of : (distinct points, counts) -> weights for the value (readout mitigation); None takes the counts.
    """
    points, counts = distinct(Z)
    weights = counts if weights_of is None else weights_of(points, counts)
    return Evaluation(sample_value(energies_of(bqm, points), weights, alpha), points, counts)
