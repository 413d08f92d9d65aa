"""A run's twin: the same loop with uniform points of the sampler's ground in the place of its samples.

Needed where the ground of a round depends on what the rounds before have seen, as in a decomposition.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import Bits, Encoding, Ground, UnsupportedError
from ..solvers.base import QuboSampler, energies_of, sample_set
from .candidates import Candidates
from .parts_sampling import aligned_points
from .starts import start_of

if TYPE_CHECKING:
    import dimod

#: Most points of a round that is solved exactly, and how many are looked at together.
MAX_EXACT = 1 << 22
BLOCK = 1 << 15
#: Points of a round that are kept.
BEST = 8


@dataclass(frozen=True, eq=False)
class Twin:
    """A run once more with random points of the sampler's ground in the place of its samples (see control.py).

    ``start``: the encoding of the first round; ``points_by_round``: how many points to draw; ``goal``: the cost that
    counts as reached; ``begun``: the point that a decomposition starts from; ``is_exact``: the best point of the ground
    instead of random ones; ``is_from_start``: points of the sampler's own start in each round instead of uniform ones.
    """

    start: Encoding
    points_by_round: tuple[int, ...]
    goal: float
    begun: Candidates | None = None
    is_exact: bool = False
    is_from_start: bool = False

    def sample(
        self, sampler: QuboSampler, encoding: Encoding, index: int, seed: np.random.SeedSequence
    ) -> dimod.SampleSet:
        """Random points of the round's ground, as a sample set."""
        ground = sampler.ground(encoding.num_qubits, encoding.native)
        if self.is_exact:
            Z = best_of_ground(ground, encoding)
            return sample_set(Z, energies_of(encoding.bqm, Z), None, {"engine": "numpy"})
        num_points = self.points_by_round[min(index, len(self.points_by_round) - 1)]
        source = (start_of(sampler, encoding) if self.is_from_start else None) or ground
        Z = aligned_points(encoding, source.draw(np.random.default_rng(seed), num_points))
        return sample_set(Z, energies_of(encoding.bqm, Z), None, {"engine": "numpy"})


def best_of_ground(ground: Ground, encoding: Encoding) -> Bits:
    """The points of a decomposition's round with the least violation, then cost, of all that the sampler chooses from.

    Several, because the best ones may break lazy rows. Shape (points, num_bits).

    Raises
    ------
    UnsupportedError
        There are too many of them.
    """
    inside, decoder = encoding.state["inside"], encoding.state["inner"].decoder
    if ground.size is None or ground.size > MAX_EXACT:
        raise UnsupportedError(
            f"a ceiling must have rounds of at most {MAX_EXACT:,} points, got {ground.size}; lower --size"
        )
    best = np.zeros((0, ground.num_bits), dtype=np.uint8)
    for first in range(0, ground.size, BLOCK):
        Z = np.concatenate([best, ground.block(first, min(first + BLOCK, ground.size))])
        Y = decoder.apply(Z)
        best = Z[np.lexsort((inside.costs(Y), inside.violations(Y).sum(axis=1)))[:BEST]]
    return best


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
