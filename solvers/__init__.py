"""Solvers: samplers of a QUBO (annealers, circuits, enumeration) and native solvers of a problem."""

from . import (
    adapt,
    annealing,
    brute_force,
    exact_oracle,
    foreign,
    native,
    pce,
    qaoa,
    qaoa_variants,
    qrao,
    rqaoa,
    subspace,
    uniform,
    vqe,
)

__all__ = [
    "adapt",
    "annealing",
    "brute_force",
    "exact_oracle",
    "foreign",
    "native",
    "pce",
    "qaoa",
    "qaoa_variants",
    "qrao",
    "rqaoa",
    "subspace",
    "uniform",
    "vqe",
]
