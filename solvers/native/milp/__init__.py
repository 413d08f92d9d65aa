"""Mixed-integer linear programs, solved by HiGHS."""

from . import model, solver

__all__ = ["model", "solver"]
