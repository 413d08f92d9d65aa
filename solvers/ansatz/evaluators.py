"""VQE of a diagonal cost at given angles: by state vector, by matrix product state, or as a circuit on a runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dimod
import numpy as np

from ...algorithms.tails import tail_slopes
from ...core import Float
from ...engines import diagonal
from ...engines.matrix_product.gradient import TwoBody, value_and_gradient
from ...engines.matrix_product.state import MatrixProduct, product_state
from ...engines.statevector import EngineChoice, GateCircuit, pull_back, simulate
from ..backends.readout import Confusion
from ..backends.runners import Compiled, Runner
from ..ising import Ising
from ..seeds import spawn_seeds
from ..spin_polynomial import SpinPolynomial
from ..training.evaluation_log import Evaluation, WithoutGradient, evaluation_of


def rotation_periods(circuit: GateCircuit) -> Float:
    """Period of any expectation in each angle: a full turn, since each angle is that of one rotation.

    Shape (parameters,).
    """
    return np.full(circuit.num_parameters, 2 * np.pi)


class OfCircuit(WithoutGradient):
    """What an evaluator has by its circuit of rotations alone; no gradient, where a class adds none."""

    circuit: GateCircuit

    @property
    def num_parameters(self) -> int:
        return self.circuit.num_parameters

    @property
    def periods(self) -> Float:
        return rotation_periods(self.circuit)


class OfEngine(OfCircuit):
    """The same on an engine of our own: exact values with gradients, unless an evaluation draws shots."""

    shots_per_evaluation: int | None

    @property
    def has_gradient(self) -> bool:
        return self.shots_per_evaluation is None


@dataclass(frozen=True, eq=False)
class StateEvaluator(OfEngine):
    """State vector: mean or CVaR of the cost's diagonal, with exact gradients where no shots are drawn.

    Parameters
    ----------
    cost : energies of all points.
    alpha : share of the best outcomes whose mean is the value; 1 is the expectation.
    """

    bqm: dimod.BinaryQuadraticModel
    circuit: GateCircuit
    cost: diagonal.CostDiagonal
    alpha: float
    shots_per_evaluation: int | None
    rng: np.random.Generator
    engine: EngineChoice = "auto"

    def evaluate(self, angles: Float) -> Evaluation:
        """Exact expectation (or CVaR) of the state at the angles, shape (parameters,); of drawn points where shots are
        set.
        """
        if self.shots_per_evaluation is not None:
            return self.draw(angles, self.shots_per_evaluation)
        state = self.state(angles)
        if self.alpha == 1:
            return Evaluation(float(state.weights() @ self._energies))
        return Evaluation(diagonal.cvar(state, self.cost, self.alpha))

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Value and gradient, shape (parameters,) as the angles; that of CVaR with the value at risk held fixed."""
        state = self.state(angles)
        value, slopes = tail_slopes(state.weights(), self._energies, self.alpha)
        cotangent = slopes * (state.real + 1j * state.imag)
        return value, pull_back(self.circuit, angles, state, cotangent, engine=self.engine)

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of the state at the angles, shape (parameters,), and their value."""
        indices = diagonal.sample(self.state(angles), num_shots, self.rng)
        return evaluation_of(self.bqm, diagonal.indices_to_bits(indices, self.cost.n), self.alpha)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Expectation, CVaR and probability of the optimum, from the state at the angles, shape (parameters,)."""
        state = self.state(angles)
        return {
            "expectation": diagonal.expectation(state, self.cost),
            "cvar": diagonal.cvar(state, self.cost, self.alpha),
            "optimum_probability": diagonal.probability_below(state, self.cost, self.cost.min),
        }

    def state(self, angles: Float) -> diagonal.State:
        """The final state at the angles, shape (parameters,)."""
        return simulate(self.circuit, angles, engine=self.engine)

    @cached_property
    def _energies(self) -> Float:
        return self.cost.values()


