"""Parallel tempering with isoenergetic cluster moves as a sampler (``--solver pt``), on our annealing kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import dimod
import numpy as np

from ...core import SOLVERS, Clock, Float
from ...core.tunable import Range, tunable
from ...engines.annealing import How, IsingModel, anneal, engine_name
from ...engines.annealing.engine import LANES
from ...engines.annealing.tempering import TemperingSettings, temper
from ...engines.annealing.windows import from_betas, to_betas
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from .reads import check_positive

#: Hottest and coldest T / 2, in units of the rms field.
HOT, COLD = 0.5, 0.05


@SOLVERS.register("pt", aliases=("parallel-tempering",))
@dataclass(frozen=True)
class ParallelTempering(QuboSampler):
    """Parallel tempering: replicas at many temperatures that exchange their states, with cluster moves if sparse.

    Parameters
    ----------
    num_reads : ladders; None means one batch: 64, 32 or 16, by the kernel.
    num_temperatures, num_sweeps, sweeps_per_exchange, clusters : see ``TemperingSettings``.
    beta_range : hottest and coldest inverse temperature; None derives them from the coefficients.

    References
    ----------
    Zhu, Ochoa, Katzgraber (2015), doi:10.1103/PhysRevLett.115.077201.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.0, "BINARY")
    >>> float(ParallelTempering(num_sweeps=50).sample(model, seed=1).first.energy)
    -1.0
    """

    num_reads: int | None = None
    num_temperatures: int = tunable(16, Range(4, 32))
    num_sweeps: int = tunable(1000, Range(20, 5000, "log"))
    sweeps_per_exchange: int = tunable(10, Range(1, 50, "log"))
    clusters: bool | None = None
    beta_range: tuple[float, float] | None = None
    engine: Literal["auto", "compiled", "numpy"] = "auto"

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        self._settings()
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
        """The best point of each ladder, after single flips downhill."""
        clock = Clock(seconds)
        check_positive("num_reads", num_reads)
        wanted = num_reads or self.num_reads
        model = IsingModel.from_bqm(bqm)
        how = How(layout="lanes", engine=self.engine)
        half = self._half_temperatures(model)
        limit = None if seconds is None else 0.85 * seconds

        def is_over() -> bool:
            return limit is not None and clock.elapsed > limit

        found, rounds, exchanged = [], 0, 0.0
        for part in spawn_seeds(seed, -(-(wanted or 1) // LANES[model.kind])):
            run = temper(model, half, self._settings(), seed=part, how=how, is_over=is_over)
            descended = anneal(model, half[:0], len(run.spins), seed=part, how=_DOWN, initial=run.spins)
            found.append(descended.spins)
            rounds, exchanged = rounds + run.rounds, run.exchanged
            if is_over():
                break
        spins = np.concatenate(found)[:wanted]
        Z = (spins > 0).astype(np.uint8)
        info = {
            "engine": f"parallel tempering, {engine_name(self.engine)}",
            "num_reads": len(Z),
            "num_temperatures": self.num_temperatures,
            "rounds": rounds,
            "exchanged": exchanged,
            "is_seeded": seconds is None,
            "seconds": {"sample": clock.elapsed},
        }
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the rungs; seconds at about a thousand million flips tried a second."""
        tries = 64 * self.num_temperatures * self.num_sweeps * num_variables
        size = 100 * (num_variables + num_interactions) + 64 * self.num_temperatures * num_variables
        return Estimate(qubits=num_variables, bytes=size, seconds=tries / 1e9)

    def _half_temperatures(self, model: IsingModel) -> Float:
        """T / 2 of each rung, hottest first."""
        hot, cold = self.beta_range or to_betas(model, (HOT * model.rms_field, COLD * model.rms_field))
        return from_betas(model, np.geomspace(hot, cold, self.num_temperatures))

    def _settings(self) -> TemperingSettings:
        return TemperingSettings(self.num_temperatures, self.num_sweeps, self.sweeps_per_exchange, self.clusters)


#: Single flips downhill until there is none.
_DOWN = How(layout="lanes", descend=True)
