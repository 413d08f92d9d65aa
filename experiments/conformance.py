"""The conformance suites of all rooms behind one name: what `qopt check-plugin NAME` runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ..core import ENCODERS, PROBLEMS, SOLVERS, unknown_name
from ..core.registry import first_line

#: Room -> module with ``CHECKS``: functions of one registered entry that raise AssertionError when it breaks a rule.
SUITES = {
    "problems": (PROBLEMS, "problems.conformance"),
    "encoders": (ENCODERS, "encoders.conformance"),
    "solvers": (SOLVERS, "solvers.conformance"),
}


def check(name: str) -> list[dict[str, Any]]:
    """One row a check: its name, whether it passed, and the message of the failure.

    Raises
    ------
    ValueError
        No problem, encoder or solver has that name.
    RuntimeError
        Python was told to leave assertions out: every check would pass.
    """
    if not __debug__:
        raise RuntimeError("the checks must have Python's assertions, got none; run without -O and PYTHONOPTIMIZE")
    rows: list[dict[str, Any]] = []
    package = __package__.rpartition(".")[0]
    for room, (registry, module) in SUITES.items():
        if name not in registry:
            continue
        entry = registry.get(name)
        if entry.missing:
            raise ValueError(entry.missing)
        suite: tuple[Callable[[Any], None], ...] = importlib.import_module(f"{package}.{module}").CHECKS
        for function in suite:
            title = first_line(function) or function.__name__
            try:
                function(entry)
            except AssertionError as error:
                rows.append({"room": room, "check": title, "passed": False, "message": str(error)})
            except Exception as error:  # whatever the part itself raises is the part's failure, not the suite's
                message = f"{type(error).__name__}: {error}"
                rows.append({"room": room, "check": title, "passed": False, "message": message})
            else:
                rows.append({"room": room, "check": title, "passed": True, "message": ""})
    if not rows:
        raise unknown_name("part", name, [entry.name for registry, _ in SUITES.values() for entry in registry])
    return rows
