"""Samplers and composites for Ocean's users: dimod objects that work around and inside theirs."""

from __future__ import annotations

from .experiments.composite import Decompose

__all__ = ["Decompose"]
