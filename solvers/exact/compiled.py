"""The compiled engine seen from Python: buffers in, states and derivatives out."""

from __future__ import annotations


def is_available() -> bool:
    """Whether the extension was built."""
    return False


def why_missing() -> str:
    """Why there is no compiled engine here; empty where there is one."""
    return "the extension qopt.solvers.exact._engine was not built"
