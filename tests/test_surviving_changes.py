"""Changes of the code that no test noticed: the twin's seed, and threads of HiGHS under the cut LP."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import qopt
from qopt.experiments import control, decomposition

CODE = """
import highspy, numpy as np
from qopt.algorithms.cut_polytope import OddCycles, cut_polytope_lp
edges, weights = np.array([[0, 1], [1, 2], [0, 2], [2, 3]]), np.array([1.0, 1.0, 1.0, 2.0])
other = highspy.Highs()
other.setOptionValue("output_flag", False)
other.setOptionValue("threads", 2)
other.addVars(1, np.zeros(1), np.ones(1))
other.run()
for method in ("simplex", "ipm"):
    result = cut_polytope_lp(4, *edges.T, weights, OddCycles(method=method))
    print(round(result.value, 6), round(result.bound, 4), result.rounds > 1, result.is_complete)
"""


def test_the_cut_lp_is_solved_after_another_use_of_highs_on_two_threads() -> None:
    """HiGHS refuses the first run ("Not Set"), is reset, and the warm starts of later rounds still hold."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines()[-2:] == ["4.0 4.0 True True"] * 2


def test_the_uniform_twin_of_a_decomposition_is_drawn_by_the_runs_own_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    plain = control.run_sampler

    def watched(*args: Any, **given: Any) -> Any:
        seen.append(given["seeds"].entropy)
        return plain(*args, **given)

    monkeypatch.setattr(control, "run_sampler", watched)
    problem = qopt.generate("mdkp", n=12, m=2, seed=0)
    for seed in (0, 5):
        qopt.solve(problem, "sa", encoder="neighbourhood", seed=seed, rounds=2, num_reads=4, encoder__size=6)
    assert seen == [[0, 1], [5, 1]]


def test_the_control_of_thinned_rounds_draws_every_point_that_the_sampler_drew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many samples a round only the best are judged in the whole program; all of them were looked at."""
    monkeypatch.setattr(decomposition, "MAX_WORK", 1)
    monkeypatch.setattr(decomposition, "THIN", 5)
    problem = qopt.generate("mdkp", n=24, m=2, seed=0)
    record = qopt.solve(problem, "sa", encoder="neighbourhood", rounds=2, encoder__size=12, encoder__points=200)
    assert record.stages is not None
    assert record.stages.control is not None
    assert record.stages.raw.num_points == record.stages.control.raw.num_points == 400
