"""Bounded-integer bits: every value of 0..span is reached, none beyond, and split and join are inverse."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qopt.core.bits import bounded_coefficients, join_bits, num_bits, split_bits


@pytest.mark.parametrize("span", range(70))
def test_sums_are_exactly_zero_to_span(span: int) -> None:
    weights = bounded_coefficients(span)
    sums = {
        sum(w for w, b in zip(weights.tolist(), bits) if b) for bits in itertools.product((0, 1), repeat=len(weights))
    }
    assert sums == set(range(span + 1))
    assert len(weights) == num_bits(span) == (0 if span == 0 else int(np.floor(np.log2(span))) + 1)
    assert (weights > 0).all()


@pytest.mark.parametrize("span", [0, 1, 2, 3, 6, 10, 63, 64, 65, 1000, 2**53 + 1, 2**62 - 1])
def test_join_inverts_split(span: int) -> None:
    weights = bounded_coefficients(span)
    values = np.unique([0, span, span // 2, span // 3, max(0, span - 1)])
    bits = split_bits(values, weights)
    assert bits.dtype == np.uint8
    assert bits.max(initial=0) <= 1
    assert join_bits(bits, weights).tolist() == values.tolist()


def test_split_keeps_the_shape_of_the_values() -> None:
    weights = bounded_coefficients(5)
    values = np.arange(6).reshape(2, 3)
    assert split_bits(values, weights).shape == (2, 3, 3)
    assert join_bits(split_bits(values, weights), weights).tolist() == values.tolist()


@pytest.mark.parametrize("value", [-1, 11, 2.5])
def test_split_refuses_values_that_have_no_code(value: float) -> None:
    with pytest.raises(ValueError, match=r"values must be integers in 0\.\.10"):
        split_bits([value], bounded_coefficients(10))


@pytest.mark.parametrize("span", [-1, 2**62, 1.5])
def test_bad_spans_are_refused(span: float) -> None:
    with pytest.raises(ValueError, match="span must be an integer"):
        bounded_coefficients(span)  # type: ignore[arg-type]
