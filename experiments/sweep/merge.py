"""Rows of several run folders in one: equal rows once, rows that differ under one id both, and told.

Idempotent: merging the same folder again adds nothing. A failed row gives way to one that is not.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ...core import Status
from .equality import comparable, differences, digest
from .folder import sweep_document, write_document
from .store import ROWS, Store, read_lines, rows_path

#: Differences of one pair of rows that are told.
_TOLD = 3


@dataclass(frozen=True)
class Difference:
    """Two rows of one id that do not say the same; ``is_replayable``: they should."""

    id: str
    is_replayable: bool
    text: str


@dataclass(frozen=True)
class Merged:
    """What a merge did: ids in the target, rows added, rows that were there and equal, and pairs that differ."""

    runs: int
    added: int
    equal: int
    differing: tuple[Difference, ...]


def merge(sources: Sequence[Path], target: Path) -> Merged:
    """Append to the target what it does not have; the sources stay as they are unless one is the target.

    Raises
    ------
    ValueError
        A source has no rows, or a line is not a row.
    """
    for source in sources:
        if not rows_path(source).exists():
            raise ValueError(f"{source} must be a run folder with {ROWS}, found none; check the path")
    with Store(target) as store:
        known: dict[str, dict[str, _Kept]] = {}
        for _, row in _rows(target):
            known.setdefault(row["id"], {})[digest(row)] = _Kept.of(row)
        added = equal = 0
        differing: list[Difference] = []
        for source in sources:
            if source.resolve() == target.resolve():
                continue
            for line, row in _rows(source):
                kept = known.setdefault(row["id"], {})
                mark = digest(row)
                if mark in kept:
                    equal += 1
                    continue
                done = [one for one in kept.values() if not one.has_failed]
                if done and row["status"] == Status.FAILED.value:
                    continue
                differing += [_difference(done[-1].row, row)] if done else []
                store.append(line)
                kept[mark] = _Kept.of(row)
                added += 1
    _merge_folders(sources, target)
    return Merged(len(known), added, equal, tuple(differing))


@dataclass(frozen=True)
class _Kept:
    """A row that the target has: packed, since only a pair that differs needs it again."""

    has_failed: bool
    packed: bytes

    @staticmethod
    def of(row: Mapping[str, Any]) -> _Kept:
        import zlib

        return _Kept(row["status"] == Status.FAILED.value, zlib.compress(json.dumps(row).encode(), 1))

    @property
    def row(self) -> dict[str, Any]:
        import zlib

        found: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return found


def _rows(folder: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each whole line with its row."""
    path = rows_path(folder)
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
            row["id"], row["status"]
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"{path} line {number} must be a row, got {line[:40]!r}; delete the line") from None
        yield line.rstrip(b"\r\n"), row


def _difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> Difference:
    told = list(islice(differences(comparable(first), comparable(second)), _TOLD))
    return Difference(second["id"], bool(first["is_replayable"] and second["is_replayable"]), "; ".join(told))


def _merge_folders(sources: Sequence[Path], target: Path) -> None:
    """Instances, specs and the sweep's document of every source beside the target's own."""
    documents = []
    for folder in (target, *(source for source in sources if source.resolve() != target.resolve())):
        if not folder.is_dir():
            continue
        documents.append(sweep_document(folder))
        if folder == target:
            continue
        for path in sorted(folder.glob("instances/*.json")):
            copy = target / "instances" / path.name
            if not copy.exists():
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, copy)
        for path in sorted(folder.glob("spec*.yaml")):
            copy = target / path.name
            if copy.exists() and copy.read_bytes() != path.read_bytes():
                copy = target / f"spec-{folder.name}.yaml"
            shutil.copyfile(path, copy)
    documents = [document for document in documents if document]
    if documents:
        write_document(target, _union(documents))


def _union(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The first document with the pipelines, groups and instances of all."""
    first = dict(documents[0])
    for document in documents[1:]:
        first["pipelines"] = list(dict.fromkeys([*first["pipelines"], *document["pipelines"]]))
        first["families"] = {**document["families"], **first["families"]}
        names = [*first["groups"], *document["groups"]]
        both = {name: [*first["groups"].get(name, []), *document["groups"].get(name, [])] for name in names}
        first["groups"] = {name: list(dict.fromkeys(members)) for name, members in both.items()}
        listed = {instance["fingerprint"]: instance for instance in (*document["instances"], *first["instances"])}
        first["instances"] = list(listed.values())
        first["num_runs"] = max(first["num_runs"], document["num_runs"])
    return first
