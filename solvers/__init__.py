"""Solvers: samplers of a QUBO (annealers, circuits, enumeration) and native solvers of a problem.

``builtin`` imports them all and so registers them; the engine alone is imported without them, in half the time.
"""

from ..core import light_dimod as light_dimod
