"""QAOA at given angles: on the exact engine, or as a circuit on a runner.

Angles are one flat vector: scaled gammas (gamma times the unit) layer by layer, then betas. Plain and warm-started
circuits have one gamma and one beta a layer; multi-angle circuits one a term and one a qubit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import dimod
import numpy as np

from ...core import Float
from ...engines import diagonal
from ...engines.diagonal.engine import EngineChoice
from ...engines.diagonal.measure import CVaR, Expectation, Objective
from ...engines.diagonal.memory import Precision
from ..backends.readout import Confusion, calibrate
from ..backends.runners import Compiled, Runner
from ..base import Observe
from ..ising import Ising
from ..seeds import spawn_seeds
from ..spin_polynomial import SpinPolynomial
from ..training.evaluation_log import Evaluation, Evaluator, WithoutGradient, evaluation_of
from .circuit import logical_depth, qaoa_circuit


@dataclass(frozen=True, eq=False)
class CircuitSpec:
    """Which circuit: layers, what is tied, where it starts, and the unit of gammas.

    Parameters
    ----------
    thetas : warm start RY(theta_i)|0> with its mixer, shape (n,); None is |+> and sum X.
    """

    ising: Ising | SpinPolynomial
    num_layers: int
    unit: float
    is_multi_angle: bool = False
    thetas: Float | None = None

    @property
    def gammas_per_layer(self) -> int:
        return self.ising.num_terms if self.is_multi_angle else 1

    @property
    def betas_per_layer(self) -> int:
        return self.ising.n if self.is_multi_angle else 1

    @property
    def num_parameters(self) -> int:
        return self.num_layers * (self.gammas_per_layer + self.betas_per_layer)

    @property
    def periods(self) -> Float:
        """pi for betas; for the gamma of one term with coefficient c, pi / |c| in scaled units; pi for tied gammas."""
        gamma = np.pi * self.unit / np.abs(self.ising.coefficients) if self.is_multi_angle else np.array([np.pi])
        betas = np.full(self.num_layers * self.betas_per_layer, np.pi)
        return np.concatenate([np.tile(gamma, self.num_layers), betas])

    def flat(self, gammas: Float, betas: Float) -> Float:
        """Flat angles, shape (parameters,), from one scaled gamma and one beta a layer, shape (p,) each."""
        return np.concatenate([np.repeat(gammas, self.gammas_per_layer), np.repeat(betas, self.betas_per_layer)])

    def split(self, angles: Float) -> tuple[Float, Float]:
        """Scaled gammas and betas, shapes (p,), or (p, num_terms) and (p, n) for multi-angle circuits."""
        count = self.num_layers * self.gammas_per_layer
        gammas, betas = angles[:count], angles[count:]
        if not self.is_multi_angle:
            return gammas, betas
        return gammas.reshape(self.num_layers, -1), betas.reshape(self.num_layers, -1)

    def gates(self, angles: Float) -> tuple[Float, Float]:
        """Gammas and betas of the gates, in the shapes of ``split``, of flat angles, shape (parameters,)."""
        gammas, betas = self.split(angles)
        return gammas / self.unit, betas


@dataclass(frozen=True, eq=False)
class QaoaVariant:
    """What a variant of QAOA changes: tied or multi-angle angles, plain or warm-started.

    Parameters
    ----------
    thetas : warm start, shape (n,); None for none.
    info : goes into the run's info.
    """

    is_multi_angle: bool = False
    thetas: Float | None = None
    info: Mapping[str, Any] = field(default_factory=dict)


class QaoaEvaluator(Evaluator, Protocol):
    """An evaluator of a QAOA circuit: what a backend gives."""

    @property
    def spec(self) -> CircuitSpec:
        """Which circuit it is."""
        ...

    @property
    def shots_per_evaluation(self) -> int | None:
        """Points drawn an evaluation; None for exact values."""
        ...

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Engine and size of the circuit."""
        ...

    def show(self, angles: Float, observe: Observe) -> None:
        """Call ``observe`` with the probabilities of the final state, where they are known.

        ``angles`` have shape (parameters,), the probabilities (2**n,).
        """
        ...


