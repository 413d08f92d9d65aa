"""Infeasible point -> feasible point, and local improvement apart from it."""

from . import qap, tsp
from .dispatch import improve, repair

__all__ = ["improve", "qap", "repair", "tsp"]
