"""Valid penalties: weights of broken rows so large that every ground state keeps them all, with the proof.

Two bounds. The global one, ``U - L``, holds for any rows; the local one is far smaller and holds for rows whose
variables can be removed without breaking anything. Both are for planned rows, which are broken by at least 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..core import BinaryProgram, InfeasibleError, unknown_name
from ..core.arrays import Float
from .feasible import feasible_point
from .quadratic import Quadratic
from .row_plans import RowEncoding, RowPlan

#: "auto", one weight for all rows, or weights by row name (the rows it does not name are "auto").
PenaltyRule = Literal["auto"] | float | dict[str, float]

#: Share of a decimal bound that a penalty exceeds it by; integer costs use 1 instead.
_DECIMAL_MARGIN = 1e-3


@dataclass(frozen=True, eq=False)
class PenaltyWeights:
    """Weights of the planned rows.

    Parameters
    ----------
    weights : shape (rows,), of the squared integer violation (or of each product); 0 for skipped rows.
    bounds : shape (rows,), what each weight must exceed; inf where no bound is known.
    note : one line: which bounds, from what.
    """

    weights: Float
    bounds: Float
    note: str

    def exceed(self, resolution: float) -> bool:
        """Whether every weight is valid by more than the rounding of energies."""
        return bool((self.weights > self.bounds + resolution).all())


def penalty_weights(program: BinaryProgram, plans: list[RowPlan], rule: PenaltyRule) -> PenaltyWeights:
    """Weights for the rows of a program by a rule, beside the bounds that make weights valid.

    Setting: energy ``E(x, s) = cost(x) + sum_r P_r v_r(x, s)``, where v_r >= 0 is the squared integer violation (or the
    number of products at 1), 0 for some s if x keeps row r, and >= 1 for every s if it does not.

    *Global bound.* ``P_r > U - L`` with U the cost of one feasible point and L <= cost(x) for all x of {0,1}^n. Proof:
    if x breaks row r, ``E >= L + P_r > U``, and E = U is reached; so no ground state breaks row r.

    *Local bound.* For a row ``a x <= b``, a >= 0, all of whose variables stand in such rows only. Let ``w_j = max(0,
    -(c_j + sum_k min(0, q_jk)))``, the most that removing j can cost, and t the largest number with ``sum(a_j : w_j >=
    t) > b``. Then ``P_r > t`` is enough. Proof: suppose a ground state (x, s) breaks row r. Its variables at 1 weigh
    more than b, so one of them has w_j <= t (the items above t alone weigh at most b) and a_j >= 1. Set x_j = 0 and
    choose the best slacks: the cost rises by at most w_j <= t; no violation grows, since all rows with x_j are of this
    form and a slack of range 0..b makes their v = max(0, a x - b)^2; and v_r falls by v^2 - max(0, v - a_j)^2 >= 1
    (for products: by the number of partners of j, >= 1). So E falls: a contradiction. For x_u + x_v <= 1 it reads P >
    min(w_u, w_v). Rows with local and with global weights mix: no ground state breaks a local row by this proof, or a
    global one by the other.

    *Float margin.* Integer costs: bound + 1. Others: 1.001 times the bound (of the size of U where that is 0). A weight
    counts as valid only if it exceeds the bound by more than ``Quadratic.resolution`` of the QUBO.

    Where no feasible point is found in time, U is the upper bound of the cost over {0,1}^n: valid, if any point is
    feasible, but weak; the note says so.

    Raises
    ------
    InfeasibleError
        The program is proven to have no feasible point.
    ValueError
        A weight is negative or not finite, or a name is not that of a row.

    References
    ----------
    A. Lucas (2014), Ising formulations of many NP problems, doi:10.3389/fphy.2014.00005, section 2 for the global idea
    (there with instance-wide bounds); the local bound generalises its section 4.2 (independent sets).
    """
    valid = valid_bounds(program, plans)
    return chosen_weights(program, plans, rule, valid.values, valid.note)


def chosen_weights(
    program: BinaryProgram, plans: list[RowPlan], rule: PenaltyRule, bounds: Float, note: str
) -> PenaltyWeights:
    """Weights by the rule where the bounds are known: those the user gave, and bound plus margin elsewhere.

    The bounds have shape (plans,).
    """
    active = np.array([plan.treatment is not RowEncoding.SKIP for plan in plans], dtype=bool)
    weights = np.where(active, bounds + _margins(program, bounds), 0.0)
    given = _given(rule, plans)
    if given:
        for position, value in given.items():
            weights[position] = value / plans[position].scale ** 2 if active[position] else 0.0
        note = f"{len(given)} of {len(plans)} penalties as given; {note}"
    return PenaltyWeights(weights, np.where(active, bounds, -np.inf), note)


@dataclass(frozen=True)
class CostSpan:
    """``high`` is the cost of a feasible point (or above it), ``low`` <= the cost of every point of {0,1}^n."""

    high: float
    low: float
    note: str


@dataclass(frozen=True, eq=False)
class ValidBounds:
    """What the weight of each planned row must exceed, shape (rows,); ``span`` where a row needs it."""

    values: Float
    span: CostSpan | None
    note: str


def valid_bounds(program: BinaryProgram, plans: list[RowPlan]) -> ValidBounds:
    """The bound of each planned row, the local one where it holds; see ``penalty_weights`` for both proofs."""
    bounds = np.zeros(len(plans))
    active = [position for position, plan in enumerate(plans) if plan.treatment is not RowEncoding.SKIP]
    local = _local_rows(program, plans, active)
    gains = removal_costs(program)
    pairs = [p for p in local if plans[p].treatment is RowEncoding.PRODUCTS and plans[p].columns.size == 2]
    if pairs:  # edges of a graph, by the hundred thousand
        bounds[pairs] = gains[np.array([plans[position].columns for position in pairs])].min(axis=1)
    for position in sorted(set(local).difference(pairs)):
        bounds[position] = _local_bound(plans[position], gains)
    rest = sorted(set(active) - set(local))
    notes = [f"{len(local)} rows by the local bound"] if local else []
    span = None
    if rest:
        span = cost_span(program)
        bounds[rest] = span.high - span.low
        notes.append(f"{len(rest)} rows by U - L, {span.note}")
    return ValidBounds(bounds, span, "valid penalties: " + "; ".join(notes) if notes else "no row needs a penalty")


def cost_span(program: BinaryProgram) -> CostSpan:
    """U and L of the global bound.

    Raises
    ------
    InfeasibleError
        The program is proven to have no feasible point.
    """
    low = lowest_cost(program)
    point = feasible_point(program)
    if point.is_infeasible:
        raise InfeasibleError("the program must have a feasible point, CP-SAT proves that it has none; relax its rows")
    if point.cost is None:
        negated = BinaryProgram(-program.c, -program.products, -program.offset)
        high = -lowest_cost(negated)
        return CostSpan(high, low, f"no feasible point found in time: U = {high:g} over all points, weak; L = {low:g}")
    return CostSpan(point.cost, low, f"U = {point.cost:g} of a feasible point, L = {low:g}")


def lowest_cost(program: BinaryProgram) -> float:
    """Lower bound of the cost over all of {0,1}^n: ``offset + sum_i min(0, c_i + sum_j min(0, q_ij) / 2)``.

    Each product is shared by its two variables, ``cost = offset + sum_i x_i (c_i + sum_j q_ij x_j / 2)``, and each
    bracket is at least its value at the x_j that make it least. Never below ``offset + sum min(0, c) + sum min(0, q)``.

    Examples
    --------
    >>> import numpy as np
    >>> lowest_cost(BinaryProgram(c=[3, -1], Q=np.array([[0, -4], [0, 0]])))
    -3.0
    """
    return float(program.offset + np.minimum(0.0, program.c + _negative_products(program) / 2).sum())


def removal_costs(program: BinaryProgram) -> Float:
    """``w_j = max(0, -(c_j + sum_k min(0, q_jk)))``, shape (n,): the most that setting x_j = 0 can raise the cost."""
    return np.maximum(0.0, -(program.c + _negative_products(program)))


def _negative_products(program: BinaryProgram) -> Float:
    negative = program.products.minimum(0) if program.products.nnz else program.products
    total: Float = np.asarray(negative.sum(axis=0)).ravel() + np.asarray(negative.sum(axis=1)).ravel()
    return total


def _local_rows(program: BinaryProgram, plans: list[RowPlan], active: list[int]) -> list[int]:
    """Positions of the monotone rows whose variables stand in monotone rows only."""
    is_removable = np.ones(program.num_variables, dtype=bool)
    others = [position for position in active if not plans[position].is_monotone]
    for position in others:
        is_removable[plans[position].columns] = False
    monotone = [position for position in active if plans[position].is_monotone]
    if not others:
        return monotone
    return [position for position in monotone if bool(is_removable[plans[position].columns].all())]


def _local_bound(plan: RowPlan, gains: Float) -> float:
    w, a = gains[plan.columns], plan.coefficients
    if plan.treatment is RowEncoding.PRODUCTS:
        return float(np.partition(w, -2)[-2])  # two variables at 1 break the row
    order = np.argsort(-w, kind="stable")
    over = np.cumsum(a[order]) > plan.target
    return float(w[order][int(np.argmax(over))]) if over.any() else 0.0


def _margins(program: BinaryProgram, bounds: Float) -> Float:
    if Quadratic.cost(program).is_integer:
        return np.ones(bounds.size)
    # where the bound is 0 any positive weight is valid: one of the size of the costs is told from rounding
    size = float(np.abs(program.c).max(initial=0.0)) or abs(program.offset) or 1.0
    return np.where(bounds > 0, _DECIMAL_MARGIN * bounds, _DECIMAL_MARGIN * size)


def _given(rule: PenaltyRule, plans: list[RowPlan]) -> dict[int, float]:
    """Weights that the user set, by position, in the rows' own units."""
    if rule == "auto":
        return {}
    if isinstance(rule, Mapping):
        positions = {plan.name: position for position, plan in enumerate(plans)}
        for name in rule:
            if name not in positions:
                raise unknown_name("penalty's row", name, positions)
        given = {positions[name]: float(value) for name, value in rule.items()}
    else:
        assert not isinstance(rule, str)
        given = dict.fromkeys(range(len(plans)), float(rule))
    for position, value in given.items():
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"penalty of row {plans[position].name} must be a number >= 0, got {value!r}; try auto")
    return given
