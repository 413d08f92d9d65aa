"""Quadratic assignment: branch and bound with the Gilmore-Lawler bound, and tabu search."""

from . import gilmore_lawler

__all__ = ["gilmore_lawler"]
