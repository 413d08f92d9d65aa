"""QAOA energies by Pauli propagation, for graphs of high degree and small angles; points from a matrix product state.

Strings are dropped by weight and by number, and what was dropped is told. Propagation has no state to draw from: points
come from the matrix product state of ``bond_dimension`` at the trained angles, whose loss is told beside. Limits: plain
QAOA of quadratic models, no gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import dimod

from ...core import Float, PolynomialModel, UnsupportedError
from ...engines.pauli import Observable, Propagated, Truncation, propagate
from ..base import Estimate
from ..training.evaluation_log import Evaluation
from .backends import QAOA_BACKENDS, Make, QaoaBackend
from .evaluators import CircuitSpec, OfSpec, QaoaEvaluator, QaoaVariant
from .product import ProductEvaluator, ProductQaoa, bond_of, product_maker, quadratic, quadratic_only

if TYPE_CHECKING:
    from .settings import QaoaSettings

#: Seconds of one gate a string held, and of one mean in closed form; measured, for estimates only.
GATE_SECONDS, STRING_SECONDS = 2e-5, 2.5e-7


@dataclass(frozen=True, eq=False)
class PauliEvaluator(OfSpec):
    """Mean energy by propagation.

    Parameters
    ----------
    points : the matrix product state that points are drawn from.
    """

    spec: CircuitSpec
    points: ProductEvaluator
    truncation: Truncation

    @property
    def shots_per_evaluation(self) -> int | None:
        return None

    @property
    def metadata(self) -> dict[str, Any]:
        """Engines of the energy and of the points, and the size of the circuit."""
        held = self.points.metadata
        return {**held, "engine": f"pauli propagation; points: {held['engine']}"}

    def evaluate(self, angles: Float) -> Evaluation:
        """Propagated energy at the scaled angles, shape (parameters,), without what was dropped."""
        return Evaluation(self.mean(angles).value + self.spec.ising.offset)

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of a matrix product state at the same scaled angles, shape (parameters,)."""
        return self.points.draw(angles, num_shots)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Mean energy at the angles, shape (2 p,), with what was dropped; the loss of the state that is drawn from."""
        found = self.mean(angles)
        drawn = self.points.metrics(angles)
        return {
            "expectation": found.value + self.spec.ising.offset,
            "energies": "exact" if found.is_exact else "estimate",
            "dropped_weight": found.dropped,
            "expectation_error_at_most": found.bound,
            "most_strings": found.most_strings,
            "points_from": {key: value for key, value in drawn.items() if key != "expectation"},
        }

    def mean(self, angles: Float) -> Propagated:
        """Mean energy without the offset, at the scaled angles, shape (2 p,)."""
        ising = quadratic(self.spec)
        cost = Observable(ising.fields, ising.rows, ising.columns, ising.couplings)
        return propagate(cost, *self.spec.gates(angles), self.truncation)


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class PauliQaoa(QaoaBackend):
    """Pauli propagation; ``pauli_weight`` and ``pauli_strings`` say what is kept."""

    kind: ClassVar[str] = "pauli"
    has_shots: ClassVar[bool] = False
    takes_bond_dimension: ClassVar[bool] = True

    def evaluators(
        self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, variant: QaoaVariant, seed: int
    ) -> Make:
        """Evaluators with the same truncation.

        Raises
        ------
        UnsupportedError
            A multi-angle or warm-started circuit.
        """
        if variant.is_multi_angle or variant.thetas is not None:
            raise UnsupportedError("backend pauli must run plain qaoa, got another circuit; use --backend mps or exact")
        maker = product_maker(settings, bqm, variant, seed)
        truncation = Truncation(settings.pauli_weight, max_strings=settings.pauli_strings)

        def make(num_layers: int) -> QaoaEvaluator:
            points = maker(num_layers)
            return PauliEvaluator(points.spec, points, truncation)

        return make

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """As the matrix product state that points are drawn from, and the strings, at most."""
        points = ProductQaoa().estimate(settings, num_variables, num_interactions)
        once = (points.seconds or 0.0) / settings.planned_evaluations
        seconds = self._seconds(settings, num_variables, num_interactions) * (settings.planned_evaluations + 1)
        strings = 8 * (2 * -(-num_variables // 64) + 1) * 12 * settings.pauli_strings
        return replace(points, seconds=once + seconds, bytes=(points.bytes or 0) + strings)

    def estimate_model(self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """As ``estimate``; a polynomial is refused."""
        found = self.estimate(settings, bqm.num_variables, bqm.num_interactions)
        if isinstance(bqm, PolynomialModel):
            return replace(found, refusal=quadratic_only(self.kind))
        note = f"up to {settings.pauli_strings:,} strings, at most; points from a matrix product state"
        return replace(found, note=f"{note} with bonds up to {bond_of(settings)}")

    def seconds_of(self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel) -> float:
        """Estimate of one evaluation at most, and of the state that points are drawn from."""
        points = ProductQaoa().seconds_of(settings, bqm)
        return max(points, self._seconds(settings, bqm.num_variables, bqm.num_interactions))

    def _seconds(self, settings: QaoaSettings, n: int, m: int) -> float:
        """Of one mean, as if all strings were held from the first gate on where there is more than one layer."""
        held = settings.pauli_strings if settings.num_layers > 1 else 4.0 * (m + n)
        gates = n * settings.num_layers + m * (settings.num_layers - 1)
        return gates * (GATE_SECONDS + STRING_SECONDS * held)
