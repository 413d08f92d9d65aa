"""The proven minimum of a QUBO by whatever proves it: closed form, enumeration, or CP-SAT; the info says which.

Lagrangian methods call their dual value a bound only with such an oracle. Limits: beyond the enumeration dense QUBOs
are hard for CP-SAT; what it has proven within its effort is still a bound, and is reported as one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np

from ...core import SOLVERS, BinaryProgram, Bits, Clock, Float, bqm_to_arrays
from ..base import Estimate, QuboSampler, energies_of, sample_set
from .brute_force import BruteForce

#: Largest sum of integer coefficients that CP-SAT's model is given.
_INTEGER_RANGE = 2.0**46


@SOLVERS.register("exact")
@dataclass(frozen=True)
class ExactOracle(QuboSampler):
    """Proven minimum of a QUBO: closed form where it has no products, else enumeration, else CP-SAT.

    Parameters
    ----------
    num_reads : how many of the lowest points are returned (fewer where CP-SAT found fewer).
    max_enumerated : variables up to which all points are enumerated.
    effort : CP-SAT's limit in its deterministic time (about seconds of one core); the bound proven by then counts.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {}, 0.5, "BINARY")
    >>> samples = ExactOracle(num_reads=2).sample(model)
    >>> float(samples.first.energy), samples.info["oracle"], len(samples), round(samples.info["energy_bound"], 9)
    (-0.5, 'separable', 2, -0.5)
    """

    num_reads: int = 10
    max_enumerated: int = 20
    effort: float = 10.0

    def __post_init__(self) -> None:
        if self.num_reads < 1:
            raise ValueError(f"num_reads must be >= 1, got {self.num_reads!r}")
        if not 0 <= self.max_enumerated <= 28:
            raise ValueError(f"max_enumerated must be 0..28, got {self.max_enumerated!r}; CP-SAT takes over above")
        if not self.effort > 0:
            raise ValueError(f"effort must be > 0, got {self.effort!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """The lowest points and, as ``energy_bound``, what is proven; ``info["oracle"]`` names the proof."""
        keep = ExactOracle(num_reads or self.num_reads).num_reads
        clock = Clock(seconds)
        if bqm.num_interactions == 0:
            Z, least = _separable(bqm, keep)
            bound: float | None = least
            info: dict[str, Any] = {"oracle": "separable", "engine": "closed form"}
        elif bqm.num_variables <= self.max_enumerated:
            samples = BruteForce(num_reads=keep).sample(bqm, seconds=seconds)
            samples.info["oracle"] = "enumeration"
            return samples
        else:
            info = {"oracle": "cpsat", "engine": "CP-SAT"}
            Z, bound, replayable = _searched(bqm, keep, self.effort, seconds, seed or 0)
            info["is_replayable"] = replayable
        if bound is not None:
            info["energy_bound"] = bound
        info["seconds"] = {"sample": clock.elapsed}
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """CP-SAT's effort at most, where there are products and enumeration is too long."""
        if num_interactions == 0:
            return Estimate(qubits=num_variables)
        if num_variables <= self.max_enumerated:
            return BruteForce().estimate(num_variables, num_interactions)
        return Estimate(qubits=num_variables, bytes=1000 * num_interactions, seconds=self.effort)


def _separable(bqm: dimod.BinaryQuadraticModel, keep: int) -> tuple[Bits, float]:
    """The ``keep`` lowest points, by the sums of |coefficients| that they pay above the minimum, and the minimum."""
    linear, *_, offset = bqm_to_arrays(bqm)
    ground = (linear < 0).astype(np.uint8)
    order = np.argsort(np.abs(linear), kind="stable")
    prices = np.abs(linear)[order]
    Z = np.tile(ground, (min(keep, 2 ** min(linear.size, 30)), 1))
    for row, flips in enumerate(_cheapest_sets(prices, len(Z))):
        Z[row, order[list(flips)]] ^= 1
    size = float(np.abs(linear).sum() + abs(offset))
    margin = 2.0 * (1 + linear.size) * float(np.finfo(np.float64).eps) * size
    return Z, float(linear[linear < 0].sum() + offset) - margin


def _cheapest_sets(prices: Float, count: int) -> list[tuple[int, ...]]:
    """The ``count`` sets of least total price, prices ascending; a set grows by its last member or moves it on."""
    found: list[tuple[int, ...]] = [()]
    heap: list[tuple[float, tuple[int, ...]]] = [(float(prices[0]), (0,))] if prices.size else []
    while heap and len(found) < count:
        total, members = heapq.heappop(heap)
        found.append(members)
        last = members[-1]
        if last + 1 < prices.size:
            step = float(prices[last + 1])
            heapq.heappush(heap, (total + step, (*members, last + 1)))
            heapq.heappush(heap, (total - float(prices[last]) + step, (*members[:-1], last + 1)))
    return found


def _searched(
    bqm: dimod.BinaryQuadraticModel, keep: int, effort: float, seconds: float | None, seed: int
) -> tuple[Bits, float | None, bool]:
    """CP-SAT's last ``keep`` points, its proven bound, and whether the run would repeat.

    Coefficients are rounded to a grid of integers; half a grid step a term is taken off the bound.
    """
    from ...algorithms.cpsat_model import build_model
    from ...algorithms.cpsat_search import Search, search

    linear, i, j, values, offset = bqm_to_arrays(bqm)
    from scipy.sparse import coo_array

    n = linear.size
    terms = np.concatenate([linear, values])
    factor = 2.0 ** np.floor(np.log2(_INTEGER_RANGE / max(float(np.abs(terms).sum()), 1e-300)))
    whole = np.rint(terms * factor)
    upper = np.minimum(i, j), np.maximum(i, j)
    program = BinaryProgram(whole[:n], coo_array((whole[n:], upper), shape=(n, n)).tocsr())
    built = build_model(program)
    points: list[Bits] = []

    def on_values(found: Any) -> bool:
        points.append(found.astype(np.uint8))
        return False

    limits = Search(seconds, seed % 2**31, workers=1, effort=effort)
    result = search(built.model, built.variables, limits, on_values)
    bound = None
    if result.bound is not None and built.has_exact_costs:
        bound = (result.bound / built.factor - float(np.abs(whole - terms * factor).sum())) / factor + offset
        bound -= 1e-12 * (float(np.abs(terms).sum()) + abs(offset))
    Z = np.array(points[-keep:], dtype=np.uint8).reshape(-1, n) if points else np.zeros((1, n), dtype=np.uint8)
    return Z, bound, result.is_replayable and seconds is None
