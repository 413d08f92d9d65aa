"""Simulated bifurcation as a sampler (``--solver sb``): NumPy, or CuPy where it is installed. It proves nothing."""

from __future__ import annotations

from dataclasses import dataclass

import dimod
import numpy as np

from ...core import SOLVERS, Clock
from ...core.tunable import Choice, Range, tunable
from ...engines.annealing import Device, How, IsingModel, start
from ...engines.annealing.bifurcation import BifurcationSettings, Variant, bifurcate
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from .reads import check_positive

#: Agents of a run without a count.
DEFAULT_AGENTS = 100


@SOLVERS.register("sb", aliases=("simulated-bifurcation",))
@dataclass(frozen=True)
class SimulatedBifurcation(QuboSampler):
    """Simulated bifurcation: nonlinear oscillators whose signs settle into low-energy spins.

    Parameters
    ----------
    num_reads : agents, which run together; None means 100.
    num_steps : steps; a time limit may end them earlier.
    variant : forces from positions (ballistic) or from their signs (discrete).
    time_step : None takes 1.25 for ballistic and 1 for discrete.
    descend : end in single flips downhill until there is none, as our annealing does.
    device : gpu needs CuPy.

    References
    ----------
    Goto et al. (2021), doi:10.1126/sciadv.abe7953.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.0, "BINARY")
    >>> float(SimulatedBifurcation(num_reads=5).sample(model, seed=1).first.energy)
    -1.0
    """

    num_reads: int | None = None
    num_steps: int = tunable(1000, Range(50, 5000, "log"))
    variant: Variant = tunable("discrete", Choice(("discrete", "ballistic")))  # noqa: RUF009 (a dataclass field)
    time_step: float | None = None
    descend: bool = True
    device: Device = "cpu"

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        self._settings()

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """The point of each agent.

        Raises
        ------
        UnsupportedError
            A card was asked for and CuPy is not installed.
        """
        clock = Clock(seconds)
        check_positive("num_reads", num_reads)
        agents = num_reads or self.num_reads or DEFAULT_AGENTS
        model = IsingModel.from_bqm(bqm)
        seeds = spawn_seeds(seed, 2)
        limit = None if seconds is None else 0.9 * seconds
        spins, steps = bifurcate(
            model,
            self._settings(),
            agents=agents,
            seed=seeds[0],
            is_over=lambda: limit is not None and clock.elapsed > limit,
        )
        if self.descend:
            words = np.random.SeedSequence(seeds[1]).generate_state(agents, np.uint64)
            batch = start(model, How(layout="rows"), np.asarray(words, dtype=np.uint64), spins)
            batch.advance(np.zeros(0), descend=True)
            spins = batch.points()
        Z = (spins > 0).astype(np.uint8)
        info = {
            "engine": f"simulated bifurcation, {self.variant}, {'CuPy' if self.device == 'gpu' else 'NumPy'}",
            "num_reads": agents,
            "num_steps": steps,
            "is_seeded": seconds is None,
            "seconds": {"sample": clock.elapsed},
        }
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the agents and the couplings; seconds at two thousand million products a second."""
        agents = self.num_reads or DEFAULT_AGENTS
        size = 8 * (6 * agents * num_variables + min(num_variables**2, 4 * num_interactions))
        work = self.num_steps * agents * (2.0 * num_interactions + 10 * num_variables)
        return Estimate(qubits=num_variables, bytes=size, seconds=work / 2e9)

    def _settings(self) -> BifurcationSettings:
        return BifurcationSettings(self.variant, self.num_steps, self.time_step, self.device)
