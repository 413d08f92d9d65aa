"""Every documented exit code, made by a command; and where the codes are documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qopt.commands.errors import EXIT_CODES
from tests.shell import Shell

ROOT = Path(__file__).resolve().parents[1]
MDKP = ROOT / "examples" / "mdkp.json"
EMPTY = "Minimize\n obj: x\nSubject To\n c: x + y >= 3\nBinary\n x y\nEnd\n"


def _done(shell: Shell, tmp_path: Path) -> Shell:
    return shell.run("solve", MDKP, "--solver", "greedy", "--quiet")


def _failed(shell: Shell, tmp_path: Path) -> Shell:
    full = tmp_path / "full.json"
    full.write_text(json.dumps([1] * len(json.loads(MDKP.read_text())["profits"])))
    return shell.run("verify", MDKP, full)


def _bad_input(shell: Shell, tmp_path: Path) -> Shell:
    return shell.run("solve", tmp_path / "nowhere.json")


def _unproven(shell: Shell, tmp_path: Path) -> Shell:
    return shell.run("solve", MDKP, "--solver", "greedy", "--prove", "--quiet")


def _infeasible(shell: Shell, tmp_path: Path) -> Shell:
    path = tmp_path / "empty.lp"
    path.write_text(EMPTY)
    return shell.run("solve", path, "--solver", "cpsat", "--quiet")


def _interrupted(shell: Shell, tmp_path: Path) -> Shell:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    shell.monkeypatch.setattr("qopt.solvers.native.greedy.construct", stop)
    return shell.run("solve", MDKP, "--solver", "greedy", "--quiet")


MAKERS: dict[int, Callable[[Shell, Path], Shell]] = {
    0: _done,
    1: _failed,
    2: _bad_input,
    20: _unproven,
    21: _infeasible,
    130: _interrupted,
}


def test_each_documented_code_has_a_command_here() -> None:
    assert set(MAKERS) == set(EXIT_CODES)


@pytest.mark.parametrize("code", EXIT_CODES)
def test_a_command_ends_with_it(code: int, shell: Shell, tmp_path: Path) -> None:
    done = MAKERS[code](shell, tmp_path)
    assert done.code == code, done.err
    assert "Traceback" not in done.err


def test_help_and_docs_tell_the_codes(shell: Shell) -> None:
    told = " ".join(shell.run("--help").out.split())
    page = (ROOT / "docs" / "commands.md").read_text()
    for code, text in EXIT_CODES.items():
        assert f"{code} {text}" in told
        assert f"| {code} | {text} |" in page
