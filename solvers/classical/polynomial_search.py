"""Tabu search, memetic tabu search and self-avoiding walks on a polynomial of any degree, without auxiliary bits.

The baselines of low autocorrelation sequences, which have an update of their own; any other polynomial, a QUBO too, is
taken by its terms. ``evaluations`` are the changes of a flip that were looked at. Without a limit each makes
``num_evaluations``, which are never passed; what is too little for a move goes into random points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dimod
import numpy as np

from ...core import SOLVERS, Clock
from ...core.tunable import Range, tunable
from ...engines.annealing.polynomial import Engine, Method, PolynomialSearch, Progress
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from ..spin_polynomial import polynomial_of
from .reads import check_positive

#: Evaluations between two looks at the clock, a variable.
PIECE = 200
#: Measured: evaluations a second, for the estimate.
EVALUATIONS_PER_SECOND = 1e7


@dataclass(frozen=True)
class Limits:
    """Of one call: independent runs, evaluations of all of them together, and seconds."""

    seed: int | None
    num_reads: int
    evaluations: int | None
    seconds: float | None


def searched(
    bqm: dimod.BinaryQuadraticModel, method: Method, settings: Sequence[float], engine: Engine, limits: Limits
) -> dimod.SampleSet:
    """The points that were the best so far of each run, at most one a piece of it; runs share the limits evenly."""
    clock = Clock(limits.seconds)
    polynomial = polynomial_of(bqm)
    points: list[Any] = []
    made, runs, name = 0, 0, ""
    for read, seed in enumerate(spawn_seeds(limits.seed, limits.num_reads)):
        left = limits.num_reads - read
        search = PolynomialSearch(polynomial, method, seed=seed, settings=settings, engine=engine)
        share = None if limits.evaluations is None else max(1, (limits.evaluations - made) // left)
        until = None if clock.remaining is None else clock.elapsed + clock.remaining / left
        progress = _run(search, points, PIECE * bqm.num_variables, share, until, clock)
        made, runs, name = made + progress.evaluations, runs + progress.searches, search.engine
        if clock.is_over or (limits.evaluations is not None and made >= limits.evaluations):
            break
    Z = np.array(points)
    info: dict[str, Any] = {
        "engine": name,
        "evaluations": made,
        "searches": runs,
        "seconds": {"sample": clock.elapsed},
    }
    return sample_set(Z, energies_of(bqm, Z), None, info)


def _run(
    search: PolynomialSearch, points: list[Any], piece: int, share: int | None, until: float | None, clock: Clock
) -> Progress:
    """One run to the end of its share; its improvements are added to ``points``."""
    progress = Progress(np.inf, 0, 0)
    lowest = np.inf
    while True:
        at = progress.evaluations + piece
        progress = search.advance(at, limit=share)
        if progress.energy < lowest:
            lowest = progress.energy
            points.append(search.best)
        if (share is not None and progress.evaluations >= share) or (until is not None and clock.elapsed >= until):
            return progress


#: Evaluations of a run without any limit.
DEFAULT_EVALUATIONS = 2_000_000


class _Search(QuboSampler):
    """What the three have in common: limits, reads and the call; each says its ``method`` and the numbers it takes."""

    takes_polynomials: ClassVar[bool] = True
    method: ClassVar[Method]
    num_reads: int
    num_evaluations: int | None
    engine: Engine

    def settings(self, num_variables: int) -> tuple[float, ...]:
        """What the search of a model of that size takes (see ``PolynomialSearch``)."""
        return ()

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        evaluations: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """Points that were the best so far, lowest energy first."""
        limits = self.limits(seed, num_reads, evaluations, seconds)
        return searched(bqm, self.method, self.settings(bqm.num_variables), self.engine, limits)

    def limits(self, seed: int | None, num_reads: int | None, evaluations: int | None, seconds: float | None) -> Limits:
        """The caller's limits, else the settings'; without any, ``DEFAULT_EVALUATIONS``."""
        check_positive("evaluations", evaluations)
        check_positive("num_reads", num_reads)
        count = evaluations or self.num_evaluations or (DEFAULT_EVALUATIONS if seconds is None else None)
        return Limits(seed, num_reads or self.num_reads, count, seconds)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the terms; seconds from what was measured on LABS."""
        size = 64 * (num_variables + 4 * num_interactions)
        count = self.num_evaluations or DEFAULT_EVALUATIONS
        return Estimate(num_variables, size, count / EVALUATIONS_PER_SECOND)


