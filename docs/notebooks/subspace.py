# %% [markdown]
# # A tour inside the feasible subspace
#
# A travelling salesman's QUBO has a bit for each city and place; nearly all of its points are no tours. `xy` starts in
# tours and mixes tours alone, so no penalty is needed. Its control draws tours, too: a head start is not counted as
# earned.

# %%
import tempfile
from pathlib import Path

from IPython.display import Image

import qopt
from qopt.experiments.plot_samples import plot_tour

folder = Path(tempfile.mkdtemp())
tsp = qopt.generate("tsp", n=5, seed=3)
records = {
    "penalties": qopt.solve(tsp, qopt.Qaoa(num_layers=2), encoder="slack", seed=1, shots=1000),
    "subspace": qopt.solve(tsp, "xy", num_layers=2, seed=1, shots=1000),
}
for name, record in records.items():
    raw, control = record.stages.raw, record.stages.control.raw
    feasible = f"feasible {raw.feasible_share:.1%} (control {control.feasible_share:.1%})"
    best = f"{raw.objective} in {raw.hit_share:.1%} (control {control.hit_share:.1%})"
    print(f"{name:10} {record.resources.qubits} qubits, {feasible}, best {best}")

# %%
exact = qopt.solve(tsp, "held-karp")
tours = {name: record.solution for name, record in records.items()} | {"proven": exact.solution}
plot_tour(tsp, tours, folder / "tours.png")
Image(folder / "tours.png")

# %% [markdown]
# The same for a quadratic assignment of four facilities: permutations again.

# %%
qap = qopt.generate("qap", n=4, seed=1)
for name, record in {
    "penalties": qopt.solve(qap, qopt.Qaoa(num_layers=2), encoder="slack", seed=1, shots=1000),
    "subspace": qopt.solve(qap, "xy", num_layers=2, seed=1, shots=1000),
}.items():
    raw, control = record.stages.raw, record.stages.control.raw
    print(
        f"{name:10} feasible {raw.feasible_share:.1%} (control {control.feasible_share:.1%}), "
        f"best {raw.objective}: {raw.hit_share:.1%} (control {control.hit_share:.1%})"
    )
