"""BinaryProgram and row kinds: the formulas against plain loops, canonical storage, tolerances."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from qopt.core import BinaryProgram, RowKind, make_rows, row_facts


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


numbers = st.integers(-9, 9)


@st.composite
def programs(draw):
    n, m = draw(st.integers(1, 5)), draw(st.integers(0, 3))
    c = draw(st.lists(numbers, min_size=n, max_size=n))
    Q = draw(st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=n, max_size=n))
    A = draw(st.lists(st.lists(numbers, min_size=n, max_size=n), min_size=m, max_size=m))
    lower = draw(st.lists(st.one_of(numbers, st.just(-np.inf)), min_size=m, max_size=m))
    width = draw(st.lists(st.one_of(st.integers(0, 9), st.just(np.inf)), min_size=m, max_size=m))
    upper = [0 if low == -np.inf and w != np.inf else low + w for low, w in zip(lower, width)]
    upper = [np.inf if np.isnan(u) else u for u in upper]
    return c, Q, draw(numbers), np.array(A, dtype=float).reshape(m, n), lower, upper


@given(programs())
def test_costs_and_violations_are_the_formulas(data):
    c, Q, offset, A, lower, upper = data
    program = BinaryProgram(c, np.array(Q, dtype=float), offset, make_rows(A, lower=lower, upper=upper))
    X = points(len(c))
    for x, cost, broken in zip(X, program.costs(X), program.violations(X)):
        n = len(c)
        plain = sum(Q[i][j] * int(x[i]) * int(x[j]) for i in range(n) for j in range(n))
        assert cost == plain + sum(ci * int(xi) for ci, xi in zip(c, x)) + offset
        activity = [sum(a * int(xi) for a, xi in zip(row, x)) for row in A.tolist()]
        expected = [max(0, low - a, a - high) for a, low, high in zip(activity, lower, upper)]
        assert broken.tolist() == expected
    assert program.feasible(X).tolist() == [not row.any() for row in program.violations(X)]


@given(programs())
def test_stored_form_does_not_depend_on_how_products_are_given(data):
    c, Q, offset, A, lower, upper = data
    Q = np.array(Q, dtype=float)
    rows = make_rows(A, lower=lower, upper=upper)
    one = BinaryProgram(c, Q, offset, rows)
    other = BinaryProgram(np.array(c) + np.diag(Q), np.tril(Q, -1).T + np.triu(Q, 1), offset, rows, names=None or ())
    assert one.fingerprint == other.fingerprint
    assert (one.products.tocoo().row < one.products.tocoo().col).all()
    assert one.products.nnz == np.count_nonzero(one.products.data)


def test_shapes_and_numbers_are_checked():
    for make, text in (
        (lambda: BinaryProgram([1, 2], csr_array((3, 3))), r"Q must have shape \(2, 2\)"),
        (lambda: BinaryProgram([np.nan]), "costs must be finite"),
        (lambda: BinaryProgram([1, 2], rows=make_rows([[1]])), "rows must have 2 columns"),
        (lambda: BinaryProgram([1], rows=make_rows([[1]], lower=[2], upper=[1], family="r")), r"row r\[0\] must have"),
        (lambda: BinaryProgram([1, 2], names=("a",)), "names must be 2"),
        (lambda: make_rows([[1]], names=["a", "b"]), "one lower, upper and name"),
        (lambda: BinaryProgram([1, 2]).costs([[1, 0, 1]]), r"points must have shape \(k, 2\)"),
    ):
        with pytest.raises(ValueError, match=text):
            make()


def test_with_rows_appends_and_leaves_the_first_program_alone():
    first = BinaryProgram([1.0, 1.0], rows=make_rows([[1, 1]], upper=[1]), names=("a", "b"))
    second = first.with_rows(make_rows([[1, 0]], lower=[1], names=["lazy"]))
    assert (first.num_rows, second.num_rows, second.names) == (1, 2, ("a", "b"))
    assert second.constraints.names == ("row[0]", "lazy")
    assert second.feasible([[1, 0], [0, 1]]).tolist() == [True, False]


def test_decimal_rows_are_held_to_the_rounding_of_their_size():
    program = BinaryProgram([0.0] * 3, rows=make_rows([[0.1, 0.2, 0.3], [1, 1, 1]], upper=[0.6, 2]))
    assert program.tolerances.tolist() == pytest.approx([2.0**-46 * 5 * 1.2, 0.0])
    assert program.violations([[1, 1, 1]]).tolist() == [[0.0, 1.0]]


def test_nothing_at_all_is_a_program():
    empty = BinaryProgram([])
    assert empty.costs(np.zeros((1, 0))).tolist() == [0.0]
    assert empty.feasible(np.zeros((1, 0))).tolist() == [True]
    assert BinaryProgram([], rows=make_rows(np.zeros((1, 0)), lower=[1])).feasible(np.zeros((1, 0))).tolist() == [False]


def test_arrays_cannot_be_changed_even_after_pickling():
    program = BinaryProgram([1.0, 2.0], csr_array([[0, 3.0], [0, 0]]), rows=make_rows([[1, 1]], upper=[1]))
    again = pickle.loads(pickle.dumps(program))
    assert again.fingerprint == program.fingerprint
    for one in (program, again):
        for array in (one.c, one.products.data, one.constraints.A.data, one.constraints.upper):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 5


@pytest.mark.parametrize(
    ("row", "lower", "upper", "kind"),
    [
        ([1, 1, 0], 1, 1, RowKind.ONE_HOT),
        ([1, 1, 0], -np.inf, 1, RowKind.PACKING),
        ([1, 1, 0], 0, 1, RowKind.PACKING),
        ([1, 1, 0], 1, np.inf, RowKind.COVERING),
        ([1, 1, 1], 2, 2, RowKind.EQUALITY),
        ([2, 3, 0], -np.inf, 4, RowKind.KNAPSACK),
        ([1, 1, 1], -np.inf, 2, RowKind.KNAPSACK),
        ([2, -3, 0], -np.inf, 1, RowKind.INEQUALITY),
        ([2, 3, 0], 1, 4, RowKind.INEQUALITY),
        ([2, 3, 0], -np.inf, 5, RowKind.FREE),
        ([1, -1, 0], -1, 1, RowKind.FREE),
        ([0, 0, 0], -np.inf, 0, RowKind.FREE),
    ],
)
def test_rows_are_recognised_from_their_numbers(row, lower, upper, kind):
    program = BinaryProgram([0.0] * 3, rows=make_rows([row], lower=[lower], upper=[upper]))
    (facts,) = row_facts(program)
    assert facts.kind is kind
    activity = points(3) @ np.array(row)
    assert (facts.minimum, facts.maximum) == (activity.min(), activity.max())
    never_binding = lower <= activity.min() and upper >= activity.max()
    assert (kind is RowKind.FREE) == never_binding
