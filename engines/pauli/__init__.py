"""Pauli propagation: means of a QAOA circuit by carrying the cost backwards through it, string by string."""

from .propagation import Observable, Propagated, Truncation, propagate

__all__ = ["Observable", "Propagated", "Truncation", "propagate"]
