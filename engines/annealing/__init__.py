"""Annealing: QUBO and Ising models in lanes of replicas, and programs whose rows are kept."""

from .engine import Annealed, EngineChoice, How, Replicas, anneal, batch_size, engine_name, kernels, start
from .model import IsingModel

__all__ = [
    "Annealed",
    "EngineChoice",
    "How",
    "IsingModel",
    "Replicas",
    "anneal",
    "batch_size",
    "engine_name",
    "kernels",
    "start",
]
