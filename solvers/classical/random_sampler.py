"""Uniform random points: the baseline that every sampler must beat, and the pipeline's control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import dimod
import numpy as np

from ...core import SOLVERS, Clock
from ..base import Estimate, QuboSampler, energies_of, sample_set

#: Points drawn at once between two looks at the clock.
BATCH = 1000


@SOLVERS.register("random")
@dataclass(frozen=True)
class RandomSampler(QuboSampler):
    """Uniform random points.

    Parameters
    ----------
    num_reads : points drawn; a time limit may end the run sooner.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {}, 0.0, "BINARY")
    >>> int(RandomSampler(num_reads=50).sample(model, seed=1).record.num_occurrences.sum())
    50
    """

    answers_empty: ClassVar[bool] = True
    takes_polynomials: ClassVar[bool] = True

    num_reads: int = 1000

    def __post_init__(self) -> None:
        if self.num_reads < 1:
            raise ValueError(f"num_reads must be >= 1, got {self.num_reads!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """Uniform points with their energies."""
        clock = Clock(seconds)
        wanted = self.num_reads if num_reads is None else RandomSampler(num_reads).num_reads
        rng = np.random.default_rng(seed)
        Z: list[np.ndarray] = []
        drawn = 0
        while drawn < wanted and not (Z and clock.is_over):
            size = min(BATCH, wanted - drawn)
            Z.append(rng.integers(0, 2, size=(size, bqm.num_variables), dtype=np.uint8))
            drawn += size
        points = np.concatenate(Z)
        info = {"engine": "numpy", "num_reads": drawn, "seconds": {"sample": clock.elapsed}}
        return sample_set(points, energies_of(bqm, points), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the points."""
        return Estimate(qubits=num_variables, bytes=2 * self.num_reads * num_variables, seconds=0.0)
