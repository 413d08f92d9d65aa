"""Where measured runs come from: a sweep's folder, or records that ``qopt solve --out`` wrote one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core import Problem, fingerprint
from ...problems.files import load
from ..pipeline import pipeline_in_new_words
from ..report.row import run_of
from ..report.row_types import check_row
from ..report.runs import RunSet, load_runs
from ..sweep.folder import instance_of
from ..sweep.replay import record_rows


@dataclass(frozen=True, eq=False)
class Source:
    """Runs, and how to get the instance of a fingerprint."""

    runs: RunSet
    problem_of: Callable[[str], Problem]


def read_source(paths: Sequence[Path]) -> Source:
    """One run folder, or any number of record files.

    Raises
    ------
    ValueError
        A file is not what it should be, or a record's instance is not where the record says.
    """
    if len(paths) == 1 and (paths[0].is_dir() or paths[0].suffix == ".jsonl" or not paths[0].exists()):
        folder = paths[0] if paths[0].is_dir() else paths[0].parent
        return Source(load_runs(paths[0]), lambda key: instance_of(folder, key))
    rows: dict[str, dict[str, Any]] = {}
    labels: dict[str, str] = {}
    for path in paths:
        if path.is_dir():
            raise ValueError(
                f"runs must be one folder or record files, got the folder {path} among several; merge them"
            )
        for row in record_rows(path):
            rows[str(row["id"])] = _labelled(row, labels)
    runs = []
    for key, row in rows.items():
        try:
            check_row(row)
            runs.append(run_of(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"record {key[:16]} must be one of `qopt solve` ({type(error).__name__}: {error})"
            ) from None
    lines = {key: json.dumps(row).encode() for key, row in rows.items()}
    files = {str(row["instance"]["fingerprint"]): row["instance"].get("path") for row in rows.values()}
    return Source(RunSet(runs, lines, {}, ", ".join(map(str, paths))), lambda key: _problem(key, files))


def _labelled(row: Mapping[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    """The row with a pipeline's label: its solver with its layers, and a number where other settings have that name.

    ``labels`` holds those given so far by settings; it grows.
    """
    if row.get("sweep"):
        return dict(row)
    pipeline = pipeline_in_new_words(row["pipeline"])
    solver = pipeline.get("solver") or {}
    key = json.dumps([solver, pipeline.get("encoder")], sort_keys=True)
    if key not in labels:
        name, layers = str(solver.get("name", "unknown")), solver.get("num_layers")
        label = name if layers is None else f"{name}[num_layers={layers}]"
        same = sum(other.partition(" #")[0] == label for other in labels.values())
        labels[key] = label if not same else f"{label} #{same + 1}"
    return {**row, "sweep": {"pipeline": labels[key], "family": labels[key]}}


def _problem(key: str, files: Mapping[str, str | None]) -> Problem:
    path = files.get(key)
    if not path or path == "-" or not Path(path).exists():
        raise ValueError(
            f"the instance {key[:16]} must stand where its record says, found no file {path}; keep it there"
        )
    problem = load(path)
    if fingerprint(problem) != key:
        raise ValueError(f"{path} must hold the instance of its record, got other data; solve it again")
    return problem
