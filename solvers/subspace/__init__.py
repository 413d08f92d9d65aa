"""QAOA inside feasible subspaces: spaces of points, mixers that keep them, states, gradients, angles, the sampler."""

from ..training.initial_angles import grown, ramp
from .angles import Optimized, Search, optimize, optimize_grown
from .keyed import KeyedSpace, enumerate_rows, subset_space
from .mixers import GroupMixer, GroverMixer, Mixer, TranspositionMixer, uniform_state
from .moves import MoveMixer, flip_mixer, swap_mixer
from .recognition import Recognised, recognise
from .sampler import SubspaceQaoa, energies_on
from .spaces import GroupSpace, PermutationSpace, Space, permutation_space, uniform_sample
from .states import (
    Costs,
    cvar,
    draw,
    evolve,
    expectation,
    optimum_probability,
    point_state,
    probabilities,
    value_and_gradient,
)

__all__ = [
    "Costs",
    "GroupMixer",
    "GroupSpace",
    "GroverMixer",
    "KeyedSpace",
    "Mixer",
    "MoveMixer",
    "Optimized",
    "PermutationSpace",
    "Recognised",
    "Search",
    "Space",
    "SubspaceQaoa",
    "TranspositionMixer",
    "cvar",
    "draw",
    "energies_on",
    "enumerate_rows",
    "evolve",
    "expectation",
    "flip_mixer",
    "grown",
    "optimize",
    "optimize_grown",
    "optimum_probability",
    "permutation_space",
    "point_state",
    "probabilities",
    "ramp",
    "recognise",
    "subset_space",
    "swap_mixer",
    "uniform_sample",
    "uniform_state",
    "value_and_gradient",
]
