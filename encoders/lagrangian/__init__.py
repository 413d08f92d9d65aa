"""Constraints without slack qubits: Lagrangian methods that iterate through ``Encoder.update``."""

from . import augmented, bundle, cutting_plane, dual_ascent, relax_and_cut

__all__ = ["augmented", "bundle", "cutting_plane", "dual_ascent", "relax_and_cut"]
