"""Whether a run ended because of what it had just found, so that its own best is no fair pair for a control's.

A run that stops at its first success has succeeded whenever it is looked at; as many uniform points have not. Solver
`random` in dual rounds was told better that way (2,160 against 1,835 of 4,000 pairs). So no verdict is drawn from such
runs: those that reached the budget's target, and those that an inexact oracle's feasible read ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: How an encoder says that a read ended the run which proves nothing.
UNPROVEN = "complementary slackness (oracle not exact: no proof)"


def judge_of(stages: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The control that every verdict is about, of a row's stages: of the sampler's own start where it has one.

    Examples
    --------
    >>> judge_of({"control": {"num_points": 8}, "control_start": None}), judge_of({"control": None})
    ({'num_points': 8}, None)
    """
    return stages.get("control_start") or stages.get("control")


def ended_at_success(rounds: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last round's read ended the run without a proof.

    Examples
    --------
    >>> ended_at_success([{"stopped": UNPROVEN}]), ended_at_success([{"stopped": "max_rounds"}]), ended_at_success([])
    (True, False, False)
    """
    return bool(rounds) and rounds[-1].get("stopped") == UNPROVEN


def is_no_fair_pair(row: Mapping[str, Any]) -> bool:
    """The same of a row of a sweep, where the target of the budget counts too.

    Examples
    --------
    >>> row = {"rounds": [], "pipeline": {"budget": {"target": 5}}, "objective": 6, "instance": {"sense": "max"}}
    >>> is_no_fair_pair(row), is_no_fair_pair({**row, "objective": 4})
    (True, False)
    """
    if ended_at_success(row.get("rounds") or ()):
        return True
    target, found = ((row.get("pipeline") or {}).get("budget") or {}).get("target"), row.get("objective")
    if target is None or found is None:
        return False
    return bool(found <= target if row["instance"]["sense"] == "min" else found >= target)


def control_of(stages: Mapping[str, Any], of: str) -> Mapping[str, Any] | None:
    """A control of a row's stages by its key; ``judge`` is the one that verdicts are about."""
    return judge_of(stages) if of == "judge" else stages.get(of)


def cut_by_clock(row: Mapping[str, Any], of: str = "control") -> bool:
    """Whether a time limit left a control with fewer points than its run, so that the two are no fair pair.

    So do rounds from a start that ended sooner or later than the run's. Else another number of points is no accident
    but an error, which pairing refuses.

    Examples
    --------
    >>> stages = {"raw": {"num_points": 10}, "control": {"num_points": 8}}
    >>> cut_by_clock({"stages": stages, "pipeline": {"budget": {"seconds": 60}}})
    True
    >>> cut_by_clock({"stages": stages, "pipeline": {"budget": {"seconds": None}}})
    False
    """
    control, raw = control_of(row["stages"], of), row["stages"].get("raw")
    if control and raw and control.get("start") and int(control["num_points"]) != int(raw["num_points"] or 0):
        return True
    is_limited = ((row.get("pipeline") or {}).get("budget") or {}).get("seconds") is not None
    return bool(is_limited and control and raw and int(control["num_points"]) < int(raw["num_points"] or 0))
