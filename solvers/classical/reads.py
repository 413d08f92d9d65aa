"""What the annealers of this family share: reads and seeds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import dimod
import numpy as np

from ...core import AnyArray
from ..base import EMPTY_READS
from ..seeds import spawn_seeds

#: Reads of a run that has neither a count nor a time limit.
DEFAULT_READS = EMPTY_READS


def check_positive(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise ValueError(f"{name} must be >= 1, got {value!r}")


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
