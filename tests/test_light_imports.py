"""What a run does not use it does not import: OR-Tools brings pandas and dimod networkx, half of a small run's time."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import sys
import qopt
problem = qopt.generate("mdkp", n=6, m=1, seed=1)
for solver in ("cpsat", "brute-force"):
    assert qopt.solve(problem, solver, control=False).objective is not None
unwanted = {"pandas", "networkx", "qiskit", "matplotlib", "scipy.stats", "scipy.optimize", "numpy.f2py"}
assert not unwanted & set(sys.modules), unwanted & set(sys.modules)
import dimod, networkx, pandas
import numpy
assert callable(numpy.f2py.get_include)
import numpy.f2py as f2py
assert numpy.f2py is f2py is sys.modules["numpy.f2py"]
from ortools.sat.python import cp_model
model = cp_model.CpModel()
assert isinstance(model.new_bool_var_series("x", pandas.Index([1, 2])), pandas.Series)
assert cp_model.pd.Series is pandas.Series
assert dimod.decorators.graph_argument("G")(lambda G: G)(networkx.path_graph(2)) == ([0, 1], [(0, 1)])
"""


def test_small_runs_leave_out_what_they_do_not_use_and_others_still_have_it() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
