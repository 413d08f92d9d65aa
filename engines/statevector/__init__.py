"""State vector of circuits of rotations and Clifford gates, with the adjoint gradient of any real function of it."""

from .circuit import GateCircuit, Kind
from .engine import EngineChoice, apply_pauli, engine_name, hadamard_transform, pauli_masks, pull_back, simulate

__all__ = [
    "EngineChoice",
    "GateCircuit",
    "Kind",
    "apply_pauli",
    "engine_name",
    "hadamard_transform",
    "pauli_masks",
    "pull_back",
    "simulate",
]
