"""CP-SAT models of independent set, Max-Cut and market share; what has no model here takes its program as it is."""

from __future__ import annotations

import numpy as np

from ....algorithms.cpsat_limits import MAX_COST_SUM, MAX_EQUALITY_SUM
from ....algorithms.cpsat_model import PER_PRODUCT
from ....algorithms.scaling import scale_to_integers
from ....core import Int, Solution
from ....problems.market_share import MarketShare
from ....problems.max_cut import MaxCut
from ....problems.mis import Mis
from ....problems.mis_cliques import MisCliques, clique_seconds
from .model import MAX_TERMS, KindModel, cpsat_model, cpsat_refusal, cpsat_seconds, formulation_model


@cpsat_seconds.register
def seconds_mis(problem: Mis) -> float:
    """Of finding the cliques."""
    return clique_seconds(problem)


@cpsat_seconds.register
def seconds_max_cut(problem: MaxCut) -> float:
    """A product an edge."""
    return PER_PRODUCT * len(problem.edges)


@cpsat_model.register
def model_mis(problem: Mis) -> KindModel:
    """One at-most-one row per clique of a family that covers all edges: the edge rows alone bound it by n/2."""
    return formulation_model(MisCliques(problem))


@cpsat_model.register
def model_max_cut(problem: MaxCut) -> KindModel:
    """A bit a vertex and a bit an edge that says whether it is cut; vertex 0 is on side 0 (both sides are alike).

    Only the half of ``cut = x_u XOR x_v`` that maximising does not settle by itself is stated.
    """
    from ....core.light_ortools import cp_model

    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(problem.num_vertices)]
    scaled = scale_to_integers(problem.weights, largest_sum=MAX_COST_SUM)
    weights = scaled.integers.tolist()
    cuts = []
    for (u, v), weight in zip(problem.edges.tolist(), weights):
        cut = model.new_bool_var("")
        if weight > 0:
            model.add_bool_or([cut.negated(), x[u], x[v]])
            model.add_bool_or([cut.negated(), x[u].negated(), x[v].negated()])
        else:
            model.add_bool_or([cut, x[u], x[v].negated()])
            model.add_bool_or([cut, x[u].negated(), x[v]])
        cuts.append(cut)
    if x:
        model.add_bool_and([x[0].negated()])
    model.minimize(cp_model.LinearExpr.weighted_sum(cuts, [-weight for weight in weights]))

    def anchored(solution: Solution) -> Int:
        return np.asarray(solution ^ solution[0]) if len(solution) else solution

    return KindModel(model, x, np.copy, anchored, scaled.factor, is_exact=scaled.is_exact)


@cpsat_refusal.register
def refusal_market_share(problem: MarketShare) -> str:
    """Why the model of so many demands is not built; empty if it is."""
    terms = problem.demands.size
    return "" if terms <= MAX_TERMS else f"CP-SAT models must have at most {MAX_TERMS:,} terms, got {terms:,}; use sa"


@cpsat_model.register
def model_market_share(problem: MarketShare) -> KindModel:
    """Integer deviations above and below each target instead of their bits; decimals are scaled with the targets."""
    from ....core.light_ortools import cp_model

    n = problem.demands.shape[1]
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(n)]
    table = np.concatenate([problem.demands, problem.targets[:, None]], axis=1)
    scaled = scale_to_integers(table, largest_sum=MAX_EQUALITY_SUM)
    deviations = []
    for row in scaled.integers.tolist():
        *demand, target = row
        span = sum(demand) + abs(target)
        above, below = (model.new_int_var(0, span, "") for _ in range(2))
        model.add(cp_model.LinearExpr.weighted_sum([*x, below, above], [*demand, 1, -1]) == target)
        deviations += [above, below]
    model.minimize(cp_model.LinearExpr.sum(deviations))
    return KindModel(model, x, np.copy, np.copy, scaled.factor, is_exact=scaled.is_exact)
