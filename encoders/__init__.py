"""Binary programs to QUBOs and back: slack, unbalanced, domain-wall, presolve; the Lagrangian family; graph shrinking."""

from . import slack

__all__ = ["slack"]
