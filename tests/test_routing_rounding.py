"""``--rounding``: distances anew from the coordinates, named in info and Record, refused where they are not theirs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.core import BestKnown, fingerprint
from qopt.problems.rounded_anew import as_recorded, rounded_anew
from qopt.problems.tsptw import Tsptw
from qopt.problems.vehicles import Cvrp

from .shell import Shell

#: Distances sqrt(2), sqrt(5), 1: by hand 1, 2, 1 (nint) and 1.4, 2.2, 1 (trunc1).
VRP = """NAME : tiny
TYPE : CVRP
DIMENSION : 3
CAPACITY : 2
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 2 1
DEMAND_SECTION
1 0
2 1
3 1
DEPOT_SECTION
1
-1
EOF
"""
LENGTHS = {"nint": 4, "trunc1": 4.6, "exact": 1 + 2**0.5 + 5**0.5}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.vrp"
    path.write_text(VRP)
    return path


@pytest.mark.parametrize("rounding", LENGTHS)
def test_info_solve_and_verify_round_as_they_are_told(shell: Shell, tiny: Path, tmp_path: Path, rounding: str) -> None:
    shell.run("info", str(tiny), "--rounding", rounding, "--json")
    assert shell.json["instances"][0]["conventions"]["rounding"] == rounding
    assert shell.json["instances"][0]["size"] == {"customers": 2}
    mark = shell.json["instances"][0]["fingerprint"]
    record = tmp_path / "r.json"
    shell.run("solve", str(tiny), "--solver", "route-sets", "--rounding", rounding, "--quiet", "--out", str(record))
    assert shell.code == 0
    written = json.loads(record.read_text())
    assert written["objective"] == pytest.approx(LENGTHS[rounding], abs=1e-12)
    assert written["instance"]["conventions"]["rounding"] == rounding
    assert written["instance"]["fingerprint"] == mark
    shell.run("verify", str(tiny), str(record), "--rounding", rounding, "--json")
    assert (shell.code, shell.json["feasible"]) == (0, True)
    assert shell.json["objective"] == written["objective"]


def test_replay_and_picture_follow_the_rounding_of_a_record(shell: Shell, tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    record = tmp_path / "r.json"
    shell.run("solve", str(tiny), "--solver", "greedy", "--rounding", "exact", "--quiet", "--out", str(record))
    shell.run("replay", str(record))
    assert (shell.code, "identical" in shell.out) == (0, True)
    shell.run("plot", str(record), "--out", str(tmp_path / "p.svg"))
    assert shell.code == 0
    assert "4.65028" in (tmp_path / "p.svg").read_text()


def test_another_rounding_is_another_instance_without_the_former_best_known_value(tiny: Path) -> None:
    read = replace(qopt.load(tiny), best_known=BestKnown(4, True, "here"))
    assert rounded_anew(read, "nint") is read
    other: Any = rounded_anew(read, "exact")
    assert other.best_known is None
    assert fingerprint(other) != fingerprint(read)
    assert other.max_routes == read.max_routes
    back = rounded_anew(other, "nint")
    assert fingerprint(back) == fingerprint(read)
    assert as_recorded(read, {}) is read
    assert as_recorded(read, {"rounding": "given"}) is read
    assert fingerprint(as_recorded(read, other.conventions)) == fingerprint(other)


def test_windows_and_service_stay(tmp_path: Path) -> None:
    fleet = qopt.generate("vrptw", n=5, stops=2, seed=1)
    rounded: Any = rounded_anew(fleet, "exact")
    assert (rounded.service == fleet.service).all()
    assert (rounded.windows == fleet.windows).all()
    assert 0 < (rounded.distances - fleet.distances).max() < 0.1
    tour = qopt.generate("tsptw", n=5, seed=1)
    cut: Any = rounded_anew(tour, "trunc1")
    assert (cut.conventions, cut.rounding) == ({"objective": "travel", "rounding": "trunc1"}, "trunc1")
    assert np.abs(cut.travel - tour.travel).max() <= 0.6


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (qopt.generate("mis", n=4, degree=2, seed=1), "left out for mis"),
        (Tsptw(np.ones((2, 2)), np.array([[0, 9], [0, 9]])), "holds the matrix"),
        # coordinates for pictures alone
        (Cvrp([[0, 9], [9, 0]], [0, 1], 1, coordinates=[[0, 0], [1, 1]]), "holds the matrix"),
        (qopt.generate("tsptw", n=4, asymmetric=True, seed=1), "whose travel is not nint"),
        (Cvrp([[0, 9], [9, 0]], [0, 1], 1, None, "nint", [[0, 0], [1, 1]]), "whose matrix is not nint"),
    ],
    ids=["kind", "stream", "matrix", "asymmetric", "edited"],
)
def test_what_is_not_made_of_coordinates_is_refused(
    shell: Shell, tmp_path: Path, problem: qopt.Problem, said: str
) -> None:
    path = tmp_path / "i.json"
    qopt.save(problem, path)
    for words in (["info"], ["solve", "--quiet"], ["convert", str(tmp_path / "o.json")]):
        shell.run(words[0], str(path), *words[1:], "--rounding", "exact")
        assert shell.code == 2
        assert said in shell.err
        assert shell.err.startswith("qopt: --rounding must be left out")
        assert len(shell.err.strip().splitlines()) == 1


def test_a_word_that_is_no_convention(shell: Shell, tiny: Path, tmp_path: Path) -> None:
    shell.run("info", str(tiny), "--rounding", "floor")
    assert (shell.code, shell.err) == (2, "qopt: --rounding must be one of nint, trunc1, exact, got 'floor'\n")
    shell.run("solve", str(tiny), "--solver", "greedy", "--rounding", "floor", "--quiet")
    assert shell.code == 2
    assert shell.err == "qopt: --rounding must be a word of `qopt solve --help`, got another one\n"
    graph = tmp_path / "g.json"
    qopt.save(qopt.generate("mis", n=4, degree=2, seed=1), graph)
    words = ["--solver", "qrao", "--rounding", "pauli", "--evaluations", "5", "--quiet", "--json"]
    shell.run("solve", str(graph), *words)  # a field of that solver
    assert shell.json["pipeline"]["solver"]["rounding"] == "pauli"


def test_a_table_of_best_known_values_holds_for_the_files_own_rounding_alone(
    shell: Shell, tiny: Path, tmp_path: Path
) -> None:
    table = tmp_path / "best_known.csv"
    table.write_text("family,instance,value,proven,source\ncvrp,tiny,4,yes,here\n")
    shell.run("solve", str(tiny), "--best-known", str(table), "--rounding", "exact", "--quiet")
    assert shell.code == 2
    assert "must be a number beside --rounding exact" in shell.err
    shell.run(
        *("solve", str(tiny), "--solver", "greedy", "--best-known", "4.65", "--rounding", "exact", "--quiet", "--json")
    )
    assert shell.json["reference"]["value"] == 4.65
