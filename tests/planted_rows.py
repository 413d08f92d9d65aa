"""Rows for the papers' sentences: one real run's row, put in the place of any run of a sweep."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import qopt

Row = dict[str, Any]
#: Objective of the planted optimum.
OPTIMUM = 1000


@cache
def _json() -> str:
    problem = qopt.generate("mdkp", n=8, m=1, seed=1)
    return json.dumps(qopt.solve(problem, "ws-qaoa", encoder="unbalanced", seed=0, num_shots=5).to_json())


def real_row() -> Row:
    """Row of a warm-started run, which has every part that a row can have; a copy of one's own."""
    found: Row = json.loads(_json())
    return found


def row_at(family: str, kind: str, at: int, repeat: int) -> Row:
    """The real row as that of a repeat of a pipeline on instance ``at``, whose optimum is planted."""
    made = real_row()
    made["instance"] |= {"kind": kind, "name": f"{kind}-{at}", "fingerprint": f"{kind}-{at}", "sense": "min"}
    made["sweep"] = {"family": family, "pipeline": family, "group": kind, "repeat": repeat, "wall_seconds": 0.0}
    made["reference"] = {"value": OPTIMUM, "kind": "proven", "source": "planted"}
    return made
