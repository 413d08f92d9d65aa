"""dimod without networkx, which it has for graphs that are handed to it; ``solvers`` imports this before all else."""

from .deferred import deferred

with deferred("networkx"):
    import dimod

__all__ = ["dimod"]
