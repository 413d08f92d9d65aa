"""``qopt shrink`` and its picture: the table, the files it writes, and the way back from them."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import qopt
from qopt.algorithms.enumeration import all_points
from qopt.commands import app
from qopt.core import LiteralMap, from_spec
from qopt.experiments.merges import MAX_EDGES, relation, shrink_document
from qopt.experiments.plot_merges import plot_merges
from qopt.problems.formulations import formulate


@pytest.fixture
def qopt_command(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["qopt", *map(str, words)])
        with pytest.raises(SystemExit) as leaving:
            app.main()
        out, err = capsys.readouterr()
        return leaving.value.code, out, err

    return run


@pytest.fixture
def graph(tmp_path, qopt_command):
    path = tmp_path / "graph.json"
    assert qopt_command("generate", "mis", "-n", 14, "--p", 0.2, "--seed", 3, "--out", path)[0] == 0
    return path


def test_the_saved_files_lead_back_to_the_instance(graph, tmp_path, qopt_command):
    """The reduced model's energies are those of the points that the saved expansion gives."""
    model, document = tmp_path / "small.bqm", tmp_path / "merges.json"
    code, out, err = qopt_command("shrink", graph, "--target", 5, "--export", model, "--save", document)
    assert (code, err.count("wrote")) == (0, 2)
    assert "14 qubits shrunk to 5 (target)" in out
    saved = json.loads(document.read_text())
    assert saved["schema"] == "qopt.shrink/1"
    assert len(saved["merges"]) == 9
    assert all(relation(row) in out for row in saved["merges"])
    import dimod

    small = dimod.BQM.from_file(model.read_bytes())
    expansion = LiteralMap(saved["variables"]["index"], saved["variables"]["flip"], 5)
    program = formulate(qopt.load(str(graph)), None).program
    Z = all_points(5)
    X = expansion.apply(Z)
    whole = from_spec("encoders", {"name": "slack"}).encode(program).bqm
    np.testing.assert_allclose(small.energies((Z, list(range(5)))), whole.energies((X, list(range(14)))))


def test_options_reach_both_encoders(graph, qopt_command):
    code, out, _ = qopt_command(
        *("shrink", graph, "--target", "0.5", "--correlations", "random", "--admissibility", "off"),
        *("--encoder.penalty", 7, "--presolve", "safe", "--json"),
    )
    document = json.loads(out)
    assert code == 0
    assert document["qubits"] == round(0.5 * document["qubits_before"])
    assert document["bound"] is None
    assert set(document["graph"]["weights"]) == {7.0}
    code, _, err = qopt_command("shrink", graph, "--corelations", "lp")
    assert code == 2
    assert "did you mean 'correlations'?" in err
    code, _, err = qopt_command("shrink", graph, "--penaltty", "3")
    assert "did you mean 'penalty'?" in err


def test_long_tables_are_cut_short_unless_asked_for(qopt_command, tmp_path):
    path = tmp_path / "large.json"
    qopt_command("generate", "max-cut", "-n", 54, "--p", 0.1, "--seed", 1, "--out", path)
    short = qopt_command("shrink", path, "--target", 4, "--correlations", "spectral", "--every", 0)[1]
    whole = qopt_command("shrink", path, "--target", 4, "--correlations", "spectral", "--every", 0, "--all")[1]
    assert "more (--all)" in short
    assert "more (--all)" not in whole
    assert len(whole.splitlines()) > len(short.splitlines()) >= 40


def test_plot_draws_the_graph_before_and_after(graph, tmp_path, qopt_command):
    document = tmp_path / "merges.json"
    qopt_command("shrink", graph, "--target", 5, "--save", document)
    code, out, _ = qopt_command("plot", document)
    assert (code, out.strip()) == (0, str(tmp_path / "merges.png"))
    assert (tmp_path / "merges.png").read_bytes().startswith(b"\x89PNG")


def test_too_large_a_graph_is_refused(tmp_path):
    with pytest.raises(ValueError, match="400 bits"):
        plot_merges({"graph": None, "names": ["x"] * 900}, tmp_path / "a.png")
    assert MAX_EDGES < 900 * 899 // 2


def test_only_shrinking_has_merges():
    program = formulate(qopt.generate("mis", n=6, p=0.3, seed=1), None).program
    with pytest.raises(ValueError, match="by shrink"):
        shrink_document("g", from_spec("encoders", {"name": "slack"}).encode(program), program.names)
