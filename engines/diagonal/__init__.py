"""Exact QAOA on a diagonal cost: evolution, measurement, sampling and gradients."""

from ...algorithms.enumeration import bits_to_indices, indices_to_bits
from .diagonal import CostDiagonal
from .engine import (
    AnyCost,
    AnyState,
    card_name,
    cost_of,
    energy,
    engine_name,
    evolve,
    landscape,
    threads_for,
    value_and_gradient,
)
from .measure import CVaR, Expectation, Objective, cvar, expectation, probability_below, probability_of
from .memory import assumed_bytes, available_bytes, required_bytes
from .multi_angle import IsingTerms, ma_evolve, ma_value_and_gradient
from .polynomial import energy_blocks, polynomial_cost
from .sampling import sample
from .state import State
from .warm_start import ws_evolve, ws_value_and_gradient

__all__ = [
    "AnyCost",
    "AnyState",
    "CVaR",
    "CostDiagonal",
    "Expectation",
    "IsingTerms",
    "Objective",
    "State",
    "assumed_bytes",
    "available_bytes",
    "bits_to_indices",
    "card_name",
    "cost_of",
    "cvar",
    "energy",
    "energy_blocks",
    "engine_name",
    "evolve",
    "expectation",
    "indices_to_bits",
    "landscape",
    "ma_evolve",
    "ma_value_and_gradient",
    "polynomial_cost",
    "probability_below",
    "probability_of",
    "required_bytes",
    "sample",
    "threads_for",
    "value_and_gradient",
    "ws_evolve",
    "ws_value_and_gradient",
]
