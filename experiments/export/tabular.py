"""One flat row a run for CSV, SQLite and Parquet; the columns are the same in all three."""

from __future__ import annotations

import contextlib
import csv
import errno
import math
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...core import MissingDependencyError
from ...core.files import draft_of
from ..metrics import incumbent_time
from ..report.energies import modelled_joules
from ..report.runs import STAGES, Run, RunSet
from ..report.targets import TARGETS as TIME_TARGETS
from ..report.targets import reads_at, target_value
from ..report.times import Settings, primal_share, target_time
from ..worth import SAMPLES

Value = str | int | float | None

_TEXTS = frozenset(
    (
        *("id", "instance", "kind", "sense", "size_name", "fingerprint", "pipeline", "family", "solver", "status"),
        *("failure", "message", "reference_kind", "reference_source"),
    )
)
_COUNTED = ("qubits", "aux_qubits", "depth", "two_qubit_gates", "evaluations", "shots", "rounds", "peak_bytes")
#: Targets of the times to target, and how the columns of the reads at them are called.
READS_AT = {"best known": "best_known", "99.9 %": "99_9_percent", "99 %": "99_percent"}
_INTEGERS = frozenset(
    ("size", "seed", "repeat", "is_fair_pair", *_COUNTED, *(f"reads_at_{name}" for name in READS_AT.values()))
)
#: Targets of a worth, and how their columns are called.
TARGETS = {
    "optimum": "optimum",
    "best known": "best_known",
    "within 1 %": "one_percent",
    "best of this run": "own_best",
}


def flat_row(runs: RunSet, run: Run, captime: float, settings: Settings) -> dict[str, Value]:
    """Everything about one run that fits into a cell; None where it does not apply.

    ``time_to_incumbent`` is QOBLIB's time to solution of one run, ``time_to_target`` the first time at the target.
    Gaps are against the instance's one reference (see ``reference_kind``); None without a feasible point.
    """
    yardstick = runs.references[run.instance]
    row: dict[str, Value] = {
        "id": run.id,
        "instance": run.name,
        "kind": run.kind,
        "sense": run.sense,
        "size": run.size,
        "size_name": run.size_name,
        "fingerprint": run.instance,
        "pipeline": run.pipeline,
        "family": run.family,
        "solver": run.solver,
        "seed": run.seed,
        "repeat": run.repeat,
        "status": run.status,
        "failure": run.failure or None,
        "message": run.message or None,
        "objective": run.objective,
        "bound": run.bound,
        "reference": yardstick.value,
        "reference_kind": yardstick.kind,
        "reference_source": yardstick.source or None,
        "gap": _told(runs.gap(run)),
    }
    for is_control, prefix in ((False, ""), (True, "control_")):
        for stage in STAGES:
            point = (run.control if is_control else run.stages).get(stage)
            row[f"{prefix}{stage}_objective"] = run.found(stage, is_control=is_control)
            row[f"{prefix}{stage}_gap"] = _told(runs.gap(run, stage, is_control=is_control))
            if stage == "raw":
                row[f"{prefix}feasible_share"] = None if point is None else point.feasible_share
                row[f"{prefix}hit_share"] = None if point is None else point.hit_share
                row[f"{prefix}num_points"] = None if point is None else point.num_points
    row |= _worth(run)
    row |= {f"seconds_{part}": run.seconds.get(part) for part in ("total", "encode", "solve", "repair", "optimize")}
    row |= {key: run.figures.get(key) for key in (*_COUNTED, "cpu_seconds", "wall_seconds")}
    row["time_to_incumbent"] = _told(incumbent_time(run.trace))
    row["time_to_target"] = _told(target_time(runs, run, settings.target_gap))
    row |= {f"reads_at_{name}": _reads_at(runs, run, target) for target, name in READS_AT.items()}
    row["primal_integral"] = _told(primal_share(runs, run, captime))
    measured = {"joules_rapl": "joules", "joules_rapl_net": "net_joules"}
    measured |= {"joules_card": "card_joules", "joules_card_net": "card_net_joules"}
    row |= {column: run.figures.get(key) for column, key in measured.items()}
    row["joules_model"] = modelled_joules(run, settings) if row["joules_rapl"] is None else None
    return row


