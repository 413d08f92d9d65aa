"""Small instances of every kind with odd numbers (1e-8 .. 1e15, decimals, negatives, zero rows), and their optima."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qopt.core import Problem
from qopt.problems.hubo import Hubo
from qopt.problems.integer_program import IntegerProgram
from qopt.problems.labs import Labs
from qopt.problems.market_share import MarketShare
from qopt.problems.max_cut import MaxCut
from qopt.problems.mdkp import Mdkp
from qopt.problems.mis import Mis
from qopt.problems.multi_knapsack import MultiKnapsack
from qopt.problems.qap import Qap
from qopt.problems.qubo import Qubo
from qopt.problems.tsp import Tsp
from qopt.problems.tsptw import Tsptw
from qopt.problems.vehicles import Cvrp, Vrptw

#: Powers of ten that one instance's numbers are multiplied by; small integers are the most common, as in real files.
SCALES = (1e-8, 1e-4, 0.01, 1.0, 1.0, 1.0, 1e3, 1e6, 1e9, 1e12, 3e13)


def numbers(rng: np.random.Generator, shape: Any, *, low: int = 0, high: int = 30) -> np.ndarray:
    """Numbers of one magnitude: whole, of some decimals, or of all that a float has."""
    scale = float(rng.choice(SCALES))
    match rng.integers(4):
        case 0:
            values = rng.uniform(low, high, size=shape) * scale
        case 1:
            values = np.round(rng.uniform(low, high, size=shape), int(rng.integers(1, 5))) * min(scale, 1e6)
        case _:
            values = rng.integers(low, high, size=shape) * scale
    return np.asarray(np.where(rng.random(shape) < 0.1, 0.0, values), dtype=np.float64)


def _mdkp(rng: np.random.Generator) -> Problem:
    n, m = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    weights = numbers(rng, (m, n))
    if rng.random() < 0.2:
        weights[0] = 0.0
    capacities = weights.sum(axis=1) * rng.choice([0.0, 0.3, 0.5, 1.0])
    whole = (weights % 1 == 0).all()
    return Mdkp(numbers(rng, n, low=int(rng.choice([0, -9]))), weights, np.floor(capacities) if whole else capacities)


def _mis(rng: np.random.Generator) -> Problem:
    n = int(rng.integers(1, 8))
    edges = [pair for pair in itertools.combinations(range(n), 2) if rng.random() < 0.4]
    return Mis(
        n, np.array(edges, dtype=np.int64).reshape(-1, 2), weights=numbers(rng, n) if rng.random() < 0.7 else None
    )


def _max_cut(rng: np.random.Generator) -> Problem:
    n = int(rng.integers(1, 8))
    edges = [pair for pair in itertools.combinations(range(n), 2) if rng.random() < 0.6]
    return MaxCut(n, np.array(edges, dtype=np.int64).reshape(-1, 2), numbers(rng, len(edges), low=-20))


def _qubo(rng: np.random.Generator) -> Problem:
    n, m = int(rng.integers(1, 7)), int(rng.integers(0, 3))
    pairs = [pair for pair in itertools.combinations(range(n), 2) if rng.random() < 0.5]
    A = numbers(rng, (m, n), low=-15)
    inside = A @ rng.integers(0, 2, n) if n else np.zeros(m)
    is_equality = rng.random(m) < 0.3
    entries = np.argwhere(A)
    return Qubo(
        linear=numbers(rng, n, low=-20),
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        couplings=numbers(rng, len(pairs), low=-20),
        row_entries=entries,
        row_values=A[A != 0],
        lower=tuple(float(v) if equal else None for v, equal in zip(inside, is_equality, strict=True)),
        upper=tuple(float(v) for v in inside),
    )


def _market_share(rng: np.random.Generator) -> Problem:
    n, m = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    demands = numbers(rng, (m, n))
    whole = (demands % 1 == 0).all()
    targets = np.floor(demands.sum(axis=1) / 2) if whole else demands @ rng.integers(0, 2, n)
    return MarketShare(demands, targets)


def _multi_knapsack(rng: np.random.Generator) -> Problem:
    n, k = int(rng.integers(1, 5)), int(rng.integers(1, 3))
    weights = numbers(rng, n)
    capacities = np.full(k, np.floor(weights.sum() / 2))
    required = (rng.random(n) < 0.2).astype(np.int64) if rng.random() < 0.3 else None
    return MultiKnapsack(numbers(rng, n), weights, capacities, required=required)


def _qap(rng: np.random.Generator) -> Problem:
    n = int(rng.integers(1, 6))
    flow, distance = numbers(rng, (n, n)), numbers(rng, (n, n), low=int(rng.choice([0, 0, -9])))
    if rng.random() < 0.5:
        np.fill_diagonal(distance, 0.0)
    return Qap(flow, distance)


def _tsp(rng: np.random.Generator) -> Problem:
    n = int(rng.integers(1, 7))
    distances = numbers(rng, (n, n), low=int(rng.choice([0, 0, -9])))
    if rng.random() < 0.6:
        distances = distances + distances.T
    np.fill_diagonal(distances, 0.0)
    return Tsp(distances)


def _hubo(rng: np.random.Generator) -> Problem:
    n = int(rng.integers(1, 7))
    terms = [tuple(rng.choice(n, size=int(rng.integers(0, min(n, 4) + 1)), replace=False).tolist()) for _ in range(7)]
    offset = float(numbers(rng, 1, low=-20)[0]) if rng.random() < 0.3 else 0
    vartype: Any = "spin" if rng.random() < 0.5 else "binary"
    return Hubo(n, terms, numbers(rng, len(terms), low=-20), offset, vartype)


def _labs(rng: np.random.Generator) -> Problem:
    length = int(rng.integers(1, 10))
    return Labs(length, is_skew=bool(length % 2 and rng.random() < 0.4))


def _integer_program(rng: np.random.Generator) -> Problem:
    n, m = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    minimum = rng.integers(-3, 2, n)
    maximum = minimum + rng.integers(0, 4, n)
    pairs = [pair for pair in itertools.combinations_with_replacement(range(n), 2) if rng.random() < 0.3]
    A = numbers(rng, (m, n), low=-15)
    inside = A @ rng.integers(minimum, maximum + 1)
    outside = rng.random() < 0.15  # rows that most often no point keeps
    is_equality = rng.random(m) < 0.3
    inside = inside - 40 * np.abs(A).sum(axis=1) if outside else inside
    return IntegerProgram(
        linear=numbers(rng, n, low=-20),
        minimum=minimum,
        maximum=maximum,
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        couplings=numbers(rng, len(pairs), low=-20),
        offset=float(numbers(rng, 1, low=-20)[0]) if rng.random() < 0.3 else 0,
        row_entries=np.argwhere(A),
        row_values=A[A != 0],
        lower=tuple(float(v) if equal else None for v, equal in zip(inside, is_equality, strict=True)),
        upper=tuple(float(v) for v in inside),
        sense="max" if rng.random() < 0.5 else "min",
    )


def _windows(rng: np.random.Generator, travel: np.ndarray) -> np.ndarray:
    """Windows around the arrivals of a random order; sometimes so tight that no order keeps them."""
    n = len(travel) - 1
    order = [*(rng.permutation(n) + 1).tolist()]
    time, windows, size = 0.0, np.zeros((n + 1, 2)), float(travel.max(initial=0.0))
    for u, v in itertools.pairwise([0, *order]):
        time += float(travel[u, v])
        early, late = rng.choice([0.0, 0.0, 0.5, 1.0, 3.0], 2) * size
        windows[v] = max(0.0, time - early), time + late
    back = time + float(travel[order[-1], 0]) if order else 0.0
    windows[0] = 0.0, back * float(rng.choice([0.9, 1.0, 1.0, 1.5]))
    return windows


def _distances(rng: np.random.Generator, n: int) -> np.ndarray:
    distances = numbers(rng, (n + 1, n + 1))
    distances = distances + distances.T if rng.random() < 0.6 else distances
    np.fill_diagonal(distances, 0.0)
    return distances


def _tsptw(rng: np.random.Generator) -> Problem:
    travel = _distances(rng, int(rng.integers(1, 6)))
    return Tsptw(travel, _windows(rng, travel), "makespan" if rng.random() < 0.4 else "travel")


def _loads(rng: np.random.Generator, n: int) -> tuple[np.ndarray, float, int | None]:
    """Demands, a capacity, and a limit of routes or none."""
    demands = numbers(rng, n + 1)
    demands[0] = 0.0
    capacity = float(max(demands.max(), demands.sum() * rng.choice([0.3, 0.5, 1.0])) * rng.choice([1, 1, 1, 0.9]))
    capacity = float(np.floor(capacity)) if (demands % 1 == 0).all() else capacity
    return demands, capacity, int(rng.integers(1, n + 1)) if rng.random() < 0.5 else None


def _cvrp(rng: np.random.Generator) -> Problem:
    n = int(rng.integers(1, 5))
    return Cvrp(_distances(rng, n), *_loads(rng, n))


def _vrptw(rng: np.random.Generator) -> Problem:
    n = int(rng.integers(1, 5))
    distances = _distances(rng, n)
    demands, capacity, routes = _loads(rng, n)
    service = np.where(np.arange(n + 1) > 0, float(distances.max(initial=0.0)) * float(rng.choice([0, 0.5])), 0.0)
    windows = _windows(rng, distances + service[:, None])
    kind: Any = "vehicles-then-distance" if rng.random() < 0.3 else "distance"
    return Vrptw(distances, demands, capacity, windows, service, routes, kind)


MAKERS: dict[str, Callable[[np.random.Generator], Problem]] = {
    "mdkp": _mdkp,
    "mis": _mis,
    "max-cut": _max_cut,
    "qubo": _qubo,
    "market-share": _market_share,
    "multi-knapsack": _multi_knapsack,
    "qap": _qap,
    "tsp": _tsp,
    "hubo": _hubo,
    "labs": _labs,
    "integer-program": _integer_program,
    "tsptw": _tsptw,
    "cvrp": _cvrp,
    "vrptw": _vrptw,
}


def make(kind: str, rng: np.random.Generator) -> Problem:
    """An instance of the kind; numbers whose sums the problem itself refuses are drawn again."""
    while True:
        try:
            return MAKERS[kind](rng)
        except ValueError as error:
            if not any(word in str(error) for word in ("rescale", "tighter bounds")):
                raise


def solutions(problem: Problem) -> Iterator[np.ndarray]:
    """Every candidate solution of a small instance."""
    match problem:
        case Tsp():
            n = problem.num_cities
            for rest in itertools.permutations(range(1, n)):
                yield np.array([0, *rest][:n], dtype=np.int64)
        case Qap():
            for places in itertools.permutations(range(problem.num_facilities)):
                yield np.array(places, dtype=np.int64)
        case MultiKnapsack():
            for places in itertools.product(range(problem.num_knapsacks + 1), repeat=problem.num_items):
                yield np.array(places, dtype=np.int64)
        case Tsptw():
            for rest in itertools.permutations(range(1, problem.num_customers + 1)):
                yield np.array(rest, dtype=np.int64)
        case Cvrp() | Vrptw():
            n = problem.num_customers
            for order in itertools.permutations(range(1, n + 1)):
                for ends in itertools.product((False, True), repeat=n - 1):
                    parts = ([v, 0] if end else [v] for v, end in zip(order, (*ends, False), strict=True))
                    yield np.array([v for part in parts for v in part], dtype=np.int64)
        case IntegerProgram():
            ranges = zip(problem.minimum.tolist(), problem.maximum.tolist(), strict=True)
            for values in itertools.product(*(range(low, high + 1) for low, high in ranges)):
                yield np.array(values, dtype=np.int64)
        case Hubo():
            for bits in itertools.product((0, 1), repeat=problem.num_variables):
                yield np.array(bits, dtype=np.int64)
        case Labs():
            for bits in itertools.product((0, 1), repeat=problem.length):
                yield np.array(bits, dtype=np.int64)
        case _:
            n = next(iter(problem.formulations.values())).size(problem).variables
            n = problem.demands.shape[1] if isinstance(problem, MarketShare) else n
            for bits in itertools.product((0, 1), repeat=n):
                yield np.array(bits, dtype=np.int64)


def optimum(problem: Problem) -> float | None:
    """The best objective by looking at every solution; None where none is feasible."""
    values = [float(problem.objective(x)) for x in solutions(problem) if not problem.violations(x)]
    if not values:
        return None
    return min(values) if problem.sense == "min" else max(values)
