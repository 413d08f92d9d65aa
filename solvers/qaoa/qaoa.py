"""QAOA as a sampler of a QUBO: exact with gradients, on Aer, with a device's noise, or on a device.

Settings and what they mean stand in ``settings``, the run in ``run``. Limits: an exact state takes 2**n
amplitudes and is refused where memory is short; shots on a simulator say nothing about a machine unless it is noisy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import dimod

from ...core import SOLVERS
from ..base import Observe
from ..training.limits import Limits
from .run import sample_qaoa
from .settings import QaoaSettings


@SOLVERS.register("qaoa")
@dataclass(frozen=True)
class Qaoa(QaoaSettings):
    """Quantum approximate optimisation: phases of the cost and mixers of single flips, in turn.

    Fields are those of ``QaoaSettings``. All points of all evaluations are returned where they are sampled, and
    ``num_shots`` points of the final state always. ``info`` tells the final state's expectation, CVaR and probability
    of the optimum where the state is exact.

    References
    ----------
    Farhi, Goldstone, Gutmann (2014), A quantum approximate optimization algorithm, arXiv:1411.4028. CVaR: Barkoutsos et
    al. (2020), arXiv:1907.04769.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0, 2: 0.5}, {(0, 1): 2.0, (1, 2): -2.0}, 0.0, "BINARY")
    >>> samples = Qaoa(num_layers=2).sample(model, seed=1)
    >>> float(samples.first.energy), samples.info["qubits"], samples.info["optimizer"]
    (-2.5, 3, 'l-bfgs')
    """

    takes_polynomials: ClassVar[bool] = True

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        device: Any = None,
        observe: Observe | None = None,
        max_points: int | None = None,
    ) -> dimod.SampleSet:
        """Points of the circuit at the best angles, and of every evaluation that was sampled.

        Parameters
        ----------
        device : BackendV2 or BaseSamplerV2 object; it takes the place of ``backend``.

        Raises
        ------
        UnsupportedError
            The model is too large for the backend, or the device is not there.
        """
        return sample_qaoa(self, bqm, Limits(seed, num_shots, seconds, evaluations, device, observe, max_points))


SOLVERS.preset(
    "cvar-qaoa", Qaoa, "QAOA that minimises the mean of the best quarter of the outcomes (CVaR).", alpha=0.25
)
SOLVERS.preset(
    "lr-qaoa",
    Qaoa,
    "QAOA with a fixed linear ramp and no optimisation: gamma up to 0.6 / largest coefficient, beta down from 0.3.",
    num_layers=10,
    optimizer="none",
    init="ramp",
    scale="max",
    ramp=(0.6, 0.3),
)
