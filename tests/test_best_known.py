"""Best known values are those of the instance's own problem and file, and give way to a proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import qopt
from qopt.core import BestKnown, Status
from qopt.experiments.best_known import known_value, read_table
from qopt.experiments.references import contradiction, has_integral_cost, own_bound, read_best_known, reference_of
from qopt.problems.files import load, save
from qopt.problems.generate import generate

HEAD = "problem,family,instance,file,size,sense,best_known,is_optimal,source\n"


def table(folder, *rows):
    path = folder / "best_known.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return path


def value_in(path, problem, file):
    found = known_value(read_table(path), path.parent, problem, Path(file))
    return None if found is None else found.value


@pytest.fixture
def graph(tmp_path):
    """A path of five vertices: independent 3, cover 2, clique 2."""
    file = tmp_path / "graphs" / "p5.gr"
    file.parent.mkdir()
    file.write_text("p td 5 4\n1 2\n2 3\n3 4\n4 5\n")
    return file


def test_a_cover_is_no_independent_set_but_what_one_leaves(tmp_path, graph):
    """The size of a cover was taken as a proven independent set: gap 45 % where 0 is right."""
    path = table(tmp_path, "MVC,graphs,p5,graphs/p5.gr,5,min,2,yes,cover")
    assert value_in(path, load(graph), graph) == 3
    record = qopt.solve(replace(load(graph), best_known=known_value(read_table(path), tmp_path, load(graph), graph)))
    assert (record.objective, record.gap, record.reference.kind) == (3, 0.0, "proven")


def test_a_clique_is_one_of_the_complement_alone(tmp_path, graph):
    path = table(tmp_path, "MaxClique,graphs,p5,graphs/p5.gr,5,max,2,yes,clique")
    assert value_in(path, load(graph), graph) is None
    assert value_in(path, load(graph, complement=True), graph) == 2
    path = table(tmp_path, "MIS,graphs,p5,graphs/p5.gr,5,max,3,yes,set")
    assert value_in(path, load(graph), graph) == 3
    assert value_in(path, load(graph, complement=True), graph) is None


def test_another_problem_sense_or_folder_is_another_instance(tmp_path, graph):
    for row in (
        "MaxCut,graphs,p5,graphs/p5.gr,5,max,4,yes,cut",
        "MIS,graphs,p5,graphs/p5.gr,5,min,2,yes,turned",
        "TSPTW-makespan,graphs,p5,graphs/p5.gr,5,min,2,yes,other",
        "MIS,other,p5,other/p5.clq,5,max,9,yes,name alone",
    ):
        assert value_in(table(tmp_path, row), load(graph), graph) is None
    # the file decides among rows of one name
    path = table(
        tmp_path, "MIS,other,p5,other/p5.gr,5,max,9,yes,other folder", "MIS,graphs,p5,graphs/p5.gr,5,max,3,yes,this"
    )
    assert value_in(path, load(graph), graph) == 3
    elsewhere = tmp_path / "p5.gr"
    elsewhere.write_text(graph.read_text())
    with pytest.raises(ValueError, match=r"must be one, got several \(graphs/p5.gr, other/p5.gr\)"):
        value_in(path, load(elsewhere), elsewhere)
    assert value_in(table(tmp_path, "MIS,graphs,p5,graphs/p5.gr,5,max,3,yes,set"), load(elsewhere), elsewhere) == 3


def test_the_instances_of_one_file_have_their_own_rows(tmp_path):
    file = tmp_path / "two.txt"
    file.write_text("2\n3 1 0\n10 20 30\n1 2 3\n3\n2 1 25\n10 20\n1 2\n2\n")
    path = table(tmp_path, "MDKP,,two-1,two.txt,3,max,30,yes,a", "MDKP,,two-2,two.txt,2,max,20,yes,b")
    assert [value_in(path, load(file, instance=k), file) for k in (1, 2)] == [30, 20]
    assert [name for name, _, _ in read_best_known(path)] == ["two-1", "two-2"]


def test_a_value_that_a_proof_contradicts_is_named_and_left_out(tmp_path):
    """The best of this knapsack is 30 and proven; the file says 999, and the gap was 97 %."""
    file = tmp_path / "wrong.txt"
    file.write_text("3 1 999\n10 20 30\n1 2 3\n3\n")
    record = qopt.solve(load(file), "cpsat", seed=0)
    assert (record.objective, record.gap, record.reference.kind, record.reference.value) == (30, 0.0, "proven", 30)
    assert "the stated value 999 (given in the instance file) is left out" in record.message


def test_what_contradicts_a_stated_value():
    problem = replace(generate("mdkp", n=4, m=1, seed=0), best_known=BestKnown(50, True, "table"))
    assert reference_of(problem, Status.FEASIBLE, 40, 60).value == 50
    assert not contradiction(problem, Status.FEASIBLE, 40, 50)
    assert "no value is better than 45" in contradiction(problem, Status.FEASIBLE, 40, 45)
    assert reference_of(problem, Status.FEASIBLE, 40, 45).kind == "bound"
    assert "the verified objective 51 is better" in contradiction(problem, Status.FEASIBLE, 51, None)
    assert "no solution" in contradiction(problem, Status.INFEASIBLE, None, None)
    better = replace(problem, best_known=BestKnown(50, False, "table"))
    assert reference_of(better, Status.FEASIBLE, 51, None).value == 50  # a new best is no contradiction


def test_a_bound_of_integral_costs_is_rounded_with_a_margin():
    """A relaxation's 3.0000000001 is 3, not 4; with another rounding error above 3 the bound was false."""
    problem = generate("qubo", n=3, seed=0)
    program = next(iter(problem.formulations.values()))(problem).program
    assert has_integral_cost(program)
    for value, bound in (
        (3.0000000001, 3),
        (3.0 + 5e-7, 3),
        (2.6, 3),
        (3.1, 4),
        (-7.0 + 5e-7, -7),
        (1e11 + 0.4, 10**11),
    ):
        assert own_bound(problem, program, value) == bound


def test_the_command_says_which_row_is_missing(tmp_path, graph):
    from typer.testing import CliRunner

    from qopt.commands.app import app

    path = table(tmp_path, "MaxCut,graphs,p5,graphs/p5.gr,5,max,4,yes,cut")
    save(load(graph), tmp_path / "p5.json")
    found = CliRunner().invoke(app, ["solve", str(graph), "--solver", "greedy", "--best-known", str(path)])
    assert found.exit_code != 0
    assert "must have a row for 'p5' (mis, p5.gr), found none" in found.output + str(found.exception)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "30,5", ""])
def test_a_value_that_is_no_finite_number_is_refused(tmp_path, value):
    """A gap of 'nan% of nan' was told from such a row."""
    path = tmp_path / "best_known.csv"
    path.write_text(f'instance,file,best_known,is_optimal,source\nk,k.txt,"{value}",yes,x\n')
    with pytest.raises(ValueError, match=r"best_known\.csv must have the columns"):
        list(read_table(path))


def test_a_short_row_and_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "best_known.csv"
    path.write_text("instance,file,best_known,is_optimal,source\nk,k.txt,30,yes\n")
    assert [row.known.source for row in read_table(path)] == [""]
    path.write_text("instance,file,best_known,is_optimal,source\nk,k.txt\n")
    with pytest.raises(ValueError, match="a cell is missing"):
        list(read_table(path))
    path.write_bytes(b"\xff\xfebad")
    with pytest.raises(ValueError, match="must be a table in UTF-8"):
        list(read_table(path))
