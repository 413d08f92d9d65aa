"""Files are there whole or not at all, and a disk without room is one line with the path and exit 1."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import qopt
from qopt.core.files import WriteError, draft_of, write_text

from .shell import Shell

SPEC = "instances: [{generate: mis, n: 6}]\npipelines: {a: greedy}\n"


@pytest.fixture
def mis(tmp_path: Path) -> Path:
    path = tmp_path / "mis.json"
    qopt.save(qopt.generate("mis", n=6, seed=1), path)
    return path


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(WriteError) as caught:
        _half_written(target, OSError(errno.ENOSPC, "No space left on device"))
    assert caught.value.filename == str(target)
    with pytest.raises(RuntimeError, match="of the writer"):
        _half_written(target, RuntimeError("a fault of the writer"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text() == "old"


def _half_written(target: Path, error: Exception) -> None:
    with draft_of(target) as draft:
        draft.write_text("half")
        raise error


def test_links_stay_links_and_devices_are_written_directly(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"
    write_text("/dev/null", "gone")
    assert not Path("/dev/null").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "words",
    [
        ("solve", "MIS", "--solver", "greedy", "--quiet", "--out", "/dev/full"),
        ("solve", "MIS", "--solver", "greedy", "--quiet", "--save-solution", "/dev/full"),
        ("shrink", "MIS", "--target", "3", "--save", "/dev/full"),
    ],
    ids=lambda words: words[-2],
)
def test_a_full_disk_is_one_line_with_the_path(words: tuple[str, ...], mis: Path, shell: Shell) -> None:
    """It ended with exit 2 and "check the path", as if the path were wrong."""
    shell.run(*(str(mis) if word == "MIS" else word for word in words))
    assert shell.code == 1
    assert shell.err.splitlines()[-1].startswith("qopt: /dev/full: No space left on device")


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))


@pytest.mark.parametrize("verb", ["solve", "bench", "export"])
def test_a_full_disk_keeps_what_was_there(verb: str, mis: Path, tmp_path: Path, shell: Shell) -> None:
    """A limit on file sizes stands for the full disk: the write of more than 400 bytes fails half way."""
    out = tmp_path / "out.json"
    out.write_text("{}")
    if verb == "solve":
        words = ["solve", str(mis), "--solver", "greedy", "--quiet", "--out", str(out)]
    else:
        (tmp_path / "spec.yaml").write_text(SPEC)
        words = ["bench", str(tmp_path / "spec.yaml"), "--out", str(tmp_path / "run"), "--quiet"]
    if verb == "export":  # SQLite says in its own way that the disk is full: it was called a fault of qopt
        assert shell.run(*words).code == 0
        words = ["export", str(tmp_path / "run"), "--sqlite", str(out)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "qopt", *words], preexec_fn=_limited, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "make room" in last
    assert str(tmp_path) in last
    assert out.read_text() == "{}"
    assert not list(tmp_path.rglob("*.part*"))


def test_names_of_sweeps_stay_inside_runs(tmp_path: Path, shell: Shell) -> None:
    """`name: ../../x` wrote its rows there."""
    shell.monkeypatch.chdir(tmp_path)
    for name in ("../evil", "/tmp/evil", "..", r"a\b"):
        (tmp_path / "spec.yaml").write_text(f"name: {json.dumps(name)}\n{SPEC}")
        shell.run("bench", tmp_path / "spec.yaml", "--dry-run")
        assert shell.code == 2
        assert "plain name" in shell.err
    assert [path.name for path in tmp_path.iterdir()] == ["spec.yaml"]


def test_a_name_as_long_as_the_system_takes_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 245 + ".json")
    write_text(path, "{}")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
