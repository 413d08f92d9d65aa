"""Restart cut-offs: by hand, for heavy tails, and the gain on runs that the cut-off was not chosen on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qopt.experiments.report.report import make_report
from qopt.experiments.report.restarts import best_restart, expected_seconds
from qopt.experiments.report.runs import load_runs

from .report_cases import write_rows


def test_a_cutoff_by_hand() -> None:
    """Half of the runs take 1 s, half never end before 10 s: restarting after 1 s takes 2 s, whole runs 11 s."""
    times, lengths = [1.0, math.inf] * 5, [10.0] * 10
    found = best_restart(times, lengths)
    assert found is not None
    assert (found.cutoff, found.expected, found.without, found.held_out) == (1.0, 2.0, 11.0, 2.0)
    assert found.gain == 5.5
    assert best_restart([math.inf] * 6, [1.0] * 6) is None


def test_memoryless_runs_have_nothing_to_gain() -> None:
    times = np.random.default_rng(1).exponential(1.0, 200).tolist()
    found = best_restart(times, times)
    assert found is not None
    assert found.expected <= found.without
    assert found.gain < 1.1


def test_heavy_tails_gain() -> None:
    times = np.random.default_rng(1).lognormal(0.0, 3.0, 60).tolist()
    found = best_restart(times, times)
    assert found is not None
    assert found.gain > 5
    assert expected_seconds(times, times, found.cutoff) == pytest.approx(found.expected)


def test_the_report_has_a_table_where_runs_suffice(tmp_path: object) -> None:
    table = make_report(load_runs(write_rows(tmp_path))).tables["restarts"]  # type: ignore[arg-type]
    assert table.columns[-1].name == "gain, left out"
