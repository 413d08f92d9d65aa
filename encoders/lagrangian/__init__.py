"""Constraints without slack qubits: Lagrangian methods that iterate through ``Encoder.update``."""

from . import bundle, cutting_plane, dual_ascent

__all__ = ["bundle", "cutting_plane", "dual_ascent"]
