"""Where an ansatz circuit runs, and what it takes there: state vector, matrix product state, or circuits on a runner.

A further kind is one class with its name, what it can do and its estimate, put into the table of the methods that
have it; the method's evaluator of it is registered for the class (``vqe.make_evaluator``, ``qrao.relaxed_evaluator``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...engines.matrix_product.state import MAX_BOND
from ...engines.statevector import engine_name
from ..backends.kinds import Aer, AerProduct, Backend, Backends, Device, Exact, Given, Noisy, Product
from ..base import Estimate
from ..training.resources import amplitudes, power, too_large
from .circuits import num_gates

if TYPE_CHECKING:
    from .settings import AnsatzSettings

#: Seconds a gate takes per amplitude (measured at 17 qubits, 885 gates), for estimates only.
SECONDS_PER_AMPLITUDE = {"compiled": 5.5e-10, "numpy": 5e-9}

#: Seconds that an evaluation takes whatever the state's size, for estimates only.
SECONDS_PER_EVALUATION = 2e-3

#: Simulations that one exact gradient costs, for estimates only.
GRADIENT_COST = 5.0

#: Real numbers of 8 bytes an amplitude: state, cotangent, copies that the adjoint uses up, energies.
NUMBERS_PER_AMPLITUDE = 14

#: Seconds that Aer takes a gate and an amplitude, for estimates only.
AER_SECONDS_PER_AMPLITUDE = 2e-9


class AnsatzBackend(Backend):
    """A kind of backend as the methods with an ansatz circuit use it; here: a state vector of Aer's."""

    def estimate(self, settings: AnsatzSettings, num_qubits: int, copies: int = 1) -> Estimate:
        """Bytes and seconds of the ansatz on that many qubits; ``copies`` further states that the method holds."""
        n = num_qubits
        evaluations = settings.max_evaluations * (1 + settings.num_restarts)
        need = power(n, self.bytes_per_amplitude(copies))
        remedy = "use backend='mps' with linear entanglement, pce or qrao, another encoder, or fewer variables"
        seconds = evaluations * self.evaluation_seconds(settings, n, gradient=settings.optimizer_used == "l-bfgs")
        return Estimate(n, need, seconds, too_large(n, need, self.kind, remedy))

    def bytes_per_amplitude(self, copies: int) -> int:
        """Bytes an amplitude of a state vector takes, with further states."""
        return 32

    def evaluation_seconds(self, settings: AnsatzSettings, num_qubits: int, *, gradient: bool = False) -> float:
        """Estimate of one evaluation on a state vector; 0 on other backends, which cannot be estimated."""
        return 0.0

    def _gates_seconds(self, settings: AnsatzSettings, num_qubits: int, rate: float) -> float:
        gates = num_gates(settings.ansatz, min(num_qubits, 64), settings.num_layers, settings.entanglement)
        return SECONDS_PER_EVALUATION + gates * rate * amplitudes(num_qubits)


@dataclass(frozen=True)
class ExactAnsatz(Exact, AnsatzBackend):
    """State vector of our own engine, with gradients."""

    def bytes_per_amplitude(self, copies: int) -> int:
        return 8 * (NUMBERS_PER_AMPLITUDE + 2 * (copies - 1))

    def evaluation_seconds(self, settings: AnsatzSettings, num_qubits: int, *, gradient: bool = False) -> float:
        rate = (GRADIENT_COST if gradient else 1.0) * SECONDS_PER_AMPLITUDE[
            engine_name(settings.engine).partition(" ")[0]
        ]
        return self._gates_seconds(settings, num_qubits, rate)


@dataclass(frozen=True)
class AerAnsatz(Aer, AnsatzBackend):
    """Circuits on Aer's state vector."""

    def evaluation_seconds(self, settings: AnsatzSettings, num_qubits: int, *, gradient: bool = False) -> float:
        return self._gates_seconds(settings, num_qubits, AER_SECONDS_PER_AMPLITUDE)


@dataclass(frozen=True)
class ProductAnsatz(Product, AnsatzBackend):
    """Matrix product state of our own engine, with gradients; gates between neighbours only."""

    def estimate(self, settings: AnsatzSettings, num_qubits: int, copies: int = 1) -> Estimate:
        doublings = bond_doublings(settings, num_qubits)
        if doublings is None:
            text = f"backend mps must have gates between neighbours, got entanglement={settings.entanglement!r}"
            return Estimate(num_qubits, refusal=f"{text}; use entanglement='linear', or backend='aer-mps'")
        bond = 2 ** min(doublings, 40)
        if bond > MAX_BOND:
            text = f"backend mps must have bonds up to {MAX_BOND}, got {bond}"
            return Estimate(num_qubits, refusal=f"{text}; lower num_layers, or use backend='aer-mps'")
        return product_estimate(self.kind, num_qubits, bond)


@dataclass(frozen=True)
class AerProductAnsatz(AerProduct, AnsatzBackend):
    """Circuits on Aer's matrix product state."""

    def estimate(self, settings: AnsatzSettings, num_qubits: int, copies: int = 1) -> Estimate:
        widest = num_qubits // 2
        doublings = bond_doublings(settings, num_qubits)
        bond = 2 ** min(widest if doublings is None else min(doublings, widest), 40)
        return product_estimate(self.kind, num_qubits, bond)


@dataclass(frozen=True)
class NoisyAnsatz(Noisy, AnsatzBackend):
    """Circuits on Aer with the noise of a fake device."""


@dataclass(frozen=True)
class DeviceAnsatz(Device, AnsatzBackend):
    """Circuits on a device of qiskit-ibm-runtime."""

    def estimate(self, settings: AnsatzSettings, num_qubits: int, copies: int = 1) -> Estimate:
        """The runtime's local testing mode is the same simulation as ``noisy``; a real device is not asked here."""
        if self.device.startswith("fake_"):
            return NoisyAnsatz(self.device).estimate(settings, num_qubits, copies)
        return Estimate(qubits=num_qubits)


@dataclass(frozen=True, eq=False)
class GivenAnsatz(Given, AnsatzBackend):
    """Circuits on a BackendV2 or BaseSamplerV2 object."""

    def estimate(self, settings: AnsatzSettings, num_qubits: int, copies: int = 1) -> Estimate:
        """The number of qubits against the object's own; what a circuit takes on it is not known."""
        return Estimate(num_qubits, refusal=self.refusal_of(num_qubits))


def product_estimate(kind: str, num_qubits: int, bond: int) -> Estimate:
    """Bytes of a matrix product state with that bond: two tensors a qubit."""
    need = min(4 * 16 * max(num_qubits, 1) * bond**2, 2**62)
    where = f"{kind} in the worst case"
    return Estimate(num_qubits, need, None, too_large(num_qubits, need, where, "lower num_layers"))


def bond_doublings(settings: AnsatzSettings, num_qubits: int) -> int | None:
    """Doublings of the widest bond; None where gates join qubits that are not neighbours."""
    if settings.ansatz == "brickwork":
        return (settings.num_layers + 1) // 2
    if settings.entanglement in ("linear", "pairwise") or num_qubits <= 2:
        return settings.num_layers
    return None


#: The kinds of backend that an ansatz may have.
ANSATZ_BACKENDS: Backends[AnsatzBackend] = Backends(
    ExactAnsatz, ProductAnsatz, AerAnsatz, AerProductAnsatz, NoisyAnsatz, DeviceAnsatz, GivenAnsatz
)
