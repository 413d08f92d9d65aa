"""The points of a run kept for its Record, round by round, within a limit of memory."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..core import AnyArray, Formulation, Samples, signed
from .candidates import Candidates

#: Bits of all kept points together; beyond them the oldest rounds are dropped, the last one never.
MAX_BITS = 1_000_000_000


@dataclass
class KeptSamples:
    """Points of each round with their lowest energies, in order."""

    rounds: list[tuple[int, Candidates, AnyArray]] = field(default_factory=list)
    bits: int = 0

    def add(self, index: int, found: Candidates, energies: AnyArray) -> None:
        """Keep a round's distinct points; ``energies``, shape (k,), in their order."""
        self.rounds.append((index, found, energies))
        self.bits += found.X.size
        while self.bits > MAX_BITS and len(self.rounds) > 1:
            self.bits -= self.rounds.pop(0)[1].X.size

    def samples(self, formulation: Formulation, num_points: int) -> Samples:
        """All kept rounds as one value; ``num_points`` is what the run drew."""
        names = formulation.program.names
        sign = signed(formulation.problem, 1.0)
        X = [found.X for _, found, _ in self.rounds]
        feasible = [found.feasible for _, found, _ in self.rounds]
        costs = [np.where(ok, sign * found.costs, np.nan) for ok, (_, found, _) in zip(feasible, self.rounds)]
        return Samples(
            variables=names,
            points=np.concatenate([*X, np.zeros((0, len(names)), dtype=np.uint8)]),
            counts=np.concatenate([*(found.counts for _, found, _ in self.rounds), np.zeros(0, dtype=np.int64)]),
            energies=np.concatenate([*(energies for *_, energies in self.rounds), np.zeros(0)]),
            objectives=np.concatenate([*costs, np.zeros(0)]),
            violations=np.concatenate([*(found.broken for _, found, _ in self.rounds), np.zeros(0)]),
            rounds=np.repeat(
                np.array([index for index, *_ in self.rounds], dtype=np.int64),
                [len(found.X) for _, found, _ in self.rounds],
            ),
            num_points=num_points,
        )
