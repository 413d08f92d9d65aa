"""Every solver of the room; importing this registers them, which the registry does when a name is looked up."""

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
