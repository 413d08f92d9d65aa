"""Solvers: samplers of a QUBO (annealers, circuits, enumeration) and native solvers of a problem."""

from . import annealing, brute_force, foreign, native, subspace, uniform

__all__ = ["annealing", "brute_force", "foreign", "native", "subspace", "uniform"]
