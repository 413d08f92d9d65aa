"""A small set of rows for the tests of reports: real runs of tiny instances, one of them with a hostile name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import qopt

HOSTILE = "<script>window.hacked=1</script>"
PIPELINES: dict[str, dict[str, Any]] = {
    "qaoa<b>": {"solver": "qaoa", "encoder": "unbalanced", "layers": 1, "evaluations": 10, "num_shots": 16},
    "random": {"solver": "random", "encoder": "unbalanced", "num_reads": 16},
    "greedy": {"solver": "greedy"},
    "cpsat": {"solver": "cpsat"},
}


@cache
def _lines() -> tuple[str, ...]:
    lines = []
    problems = [qopt.generate("mdkp", n=n, m=2, seed=n) for n in (4, 6)]
    problems += [qopt.generate("mis", n=n, degree=3, seed=n) for n in (6, 8)]
    for k, problem in enumerate(problems):
        for label, options in PIPELINES.items():
            for repeat in range(2):
                row = qopt.solve(problem, seed=10 * k + repeat, **options).to_json()
                if k == 0:
                    row["instance"]["name"] = HOSTILE
                row["sweep"] = {"pipeline": label, "family": label, "group": "", "repeat": repeat, "wall_seconds": 0.1}
                lines.append(json.dumps(row))
    failed = json.loads(lines[0])
    failed |= {"id": "f" * 64, "seed": 999, "status": "failed", "objective": None, "stages": {}, "trace": []}
    failed |= {"message": "TimeoutError: <img src=x onerror=alert(1)>"}
    failed["sweep"] = {**failed["sweep"], "failure": "timeout"}
    return (*lines, json.dumps(failed))


def rows() -> list[dict[str, Any]]:
    """33 rows, fresh copies."""
    return [json.loads(line) for line in _lines()]


def write_rows(folder: Path, some: list[dict[str, Any]] | None = None) -> Path:
    """A run folder of these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = _lines() if some is None else [json.dumps(row) for row in some]
    (folder / "rows.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder
