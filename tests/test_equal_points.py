"""A budget's ``shots`` are all points that a sampler may look at, the same number for every one."""

from __future__ import annotations

import pytest

import qopt
from qopt.core import UnsupportedError

PROBLEM = qopt.generate("mdkp", n=8, m=2, seed=1)
SAMPLERS = [
    ("sa", {}),
    ("tabu", {}),
    ("random", {}),
    ("qaoa", {"layers": 1}),
    ("qaoa", {"layers": 1, "shots_per_evaluation": 20}),
    ("cvar-qaoa", {"layers": 1, "solver__shots": 33}),
    ("ma-qaoa", {"layers": 1, "evaluations": 10}),
    ("vqe", {"reps": 1, "shots_per_evaluation": 20}),
    ("pce", {}),
    ("pce", {"shots_per_evaluation": 7}),
    ("adapt", {"layers": 1}),
    ("rqaoa", {}),
    ("rqaoa", {"backend": "light-cone"}),
    ("lr-qaoa", {}),
    ("ws-qaoa", {"layers": 1}),
    ("pt", {}),
    ("sb", {}),
    ("loihi", {}),
    ("qrao", {}),
]


@pytest.mark.parametrize(("solver", "options"), SAMPLERS, ids=lambda value: str(value))
def test_sixty_points_are_sixty_points_for_every_sampler(solver: str, options: dict[str, object]) -> None:
    """`shots: 60` was 60 points of sa and 1,260 of qaoa, 60 in each of 20 evaluations and at the end."""
    record = qopt.solve(PROBLEM, solver, encoder="unbalanced", shots=60, seed=2, improve=False, **options)
    raw, control = record.stages.raw, record.stages.control
    assert raw is not None
    assert control is not None
    assert raw.num_points is not None
    assert raw.num_points <= 60
    assert (record.resources.shots or 0) <= 60
    assert control.num_points <= 60
    if solver == "rqaoa":  # it enumerates what is left: it looked at 256 points
        assert raw.num_points == control.num_points == 32
    elif solver != "pce":  # one circuit of it is one point
        assert raw.num_points == control.num_points == 60
    told = record.resources.extra.get("shots_per_evaluation")
    if "shots_per_evaluation" in options and solver != "pce":
        assert told == options["shots_per_evaluation"]
        assert record.resources.evaluations == 2  # 20 points each, and the last 20 of the final state


def test_more_points_an_evaluation_than_in_all_are_refused() -> None:
    with pytest.raises(ValueError, match="must be <= those of the whole run, got 100 and 60"):
        qopt.solve(PROBLEM, "qaoa", shots=60, shots_per_evaluation=100)
    with pytest.raises(UnsupportedError, match="rqaoa must have exact values under a limit of points"):
        qopt.solve(PROBLEM, "rqaoa", shots=60, shots_per_evaluation=10)
    with pytest.raises(UnsupportedError, match="got backend 'mps'; use --backend exact"):
        qopt.solve(PROBLEM, "rqaoa", shots=60, backend="mps")


def test_a_recursion_ends_where_one_point_is_left() -> None:
    record = qopt.solve(PROBLEM, "rqaoa", encoder="unbalanced", shots=1, seed=2)
    assert record.stages.raw is not None
    assert record.stages.raw.num_points == 1
