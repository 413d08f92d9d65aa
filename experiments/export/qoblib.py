"""Submission folders of QOBLIB (Koch et al., arXiv:2504.03832): summary, solution, time series and README.

The rules are those of that benchmark's checker, see docs/qoblib.md. Its "time to solution" is the mean time of the
final incumbent; our TTS99 is another figure and stands in the remarks alone.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...core import Number, signed, unknown_name
from ...core.files import write_text
from ...problems.route_solutions import write_routes
from ..metrics import incumbent_time, time_to_solution
from ..report.runs import Run, RunSet

COLUMNS = (
    "Problem", "Submitter", "Affiliation", "Date", "Reference", "Best Objective Value", "Optimality Bound",
    "Modeling Approach", "# Decision Variables", "# Binary Variables", "# Integer Variables",
    "# Continuous Variables", "# Non-Zero Coefficients", "Coefficients Type", "Coefficients Range", "Workflow",
    "Algorithm Type", "Paradigm", "# Runs", "# Feasible Runs", "# Successful Runs", "Success Threshold",
    "Hardware Specifications", "Total Runtime", "Time to Solution", "CPU Runtime", "GPU Runtime", "QPU Runtime",
    "Other HW Runtime", "Remarks",
)  # fmt: skip
#: Columns that version 1.1.0 of the checker (January 2026) has not yet.
_LATER = frozenset(("Affiliation", "Paradigm", "Time to Solution"))
#: Columns of the summary by version of QOBLIB's checker, the newest first.
CHECKERS = {"2026-06": COLUMNS, "1.1.0": tuple(column for column in COLUMNS if column not in _LATER)}
#: Folder of each of our kinds that is a problem class of QOBLIB.
CLASSES = {"market-share": "01-marketsplit", "labs": "02-labs", "mis": "07-independentset", "cvrp": "09-routing"}
#: Solvers whose answer does not depend on the seed.
DETERMINISTIC = frozenset(
    (
        "cpsat",
        "milp",
        "greedy",
        "held-karp",
        "gilmore-lawler",
        "brute-force",
        "exact",
        "market-split",
        "route-sets",
        "tsptw-dp",
    )
)
NONE = "N/A"


@dataclass(frozen=True)
class Submission:
    """Who submits, and when (YYYYMMDD); several submitters need as many affiliations.

    ``checker`` is the version of QOBLIB's checker that shall accept the files, one of ``CHECKERS``.
    """

    submitter: str
    affiliation: str
    date: str
    reference: str = NONE
    hardware: str = ""
    checker: str = next(iter(CHECKERS))

    def __post_init__(self) -> None:
        if self.checker not in CHECKERS:
            raise unknown_name("qoblib-checker", self.checker, CHECKERS)
        for name in ("submitter", "affiliation"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} must be given; add --{name} 'NAME'")
        if not re.fullmatch(r"\d{8}", self.date):
            raise ValueError(f"date must be YYYYMMDD, got {self.date!r}")
        names, homes = (len(text.split(",")) for text in (self.submitter, self.affiliation))
        if names > 1 and names != homes:
            raise ValueError(f"affiliation must have one entry for each of {names} submitters, got {homes}")

    @property
    def surname(self) -> str:
        """Last name of the first submitter, for the folder."""
        return safe_name(self.submitter.split(",")[0].split()[-1])


def safe_name(text: str) -> str:
    """Text as part of a path: letters, digits, dot, dash and underscore.

    Examples
    --------
    >>> safe_name("qaoa[layers=3]/../x")
    'qaoa-layers-3-..-x'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "unnamed"


def write_qoblib(runs: RunSet, folder: Path, submission: Submission) -> tuple[list[Path], list[str]]:
    """Instance folders written, and what was left out with its reason.

    Raises
    ------
    ValueError
        No run is of a problem class of QOBLIB.
    """
    if not any(run.kind in CLASSES for run in runs.runs):
        kinds = ", ".join(sorted({run.kind for run in runs.runs}))
        raise ValueError(f"rows must have a kind of QOBLIB ({', '.join(CLASSES)}), got {kinds}; use --csv for these")
    written, left_out = [], []
    for kind in sorted({run.kind for run in runs.runs} - set(CLASSES)):
        left_out.append(f"{kind}: no problem class of QOBLIB")
    names = instance_names(runs)
    for (instance, label), cell in runs.by_cell.items():
        if cell[0].kind not in CLASSES:
            continue
        best = _best(cell)
        if best is None:
            left_out.append(f"{cell[0].name}, {label}: no feasible answer, and a submission must have a solution")
            continue
        method = f"{submission.date}_{safe_name(label).replace('_', '-')}_{submission.surname}"
        home = folder / CLASSES[cell[0].kind] / "submissions" / method / names[instance]
        _write_instance(runs, cell, best, home, submission)
        written.append(home)
    return written, left_out


def instance_names(runs: RunSet) -> dict[str, str]:
    """A folder name for each instance; equal names of different data get a piece of the fingerprint."""
    taken: dict[tuple[str, str], list[str]] = {}
    for instance, run in runs.instances.items():
        taken.setdefault((run.kind, safe_name(run.name)), []).append(instance)
    return {
        instance: name if len(same) == 1 else f"{name}-{instance[:8]}"
        for (_, name), same in taken.items()
        for instance in same
    }


def _best(cell: Sequence[Run]) -> Run | None:
    found = [run for run in cell if run.objective is not None]
    return min(found, key=_cost) if found else None


def _cost(run: Run) -> float:
    assert run.objective is not None
    return signed(run.sense, run.objective)


