"""Constructions: one greedy point a kind, the start of other solvers and the solver greedy."""

from . import graphs, items, permutations, routing, sequences

__all__ = ["graphs", "items", "permutations", "routing", "sequences"]
