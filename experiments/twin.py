"""A run's twin: the same loop with uniform points of the sampler's ground in the place of its samples.

Needed where the ground of a round depends on what the rounds before have seen, as in a decomposition.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import Encoding
from ..solvers.base import QuboSampler, energies_of, sample_set

if TYPE_CHECKING:
    import dimod


@dataclass(frozen=True, eq=False)
class Twin:
    """A run once more with uniform points of the sampler's ground in the place of its samples (see control.py).

    ``start``: the encoding of the first round; ``points_by_round``: how many points to draw; ``goal``: the cost that
    counts as reached.
    """

    start: Encoding
    points_by_round: tuple[int, ...]
    goal: float

    def sample(
        self, sampler: QuboSampler, encoding: Encoding, index: int, seed: np.random.SeedSequence
    ) -> dimod.SampleSet:
        """Uniform points of the round's ground, as a sample set."""
        ground = sampler.ground(encoding.num_qubits, encoding.native)
        num_points = self.points_by_round[min(index, len(self.points_by_round) - 1)]
        Z = ground.draw(np.random.default_rng(seed), num_points)
        return sample_set(Z, energies_of(encoding.bqm, Z), None, {"engine": "numpy"})


def same_ground(sampler: QuboSampler, one: Encoding, other: Encoding) -> bool:
    """Whether the sampler chooses from the same points of the program in both encodings."""
    if sampler.keeps_rows and one.native is not other.native:
        natives = [program.fingerprint for program in (one.native, other.native) if program is not None]
        if len(natives) < 2 or natives[0] != natives[1]:
            return False
    return _same(one.decoder, other.decoder)


def _same(one: Any, other: Any) -> bool:
    """Equality of decoders, which are frozen dataclasses of arrays and decoders."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if is_dataclass(one):
        return all(_same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return bool(np.array_equal(one, other))
