"""Native solvers: they read the problem's own data, and report bounds and proofs. Importing the room registers them."""

from . import (
    construct_graphs,
    construct_items,
    construct_permutations,
    cpsat,
    cpsat_kinds,
    cpsat_qap,
    cpsat_tsp,
    gilmore_lawler,
    greedy,
    held_karp,
    local_search,
    milp,
    milp_model,
)

__all__ = [
    "construct_graphs",
    "construct_items",
    "construct_permutations",
    "cpsat",
    "cpsat_kinds",
    "cpsat_qap",
    "cpsat_tsp",
    "gilmore_lawler",
    "greedy",
    "held_karp",
    "local_search",
    "milp",
    "milp_model",
]
