"""Models of other tools as instances: the kind that fits, bounds that rows imply, and refusals by name.

A minimised model of bits is a ``qubo``, any other an ``integer-program``. A continuous variable is taken where its
value is fixed (a constant), or is an integer in every feasible point.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...core import AnyArray, Float, Problem, UnsupportedError, signed
from ...core.labels import distinct_texts
from ...core.margins import ROUNDING
from ...core.model_text import Model
from ...core.program_io import MAX_SPAN
from ..integer_program import IntegerProgram
from ..qubo import Qubo

#: Rounds of deriving bounds from rows; each gives at least one more bound.
_ROUNDS = 20


def problem_of(model: Model, types: tuple[str, ...], *, name: str, kind: str | None = None) -> Problem:
    """The model as an instance.

    Parameters
    ----------
    types : ``integer`` or ``continuous`` for each variable; any other is refused.
    kind : ``integer-program`` where that is wanted for bits to be minimised too.

    Raises
    ------
    UnsupportedError
        A variable is neither integer nor fixed, or has no bounds that its rows imply.
    """
    for one, word in zip(model.names, types, strict=True):
        if word not in ("integer", "continuous"):
            raise UnsupportedError(f"variable {one} must be integer, got a {word} one; split it in two")
    is_integer = np.array([word == "integer" for word in types], dtype=bool)
    fixed = ~is_integer & (model.minimum == model.maximum)
    if not is_integer.all():
        is_integer = _implied_integers(model, is_integer)
    if fixed.any():
        kept = np.flatnonzero(~fixed)
        model, is_integer = without_constants(model, fixed), is_integer[kept]
    for i in np.flatnonzero(~is_integer):
        raise UnsupportedError(
            f"variable {model.names[i]} must be integer, got a continuous one; a program of bits has no other"
        )
    model = replace(model, minimum=np.ceil(model.minimum - ROUNDING), maximum=np.floor(model.maximum + ROUNDING))
    model = bounded(model)
    for i in np.flatnonzero(~(model.maximum - model.minimum <= MAX_SPAN)):
        low, high = model.minimum[i], model.maximum[i]
        raise UnsupportedError(
            f"integer {model.names[i]} must have a range of at most {MAX_SPAN}, got {low:g}..{high:g}; give it bounds"
        )
    return _instance(model, name, kind)


def _instance(model: Model, name: str, kind: str | None) -> Problem:
    rows = model.A.tocoo()
    data: dict[str, Any] = {
        "linear": model.c,
        "pairs": model.pairs,
        "couplings": model.couplings,
        "offset": model.offset,
        "row_entries": np.stack([rows.row, rows.col], axis=1),
        "row_values": rows.data,
        "lower": tuple(None if np.isinf(bound) else float(bound) for bound in model.lower),
        "upper": tuple(None if np.isinf(bound) else float(bound) for bound in model.upper),
        "row_names": distinct_texts(model.row_names),
        "variable_names": distinct_texts(model.names),
        "name": name,
    }
    if model.sense == "min" and model.is_bit.all() and kind != "integer-program":
        return Qubo(**data)
    data |= {"minimum": model.minimum.astype(np.int64), "maximum": model.maximum.astype(np.int64)}
    return IntegerProgram(**data, sense=model.sense)


def model_of_instance(problem: Problem) -> Model:
    """A ``qubo`` or ``integer-program`` as a model for text formats."""
    from scipy.sparse import csr_array

    from ..linear_rows import lower_array, upper_array

    assert isinstance(problem, Qubo | IntegerProgram)
    n, m = problem.linear.size, len(problem.lower)
    values = problem.row_values.astype(np.float64)
    minimum, maximum = np.zeros(n), np.ones(n)
    if isinstance(problem, IntegerProgram):
        minimum, maximum = problem.minimum.astype(np.float64), problem.maximum.astype(np.float64)
    return Model(
        c=problem.linear.astype(np.float64),
        offset=float(problem.offset),
        pairs=problem.pairs,
        couplings=problem.couplings.astype(np.float64),
        A=csr_array((values, tuple(problem.row_entries.T)), shape=(m, n)),
        lower=lower_array(problem.lower),
        upper=upper_array(problem.upper),
        minimum=minimum,
        maximum=maximum,
        names=problem.variable_names,
        row_names=problem.row_names,
        sense=problem.sense,
    )


def without_constants(model: Model, fixed: AnyArray) -> Model:
    """The model with fixed variables (a mask, shape (n,)) put into constant, costs and bounds of rows."""
    value = np.where(fixed, model.minimum, 0.0)
    i, j = model.pairs.T
    c = model.c.copy()
    both = fixed[i] & fixed[j]
    np.add.at(c, i[~fixed[i] & fixed[j]], (model.couplings * value[j])[~fixed[i] & fixed[j]])
    np.add.at(c, j[fixed[i] & ~fixed[j]], (model.couplings * value[i])[fixed[i] & ~fixed[j]])
    offset = model.offset + float(model.c @ value) + float((model.couplings * value[i] * value[j])[both].sum())
    kept, free = np.flatnonzero(~fixed), ~fixed[i] & ~fixed[j]
    shift = model.A @ value
    place = np.cumsum(~fixed) - 1
    return replace(
        model,
        c=c[kept],
        offset=offset,
        pairs=place[model.pairs[free]],
        couplings=model.couplings[free],
        A=model.A[:, kept],
        lower=model.lower - shift,
        upper=model.upper - shift,
        minimum=model.minimum[kept],
        maximum=model.maximum[kept],
        names=tuple(model.names[k] for k in kept),
    )


def _implied_integers(model: Model, is_integer: AnyArray) -> AnyArray:
    """Integer variables, and those that an equality row of integers makes so: coefficient +-1, all others integer."""
    implied, A = is_integer.copy(), model.A
    equal = np.flatnonzero((model.lower == model.upper) & (model.lower == np.rint(model.lower)))
    for _ in range(_ROUNDS):
        before = int(implied.sum())
        for r in equal:
            part = slice(A.indptr[r], A.indptr[r + 1])
            columns, values = A.indices[part], A.data[part]
            others = np.flatnonzero(~implied[columns])
            if len(others) == 1 and abs(values[others[0]]) == 1 and (values % 1 == 0).all():
                implied[columns[others[0]]] = True
        if int(implied.sum()) == before:
            break
    return implied


def bounded(model: Model) -> Model:
    """The model with missing bounds of variables derived from its rows, where they imply some.

    A bound that no row implies is also taken from the need for the variable: where a larger value only costs more and
    only helps rows, no value beyond the largest need is better. So some optimum is always kept.
    """
    low, high = model.minimum.copy(), model.maximum.copy()
    for _ in range(_ROUNDS):
        if np.isfinite(low).all() and np.isfinite(high).all():
            break
        before = int(np.isfinite(low).sum() + np.isfinite(high).sum())
        _imply(model, low, high)
        if int(np.isfinite(low).sum() + np.isfinite(high).sum()) == before:
            _need(model, low, high)
            if int(np.isfinite(low).sum() + np.isfinite(high).sum()) == before:
                break
    return replace(model, minimum=low, maximum=high)


def _activity(values: Float, low: Float, high: Float) -> tuple[Float, Float]:
    """Smallest and largest value of each term."""
    first, second = values * low, values * high
    return np.minimum(first, second), np.maximum(first, second)


def _imply(model: Model, low: Float, high: Float) -> None:
    """Bounds from each row alone: what the row leaves when the others are at their best."""
    A = model.A
    for r in range(A.shape[0]):
        part = slice(A.indptr[r], A.indptr[r + 1])
        columns, values = A.indices[part], A.data[part]
        if np.isfinite(low[columns]).all() and np.isfinite(high[columns]).all():
            continue
        least, most = _activity(values, low[columns], high[columns])
        for k, j in enumerate(columns):
            others_least, others_most = np.delete(least, k).sum(), np.delete(most, k).sum()
            ends = ((model.upper[r] - others_least) / values[k], (model.lower[r] - others_most) / values[k])
            top, bottom = ends if values[k] > 0 else ends[::-1]
            if np.isinf(high[j]) and np.isfinite(top):
                high[j] = max(np.floor(top + ROUNDING), low[j] if np.isfinite(low[j]) else -np.inf)
            if np.isinf(low[j]) and np.isfinite(bottom):
                low[j] = min(np.ceil(bottom - ROUNDING), high[j] if np.isfinite(high[j]) else np.inf)


def _need(model: Model, low: Float, high: Float) -> None:
    """Upper bounds of variables that cost and that only help their rows: the largest value that a row can ask for."""
    A, columns_of = model.A, model.A.tocsc()
    cost = signed(model.sense, model.c)
    in_products = np.zeros(len(cost), dtype=bool)
    in_products[model.pairs.ravel()] = True
    for j in np.flatnonzero(np.isinf(high) & np.isfinite(low) & (cost >= 0) & ~in_products):
        part = slice(columns_of.indptr[j], columns_of.indptr[j + 1])
        needed = low[j]
        for r, value in zip(columns_of.indices[part], columns_of.data[part], strict=True):
            bound, worst = (model.lower[r], model.upper[r]) if value > 0 else (model.upper[r], model.lower[r])
            if np.isfinite(worst):
                needed = np.inf
                break
            row = slice(A.indptr[r], A.indptr[r + 1])
            others = A.indices[row] != j
            least, most = _activity(A.data[row][others], low[A.indices[row][others]], high[A.indices[row][others]])
            gap = bound - least.sum() if value > 0 else most.sum() - bound
            needed = max(needed, gap / abs(value))
        if np.isfinite(needed):
            high[j] = np.ceil(needed - ROUNDING)
