"""The pages keep their word: links lead somewhere, commands exist, and the README's Python runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from qopt.commands.app import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"\bqopt (?:--plugin \S+ )?([a-z][a-z-]+)(.*)")
BENCHMARK = re.compile(r"python (benchmarks/\S+\.py)")
PYTHON = re.compile(r"```python\n(import qopt.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_scripts_of_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [page.parent / target for target in LINK.findall(text)]
    targets += [ROOT / script for script in BENCHMARK.findall(text)]
    assert [str(target) for target in targets if not target.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_exist(page: Path) -> None:
    """Each line of a shell block; the options after the command's name are the parts' own and not looked at."""
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    found = {name for block in blocks for name, _ in COMMAND.findall(block)}
    assert found <= commands


def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = PYTHON.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    exec(code, names)
    assert names["record"].stages.control is not None  # type: ignore[attr-defined]


def test_no_generated_block_of_a_page_is_empty() -> None:
    """A block that its script has not filled yet is a promise and not a figure."""
    for page in PAGES:
        for name, body in re.findall(
            r"<!-- (?:table|run): ([^\n]*) -->\n(.*?)<!-- end -->", page.read_text(encoding="utf-8"), re.DOTALL
        ):
            assert body.strip(" `\n"), f"{page.name}: {name}"
