"""Simulated annealing on a polynomial of any degree, without auxiliary bits.

Compiled, a read keeps the change of every flip, and a flip costs the factors of the terms it stands in; LABS has an
update of O(N). Where no compiler was, NumPy takes 64 reads side by side and keeps the value of every product.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import dimod
import numpy as np

from ...core import SOLVERS, AnyArray, BinaryPolynomial, Bits, Clock, Float, Int
from ...core.margins import ROUNDING
from ...core.tunable import Range, tunable
from ...engines.annealing.polynomial import Engine, PolynomialSearch, compiled_searches
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from ..spin_polynomial import polynomial_of
from .reads import DEFAULT_READS, check_positive, seed_stream

#: Reads annealed side by side.
LANES = 64
#: Measured: products of one read looked at a second, for the estimate.
PRODUCTS_PER_SECOND = 5e8


@SOLVERS.register("polynomial-sa")
@dataclass(frozen=True)
class PolynomialAnnealing(QuboSampler):
    """Annealing by single flips of a polynomial of any degree; a quadratic model is one too.

    Parameters
    ----------
    num_reads : anneals; None means 100, or under a time limit as many batches as fit.
    num_sweeps : passes over all variables in one anneal.
    beta_range : inverse temperatures, first and last, geometric between; None takes 1 / (root mean square change of a
        random flip) and ln(100) / (smallest change of one term).
    engine : ``compiled`` or ``numpy``; ``auto`` is the first where it was built. Their reads differ.

    Examples
    --------
    >>> from qopt.core import PolynomialModel
    >>> model = PolynomialModel(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5, (0,): 1}))
    >>> float(PolynomialAnnealing(num_reads=5, num_sweeps=50).sample(model, seed=1).first.energy)
    -4.0
    """

    takes_polynomials: ClassVar[bool] = True

    num_reads: int | None = None
    num_sweeps: int = tunable(1000, Range(10, 5000, "log"))
    beta_range: tuple[float, float] | None = None
    engine: Engine = "auto"

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        check_positive("num_sweeps", self.num_sweeps)
        if self.beta_range is not None and not 0 < self.beta_range[0] <= self.beta_range[1]:
            raise ValueError(f"beta_range must be 0 < first <= last, got {self.beta_range!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """The best point of each anneal."""
        clock = Clock(seconds)
        check_positive("num_reads", num_reads)
        wanted = num_reads or self.num_reads
        model = _Model.of(polynomial_of(bqm).to_spin())
        if wanted is None and seconds is None:
            wanted = DEFAULT_READS
        is_compiled = compiled_searches(self.engine) is not None
        run = self._compiled if is_compiled else self._side_by_side
        points, flips, engine = run(model, wanted, seed, clock)
        info: dict[str, Any] = {
            "engine": engine,
            "num_reads": len(points),
            "flips_tried": flips,
            "beta_range": self._betas(model)[[0, -1]].tolist(),
            "seconds": {"sample": clock.elapsed},
        }
        return sample_set(points, energies_of(bqm, points), None, info)

    def _compiled(self, model: _Model, wanted: int | None, seed: int | None, clock: Clock) -> tuple[Bits, int, str]:
        """The best point of each anneal, one anneal after another."""
        betas, n = self._betas(model), model.polynomial.num_variables
        whole = 1 + n * len(betas)
        piece = whole if clock.remaining is None else n * max(1, len(betas) // 64)
        stream = seed_stream(seed)
        found: list[Bits] = []
        tried, engine = 0, ""
        while (wanted is None or len(found) < wanted) and not (found and clock.is_over):
            search = PolynomialSearch(model.polynomial, "anneal", seed=next(stream), settings=betas, engine=self.engine)
            engine, done = search.engine, 0
            while done < whole and not (done and clock.is_over):
                done = search.advance(min(whole, done + piece)).evaluations
            tried += done
            found.append(search.best)  # of an anneal that the clock cut, too
        return np.array(found), tried, engine

    def _side_by_side(self, model: _Model, wanted: int | None, seed: int | None, clock: Clock) -> tuple[Bits, int, str]:
        """The same in NumPy, in batches."""
        found: list[Bits] = []
        reads = flips = 0
        while (wanted is None or reads < wanted) and not (found and clock.is_over):
            lanes = LANES if wanted is None else min(LANES, wanted - reads)
            rng = np.random.default_rng(spawn_seeds(seed, 1, len(found))[0])
            points, tried = anneal(model, self._betas(model), lanes, rng, clock)
            found.append(points)
            reads, flips = reads + lanes, flips + tried
        return np.concatenate(found), flips, "numpy, terms side by side"

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the products; seconds from what one flip looks at."""
        tries = (self.num_reads or DEFAULT_READS) * self.num_sweeps * 4.0 * (num_variables + num_interactions)
        return Estimate(num_variables, LANES * (num_interactions + num_variables), tries / PRODUCTS_PER_SECOND)

    def _betas(self, model: _Model) -> Float:
        if self.beta_range is not None:
            first, last = self.beta_range
        else:
            sizes = np.abs(model.coefficients)
            first = 1.0 / max(model.spread, 1e-300)
            last = max(first, float(np.log(100.0) / (2.0 * sizes.min()))) if sizes.size else first
        return np.geomspace(first, last, self.num_sweeps)


