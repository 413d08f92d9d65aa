"""What ws-qaoa's start is worth by itself: independent bits with the start's probabilities, no circuit.

``python benchmarks/warm_start.py``. The control of ws-qaoa draws uniform points, so what the relaxation knows is
counted as the circuit's. Here the same optimum is asked of the product distribution that the circuit starts in; all
three chances are exact. Knapsacks of five rows, ``unbalanced``, the solver's defaults. Half a minute.
"""

from __future__ import annotations

import numpy as np

import qopt
from qopt.core import Cube
from qopt.experiments.worth_text import figures
from qopt.problems.formulations import formulate

SIZES = (10, 12, 14)
SEEDS = (1, 2, 3)


def main() -> None:
    """A line an instance: worth of the circuit's samples, of its start's, and their ratio."""
    print("| n | seed | worth of ws-qaoa | worth of its start | the circuit's own factor |\n|---|---|---|---|---|")
    for n in SIZES:
        for seed in SEEDS:
            problem = qopt.generate("mdkp", n=n, m=5, seed=seed)
            options = {"encoder": "unbalanced", "repair": "off", "improve": False, "reference": "auto"}
            record = qopt.solve(problem, "ws-qaoa", seed=seed, **options)
            assert record.worth is not None
            target = next(each for each in record.worth.targets if each.target == "optimum")
            extra = record.resources.extra
            p = np.clip(np.array(extra["warm_point"]), extra["eps"], 1 - extra["eps"])
            program = formulate(problem, None).program
            Z = Cube(n).block(0, 1 << n)
            best = program.feasible(Z) & (program.costs(Z) <= program.costs(Z)[program.feasible(Z)].min() + 1e-9)
            start = float(np.where(Z[best] == 1, p, 1 - p).prod(axis=1).sum()) / (best.sum() / (1 << n))
            own = target.worth or 0.0
            print(f"| {n} | {seed} | {figures(own)} | {figures(start)} | {figures(own / start)} |", flush=True)


if __name__ == "__main__":
    main()
