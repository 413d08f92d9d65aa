"""Decoders as data: literal maps, their composition, and the checks of an Encoding."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qopt.core import (
    Chain,
    Encoding,
    LiteralMap,
    bqm_from_arrays,
    bqm_to_arrays,
    chain,
    from_spec,
    to_spec,
)


@st.composite
def literal_maps(draw: st.DrawFn, num_inputs: int, n: int) -> LiteralMap:
    index = draw(st.lists(st.integers(-1, num_inputs - 1), min_size=n, max_size=n))
    flip = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    return LiteralMap(index, flip, num_inputs)


@given(st.data())
def test_composition_is_application_in_turn(data: st.DataObject) -> None:
    m, k, n = (data.draw(st.integers(0, 4)) for _ in range(3))
    inner, outer = data.draw(literal_maps(m, k)), data.draw(literal_maps(k, n))
    Z = (np.arange(2**m)[:, None] >> np.arange(m)) & 1
    composed = outer.compose(inner)
    assert np.array_equal(outer.apply(inner.apply(Z)), composed.apply(Z))
    assert composed.num_inputs == m


def test_a_constant_is_its_flip() -> None:
    fixed = LiteralMap([-1, -1], [0, 1], 0)
    assert fixed.apply(np.zeros((3, 0))).tolist() == [[0, 1]] * 3


def test_maps_refuse_points_and_indices_of_the_wrong_size() -> None:
    with pytest.raises(ValueError, match=r"must lie in -1\.\.1"):
        LiteralMap([2], [0], 2)
    with pytest.raises(ValueError, match="must have 2 columns"):
        LiteralMap.identity(2).apply([[0, 1, 1]])


def test_a_chain_of_literal_maps_is_one_and_survives_its_spec() -> None:
    outer, inner = LiteralMap([1, 0], [0, 1], 2), LiteralMap([0, 0], [0, 1], 1)
    assert isinstance(chain(outer, inner), LiteralMap)
    nested = Chain(outer, inner)
    again = from_spec("decoders", to_spec(nested))
    Z = np.array([[0], [1]])
    assert np.array_equal(again.apply(Z), chain(outer, inner).apply(Z))


def test_arrays_stay_read_only_after_unpickling() -> None:
    copy = pickle.loads(pickle.dumps(LiteralMap.identity(3)))
    with pytest.raises(ValueError, match="read-only"):
        copy.index[0] = 2


def test_an_encoding_refuses_a_decoder_of_another_size() -> None:
    bqm = bqm_from_arrays([1.0, 2.0], [0], [1], [3.0])
    with pytest.raises(ValueError, match="must read 2 bits"):
        Encoding(bqm, LiteralMap.identity(3))


def test_bqm_arrays_round_trip() -> None:
    bqm = bqm_from_arrays([1.0, -2.0, 0.0], [0, 1], [1, 2], [3.0, -1.5], offset=0.5)
    linear, rows, columns, values, offset = bqm_to_arrays(bqm)
    Z = (np.arange(8)[:, None] >> np.arange(3)) & 1
    energies = Z @ linear + (Z[:, rows] * Z[:, columns]) @ values + offset
    assert np.allclose(energies, bqm.energies((Z, range(3))))