def _write_instance(runs: RunSet, cell: Sequence[Run], best: Run, home: Path, submission: Submission) -> None:
    home.mkdir(parents=True, exist_ok=True)
    row = json.loads(runs.lines[best.id])
    summary = summary_row(runs, cell, best, row, submission) | {"Problem": home.name}
    text = io.StringIO()
    columns = CHECKERS[submission.checker]
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerow(summary)
    # plain UTF-8: a byte order mark would become part of the first column's name
    write_text(home / f"{home.name}_summary.csv", text.getvalue())
    write_text(home / f"{home.name}_solution.sol", solution_text(best.kind, row["solution"], row["objective"]))
    series = [time_series(run) for run in cell if run.trace]
    write_text(home / f"{home.name}_objective_time_series.json", json.dumps(series, indent=1))
    write_text(home / "README.md", readme(home.name, summary, columns))


def solution_text(kind: str, solution: Sequence[int], objective: Number | None = None) -> str:
    """``x#i v`` for each vertex of an independent set; values 0 or 1 in one line for market split and LABS; routes.

    No comment, and no bare list of vertices: the stable-set checker takes a list behind a comment for no vertex at
    all ("size = 0 is ok"), and one like 1, 10, 11 for digits 0 and 1.
    """
    if kind == "mis":
        return "".join(f"x#{i} {int(value)}\n" for i, value in enumerate(solution, start=1))
    if kind == "cvrp":
        return write_routes(np.asarray(solution), 0 if objective is None else objective, max(solution, default=0))
    return " ".join(str(int(value)) for value in solution) + "\n"


def time_series(run: Run) -> list[dict[str, float]]:
    """Times and incumbents of one run, improving only."""
    series: list[dict[str, float]] = []
    for seconds, value in run.trace:
        if not series or signed(run.sense, value) < signed(run.sense, series[-1]["Incumbent"]):
            series.append({"Time": seconds, "Incumbent": value})
    return series


def summary_row(
    runs: RunSet, cell: Sequence[Run], best: Run, row: Mapping[str, Any], submission: Submission
) -> dict[str, str]:
    """The 30 columns of one instance and pipeline; times are means over runs."""
    reached = [run for run in cell if run.objective is not None and _cost(run) <= _cost(best)]
    # market split asks for deviation 0: anything else solves the relaxed problem and claims nothing
    feasible = [run for run in cell if run.objective is not None and (run.kind != "market-share" or not run.objective)]
    proven = [run.bound for run in cell if run.status == "optimal" and run.bound is not None]
    size = int(best.figures.get("qubits", best.size))
    hardware = submission.hardware or _hardware(row)
    times = [incumbent_time(run.trace) for run in cell if run.trace]
    tts = time_to_solution(len(reached), len(cell), _mean([run.total_seconds for run in cell]))
    values = {
        "Submitter": submission.submitter,
        "Affiliation": submission.affiliation,
        "Date": submission.date,
        "Reference": submission.reference,
        "Best Objective Value": f"{best.objective:.12g}",
        "Optimality Bound": f"{proven[0]:.12g}" if proven else NONE,
        "Modeling Approach": _modeling(row),
        "# Decision Variables": str(size),
        "# Binary Variables": str(size),
        "Workflow": _workflow(row),
        "Algorithm Type": "Deterministic" if best.solver in DETERMINISTIC else "Stochastic",
        "Paradigm": paradigm(row, is_quantum=best.pipeline in runs.quantum),
        "# Runs": str(len(cell)),
        "# Feasible Runs": str(len(feasible)),
        "# Successful Runs": str(len(reached)),
        "Success Threshold": "0",
        "Hardware Specifications": hardware,
        "Total Runtime": f"{_mean([run.total_seconds for run in cell]):.6g}",
        "Time to Solution": f"{_mean(times):.6g}" if times else NONE,
        "CPU Runtime": f"{_mean([run.figures.get('cpu_seconds', 0.0) for run in cell]):.6g}",
        "Remarks": f"qopt pipeline {best.pipeline}; TTS99 of restarts to the own best (not Time to Solution): "
        + (f"over {tts.low:.4g} s" if tts.is_limit else f"{tts.value:.4g} s"),
    }
    return {column: values.get(column, NONE) for column in COLUMNS}


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _modeling(row: Mapping[str, Any]) -> str:
    encoder = row["pipeline"].get("encoder")
    return "native model" if encoder is None else f"QUBO, encoder {encoder['name']}"


def _workflow(row: Mapping[str, Any]) -> str:
    pipeline = row["pipeline"]
    encoder, repair = pipeline.get("encoder"), pipeline.get("repair") or {}
    steps = [pipeline["solver"]["name"]]
    if encoder is not None:
        steps = [encoder["name"], *steps, f"repair {repair.get('name', 'off')}"]
        steps += ["local search"] if repair.get("improve") else []
    return " -> ".join([*steps, "check on the original data"])


def paradigm(row: Mapping[str, Any], *, is_quantum: bool) -> str:
    """One of the three that the checker knows; a run on a device is told by its engine's name."""
    if not is_quantum:
        return "Classical"
    engine = str((row.get("resources") or {}).get("engine") or "")
    is_device = engine.startswith("qiskit-ibm-runtime on") and "fake" not in engine
    return "Quantum Hardware" if is_device else "Quantum Simulator"


def _hardware(row: Mapping[str, Any]) -> str:
    seen = row.get("environment") or {}
    return f"{seen.get('processor', 'unknown processor')}, {seen.get('cores', '?')} cores, {seen.get('system', '')}"


def readme(name: str, summary: Mapping[str, str], columns: Sequence[str] = COLUMNS) -> str:
    """The summary as a table of fields."""
    lines = [f"# Submission for {name}", "", "## CSV summary", "", "| Field | Value |", "|-------|-------|"]
    lines += [f"| {column} | {summary[column].replace('|', '&#124;')} |" for column in columns]
    return "\n".join([*lines, ""])
