"""What the annealers of this family share: reads and seeds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import dimod
import numpy as np

from ...core import AnyArray
from ...engines.annealing.engine import Spins
from ..base import EMPTY_READS, Heard, energies_of
from ..seeds import spawn_seeds

#: Reads of a run that has neither a count nor a time limit.
DEFAULT_READS = EMPTY_READS


def check_positive(name: str, value: int | None) -> None:
    """Refuse a count that is given and below 1.

    Raises
    ------
    ValueError
        The count is below 1.
    """
    if value is not None and value < 1:
        raise ValueError(f"{name} must be >= 1, got {value!r}")


class Listener:
    """Tells who listens how far a sampler is, and the lowest energy of the model so far; nobody may."""

    def __init__(self, bqm: dimod.BinaryQuadraticModel, heard: Heard | None) -> None:
        self._bqm, self._heard = bqm, heard
        self._lowest: float | None = None

    @property
    def told(self) -> Callable[[float, Spins | None], None] | None:
        """The callback of an engine whose batches are spins; None where nobody listens."""
        return None if self._heard is None else self._from_spins

    def tell(self, share: float | None, Z: AnyArray | None = None) -> None:
        """The share of the work, and points that a part of it ended in."""
        if self._heard is None:
            return
        if Z is not None and len(Z):
            lowest = float(energies_of(self._bqm, Z).min())
            self._lowest = lowest if self._lowest is None else min(lowest, self._lowest)
        self._heard(share, self._lowest)

    def _from_spins(self, share: float, spins: Spins | None) -> None:
        self.tell(share, None if spins is None else (spins > 0).astype(np.uint8))


def seed_stream(seed: int | None) -> Iterator[int]:
    """Endless independent seeds."""
    root = np.random.SeedSequence(seed)
    entropy = root.entropy
    assert isinstance(entropy, int)
    for i in itertools.count():
        yield spawn_seeds(entropy, 1, i)[0]


def points_by_label(samples: dimod.SampleSet, n: int) -> AnyArray:
    """Points of a library's sample set in read order, columns in label order."""
    columns = [samples.variables.index(i) for i in range(n)]
    Z = np.asarray(samples.record.sample)[:, columns]
    return (Z > 0).astype(np.uint8)
