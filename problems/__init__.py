"""What is to be solved: data, objective, exact check, formulations, generators and file formats, one file a concept."""

from . import (
    formats,
    generators,
    hubo,
    integer_program,
    labs,
    market_share,
    max_cut,
    mdkp,
    mis,
    multi_knapsack,
    qap,
    qubo,
    tsp,
    tsptw,
    vehicles,
)

__all__ = [
    "formats",
    "generators",
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
    "tsp",
    "tsptw",
    "vehicles",
]
