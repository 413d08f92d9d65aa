"""Infeasible point -> feasible point, and local improvement apart from it."""

from . import market_share, mdkp, mis, multi_knapsack, polynomial, qap, routing, tsp
from .dispatch import improve, repair

__all__ = ["improve", "market_share", "mdkp", "mis", "multi_knapsack", "polynomial", "qap", "repair", "routing", "tsp"]
