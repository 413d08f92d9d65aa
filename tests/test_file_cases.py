"""Files that were misread, or refused without a reason: each with its right value, by hand or by another program."""

from __future__ import annotations

import itertools
import json
import lzma
import os
from pathlib import Path

import dimod
import numpy as np
import pytest

from qopt.core import PROBLEMS, InstanceFormatError
from qopt.experiments.verify import verify
from qopt.problems.files import load, load_all, save
from qopt.problems.generate import generate
from qopt.problems.solutions import read_solution, read_solution_file, write_solution

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
CASES = CASES if CASES.is_dir() else Path(os.environ.get("QOPT_INSTANCES", "/nonexistent")).parent / "cases"


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def packed(model):
    """A dimod model as its own binary file."""
    with model.to_file() as file:
        return file.read()


def refused(path, **options):
    """The one line with which a file is refused."""
    with pytest.raises(ValueError, match=r".") as caught:
        load_all(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def least(problem):
    """The least objective over all feasible points."""
    points = itertools.product((0, 1), repeat=problem.linear.size)
    return min(problem.objective(x) for x in points if not problem.violations(x))


# Weights, entries and keys that stand twice: the last one was taken.


def test_a_second_weight_of_a_vertex_is_an_error_with_its_line(tmp_path):
    path = written(tmp_path, "w.clq", "p edge 3 2\nn 1 5\nn 1 7\nn 2 9\ne 1 2\ne 2 3\n")
    assert "line 3: expected one weight a vertex, found a second one of vertex 1" in refused(path)


def test_a_json_key_that_stands_twice_is_an_error(tmp_path):
    text = '{"schema": "qopt.instance/1", "kind": "qubo", "linear": [1], "linear": [-1]}'
    assert "expected each key once, found 'linear' twice" in refused(written(tmp_path, "a.json", text))


@pytest.mark.parametrize("line", ["DIMENSION : 3", "EDGE_WEIGHT_TYPE : CEIL_2D"])
def test_a_tsplib_keyword_that_stands_twice_is_an_error(tmp_path, line):
    rest = "DIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 0 4\n3 3 0\nEOF\n"
    assert "once" in refused(written(tmp_path, "a.tsp", f"TYPE : TSP\n{line}\n{rest}"))


# What a file is: on evidence alone.


@pytest.mark.parametrize("head", ["", "# a comment of its own\n"])
def test_a_list_of_arcs_is_claimed_by_no_format(tmp_path, head):
    """It was read as a knapsack with best known value 2, behind a comment as a QUBO with merged products."""
    arcs = f"{head}1 2 4\n2 1 4\n2 3 1\n3 2 1\n1 3 7\n3 1 7\n"
    assert "Steiner tree packing" in refused(written(tmp_path, "arcs.dat", arcs))
    for name in ("other.dat", "other", "other.txt"):
        assert "--kind" in refused(written(tmp_path, name, arcs))
    assert load(tmp_path / "other", kind="qubo").size["variables"] == 3
    assert load(written(tmp_path, "a.coo", arcs)).kind == "qubo"


def test_arcs_are_no_stream_of_numbers_either(tmp_path):
    """Nine numbers, the first a 2: as many as a QAPLIB file of order 2 has."""
    assert "--kind" in refused(written(tmp_path, "a.dat", "2 1 4\n1 2 3\n3 1 2\n"))


def test_a_sparse_file_with_an_entry_below_the_diagonal_is_refused(tmp_path):
    """It was read as market share, whose shape it has too."""
    text = "2 2\n1 1 -1\n2 1 1\n"
    assert "line 3: expected i <= j (the upper triangle)" in refused(written(tmp_path, "low.sparse", text))
    assert load(written(tmp_path, "low.dat", text)).kind == "market-share"


def test_two_formats_that_fit_are_both_named(tmp_path):
    """A graph of two edges, and a market split of two products and two retailers."""
    text = "2 2\n1 2 5\n2 1 3\n"
    said = refused(written(tmp_path, "a", text))
    assert "can be read as market-share or max-cut (market-split, rudy)" in said
    assert load(tmp_path / "a", kind="max-cut").kind == "max-cut"
    assert load(written(tmp_path, "a.mc", text)).kind == "max-cut"
    assert load(written(tmp_path, "a.dat", text)).kind == "market-share"


# Constants, other tools' classes, labels that read the same.


def test_the_stated_constant_of_a_qs_file_counts(tmp_path):
    problem = load(written(tmp_path, "a.qs", "# ObjectiveOffset 10\n3 4\n1 1 -2\n2 2 -3\n1 2 4\n3 3 1\n"))
    assert (problem.offset, least(problem)) == (10, 7)
    save(problem, tmp_path / "b.qs")
    again = load(tmp_path / "b.qs")
    assert (again.offset, again.linear.tolist(), again.couplings.tolist()) == (10, [-2, -3, 1], [8])
    assert "an ObjectiveOffset" in refused(written(tmp_path, "c.qs", "# ObjectiveOffset ten\n1 1\n1 1 2\n")).replace(
        "the Obj", "an Obj"
    )


def test_a_file_packed_by_xz_is_read(tmp_path):
    path = tmp_path / "a.qs.xz"
    path.write_bytes(lzma.compress(b"# ObjectiveOffset 1\n1 1\n1 1 -2\n"))
    assert (load(path).name, least(load(path))) == ("a", -1)
    path.write_bytes(lzma.compress(b"# ObjectiveOffset 1\n1 1\n1 1 -2\n")[:-9])
    assert "xz" in refused(path)


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
@pytest.mark.parametrize("cls", [dimod.BinaryQuadraticModel, dimod.Float32BQM, dimod.DictBQM])
def test_json_of_every_class_of_dimod_models(tmp_path, cls, vartype):
    """Only that of one class was known; Float32BQM and DictBQM were "not its structure"."""
    bqm = cls({"a": 0.5, "b": -0.25, "c": 0.0}, {("a", "b"): 2.0, ("b", "c"): -1.5}, 0.75, vartype)
    problem = load(written(tmp_path, "m.bqm.json", json.dumps(bqm.to_serializable())))
    assert least(problem) == dimod.ExactSolver().sample(bqm).first.energy
    problem = load(written(tmp_path, "m.json", json.dumps(bqm.to_serializable())))
    assert problem.variable_names == ("a", "b", "c")


def test_labels_that_read_the_same_stay_different(tmp_path):
    """0 and "x[0]", (0, 1) and "(0, 1)": refused as one name."""
    for labels in ([0, "x[0]"], [(0, 1), "(0, 1)"], [0, "0"], ["a", "b"]):
        bqm = dimod.BinaryQuadraticModel(dict.fromkeys(labels, -1.0), {}, 0.0, "BINARY")
        path = tmp_path / "a.bqm"
        path.write_bytes(packed(bqm))
        assert (len(set(load(path).variable_names)), least(load(path))) == (2, -2)
        cqm = dimod.ConstrainedQuadraticModel.from_bqm(bqm)
        cqm.add_constraint([(label, 1) for label in labels], "<=", 1, label=labels[0])
        cqm.add_constraint([(label, 1) for label in labels], "<=", 2, label=labels[1])
        path = tmp_path / "a.cqm"
        path.write_bytes(packed(cqm))
        assert (len(set(load(path).variable_names)), least(load(path))) == (2, -1)
        path = written(tmp_path, "a.bqm.json", json.dumps(bqm.to_serializable()))
        assert len(set(load(path).variable_names)) == 2


def test_integers_of_a_constrained_model_stay_integers(tmp_path):
    x, s, i = dimod.Binary("x"), dimod.Spin("s"), dimod.Integer("i", lower_bound=-2, upper_bound=5)
    cqm = dimod.ConstrainedQuadraticModel()
    cqm.set_objective(i * i - 3 * i + 2 * x * i + s * i - x)
    cqm.add_constraint(i + 2 * x - s <= 4, label="c")
    (tmp_path / "a.cqm").write_bytes(packed(cqm))
    problem = load(tmp_path / "a.cqm")
    assert problem.kind == "integer-program"
    order = [problem.variable_names.index(name) for name in ("x", "s", "i")]
    kept = []
    for values in itertools.product((0, 1), (0, 1), range(-2, 6)):
        point = np.zeros(3, dtype=np.int64)
        point[order] = values
        sample = {"x": values[0], "s": 2 * values[1] - 1, "i": values[2]}
        assert problem.objective(point) == cqm.objective.energy(sample)
        assert (not problem.violations(point)) == cqm.check_feasible(sample)
        kept.append(cqm.check_feasible(sample))
    assert set(kept) == {True, False}


QBSOLV = "c qbsolv\np qubo 0 4 4 2\n0 0 -1\n1 1 -1\n2 2 -3\n3 3 0.5\n0 1 2\n1 2 3\n"


def test_qbsolv_files(tmp_path):
    assert least(load(written(tmp_path, "a.qubo", QBSOLV))) == -4  # x0 and x2
    assert least(load(written(tmp_path, "b.qubo", "p qubo topology 4 2 1\n0 0 -1\n1 1 -1\n0 1 2\n"))) == -1
    for old, new, said in (
        ("1 2 3\n", "", "4 nodes and 2 couplers"),
        ("0 1 2\n", "1 0 2\n", "i < j"),
        ("1 1 -1\n", "0 0 -1\n", "each node and coupler once"),
        ("3 3 0.5", "4 4 0.5", "a label (an integer in 0..3)"),
    ):
        assert said in refused(written(tmp_path, "c.qubo", QBSOLV.replace(old, new)))


# Kinds that are not there.

STRANGE = {
    "a.vrp": ("NAME : a\nTYPE : CVRP\nDIMENSION : 3\n", "vehicle routing", "cvrp"),
    "c101.txt": (
        "C101\n\nVEHICLE\nNUMBER     CAPACITY\n  25         200\n\nCUSTOMER\n",
        "vehicle routing with time windows",
        "vrptw",
    ),
    "n3.txt": ("3\n0 1 2\n1 0 3\n2 3 0\n0 9\n1 5\n2 8\n", "time windows", "tsptw"),
    "a.hcp": ("NAME : a\nTYPE : HCP\nDIMENSION : 3\n", "Hamiltonian cycle", ""),
    "a.cnf": ("c\np cnf 2 1\n1 -2 0\n", "satisfiability", ""),
    "b.json": ('{"1": {"scaled_doubly_stochastic_matrix": [1], "scale": 1}}', "Birkhoff decomposition", ""),
    "i.xml": ("<Instance>\n <MetaData>\n </MetaData>\n</Instance>\n", "sports timetable", ""),
    "p.txt": ("0 AAPL 170.86\n0 NVDA 90.33\n", "portfolio", ""),
    "d.txt": ("    | 1,  2,  3,|\n|1  | 0, 24, 43|\n", "network traffic", ""),
    "topology_15_4.dat": ("15 4\n", "graph design", ""),
    "terms.dat": ("# Node Net\n141 1\n16 1\n", "Steiner tree packing", ""),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_file_of_a_kind_that_is_not_there_is_refused_as_such(tmp_path, name):
    text, what, kind = STRANGE[name]
    if kind in PROBLEMS:
        pytest.skip(f"{kind} is there")
    said = refused(written(tmp_path, name, text))
    assert "expected a kind that qopt has" in said
    assert what in said


def test_the_refusal_goes_when_the_kind_comes(tmp_path, monkeypatch):
    """It asks the registry, so that a new kind's own reader explains what is wrong with such a file."""
    from qopt.problems.formats.unheld import unheld

    text = STRANGE["a.vrp"][0]
    if "cvrp" not in PROBLEMS:
        assert unheld(text, "a.vrp") is not None
    monkeypatch.setattr(type(PROBLEMS), "__contains__", lambda self, name: True)
    assert unheld(text, "a.vrp") is None


# Solutions.


def test_tours_that_begin_with_the_count(tmp_path):
    problem = generate("tsp", n=5, seed=0)
    tour = [0, 3, 1, 4, 2]
    edges = "".join(f"{i} {j} 7\n" for i, j in zip(tour, [*tour[1:], tour[0]], strict=True))
    for text in ("5\n0 3 1\n4 2\n", "5 1 4 2 5 3", "0 3 1 4 2", f"5 5\n{edges}"):
        assert read_solution(written(tmp_path, "a.sol", text), problem).tolist() == tour
    with pytest.raises(InstanceFormatError, match="order of the tour"):
        read_solution(written(tmp_path, "a.sol", f"5 5\n{edges.replace('0 3 7', '1 3 7')}"), problem)


def set_as_the_checker_reads(text, n):
    """The chosen vertices as QOBLIB's stable-set checker takes them from a solution file.

    Only 0, 1, blanks and punctuation: one digit a vertex. Otherwise numbers alone are vertices, but any letter makes it
    read lines that start with x alone: an index behind the x, and a 0 or 1 behind the next blank.
    """
    rest = [c for c in text if not c.isspace() and not (c.isascii() and not c.isalnum())]
    assert rest, "an empty file is an error there"
    if set(rest) <= {"0", "1"}:
        assert len(rest) == n
        return [i + 1 for i, c in enumerate(rest) if c == "1"]
    if all(c.isdigit() for c in rest):
        return sorted({int(word) for word in text.split()})
    rows = [line.split() for line in text.splitlines() if line.lstrip().startswith("x")]
    return [int("".join(c for c in head if c.isdigit())) for head, value in rows if value == "1"]


@pytest.mark.parametrize("chosen", [[], [1], [2, 4], [1, 10, 11], list(range(1, 13))])
def test_a_vertex_list_is_written_so_that_the_checker_reads_it(tmp_path, chosen):
    """A comment in the first line made every list one of no vertices, and {1, 10, 11} looked like digits 0 and 1."""
    problem = generate("mis", n=12, p=0.0, seed=0)
    x = np.zeros(12, dtype=np.int64)
    x[np.array(chosen, dtype=np.int64) - 1] = 1
    write_solution(problem, x, tmp_path / "a.sol")
    assert set_as_the_checker_reads((tmp_path / "a.sol").read_text(), 12) == chosen
    assert read_solution(tmp_path / "a.sol", problem).tolist() == x.tolist()


def test_solutions_of_an_integer_program(tmp_path):
    problem = generate("integer-program", n=3, m=1, seed=0)
    for text in ("1 0 2", "x[0] 1\nx[2] 2.0000001\n", "# Objective value = 3\nx[2] 2\nx[0] 1\nx[1] 0\n"):
        read = read_solution_file(written(tmp_path, "a.sol", text), problem)
        assert read.solution.tolist() == [1, 0, 2]
    write_solution(problem, [1, 0, 2], tmp_path / "b.sol")
    assert read_solution(tmp_path / "b.sol", problem).tolist() == [1, 0, 2]
    for text in ("1 0", "y 1\n", "x[0] 1.5\n", "x[0] 1\nx[0] 2\n", "9 0 0"):
        with pytest.raises(InstanceFormatError):
            read_solution(written(tmp_path, "a.sol", text), problem)


# The same on the files themselves, where they are.

ON_DISK = {
    "04-lp-binary-bounds-dropped/A1_binfix1_lower.lp": 1,
    "04-lp-binary-bounds-dropped/A2_bin_before_bounds.lp": 1,
    "04-lp-binary-bounds-dropped/A3_bin_eq1.lp": 1,
    "04-lp-binary-bounds-dropped/bin_bound_after.lp": -1,
    "04-lp-binary-bounds-dropped/fixed_bound.lp": 1,
    "05-lp-range-row-misread/R1_range_neg_max.lp": 2,
    "05-lp-range-row-misread/r8.lp": 2,
    "09-lp-st-dot-refused/T1_st_lower.lp": 1,
    "09-lp-st-dot-refused/T3_st_dot2.lp": 1,
    "09-lp-st-dot-refused/T4_st_dot_sameline.lp": 1,
    "09-lp-st-dot-refused/st_dot.lp": 1,
    "11-dimod-json-other-classes/f32.bqm.json": 0.09999997,
    "11-dimod-json-other-classes/int.bqm.json": -1,
    "14-label-collision-refused/frozen.bqm": -2,
    "14-label-collision-refused/collide.bqm": -2,
    "14-label-collision-refused/labelcollision.cqm": -3,
    "15-dimacs-duplicate-weight/wdup.clq": "one weight a vertex",
    "16-qbsolv-qubo-format/qbsolv.qubo": -4,
    "18-sparse-becomes-market-share/bmlow.sparse": "the upper triangle",
    "21-relax-and-cut-empty-program/rc.lp": None,
    "22-arcs-claimed-by-sniffing/arcs.dat": "Steiner tree packing",
    "23-qs-offset/offset.qs": 7,
}


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not beside the instances")
@pytest.mark.parametrize("name", ON_DISK)
def test_cases_on_disk(name):
    right, path = ON_DISK[name], CASES / name
    if isinstance(right, str):
        assert right in refused(path)
        return
    problem = load(path)
    form = next(iter(problem.formulations.values()))(problem)
    bits = itertools.product((0, 1), repeat=form.program.num_variables)
    found = [verify(problem, form.decode(np.array(x))) for x in bits]
    values = [one.objective for one in found if one.is_feasible]
    best = None if not values else min(values) if problem.sense == "min" else max(values)
    assert best == (None if right is None else pytest.approx(right, abs=1e-7))
