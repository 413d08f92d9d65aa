"""The store loses nothing whole, keeps nothing torn, and has one writer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qopt.experiments.sweep.store import ROWS, Store, heal, latest_rows, read_rows, statuses


def write(folder: Path, count: int) -> bytes:
    with Store(folder) as store:
        for i in range(count):
            store.append({"id": f"row{i}", "status": "optimal", "text": "ü" * i})
    return (folder / ROWS).read_bytes()


def test_every_cut_of_the_file_heals_to_the_rows_that_were_whole(tmp_path: Path) -> None:
    whole = write(tmp_path / "a", 3)
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole) + 1):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / ROWS).write_bytes(whole[:cut])
        expected = sum(end <= cut for end in ends)
        with Store(folder) as store:
            store.append({"id": "new"})
        assert [row["id"] for row in read_rows(folder)] == [*(f"row{i}" for i in range(expected)), "new"]


def test_a_torn_tail_longer_than_a_block_heals(tmp_path: Path) -> None:
    path = tmp_path / ROWS
    path.write_bytes(b'{"id": "a"}\n' + b"x" * 200_000)
    assert heal(path) == 200_000
    assert path.read_bytes() == b'{"id": "a"}\n'
    path.write_bytes(b"x" * 200_000)
    assert heal(path) == 200_000
    assert path.read_bytes() == b""


def test_reading_while_a_line_is_being_written_leaves_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_bytes(b'{"id": "a"}\n{"id": "b')
    assert [row["id"] for row in read_rows(tmp_path)] == ["a"]
    assert (tmp_path / ROWS).read_bytes().endswith(b"b")


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(ValueError, match="one writer at a time"):
        Store(tmp_path)
    Store(tmp_path).close()


def test_a_damaged_line_is_told_with_its_number(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_bytes(b'{"id": "a"}\nnot json\n{"id": "b"}\n')
    with pytest.raises(ValueError, match="line 2 must be a row"):
        list(read_rows(tmp_path))
    with pytest.raises(ValueError, match="no such file"):
        list(read_rows(tmp_path / "missing"))


def test_the_last_row_of_an_id_counts(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for status in ("failed", "optimal"):
            store.append({"id": "a", "status": status})
        store.append(json.dumps({"id": "b", "status": "failed"}).encode())
    assert latest_rows(tmp_path)["a"]["status"] == "optimal"
    assert statuses(tmp_path) == {"a": "optimal", "b": "failed"}
    assert statuses(tmp_path / "none") == {}


def test_a_row_of_two_lines_or_with_nan_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        with pytest.raises(ValueError, match="one line"):
            store.append(b'{"id":\n"a"}')
        with pytest.raises(ValueError, match="JSON compliant"):
            store.append({"id": "a", "gap": float("nan")})
    assert (tmp_path / ROWS).read_bytes() == b""
