"""Modules that a run's parts import inside their functions, to be there before its clock starts.

A fork costs time for every mapped page, so the template loads none of them before a job that needs it: in a virtual
machine 5.6 ms of processor time without any of them, 8.7 ms with SciPy's, 14 ms with OR-Tools, which brings pandas.
What is missing here costs only the first run's time; the template loads it afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

#: What samplers, encoders and their linear and semidefinite relaxations use.
FOR_SAMPLERS = (
    "scipy.linalg",
    "scipy.optimize",
    "scipy.sparse.csgraph",
    "scipy.sparse.linalg",
    "scipy.special",
    "dwave.samplers",
    "highspy",
)
#: Further modules, and the names of parts and settings that need them.
FOR_NAMES: Mapping[str, Sequence[str]] = {
    "highspy": ("milp",),
    "scipy.optimize": ("milp", "gilmore-lawler"),
    "ortools.sat.python.cp_model": ("cpsat", "exact", "nearest", "verified", "bundle", "cutting-plane", "dual-ascent"),
}


def imports_of(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Modules for a pipeline's spec.

    Examples
    --------
    >>> imports_of({"encoder": None, "solver": {"name": "cpsat"}})
    ('ortools.sat.python.cp_model',)
    """
    words = json.dumps(spec)
    named = [module for module, names in FOR_NAMES.items() if any(f'"{name}"' in words for name in names)]
    return (*(FOR_SAMPLERS if spec["encoder"] is not None else ()), *named)
