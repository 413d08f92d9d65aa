"""Names from files are shown on the terminal and not obeyed by it; closed streams cost no answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import qopt

from .shell import Shell

HOSTILE = "evil\x1b]0;title\x07[red]x[/red]\u202e\x9b"


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    path = tmp_path / "k.json"
    qopt.save(qopt.generate("mdkp", n=6, m=2, seed=1), path)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "name": HOSTILE}))
    return path


@pytest.mark.parametrize(
    "words",
    [
        ("solve", "FILE", "--solver", "sa", "--compare", "greedy"),
        ("info", "FILE"),
        ("encode", "FILE"),
        ("plan", "FILE"),
        ("shrink", "FILE", "--target", "4"),
        ("penalty-sweep", "FILE", "--solver", "sa", "--factors", "1"),
        ("bench", "SPEC", "--dry-run"),
        ("solve", "FILE", "--solver", HOSTILE),
    ],
    ids=lambda words: words[0],
)
def test_control_characters_never_reach_a_terminal(
    words: tuple[str, ...], instance: Path, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # a narrow table would break the name over two lines
    spec = {"name": "s", "instances": ["k.json"], "pipelines": {"a[bold]": "greedy"}}
    (tmp_path / "spec.yaml").write_text(json.dumps(spec))
    places = {"FILE": instance, "SPEC": tmp_path / "spec.yaml"}
    shell.run(*(places.get(word, word) for word in words))
    text = shell.out + shell.err
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in text)
    assert not set("\x7f\x9b\u202e") & set(text)
    assert "evil" in text
    if words[0] != "plan" and words[-1] != HOSTILE:
        assert "[red]" in text, "markup in a name was obeyed"


def test_json_has_the_name_as_it_is(instance: Path, shell: Shell) -> None:
    shell.run("info", instance, "--json")
    assert shell.json["instances"][0]["name"] == HOSTILE
    assert "\x1b" not in shell.out


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_closed_streams_cost_no_answer(stream: int, instance: Path, tmp_path: Path) -> None:
    """A closed stderr ended every command that has progress with 1 and no answer."""
    out = tmp_path / "record.json"
    words = [sys.executable, "-m", "qopt", "solve", str(instance), "--solver", "greedy", "--out", str(out)]
    done = subprocess.run(words, preexec_fn=lambda: os.close(stream), stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0
    assert json.loads(out.read_text())["status"] == "feasible"


#: Files of a temporary folder that another library reads back.
TEMPORARY = {"problems/formats/highs.py", "problems/models.py"}


@pytest.mark.parametrize(
    ("call", "homes"),
    [
        ("typer.echo(", {"commands/terminal.py"}),
        ("Console(", {"commands/terminal.py"}),
        (".savefig(", {"experiments/drawing.py"}),
        (".write_text(", {"core/files.py", *TEMPORARY}),
        (".write_bytes(", {"core/files.py"}),
    ],
)
def test_one_place_writes_to_the_terminal_and_to_files(call: str, homes: set[str]) -> None:
    root = Path(__file__).resolve().parents[1]
    rooms = ("algorithms", "commands", "core", "encoders", "engines", "experiments", "problems", "repair", "solvers")
    found = {
        str(path.relative_to(root))
        for room in rooms
        for path in (root / room).rglob("*.py")
        if call in path.read_text(encoding="utf-8").replace("return write_text(", "")
    }
    assert found <= homes


@pytest.mark.filterwarnings("error")
def test_a_hostile_name_spoils_no_picture_and_no_page(
    instance: Path, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raw escape stood in report.html, and in pictures, which no reader of XML takes; warnings held it too."""
    monkeypatch.chdir(tmp_path)
    spec = {"name": "s", "instances": ["k.json"]}
    (tmp_path / "spec.yaml").write_text(json.dumps({**spec, "pipelines": {HOSTILE: "greedy", "b": "sa"}}))
    assert shell.run("bench", "spec.yaml", "--quiet").code == 0
    assert shell.run("report", "runs/s").code == 0
    pictures = sorted((tmp_path / "runs" / "s" / "report").rglob("*.svg"))
    assert pictures
    for picture in pictures:
        ElementTree.parse(picture)
    page = (tmp_path / "runs" / "s" / "report" / "report.html").read_text(encoding="utf-8")
    assert not set("\x1b\x07\x9b\u202e") & set(page)
    assert "evil" in page