@dataclass(frozen=True, eq=False)
class ProductEvaluator(OfEngine):
    """Matrix product state: exact expectation with gradients, or the mean or CVaR of points drawn."""

    bqm: dimod.BinaryQuadraticModel
    circuit: GateCircuit
    ising: Ising
    alpha: float
    shots_per_evaluation: int | None
    rng: np.random.Generator

    def evaluate(self, angles: Float) -> Evaluation:
        """Expectation of the matrix product state at the angles, shape (parameters,); of drawn points where shots are
        set.
        """
        if self.shots_per_evaluation is not None:
            return self.draw(angles, self.shots_per_evaluation)
        n = self.ising.n
        value = self._state(angles).expectation(range(n), ["Z"] * n, self.ising.fields, self._couplings)
        return Evaluation(value + self.ising.offset)

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Expectation and its derivatives by the angles, both of shape (parameters,) but the value."""
        value, gradient = value_and_gradient(self.circuit, angles, self._energy)
        return value + self.ising.offset, gradient

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of the matrix product state at the angles, shape (parameters,), and their value."""
        return evaluation_of(self.bqm, self._state(angles).sample(num_shots, self.rng), self.alpha)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Largest bond of the state at the angles, shape (parameters,)."""
        return {"bond": self._state(angles).bond}

    def _state(self, angles: Float) -> MatrixProduct:
        return product_state(self.circuit, angles)

    @cached_property
    def _energy(self) -> TwoBody:
        n = self.ising.n
        return TwoBody(range(n), ["Z"] * n, self.ising.fields, self._couplings + self._couplings.T)

    @cached_property
    def _couplings(self) -> Float:
        out = np.zeros((self.ising.n, self.ising.n))
        out[self.ising.rows, self.ising.columns] = self.ising.couplings
        return out


@dataclass(frozen=True, eq=False)
class RunnerEvaluator(OfCircuit):
    """The circuit on a runner: exact expectation where the runner has one and no shots are asked for, else samples.

    Parameters
    ----------
    seed : of all shots; each evaluation takes the next of its stream.
    confusion : readout errors that are undone in the value; None for none.
    """

    bqm: dimod.BinaryQuadraticModel
    circuit: GateCircuit
    ising: Ising | SpinPolynomial
    runner: Runner
    compiled: Compiled
    alpha: float
    shots_per_evaluation: int | None
    seed: int
    confusion: Confusion | None = None
    _calls: list[int] = field(default_factory=list, init=False, repr=False)

    def evaluate(self, angles: Float) -> Evaluation:
        """The runner's expectation at the angles, shape (parameters,), or the value of drawn points where shots are
        set.
        """
        if self.shots_per_evaluation is not None:
            return self.draw(angles, self.shots_per_evaluation)
        return Evaluation(self.runner.expectation(self.compiled, angles, self._operator) + self.ising.offset)

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of the compiled circuit at the angles, shape (parameters,), readout errors undone where asked; each
        call has its own seed.
        """
        self._calls.append(num_shots)
        seed = spawn_seeds(self.seed, 1, len(self._calls))[0]
        Z = self.runner.sample(self.compiled, angles, num_shots, seed)
        return evaluation_of(self.bqm, Z, self.alpha, None if self.confusion is None else self.confusion.weights)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Depth, gates and qubits of the compiled circuit; they do not depend on the angles, shape (parameters,)."""
        cost = self.compiled.cost
        return {
            "depth": cost.depth,
            "two_qubit_gates": cost.two_qubit_gates,
            "two_qubit_depth": cost.two_qubit_depth,
            "qubits_used": cost.qubits_used,
            "is_readout_mitigated": self.confusion is not None,
        }

    @cached_property
    def _operator(self) -> Any:
        operator = self.ising.operator()
        layout = self.compiled.bare.layout
        return operator if layout is None else operator.apply_layout(layout)
