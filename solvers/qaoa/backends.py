"""Where QAOA runs: on our exact engines, or as a circuit on a runner; what each kind takes, and its evaluators.

A further kind is one class under ``@QAOA_BACKENDS.register``: its name, what it can do, an estimate, and evaluators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import dimod
import numpy as np

from ...core import PolynomialModel, UnsupportedError, bqm_to_arrays
from ...engines import diagonal
from ...engines.diagonal import engine_name, required_bytes, threads_for
from ...engines.diagonal.gpu import device as gpu_device
from ..backends.kinds import Aer, AerProduct, Backend, Backends, Device, Exact, Given, LightCone, Noisy
from ..backends.transpile import fake_backend
from ..base import Estimate
from ..seeds import spawn_seeds
from ..spin_polynomial import spins_of
from ..training.resources import amplitudes, most_that_fit, power, too_large
from .evaluators import CircuitSpec, ExactEvaluator, QaoaEvaluator, QaoaVariant, circuit_evaluator
from .light_cone import LightConeEvaluator, light_cones

if TYPE_CHECKING:
    from .settings import QaoaSettings

#: Seconds a layer takes per amplitude of the exact engines (measured at n = 20; see docs), for estimates only.
SECONDS_PER_AMPLITUDE = {"compiled": 4e-9, "numpy": 1.3e-7, "gpu": 2.4e-11}

#: Evaluations that one exact gradient costs, for estimates only.
GRADIENT_COST = 4.0

#: Seconds a gate takes Aer per amplitude, for estimates only.
AER_SECONDS_PER_AMPLITUDE = 2e-9

#: Seconds a noisy gate takes Aer in one shot: constant, and per amplitude (Kraus operators); for estimates only.
NOISY_GATE_SECONDS = 2e-5
NOISY_SECONDS_PER_AMPLITUDE = 1.2e-8

#: Number of layers -> evaluator of the circuit with so many.
Make = Callable[[int], QaoaEvaluator]


class QaoaBackend(Backend):
    """A kind of backend as QAOA uses it."""

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits, bytes and seconds on this machine, or why it cannot be held, with the remedy."""
        return Estimate(qubits=num_variables)

    def estimate_model(self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """As ``estimate``, where the model itself is at hand: its graph may tell more than its size."""
        return self.estimate(settings, bqm.num_variables, bqm.num_interactions)

    def evaluation_seconds(self, settings: QaoaSettings, num_variables: int) -> float:
        """Estimate of one evaluation without a gradient; 0 where it cannot be told."""
        return 0.0

    def seconds_of(self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel) -> float:
        """As ``evaluation_seconds``, where the model itself is at hand."""
        return self.evaluation_seconds(settings, bqm.num_variables)

    def evaluators(
        self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, variant: QaoaVariant, seed: int
    ) -> Make:
        """Number of layers -> evaluator; what does not depend on the layers is built once.

        Here: circuits on the runner of this kind.
        """
        ising = spins_of(bqm)
        unit, rng = ising.unit(settings.scale), np.random.default_rng(seed)
        runner = self.runner(spawn_seeds(seed, 1)[0], settings.bond_dimension)

        def make(num_layers: int) -> QaoaEvaluator:
            return circuit_evaluator(
                bqm,
                CircuitSpec(ising, num_layers, unit, variant.is_multi_angle, variant.thetas),
                runner,
                alpha=settings.alpha,
                shots_per_evaluation=self.evaluation_shots(settings.shots_per_evaluation),
                seed=int(rng.integers(2**31)),
                is_mitigated=settings.readout == "mitigate",
            )

        return make


#: The kinds of backend that QAOA has.
QAOA_BACKENDS: Backends[QaoaBackend] = Backends()


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class ExactQaoa(Exact, QaoaBackend):
    """State vector with exact gradients, on the processor or on a card."""

    def evaluators(
        self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, variant: QaoaVariant, seed: int
    ) -> Make:
        """The cost's diagonal once, and an evaluator a number of layers."""
        ising = spins_of(bqm)
        unit, rng = ising.unit(settings.scale), np.random.default_rng(seed)
        precision, engine = settings.precision, settings.engine
        threads = diagonal.threads_for(ising.n, settings.threads)
        cost: diagonal.AnyCost
        if isinstance(bqm, PolynomialModel):
            cost = diagonal.polynomial_cost(bqm.polynomial)
        else:
            cost = diagonal.cost_of(*bqm_to_arrays(bqm), engine=engine, dtype=precision)

        def make(num_layers: int) -> QaoaEvaluator:
            spec = CircuitSpec(ising, num_layers, unit, variant.is_multi_angle, variant.thetas)
            return ExactEvaluator(
                bqm, spec, cost, settings.alpha, settings.shots_per_evaluation, rng, precision, threads, engine
            )

        return make

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """States and a cost diagonal, of the card's memory where that engine was chosen."""
        n = num_variables
        if settings.engine == "gpu" and gpu_device.why_missing():
            return Estimate(n, refusal=f"engine gpu must find a card ({gpu_device.why_missing()})")
        name = engine_name(settings.engine, n, settings.precision).partition(" ")[0]
        has_gradient = settings.optimizer_used == "l-bfgs"
        if name == "gpu":
            return self._estimate_card(settings, n, has_gradient)
        need = self._exact_bytes(settings, n, name, has_gradient)
        cost = (GRADIENT_COST if has_gradient else 1.0) * SECONDS_PER_AMPLITUDE[name]
        cost /= threads_for(n, settings.threads) ** 0.75  # as measured on 1 to 16 cores
        seconds = cost * settings.num_layers * amplitudes(n) * settings.planned_evaluations
        remedy = (
            f"use backend='mps',{self._narrower(settings, n, name, has_gradient)} another encoder, or fewer variables"
        )
        if too_large(n, need, "exact", remedy):
            most = most_that_fit(lambda k: self._exact_bytes(settings, k, name, has_gradient), n)
            remedy = f"{most} qubits fit; {remedy}"
        return Estimate(n, need, seconds, too_large(n, need, "exact", remedy))

    def _estimate_card(self, settings: QaoaSettings, n: int, has_gradient: bool) -> Estimate:
        """States and a cost diagonal of two bytes a point in the card's memory."""
        card = gpu_device.require_card()
        point = (1 + has_gradient) * (8 if settings.precision == "complex64" else 16) + 2
        need, free = power(n, point), card.free_bytes()
        cost = (GRADIENT_COST if has_gradient else 1.0) * SECONDS_PER_AMPLITUDE["gpu"]
        seconds = cost * settings.num_layers * amplitudes(n) * settings.planned_evaluations
        refusal = ""
        if need > free:
            fits = max((k for k in range(n) if power(k, point) <= free), default=0)
            refusal = (
                f"engine gpu must fit in the free memory of {card.name}, {free:,} bytes, got {n} qubits "
                f"({need:,} bytes); {fits} qubits fit; use precision='complex64', another encoder, or fewer variables"
            )
        return Estimate(n, need, seconds, refusal)

    def _narrower(self, settings: QaoaSettings, n: int, engine: str, has_gradient: bool) -> str:
        """The smaller type, where it fits."""
        if settings.precision == "complex64":
            return ""
        need = self._exact_bytes(replace(settings, precision="complex64"), n, engine, has_gradient)
        return "" if too_large(n, need, "exact", "") else " precision='complex64',"

    def _exact_bytes(self, settings: QaoaSettings, n: int, engine: str, has_gradient: bool) -> int:
        """States and a cost diagonal of the widest type; at most 2**62."""
        if n > 55:
            return 2**62
        return required_bytes(n, settings.precision, gradient=has_gradient, engine=engine) + (8 << n)

    def evaluation_seconds(self, settings: QaoaSettings, num_variables: int) -> float:
        """As ``estimate``, of one evaluation on one core."""
        name = engine_name(settings.engine).partition(" ")[0]
        return SECONDS_PER_AMPLITUDE[name] * settings.num_layers * amplitudes(num_variables)


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class LightConeQaoa(LightCone, QaoaBackend):
    """Exact values from light cones, points by rounding their correlations."""

    def evaluators(
        self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel, variant: QaoaVariant, seed: int
    ) -> Make:
        """The cones of each number of layers, made when it is asked for.

        Raises
        ------
        UnsupportedError
            The variant has other angles or another start, the model is no quadratic one, or its cones are too large.
        """
        if variant.is_multi_angle or variant.thetas is not None:
            raise UnsupportedError(
                "backend light-cone must have one gamma and one beta a layer and start at |+>; use solver qaoa or rqaoa"
            )
        ising = spins_of(bqm)
        rng = np.random.default_rng(seed)

        def make(num_layers: int) -> QaoaEvaluator:
            cones = light_cones(ising, num_layers, threads=settings.threads, engine=settings.engine)
            return LightConeEvaluator(bqm, CircuitSpec(ising, num_layers, ising.unit(settings.scale)), cones, rng)

        return make

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """The number of qubits alone: what cones cost, the model says (``estimate_model``)."""
        return Estimate(num_variables, note="light cones are counted when the model is known, before any work")

    def estimate_model(self, settings: QaoaSettings, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """Bytes and seconds from the model's own cones, and their numbers as the note."""
        try:
            cones = light_cones(spins_of(bqm), settings.num_layers, threads=settings.threads, engine=settings.engine)
        except UnsupportedError as error:
            return Estimate(bqm.num_variables, refusal=str(error))
        cost = cones.cost
        seconds = cost.seconds * settings.planned_evaluations
        return Estimate(bqm.num_variables, cost.bytes, seconds, note=str(cost))


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class AerQaoa(Aer, QaoaBackend):
    """Circuits on Aer's state vector."""

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """Aer's complex128 state, once more for the sampled distribution."""
        n = num_variables
        need = power(n, 32)
        gates = (num_interactions + 2 * n) * settings.num_layers
        seconds = gates * amplitudes(n) * AER_SECONDS_PER_AMPLITUDE * settings.planned_evaluations
        remedy = "use backend='aer-mps', another encoder, or fewer variables"
        return Estimate(n, need, seconds, too_large(n, need, "aer", remedy))


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class AerProductQaoa(AerProduct, QaoaBackend):
    """Circuits on Aer's matrix product state."""

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes in the worst case."""
        n = num_variables
        bond = min(2 ** min(n // 2, 40), settings.bond_dimension or 2**40)
        need = 4 * 16 * max(n, 1) * bond**2  # two tensors a bond, and the copy of a decomposition
        remedy = "set bond_dimension (an approximation), another encoder, or fewer variables"
        return Estimate(n, min(need, 2**62), None, too_large(n, need, "aer-mps in the worst case", remedy))


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class NoisyQaoa(Noisy, QaoaBackend):
    """Circuits on Aer with the noise of a fake device."""

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """Trajectories of single shots, on about two qubits more than the circuit's own, which routing takes."""
        n = num_variables
        fake = fake_backend(self.device)
        if n > fake.num_qubits:
            refusal = f"{fake.name} must have at least {n} qubits, has {fake.num_qubits}; choose a larger device"
            return Estimate(qubits=n, refusal=refusal)
        gates = 4 * settings.num_layers * (num_interactions + n) * (settings.num_evaluation_shots or 1)
        seconds = gates * (NOISY_GATE_SECONDS + NOISY_SECONDS_PER_AMPLITUDE * amplitudes(n + 2))
        need = power(n + 2, 32)
        remedy = "fewer qubits: noise is simulated on the state of the whole circuit"
        return Estimate(
            n, need, seconds * settings.planned_evaluations, too_large(n, need, str(settings.backend), remedy)
        )


@QAOA_BACKENDS.register
@dataclass(frozen=True)
class DeviceQaoa(Device, QaoaBackend):
    """Circuits on a device of qiskit-ibm-runtime."""

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """The runtime's local testing mode is the same simulation as ``noisy``; a real device is not asked here."""
        if self.device.startswith("fake_"):
            return NoisyQaoa(self.device).estimate(settings, num_variables, num_interactions)
        return super().estimate(settings, num_variables, num_interactions)


@QAOA_BACKENDS.register
@dataclass(frozen=True, eq=False)
class GivenQaoa(Given, QaoaBackend):
    """Circuits on a BackendV2 or BaseSamplerV2 object."""

    def estimate(self, settings: QaoaSettings, num_variables: int, num_interactions: int) -> Estimate:
        """The number of qubits against the object's own; what a circuit takes on it is not known."""
        return Estimate(num_variables, refusal=self.refusal_of(num_variables))
