"""Binary programs to QUBOs and back: slack, unbalanced, domain-wall, presolve; Lagrangian methods; graph shrinking."""

from . import binary_code, domain_wall, lagrangian, native, neighbourhood, polynomial, shrink, slack, unbalanced
from . import presolve as fix

__all__ = [
    "binary_code",
    "domain_wall",
    "fix",
    "lagrangian",
    "native",
    "neighbourhood",
    "polynomial",
    "shrink",
    "slack",
    "unbalanced",
]
