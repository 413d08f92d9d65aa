"""Infeasible point -> feasible point, and local improvement apart from it."""

import importlib.metadata

from . import market_share, mdkp, mis, multi_knapsack, polynomial, qap, routing, tsp
from .dispatch import improve, repair

for _point in importlib.metadata.entry_points(group="qopt.repairs"):
    _point.load()  # a plugin's functions, registered for its own formulation classes

__all__ = ["improve", "market_share", "mdkp", "mis", "multi_knapsack", "polynomial", "qap", "repair", "routing", "tsp"]
