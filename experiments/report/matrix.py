"""One matrix of what each sampler earned: pipelines by stages, each cell an effect, its interval, and a mark.

The marks: ``better`` and ``worse`` by Holm's p below 0.05 over all cells; ``open`` where the pairs are too few to tell,
with how many more of the same effect would; ``tied`` where every pair is equal, so that no number of them would.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from .paired import Control
from .row import STAGES, StageName
from .runs import Run, RunSet
from .statistics import pairs_to_tell
from .tables import MISSING, Cell, Column, Table, percent, words

Mark = Literal["better", "worse", "open", "tied"]
#: Numbers of missing pairs beyond this are told as more than it.
MAX_PAIRS = 9_999


def mark_of(found: Control) -> Mark:
    """Which of the four marks a cell has."""
    if found.verdict in ("better", "worse"):
        return "better" if found.verdict == "better" else "worse"
    return "tied" if math.isinf(pairs_to_tell(found.test)) else "open"


def missing_pairs(found: Control, num_tests: int) -> int:
    """How many more pairs of the same effect and the same share of ties would tell; at least one."""
    return max(1, int(min(pairs_to_tell(found.test, num_tests), 1e9)) - found.test.num_pairs)


def matrix_table(runs: RunSet, controls: Sequence[Control]) -> Table:
    """The matrix, quantum first; shares of feasible samples and of best hits stand beside the control's."""
    by_pipeline: dict[str, dict[StageName, Control]] = {}
    for found in controls:
        by_pipeline.setdefault(found.pipeline, {})[found.stage] = found
    stages = [stage for stage in STAGES if any(stage in found for found in by_pipeline.values())]
    columns = [
        Column("pipeline"),
        *(Column(stage, "Effect and its 95 % interval; negative: lower gap than the control.") for stage in stages),
        Column("feasible", "Feasible samples, raw: mean over runs."),
        Column("of control", "Feasible uniform points, raw: mean over runs."),
        Column("best hits", "Samples at least as good as the run's best raw one: mean over runs."),
        Column("of control ", "Uniform points that reach the same: mean over runs."),
    ]
    rows = []
    for label in sorted(by_pipeline, key=lambda label: label not in runs.quantum):
        own = by_pipeline[label]
        cells = [_cell(own[stage], len(controls)) if stage in own else MISSING for stage in stages]
        kind = "quantum" if label in runs.quantum else "classical"
        rows.append([words(f"{label} ({kind})"), *cells, *_shares(runs.by_pipeline[label])])
    note = (
        "Each sampler against equally many uniform points of its own ground with the same selection, repair and local "
        "search. Effect: matched-pairs rank-biserial correlation, -1 is better in every pair, 1 worse in every pair. "
        "Better, worse: p below 0.05 after Holm's correction over all cells; the intervals are of each cell alone. "
        "Open: too few pairs to tell, and how many more with the same effect would. Tied: all pairs are equal."
    )
    return Table("matrix", "What each sampler earned against uniform points", columns, rows, note)


def _cell(found: Control, num_tests: int) -> Cell:
    mark, test = mark_of(found), found.test
    if mark == "tied":
        return Cell(f"tied in {test.num_pairs} {_pairs(test.num_pairs)}", 0.0, mark=mark)
    text = f"{mark} {test.effect:+.2f} [{test.low:+.2f}, {test.high:+.2f}]"
    if mark == "open":
        more = missing_pairs(found, num_tests)
        number = f"over {MAX_PAIRS:,}" if more > MAX_PAIRS else f"{more:,}"
        text += f", {number} more {_pairs(more)}"
    return Cell(text, test.effect, mark=mark)


def _pairs(number: int) -> str:
    return "pair" if number == 1 else "pairs"


def _shares(members: Sequence[Run]) -> list[Cell]:
    """Feasible share and share of best hits, each beside that of the control."""
    cells = []
    for name in ("feasible_share", "hit_share"):
        told = [[getattr(of.get("raw"), name, None) for of in (run.stages, run.control)] for run in members]
        both = np.array([pair for pair in told if None not in pair], dtype=np.float64).reshape(-1, 2)
        cells += [percent(value) for value in (both.mean(axis=0).tolist() if len(both) else (math.nan, math.nan))]
    return cells
