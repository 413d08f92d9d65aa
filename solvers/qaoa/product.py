"""QAOA on a matrix product state of our own, bonds cut to a limit: any number of qubits, with what was lost told.

Energies are estimates wherever a bond was cut by more than rounding, and are labelled so. Points are drawn exactly from
the state kept. Limits: no gradients; quadratic models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import dimod
import numpy as np

from ...core import Bits, Float, PolynomialModel, UnsupportedError
from ...engines.matrix_product.correlations import means_of_z
from ...engines.matrix_product.ordering import Line, line_of
from ...engines.matrix_product.state import Complex
from ...engines.matrix_product.truncated import Layer, Truncated, truncated_state
from ..backends.kinds import Product
from ..base import Estimate
from ..ising import Ising
from ..training.evaluation_log import Evaluation, evaluation_of
from ..training.resources import too_large
from .backends import QAOA_BACKENDS, Make, QaoaBackend
from .circuit import logical_depth
from .evaluators import CircuitSpec, OfSpec, QaoaEvaluator, QaoaVariant
from .last_made import LastMade

if TYPE_CHECKING:
    from .settings import QaoaSettings

#: Largest bond where none is asked for.
DEFAULT_BOND = 64

#: Seconds of one cut, constant and per cube of the bond (measured at bonds of 64 to 512), for estimates only.
CUT_SECONDS, CUT_SECONDS_PER_CUBE = 2e-4, 2e-8

#: Points of one block when points are drawn: their rows of the largest bond stay in the cache of a core.
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class ProductEvaluator(OfSpec):
    """Mean energy of the state kept, or the mean or CVaR of points drawn from it.

    Parameters
    ----------
    line : order of the variables.
    bond : largest bond kept.
    """

    bqm: dimod.BinaryQuadraticModel
    spec: CircuitSpec
    line: Line
    bond: int
    alpha: float
    shots_per_evaluation: int | None
    rng: np.random.Generator
    _last: LastMade[Truncated] = field(default_factory=LastMade, init=False, repr=False)

    @property
    def metadata(self) -> dict[str, Any]:
        """Engine and the size of the circuit that was simulated."""
        ising, p = self.spec.ising, self.spec.num_layers
        return {
            "engine": f"matrix product state, bond <= {self.bond}",
            "bond_dimension": self.bond,
            "depth": logical_depth(ising, p, is_warm=self.spec.thetas is not None),
            "two_qubit_gates": p * ising.two_qubit_gates,
            "points": "drawn from the matrix product state",
        }

    def evaluate(self, angles: Float) -> Evaluation:
        """Energy of the truncated state at the scaled angles, shape (parameters,), or of drawn points where set."""
        shots = self.shots_per_evaluation
        return Evaluation(self.energy(angles)) if shots is None else self.draw(angles, shots)

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of the truncated state at the scaled angles, shape (parameters,), and their value."""
        return evaluation_of(self.bqm, self.points(angles, num_shots), self.alpha)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Mean energy of the state at the angles, shape (parameters,), whether it is exact, and what was lost."""
        cut = self.state(angles).cut
        return {
            "expectation": self.energy(angles),
            "energies": "exact" if cut.is_exact else "estimate",
            "largest_bond": cut.largest_bond,
            "num_cuts": cut.num_cuts,
            "discarded_weight": cut.discarded,
            "fidelity_estimate": cut.fidelity,
            "fidelity_at_least": cut.fidelity_at_least,
        }

    def energy(self, angles: Float) -> float:
        """Mean energy of the state kept at the angles, shape (parameters,)."""
        state, ising = self.state(angles), quadratic(self.spec)
        singles, pairs = means_of_z(state.product, state.line.lows, state.line.highs)
        return float(ising.offset + ising.fields[state.line.order] @ singles + ising.couplings @ pairs)

    def points(self, angles: Float, num_shots: int) -> Bits:
        """Points (num_shots, n) drawn from the state kept."""
        state = self.state(angles)
        out = np.empty((num_shots, self.spec.ising.n), dtype=np.uint8)
        for start in range(0, num_shots, _BLOCK):
            count = min(_BLOCK, num_shots - start)
            out[start : start + count, state.line.order] = state.product.sample(count, self.rng)
        return out

    def state(self, angles: Float) -> Truncated:
        """The state at these angles, shape (parameters,); the last one made is held."""
        return self._last.at(angles, lambda: truncated_state(self.line, *circuit_layers(self.spec, angles), self.bond))


def circuit_layers(spec: CircuitSpec, angles: Float) -> tuple[Complex, list[Layer]]:
    """Start (n, 2) and layers of a QAOA circuit, plain, multi-angle or warm-started."""
    ising = quadratic(spec)
    gammas, betas = spec.gates(angles)
    live = np.flatnonzero(ising.fields)
    thetas = np.full(ising.n, np.pi / 2) if spec.thetas is None else np.asarray(spec.thetas)
    # exp(i b (sin th X + cos th Z)); th = pi/2 is the plain mixer
    axes = np.sin(thetas)[:, None, None] * np.array([[0, 1], [1, 0]]) + np.cos(thetas)[:, None, None] * np.diag([1, -1])
    layers = []
    for gamma, beta in zip(gammas, betas):
        by_term = np.broadcast_to(gamma, ising.num_terms) * ising.coefficients
        fields = np.zeros(ising.n)
        fields[live] = by_term[: len(live)]
        phases = np.exp(-1j * fields[:, None] * np.array([1, -1]))
        turn = np.broadcast_to(beta, ising.n)[:, None, None]
        mixers = np.cos(turn) * np.eye(2) + 1j * np.sin(turn) * axes
        layers.append(Layer(by_term[len(live) :], mixers * phases[:, None, :]))
    return np.stack([np.cos(thetas / 2), np.sin(thetas / 2)], axis=1).astype(np.complex128), layers


def quadratic(spec: CircuitSpec) -> Ising:
    """The model of a circuit that was checked to be quadratic."""
    assert isinstance(spec.ising, Ising)
    return spec.ising


def quadratic_only(kind: str) -> str:
    """Why a polynomial is refused."""
    return f"backend {kind} must be given a quadratic model, got a polynomial; use --encoder quadratise"


def order_of(bqm: dimod.BinaryQuadraticModel) -> Line:
    """The order of the model's variables on the line."""
    ising = Ising.of(bqm)
    return line_of(ising.n, ising.rows, ising.columns)


