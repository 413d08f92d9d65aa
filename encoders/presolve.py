"""Linear-relaxation presolve as an encoder: fix variables by the LP, encode what is left with any other encoder.

``safe`` fixes by reduced costs and keeps every optimum; ``lp`` trusts the LP's integral values and may lose all of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NoReturn

import numpy as np

from ..algorithms.linear import LinearResult, linear_relaxation
from ..core import (
    ENCODERS,
    BinaryProgram,
    Bits,
    Encoder,
    Encoding,
    InfeasibleError,
    Round,
    UnsupportedError,
    chain,
    part,
)
from ..core.arrays import Float, Int
from ..core.tunable import Choice, tunable
from .feasible import feasible_point, good_point
from .residual import Residual, residual
from .slack import Slack

#: Products are linearised for the LP, one column and up to two rows each.
MAX_PRODUCTS = 50_000
#: Share of the incumbent's size by which a bound must exceed it before a variable is fixed.
_MARGIN = 1e-7


@ENCODERS.register("fix")
@dataclass(frozen=True)
class Fix:
    """Variables fixed by the linear relaxation, the rest encoded by another encoder.

    ``safe``: with LP bound L, reduced costs d and a feasible point of cost U (of a short CP-SAT search), every point
    with ``x_j`` on the side that ``d_j`` makes dear costs at least ``L + |d_j|``; where that exceeds U (by 1e-7 of its
    size) no optimum has x_j there. All optima survive, so ``is_exact`` and ``is_relaxation`` are those of the inner
    encoder. L and d come from the row duals by weak duality, not from the solver's tolerances.

    ``lp``: x_j >= 1 - eps is fixed at 1, x_j <= eps at 0; the fractional core is enlarged to ``core`` variables by
    least |d_j|, and doubled while what is left is proven to have no feasible point although the program may have one.
    A heuristic: nothing is exact or a bound afterwards.

    Products of variables enter the LP by their standard linearisation, whose bound is weak where they dominate: then
    little is fixed. Residual rows that can no longer break are dropped.

    Parameters
    ----------
    inner : encoder of what is left.
    rule : "lp" or "safe".
    core : number of variables to leave at least, for "lp"; None for the fractional ones alone.
    eps : distance from 0 or 1 that counts as integral, for "lp".

    References
    ----------
    E. Balas, E. Zemel (1980), An algorithm for large zero-one knapsack problems, Oper. Res. 28 (core); reduced-cost
    fixing: L. A. Wolsey (1998), Integer Programming, section 7.7; linearisation: R. Fortet (1960). We differ from
    arXiv:2404.19474, whose text was not at hand: fixing by the LP is the standard form.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-9, -5, -4, -1], rows=make_rows([[3, 2, 2, 3]], upper=[6]))
    >>> Fix(rule="safe").encode(program).num_qubits, Slack().encode(program).num_qubits
    (4, 7)
    """

    inner: Encoder = part("encoders", default_factory=Slack)  # noqa: RUF009 (a dataclass field)
    rule: Literal["lp", "safe"] = tunable("lp", Choice(("lp", "safe")))
    core: int | None = None
    eps: float = 1e-6

    def __post_init__(self) -> None:
        if self.rule not in ("lp", "safe"):
            raise ValueError(f"rule must be lp or safe, got {self.rule!r}")
        if not 0 <= self.eps < 0.5:
            raise ValueError(f"eps must lie in 0..0.5, got {self.eps!r}; 1e-6 fixes what the LP has integral")
        if self.core is not None and self.rule == "safe":
            raise ValueError("core must be left out with rule safe, which fixes only what is proven; use rule lp")
        if self.core is not None and self.core < 0:
            raise ValueError(f"core must be >= 0, got {self.core!r}")

    def encode(self, program: BinaryProgram) -> Encoding:
        """The inner encoding of the residual program, decoded to points of the whole one."""
        left, num_freed = self._reduced(program)
        return self._wrapped(left, self.inner.encode(left.program), program, num_freed)

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """The inner encoder's next round; everything anew when lazy rows were added."""
        if round.program.num_rows != encoding.state["rows"]:
            return self.encode(round.program)
        left = residual(round.program, encoding.state["keep"], encoding.state["values"])
        inside = replace(round, X=round.X[:, left.keep], program=left.program)
        step = self.inner.update(encoding.state["inner"], inside)
        return None if step is None else self._wrapped(left, step, round.program, encoding.state["freed"])

    def num_qubits(self, program: BinaryProgram) -> int:
        """Bits of the inner encoding; solves the LP."""
        return self.inner.num_qubits(self._residual(program).program)

    def _residual(self, program: BinaryProgram) -> Residual:
        return self._reduced(program)[0]

    def _reduced(self, program: BinaryProgram) -> tuple[Residual, int]:
        """What is left, and how many variables were left over because what the LP had fixed left no point."""
        lp = relaxed(program)
        if self.rule == "safe":
            return residual(program, *_safely_fixed(program, lp)), 0
        core, n = self.core, program.num_variables
        first = _fixed(lp, core, self.eps)[0].size
        while True:
            keep, values = _fixed(lp, core, self.eps)
            left = _feasible_residual(program, keep, values)
            if left is not None:
                return left, int(keep.size) - int(first)
            core = min(n, max(2 * keep.size, keep.size + 1))  # what the LP had integral leaves no point: free more

    def _wrapped(self, left: Residual, inner: Encoding, program: BinaryProgram, num_freed: int) -> Encoding:
        is_safe = self.rule == "safe"
        num_fixed = left.values.size - left.keep.size
        way = "by reduced costs, all optima kept" if is_safe else "by the LP, a heuristic"
        if num_freed:
            way += f"; {num_freed} more were left free, since no feasible point has them as the LP does"
        state = {"rows": program.num_rows, "keep": left.keep, "values": left.values, "inner": inner, "freed": num_freed}
        if "needs_subspace" in inner.state:  # what is left of the rows is still the sampler's to keep
            state["needs_subspace"] = inner.state["needs_subspace"]
        return replace(
            inner,
            decoder=chain(left.lift, inner.decoder),
            is_exact=inner.is_exact and is_safe,
            is_relaxation=inner.is_relaxation and is_safe,
            note=f"{num_fixed} of {left.values.size} variables fixed {way}; {inner.note}",
            state=state,
        )


