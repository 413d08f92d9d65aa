"""Settings that the samplers with an ansatz circuit share (vqe, pce, qrao), and their checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ...core.old_names import renamed
from ...core.tunable import Range, tunable
from ...engines.statevector import EngineChoice
from ..backends.given import as_backend
from ..backends.kinds import Backends
from ..base import Estimate
from ..training.circuit_sampler import CircuitSampler
from ..training.optimizers import OptimizerName
from ..training.resources import require
from .backends import ANSATZ_BACKENDS, AnsatzBackend
from .circuits import AnsatzInit, AnsatzName, EntanglementName

#: Entangling layers at most: building the circuit takes time and memory as well.
MAX_LAYERS = 10_000


@dataclass(frozen=True)
class AnsatzSettings(CircuitSampler):
    """Fields of every sampler with an ansatz circuit.

    Parameters
    ----------
    ansatz, entanglement, num_layers : the circuit; see ``ansatz``.
    backend : ``exact`` (state vector with gradients), ``mps`` (matrix product state with gradients, exact, of
        neighbours' gates), ``aer``, ``aer-mps``, ``noisy:NAME``, ``device:NAME``, or a BackendV2 or BaseSamplerV2
        object of Qiskit, as far as the method has it.
    shots_per_evaluation : points drawn an evaluation; None takes the exact expectation (noisy and device: 1,000 shots).
    num_shots : points drawn from the final state.
    optimizer : of the angles; ``auto`` takes l-bfgs where there are exact gradients, else cobyla.
    init : first angles: ``random`` over a turn, ``unit`` in [0, 1), ``small`` about zero.
    num_restarts : further optimisations from new first angles.
    max_evaluations : evaluations an optimisation may take; a value with its gradient counts as one.
    engine : of the state vector.
    target_device : ``all-to-all``, ``line``, ``heavy-hex``, ``fake_torino``, ...: depth and two-qubit gates are then
        those after transpiling to it; empty gives the circuit's own.
    """

    ansatz: AnsatzName = "efficient-su2"
    entanglement: EntanglementName = "linear"
    num_layers: int = tunable(2, Range(1, 12), was="reps")
    backend: str | object = "exact"
    shots_per_evaluation: int | None = renamed("shots", None)
    num_shots: int = 1000
    optimizer: OptimizerName | Literal["auto"] = "auto"
    init: AnsatzInit = "random"
    num_restarts: int = tunable(0, Range(0, 6), was="restarts")
    max_evaluations: int = tunable(200, Range(20, 400, "log"), was="maxiter")
    engine: EngineChoice = "auto"
    target_device: str = ""

    #: Backends that the method has.
    backends: ClassVar[Backends[AnsatzBackend]] = ANSATZ_BACKENDS

    def __post_init__(self) -> None:
        object.__setattr__(self, "backend", as_backend(self.backend))
        self._check_target_device()
        for name, least in (("num_layers", 0), ("num_shots", 1), ("max_evaluations", 1), ("num_restarts", 0)):
            require(getattr(self, name) >= least, f"{name} must be >= {least}, got {getattr(self, name)!r}")
        require(
            self.num_layers <= MAX_LAYERS,
            f"num_layers must be <= {MAX_LAYERS:,}, got {self.num_layers!r}; no optimiser trains that many",
        )
        require(
            self.shots_per_evaluation is None or self.shots_per_evaluation >= 1,
            f"shots_per_evaluation must be >= 1 or left out, got {self.shots_per_evaluation!r}",
        )
        self._check_noise()
        if self.optimizer == "none" and self.num_restarts:
            raise ValueError(
                f"num_restarts must be 0 with optimizer='none', got {self.num_restarts}; nothing is optimised"
            )

    @property
    def runs_on(self) -> AnsatzBackend:
        """The backend as a value of its kind.

        Raises
        ------
        ValueError
            The method has no such backend.
        """
        return self.backends.parse(self.backend, type(self).__name__.lower())

    def circuit_estimate(self, num_qubits: int, copies: int = 1) -> Estimate:
        """Bytes and seconds of the ansatz on that many qubits; ``copies`` further states that the method holds."""
        return self.runs_on.estimate(self, num_qubits, copies)

    def evaluation_seconds(self, num_qubits: int, *, gradient: bool = False) -> float:
        """Estimate of one evaluation on the state vector; 0 on other backends, which cannot be estimated."""
        return self.runs_on.evaluation_seconds(self, num_qubits, gradient=gradient)
