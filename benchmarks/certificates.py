"""Certificates of published optima that are wrong: solution files that ``qopt verify`` accepts.

    python benchmarks/certificates.py [docs/papers/certificates]

Market share by meeting in the middle: the sums of either half of the retailers, joined where they miss the targets by
at most four units together, so that the least deviation up to four is proven. 40 retailers take a minute and 2 GiB.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

import qopt
from qopt.problems.market_share import MarketShare
from qopt.problems.solutions import write_solution

#: Largest deviation that is looked for.
MOST = 4
#: Bits of the filter that most pairs fall through.
FILTER_BITS = 27


def half_sums(demands: np.ndarray) -> np.ndarray:
    """Sums of every subset of columns, row i of the subset with the bits of i; shape (2**columns, products)."""
    sums = np.zeros((1, len(demands)), dtype=np.int64)
    for column in demands.T:
        sums = np.concatenate([sums, sums + column])
    return sums


def least_deviation(problem: MarketShare) -> tuple[int, np.ndarray] | None:
    """The least summed deviation and a solution; None where it is above ``MOST``."""
    demands, targets = np.asarray(problem.demands, dtype=np.int64), np.asarray(problem.targets, dtype=np.int64)
    products, retailers = demands.shape
    half = retailers // 2
    weights = 4099 ** np.arange(products, dtype=np.int64)  # one number a sum; equal sums have equal numbers
    first, second = half_sums(demands[:, :half]) @ weights, half_sums(demands[:, half:]) @ weights
    order = np.argsort(second)
    ordered, is_there = second[order], np.zeros(1 << FILTER_BITS, dtype=np.bool_)
    is_there[bucket(second)] = True
    misses = [miss for miss in itertools.product(range(-MOST, MOST + 1), repeat=products) if np.abs(miss).sum() <= MOST]
    for miss in sorted(misses, key=lambda miss: int(np.abs(miss).sum())):
        wanted = int((targets + miss) @ weights) - first
        near = np.flatnonzero(is_there[bucket(wanted)])
        at = np.minimum(np.searchsorted(ordered, wanted[near]), len(ordered) - 1)
        for hit in np.flatnonzero(ordered[at] == wanted[near]).tolist():
            low, high = int(near[hit]), int(order[at[hit]])
            x = np.array([low >> k & 1 for k in range(half)] + [high >> k & 1 for k in range(retailers - half)])
            deviation = int(np.abs(demands @ x - targets).sum())
            if deviation == np.abs(miss).sum():  # no accident of the numbers
                return deviation, x
    return None


def bucket(numbers: np.ndarray) -> np.ndarray:
    """Place in the filter."""
    return np.asarray((numbers * np.int64(-7046029254386353131)) >> np.int64(30) & ((1 << FILTER_BITS) - 1))


def main(folder: Path) -> None:
    """Write the certificates."""
    folder.mkdir(parents=True, exist_ok=True)
    for products, seed in itertools.product((2, 3, 4, 5), (0, 1)):
        problem = qopt.generate("market-share", products=products, seed=seed)
        found = least_deviation(problem)
        print(f"market share, {products} products, seed {seed}: least deviation", found and found[0], flush=True)
        if found is not None:
            write_solution(problem, found[1], folder / f"market-share-{products}-{seed}.json")
    graph = qopt.generate("mis", code="1dc", n=64)
    record = qopt.solve(graph, "cpsat", seed=1)
    print("1dc.64: independence number", record.objective, record.status.value)
    assert record.solution is not None
    write_solution(graph, record.solution, folder / "1dc.64.json")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/papers/certificates"))
