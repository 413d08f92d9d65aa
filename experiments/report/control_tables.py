"""The report's tables of samplers against their controls: whether a pipeline beats equally many random points."""

from __future__ import annotations

from collections.abc import Sequence

from .paired import Control
from .tables import Cell, Measure, Table, count, figure, p_text, tabulate, words


def program_table(controls: Sequence[Control]) -> Table:
    """Reduction and sampler together against the whole program."""
    found = control_table(controls)
    note = "Uniform points of the whole program: what the reduction fixed is counted here. No verdict on the sampler."
    title = "What reduction and sampler earned together"
    return Table("program", title, found.columns, found.rows, note)


def uniform_table(controls: Sequence[Control]) -> Table:
    """Samplers with a start of their own against uniform points: what start and sampler earned together."""
    found = control_table(controls)
    note = "Uniform points of the sampler's ground: what its start knew is counted here. No verdict on the sampler."
    return Table("uniform", "What start and sampler earned together", found.columns, found.rows, note)


def _p(value: float) -> Cell:
    return Cell(p_text(value), value)


def _feasible(found: Control) -> Cell:
    own, other = found.feasible
    return Cell(f"{own} | {other} of {found.num_runs}", own)


_CONTROLS: tuple[Measure[Control], ...] = (
    Measure("pipeline", lambda found: words(found.pipeline)),
    Measure("stage", lambda found: words(found.stage)),
    Measure(
        "verdict", lambda found: words(found.verdict), "By Holm's adjusted p below 0.05 and the sign of the effect."
    ),
    Measure(
        "effect",
        lambda found: figure(found.test.effect),
        "Matched-pairs rank-biserial correlation; negative: lower gap than the control.",
    ),
    Measure("p", lambda found: _p(found.test.p), "Wilcoxon's signed-rank test, two-sided."),
    Measure("p, Holm", lambda found: _p(found.adjusted)),
    Measure("units", lambda found: count(found.test.num_pairs)),
    Measure("ties", lambda found: count(found.test.num_ties)),
    Measure("feasible", _feasible, "Runs with a feasible point at this stage, and of the control."),
)


def control_table(controls: Sequence[Control]) -> Table:
    """Whether each sampler beats equally many uniform points of its own ground, stage by stage."""
    title = "Is it better than uniform points of the same ground with the same repair?"
    note = " ".join(filter(None, (_started(controls), _left_out(controls))))
    return tabulate("control", title, _CONTROLS, controls, note)


def _started(controls: Sequence[Control]) -> str:
    """Which pipelines are judged by points of their own start; empty without any."""
    starts = {found.pipeline: found.start for found in controls if found.start}
    if not starts:
        return ""
    told = "; ".join(f"{label}: {start}" for label, start in starts.items())
    return f"Against points of the sampler's own start instead of uniform ones: {told}."


def _left_out(controls: Sequence[Control]) -> str:
    """Which pipelines' runs are in no test; empty without any."""
    counts = {found.pipeline: found.num_left_out for found in controls if found.num_left_out}
    if not counts:
        return ""
    told = ", ".join(f"{label} {number}" for label, number in counts.items())
    reasons = "ended at their own success, or whose control had another number of points"
    return f"Left out, since they are no fair pair: runs that {reasons} ({told})."
