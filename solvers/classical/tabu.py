"""Tabu search of dwave-samplers, with seeds, limits and options held to their word.

Without a time limit a run is one library call and replays exactly. With one it is as many searches as fit. Limits: the
library keeps the model as a dense matrix of 8 n**2 bytes, and proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import dimod
import numpy as np

from ...core import SOLVERS, AnyArray, Clock
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from .reads import DEFAULT_READS, check_positive, points_by_label, seed_stream, trivial


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
        check_positive("num_reads", self.num_reads)
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
        check_positive("num_reads", num_reads)
        wanted = num_reads or self.num_reads
        n = bqm.num_variables
        if n == 0:
            return trivial(bqm, wanted)
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
        return points_by_label(samples, bqm.num_variables)

    def _search_until(
        self, bqm: dimod.BinaryQuadraticModel, wanted: int | None, seed: int | None, clock: Clock
    ) -> AnyArray:
        Z: list[AnyArray] = []
        for read_seed in seed_stream(seed):
            left = int(1000 * (clock.remaining or 0.0))  # milliseconds; below one the library would not stop at all
            if Z and (left < 1 or (wanted is not None and len(Z) >= wanted)):
                break
            Z.append(self._search(bqm, 1, read_seed, max(1, left)))
        return np.concatenate(Z)
