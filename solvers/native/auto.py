"""What ``--solver auto`` takes: one rule a kind, by measured reach, and one line that says why.

The rules are written down, not learned: sizes up to which an exact solver ends within about a minute on two cores, and
what searches best beyond. A solver is only named if it does not refuse the problem.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from ...core import SOLVERS, Problem, UnsupportedError, from_spec
from ...problems.hubo import Hubo
from ...problems.labs import Labs
from ...problems.market_share import MarketShare
from ...problems.max_cut import MaxCut
from ...problems.mdkp import Mdkp
from ...problems.mis import Mis
from ...problems.qap import Qap
from ...problems.qubo import Qubo
from ...problems.tsp import Tsp
from ...problems.tsptw import Tsptw
from ...problems.vehicles import Cvrp, Vrptw

#: milp, from a tour of local search: pr76 42 s, kroA100 10 s, ch130 7 s, u159 9 s; asymmetric ftv70 2 s, ftv170 not in
#: 60 s.
TSP_CITIES = 150
ASYMMETRIC_CITIES = 70
#: gilmore-lawler: 15 facilities some seconds, 18 where the flow is sparse.
QAP_FACILITIES = 16
#: route-sets: E-n22-k4 and the 20 customers of XSH in seconds; cpsat: tight windows to 50 customers.
SET_CUSTOMERS = 22
FLEET_CUSTOMERS = 50
#: Without rows: cpsat proves 18 dense bits in 3 s and 22 not in 20 s; milp 100 bits with some 200 products in seconds.
DENSE_BITS = 20
SPARSE_PRODUCTS = 200
#: Polynomials: cpsat proves 25 bits with 70 terms in a second, 40 with 110 not in five; a search finds those at once.
POLYNOMIAL_TERMS = 75

#: cpsat proves sparse graphs of this many vertices in seconds; on dense ones of 200 it stays behind the tabu search.
MIS_VERTICES = 150
#: market-split: 40 retailers 1 s, 50 some seconds, 60 minutes.
MARKET_RETAILERS = 50

Choice = tuple[str | dict[str, Any], str]


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
    for spec, reason in candidates(problem):
        name = spec if isinstance(spec, str) else spec["name"]
        if name not in SOLVERS or SOLVERS.get(name).missing:
            refusals.append(f"{name} is not installed")
            continue
        solver = from_spec("solvers", spec)
        refusal = solver.refusal(problem) if hasattr(solver, "refusal") else ""
        if not refusal:
            return spec, reason
        refusals.append(f"{name}: {refusal}")
    raise UnsupportedError(f"no solver takes this {problem.kind}: {'; '.join(refusals)}")


@singledispatch
def candidates(problem: Problem) -> list[Choice]:
    """Solvers to try for a problem, best first, each with its reason."""
    return [
        ("cpsat", "exact search on the binary program, with a proven bound"),
        ("sa", "the program is too large for an exact model"),
    ]


@candidates.register
def candidates_tsp(problem: Tsp) -> list[Choice]:
    """A proof by subtour rows where that takes about a minute, else local search."""
    n, limit = problem.num_cities, TSP_CITIES if problem.is_symmetric else ASYMMETRIC_CITIES
    if n <= limit:
        return [("milp", f"{n} cities, up to about {limit} are proven in a minute by subtour rows")]
    reason = f"{n} cities, more than the {limit} that an exact search proves in about a minute"
    fast = {"name": "local-search", "engine": "fast-tsp"}
    return [(fast, f"{reason}; fast-tsp is installed"), ("local-search", reason)]


@candidates.register
def candidates_tsptw(problem: Tsptw) -> list[Choice]:
    """Dynamic programming, whose work the windows decide."""
    left, every = problem.presolve.info["positions"][1], problem.num_customers**2
    return [
        ("tsptw-dp", f"windows leave {left} of {every} positions; dynamic programming over visited sets, with bound")
    ]


@candidates.register(Cvrp)
@candidates.register(Vrptw)
def candidates_fleet(problem: Cvrp | Vrptw) -> list[Choice]:
    """Set partitioning where all routes fit in the pool, else PyVRP or tabu search."""
    n = problem.num_customers
    search: list[Choice] = [
        ("pyvrp", f"{n} customers, too many for an exact search; iterated local search"),
        ("hybrid-tabu", f"{n} customers, too many for an exact search; tabu search, small routes in their best order"),
    ]
    if problem.pool.is_complete:
        return [
            ("route-sets", f"{len(problem.pool.routes)} routes in all; set partitioning, with a proven bound"),
            *search,
        ]
    if n <= SET_CUSTOMERS and problem.windows is None:
        return [
            ("route-sets", f"{n} customers, all sets a vehicle serves; set partitioning, with a proven bound"),
            *search,
        ]
    if n <= FLEET_CUSTOMERS and problem.windows is not None:
        return [("cpsat", f"{n} customers with windows; circuits with times, with a proven bound"), *search]
    return search


@candidates.register
def candidates_qap(problem: Qap) -> list[Choice]:
    """Branch and bound where it proves in about a minute, else tabu search."""
    n = problem.num_facilities
    if n <= QAP_FACILITIES:
        return [
            ("gilmore-lawler", f"{n} facilities, up to about {QAP_FACILITIES} are proven by branch and bound"),
            ("robust-tabu", f"{n} facilities, whose matrices gilmore-lawler refuses"),
        ]
    return [
        ("robust-tabu", f"{n} facilities, more than the {QAP_FACILITIES} that branch and bound proves"),
        ("sa", f"{n} facilities, too many for robust-tabu"),
    ]


@candidates.register
def candidates_mdkp(problem: Mdkp) -> list[Choice]:
    """CP-SAT at all sizes."""
    size = problem.size
    return [("cpsat", f"exact search with a proven bound; {size['items']} items x {size['rows']} rows")]


@candidates.register
def candidates_mis(problem: Mis) -> list[Choice]:
    """CP-SAT with clique rows up to MIS_VERTICES, tabu search beyond."""
    size = problem.size
    cpsat = ("cpsat", f"exact search with clique rows; {size['vertices']} vertices, {size['edges']} edges")
    tabu = ("mis-tabu", f"{size['vertices']} vertices, more than the {MIS_VERTICES} that cpsat proves; tabu search")
    rest = ("greedy", f"{size['vertices']} vertices, more than any search here takes")
    return [cpsat, tabu, rest] if size["vertices"] <= MIS_VERTICES else [tabu, rest]


@candidates.register
def candidates_market_share(problem: MarketShare) -> list[Choice]:
    """Exact splitting for few retailers, else CP-SAT."""
    size = problem.size
    cpsat = ("cpsat", f"exact search over integer deviations; {size['products']} x {size['retailers']}")
    if size["retailers"] > MARKET_RETAILERS:
        return [cpsat]
    return [("market-split", f"{size['retailers']} retailers, up to {MARKET_RETAILERS} are split exactly"), cpsat]


@candidates.register(MaxCut)
@candidates.register(Qubo)
def candidates_unconstrained(problem: MaxCut | Qubo) -> list[Choice]:
    """Enumeration of few bits, MILP for few products, else annealing; CP-SAT where there are rows."""
    bits, products = list(problem.size.values())[:2]
    sampled = ("sa", f"{bits} bits with {products} products, too many for an exact search to prove")
    if problem.size.get("rows", 0):
        return [("cpsat", f"{bits} bits with rows, exact search with a proven bound"), sampled]
    if bits <= DENSE_BITS:
        return [("brute-force", f"{bits} bits, up to {DENSE_BITS} are enumerated in a second")]
    if products <= SPARSE_PRODUCTS:
        return [("milp", f"{products} products, up to {SPARSE_PRODUCTS} are proven in seconds")]
    return [sampled]


@candidates.register(Hubo)
@candidates.register(Labs)
def candidates_polynomials(problem: Hubo | Labs) -> list[Choice]:
    """Enumeration of few bits, else the search made for the kind."""
    bits = problem.size["bits"] if isinstance(problem, Labs) else problem.num_variables
    if bits <= DENSE_BITS:
        return [("brute-force", f"{bits} bits, up to {DENSE_BITS} are enumerated in seconds")]
    if isinstance(problem, Labs):
        return [("self-avoiding-walk", f"{bits} bits, too many to enumerate; a search made for these sequences")]
    terms = len(problem.terms)
    search = ("memetic-tabu", f"{bits} bits with {terms} terms, too many to prove; a search on the polynomial itself")
    if terms <= POLYNOMIAL_TERMS:
        return [("cpsat", f"{terms} terms, up to {POLYNOMIAL_TERMS} are proven in seconds"), search]
    return [search]
