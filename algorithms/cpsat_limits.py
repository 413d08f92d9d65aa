"""Up to which magnitudes CP-SAT's word is taken: measured where it was wrong, and two orders of magnitude below.

OR-Tools 9.15 called 52 of 4,800 knapsacks (up to 10 items, 3 rows, one or two workers) solved to optimality at points
that were not optimal, the first of them where a row's coefficients added up to 1e10; below that none of 2,260 was
wrong. Equalities, deviations, linearised products and costs were right in all of 7,500 models each, up to sums of 1e14.
Conditional rows ``t >= c if x and y`` went wrong, mostly to a false "infeasible", from sums of 2e8 on.

Beyond a limit models are still searched, since every point is verified; but neither a bound, nor a proof, nor that
there is no solution is claimed.
"""

from __future__ import annotations

#: Sum of |coefficients| of the objective.
MAX_COST_SUM = 2**40
#: Sum of |coefficients| and bounds of an equality.
MAX_EQUALITY_SUM = 2**40
#: Sum of |coefficients| and bounds of an inequality.
MAX_INEQUALITY_SUM = 2**26
#: Sum of the spans of integers that are bounded by conditional rows.
MAX_CONDITIONAL_SUM = 2**21

__all__ = ["MAX_CONDITIONAL_SUM", "MAX_COST_SUM", "MAX_EQUALITY_SUM", "MAX_INEQUALITY_SUM"]
