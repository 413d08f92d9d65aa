"""CP-SAT: one model a kind, and the binary program where a kind has none."""

from . import kinds, qap, solver, tsp

__all__ = ["kinds", "qap", "solver", "tsp"]
