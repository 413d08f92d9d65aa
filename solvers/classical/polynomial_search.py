"""Tabu search, memetic tabu search and self-avoiding walks on a polynomial of any degree, without auxiliary bits.

The baselines of low autocorrelation sequences, which have an update of their own; any other polynomial, a QUBO too, is
taken by its terms. ``evaluations`` are the changes of a flip that were looked at. Without a limit each makes
``num_evaluations``; a single tabu search or walk is not cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dimod
import numpy as np

from ...core import SOLVERS, Clock
from ...engines.annealing.polynomial import Engine, Method, PolynomialSearch
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from ..spin_polynomial import polynomial_of
from .reads import check_positive, trivial

#: Evaluations between two looks at the clock, a variable.
PIECE = 200
#: Measured: evaluations a second, for the estimate.
EVALUATIONS_PER_SECOND = 1e7


def searched(
    bqm: dimod.BinaryQuadraticModel,
    method: Method,
    settings: Sequence[float],
    engine: Engine,
    seed: int | None,
    limit: int | None,
    seconds: float | None,
) -> dimod.SampleSet:
    """The points that were the best so far, at most one a piece of the run; the last is the best."""
    clock = Clock(seconds)
    if bqm.num_variables == 0:
        return trivial(bqm, 1)
    search = PolynomialSearch(
        polynomial_of(bqm), method, seed=spawn_seeds(seed, 1)[0], settings=settings, engine=engine
    )
    piece = PIECE * bqm.num_variables
    points: list[Any] = []
    lowest = np.inf
    made, runs = 0, 0
    while not made or ((limit is None or made < limit) and not clock.is_over):
        at = made + piece if limit is None else min(limit, made + piece)
        progress = search.advance(at)
        made, runs = progress.evaluations, progress.searches
        if progress.energy < lowest:
            lowest = progress.energy
            points.append(search.best)
    Z = np.array(points)
    info: dict[str, Any] = {
        "engine": search.engine,
        "evaluations": made,
        "searches": runs,
        "seconds": {"sample": clock.elapsed},
    }
    return sample_set(Z, energies_of(bqm, Z), None, info)


def _limit(evaluations: int | None, seconds: float | None, own: int | None) -> int | None:
    """The evaluations of a run: the caller's, else its own, else none where there is a time limit."""
    check_positive("evaluations", evaluations)
    if evaluations is not None:
        return evaluations
    return own if own is not None or seconds is not None else DEFAULT_EVALUATIONS


#: Evaluations of a run without any limit.
DEFAULT_EVALUATIONS = 2_000_000


class _Search(QuboSampler):
    """What the three have in common."""

    takes_polynomials: ClassVar[bool] = True
    num_evaluations: int | None

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
    num_evaluations : None means 2,000,000, or under a time limit as many as fit.
    engine : ``compiled`` or ``numpy``, which give the same points; ``auto`` is the first where it was built.

    Examples
    --------
    >>> from qopt.core import BinaryPolynomial, PolynomialModel
    >>> model = PolynomialModel(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5, (0,): 1}))
    >>> float(PolynomialTabu(num_evaluations=300).sample(model, seed=1).first.energy)
    -4.0
    """

    num_evaluations: int | None = None
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        check_positive("num_evaluations", self.num_evaluations)

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        evaluations: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """Points that were the best so far, lowest energy first."""
        limit = _limit(evaluations, seconds, self.num_evaluations)
        return searched(bqm, "tabu", (), self.engine, seed, limit, seconds)


@SOLVERS.register("memetic-tabu")
@dataclass(frozen=True)
class MemeticTabu(_Search):
    """A population whose children, crossed and mutated, are improved by tabu search and take a random one's place.

    Parents are the better of two; a crossover takes each bit from either; every bit is flipped with probability 1/n.

    Parameters
    ----------
    population : points, uniform at the start.
    crossover : share of children that have two parents.
    num_evaluations, engine : as in ``polynomial-tabu``.

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

    population: int = 100
    crossover: float = 0.9
    num_evaluations: int | None = None
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        check_positive("population", self.population)
        check_positive("num_evaluations", self.num_evaluations)
        if not 0 <= self.crossover <= 1:
            raise ValueError(f"crossover must lie in 0..1, got {self.crossover!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        evaluations: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """Points that were the best so far, lowest energy first."""
        limit = _limit(evaluations, seconds, self.num_evaluations)
        settings = (float(self.population), self.crossover)
        return searched(bqm, "memetic", settings, self.engine, seed, limit, seconds)


@SOLVERS.register("self-avoiding-walk")
@dataclass(frozen=True)
class SelfAvoidingWalk(_Search):
    """Walks from random points to the best neighbour at which the walk has not been.

    Parameters
    ----------
    length : steps of a walk; None means 8 n.
    num_evaluations, engine : as in ``polynomial-tabu``.

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

    length: int | None = None
    num_evaluations: int | None = None
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        check_positive("length", self.length)
        check_positive("num_evaluations", self.num_evaluations)

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        evaluations: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """Points that were the best so far, lowest energy first."""
        limit = _limit(evaluations, seconds, self.num_evaluations)
        settings = (float(self.length or 8 * bqm.num_variables),)
        return searched(bqm, "avoiding", settings, self.engine, seed, limit, seconds)
