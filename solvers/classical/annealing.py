"""Simulated annealing and tabu search of dwave-samplers, with seeds, limits and options held to their word.

Without a time limit a run is one library call and replays exactly. With one it is as many reads as fit. Limits: both
keep the model in the library's own form (tabu a dense matrix of 8 n**2 bytes), and neither proves anything.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import dimod
import numpy as np

from ...core import SOLVERS, AnyArray, Clock, Float
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds

#: Reads of a run that has neither a count nor a time limit.
DEFAULT_READS = 100

#: Longest stretch of work between two looks at the clock, as a share of the time limit.
CLOCK_SHARE = 0.05

#: Share of the time left that the first anneal may plan to take.
FIRST_READ_SHARE = 0.8


@SOLVERS.register("sa", aliases=("neal", "simulated-annealing"))
@dataclass(frozen=True)
class SimulatedAnnealing(QuboSampler):
    """Simulated annealing: single-flip Metropolis sweeps while the temperature falls (dwave-samplers).

    Parameters
    ----------
    num_reads : anneals; None means 100, or under a time limit as many as fit.
    num_sweeps : sweeps an anneal; fewer, said in ``info["num_sweeps"]``, where not one such anneal fits a time limit.
    beta_range : first and last inverse temperature, in units of 1/energy; None derives them from the coefficients.
    schedule : how the inverse temperature grows between the two.
    acceptance : probability of an uphill flip: min(1, exp(-beta d)) or 1/(1 + exp(beta d)).
    randomize_order : visit the variables of a sweep at random.

    References
    ----------
    Kirkpatrick, Gelatt, Vecchi (1983), Optimization by simulated annealing, doi:10.1126/science.220.4598.671.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.0, "BINARY")
    >>> float(SimulatedAnnealing(num_reads=5).sample(model, seed=1).first.energy)
    -1.0
    """

    num_reads: int | None = None
    num_sweeps: int = 1000
    beta_range: tuple[float, float] | None = None
    schedule: Literal["geometric", "linear"] = "geometric"
    acceptance: Literal["Metropolis", "Gibbs"] = "Metropolis"
    randomize_order: bool = False

    def __post_init__(self) -> None:
        _check_positive("num_reads", self.num_reads)
        _check_positive("num_sweeps", self.num_sweeps)
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
        """Points that the anneals ended in."""
        clock = Clock(seconds)
        _check_positive("num_reads", num_reads)
        wanted = num_reads or self.num_reads
        if bqm.num_variables == 0:
            return _trivial(bqm, wanted)
        spin = bqm.change_vartype("SPIN", inplace=False)  # once, not in every library call
        betas = self._betas(spin)
        if seconds is None:
            Z, _ = self._anneal(spin, betas, wanted or DEFAULT_READS, spawn_seeds(seed, 1)[0])
            num_sweeps = len(betas)
        else:
            Z, num_sweeps = self._anneal_until(spin, betas, wanted, seed, clock)
        info = {
            "engine": "dwave-samplers simulated annealing",
            "num_reads": len(Z),
            "num_sweeps": num_sweeps,
            "beta_range": [float(betas[0]), float(betas[-1])],
            "seconds": {"sample": clock.elapsed},
        }
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the model in the library; seconds at about 30 million single-flip tries a second."""
        tries = (self.num_reads or DEFAULT_READS) * self.num_sweeps * num_variables
        return Estimate(qubits=num_variables, bytes=100 * (num_variables + num_interactions), seconds=tries / 3e7)

    def _betas(self, spin: dimod.BinaryQuadraticModel) -> Float:
        """Inverse temperature of each sweep."""
        first, last = self.beta_range or default_betas(spin)
        steps = np.geomspace if self.schedule == "geometric" else np.linspace
        return np.asarray(steps(first, last, self.num_sweeps), dtype=np.float64)

    def _anneal(
        self, spin: dimod.BinaryQuadraticModel, betas: Float, num_reads: int, seed: int, **options: Any
    ) -> tuple[AnyArray, float]:
        """Points, and the seconds that the library spent on sweeps."""
        from dwave.samplers import SimulatedAnnealingSampler

        samples = SimulatedAnnealingSampler().sample(
            spin,
            num_reads=num_reads,
            beta_schedule_type="custom",
            beta_schedule=betas,
            seed=seed,
            randomize_order=self.randomize_order,
            proposal_acceptance_criteria=self.acceptance,
            **options,
        )
        return _points(samples, spin.num_variables), 1e-9 * samples.info["timing"]["sampling_ns"]

    def _anneal_until(
        self, spin: dimod.BinaryQuadraticModel, betas: Float, wanted: int | None, seed: int | None, clock: Clock
    ) -> tuple[AnyArray, int]:
        """Reads until the time is over, and the sweeps each of them had.

        The library looks at the clock between reads only. A read longer than the share of the clock is therefore
        annealed in pieces, each from the point where the last one ended.
        """
        limit = clock.remaining or 0.0
        seeds = _stream(seed)
        short, long = (self._anneal(spin, betas[:1].repeat(k), 1, next(seeds))[1] for k in (1, 5))
        sweep_seconds = max(0.0, long - short) / 4  # the rest is the library building its own model
        fitting = int(FIRST_READ_SHARE * (clock.remaining or 0.0) / max(sweep_seconds, 1e-9))
        if fitting < len(betas):  # not one read fits: an anneal with fewer sweeps beats one that ends hot
            betas = betas[np.linspace(0, len(betas) - 1, max(2, fitting)).astype(int)]
        Z: list[AnyArray] = []
        count, batch = 0, 1
        while not Z or (not clock.is_over and (wanted is None or count < wanted)):
            piece = int(CLOCK_SHARE * limit / max(sweep_seconds, 1e-9))
            if piece < len(betas):
                if Z and (clock.remaining or 0.0) < sweep_seconds * len(betas):
                    break
                points, sweep_seconds = self._read_in_pieces(spin, betas, max(1, piece), seeds, clock)
            else:
                size = batch if wanted is None else min(batch, wanted - count)
                points, _ = self._anneal(spin, betas, size, next(seeds), interrupt_function=lambda: clock.is_over)
                batch = min(2 * batch, 4096)
            Z.append(points)
            count += len(points)
        return np.concatenate(Z), len(betas)

    def _read_in_pieces(
        self, spin: dimod.BinaryQuadraticModel, betas: Float, piece: int, seeds: Iterator[int], clock: Clock
    ) -> tuple[AnyArray, float]:
        """One anneal, ended early only if the clock is over, and the seconds of a sweep."""
        point, seconds = self._anneal(spin, betas[:piece], 1, next(seeds))
        done = piece
        while done < len(betas) and not clock.is_over:
            segment = betas[done : done + piece]
            start = (2 * point.astype(np.int8) - 1, list(range(spin.num_variables)))
            point, more = self._anneal(spin, segment, 1, next(seeds), initial_states=start)
            seconds += more
            done += len(segment)
        return point, seconds / min(done, len(betas))


