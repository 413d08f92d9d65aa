"""HiGHS fixes its threads per process: a run on one thread after one on two ended with the status "Not Set"."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import highspy, numpy as np, qopt
other = highspy.Highs()
other.setOptionValue("output_flag", False)
other.setOptionValue("threads", 2)
other.addVars(1, np.zeros(1), np.ones(1))
other.run()
print(qopt.solve(qopt.generate("mdkp", n=8, m=2, seed=1), "milp", control=False).status.value)
"""


def test_milp_solves_after_another_use_of_highs_on_two_threads() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split()[-1] == "optimal"
