"""Gap, budget, digest and Record: the words in which a run is told."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qopt.core import (
    Budget,
    Control,
    Instance,
    Record,
    Reference,
    Resources,
    Stage,
    Stages,
    Status,
    absolute_gap,
    digest,
    relative_gap,
)


def test_the_gap_is_signed_towards_worse_in_both_senses() -> None:
    assert relative_gap(90, 100, "max") == pytest.approx(0.1)
    assert relative_gap(110, 100, "min") == pytest.approx(0.1)
    assert relative_gap(110, 100, "max") == pytest.approx(-0.1)
    assert relative_gap(-90, -100, "min") == pytest.approx(0.1)


def test_a_zero_reference_has_an_absolute_gap_only() -> None:
    assert relative_gap(0, 0, "min") == 0
    assert relative_gap(4, 0, "min") is None
    assert absolute_gap(4, 0, "min") == 4
    assert absolute_gap(None, 0, "min") is None


@pytest.mark.parametrize("field", ["seconds", "evaluations", "shots", "rounds", "memory_bytes"])
@pytest.mark.parametrize("value", [0, -1, float("inf")])
def test_limits_are_positive(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{field} must be > 0"):
        Budget(**{field: value})


def test_the_digest_does_not_see_layout_or_width() -> None:
    a = np.arange(12).reshape(3, 4)
    assert digest([a]) == digest([np.asfortranarray(a.astype(np.int32))]) == digest([a.astype(float)])
    assert digest([a]) != digest([a.T])
    assert digest([np.array([0.0])]) == digest([np.array([-0.0])])


def record() -> Record:
    stage = Stage(objective=7, feasible=True, gap=0.0, solution=(0, 1), feasible_share=0.25)
    return Record(
        id="abc",
        status=Status.OPTIMAL,
        seed=1,
        is_replayable=True,
        instance=Instance("i", "mdkp", "max", {"items": 2}, "f"),
        pipeline={"solver": {"name": "cpsat"}},
        objective=7,
        solution=(0, 1),
        violations={},
        bound=7,
        gap=0.0,
        abs_gap=0,
        reference=Reference(7, "proven", "this run"),
        stages=Stages(raw=stage, control=Control(raw=stage, num_points=10)),
        resources=Resources(qubits=2, seconds={"total": 0.5}, peak_bytes=10),
        trace=((0.1, 5), (0.2, 7)),
        environment={"python": "3.11"},
    )


def test_a_record_survives_json() -> None:
    again = Record.from_json(json.loads(json.dumps(record().to_json())))
    assert again == record()


def test_the_replay_view_leaves_out_time_and_place_only() -> None:
    view = record().replay_view()
    assert view["trace"] == [5, 7]
    assert "environment" not in view
    assert "seconds" not in view["resources"]
    assert view["objective"] == 7


def test_a_cut_or_foreign_record_is_refused() -> None:
    data = record().to_json()
    with pytest.raises(ValueError, match="schema"):
        Record.from_json({**data, "schema": "other/1"})
    data.pop("status")
    with pytest.raises(ValueError, match="must have the key 'status'"):
        Record.from_json(data)