def relaxed(program: BinaryProgram) -> LinearResult:
    """LP relaxation of a program; x and reduced costs of its own variables, products linearised.

    A product with q > 0 gets a column ``w >= x_i + x_j - 1``, one with q < 0 ``w <= x_i, w <= x_j``.

    Raises
    ------
    InfeasibleError
        The relaxation has no point, and CP-SAT proves that the program has none.
    UnsupportedError
        More than ``MAX_PRODUCTS`` products, or the relaxation has no point to the LP's tolerance alone.
    """
    from scipy.sparse import coo_array, vstack

    n, rows = program.num_variables, program.constraints
    count = program.couplings.num_products
    if count > MAX_PRODUCTS:
        raise UnsupportedError(
            f"LP presolve must have at most {MAX_PRODUCTS:,} products to linearise, got {count:,}; leave it out"
        )
    terms = program.products.tocoo()
    w = n + np.arange(terms.nnz)
    up, down = np.flatnonzero(terms.data > 0), np.flatnonzero(terms.data < 0)
    # x_i + x_j - w <= 1 for q > 0; w - x_i <= 0 and w - x_j <= 0 for q < 0
    r_up, r_first = np.arange(up.size), up.size + np.arange(down.size)
    r_second = r_first + down.size
    i = np.concatenate([r_up, r_up, r_up, r_first, r_first, r_second, r_second])
    j = np.concatenate([terms.row[up], terms.col[up], w[up], w[down], terms.row[down], w[down], terms.col[down]])
    signs = (1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0)
    sizes = (up.size,) * 3 + (down.size,) * 4
    values = np.concatenate([np.full(size, sign) for sign, size in zip(signs, sizes)])
    num_links = up.size + 2 * down.size
    links = coo_array((values, (i, j)), shape=(num_links, n + terms.nnz))
    wide = coo_array(rows.A)
    own = coo_array((wide.data, (wide.row, wide.col)), shape=(len(rows), n + terms.nnz))
    lp = linear_relaxation(
        np.concatenate([program.c, terms.data]),
        vstack([own, links], format="csr"),
        np.concatenate([rows.lower, np.full(num_links, -np.inf)]),
        np.concatenate([rows.upper, np.ones(up.size), np.zeros(2 * down.size)]),
        offset=program.offset,
    )
    if lp.is_infeasible:
        _refuse_empty(program)
    return replace(lp, x=lp.x[:n], row_duals=lp.row_duals[: len(rows)], reduced_costs=lp.reduced_costs[:n])


def _refuse_empty(program: BinaryProgram) -> NoReturn:
    """Say that the program is empty only where that is proven: the LP answers to its tolerances."""
    if feasible_point(program).is_infeasible:
        raise InfeasibleError(
            "the program must have a feasible point, its linear relaxation has none and CP-SAT proves it; relax "
            "its rows"
        )
    raise UnsupportedError(
        "LP presolve must have a linear relaxation with a point, HiGHS finds none within its tolerance; leave it out"
    )


def _feasible_residual(program: BinaryProgram, keep: Int, values: Bits) -> Residual | None:
    """What is left of the program, or None where it is proven to have no point and the program may still have one."""
    if keep.size == program.num_variables:
        return residual(program, keep, values)
    try:
        left = residual(program, keep, values)
    except UnsupportedError:  # a row that no values of the variables left can keep
        return None
    return None if feasible_point(left.program).is_infeasible else left


def _safely_fixed(program: BinaryProgram, lp: LinearResult) -> tuple[Int, Bits]:
    """``(keep, values)`` by reduced costs against a point of a short search."""
    incumbent = good_point(program, guide=lp.x).cost
    if incumbent is None:
        return np.arange(program.num_variables), np.zeros(program.num_variables, dtype=np.uint8)
    d: Float = lp.reduced_costs
    is_fixed = lp.bound + np.abs(d) > incumbent + _MARGIN * max(1.0, abs(incumbent))
    values = (is_fixed & (d < 0)).astype(np.uint8)
    return np.flatnonzero(~is_fixed), values


def _fixed(lp: LinearResult, core: int | None, eps: float) -> tuple[Int, Bits]:
    """``(keep, values)``: the fractional variables, and as many of the others as the core still takes."""
    is_one, is_zero = lp.x >= 1 - eps, lp.x <= eps
    integral = np.flatnonzero(is_one | is_zero)
    fractional = np.flatnonzero(~(is_one | is_zero))
    more = 0 if core is None else max(0, core - fractional.size)
    order = integral[np.argsort(np.abs(lp.reduced_costs[integral]), kind="stable")]
    keep = np.sort(np.concatenate([fractional, order[:more]]))
    return keep, is_one.astype(np.uint8)
