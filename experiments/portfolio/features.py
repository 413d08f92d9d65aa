"""Cheap features of an instance, from its default program: sizes, densities, degrees, kinds of rows, coefficients, LP.

Limits: a program beyond MAX_LP variables, or with products, has no LP features (they are then 0).
"""

from __future__ import annotations

import math

import numpy as np

from ...algorithms.linear import linear_relaxation
from ...core import BinaryProgram, Problem
from ...core.row_kinds import RowKind, row_facts
from ...problems.formulations import formulate

#: Variables up to which the LP relaxation is solved.
MAX_LP = 2000
#: Seconds that it may take.
LP_SECONDS = 1.0
FEATURES: tuple[str, ...] = (
    *("log_variables", "log_rows", "log_products", "row_density", "product_density"),
    *("degree_mean", "degree_spread", "coefficient_spread", "negative_share"),
    *(f"rows_{kind.value}" for kind in RowKind),
    *("lp_fractional", "lp_gap"),
)


def features_of(problem: Problem) -> tuple[float, ...]:
    """The features of an instance in the order of FEATURES.

    Examples
    --------
    >>> import qopt
    >>> found = dict(zip(FEATURES, features_of(qopt.generate("mis", n=8, seed=1)), strict=True))
    >>> round(math.exp(found["log_variables"]))
    8
    """
    program = formulate(problem, None).program
    found = {**_sizes(program), **_rows(program), **_relaxed(program)}
    return tuple(float(found.get(name, 0.0)) for name in FEATURES)


def _sizes(program: BinaryProgram) -> dict[str, float]:
    n, count = len(program.c), program.couplings.num_products
    degrees, low, high, negative = np.zeros(max(n, 1)), np.inf, 0.0, 0
    nowhere = np.zeros(0, dtype=np.int64)
    for first, second, values in ((nowhere, nowhere, program.c), *program.couplings.blocks()):
        degrees += np.bincount(first, minlength=len(degrees)) + np.bincount(second, minlength=len(degrees))
        sizes = np.abs(values[values != 0])
        low, high = min(low, sizes.min(initial=np.inf)), max(high, sizes.max(initial=0.0))
        negative += int((values < 0).sum())
    return {
        "log_variables": math.log(max(n, 1)),
        "log_products": math.log(1 + count),
        "product_density": 2 * count / (n * (n - 1)) if n > 1 else 0.0,
        "degree_mean": float(degrees.mean()),
        "degree_spread": float(degrees.std()),
        "coefficient_spread": float(np.log(high / low)) if high else 0.0,
        "negative_share": negative / (n + count) if n + count else 0.0,
    }


def _rows(program: BinaryProgram) -> dict[str, float]:
    facts, n = row_facts(program), len(program.c)
    found = {"log_rows": math.log(1 + len(facts))}
    if facts and n:
        found["row_density"] = sum(len(fact.columns) for fact in facts) / (len(facts) * n)
        for kind in RowKind:
            found[f"rows_{kind.value}"] = sum(fact.kind is kind for fact in facts) / len(facts)
    return found


def _relaxed(program: BinaryProgram) -> dict[str, float]:
    """Share of fractional variables of the LP, and its gap to the rounded-down point where that keeps the rows."""
    if program.couplings.num_products or not 0 < len(program.c) <= MAX_LP or not len(program.constraints.names):
        return {}
    rows = program.constraints
    try:
        found = linear_relaxation(program.c, rows.A, rows.lower, rows.upper, offset=program.offset, seconds=LP_SECONDS)
    except TimeoutError:
        return {}
    if found.is_infeasible:
        return {}
    told = {"lp_fractional": float(np.mean(np.abs(found.x - np.round(found.x)) > 1e-6))}
    down = np.floor(found.x + 1e-9)[None, :]
    if bool(program.feasible(down)[0]):
        told["lp_gap"] = abs(float(program.costs(down)[0]) - found.value) / max(1.0, abs(found.value))
    return told