def _reads_at(runs: RunSet, run: Run, target: str) -> int | None:
    """Raw feasible reads at a target of the report; None where the row does not say."""
    objective = target_value(runs.references[run.instance], run.sense, TIME_TARGETS[target])
    raw = run.stages.get("raw")
    return None if objective is None or raw is None or not raw.num_points else reads_at(run, objective)


def _worth(run: Run) -> dict[str, Value]:
    """Worth of one sample by target: chances of a sample and of a uniform point, ratio and 95 % interval; crossovers.

    ``worth_*`` is empty where uniform points never reached the target; ``worth_*_low`` is then what is known.
    ``beyond_start_*`` is the worth in points of the sampler's own start, where it has one.
    """
    row: dict[str, Value] = {}
    for target, name in TARGETS.items():
        found = run.worth.get(target)
        for column in ("worth", "low", "high"):
            key = f"worth_{name}" if column == "worth" else f"worth_{name}_{column}"
            row[key] = None if found is None else getattr(found, column)
        row[f"beyond_start_{name}"] = None if found is None else found.beyond
        row[f"chance_{name}"] = None if found is None else found.sampler
        row[f"uniform_chance_{name}"] = None if found is None else found.uniform
    row |= {f"crossover_{samples}": run.crossover.get(samples) for samples in SAMPLES}
    row["worth_per_second"] = run.worth_per_second
    row["is_fair_pair"] = int(run.is_fair_pair) if run.control else None
    return row


def _told(value: float) -> float | None:
    return value if math.isfinite(value) else None


def write_csv(rows: Sequence[dict[str, Value]], path: Path) -> None:
    """UTF-8, a heading line, empty cells for None."""
    with draft_of(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_sqlite(rows: Sequence[dict[str, Value]], runs: RunSet, path: Path) -> None:
    """Tables ``runs`` (these columns), ``traces`` (id, seconds, objective) and ``records`` (id, the row as JSON)."""
    names = list(rows[0])
    columns = ", ".join(f'"{name}" {_sqlite_type(name)}' for name in names)
    with _sqlite(path) as base:
        base.execute(f"CREATE TABLE runs ({columns}, PRIMARY KEY (id))")
        marks = ", ".join("?" * len(names))
        base.executemany(f"INSERT INTO runs VALUES ({marks})", [tuple(row.values()) for row in rows])
        base.execute("CREATE TABLE traces (id TEXT, seconds REAL, objective REAL)")
        traces = ((run.id, seconds, value) for run in runs.runs for seconds, value in run.trace)
        base.executemany("INSERT INTO traces VALUES (?, ?, ?)", traces)
        base.execute("CREATE TABLE records (id TEXT PRIMARY KEY, record TEXT)")
        base.executemany(
            "INSERT INTO records VALUES (?, ?)", ((key, line.decode()) for key, line in runs.lines.items())
        )


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """A new database, committed at the end of the block and whole or not at all; a full disk is an OSError."""
    with draft_of(path) as draft:
        try:
            with contextlib.closing(sqlite3.connect(draft)) as base, base:
                yield base
        except sqlite3.OperationalError as error:
            if not any(word in str(error) for word in ("disk is full", "disk I/O error")):
                raise
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None


def _sqlite_type(name: str) -> str:
    return "TEXT" if name in _TEXTS else "INTEGER" if name in _INTEGERS else "REAL"


def write_parquet(rows: Sequence[dict[str, Value]], path: Path) -> None:
    """Typed columns; the sweep's columns have one type whatever the rows hold.

    Raises
    ------
    MissingDependencyError
        pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingDependencyError("pyarrow", "export") from None
    types: dict[str, Any] = {}
    for name in rows[0]:
        types[name] = pa.string() if name in _TEXTS else pa.int64() if name in _INTEGERS else pa.float64()
    columns = {name: pa.array([_cast(row[name], kind) for row in rows], kind) for name, kind in types.items()}
    with draft_of(path) as draft:
        pq.write_table(pa.table(columns), draft)


def _cast(value: Value, kind: Any) -> Value:
    return float(value) if isinstance(value, int) and str(kind) == "double" else value
