"""Solution files: every kind's text forms and our JSON; published solutions have their value; flaws get one line."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qopt
from qopt.core import GENERATORS
from qopt.problems.generate import generate
from qopt.problems.solutions import read_solution, read_solution_file, write_solution
from qopt.problems.tsp import Tsp

KINDS = [entry.name for entry in GENERATORS]


def refused(path, problem):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is checked by the caller
        read_solution(path, problem)
    text = str(caught.value)
    assert "\n" not in text
    return text


def solution_of(problem):
    """Some solution, through the first formulation."""
    form = next(iter(problem.formulations.values()))(problem)
    if problem.kind in ("tsp", "qap"):
        return np.random.default_rng(0).permutation(next(iter(problem.size.values())))
    if problem.kind in ("tsptw", "cvrp", "vrptw"):  # a random point denotes no routes
        return np.array(qopt.solve(problem, "greedy").solution)
    x = form.complete(np.random.default_rng(0).integers(0, 2, size=(1, form.program.num_variables)))[0]
    solution = form.decode(x)
    return form.decode(form.complete(np.zeros_like(x)[None])[0]) if solution is None else solution


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["s.json", "s.sol", "s.sol.gz"])
def test_solution_round_trip(tmp_path, kind, name):
    problem = generate(kind, seed=3)
    solution = solution_of(problem)
    write_solution(problem, solution, tmp_path / name)
    found = read_solution_file(tmp_path / name, problem)
    assert np.array_equal(found.solution, solution)
    assert found.stated in (None, problem.objective(solution))


THREE = Tsp([[0, 1, 2], [1, 0, 3], [2, 3, 0]], name="three")
TOUR = "TYPE : TOUR\nDIMENSION : 3\nTOUR_SECTION\n2\n3\n1\n-1\nEOF\n"
JSON = json.dumps({"schema": "qopt.solution/1", "kind": "tsp", "objective": 6, "solution": [1, 2, 0]})


@pytest.mark.parametrize(
    "text", [TOUR, TOUR.replace("-1\nEOF\n", ""), "2 3 1", "# Objective value = 6\n1\n2\n0\n", JSON]
)
def test_forms_of_a_tour(tmp_path, text):
    path = tmp_path / "t"
    path.write_text(text)
    assert read_solution(path, THREE).tolist() == [1, 2, 0]


def test_record_is_read_as_solution(tmp_path):
    path = tmp_path / "r.json"
    record = {"schema": "qopt.record/1", "instance": {"kind": "tsp"}, "objective": 6, "solution": [0, 1, 2]}
    path.write_text(json.dumps(record))
    found = read_solution_file(path, THREE)
    assert (found.solution.tolist(), found.stated) == ([0, 1, 2], 6)
    path.write_text(json.dumps({**record, "solution": None}))
    assert "list of integers" in refused(path, THREE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TOUR.replace("DIMENSION : 3", "DIMENSION : 4"), "line 2: expected DIMENSION 3"),
        (TOUR.replace("2\n3\n1\n", "2\n1\n"), "line 6: expected TOUR_SECTION (integers in 1..3), found '-1'"),
        (TOUR.replace("2\n3\n1\n-1", "2\n1"), "expected 3 numbers of TOUR_SECTION, found 2"),
        (TOUR.replace("2\n3\n", "2\n2\n"), "found one twice"),
        (TOUR.replace("-1\n", "3\n"), "expected -1 after 3 cities"),
        (TOUR.replace("2\n3\n", "2\n5\n"), "line 5: expected TOUR_SECTION (integers in 1..3), found '5'"),
        ("1 2", "expected 3 numbers"),
        ("1 2 4", "expected the permutation"),
        ("1 2 3 1", "expected the end of the file"),
        ("0 1 3", "expected a permutation of 3 numbers"),
        ("1 2 x", "found 'x'"),
        (JSON.replace("[1, 2, 0]", "[1, 2, 2]"), "permutation of 0..2"),
        (JSON.replace("[1, 2, 0]", "[1, 2]"), "permutation of 0..2"),
        (JSON.replace("[1, 2, 0]", "[1, 2, 0.5]"), "list of integers"),
        (JSON.replace("[1, 2, 0]", "[1, 2, 1e400]"), "list of integers"),
        (JSON.replace("[1, 2, 0]", "null"), "list of integers"),
        (JSON.replace('"tsp"', '"qap"'), "expected a solution of kind tsp, found 'qap'"),
        (JSON.replace("solution/1", "solution/2"), "qopt.solution/1"),
        (JSON.replace("6", '"six"'), "expected a number as objective"),
        (JSON[:-5], "expected JSON"),
        ("\x00\x01", "binary"),
        ("", "empty"),
    ],
)
def test_bad_solution_gets_one_line(tmp_path, text, said):
    path = tmp_path / "s"
    path.write_text(text)
    assert said in refused(path, THREE)


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("# Objective value = 2\n3\n1\n", [1, 0, 1, 0]),
        ("1 0 1 0", [1, 0, 1, 0]),
        ("4 2 3 1", [1, 1, 1, 1]),
        ("# nothing\n", [0, 0, 0, 0]),
    ],
)
def test_vertex_lists_and_vectors(tmp_path, text, bits):
    graph = generate("mis", n=4, p=0.0)
    path = tmp_path / "s.sol"
    path.write_text(text)
    assert read_solution(path, graph).tolist() == bits


@pytest.mark.parametrize("text", ["1 1", "5", "0 1", "1.5", "1 2 3 4 4", "1 0 2 0"])
def test_bad_vertex_lists(tmp_path, text):
    path = tmp_path / "s.sol"
    path.write_text(text)
    refused(path, generate("mis", n=4, p=0.0))


@pytest.mark.parametrize(
    "text", ["x#1 1\nx#2 1", "x#1 1\nx#1 1\n", "x#9 1\n", "x#1 0.5\n", "x#1\n", "1 0 1\n", "2 0 0 0"]
)
def test_market_split_forms(tmp_path, text):
    problem = generate("market-share", products=2, retailers=4)
    path = tmp_path / "s.sol"
    path.write_text(text)
    if text == "x#1 1\nx#2 1":
        assert read_solution(path, problem).tolist() == [1, 1, 0, 0]
    else:
        refused(path, problem)
