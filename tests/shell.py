"""``qopt`` run in this process, for the tests of the command."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from qopt.cli import main


class Shell:
    """Runs ``qopt``; stdout, stderr and exit code of the last command."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.out, self.err, self.code = "", "", 0

    def run(self, *words: object, stdin: str = "") -> Shell:
        self.monkeypatch.setattr(sys, "argv", ["qopt", *(str(word) for word in words)])
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as caught:
            main()
        self.code = int(caught.value.code or 0)
        self.out, self.err = self.capsys.readouterr()
        return self

    @property
    def json(self) -> Any:
        return json.loads(self.out)
