"""What ws-qaoa earns beyond its start: worth in uniform points, of the start alone, and in the start's own points.

``python benchmarks/warm_start.py``. The start is independent bits with the probabilities of the circuit's first state
(the relaxation's point, kept off 0 and 1 by eps); all chances are exact. Knapsacks of five rows, ``unbalanced``, the
solver's defaults. Half a minute.
"""

from __future__ import annotations

import qopt
from qopt.experiments.worth_text import figures

SIZES = (10, 12, 14)
SEEDS = (1, 2, 3)


def main() -> None:
    """A line an instance: worth of the circuit's samples, of its start's, and their ratio."""
    print("| n | seed | worth of ws-qaoa | worth of its start | beyond its start |\n|---|---|---|---|---|")
    for n in SIZES:
        for seed in SEEDS:
            problem = qopt.generate("mdkp", n=n, m=5, seed=seed)
            options = {"encoder": "unbalanced", "repair": "off", "improve": False, "reference": "auto"}
            record = qopt.solve(problem, "ws-qaoa", seed=seed, **options)
            assert record.worth is not None
            target = next(each for each in record.worth.targets if each.target == "optimum")
            assert target.beyond is not None
            start = target.beyond.chance.value / target.uniform.value
            cells = [figures(value or 0.0) for value in (target.worth, start, target.beyond.worth)]
            print(f"| {n} | {seed} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
