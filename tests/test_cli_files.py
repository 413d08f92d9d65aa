"""What the commands on files promise: one of several instances, options in their own words, no file in vain."""

from __future__ import annotations

import json
import sys

import pytest

from qopt.cli import main
from qopt.core import UnsupportedError
from qopt.problems import files
from qopt.problems.generate import generate

TWO = "2\n3 1 0\n10 20 30\n1 2 3\n3\n2 1 25\n10 20\n1 2\n2\n"


@pytest.fixture
def qopt(monkeypatch, capsys):
    """Runs a command line; exit code, stdout, stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["qopt", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            sys.exit(main())
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return run


def test_info_of_one_of_several(qopt, tmp_path):
    path = tmp_path / "two.txt"
    path.write_text(TWO)
    code, out, _ = qopt("info", f"{path}#2", "--json")
    assert code == 0
    assert [row["name"] for row in json.loads(out)["instances"]] == ["two-2"]
    assert len(json.loads(qopt("info", path, "--json")[1])["instances"]) == 2
    code, _, err = qopt("info", f"{path}#3")
    assert (code, "instance must be in 1..2, got 3" in err) == (2, True)


def test_sizes_of_a_kind_are_told_as_options(qopt):
    code, out, _ = qopt("generate", "qubo", "--help")
    assert code == 0
    for text in ("-n integer = 20", "--max-coefficient integer = 100", "--seed integer = 0"):
        assert text in out
    for text in ("'int'", "->", "max_coefficient:", "Parameters", "Raises"):
        assert text not in out, "a signature of Python"
    code, _, err = qopt("generate", "qubo", "--max-coef", "3")
    assert (code, "did you mean '--max-coefficient'" in err) == (2, True)


def test_no_file_is_written_that_would_not_be_read(tmp_path, monkeypatch):
    """5,000 cities were 125 MB of JSON, which `qopt solve` refuses."""
    monkeypatch.setattr(files, "MAX_BYTES", 4000)
    problem = generate("tsp", n=60, seed=0)
    with pytest.raises(UnsupportedError, match=r"at most 4000 bytes to be read again, got \d+; write another format"):
        files.save(problem, tmp_path / "a.json")
    assert not list(tmp_path.iterdir())
    files.save(problem, tmp_path / "a.tsp")
    assert files.load(tmp_path / "a.tsp").size == problem.size


def test_integers_and_a_maximum_through_the_command(qopt, tmp_path):
    path = tmp_path / "m.lp"
    path.write_text(
        "Maximize\n obj: 2 x + i\nSubject To\n c: x + i <= 3\nBounds\n i <= 4\nBinary\n x\nGeneral\n i\nEnd\n"
    )
    code, out, _ = qopt("solve", path, "--solver", "milp", "--no-control", "--json")
    record = json.loads(out)
    assert code == 0
    assert (record["instance"]["sense"], record["objective"], record["solution"]) == ("max", 4, [1, 2])
    assert "integer-program (max)" in qopt("info", path)[1]
    assert qopt("convert", path, tmp_path / "m.mps")[0] == 0
    assert qopt("verify", tmp_path / "m.mps", path.parent / "none.sol")[0] == 2
