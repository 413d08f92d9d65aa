"""Append-only rows of a sweep in a run folder: ``rows.jsonl``, one whole line a run, flushed as it ends.

A kill can tear the last line only; opening the store for writing drops that tail, so that the run is done again. One
writer at a time (a lock on the folder, released by the system when the writer dies). Rows are never changed: a retried
run is a further row of the same id, and the last one counts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from ...core.files import no_room

ROWS = "rows.jsonl"
#: Seconds between two forced writes to the disk; a kill of the process loses nothing in between, a power cut may.
SYNC_SECONDS = 1.0
#: Bytes read at a time while looking backwards for the last whole line.
_BLOCK = 1 << 16


class Store:
    """The rows of a run folder, open for appending; a context manager.

    Raises
    ------
    ValueError
        Another process is writing to the folder.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Store(folder) as store:
    ...     store.append({"id": "a", "status": "optimal"})
    >>> [row["id"] for row in read_rows(folder)]
    ['a']
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = locked(folder / ".lock")
        self.healed_bytes = heal(folder / ROWS)
        self._file = os.open(folder / ROWS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._synced = time.monotonic()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, row: dict[str, Any] | bytes) -> None:
        """One row as one line; bytes are a line without its end.

        Raises
        ------
        ValueError
            The row has more than one line.
        """
        line = row if isinstance(row, bytes) else json.dumps(row, allow_nan=False).encode()
        if b"\n" in line:
            raise ValueError(f"a row must be one line, got {line.count(10) + 1} lines")
        rest = memoryview(line + b"\n")
        with no_room(self.folder / ROWS):
            while rest:  # os.write may be partial; a torn last line is dropped at the next open
                rest = rest[os.write(self._file, rest) :]
        if time.monotonic() - self._synced > SYNC_SECONDS:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def close(self) -> None:
        """Force the rows to the disk and let others write."""
        if self._file >= 0:
            os.fsync(self._file)
            os.close(self._file)
            os.close(self._lock)
            self._file = -1


def heal(path: Path) -> int:
    """Drop what follows the last whole line; how many bytes that were."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0
    keep = _end_of_last_line(path, size)
    if keep < size:
        os.truncate(path, keep)
    return size - keep


def _end_of_last_line(path: Path, size: int) -> int:
    with path.open("rb") as file:
        end = size
        while end > 0:
            start = max(0, end - _BLOCK)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                return start + at + 1
            end = start
    return 0


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """``(line number, line)`` of every whole line; a torn tail, as of a sweep still running, is left out.

    Raises
    ------
    ValueError
        There is no such file.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise ValueError(f"{path} must be the rows of a sweep, found no such file; run `qopt bench` first") from None
    with file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n") and line.strip():
                yield number, line


def read_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Every row, in order of writing, retried ones too.

    Raises
    ------
    ValueError
        There are no rows, or a line is not a row.
    """
    path = rows_path(folder)
    for number, line in read_lines(path):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or "id" not in row:
            raise ValueError(f"{path} line {number} must be a row with an id, got {line[:40]!r}; delete the line")
        yield row


def latest_rows(folder: Path) -> dict[str, dict[str, Any]]:
    """The last row of each id, in order of first writing."""
    return {row["id"]: row for row in read_rows(folder)}


def rows_path(path: Path) -> Path:
    """The rows' file of a run folder, or the file itself."""
    return path / ROWS if path.is_dir() or path.suffix != ".jsonl" else path


def statuses(folder: Path) -> dict[str, str]:
    """Status of the last row of each id; nothing where nothing was written yet."""
    if not (folder / ROWS).exists():
        return {}
    return {row["id"]: str(row.get("status")) for row in read_rows(folder)}


def locked(path: Path) -> int:
    """Descriptor that holds the lock of a folder's file; closing it lets others in.

    Raises
    ------
    ValueError
        Another process holds it.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        import fcntl
    except ImportError:  # no such locks on this system: two writers are then the user's own care
        return lock
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise ValueError(f"{path.parent} must have one writer at a time; wait for the other one or stop it") from None
    return lock