@SOLVERS.register("tabu")
@dataclass(frozen=True)
class Tabu(QuboSampler):
    """Multistart tabu search MST2 (dwave-samplers).

    Parameters
    ----------
    num_reads : searches from random points; None means 100, or under a time limit as many as fit.
    num_restarts : restarts within each search, which end it; the library's own end, 20 ms of wall clock, would make
        the result depend on the machine and void the seed.
    tenure : moves for which a flipped variable stays as it is; None means min(20, n // 4).

    A time limit reaches the library in whole milliseconds and may cut the last search.

    References
    ----------
    Palubeckis (2004), Multistart tabu search strategies for the unconstrained binary quadratic optimization problem,
    doi:10.1023/B:ANOR.0000039522.58036.68.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.0, "BINARY")
    >>> float(Tabu(num_reads=2).sample(model, seed=1).first.energy)
    -1.0
    """

    num_reads: int | None = None
    num_restarts: int = 1
    tenure: int | None = None

    def __post_init__(self) -> None:
        _check_positive("num_reads", self.num_reads)
        if self.num_restarts < 0:
            raise ValueError(f"num_restarts must be >= 0, got {self.num_restarts!r}")
        if self.tenure is not None and self.tenure < 0:
            raise ValueError(f"tenure must be >= 0, got {self.tenure!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """Best point of each search."""
        clock = Clock(seconds)
        _check_positive("num_reads", num_reads)
        wanted = num_reads or self.num_reads
        n = bqm.num_variables
        if n == 0:
            return _trivial(bqm, wanted)
        if self.tenure is not None and self.tenure >= n:
            raise ValueError(f"tenure must be < {n}, the number of variables, got {self.tenure}; leave it out")
        if seconds is None:
            Z = self._search(bqm, wanted or DEFAULT_READS, spawn_seeds(seed, 1)[0], None)
        else:
            Z = self._search_until(bqm, wanted, seed, clock)
        info = {
            "engine": "dwave-samplers tabu",
            "num_reads": len(Z),
            "num_restarts": self.num_restarts,
            "is_seeded": seconds is None,
            "seconds": {"sample": clock.elapsed},
        }
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the library's dense matrices (one in NumPy, one in its own vectors)."""
        return Estimate(qubits=num_variables, bytes=24 * num_variables**2)

    def _search(self, bqm: dimod.BinaryQuadraticModel, num_reads: int, seed: int, timeout: int | None) -> AnyArray:
        from dwave.samplers import TabuSampler

        samples = TabuSampler().sample(
            bqm,
            num_reads=num_reads,
            seed=seed,
            timeout=timeout,
            num_restarts=self.num_restarts,
            tenure=self.tenure,
        )
        return _points(samples, bqm.num_variables)

    def _search_until(
        self, bqm: dimod.BinaryQuadraticModel, wanted: int | None, seed: int | None, clock: Clock
    ) -> AnyArray:
        Z: list[AnyArray] = []
        for read_seed in _stream(seed):
            left = int(1000 * (clock.remaining or 0.0))  # milliseconds; below one the library would not stop at all
            if Z and (left < 1 or (wanted is not None and len(Z) >= wanted)):
                break
            Z.append(self._search(bqm, 1, read_seed, max(1, left)))
        return np.concatenate(Z)


def _check_positive(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise ValueError(f"{name} must be >= 1, got {value!r}")


def _stream(seed: int | None) -> Iterator[int]:
    """Endless independent seeds."""
    root = np.random.SeedSequence(seed)
    entropy = root.entropy
    assert isinstance(entropy, int)
    for i in itertools.count():
        yield spawn_seeds(entropy, 1, i)[0]


def default_betas(spin: dimod.BinaryQuadraticModel) -> tuple[float, float]:
    """First and last inverse temperature of dwave-samplers' rule, vectorised (theirs is a Python loop over the terms).

    Hot: the largest possible energy change of a flip is accepted with probability 1/2. Cold: a flip of the smallest
    change happens once in a hundred last sweeps. A model without coefficients gives (1, 1), where theirs warns.
    """
    vectors = spin.to_numpy_vectors(variable_order=range(spin.num_variables))
    h = np.abs(np.asarray(vectors.linear_biases, dtype=np.float64))
    i, j, couplings = vectors.quadratic.row_indices, vectors.quadratic.col_indices, np.abs(vectors.quadratic.biases)
    total = h.copy()
    smallest = np.where(h > 0, h, np.inf)
    for end in (i, j):
        np.add.at(total, end, couplings)
        np.minimum.at(smallest, end, np.where(couplings > 0, couplings, np.inf))
    smallest = smallest[np.isfinite(smallest)]
    if not len(smallest):
        return 1.0, 1.0
    least = float(smallest.min())
    cold = np.log(np.sum(smallest == least) / 0.01) / (2 * least)
    return float(np.log(2) / (2 * total.max())), float(cold)


def _points(samples: dimod.SampleSet, n: int) -> AnyArray:
    """Points of a library's sample set in read order, columns in label order."""
    columns = [samples.variables.index(i) for i in range(n)]
    Z = np.asarray(samples.record.sample)[:, columns]
    return (Z > 0).astype(np.uint8)


def _trivial(bqm: dimod.BinaryQuadraticModel, wanted: int | None) -> dimod.SampleSet:
    """The one point of a model without variables."""
    count = wanted or DEFAULT_READS
    info = {"engine": "none: no variables", "num_reads": count}
    return sample_set(np.zeros((1, 0)), np.array([bqm.offset]), np.array([count]), info)