class OfSpec(WithoutGradient):
    """What an evaluator has by its circuit alone; no gradient and no probabilities, where a backend adds none."""

    spec: CircuitSpec

    @property
    def num_parameters(self) -> int:
        return self.spec.num_parameters

    @property
    def periods(self) -> Float:
        return self.spec.periods

    def show(self, angles: Float, observe: Observe) -> None:
        """Nothing at any angles, shape (parameters,): the probabilities are not known."""


@dataclass(frozen=True, eq=False)
class ExactEvaluator(OfSpec):
    """State vector with exact gradients.

    Parameters
    ----------
    cost : diagonal of the model's energies.
    shots_per_evaluation : points drawn at each; None for exact values.
    """

    bqm: dimod.BinaryQuadraticModel
    spec: CircuitSpec
    cost: diagonal.AnyCost
    alpha: float = 1.0
    shots_per_evaluation: int | None = None
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    precision: Precision = "complex128"
    threads: int = 1
    engine: EngineChoice = "auto"

    @property
    def has_gradient(self) -> bool:
        return self.shots_per_evaluation is None

    @property
    def metadata(self) -> dict[str, Any]:
        """Engine and the size of the circuit that was simulated, before any transpilation."""
        ising, p = self.spec.ising, self.spec.num_layers
        return {
            "engine": f"exact {diagonal.engine_name(self.engine, ising.n, self.precision)}, {self.precision}",
            "depth": logical_depth(ising, p, is_warm=self.spec.thetas is not None),
            "two_qubit_gates": p * ising.two_qubit_gates,
        }

    def evaluate(self, angles: Float) -> Evaluation:
        """Expectation (or CVaR) at the scaled angles, shape (parameters,); of drawn points where shots are set."""
        if self.shots_per_evaluation is not None:
            return self.draw(angles, self.shots_per_evaluation)
        if self.alpha < 1:
            return Evaluation(diagonal.cvar(self.state(angles), self.cost, self.alpha))
        if self.spec.is_multi_angle or self.spec.thetas is not None:
            return Evaluation(diagonal.expectation(self.state(angles), self.cost))
        return Evaluation(diagonal.energy(self.cost, *self.spec.gates(angles), **self._options))

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Exact objective and its derivatives by the scaled angles, shape (parameters,)."""
        gammas, betas = self.spec.gates(angles)
        objective: Objective = Expectation() if self.alpha == 1 else CVaR(self.alpha)
        if self.spec.is_multi_angle:
            value, by_gamma, by_beta = diagonal.ma_value_and_gradient(
                self._terms, gammas, betas, objective=objective, cost=self.cost, **self._options
            )
        elif self.spec.thetas is not None:
            value, by_gamma, by_beta = diagonal.ws_value_and_gradient(
                self.cost, self.spec.thetas, gammas, betas, objective=objective, **self._options
            )
        else:
            value, by_gamma, by_beta = diagonal.value_and_gradient(
                self.cost, gammas, betas, objective=objective, **self._options
            )
        return value, np.concatenate([by_gamma.ravel() / self.spec.unit, by_beta.ravel()])

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of the state at the scaled angles, shape (parameters,), and their value."""
        indices = diagonal.sample(self.state(angles), num_shots, self.rng)
        return evaluation_of(self.bqm, diagonal.indices_to_bits(indices, self.cost.n), self.alpha)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Expectation, CVaR and probability of the optimum at the scaled angles, shape (parameters,)."""
        state = self.state(angles)
        return {
            "expectation": diagonal.expectation(state, self.cost),
            "energies": "exact",
            "cvar": diagonal.cvar(state, self.cost, self.alpha),
            "optimum_probability": diagonal.probability_below(state, self.cost, self.cost.min),
        }

    def show(self, angles: Float, observe: Observe) -> None:
        """Hand the probabilities of all points at the scaled angles, shape (parameters,), to an observer."""
        observe(self.state(angles).probabilities())

    def state(self, angles: Float) -> diagonal.AnyState:
        """The final state at the scaled angles, shape (parameters,)."""
        gammas, betas = self.spec.gates(angles)
        if self.spec.is_multi_angle:
            return diagonal.ma_evolve(self._terms, gammas, betas, **self._options)
        if self.spec.thetas is not None:
            return diagonal.ws_evolve(self.cost, self.spec.thetas, gammas, betas, **self._options)
        return diagonal.evolve(self.cost, gammas, betas, **self._options)

    @property
    def _options(self) -> dict[str, Any]:
        return {"dtype": self.precision, "threads": self.threads, "engine": self.engine}

    @cached_property
    def _terms(self) -> diagonal.IsingTerms:
        ising = self.spec.ising
        return diagonal.IsingTerms(ising.masks, ising.coefficients, ising.offset, ising.n)


@dataclass(frozen=True, eq=False)
class CircuitEvaluator(OfSpec):
    """A circuit on a runner: exact expectation where the runner has one and no shots are asked for, else samples.

    Parameters
    ----------
    seed : of all shots; each evaluation takes the next of its stream.
    confusion : readout errors that are undone in the value; None for none.
    """

    bqm: dimod.BinaryQuadraticModel
    spec: CircuitSpec
    runner: Runner
    compiled: Compiled
    alpha: float = 1.0
    shots_per_evaluation: int | None = None
    seed: int = 0
    confusion: Confusion | None = None
    _calls: list[int] = field(default_factory=list, init=False, repr=False)

    @property
    def metadata(self) -> dict[str, Any]:
        """Engine and the size of the circuit as it runs there, with that before transpilation."""
        cost, logical = self.compiled.cost, self.compiled.logical
        return {
            "engine": self.runner.engine,
            "depth": cost.depth,
            "two_qubit_gates": cost.two_qubit_gates,
            "two_qubit_depth": cost.two_qubit_depth,
            "qubits_used": cost.qubits_used,
            "logical_depth": logical.depth,
            "logical_two_qubit_gates": logical.two_qubit_gates,
            "is_readout_mitigated": self.confusion is not None,
        }

    def evaluate(self, angles: Float) -> Evaluation:
        """The runner's expectation at the scaled angles, shape (parameters,), or the value of drawn points where shots
        are set.
        """
        if self.shots_per_evaluation is not None:
            return self.draw(angles, self.shots_per_evaluation)
        value = self.runner.expectation(self.compiled, self._gates(angles), self._operator)
        return Evaluation(value + self.spec.ising.offset)

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Points of the compiled circuit at the scaled angles, shape (parameters,); each call has its own seed."""
        self._calls.append(num_shots)
        seed = spawn_seeds(self.seed, 1, len(self._calls))[0]
        Z = self.runner.sample(self.compiled, self._gates(angles), num_shots, seed)
        return evaluation_of(self.bqm, Z, self.alpha, None if self.confusion is None else self.confusion.weights)

    def metrics(self, angles: Float) -> Mapping[str, Any]:
        """Empty at all angles, shape (parameters,): a runner shows no state."""
        return {}

    def _gates(self, angles: Float) -> Float:
        gammas, betas = self.spec.gates(angles)
        return np.concatenate([gammas.ravel(), betas.ravel()])

    @cached_property
    def _operator(self) -> Any:
        operator = self.spec.ising.operator()
        layout = self.compiled.bare.layout
        return operator if layout is None else operator.apply_layout(layout)


def circuit_evaluator(
    bqm: dimod.BinaryQuadraticModel,
    spec: CircuitSpec,
    runner: Runner,
    *,
    alpha: float = 1.0,
    shots_per_evaluation: int | None = None,
    seed: int = 0,
    is_mitigated: bool = False,
) -> CircuitEvaluator:
    """The circuit built, compiled for the runner, and its readout calibrated where that is asked for."""
    circuit = qaoa_circuit(spec.ising, spec.num_layers, is_multi_angle=spec.is_multi_angle, thetas=spec.thetas)
    compiled = runner.compile(circuit)
    confusion = None
    if is_mitigated:
        first, second = spawn_seeds(seed, 2, 0)
        confusion = calibrate(runner, spec.ising.n, compiled.measured, shots_per_evaluation or 1000, (first, second))
    return CircuitEvaluator(bqm, spec, runner, compiled, alpha, shots_per_evaluation, seed, confusion)


__all__ = ["CircuitEvaluator", "CircuitSpec", "ExactEvaluator", "QaoaEvaluator", "QaoaVariant", "circuit_evaluator"]
