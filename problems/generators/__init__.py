"""Seeded generators: one file a kind, keyword sizes with their meaning in the docstring; importing registers them."""

from . import hubo, integer_program, labs, market_share, max_cut, mdkp, mis, multi_knapsack, qap, qubo, routing, tsp

__all__ = [
    "hubo",
    "integer_program",
    "labs",
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
