"""Annealing as on the neuromorphic chip Loihi 2, simulated bit for bit in whole numbers (``--solver loihi``).

Limits: weights of eight bits, to which others are rounded, and a step of microseconds a chip in NumPy. Times and
energies of a chip are a model with stated assumptions, never a measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import dimod
import numpy as np

from ...core import SOLVERS, AnyArray, Clock, bqm_to_arrays
from ...core.tunable import Choice, Range, tunable
from ...engines.annealing.loihi import (
    TEMPERATURE_LIMIT,
    WEIGHT_LIMIT,
    ChipModel,
    LoihiSettings,
    run_loihi,
    whole_qubo,
)
from ..base import Estimate, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from .reads import check_positive

#: Chips of a run without a count, and the steps that are timed before a time limit sets their number.
DEFAULT_READS, TIMED_STEPS = 10, 20
#: First temperature as a share of the diagonal's mean size.
HOT_SHARE = 3 / 8
#: Share of a time limit that the steps may plan to take.
STEP_SHARE = 0.85


@SOLVERS.register("loihi")
@dataclass(frozen=True)
class Loihi(QuboSampler):
    """Parallel integer annealing with random rests, as the Loihi 2 solver's published scheme.

    Parameters
    ----------
    num_reads : independent chips; None means 10.
    num_steps : steps of each; a time limit may end them earlier.
    resolution : the whole numbers of the QUBO are multiplied by this, as far as eight bits allow, so that T is finer.
    t_max : None takes 3/8 of the mean size of the diagonal (of the weights, where it is zero), at least 1.
    t_min, schedule, delta, exponent, steps_per_temperature, refract_scaling, update : see ``LoihiSettings``. The
        defaults are ours, chosen on independent sets; the chip's tutorial takes T from 15, 20 steps and rests of 4.

    References
    ----------
    Pierro et al. (2024), Solving QUBO on the Loihi 2 neuromorphic processor, arXiv:2408.03076.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: -1.0, 1: -1.0}, {(0, 1): 4.0}, 0.0, "BINARY")
    >>> float(Loihi(num_steps=50, num_reads=2).sample(model, seed=1).first.energy)
    -1.0
    """

    num_reads: int | None = None
    num_steps: int = tunable(4000, Range(100, 10000, "log"))
    resolution: int = 8
    t_max: int | None = None
    t_min: int = 0
    schedule: Literal["linear", "geometric"] = tunable("linear", Choice(("linear", "geometric")))
    delta: int = 1
    exponent: int = 0
    steps_per_temperature: int = tunable(40, Range(5, 200, "log"))
    refract_scaling: int = tunable(6, Range(0, 8))
    update: Literal["parallel", "serial"] = "parallel"

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        check_positive("num_steps", self.num_steps)
        check_positive("resolution", self.resolution)
        self._settings(self.t_max or 1 + self.t_min)

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """The best point that each chip met; energies are the model's own, also where the chip's were rounded."""
        from scipy.sparse import coo_array, csr_array

        clock = Clock(seconds)
        check_positive("num_reads", num_reads)
        chips = num_reads or self.num_reads or DEFAULT_READS
        n = bqm.num_variables
        linear, rows, columns, values, _ = bqm_to_arrays(bqm)
        products = csr_array(coo_array((values, (rows, columns)), shape=(n, n)))
        diagonal, weights, unit, is_rounded = whole_qubo(linear, products)
        largest = int(np.abs(weights.data).max(initial=1))
        fine = max(1, min(self.resolution, (WEIGHT_LIMIT - 1) // largest))
        diagonal, weights, unit = diagonal * fine, weights * fine, unit / fine
        run_seed = spawn_seeds(seed, 1)[0]
        settings, steps = self._settings(self.t_max or self._hot(diagonal, weights)), self.num_steps
        if seconds is not None:
            began = clock.elapsed
            run_loihi(diagonal, weights, settings, chips=chips, steps=TIMED_STEPS, seed=run_seed)
            step_seconds = (clock.elapsed - began) / TIMED_STEPS
            steps = min(steps, max(1, int(STEP_SHARE * (clock.remaining or 0.0) / max(step_seconds, 1e-9))))
        run = run_loihi(diagonal, weights, settings, chips=chips, steps=steps, seed=run_seed)
        info = {
            "engine": "loihi (integer simulator)",
            "num_reads": chips,
            "num_steps": run.steps,
            "spikes": run.spikes,
            "unit": float(unit),
            "is_rounded": is_rounded,
            "t_max": settings.t_max,
            "chip_model": ChipModel().tell(run, n, chips),
            "is_seeded": seconds is None,
            "seconds": {"sample": clock.elapsed},
        }
        Z = run.points.astype(np.uint8)
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the chips' states; seconds at about ten nanoseconds a neuron and step."""
        chips = self.num_reads or DEFAULT_READS
        size = 100 * chips * num_variables + 24 * num_interactions
        return Estimate(qubits=num_variables, bytes=size, seconds=5e-8 * chips * num_variables * self.num_steps)

    def _hot(self, diagonal: AnyArray, weights: Any) -> int:
        """First temperature by the size of the numbers."""
        sizes = np.abs(diagonal) if diagonal.any() else np.abs(weights.data)
        typical = float(sizes.mean()) if len(sizes) else 1.0
        return min(TEMPERATURE_LIMIT - 1, max(1 + self.t_min, round(HOT_SHARE * typical)))

    def _settings(self, t_max: int) -> LoihiSettings:
        return LoihiSettings(
            t_max,
            self.t_min,
            self.schedule,
            self.delta,
            self.exponent,
            self.steps_per_temperature,
            self.refract_scaling,
            self.update,
        )
