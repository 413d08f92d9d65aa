"""Bounded-integer bits by the name they have among the relaxations; they live in core, for problems need them too."""

from __future__ import annotations

from ..core.bits import bounded_coefficients, join_bits, num_bits, split_bits

__all__ = ["bounded_coefficients", "join_bits", "num_bits", "split_bits"]
