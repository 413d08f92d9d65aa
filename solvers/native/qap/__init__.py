"""Quadratic assignment: branch and bound with the Gilmore-Lawler bound, and tabu search."""

from . import gilmore_lawler, robust_tabu

__all__ = ["gilmore_lawler", "robust_tabu"]
