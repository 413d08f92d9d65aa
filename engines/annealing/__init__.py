"""Annealing: QUBO and Ising models in lanes of replicas, and programs whose rows are kept."""

from .engine import (
    Annealed,
    Batch,
    Device,
    EngineChoice,
    How,
    Replicas,
    anneal,
    batch_size,
    engine_name,
    engine_of,
    kernels,
    start,
    starter,
)
from .model import IsingModel

__all__ = [
    "Annealed",
    "Batch",
    "Device",
    "EngineChoice",
    "How",
    "IsingModel",
    "Replicas",
    "anneal",
    "batch_size",
    "engine_name",
    "engine_of",
    "kernels",
    "start",
    "starter",
]
