"""One thread for every numerical library, from before it is imported. Import this first.

A library reads its variable once, when it is loaded; setting it later does nothing.
"""

from __future__ import annotations

import os
import sys

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)

if "numpy" in sys.modules:
    raise RuntimeError("one_thread must be imported before numpy, which has taken its threads already")
os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
# Waiting threads of OpenMP sleep: spinning counts as CPU time.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
