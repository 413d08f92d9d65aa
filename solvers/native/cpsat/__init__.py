"""CP-SAT: one model a kind, and the binary program where a kind has none."""

from . import kinds, qap, routing, solver, tsp

__all__ = ["kinds", "qap", "routing", "solver", "tsp"]
