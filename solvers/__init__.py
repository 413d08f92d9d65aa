"""Solvers: samplers of a QUBO (annealers, circuits, enumeration) and native solvers of a problem."""

from . import (
    adapt,
    annealing,
    brute_force,
    exact_oracle,
    foreign,
    native,
    qaoa,
    qaoa_variants,
    rqaoa,
    subspace,
    uniform,
)

__all__ = [
    "adapt",
    "annealing",
    "brute_force",
    "exact_oracle",
    "foreign",
    "native",
    "qaoa",
    "qaoa_variants",
    "rqaoa",
    "subspace",
    "uniform",
]