def require_quadratic(bqm: Any, kind: str) -> None:
    """Refuse a polynomial.

    Raises
    ------
    UnsupportedError
        It is one.
    """
    if isinstance(bqm, PolynomialModel):
        raise UnsupportedError(quadratic_only(kind))


def product_maker(
    settings: QaoaSettings, bqm: Any, variant: QaoaVariant, seed: int
) -> Callable[[int], ProductEvaluator]:
    """Number of layers -> evaluator, the order of the variables chosen once."""
    require_quadratic(bqm, str(settings.backend))
    ising, rng = Ising.of(bqm), np.random.default_rng(seed)
    line = order_of(bqm)

    def make(num_layers: int) -> ProductEvaluator:
        unit = ising.unit(settings.scale)
        spec = CircuitSpec(ising, num_layers, unit, variant.is_multi_angle, variant.thetas)
        return ProductEvaluator(bqm, spec, line, bond_of(settings), settings.alpha, settings.shots_per_evaluation, rng)

    return make


def state_seconds(line_spans: Float, bonds: Float, num_layers: int) -> float:
    """Estimate for a state: how far each site's phases reach, shape (n,), and the bonds kept, shape (n - 1,)."""
    cut = CUT_SECONDS + CUT_SECONDS_PER_CUBE * bonds**3
    running = np.concatenate([[0.0], np.cumsum(cut)])
    first = np.arange(len(line_spans))
    last = np.minimum(first + line_spans, len(bonds)).astype(np.int64)
    return num_layers * float((running[last] - running[np.minimum(first, len(bonds))]).sum())


def kept_bonds(n: int, bond: int) -> Float:
    """Largest bonds of a state, shape (n - 1,)."""
    here = np.arange(max(n - 1, 0))
    return np.asarray(np.minimum(2.0 ** np.minimum(np.minimum(here + 1, n - 1 - here), 60), bond))


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class ProductQaoa(Product, QaoaBackend):
    """Matrix product state of our own, bonds cut to ``bond_dimension``, without gradients."""

    has_gradient: ClassVar[bool] = False
    takes_bond_dimension: ClassVar[bool] = True

    def evaluators(
        self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, variant: QaoaVariant, seed: int
    ) -> Make:
        """Evaluators that share the order of the variables."""
        maker = product_maker(settings, bqm, variant, seed)

        def make(num_layers: int) -> QaoaEvaluator:
            return maker(num_layers)

        return make

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes and seconds at most: the graph is not known here, and a good order of it takes far fewer cuts."""
        n, bonds = num_variables, kept_bonds(num_variables, bond_of(settings))
        need = state_bytes(bonds)
        spans = np.minimum(np.arange(n)[::-1], max(num_interactions, 0)).astype(np.float64)
        seconds = state_seconds(spans, bonds, settings.num_layers) * settings.planned_evaluations
        refusal = too_large(n, need, self.kind, "lower bond_dimension, use another encoder, or fewer variables")
        return Estimate(n, need, seconds, refusal, "at most: variables in a good order need far fewer cuts")

    def estimate_model(self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """As ``estimate``, with the cuts that the model's own order takes, and the bonds that would be exact."""
        if isinstance(bqm, PolynomialModel):
            return Estimate(bqm.num_variables, refusal=quadratic_only(self.kind))
        rough = self.estimate(settings, bqm.num_variables, bqm.num_interactions)
        needed = float(order_of(bqm).exact_bonds(settings.num_layers).max(initial=1))
        note = f"bonds of {needed:,.0f} at most would be exact" if needed < 1e15 else "far from exact bonds"
        seconds = self.seconds_of(settings, bqm) * settings.planned_evaluations
        return replace(rough, seconds=seconds, note=f"{note}; kept up to {bond_of(settings)}")

    def seconds_of(self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel) -> float:
        """Estimate of one evaluation, with the graph known."""
        require_quadratic(bqm, self.kind)
        line = order_of(bqm)
        bonds = np.minimum(line.exact_bonds(settings.num_layers), kept_bonds(line.n, bond_of(settings)))
        return state_seconds(line.spans().astype(np.float64), bonds, settings.num_layers)


def bond_of(settings: QaoaSettings) -> int:
    """The bond dimension asked for, or the default."""
    return settings.bond_dimension or DEFAULT_BOND


def state_bytes(bonds: Float) -> int:
    """Tensors and their copies, the isometries of one operator (a bond twice as wide), one SVD, environments.

    ``bonds`` has shape (n - 1,).
    """
    n, widest = len(bonds) + 1, float(bonds.max(initial=1))
    return int(16 * (6 * (bonds**2).sum() + (40 + 4 * min(n, 32)) * widest**2))
