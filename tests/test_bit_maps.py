"""The decoders that say where each program bit stands: all three check their fields and their points in one way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qopt.core import LiteralMap
from qopt.encoders.binary_code import CodeMap
from qopt.encoders.domain_wall import WallMap

#: The constructors take anything that an array can be made from.
MAPS: tuple[Any, ...] = (LiteralMap, CodeMap, WallMap)
literal, code, wall = MAPS

GOOD: dict[str, Callable[[], Any]] = {
    "literal": lambda: literal([0, 1, -1], [0, 1, 1], 2),
    "code": lambda: code([[1, -1], [0, 1], [0, 1]], [[0, 0], [0, 1], [1, 1]], 2),
    "wall": lambda: wall([-1, 0, 1], [0, 1, -1], 2),
}


@pytest.mark.parametrize("name", GOOD)
def test_fields_are_private_read_only_and_survive_a_copy(name: str) -> None:
    decoder = GOOD[name]()
    arrays = [key for key, value in vars(decoder).items() if isinstance(value, np.ndarray)]
    assert len(arrays) == 2
    for key in arrays:
        assert not getattr(decoder, key).flags.writeable
    points = np.array([[0, 0], [1, 0], [1, 1]])
    np.testing.assert_array_equal(copy.deepcopy(decoder).apply(points), decoder.apply(points))
    np.testing.assert_array_equal(decoder.apply(points[1])[0], decoder.apply(points)[1])  # one point as a vector


@pytest.mark.parametrize("name", GOOD)
def test_points_of_another_width_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Z must have 2 columns, got 3"):
        GOOD[name]().apply(np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: literal([0, 1], [0], 2), r"index and flip must have one shape \(n,\), got \(2,\) and \(1,\)"),
        (lambda: literal([[0]], [[0]], 1), r"index and flip must have one shape \(n,\)"),
        (lambda: literal([2], [0], 2), r"index must lie in -1\.\.1"),
        (lambda: code([0], [0], 1), r"index and value must have one shape \(n, w\)"),
        (lambda: code([[0, 1]], [[0]], 2), r"got \(1, 2\) and \(1, 1\)"),
        (lambda: code([[-2]], [[0]], 2), r"index must lie in -1\.\.1"),
        (lambda: wall([0], [0, -1], 1), r"left and right must have one shape \(n,\)"),
        (lambda: wall([0], [1], 1), r"left and right must lie in -1\.\.0"),
        (lambda: wall([0], [-1], 0), r"left and right must lie in -1\.\.-1"),
    ],
)
def test_fields_that_fit_no_model_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
