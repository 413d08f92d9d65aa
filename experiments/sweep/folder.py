"""The run folder beside its rows: the spec as it was run, the environment, and every instance as a file.

``rows.jsonl`` rows, ``spec.yaml`` the spec verbatim, ``sweep.json`` overrides, environment, pipelines, groups and
instances with fingerprints, ``instances/<fingerprint>.json`` the data, so that a row can be replayed anywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core import Problem
from ...core.files import write_bytes
from ...problems.files import load, save
from ..environment import environment
from .matrix import Matrix

SCHEMA = "qopt.sweep/1"
#: Characters of a fingerprint in a file name.
SHORT = 16


def prepare(folder: Path, matrix: Matrix, spec: bytes, overrides: Sequence[str]) -> None:
    """Write what stands beside the rows; what is there already and equal is left alone.

    A spec that was changed between two calls replaces the former one, which is kept as ``spec-<hash>.yaml``.
    """
    (folder / "instances").mkdir(parents=True, exist_ok=True)
    former = folder / "spec.yaml"
    if former.exists() and former.read_bytes() != spec:
        former.replace(folder / f"spec-{hashlib.sha256(former.read_bytes()).hexdigest()[:8]}.yaml")
    _write(folder / "spec.yaml", spec)
    seen = {cell.source.fingerprint: cell.source for cell in matrix.cells}
    for source in seen.values():
        path = instance_path(folder, source.fingerprint)
        if not path.exists():
            save(source.problem, str(path))
    instances = [
        {"name": source.name, "kind": source.problem.kind, "fingerprint": source.fingerprint, "origin": source.origin}
        for source in seen.values()
    ]
    document = {
        "schema": SCHEMA,
        "name": matrix.sweep.name,
        "description": matrix.sweep.description,
        "overrides": list(overrides),
        "environment": environment(),
        "budget": matrix.limits.model_dump(exclude_none=True),
        "pipelines": list(dict.fromkeys(cell.variant.label for cell in matrix.cells)),
        "families": {cell.variant.label: cell.variant.name for cell in matrix.cells},
        "groups": matrix.groups,
        "instances": instances,
        "num_runs": len(matrix.tasks),
    }
    write_document(folder, document)


def write_document(folder: Path, document: dict[str, Any]) -> None:
    """Put the document in the place of the folder's ``sweep.json``, at once."""
    _write(folder / "sweep.json", (json.dumps(document, indent=1) + "\n").encode())


def sweep_document(folder: Path) -> dict[str, Any]:
    """The folder's ``sweep.json``; empty where rows stand alone.

    Raises
    ------
    ValueError
        It is not what ``prepare`` wrote.
    """
    path = folder / "sweep.json"
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise ValueError(f"{path} must be JSON of schema {SCHEMA}; run `qopt bench` again with --out {folder}")
    return found


def instance_path(folder: Path, fingerprint: str) -> Path:
    """Where the folder keeps the instance's data."""
    return folder / "instances" / f"{fingerprint[:SHORT]}.json"


def instance_of(folder: Path, fingerprint: str) -> Problem:
    """The instance of a row.

    Raises
    ------
    ValueError
        The folder does not have it.
    """
    path = instance_path(folder, fingerprint)
    if not path.exists():
        raise ValueError(f"{folder} must have {path.relative_to(folder)}; copy the whole run folder")
    return load(str(path))


def _write(path: Path, data: bytes) -> None:
    if path.exists() and path.read_bytes() == data:
        return
    write_bytes(path, data)
