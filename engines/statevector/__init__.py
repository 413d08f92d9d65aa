"""State vector of circuits of rotations and Clifford gates, with the adjoint gradient of any real function of it."""

from .circuit import GateCircuit, Kind
from .engine import EngineChoice, apply_pauli, engine_name, pull_back, simulate, walsh_hadamard

__all__ = [
    "EngineChoice",
    "GateCircuit",
    "Kind",
    "apply_pauli",
    "engine_name",
    "pull_back",
    "simulate",
    "walsh_hadamard",
]