class _Model(NamedTuple):
    """Spin terms, those of each variable, and the root mean square change of a random flip."""

    polynomial: BinaryPolynomial
    coefficients: Float
    holders: tuple[Int, ...]
    spread: float

    @staticmethod
    def of(polynomial: BinaryPolynomial) -> _Model:
        number = np.repeat(np.arange(polynomial.num_terms), np.diff(polynomial.indptr))
        order = np.argsort(polynomial.indices, kind="stable")
        ends = np.searchsorted(polynomial.indices[order], np.arange(polynomial.num_variables + 1))
        holders = tuple(number[order[a:b]] for a, b in itertools.pairwise(ends))
        squares = [4.0 * float((polynomial.coefficients[terms] ** 2).sum()) for terms in holders]
        spread = float(np.sqrt(np.mean([s for s in squares if s] or [1.0])))
        return _Model(polynomial, polynomial.coefficients, holders, spread)

    def products(self, spins: AnyArray) -> AnyArray:
        """Value of each term's product, shape (t, k), of spins (n, k)."""
        indptr = self.polynomial.indptr[:-1]
        return np.multiply.reduceat(spins[self.polynomial.indices], indptr, axis=0) if len(indptr) else spins[:0]


def anneal(model: _Model, betas: Float, lanes: int, rng: np.random.Generator, clock: Clock) -> tuple[Bits, int]:
    """Best point of each of ``lanes`` anneals (lanes, n), and how many flips were tried in all.

    Every sweep goes through the variables in order; Metropolis' rule, with one uniform number a proposal and read.
    """
    n = model.polynomial.num_variables
    spins = rng.choice(np.array([-1.0, 1.0], dtype=np.float32), size=(n, lanes))
    products = model.products(spins).astype(np.float32)
    weights = [-2.0 * model.coefficients[terms].astype(np.float32) for terms in model.holders]
    energy = model.coefficients @ products.astype(np.float64)
    best, best_energy = spins.copy(), energy.copy()
    tried = 0
    for beta in betas.tolist():
        limits = -np.log(1.0 - rng.random((n, lanes))) / beta
        for i, terms in enumerate(model.holders):
            rows = products[terms]
            change = weights[i] @ rows
            taken = change <= limits[i]
            if taken.any():
                sign = np.where(taken, np.float32(-1.0), np.float32(1.0))
                products[terms] = rows * sign
                spins[i] *= sign
                energy += np.where(taken, change, 0.0)
                better = energy < best_energy - ROUNDING
                if better.any():
                    best[:, better], best_energy[better] = spins[:, better], energy[better]
        tried += n * lanes
        if clock.is_over:
            break
    return ((1 - best.T) / 2).astype(np.uint8), tried
