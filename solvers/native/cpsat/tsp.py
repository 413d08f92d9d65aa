"""CP-SAT model of the TSP: a circuit over the arcs, whose subtour cuts CP-SAT separates itself."""

from __future__ import annotations

import numpy as np

from ....algorithms.cpsat_limits import MAX_COST_SUM
from ....algorithms.scaling import scale_to_integers
from ....core import Int, Solution
from ....problems.tsp import Tsp
from .model import KindModel, cpsat_model, cpsat_refusal

#: Measured: proofs end at some 50 cities, and at 200 the tours are 9 % off after 40 s.
MAX_CITIES = 500


@cpsat_refusal.register
def refusal_tsp(problem: Tsp) -> str:
    """Why a circuit of so many cities is not built; empty if it is."""
    n = problem.num_cities
    if n <= MAX_CITIES:
        return ""
    return f"CP-SAT circuits must have at most {MAX_CITIES} cities, got {n} ({n * (n - 1):,} arcs); use local-search"


@cpsat_model.register
def model_tsp(problem: Tsp) -> KindModel:
    """One literal per arc (i, j), i != j, in a circuit through all cities."""
    from ....core.light_ortools import cp_model

    n = problem.num_cities
    model = cp_model.CpModel()
    tails, heads = np.nonzero(~np.eye(n, dtype=bool))
    scaled = scale_to_integers(problem.distances[tails, heads], largest_sum=MAX_COST_SUM)
    literals = [model.new_bool_var("") for _ in range(tails.size)]
    if n > 1:
        model.add_circuit([(t, h, x) for t, h, x in zip(tails.tolist(), heads.tolist(), literals)])
    model.minimize(cp_model.LinearExpr.weighted_sum(literals, scaled.integers.tolist()))

    def solution_of(values: Int) -> Solution:
        after = np.zeros(n, dtype=np.int64)
        after[tails[values == 1]] = heads[values == 1]
        tour = np.zeros(n, dtype=np.int64)
        for position in range(1, n):
            tour[position] = after[tour[position - 1]]
        return tour

    def values_of(tour: Solution) -> Int:
        after = np.full(n, -1, dtype=np.int64)
        after[tour] = np.roll(tour, -1)
        return np.asarray(after[tails] == heads, dtype=np.int64)

    return KindModel(model, literals, solution_of, values_of, scaled.factor, is_exact=scaled.is_exact)
