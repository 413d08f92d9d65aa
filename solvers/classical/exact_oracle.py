"""The proven minimum of a QUBO, or of a program with rows, by whatever proves it; the info says which.

Closed form, enumeration, or CP-SAT. Lagrangian methods call their dual value a bound only with such an oracle. Limits:
beyond the enumeration dense QUBOs are hard for CP-SAT; what it has proven within its effort is still a bound, and is
reported as one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, ClassVar

import dimod
import numpy as np

from ...algorithms.enumeration import indices_to_bits
from ...core import SOLVERS, BinaryProgram, Bits, Clock, Float, UnsupportedError, bqm_to_arrays
from ..base import Estimate, QuboSampler, cost_program, energies_of, is_cost_of, sample_set
from .brute_force import BLOCK_BITS, BruteForce, rounding_margin

#: Seconds that building a model may take whatever is left.
GRACE_SECONDS = 0.5
#: Largest sum of integer coefficients that the model is given: half of what CP-SAT's word is taken for.
_INTEGER_RANGE = 2.0**39


@SOLVERS.register("exact")
@dataclass(frozen=True)
class ExactOracle(QuboSampler):
    """Proven minimum of a QUBO: closed form where it has no products, else enumeration, else CP-SAT.

    Where the encoder leaves the rows to the sampler (``native``, the default for this one) the minimum is that of the
    program: no slack bits, and a bound that the rows themselves prove.

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

    #: It takes the program's rows itself, as samplers of a subspace do.
    answers_empty: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True
    #: A dual value is the minimum over all bits: in a Lagrangian's round the rows are priced, not kept.
    keeps_rows_if_left: ClassVar[bool] = True

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
        program: BinaryProgram | None = None,
    ) -> dimod.SampleSet:
        """The lowest points and, as ``energy_bound``, what is proven; ``info["oracle"]`` names the proof.

        ``info["is_empty"]`` where no point at all keeps the program's rows.

        ``program``: its rows are kept where the model is its cost, and the lowest points are those of its feasible
        ones; a model of another cost (a Lagrangian) is minimised over all bits.
        """
        keep = ExactOracle(num_reads or self.num_reads).num_reads
        clock = Clock(seconds)
        if program is not None and program.num_rows and is_cost_of(bqm, program):
            Z, bound, info = self._kept(bqm, program, keep, clock, seed or 0)
        elif bqm.num_interactions == 0:
            Z, least = _separable(bqm, keep)
            bound = least
            info = {"oracle": "separable", "engine": "closed form"}
        elif bqm.num_variables <= self.max_enumerated:
            samples = BruteForce(num_reads=keep).sample(bqm, seconds=seconds)
            samples.info["oracle"] = "enumeration"
            return samples
        else:
            info = {"oracle": "cpsat", "engine": "CP-SAT"}
            Z, bound, replayable = _searched(cost_program(bqm), keep, self.effort, seconds, seed or 0)
            info["is_replayable"] = replayable
        if bound is not None:
            info["energy_bound"] = bound
        info["seconds"] = {"sample": clock.elapsed}
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def _kept(
        self, bqm: dimod.BinaryQuadraticModel, program: BinaryProgram, keep: int, clock: Clock, seed: int
    ) -> tuple[Bits, float | None, dict[str, Any]]:
        """Lowest feasible points of a program and its bound; a point that breaks rows where no other was found."""
        if program.num_variables <= self.max_enumerated:
            Z, least = lowest_feasible(program, keep, clock)
            info: dict[str, Any] = {"oracle": "enumeration", "engine": "numpy enumeration", "subspace": "program bits"}
            if least == np.inf:
                return Z, None, {**info, "is_empty": True}
            return Z, None if least is None else least - rounding_margin(bqm), info
        Z, bound, replayable = _searched(program, keep, self.effort, clock.remaining, seed)
        info = {"oracle": "cpsat", "engine": "CP-SAT", "subspace": "program bits", "is_replayable": replayable}
        return Z, bound, info

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


def lowest_feasible(program: BinaryProgram, keep: int, clock: Clock) -> tuple[Bits, float | None]:
    """The ``keep`` feasible points of least cost, shape (k, n), and the least cost; all points are looked at.

    The zero point, and infinity, where no point is feasible; None where the clock was over before all were looked at.
    """
    n = program.num_variables
    low = min(n, BLOCK_BITS)
    Z = np.zeros((0, n), dtype=np.uint8)
    costs = np.zeros(0)
    for block in range(1 << (n - low)):
        if block and clock.is_over:
            return (Z if len(Z) else np.zeros((1, n), dtype=np.uint8)), None
        index = (block << low) + np.arange(1 << low)
        X = indices_to_bits(index, n)
        X = X[program.feasible(X)]
        Z, costs = np.concatenate([Z, X]), np.concatenate([costs, program.costs(X)])
        first = np.argsort(costs, kind="stable")[:keep]
        Z, costs = Z[first], costs[first]
    return (Z, float(costs[0])) if len(Z) else (np.zeros((1, n), dtype=np.uint8), np.inf)


def _searched(
    program: BinaryProgram, keep: int, effort: float, seconds: float | None, seed: int
) -> tuple[Bits, float | None, bool]:
    """CP-SAT's last ``keep`` feasible points, its proven bound, and whether the run would repeat.

    Coefficients are rounded to a grid of integers; what the rounding moved is taken off the bound.

    Raises
    ------
    UnsupportedError
        The model cannot be built in the time that is left.
    """
    from ...algorithms.cpsat_model import build_model, build_seconds
    from ...algorithms.cpsat_search import Search, search

    needed = build_seconds(program)
    if seconds is not None and needed > max(seconds, GRACE_SECONDS):
        raise UnsupportedError(
            f"CP-SAT's model of {program.products.nnz:,} products must be built within the time limit, about "
            f"{needed:.1f} s, got {seconds:.2g} s; raise --time-limit, or use another solver (sa)"
        )
    n, products = program.num_variables, program.products
    terms = np.concatenate([program.c, products.data])
    factor = 2.0 ** np.floor(np.log2(_INTEGER_RANGE / max(float(np.abs(terms).sum()), 1e-300)))
    whole = np.rint(terms * factor)
    rounded = products.copy()
    rounded.data = whole[n:]
    built = build_model(BinaryProgram(whole[:n], rounded, rows=program.constraints))
    points: list[Bits] = []

    def on_values(found: Any) -> bool:
        x = found.astype(np.uint8)
        if program.feasible(x)[0]:
            points.append(x)
        return False

    limits = Search(seconds, seed % 2**31, workers=1, effort=effort)
    result = search(built.model, built.variables, limits, on_values)
    bound = None
    is_claimed = built.has_exact_costs and built.has_exact_rows and bool(points)
    if result.bound is not None and is_claimed:
        bound = unscaled_bound(result.bound / built.factor, terms, factor, program.offset)
    Z = np.array(points[-keep:], dtype=np.uint8).reshape(-1, n) if points else np.zeros((1, n), dtype=np.uint8)
    return Z, bound, result.is_replayable and seconds is None


def unscaled_bound(bound: float, terms: Float, factor: float, offset: float) -> float:
    """A bound on the cost from one on ``rint(terms * factor)``: less what rounding may have added, and float error.

    ``terms`` has shape (m,).

    Examples
    --------
    >>> round(unscaled_bound(-1.0, np.array([-0.75]), 1.0, 0.0), 9)
    -1.25
    """
    moved = float(np.abs(np.rint(terms * factor) - terms * factor).sum())
    return (bound - moved) / factor + offset - 1e-12 * (float(np.abs(terms).sum()) + abs(offset))
