# %% [markdown]
# # Routes with capacities and time windows
#
# A vehicle routing instance with time windows: the picture of an answer, and what annealing of permutations earns
# against its own control.

# %%
import tempfile
from pathlib import Path

import numpy as np
from IPython.display import Image

import qopt
from qopt.experiments.plot_routes import plot_routes

folder = Path(tempfile.mkdtemp())
problem = qopt.generate("vrptw", n=8, seed=1)
print(qopt.info(problem)["size"])
proven = qopt.solve(problem, "route-sets", seed=1)
print(proven)

# %%
plot_routes(problem, np.array(proven.solution), folder / "routes.png")
Image(folder / "routes.png")

# %% [markdown]
# The same instance by samplers and heuristics, all verified on the instance's own data.

# %%
for solver in ("greedy", "constrained-sa", "hybrid-tabu", "route-sets"):
    record = qopt.solve(problem, solver, seed=1, seconds=5)
    gap = "-" if record.gap is None else f"{record.gap:.2%}"
    print(f"{solver:16} {record.status.value:10} {record.objective} gap {gap}")
