"""OR-Tools' CP-SAT without pandas, which it imports for variables in series.

Raises ImportError where OR-Tools is not installed.
"""

from .deferred import deferred

with deferred("pandas"):
    from ortools.sat.python import cp_model

__all__ = ["cp_model"]
