"""All mistakes of a sweep's spec are told at once, a line each; a named pipe without a writer does not hang."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

import qopt
from qopt.core import InstanceFormatError
from qopt.experiments.sweep.document import SpecError, parse_document
from qopt.experiments.sweep.matrix import build_matrix
from qopt.problems import files

from .shell import Shell

SPEC = """\
instances:
  - {generate: mdkpp, n: 8}
  - {generate: mdkp, nn: 8, mm: 2}
  - {files: nothere.txt}
pipelines:
  a: {solver: qaoaa, encoder: slakk}
  b: {solver: qaoa, layerz: 3}
  c: greedy
groups: {g: [c, d]}
"""
WORDS = ("'mdkpp'", "'nn'", "'mm'", "'nothere.txt'", "'qaoaa'", "'slakk'", "'layerz'", "'d'")


def test_every_mistake_of_a_spec_has_its_line_in_the_order_of_the_file() -> None:
    with pytest.raises(SpecError) as caught:
        build_matrix(parse_document(SPEC, "s.yaml"))
    lines = str(caught.value).splitlines()
    assert [next(word for word in WORDS if f"got {word}" in line) for line in lines] == list(WORDS)
    assert [int(line.split()[2]) for line in lines] == [2, 3, 3, 4, 6, 6, 7, 9]


def test_mistakes_of_the_top_do_not_hide_those_of_the_pipelines() -> None:
    text = SPEC + "budget: {seconds: -1, secondz: 3}\nrepeats: many\n"
    with pytest.raises(SpecError) as caught:
        build_matrix(parse_document(text, "s.yaml"))
    for word in ("-1", "'secondz'", "'many'", "'qaoaa'", "'layerz'", "'mdkpp'"):
        assert word in str(caught.value)


def test_one_mistake_is_one_line_as_before() -> None:
    with pytest.raises(SpecError) as caught:
        build_matrix(parse_document("instances: [{generate: mis, n: 6}]\npipelines: {a: greedyy}\n", "s.yaml"))
    assert len(caught.value.mistakes) == 1
    assert "\n" not in str(caught.value)


def test_the_command_prints_each_mistake_on_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(SPEC)
    result = Shell(monkeypatch, capsys).run("bench", path, "--dry-run")
    assert result.code == 2
    lines = result.err.splitlines()
    assert len(lines) == len(WORDS)
    assert all(line.startswith("qopt: ") for line in lines)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_without_a_writer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIPE_SECONDS", 0.05)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InstanceFormatError, match=r"nothing was written for 0\.05 s; start its writer"):
        qopt.load(pipe)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_with_a_writer_is_read_whole(tmp_path: Path) -> None:
    problem = qopt.generate("mis", n=400, p=0.3, seed=1)  # more than a pipe holds
    qopt.save(problem, tmp_path / "mis.json")
    data, pipe = (tmp_path / "mis.json").read_bytes(), tmp_path / "pipe"
    assert len(data) > 2**16
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    writer.start()
    assert qopt.load(pipe).size == problem.size
    writer.join()
