"""Infeasible point -> feasible point, and local improvement apart from it."""

from .dispatch import improve, repair

__all__ = ["improve", "repair"]
