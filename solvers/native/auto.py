"""What ``--solver auto`` takes: one rule a kind, by measured reach, and one line that says why.

The rules are written down, not learned: sizes up to which an exact solver ends within about a minute on two cores, and
what searches best beyond. A solver is only named if it does not refuse the problem.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from ...core import SOLVERS, Problem, UnsupportedError, from_spec
from ...problems.market_share import MarketShare
from ...problems.max_cut import MaxCut
from ...problems.mdkp import Mdkp
from ...problems.mis import Mis
from ...problems.qap import Qap
from ...problems.qubo import Qubo
from ...problems.tsp import Tsp

#: CP-SAT: 52 cities 30 s; gilmore-lawler: 15 facilities some seconds (18 where the flow is sparse).
TSP_CITIES = 60
QAP_FACILITIES = 16
#: CP-SAT proves unconstrained programs of some 50 bits; sa finds better points of larger ones in the same time.
QUBO_BITS = 50

Choice = tuple[str, str]


def choose(problem: Problem) -> tuple[str | dict[str, Any], str]:
    """``(solver spec, reason)`` for a problem.

    Raises
    ------
    UnsupportedError
        Every solver that fits the kind refuses the problem.

    Examples
    --------
    >>> choose(Mdkp([6, 5, 4], [[3, 2, 2]], [4]))
    ('cpsat', 'exact search with a proven bound; 3 items x 1 rows')
    """
    refusals = []
    for name, reason in candidates(problem):
        if name not in SOLVERS or SOLVERS.get(name).missing:
            refusals.append(f"{name} is not installed")
            continue
        solver = from_spec("solvers", name)
        refusal = solver.refusal(problem) if hasattr(solver, "refusal") else ""
        if not refusal:
            return name, reason
        refusals.append(f"{name}: {refusal}")
    raise UnsupportedError(f"no solver takes this {problem.kind}: {'; '.join(refusals)}")


@singledispatch
def candidates(problem: Problem) -> list[Choice]:
    """Solvers to try for a problem, best first, each with its reason."""
    return [
        ("cpsat", f"exact search on the binary program, as nothing is known about the kind {problem.kind}"),
        ("sa", "the program is too large for an exact model"),
    ]


@candidates.register
def candidates_tsp(problem: Tsp) -> list[Choice]:
    n = problem.num_cities
    if n <= TSP_CITIES:
        return [("cpsat", f"{n} cities, up to {TSP_CITIES} are proven in about a minute")]
    return [("local-search", f"{n} cities, more than the {TSP_CITIES} that an exact search proves in about a minute")]


@candidates.register
def candidates_qap(problem: Qap) -> list[Choice]:
    n = problem.num_facilities
    if n <= QAP_FACILITIES:
        return [
            ("gilmore-lawler", f"{n} facilities, up to about {QAP_FACILITIES} are proven by branch and bound"),
            ("cpsat", f"{n} facilities, whose matrices gilmore-lawler refuses"),
            ("sa", f"{n} facilities, too many for an exact model"),
        ]
    return [("sa", f"{n} facilities, more than the {QAP_FACILITIES} that branch and bound proves; add --repair auto")]


@candidates.register
def candidates_mdkp(problem: Mdkp) -> list[Choice]:
    size = problem.size
    return [("cpsat", f"exact search with a proven bound; {size['items']} items x {size['rows']} rows")]


@candidates.register
def candidates_mis(problem: Mis) -> list[Choice]:
    size = problem.size
    return [
        ("cpsat", f"exact search with clique rows; {size['vertices']} vertices, {size['edges']} edges"),
        ("sa", "the clique rows would be too many"),
    ]


@candidates.register
def candidates_market_share(problem: MarketShare) -> list[Choice]:
    size = problem.size
    return [("cpsat", f"exact search over integer deviations; {size['products']} x {size['retailers']}")]


@candidates.register(MaxCut)
@candidates.register(Qubo)
def candidates_unconstrained(problem: MaxCut | Qubo) -> list[Choice]:
    bits = next(iter(problem.size.values()))
    has_rows = problem.size.get("rows", 0) > 0
    exact = ("cpsat", f"{bits} bits{' with rows' if has_rows else ''}, exact search with a proven bound")
    heuristic = ("sa", f"{bits} bits without rows, more than the {QUBO_BITS} that an exact search proves")
    return [exact, ("sa", "too many products for an exact model")] if has_rows or bits <= QUBO_BITS else [heuristic]
