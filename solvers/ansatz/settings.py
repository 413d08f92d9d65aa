"""Settings that the samplers with an ansatz circuit share (vqe, pce, qrao), their checks, and what a run would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ...core import unknown_name
from ...core.tunable import Range, tunable
from ...engines.matrix_product.state import MAX_BOND
from ...engines.statevector import EngineChoice, engine_name
from ..backends.runners import DEFAULT_SHOTS, parse_backend
from ..base import Estimate, QuboSampler
from ..training.optimizers import OPTIMIZERS, OptimizerName
from ..training.resources import amplitudes, power, require, too_large
from .circuits import AnsatzInit, AnsatzName, EntanglementName, num_gates

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

#: Entangling layers at most: building the circuit takes time and memory as well.
MAX_REPS = 10_000


@dataclass(frozen=True)
class AnsatzSettings(QuboSampler):
    """Fields of every sampler with an ansatz circuit.

    Parameters
    ----------
    ansatz, entanglement, reps : the circuit; see ``ansatz``.
    backend : ``exact`` (state vector with gradients), ``mps`` (matrix product state with gradients, exact, of
        neighbours' gates), ``aer``, ``aer-mps``, ``noisy:NAME``, ``device:NAME``, as far as the method has it.
    shots : points drawn an evaluation; None takes the exact expectation (noisy and device: 1,000 shots).
    num_shots : points drawn from the final state.
    optimizer : of the angles; ``auto`` takes l-bfgs where there are exact gradients, else cobyla.
    init : first angles: ``random`` over a turn, ``unit`` in [0, 1), ``small`` about zero.
    restarts : further optimisations from new first angles.
    maxiter : evaluations an optimisation may take; a value with its gradient counts as one.
    engine : of the state vector.
    target_device : ``all-to-all``, ``line``, ``heavy-hex``, ``fake_torino``, ...: depth and two-qubit gates are then
        those after transpiling to it; empty gives the circuit's own.
    """

    ansatz: AnsatzName = "efficient-su2"
    entanglement: EntanglementName = "linear"
    reps: int = tunable(2, Range(1, 12))
    backend: str = "exact"
    shots: int | None = None
    num_shots: int = 1000
    optimizer: OptimizerName | Literal["auto"] = "auto"
    init: AnsatzInit = "random"
    restarts: int = tunable(0, Range(0, 6))
    maxiter: int = tunable(200, Range(20, 400, "log"))
    engine: EngineChoice = "auto"
    target_device: str = ""

    #: Backends that the method has.
    backends: ClassVar[tuple[str, ...]] = ("exact", "mps", "aer", "aer-mps", "noisy", "device")

    def __post_init__(self) -> None:
        kind = backend_kind(self.backend)
        if kind not in self.backends:
            raise unknown_name(f"backend of {type(self).__name__.lower()}", self.backend, self.backends)
        for name, least in (("reps", 0), ("num_shots", 1), ("maxiter", 1), ("restarts", 0)):
            require(getattr(self, name) >= least, f"{name} must be >= {least}, got {getattr(self, name)!r}")
        require(
            self.reps <= MAX_REPS, f"reps must be <= {MAX_REPS:,}, got {self.reps!r}; no optimiser trains that many"
        )
        require(self.shots is None or self.shots >= 1, f"shots must be >= 1 or left out, got {self.shots!r}")
        if self.target_device and kind in ("noisy", "device"):
            raise ValueError(
                f"target_device must be left out on {kind}, whose device it is, got {self.target_device!r}"
            )
        noise = self.num_evaluation_shots is not None
        if self.optimizer != "auto" and noise and not OPTIMIZERS[self.optimizer].stands_noise:
            raise ValueError(f"optimizer must stand shot noise, got {self.optimizer!r} with shots; use cobyla or spsa")
        if self.optimizer == "none" and self.restarts:
            raise ValueError(f"restarts must be 0 with optimizer='none', got {self.restarts}; nothing is optimised")

    @property
    def kind(self) -> str:
        """The backend without a device's name."""
        return backend_kind(self.backend)

    @property
    def num_evaluation_shots(self) -> int | None:
        """Shots of one evaluation; None for an exact expectation."""
        if self.shots is None and self.kind in ("noisy", "device"):
            return DEFAULT_SHOTS
        return self.shots

    @property
    def has_gradient(self) -> bool:
        return self.kind in ("exact", "mps") and self.shots is None

    @property
    def optimizer_used(self) -> OptimizerName:
        """What ``auto`` stands for."""
        if self.optimizer != "auto":
            return self.optimizer
        return "l-bfgs" if self.has_gradient else "cobyla"

    def circuit_estimate(self, num_qubits: int, copies: int = 1) -> Estimate:
        """Bytes and seconds of the ansatz on that many qubits; ``copies`` further states that the method holds."""
        n = num_qubits
        if self.kind == "device":
            return Estimate(qubits=n)
        if self.kind in ("mps", "aer-mps"):
            return self._estimate_mps(n)
        evaluations = self.maxiter * (1 + self.restarts)
        need = power(n, 8 * (NUMBERS_PER_AMPLITUDE + 2 * (copies - 1)) if self.kind == "exact" else 32)
        remedy = "use backend='mps' with linear entanglement, pce or qrao, another encoder, or fewer variables"
        seconds = evaluations * self.evaluation_seconds(n, gradient=self.optimizer_used == "l-bfgs")
        return Estimate(n, need, seconds, too_large(n, need, self.kind, remedy))

    def evaluation_seconds(self, num_qubits: int, *, gradient: bool = False) -> float:
        """Estimate of one evaluation on the state vector; 0 on other backends, which cannot be estimated."""
        if self.kind not in ("exact", "aer"):
            return 0.0
        rate = AER_SECONDS_PER_AMPLITUDE
        if self.kind == "exact":
            rate = (GRADIENT_COST if gradient else 1.0) * SECONDS_PER_AMPLITUDE[engine_name(self.engine)]
        gates = num_gates(self.ansatz, min(num_qubits, 64), self.reps, self.entanglement)
        return SECONDS_PER_EVALUATION + gates * rate * amplitudes(num_qubits)

    def _estimate_mps(self, n: int) -> Estimate:
        exponent = self._bond_exponent(n)
        if self.kind == "mps" and exponent is None:
            text = f"backend mps must have gates between neighbours, got entanglement={self.entanglement!r}"
            return Estimate(n, refusal=f"{text}; use entanglement='linear', or backend='aer-mps'")
        bond = 2 ** min(n // 2 if exponent is None else min(exponent, n // 2 if self.kind == "aer-mps" else 60), 40)
        if self.kind == "mps" and bond > MAX_BOND:
            text = f"backend mps must have bonds up to {MAX_BOND}, got {bond}"
            return Estimate(n, refusal=f"{text}; lower reps, or use backend='aer-mps'")
        need = min(4 * 16 * max(n, 1) * bond**2, 2**62)
        return Estimate(n, need, None, too_large(n, need, f"{self.kind} in the worst case", "lower reps"))

    def _bond_exponent(self, n: int) -> int | None:
        """Doublings of the widest bond; None where gates join qubits that are not neighbours."""
        if self.ansatz == "brickwork":
            return (self.reps + 1) // 2
        if self.entanglement in ("linear", "pairwise") or n <= 2:
            return self.reps
        return None


def backend_kind(text: str) -> str:
    """Kind of a backend's text; ``mps`` and ``auto`` are ours, the others are those of the circuits' runners."""
    return text if text in ("mps", "auto") else parse_backend(text)[0]