@SOLVERS.register("polynomial-tabu")
@dataclass(frozen=True)
class PolynomialTabu(_Search):
    """Tabu searches from random points, on a polynomial of any degree.

    Each takes the best flip that is not tabu, or that gives its best point; M ~ U(n/2, 3n/2) moves, tenure M/10 + U(0,
    M/50), as the searches of ``memetic-tabu``.

    Parameters
    ----------
    num_reads : independent runs, which share the limits.
    num_evaluations : of all runs; None means 2,000,000, or under a time limit as many as fit.
    engine : ``compiled`` or ``numpy``, which give the same points; ``auto`` is the first where it was built.

    Examples
    --------
    >>> from qopt.core import BinaryPolynomial, PolynomialModel
    >>> model = PolynomialModel(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5, (0,): 1}))
    >>> float(PolynomialTabu(num_evaluations=300).sample(model, seed=1).first.energy)
    -4.0
    """

    method: ClassVar[Method] = "tabu"

    num_reads: int = 1
    num_evaluations: int | None = None
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        check_positive("num_evaluations", self.num_evaluations)


@SOLVERS.register("memetic-tabu")
@dataclass(frozen=True)
class MemeticTabu(_Search):
    """A population whose children, crossed and mutated, are improved by tabu search and take a random one's place.

    Parents are the better of two; a crossover takes each bit from either; every bit is flipped with probability 1/n.

    Parameters
    ----------
    population : points, uniform at the start.
    crossover : share of children that have two parents.
    num_reads, num_evaluations, engine : as in ``polynomial-tabu``.

    References
    ----------
    Gallardo, Cotta, Fernandez (2009), Finding low autocorrelation binary sequences with memetic algorithms, Applied
    Soft Computing 9, 1252-1262.

    Examples
    --------
    >>> from qopt.core import BinaryPolynomial, PolynomialModel
    >>> model = PolynomialModel(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5, (0,): 1}))
    >>> float(MemeticTabu(population=5, num_evaluations=300).sample(model, seed=1).first.energy)
    -4.0
    """

    method: ClassVar[Method] = "memetic"

    population: int = tunable(100, Range(10, 300, "log"))
    crossover: float = tunable(0.9, Range(0.0, 1.0))
    num_reads: int = 1
    num_evaluations: int | None = None
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        check_positive("population", self.population)
        check_positive("num_reads", self.num_reads)
        check_positive("num_evaluations", self.num_evaluations)
        if not 0 <= self.crossover <= 1:
            raise ValueError(f"crossover must lie in 0..1, got {self.crossover!r}")

    def settings(self, num_variables: int) -> tuple[float, ...]:
        return float(self.population), self.crossover


@SOLVERS.register("self-avoiding-walk")
@dataclass(frozen=True)
class SelfAvoidingWalk(_Search):
    """Walks from random points to the best neighbour at which the walk has not been.

    Parameters
    ----------
    length : steps of a walk; None means 8 n.
    num_reads, num_evaluations, engine : as in ``polynomial-tabu``.

    References
    ----------
    Boskovic, Brglez, Brest (2017), Low-autocorrelation binary sequences: on improved merit factors and runtime
    predictions to achieve them, Applied Soft Computing 56, 262-285.

    Examples
    --------
    >>> from qopt.core import BinaryPolynomial, PolynomialModel
    >>> model = PolynomialModel(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5, (0,): 1}))
    >>> float(SelfAvoidingWalk(num_evaluations=300).sample(model, seed=1).first.energy)
    -4.0
    """

    method: ClassVar[Method] = "avoiding"

    length: int | None = None
    num_reads: int = 1
    num_evaluations: int | None = None
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        check_positive("length", self.length)
        check_positive("num_reads", self.num_reads)
        check_positive("num_evaluations", self.num_evaluations)

    def settings(self, num_variables: int) -> tuple[float, ...]:
        return (float(self.length or 8 * num_variables),)
