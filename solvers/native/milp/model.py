"""What a kind hands to HiGHS: a mixed-integer linear model over [0, upper], and how its points are read as solutions.

``milp_model`` dispatches on the problem's class; the default linearises the products of the first formulation whose
cost is the objective. Data are scaled to integers where that is exact: only then are bounds and proofs claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ....algorithms.scaling import divided_row, scale_to_integers
from ....core import (
    BinaryProgram,
    Float,
    Formulation,
    Int,
    Problem,
    RowKind,
    Rows,
    Solution,
    UnsupportedError,
    row_facts,
)
from ....problems.formulations import main_formulation_class
from ....problems.market_share import MarketShare
from ....problems.mis import Mis
from ....problems.mis_cliques import MisCliques, clique_seconds
from ....problems.tsp import Tsp
from ....problems.tsp_edges import TspEdges

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Every product is a variable with up to two rows of its own; HiGHS needs minutes for the relaxation alone of more.
MAX_PRODUCTS = 20_000
MAX_TERMS = 2_000_000
MAX_CITIES = 300
#: HiGHS works in floats with tolerances of 1e-6; measured: integers of 2**50 make it loop for ever.
MAX_COST_SUM = 2**36
MAX_ROW_SUM = 2**36
#: HiGHS refuses coefficients from 1e15 on and takes those up to 1e-9 for zero (``large_matrix_value``,
#: ``small_matrix_value``): rows that are not exact integers are put between these.
_LARGEST_COEFFICIENT, _SMALLEST_COEFFICIENT = 2.0**20, 1e-6


@dataclass(frozen=True, eq=False)
class MilpModel:
    """``min c'v, lower <= A v <= upper, 0 <= v <= top``; objective = (cost - offset) * factor, cost minimised.

    Parameters
    ----------
    is_integer : bool, shape (n,): which variables must be integers.
    solution_of : integers (n,) -> solution; None where they denote none (lazy rows are broken).
    values_of : solution -> values (n,), where the search begins.
    separate : points (k, n), perhaps fractional -> lazy rows they break.
    is_exact : the numbers stand for the data exactly, and the objective is an integer at integer points.
    """

    c: Float
    A: csr_array
    lower: Float
    upper: Float
    top: Float
    is_integer: Any
    solution_of: Callable[[Int], Solution | None]
    values_of: Callable[[Solution], Float]
    factor: float = 1.0
    offset: float = 0.0
    is_exact: bool = True
    separate: Callable[[Any], Rows | None] = field(default=lambda points: None)


@singledispatch
def milp_refusal(problem: Problem) -> str:
    """Why the model of a problem would be too large, counted without building it; empty if it fits."""
    try:
        size = main_formulation_class(problem).size(problem)
    except UnsupportedError as error:
        return str(error)
    if size.terms <= MAX_PRODUCTS:
        return ""
    if size.terms > MAX_TERMS:
        return f"MILP models must have at most {MAX_TERMS:,} terms, got {size.terms:,}; use greedy or a sampler (sa)"
    products = main_formulation_class(problem)(problem).program.couplings.num_products
    if products <= MAX_PRODUCTS:
        return ""
    return f"MILP models must have at most {MAX_PRODUCTS:,} linearised products, got {products:,}; use cpsat or sa"


def milp_seconds(problem: Problem) -> float:
    """About how long building the model of a problem takes; all but those of cliques are small."""
    return clique_seconds(problem) if isinstance(problem, Mis) else 0.0


@singledispatch
def milp_model(problem: Problem) -> MilpModel:
    """The MILP model of a problem.

    Raises
    ------
    UnsupportedError
        No formulation's cost is the objective.
    """
    return formulation_model(main_formulation_class(problem)(problem))


def formulation_model(formulation: Formulation) -> MilpModel:
    """The linearised program of a formulation; the bits come first, then one variable a product.

    ``y >= x_i + x_j - 1`` for a product with q > 0 and ``y <= x_i, y <= x_j`` for one with q < 0 make y the product at
    the minimum.
    """
    from scipy.sparse import csr_array, hstack, vstack

    program = formulation.program
    n, products = program.num_variables, program.products.tocoo()
    scaled = _scaled_costs(np.concatenate([program.c, products.data]))
    A, lower, upper, has_exact_rows = _integer_rows(program)
    k = products.nnz
    linking, link_upper = _product_rows(n, products.row, products.col, products.data > 0)

    def solution_of(values: Int) -> Solution | None:
        return formulation.decode(formulation.complete(values[None, :n].astype(np.uint8))[0])

    def values_of(solution: Solution) -> Float:
        x = np.asarray(formulation.encode(solution), dtype=np.float64)
        return np.concatenate([x, x[products.row] * x[products.col]])

    def separate(points: Any) -> Rows | None:
        rows = formulation.separate(points[:, :n])
        if rows is None:
            return None
        padding = csr_array((len(rows), k))
        return Rows(hstack([rows.A, padding], format="csr"), rows.lower, rows.upper, rows.names)

    return MilpModel(
        c=scaled.numbers,
        A=vstack([hstack([A, csr_array((A.shape[0], k))]), linking], format="csr"),
        lower=np.concatenate([lower, np.full(linking.shape[0], -np.inf)]),
        upper=np.concatenate([upper, link_upper]),
        top=np.ones(n + k),
        is_integer=np.ones(n + k, dtype=bool),
        solution_of=solution_of,
        values_of=values_of,
        factor=scaled.factor,
        offset=program.offset,
        is_exact=scaled.is_exact and has_exact_rows,
        separate=separate,
    )


def _product_rows(n: int, i: Any, j: Any, is_positive: Any) -> tuple[csr_array, Float]:
    """``x_i + x_j - y <= 1`` for positive products, ``y - x_i <= 0`` and ``y - x_j <= 0`` for negative ones."""
    from scipy.sparse import csr_array

    y = n + np.arange(len(i))
    up, down = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    row_up, row_a = np.arange(up.size), up.size + np.arange(down.size)
    row_b = row_a + down.size
    rows = np.concatenate([row_up, row_up, row_up, row_a, row_a, row_b, row_b])
    columns = np.concatenate([i[up], j[up], y[up], y[down], i[down], y[down], j[down]])
    ones = np.ones(max(up.size, down.size))
    u, d = ones[: up.size], ones[: down.size]
    values = np.concatenate([u, u, -u, d, -d, d, -d])
    count = up.size + 2 * down.size
    return csr_array((values, (rows, columns)), shape=(count, n + len(i))), np.concatenate([u, np.zeros(2 * down.size)])


def _integer_rows(program: BinaryProgram) -> tuple[csr_array, Float, Float, bool]:
    """The program's rows in integers where that is exact, and whether HiGHS' word on all of them may be taken.

    Integer rows are divided by what their coefficients share, decimal ones multiplied. A row that stays too large for
    claims is divided by a power of two, so that its largest coefficient is one that HiGHS takes.

    Raises
    ------
    UnsupportedError
        A coefficient is so much smaller than the largest of its row that HiGHS would take it for zero.
    """
    rows = program.constraints
    A, lower, upper = rows.A.copy(), np.array(rows.lower), np.array(rows.upper)
    A.data = np.array(A.data)
    is_exact = True
    for r, facts in enumerate(row_facts(program)):
        if facts.kind in (RowKind.ONE_HOT, RowKind.PACKING, RowKind.COVERING):
            continue
        numbers, low, high = facts.coefficients, facts.lower, facts.upper
        if facts.is_integer:
            numbers, low, high = divided_row(numbers, low, high)
        bounds = np.array([low, high])
        finite = np.isfinite(bounds)
        scaled = _scaled(np.concatenate([numbers, bounds[finite]]), largest_sum=MAX_ROW_SUM)
        is_exact &= scaled.is_exact or facts.kind is RowKind.FREE
        values = scaled.numbers if scaled.is_exact else _in_range(scaled.numbers, facts.name, facts.coefficients)
        A.data[A.indptr[r] : A.indptr[r + 1]] = values[: numbers.size]
        bounds[finite] = values[numbers.size :]
        lower[r], upper[r] = bounds
    return A, lower, upper, is_exact


def _in_range(numbers: Float, name: str, coefficients: Float) -> Float:
    """A row times a power of two: coefficients at most about ``_LARGEST_COEFFICIENT``."""
    size = np.abs(numbers[: coefficients.size])
    largest = float(size.max(initial=0.0))
    if not largest:
        return numbers
    power = float(np.floor(np.log2(_LARGEST_COEFFICIENT / largest)))
    scaled = np.ldexp(numbers, int(power))
    smallest = float(np.abs(scaled[: coefficients.size]).min(where=size > 0, initial=np.inf))
    if smallest < _SMALLEST_COEFFICIENT:
        extremes = f"{np.abs(coefficients[size > 0]).min():g} beside {np.abs(coefficients).max():g}"
        raise UnsupportedError(
            f"row {name} must have coefficients within a factor of 1e12 for milp, got {extremes}; use cpsat or sa"
        )
    return np.asarray(scaled, dtype=np.float64)


class _Scaled(NamedTuple):
    """Numbers times ``factor``: integers if ``is_exact``, else the numbers as they were."""

    numbers: Float
    factor: float
    is_exact: bool


def _scaled(values: Any, largest_sum: int = MAX_COST_SUM) -> _Scaled:
    scaled = scale_to_integers(values, largest_sum=largest_sum)
    if scaled.is_exact:
        return _Scaled(scaled.integers.astype(np.float64), scaled.factor, True)
    return _Scaled(np.asarray(values, dtype=np.float64), 1.0, False)


def _scaled_costs(values: Any) -> _Scaled:
    """Costs as integers, or where claims are not possible, with their largest one at ``_LARGEST_COEFFICIENT``."""
    scaled = _scaled(values)
    largest = float(np.abs(scaled.numbers).max(initial=0.0))
    if scaled.is_exact or not largest:
        return scaled
    factor = _LARGEST_COEFFICIENT / largest
    return _Scaled(scaled.numbers * factor, factor, False)


@milp_model.register
def model_mis(problem: Mis) -> MilpModel:
    """Clique rows: the edge rows alone bound it by n/2."""
    return formulation_model(MisCliques(problem))


@milp_refusal.register
def refusal_market_share(problem: MarketShare) -> str:
    """Why the model of so many demands is not built; empty if it is."""
    terms = problem.demands.size
    return "" if terms <= MAX_TERMS else f"MILP models must have at most {MAX_TERMS:,} terms, got {terms:,}; use sa"


@milp_model.register
def model_market_share(problem: MarketShare) -> MilpModel:
    """Deviations above and below each target, integers where the data are.

    They would be integers by themselves; declared continuous, HiGHS uses its tolerance of 1e-6 on them, and failed with
    a solve error on 3 of 150 small instances.
    """
    from scipy.sparse import csr_array, eye_array, hstack

    m, n = problem.demands.shape
    scaled = _scaled(np.concatenate([problem.demands, problem.targets[:, None]], axis=1))
    demands, targets = scaled.numbers[:, :n], scaled.numbers[:, n]
    span = np.abs(demands).sum(axis=1) + np.abs(targets)

    def values_of(solution: Solution) -> Float:
        missing = targets - demands @ solution
        return np.concatenate([solution, np.maximum(missing, 0.0), np.maximum(-missing, 0.0)])

    return MilpModel(
        c=np.concatenate([np.zeros(n), np.ones(2 * m)]),
        A=csr_array(hstack([csr_array(demands), eye_array(m), -eye_array(m)], format="csr")),
        lower=targets,
        upper=targets,
        top=np.concatenate([np.ones(n), span, span]),
        is_integer=(np.arange(n + 2 * m) < n) | scaled.is_exact,
        solution_of=lambda values: values[:n],
        values_of=values_of,
        factor=scaled.factor,
        is_exact=scaled.is_exact,
    )


@milp_refusal.register
def refusal_tsp(problem: Tsp) -> str:
    """Why the model of so many cities is not built; empty if it is."""
    n = problem.num_cities
    return (
        ""
        if n <= MAX_CITIES
        else f"MILP models of TSP must have at most {MAX_CITIES} cities, got {n}; use local-search"
    )


@milp_model.register
def model_tsp(problem: Tsp) -> MilpModel:
    """Edges where the distances are symmetric, arcs elsewhere; rows against subtours as they are broken."""
    if problem.is_symmetric and problem.num_cities >= 3:
        return formulation_model(TspEdges(problem))
    return _arc_model(problem)


def _arc_model(problem: Tsp) -> MilpModel:
    """One variable per arc, one arc out of and into every city, lazily ``x(arcs out of S) >= 1``."""
    from scipy.sparse import csr_array

    n = problem.num_cities
    tails, heads = np.nonzero(~np.eye(n, dtype=bool))
    arcs = np.arange(tails.size)
    degrees = csr_array(
        (np.ones(2 * arcs.size), (np.concatenate([tails, n + heads]), np.concatenate([arcs, arcs]))),
        shape=(2 * n, arcs.size),
    )
    scaled = _scaled_costs(problem.distances[tails, heads])
    required = np.ones(2 * n) if n > 1 else np.zeros(2 * n)

    def labels_of(point: Any) -> Int:
        from scipy.sparse.csgraph import connected_components

        used = np.flatnonzero(point > 1e-7)
        graph = csr_array((np.ones(used.size), (tails[used], heads[used])), shape=(n, n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    def separate(points: Any) -> Rows | None:
        found = []
        for point in points:
            labels = labels_of(point)
            parts = [labels == part for part in range(labels.max(initial=0) + 1)]
            found += [(part[tails] & ~part[heads]).astype(np.float64) for part in parts if len(parts) > 1]
        if not found:
            return None
        count = len(found)
        names = tuple(f"subtour[{i}]" for i in range(count))
        return Rows(csr_array(np.array(found)), np.ones(count), np.full(count, np.inf), names)

    def solution_of(values: Int) -> Solution | None:
        after = np.zeros(n, dtype=np.int64)
        after[tails[values == 1]] = heads[values == 1]
        tour = np.zeros(n, dtype=np.int64)
        for position in range(1, n):
            tour[position] = after[tour[position - 1]]
        return tour if np.unique(tour).size == n else None

    def values_of(tour: Solution) -> Float:
        after = np.full(n, -1, dtype=np.int64)
        after[tour] = np.roll(tour, -1)
        return np.asarray(after[tails] == heads, dtype=np.float64)

    return MilpModel(
        c=scaled.numbers,
        A=degrees,
        lower=required,
        upper=required,
        top=np.ones(arcs.size),
        is_integer=np.ones(arcs.size, dtype=bool),
        solution_of=solution_of,
        values_of=values_of,
        factor=scaled.factor,
        is_exact=scaled.is_exact,
        separate=separate,
    )
