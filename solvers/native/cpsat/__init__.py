"""CP-SAT: one model a kind, and the binary program where a kind has none."""

from . import kinds, polynomials, qap, routing, solver, tsp

__all__ = ["kinds", "polynomials", "qap", "routing", "solver", "tsp"]
