"""What the annealers of this family share: reads and seeds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import dimod
import numpy as np

from ...core import AnyArray
from ...engines.annealing.engine import Spins
from ..base import EMPTY_READS, Ended, Heard, energies_of
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

    def __init__(
        self,
        bqm: dimod.BinaryQuadraticModel,
        heard: Heard | None,
        ended: Ended | None = None,
        wanted: int | None = None,
    ) -> None:
        self._bqm, self._heard, self._ended, self._wanted = bqm, heard, ended, wanted
        self._is_over = False
        self._lowest: float | None = None

    @property
    def told(self) -> Callable[[float, Spins | None], None] | None:
        """The callback of an engine whose batches are spins; None where nobody listens."""
        return None if self._heard is None and self._ended is None else self._from_spins

    @property
    def is_over(self) -> Callable[[], bool] | None:
        """Whether who listens has heard enough; None where nobody can say so."""
        return None if self._ended is None else lambda: self._is_over

    def tell(self, share: float | None, Z: AnyArray | None = None) -> None:
        """The share of the work, and points, shape (k, m), that a part of it ended in."""
        if self._heard is None and self._ended is None:
            return
        if Z is not None and len(Z):
            energies = energies_of(self._bqm, Z)
            lowest = float(energies.min())
            self._lowest = lowest if self._lowest is None else min(lowest, self._lowest)
            if self._ended is not None:
                self._is_over |= self._ended(energies, self._wanted)
        if self._heard is not None:
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
    """Points of a library's sample set, shape (reads, n), in read order, columns in label order."""
    columns = [samples.variables.index(i) for i in range(n)]
    Z = np.asarray(samples.record.sample)[:, columns]
    return (Z > 0).astype(np.uint8)
