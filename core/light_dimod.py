"""dimod without networkx, which it imports for graphs that are handed to it: imported by ``solvers`` before all else."""

from .deferred import deferred

with deferred("networkx"):
    import dimod

__all__ = ["dimod"]
