# %% [markdown]
# # QAOA on a knapsack, against its control
#
# A multidimensional knapsack of ten items and three rows: its encoding, the landscape of one layer, training, and what
# the circuit's samples are worth against uniform points.

# %%
import tempfile
from pathlib import Path

import numpy as np
from IPython.display import Image

import qopt
from qopt.experiments.plot_samples import plot_evaluations, plot_landscape, plot_objectives
from qopt.problems.formulations import formulate

folder = Path(tempfile.mkdtemp())
problem = qopt.generate("mdkp", n=10, m=3, seed=5)
encoding = qopt.encode(problem, "unbalanced")
print(qopt.info(problem)["size"], "->", encoding.bqm.num_variables, "qubits;", encoding.note)

# %% [markdown]
# One layer has two angles, so all of it can be seen. The circle is no circuit at all: uniform points. The cross is
# where the optimiser ended.

# %%
runs = {f"{p} layers": qopt.Qaoa(num_layers=p).sample(encoding.bqm, seed=1, num_shots=2000) for p in (1, 2, 4)}
energies = plot_landscape(encoding.bqm, folder / "landscape.png", angles=runs["1 layers"].info["angles"])
Image(folder / "landscape.png")

# %% [markdown]
# More layers reach a lower mean energy, at the price of more evaluations.

# %%
plot_evaluations({name: found.info for name, found in runs.items()}, folder / "training.png")
Image(folder / "training.png")


# %% [markdown]
# A low mean energy is not the aim. What counts is the objective of feasible samples, beside that of as many uniform
# points.


# %%
def objectives(points):
    """The objective of each point of the program; nan where it breaks a row."""
    program = formulate(problem, None).program
    return np.where(program.feasible(points), -program.costs(points), np.nan)


found = runs["4 layers"].record
drawn = np.repeat(np.asarray(found.sample, dtype=np.uint8), found.num_occurrences, axis=0)
uniform = np.random.default_rng(1).integers(0, 2, drawn.shape, dtype=np.uint8)
optimum = qopt.solve(problem, "cpsat").objective
plot_objectives(
    objectives(encoding.decode(drawn)),
    objectives(encoding.decode(uniform)),
    folder / "histogram.png",
    best=optimum,
    title="QAOA, four layers",
)
Image(folder / "histogram.png")

# %% [markdown]
# `qopt.solve` does all of this and counts it: `raw` is the best sample, `control` the best of equally many uniform
# points, and `worth` the chance of one sample to be optimal over that of one uniform point.

# %%
record = qopt.solve(problem, qopt.Qaoa(num_layers=4), seed=1, shots=2000)
print(record)
target = record.worth.targets[0]
print(f"one sample is worth {target.worth:.3g} uniform points for {target.target}")
