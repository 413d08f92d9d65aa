"""Seeded generators: one file a kind, keyword sizes with their meaning in the docstring; importing registers them."""

from . import integer_program, market_share, max_cut, mdkp, mis, multi_knapsack, qap, qubo, routing, tsp

__all__ = [
    "integer_program",
    "market_share",
    "max_cut",
    "mdkp",
    "mis",
    "multi_knapsack",
    "qap",
    "qubo",
    "routing",
    "tsp",
]
