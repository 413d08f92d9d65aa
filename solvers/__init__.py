"""Solvers: samplers of a QUBO (annealers, circuits, enumeration) and native solvers of a problem."""

from . import annealing, brute_force, foreign, native, qaoa, qaoa_variants, subspace, uniform

__all__ = ["annealing", "brute_force", "foreign", "native", "qaoa", "qaoa_variants", "subspace", "uniform"]
