"""Fails unless the installed package has its compiled engines, and they agree with NumPy."""

from __future__ import annotations

import numpy as np

from qopt.engines import annealing, diagonal, light_cone, statevector
from qopt.engines.annealing.search import load_engine, walks_name
from qopt.engines.diagonal.compiled import instruction_sets

assert diagonal.engine_name().startswith("compiled"), diagonal.engine_name()
assert light_cone.engine_name().startswith("compiled"), light_cone.engine_name()
assert statevector.engine_name().startswith("compiled"), statevector.engine_name()
assert annealing.engine_name().startswith("compiled"), annealing.engine_name()
assert walks_name(load_engine("compiled")).startswith("compiled")
rng = np.random.default_rng(1)
rows, cols = np.triu_indices(14, 1)
for linear in (np.zeros(14), rng.integers(-9, 9, 14), rng.normal(size=14)):
    values = rng.integers(-9, 9, rows.size)
    cost = diagonal.CostDiagonal.from_arrays(linear, rows, cols, values)
    compiled, plain = (diagonal.energy(cost, [0.05, 0.1], [0.5, 0.25], engine=name) for name in ("compiled", "numpy"))
    assert abs(compiled - plain) < 1e-10 * abs(plain), (compiled, plain)
print(diagonal.engine_name(), instruction_sets())
