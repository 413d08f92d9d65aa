"""The field of a control: a ground as seen through an encoding, in points of the program."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core import Bits, Cube, Decoder, Encoding, Formulation, Ground, LiteralMap, Start
from ..solvers.base import QuboSampler


@dataclass(frozen=True, eq=False)
class Field:
    """Where a control draws: uniform points of a ground, decoded and completed to points of the program."""

    formulation: Formulation
    ground: Ground
    decoder: Decoder

    def draw(self, rng: np.random.Generator, num_points: int, start: Start | None = None) -> Bits:
        """Completed points of the program, shape (num_points, n); uniform, or of a start on the ground."""
        return self.complete((start or self.ground).draw(rng, num_points))

    def complete(self, Z: Bits) -> Bits:
        """The program's points, shape (k, n), that points of the ground, shape (k, num_bits), stand for."""
        return self.formulation.complete(self.decoder.apply(Z))

    @property
    def is_whole(self) -> bool:
        """Whether the points are uniform over all the program's bits: no reduction, no row kept, other bits unused."""
        if not (isinstance(self.ground, Cube) and isinstance(self.decoder, LiteralMap)):
            return False
        index = self.decoder.index
        return bool((index >= 0).all()) and np.unique(index).size == index.size

    def describe(self) -> str:
        """What the points are uniform over, in words."""
        kept, n = self.ground.describe(), self.formulation.program.num_variables
        if self.is_whole:
            return "program bits"
        if not isinstance(self.decoder, LiteralMap):
            return kept or f"{self.ground.num_bits} bits of the encoding"
        free = np.unique(self.decoder.index[self.decoder.index >= 0]).size
        core = "" if free == n else f"core of {free} of {n} program bits"
        return ": ".join(text for text in (core, kept) if text)


def core_field(sampler: QuboSampler, encoding: Encoding, formulation: Formulation) -> Field:
    """The sampler's own ground: the points that it could choose from in this encoding."""
    return Field(formulation, sampler.ground(encoding.num_qubits, encoding.native), encoding.decoder)


def program_field(formulation: Formulation) -> Field:
    """All bit strings of the program: no reduction, no row kept."""
    n = formulation.program.num_variables
    return Field(formulation, Cube(n), LiteralMap.identity(n))
