"""Independent integer seeds from one, for libraries that take an integer instead of a Generator."""

from __future__ import annotations

import numpy as np


def spawn_seeds(seed: int | None, count: int, *key: int) -> list[int]:
    """``count`` seeds in 0..2**31-1 of the stream ``key`` of ``seed``; None draws fresh entropy.

    Examples
    --------
    >>> spawn_seeds(0, 2) == spawn_seeds(0, 2), spawn_seeds(0, 1) == spawn_seeds(0, 1, 7)
    (True, False)
    """
    words = np.random.SeedSequence(seed, spawn_key=key).generate_state(count, dtype=np.uint32)
    return [int(word >> 1) for word in words]
