# %% [markdown]
# # An instance larger than the circuit
#
# Fifty items and five rows: a slack encoding would need 120 qubits. `neighbourhood` leaves sixteen items open in each
# round, the others as in the best point so far, and every round is a small circuit.

# %%
import tempfile
from pathlib import Path

from IPython.display import Image

import qopt
from qopt.experiments.plot_samples import plot_incumbents

folder = Path(tempfile.mkdtemp())
problem = qopt.generate("mdkp", n=50, m=5, seed=1)
records = {
    "qaoa": qopt.solve(problem, qopt.Qaoa(num_layers=2), encoder="neighbourhood", seed=1, rounds=25, ceiling=True),
    "cpsat": qopt.solve(problem, "cpsat", seed=1),
}
optimum = records["cpsat"].objective
print(records["qaoa"])
print(records["qaoa"].resources.qubits, "qubits a round")

# %% [markdown]
# Incumbents over time. The circuit is simulated; CP-SAT proves the optimum.

# %%
plot_incumbents(records, folder / "incumbents.png", best=optimum)
Image(folder / "incumbents.png")

# %% [markdown]
# Each stage beside its control: the same rounds from the same start, with uniform points in the place of the samples.
# The stage `improved` is local search, which does most of the work for both.

# %%
stages = records["qaoa"].stages
for stage in ("raw", "repaired", "improved"):
    own, control = getattr(stages, stage), getattr(stages.control, stage)
    gaps = [1 - found.objective / optimum for found in (own, control)]
    print(f"{stage:9} {own.objective} (gap {gaps[0]:.2%}), control {control.objective} (gap {gaps[1]:.2%})")
