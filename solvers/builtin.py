"""Every solver of the room; importing this registers them, which the registry does when a name is looked up."""

from . import native, subspace
from .ansatz import pce, vqe
from .classical import (
    annealing,
    bifurcation,
    brute_force,
    constrained_annealing,
    dimod_sampler,
    exact_oracle,
    loihi,
    polynomial_annealing,
    polynomial_search,
    random_sampler,
    tabu,
    tempering,
)
from .qaoa import adapt, qaoa, recursive, variants
from .qrao import qrao

__all__ = [
    "adapt",
    "annealing",
    "bifurcation",
    "brute_force",
    "constrained_annealing",
    "dimod_sampler",
    "exact_oracle",
    "loihi",
    "native",
    "pce",
    "polynomial_annealing",
    "polynomial_search",
    "qaoa",
    "qrao",
    "random_sampler",
    "recursive",
    "subspace",
    "tabu",
    "tempering",
    "variants",
    "vqe",
]
