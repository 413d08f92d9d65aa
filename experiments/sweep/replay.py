"""Run one row again, from the data and the settings that it names, and say whether the same comes out.

The row alone decides: formulation, encoder, solver, repair, budget, seed and the reference's value stand in it; the
instance is looked up by its fingerprint.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ...core import BestKnown, Problem, Status, fingerprint
from ..environment import environment, instruction_sets
from ..pipeline import pipeline_from_spec
from .equality import comparable, differences
from .imports import imports_of
from .job import Done, Job
from .pool import Pool
from .store import read_rows, rows_path

#: Digits of an id that must be given at least.
MIN_PREFIX = 4
#: Engines of circuits as Records name them; the last digits of their amplitudes depend on the width of the vectors.
_CIRCUITS = ("exact compiled", "state vector, compiled", "light cones")
#: A replay is killed after a week; whoever waits presses Ctrl-C before.
_WALL_SECONDS = 7 * 86_400.0


@dataclass(frozen=True)
class Replay:
    """What a second run of a row showed; ``differences`` are ``place: row -> replay``."""

    id: str
    verdict: Literal["identical", "different", "not replayable"]
    reason: str = ""
    differences: tuple[str, ...] = ()


def find_row(folders: list[Path], prefix: str) -> tuple[Path, dict[str, Any]]:
    """Folder and last row of the one run whose id starts like that.

    Raises
    ------
    ValueError
        No run, or several, or no prefix of an id.
    """
    if not re.fullmatch(rf"[0-9a-f]{{{MIN_PREFIX},64}}", prefix):
        raise ValueError(
            f"run must be {MIN_PREFIX} to 64 digits 0-9a-f of a row's id, or a record's file, got {prefix!r}"
        )
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for folder in folders:
        for row in read_rows(folder):
            if str(row["id"]).startswith(prefix):
                found[row["id"]] = (folder, row)
    if len(found) != 1:
        where = ", ".join(str(folder) for folder in folders) or "runs/"
        ids = ", ".join(key[:16] for key in list(found)[:4])
        what = f"{len(found)} ({ids}); give more digits" if found else "none; give its folder by --run"
        raise ValueError(f"run {prefix} must be one row in {where}, got {what}")
    return next(iter(found.values()))


def not_replayable(row: Mapping[str, Any]) -> str:
    """Why a second run of the row need not say the same; empty where it must."""
    failure = row.get("sweep", {}).get("failure")
    if failure == "refused" and "options" in row["pipeline"]:
        return f"it was refused before it ran: {row['message']}"
    wanted = instruction_set_of(row)
    if wanted and wanted not in instruction_sets():
        here = next(iter(instruction_sets()), "none")
        return (
            f"it ran on {wanted}, which this machine has not, and other vectors round otherwise; rows "
            f"written under QOPT_ISA={here} can be replayed on both"
        )
    if row["is_replayable"]:
        return ""
    if failure is not None:
        return f"it did not end by itself ({failure}): {row['message']}"
    backend = str((row["pipeline"].get("solver") or {}).get("backend") or "")
    if backend.startswith("object:"):
        return (
            f"its backend was an object of Python ({backend.removeprefix('object:')}), which a name may not build again"
        )
    seconds = row["pipeline"]["budget"].get("seconds")
    if seconds is not None:
        return f"a time limit of {seconds:g} s decided where it stopped, and that depends on the machine's speed"
    return "its solver takes no seed or says that equal seeds do not give equal answers"


def replay(row: Mapping[str, Any], problem: Problem, pool: Pool) -> Replay:
    """Run the row again in a process of its own and compare.

    Parameters
    ----------
    pool : one in which nothing else runs.

    Raises
    ------
    ValueError
        The instance is not the row's, or the row's settings are of another version of qopt.
    """
    key = str(row["id"])
    reason = not_replayable(row)
    if reason:
        return Replay(key, "not replayable", reason)
    wanted = row["instance"]["fingerprint"]
    if fingerprint(problem) != wanted:
        raise ValueError(
            f"instance must be the row's ({row['instance']['name']}, fingerprint {wanted[:16]}), "
            f"got {problem.name or problem.kind}, fingerprint {fingerprint(problem)[:16]}; give its file by --instance"
        )
    pipeline, budget = pipeline_from_spec(row["pipeline"])
    cell = pickle.dumps((_with_reference(problem, row["reference"]), pipeline, budget, None))
    vectors = _recorded(row, "instruction_set")
    allowed = vectors if vectors in instruction_sets() else ""
    more: dict[str, Any] = {"imports": imports_of(row["pipeline"]), "instruction_set": allowed}
    pool.submit(Job(cell, row["seed"], {}, _WALL_SECONDS, **more))
    done = pool.collect()[0][1]
    found = tuple(_compared(row, done))
    changed = _environment_changes(row)
    return Replay(key, "different" if found else "identical", changed if found else "", found)


def instruction_set_of(row: Mapping[str, Any]) -> str:
    """The instruction set that the row's circuits ran on; empty where no compiled engine of circuits did.

    Annealers sum in a fixed order and give the same row on any; what of a circuit stands in their encoder (a graph
    shrunk by QAOA's correlations) is not seen here.
    """
    engine = str((row.get("resources") or {}).get("engine") or "")
    is_circuit = "compiled" in engine and any(name in engine for name in _CIRCUITS)
    return _recorded(row, "instruction_set") if is_circuit else ""


def _recorded(row: Mapping[str, Any], key: str) -> str:
    """A text of the environment that the row was made in; empty where it has none."""
    return str((row.get("environment") or {}).get(key) or "")


def _compared(row: Mapping[str, Any], done: Done) -> list[str]:
    if done.ending != "row":
        if row["status"] == Status.FAILED.value and row["message"] == done.message:
            return []
        return [f"message: {row['message']!r} -> {done.message!r}"]
    first, second = comparable(row), comparable(json.loads(done.line))
    if first.get("message", "").endswith(second.get("message", "")):  # what was chosen is now given, and not told again
        first.pop("message", None), second.pop("message", None)
    return list(differences(first, second))


def _with_reference(problem: Problem, reference: Mapping[str, Any]) -> Problem:
    """The problem with the literature's value that the row was measured against."""
    known = None
    if reference["value"] is not None and reference["source"] != "this run" and not reference.get("is_found"):
        known = BestKnown(reference["value"], reference["kind"] == "proven", reference["source"])
    return replace(problem, best_known=known)  # type: ignore[type-var]


def _environment_changes(row: Mapping[str, Any]) -> str:
    """What of the environment is another one than the row's, and what to type where it is NumPy's BLAS.

    The instruction set is left out where the replay took the row's.
    """
    before, here = dict(row["environment"]), environment()
    if before.get("instruction_set") in instruction_sets():
        here["instruction_set"] = before["instruction_set"]
    changes = list(differences(before, here))
    if not changes:
        return "the environment is the same"
    text = f"environment: {'; '.join(changes[:6])}"
    name, _, kernels = _recorded(row, "blas").partition(" ")
    if name == "OpenBLAS" and kernels and here["blas"] not in ("", f"OpenBLAS {kernels}"):
        text += f"; with OPENBLAS_CORETYPE={kernels} before the command it sums as the row's, on a processor that can"
    return text


def record_rows(path: Path) -> list[dict[str, Any]]:
    """Every record in a file that ``qopt solve --out`` or ``--json`` wrote, or in a ``.jsonl``.

    Raises
    ------
    ValueError
        There is none.
    """
    if path.suffix == ".jsonl":
        return list(read_rows(rows_path(path)))
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        document = None
    rows = document.get("records", [document]) if isinstance(document, dict) else []
    if not rows or not all(isinstance(row, dict) and "id" in row and "pipeline" in row for row in rows):
        raise ValueError(f"{path} must hold a record as `qopt solve --out` writes it; check the path")
    return rows
