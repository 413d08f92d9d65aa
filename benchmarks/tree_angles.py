"""Makes algorithms/fixed_angles.json: the best angles of QAOA for Max-Cut on regular trees, by degree and layers.

    python benchmarks/tree_angles.py --degrees 2-8 --layers 11

Layers grow one by one from interpolated angles, each optimised by L-BFGS on the tree's exact energy and gradient.
Entries that stand in the file are kept, so that a stopped run goes on. One evaluation takes 0.02 s of CPU at 8 layers,
0.4 s at 10 and 2 s at 11.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from qopt.algorithms.tree_energy import tree_correlation
from qopt.solvers.training.initial_angles import grown

TABLE = Path(__file__).resolve().parents[1] / "algorithms" / "fixed_angles.json"


def optimized(degree: int, gammas: np.ndarray, betas: np.ndarray, evaluations: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest maximum of the cut: gammas of exp(-i gamma C), C = sum (1 - ZZ)/2."""
    p = len(gammas)

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, by_gamma, by_beta = tree_correlation(x[:p], x[p:], degree)
        return value, np.concatenate([by_gamma, by_beta])

    start = np.concatenate([gammas / 2, betas])
    options = {"maxfun": evaluations, "maxiter": evaluations, "ftol": 1e-14, "gtol": 1e-8}
    x = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    return 2 * x[:p], x[p:]


def main() -> None:
    """Fill in what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--degrees", default="2-8")
    parser.add_argument("--layers", type=int, default=11)
    parser.add_argument("--evaluations", type=int, default=200, help="at most, an entry")
    asked = parser.parse_args()
    first, last = (int(end) for end in asked.degrees.split("-"))
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {"angles": []}
    table["source"] = "benchmarks/tree_angles.py: L-BFGS on algorithms/tree_energy.py, layers grown by interpolation"
    known = {(entry["degree"], entry["layers"]): entry for entry in table["angles"]}
    for layers in range(1, asked.layers + 1):
        for degree in range(first, last + 1):
            if (degree, layers) in known:
                continue
            began = time.process_time()
            if layers == 1:
                start = np.array([np.arctan(1 / np.sqrt(degree - 1))]), np.array([np.pi / 8])
            else:
                before = known[degree, layers - 1]
                start = grown(before["gammas"]), grown(before["betas"])
            angles = [part.round(7) for part in optimized(degree, *start, asked.evaluations)]
            ratio = (1 - tree_correlation(angles[0] / 2, angles[1], degree)[0]) / 2
            known[degree, layers] = {
                "degree": degree,
                "layers": layers,
                "gammas": angles[0].tolist(),
                "betas": angles[1].tolist(),
                "ratio": round(ratio, 9),
            }
            print(degree, layers, f"{ratio:.6f}", f"{time.process_time() - began:.1f} s", flush=True)
            entries = ",\n".join(json.dumps(known[key]) for key in sorted(known))
            source = json.dumps(table["source"])
            TABLE.write_text(f'{{"source": {source},\n"angles": [\n{entries}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
