"""Every point of a QUBO: the oracle of the tests, and a proof of the lowest energy.

Energies of a block of points are built by doubling: bit i adds ``linear_i + sum_j z_j product_ij`` to the points before
it. Limits: 2**n points, so that n above ``max_variables`` is refused; time doubles with each bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import dimod
import numpy as np

from ...algorithms.enumeration import all_sums, indices_to_bits
from ...core import SOLVERS, Clock, Float, Int, PolynomialModel, bqm_to_arrays
from ...engines.diagonal import energy_blocks
from ..base import Estimate, QuboSampler, energies_of, sample_set

#: Bits of a block; its energies take 8 * 2**BLOCK_BITS bytes and stay in cache.
BLOCK_BITS = 16

#: Points returned when no number is asked for: all of them up to 16 bits.
MAX_POINTS = 1 << 16

#: Points a second on one core, for the estimate.
POINTS_PER_SECOND = 1e8


@SOLVERS.register("brute-force")
@dataclass(frozen=True)
class BruteForce(QuboSampler):
    """Every point, the lowest energies returned; the lowest one is proven.

    Parameters
    ----------
    num_reads : how many of the lowest points are returned; None means all, but at most 65,536.
    max_variables : larger models are refused.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.5, "BINARY")
    >>> samples = BruteForce().sample(model)
    >>> float(samples.first.energy), samples.info["energy_bound"], len(samples)
    (-0.5, -0.5, 4)
    """

    answers_empty: ClassVar[bool] = True
    takes_polynomials: ClassVar[bool] = True

    num_reads: int | None = None
    max_variables: int = 28

    def __post_init__(self) -> None:
        if self.num_reads is not None and self.num_reads < 1:
            raise ValueError(f"num_reads must be >= 1, got {self.num_reads!r}")
        if not 0 <= self.max_variables <= 40:
            raise ValueError(f"max_variables must be 0..40, got {self.max_variables!r}; use cpsat for more")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """The lowest points; nothing is random, so that ``seed`` changes nothing.

        Raises
        ------
        UnsupportedError
            More variables than ``max_variables``.
        """
        clock = Clock(seconds)
        n = bqm.num_variables
        keep = BruteForce(num_reads).num_reads or self.num_reads or MAX_POINTS
        model = None if isinstance(bqm, PolynomialModel) else _Model.of(bqm)
        indices, looked_at = _lowest_of(bqm, keep, clock) if model is None else _lowest(model, keep, clock)
        Z = indices_to_bits(indices, n)
        info = {
            "engine": "numpy enumeration",
            "points_looked_at": looked_at,
            "seconds": {"sample": clock.elapsed},
        }
        energies = energies_of(bqm, Z)
        if looked_at == 1 << n:
            info["energy_bound"] = float(energies.min()) - (_margin(bqm) if model is None else model.margin)
        return sample_set(Z, energies, None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Seconds of one core; refused above ``max_variables``."""
        n = num_variables
        refusal = ""
        if n > self.max_variables:
            refusal = (
                f"brute-force must have at most {self.max_variables} variables, got {n} "
                f"(2**{n} points); use cpsat, or raise max_variables (at most 40)"
            )
        kept = min(self.num_reads or MAX_POINTS, 1 << n if n < 60 else MAX_POINTS)
        seconds = None if refusal else 2.0**n / POINTS_PER_SECOND
        return Estimate(qubits=n, bytes=(24 << BLOCK_BITS) + kept * (n + 32), seconds=seconds, refusal=refusal)


class _Model(NamedTuple):
    """Coefficients of a QUBO, dense, and how far rounding may move an energy."""

    linear: Float
    products: Float
    offset: float
    margin: float

    @staticmethod
    def of(bqm: dimod.BinaryQuadraticModel) -> _Model:
        linear, i, j, values, offset = bqm_to_arrays(bqm)
        n = len(linear)
        products = np.zeros((n, n))
        products[i, j] = values
        products += products.T
        size = float(np.abs(linear).sum() + np.abs(values).sum() + abs(offset))
        scaled = 1024 * np.concatenate([linear, values, [offset]])
        if 1024 * size < 2.0**53 and bool((scaled == np.rint(scaled)).all()):
            margin = 0.0  # multiples of 1/1024 that small add up exactly in any order
        else:
            margin = 2.0 * (1 + n + len(values)) * float(np.finfo(np.float64).eps) * size
        return _Model(linear, products, offset, margin)


def _lowest(model: _Model, keep: int, clock: Clock) -> tuple[Int, int]:
    """Indices of the ``keep`` lowest points (ties: smallest index) and how many points were looked at."""
    n = len(model.linear)
    low = min(n, BLOCK_BITS)
    high = n - low
    inside = all_sums(model.linear[:low], model.products[:low, :low])
    found = _Lowest(keep)
    looked_at = 0
    for block in range(1 << high):
        if looked_at and clock.is_over:
            break
        bits = (block >> np.arange(high)) & 1
        constant = model.linear[low:] @ bits + bits @ np.triu(model.products[low:, low:], 1) @ bits
        energies = inside + constant
        if bits.any():
            energies = energies + all_sums(model.products[:low, low:] @ bits, None)
        looked_at += len(energies)
        found.add(block << low, energies)
    return found.indices(), looked_at


def _lowest_of(model: PolynomialModel, keep: int, clock: Clock) -> tuple[Int, int]:
    """The same for a polynomial."""
    found, looked_at = _Lowest(keep), 0
    for energies in energy_blocks(model.polynomial):
        if looked_at and clock.is_over:
            break
        found.add(looked_at, energies)
        looked_at += len(energies)
    return found.indices(), looked_at


def _margin(model: PolynomialModel) -> float:
    """How far rounding may move an energy of a polynomial: 0 where all sums are exact."""
    polynomial = model.polynomial
    scaled = 1024 * np.append(polynomial.coefficients, polynomial.offset)
    if 1024 * polynomial.size < 2.0**53 and bool((scaled == np.rint(scaled)).all()):
        return 0.0
    steps = 1 + polynomial.num_variables + polynomial.num_terms
    return 2.0 * steps * float(np.finfo(np.float64).eps) * polynomial.size


class _Lowest:
    """The ``keep`` lowest points so far, blocks added in the order of their indices.

    A point as high as the worst kept one comes too late: the index of the kept one is smaller.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._limit = np.inf
        self._indices: list[Int] = []
        self._energies: list[Float] = []
        self._size = 0

    def add(self, start: int, energies: Float) -> None:
        chosen = np.flatnonzero(energies < self._limit)
        self._indices.append(chosen + start)
        self._energies.append(energies[chosen])
        self._size += len(chosen)
        if self._size >= 2 * self._keep + 1024:  # sorting now and then costs less than sorting every block
            self._shrink()

    def indices(self) -> Int:
        """Lowest first, ties by index."""
        self._shrink()
        return self._indices[0]

    def _shrink(self) -> None:
        indices, energies = np.concatenate(self._indices), np.concatenate(self._energies)
        if len(indices) > self._keep:
            bound = np.partition(energies, self._keep - 1)[self._keep - 1]
            inside = np.flatnonzero(energies <= bound)
            indices, energies = indices[inside], energies[inside]
        order = np.lexsort((indices, energies))[: self._keep]
        self._indices, self._energies = [indices[order]], [energies[order]]
        self._size = len(order)
        if self._size == self._keep:
            self._limit = float(energies[order[-1]])


def rounding_margin(bqm: dimod.BinaryQuadraticModel) -> float:
    """How far rounding may move an energy of a BINARY model with labels 0..m-1 that is summed in another order."""
    return _Model.of(bqm).margin
