"""Distinct points by packed words: exactly what numpy tells of the rows."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.core.unique import unique_rows


@pytest.mark.parametrize("n", [1, 7, 8, 9, 63, 64, 65, 130])
@pytest.mark.parametrize("kinds", [1, 5, 300])
def test_packed_rows_are_numpys_distinct_rows(n: int, kinds: int) -> None:
    rng = np.random.default_rng(n)
    some = rng.integers(0, 2, (kinds, n), dtype=np.uint8)
    Z = some[rng.integers(0, kinds, 200)]
    expected, first, inverse, counts = np.unique(Z, axis=0, return_index=True, return_inverse=True, return_counts=True)
    found = unique_rows(Z)
    assert np.array_equal(Z[found.first], expected)
    assert np.array_equal(found.first, first)
    assert np.array_equal(found.inverse, inverse.ravel())
    assert np.array_equal(found.counts, counts)


def test_no_rows_and_no_columns() -> None:
    assert [part.tolist() for part in unique_rows(np.zeros((0, 3)))] == [[], [], []]
    assert [part.tolist() for part in unique_rows(np.zeros((3, 0)))] == [[0], [0, 0, 0], [3]]
