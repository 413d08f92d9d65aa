"""IOHprofiler data (two-column format): a folder an algorithm, a function a kind, a dimension a size.

IOHanalyzer's running time is a whole number of function evaluations. Rows trace seconds, so the running time here is
microseconds: its fixed-target results are times to target.

References
----------
C. Doerr et al. (2018), IOHprofiler, arXiv:1810.05281; the format as its page "Supported data format" has it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ...core.files import draft_of, write_text
from ..report.runs import Run, RunSet
from .qoblib import safe_name

MICRO = 1_000_000
HEADING = '"function evaluation" "best-so-far f(x)"'


def write_ioh(runs: RunSet, folder: Path) -> tuple[list[Path], list[str]]:
    """Info files written, and what was left out; ``instances.csv`` tells numbers from names.

    Raises
    ------
    ValueError
        No run has a feasible answer.
    """
    kinds = {kind: i + 1 for i, kind in enumerate(sorted({run.kind for run in runs.runs}))}
    numbers = {instance: i + 1 for i, instance in enumerate(runs.instances)}
    written: list[Path] = []
    missing = sum(not run.trace for run in runs.runs)
    if missing == len(runs.runs):
        raise ValueError("rows must have a feasible answer to be exported as IOHprofiler data, got none")
    for label in runs.pipelines:
        for kind, function in kinds.items():
            members = [run for run in runs.by_pipeline[label] if run.kind == kind and run.trace]
            if members:
                home = folder / safe_name(label)
                written.append(_write_function(home, label, function, members, numbers))
    with draft_of(folder / "instances.csv") as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["funcId", "kind", "instance", "name", "size", "fingerprint"])
        for instance, run in runs.instances.items():
            writer.writerow([kinds[run.kind], run.kind, numbers[instance], run.name, run.size, instance])
    left_out = [f"{missing} runs without a feasible answer"] if missing else []
    return written, left_out


def _write_function(home: Path, label: str, function: int, members: Sequence[Run], numbers: dict[str, int]) -> Path:
    """The info file of one algorithm and function, with a data file a dimension."""
    data = home / f"data_f{function}"
    data.mkdir(parents=True, exist_ok=True)
    lines = []
    for size in sorted({run.size for run in members}):
        runs = [run for run in members if run.size == size]
        path = data / f"IOHprofiler_f{function}_DIM{size}.dat"
        write_text(path, "".join(_block(run) for run in runs))
        said = label.replace("'", "")
        goal = "T" if runs[0].sense == "max" else "F"
        ends = ", ".join(f"{numbers[run.instance]}:{_end(run)}|{run.trace[-1][1]:.10g}" for run in runs)
        lines += [
            f"suite = 'qopt', funcId = {function}, DIM = {size}, algId = '{said}', maximization = '{goal}'",
            f"% {runs[0].kind}; running time in microseconds",
            f"{data.name}/{path.name}, {ends}",
        ]
    info = home / f"IOHprofiler_f{function}_i1.info"
    write_text(info, "\n".join([*lines, ""]))
    return info


def _block(run: Run) -> str:
    """One run: strictly increasing microseconds, ended by the run's last one."""
    lines, last = [HEADING], 0
    for seconds, value in run.trace:
        last = max(last + 1, round(seconds * MICRO))
        lines.append(f"{last} {value:.10g}")
    if _end(run) > last:
        lines.append(f"{_end(run)} {run.trace[-1][1]:.10g}")
    return "\n".join([*lines, ""])


def _end(run: Run) -> int:
    last = 0
    for seconds, _ in run.trace:
        last = max(last + 1, round(seconds * MICRO))
    total = run.seconds.get("total", 0.0)
    return max(last, round(total * MICRO))
