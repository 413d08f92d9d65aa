"""Cost diagonals against direct evaluation, their storage, and the refusal of sizes that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from qopt.core.errors import UnsupportedError
from qopt.engines.diagonal import CostDiagonal, evolve, required_bytes, value_and_gradient
from qopt.engines.diagonal import memory as memory_module

from .exact_cases import cut_cost, qubo, qubo_cost, regular_edges


@pytest.mark.parametrize("n", [0, 1, 2, 7, 17, 18])
def test_energies_are_those_of_the_terms(n):
    linear, rows, cols, values = qubo(n, seed=n)
    cost = CostDiagonal.from_arrays(linear, rows, cols, values, offset=-2.5)
    points = np.arange(2**n) if n < 10 else np.random.default_rng(1).integers(0, 2**n, 500)
    bits = (points[:, None] >> np.arange(n)) & 1
    direct = -2.5 + bits @ linear + (bits[:, rows] * bits[:, cols]) @ values
    np.testing.assert_allclose(cost.values()[points], direct, rtol=0, atol=1e-12)
    np.testing.assert_allclose(cost.at(points), direct, rtol=0, atol=1e-12)
    assert cost.n == n
    assert cost.min == cost.values().min() == cost.at(cost.argmin)
    assert cost.max == cost.values().max()


@pytest.mark.parametrize(
    ("scale", "stored"), [(1, "int16"), (0.25, "int16"), (0.1, "int16"), (3000, "int16"), (1 / 3, "float64")]
)
def test_multiples_of_a_unit_are_stored_as_small_integers(scale, stored):
    linear, rows, cols, values = qubo(6)
    cost = CostDiagonal.from_arrays(scale * linear, rows, cols, scale * values)
    plain = CostDiagonal.from_arrays(linear, rows, cols, values)
    assert cost.data.dtype.name == stored
    np.testing.assert_allclose(cost.values(), scale * plain.values(), rtol=1e-14, atol=1e-12)


def test_wide_integers_are_stored_exactly_in_float32_or_shifted():
    wide = CostDiagonal.from_arrays([70_001, 1, 2])
    assert wide.data.dtype == np.float32
    assert wide.values().tolist() == [0, 70001, 1, 70002, 2, 70003, 3, 70004]
    shifted = CostDiagonal.from_arrays([65_000, 1])
    assert shifted.data.dtype == np.int16
    assert shifted.values().tolist() == [0, 65000, 1, 65001]
    assert shifted.bound == abs(shifted.data.astype(int)).max()


def test_repeated_and_diagonal_terms_add_up():
    cost = CostDiagonal.from_arrays([0, 0], [0, 1, 1], [1, 0, 1], [1, 2, 5])
    assert cost.values().tolist() == [0, 0, 5, 8]


def test_values_survive_from_values():
    values = np.random.default_rng(3).normal(size=16)
    assert CostDiagonal.from_values(values).values().tolist() == values.tolist()
    integers = CostDiagonal.from_values([1e6, 1e6 + 7, 1e6 - 7, 1e6])
    assert integers.data.dtype == np.int16
    assert integers.values().tolist() == [1e6, 1e6 + 7, 1e6 - 7, 1e6]


def test_flip_symmetry_is_recognised():
    assert cut_cost(regular_edges(8), 8).is_symmetric
    assert not qubo_cost(8).is_symmetric
    assert not CostDiagonal.from_values([1.0]).is_symmetric


def test_the_diagonal_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        qubo_cost(3).data[0] = 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([1.0], [0], [1], [1.0]), "rows and cols must lie in 0..0"),
        (([1.0, 2.0], [0], [1], [1.0, 2.0]), "one shape"),
        (([np.inf],), "finite"),
    ],
)
def test_bad_terms_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        CostDiagonal.from_arrays(*arguments)


def test_int16_is_refused_where_it_is_not_exact():
    with pytest.raises(ValueError, match="hold the energies exactly"):
        CostDiagonal.from_arrays([np.pi, 1.0], dtype="int16")


def test_required_bytes():
    assert required_bytes(30, "complex64") == 8 * 2**30
    assert required_bytes(26, "complex128", gradient=True) == 2 * 16 * 2**26
    with pytest.raises(ValueError, match="complex128 or complex64"):
        required_bytes(4, "float64")


def test_too_large_is_refused_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(memory_module, "available_bytes", lambda: 10_000_000)
    cost = CostDiagonal(np.zeros(2**20, dtype=np.int16))
    allocations = []
    monkeypatch.setattr(np, "empty", lambda *a, **k: allocations.append(a) or np.zeros(*a, **k))
    with pytest.raises(UnsupportedError, match=r"10,000,000 bytes.*got (16,777,216|50,331,648) bytes.*complex64"):
        evolve(CostDiagonal(np.arange(2**20).astype(np.int16)), [0.1], [0.1], engine="auto")
    with pytest.raises(UnsupportedError, match="memory available"):
        value_and_gradient(cost, [0.1], [0.1])
    with pytest.raises(UnsupportedError, match="the cost diagonal of 40 variables"):
        CostDiagonal.from_arrays(np.ones(40))
    assert not allocations


def test_half_states_need_half_the_memory(monkeypatch):
    from qopt.engines.diagonal import engine_name

    if engine_name() == "numpy":
        pytest.skip("only the compiled engine keeps half states")
    monkeypatch.setattr(memory_module, "available_bytes", lambda: 10_000_000)
    symmetric = CostDiagonal(np.zeros(2**20, dtype=np.int16))
    assert evolve(symmetric, [0.1], [0.1], dtype="complex64").is_half
