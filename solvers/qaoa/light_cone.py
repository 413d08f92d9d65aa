"""QAOA beyond the state vector: exact energies, gradients and correlations from light cones, points by rounding.

Limits: no state, so no samples of it: points are signs of the correlations' eigenvectors, and the info says so. No
CVaR, no shots, one gamma and one beta a layer, quadratic models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import dimod
import numpy as np

from ...algorithms.correlation_rounding import rounded_points
from ...algorithms.depth_one import Correlations
from ...core import Float, UnsupportedError
from ...engines import diagonal
from ...engines.light_cone import LightCones, Limits
from ...engines.light_cone.contract import EngineChoice
from ..ising import Ising
from ..training.evaluation_log import Evaluation, evaluation_of
from .circuit import logical_depth
from .evaluators import CircuitSpec, OfSpec
from .last_made import LastMade

#: What the points of a run are, for records.
ROUNDED = (
    "roundings of the state's exact correlations (signs of leading eigenvectors and of their mixtures), "
    "no samples of the state"
)


@dataclass(frozen=True, eq=False)
class LightConeEvaluator(OfSpec):
    """Exact values and gradients at any size; points are roundings.

    Parameters
    ----------
    cones : of the model at the spec's layers
    rng : of the roundings' mixtures
    """

    bqm: dimod.BinaryQuadraticModel
    spec: CircuitSpec
    cones: LightCones
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    _last: LastMade[Correlations] = field(default_factory=LastMade, init=False, repr=False)

    @property
    def has_gradient(self) -> bool:
        return True

    @property
    def shots_per_evaluation(self) -> int | None:
        return None

    @property
    def metadata(self) -> dict[str, Any]:
        """Engine, the size of the circuit, and of the cones."""
        ising, p = self.spec.ising, self.spec.num_layers
        return {
            "engine": self.cones.engine,
            "depth": logical_depth(ising, p, is_warm=False),
            "two_qubit_gates": p * ising.two_qubit_gates,
            "energies": "exact",
            "points": ROUNDED,
            "cones": asdict(self.cones.cost),
        }

    def evaluate(self, angles: Float) -> Evaluation:
        """Exact energy at the scaled angles, shape (2 p,), from the correlations of all cones."""
        return Evaluation(self.spec.ising.offset + self.cones.energy_of(self.correlations(angles)))

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Exact energy and its derivatives by the scaled angles, shape (2 p,)."""
        value, by_gamma, by_beta = self.cones.value_and_gradient(*self.spec.gates(angles))
        return self.spec.ising.offset + value, np.concatenate([by_gamma / self.spec.unit, by_beta])

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Roundings of the correlations at the scaled angles, shape (2 p,), as many as asked for."""
        return evaluation_of(self.bqm, rounded_points(self.correlations(angles), num_shots, self.rng), 1.0)

    def correlations(self, angles: Float) -> Correlations:
        """Those of the state at some angles, shape (2 p,); the last ones are held."""
        return self._last.at(angles, lambda: self.cones.correlations(*self.spec.gates(angles)))

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """The exact expectation at the scaled angles, shape (2 p,)."""
        return {"expectation": self.evaluate(angles).value}


def light_cones(
    ising: Any,
    num_layers: int,
    *,
    threads: int | Literal["auto"] = "auto",
    engine: str = "auto",
    limits: Limits | None = None,
) -> LightCones:
    """The cones of a quadratic model.

    Raises
    ------
    UnsupportedError
        The model is of a higher degree, the engine is a card, or cones are too large.
    """
    if engine == "gpu":
        raise UnsupportedError("engine must be auto, compiled or numpy on backend light-cone, got 'gpu'; leave it out")
    if not isinstance(ising, Ising):
        raise UnsupportedError(
            "backend light-cone must be given a quadratic model, got a polynomial; use --encoder quadratise"
        )
    arrays = ising.fields, ising.rows, ising.columns, ising.couplings
    used = diagonal.threads_for(ising.n, threads)
    choice: EngineChoice = engine  # type: ignore[assignment]
    return LightCones.of(*arrays, num_layers, threads=used, engine=choice, limits=limits)
