"""qopt: combinatorial instances in, verified answers out, with what the quantum part earned.

>>> import qopt
>>> problem = qopt.generate("mdkp", n=6, m=2, seed=1)
>>> record = qopt.solve(problem, solver="cpsat", seed=1)
>>> record.status.value
'optimal'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .core import Budget, Record, Status
from .core.registry import CORRELATIONS, ENCODERS, GENERATORS, PROBLEMS, READERS, SOLVERS

if TYPE_CHECKING:
    from .experiments.run import solve
    from .problems.files import load, load_all, save
    from .problems.generate import generate

__version__ = "0.1.0"

# Each room is imported when first asked for, so that `import qopt` needs numpy alone.
_HOMES = {
    "solve": "experiments.run",
    "load": "problems.files",
    "load_all": "problems.files",
    "save": "problems.files",
    "generate": "problems.generate",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qopt' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


__all__ = [
    "CORRELATIONS",
    "ENCODERS",
    "GENERATORS",
    "PROBLEMS",
    "READERS",
    "SOLVERS",
    "Budget",
    "Record",
    "Status",
    "generate",
    "load",
    "load_all",
    "save",
    "solve",
]
