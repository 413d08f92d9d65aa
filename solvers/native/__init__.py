"""Native solvers: they read the problem's own data, and report bounds and proofs. Importing the room registers them."""

from . import construct, cpsat, greedy, independent_set, market_split, milp, qap, routing, tsp

__all__ = ["construct", "cpsat", "greedy", "independent_set", "market_split", "milp", "qap", "routing", "tsp"]
