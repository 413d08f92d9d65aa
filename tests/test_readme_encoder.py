"""The page's encoder of one's own works as printed; its methods were dots, and the first use of it failed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .shell import Shell

ROOT = Path(__file__).resolve().parents[1]


def test_the_encoder_of_the_page_solves_and_keeps_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(# my_encoder.py\n.*?)```", text, re.DOTALL)
    (tmp_path / "my_encoder.py").write_text(code)
    shell = Shell(monkeypatch, capsys)
    before = ("--plugin", tmp_path / "my_encoder.py")
    instance = ROOT / "examples" / "mdkp.json"
    shell.run(*before, "solve", instance, "--solver", "random", "--encoder", "my-encoder", "--weight", "2", "--json")
    assert shell.code == 0
    assert shell.json["pipeline"]["encoder"]["weight"] == 2.0
    shell.run(*before, "check-plugin", "my-encoder")
    assert shell.code == 0, shell.out
