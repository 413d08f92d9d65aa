"""Travelling salesman: held-karp bounds and search, and local search."""

from . import held_karp, local_search

__all__ = ["held_karp", "local_search"]
