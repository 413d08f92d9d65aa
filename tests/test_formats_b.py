"""Public formats of knapsacks, graphs, market splits and binary programs: everything loads, every flaw is one line."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import dimod
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qopt.core import InstanceFormatError, UnsupportedError, fingerprint
from qopt.core.program_io import to_cqm
from qopt.problems.files import load, load_all, save
from qopt.problems.generate import generate
from qopt.problems.mdkp import Mdkp
from qopt.problems.qubo import Qubo, QuboProgram
from qopt.problems.solutions import read_solution_file

KINDS = {
    "MDKP": "mdkp",
    "MIS": "mis",
    "MVC": "mis",
    "MaxClique": "mis",
    "MarketSplit": "market-share",
    "MaxCut": "max-cut",
    "QUBO": "qubo",
    "MKP": "multi-knapsack",
}
#: Instances and solution files of each problem in the public collection.
COUNTS = {
    "MDKP": (235, 0),
    "MIS": (45, 26),
    "MVC": (6, 0),
    "MaxClique": (24, 0),
    "MarketSplit": (104, 104),
    "MaxCut": (81, 0),
    "QUBO": (65, 0),
    "MKP": (68, 68),
}


@pytest.mark.parametrize("wanted", KINDS)
def test_every_public_instance_loads_and_every_solution_has_the_published_value(instances_dir: Path, wanted):
    with open(instances_dir / "best_known.csv", newline="", encoding="utf-8") as table:
        lines = [row for row in csv.DictReader(table) if row["problem"] == wanted]
    loaded, solutions = {}, 0
    for row in lines:
        path = instances_dir / row["file"]
        if path not in loaded:
            loaded[path] = load_all(path, complement=wanted == "MaxClique")
        found = loaded[path]
        problem = found[0] if len(found) == 1 else next(p for p in found if p.name == row["instance"])
        counts = list(problem.size.values())
        assert problem.kind == KINDS[wanted]
        assert int(row["size"]) == (counts[1] if wanted == "MarketSplit" else counts[0])
        assert problem.name.removesuffix("-complement") == row["instance"]
        stem = path.with_suffix("") if path.suffix[1:].isalpha() else path
        for suffix in (".sol", ".opt.sol", ".bst.sol"):
            file = stem.with_name(stem.name + suffix)
            if file.exists():
                solutions += 1
                solution = read_solution_file(file, problem).solution
                assert problem.violations(solution) == {}
                assert problem.objective(solution) == float(row["best_known"])
    assert (len(lines), solutions) == COUNTS[wanted]


def test_public_values_by_hand(instances_dir: Path):
    first = load(f"{instances_dir}/mknap/mknap1.txt#1")
    assert first.profits.tolist() == [100, 600, 1200, 2400, 500, 2000]
    assert first.capacities.tolist() == [80, 96, 20, 36, 44, 48, 10, 18, 22, 24]
    assert (first.weights[0].tolist(), first.best_known.value) == ([8, 12, 13, 64, 22, 41], 3800)
    assert load(f"{instances_dir}/mknap/mknap1.txt#mknap1-2").profits[0] == 600.1
    assert load(f"{instances_dir}/mknap/mknapcb1.txt#mknapcb1-00").profits[:3].tolist() == [504, 803, 667]
    assert load(instances_dir / "mknap" / "sac94" / "hp1.dat").best_known.value == 3418
    graph = load(instances_dir / "mis" / "sloane" / "1tc.8.txt")
    assert graph.edges.tolist() == [[1, 2], [1, 4], [2, 4], [3, 5], [3, 6], [5, 6]]
    form = load(instances_dir / "qubo" / "bqp50-1.sparse")
    assert form.couplings[0] == -78  # the file's -39 stands for two equal entries
    split = load(instances_dir / "market_split" / "ms_03_050_002.dat")
    assert split.demands.shape == (3, 20)


ONE = "2 2 9\n5 4\n1 2\n2 1\n3 3\n"
SEVERAL = "2\n2 1 0\n5 4\n1 2\n2\n1 1 7\n7\n1\n1\n"
DIMACS = "c graph\np edge 3 2\ne 1 2\ne 2 3\n"
PACE = "c graph\np td 3 2\n1 2\n2 3\n"
SPLIT = "# split\n2 3\n1 2 3 3\n4 5 6 7\n"
RUDY = "3 2\n1 2 5\n2 3 -1\n"
SPARSE = "3 2\n1 1 5\n2 3 -1\n"
COO = "# vartype=BINARY\n0 0 1.5\n0 1 -2\n"
KNAPSACKS = "2\n3\n10\n11\n4 5\n6 7\n8 9\n"
LP = "\\ text\nMaximize\n obj: 2 x + 3 y\nSubject To\n c1: x + y <= 1\nBinaries\n x y\nEnd\n"
TEXTS = {
    "one.dat": (ONE, "mdkp"),
    "several.txt": (SEVERAL, "mdkp"),
    "graph.clq": (DIMACS, "mis"),
    "graph.gr": (PACE, "mis"),
    "split.dat": (SPLIT, "market-share"),
    "graph.mc": (RUDY, "max-cut"),
    "form.sparse": (SPARSE, "qubo"),
    "form.coo": (COO, "qubo"),
    "knapsacks.mkp": (KNAPSACKS, "multi-knapsack"),
    "program.lp": (LP, "integer-program"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_small_files_are_recognised_by_their_contents(tmp_path, name):
    text, kind = TEXTS[name]
    (tmp_path / "unnamed").write_text(text)
    assert {problem.kind for problem in load_all(tmp_path / "unnamed")} == {kind}


def load_or_one_line(path, kind=None):
    """The instances; None where the file is refused, in one line that names it."""
    try:
        return load_all(path, kind=kind)
    except ValueError as error:
        text = str(error)
    assert "\n" not in text
    assert str(path) in text
    return None


def swap(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


# (file name, contents, what the one line must say)
BAD = [
    ("one.dat", swap(ONE, "2 2 9", "2 2"), "expected 8 numbers of 2 profits, 2 x 2 weights and 2 capacities"),
    (
        "one.dat",
        swap(ONE, "3 3", "3"),
        "line 5: expected 8 numbers of 2 profits, 2 x 2 weights and 2 capacities, fou",
    ),
    ("one.dat", swap(ONE, "3 3", "3 3 3"), "line 5: expected the end of the file after 11 numbers, found 1 more"),
    ("one.dat", swap(ONE, "5 4", "5 x"), "line 2: expected profits (numbers), found 'x'"),
    ("one.dat", swap(ONE, "5 4", "5 nan"), "line 2: expected profits (numbers), found 'nan'"),
    ("one.dat", swap(ONE, "5 4", "5 1_0"), "found '1_0'"),
    ("one.dat", swap(ONE, "5 4", "5 1e400"), "found '1e400'"),
    ("one.dat", swap(ONE, "2 1", "2 -1"), "line 4: expected weights >= 0, found -1"),
    ("one.dat", swap(ONE, "3 3", "3 -3"), "line 5: expected capacities >= 0, found -3"),
    ("one.dat", swap(ONE, "2 2 9", "2 2 best"), "found 'best'"),
    ("one.dat", swap(ONE, "2 2 9", "-2 2 9"), "found '-2'"),
    ("one.dat", swap(ONE, "2 2 9", "2 999999999 9"), "numbers of 2 profits, 999999999 x 2 weights"),
    ("several.txt", swap(SEVERAL, "2\n2 1", "3\n2 1"), "expected"),
    ("several.txt", SEVERAL[:-2], "expected"),
    ("several.txt", SEVERAL[:12], "expected"),
    ("graph.clq", swap(DIMACS, "p edge 3 2\n", ""), "line 2: expected a line `p edge VERTICES EDGES`, found 'e 1 2'"),
    ("graph.clq", swap(DIMACS, "edge 3 2", "edge 3"), "line 2: expected a line `p edge VERTICES EDGES`"),
    ("graph.clq", swap(DIMACS, "edge 3 2", "edge three 2"), "line 2: expected number of vertices"),
    ("graph.clq", swap(DIMACS, "edge 3 2", "edge -3 2"), "line 2: expected number of vertices"),
    ("graph.clq", swap(DIMACS, "edge 3 2", "edge 99999999999 2"), "line 2: expected number of vertices"),
    ("graph.clq", swap(DIMACS, "edge 3 2", "edge 3 -2"), "line 2: expected number of edges (an integer >= 0), found"),
    ("graph.clq", swap(DIMACS, "edge 3 2", "edge 3 4"), "line 4: expected 4 edges as the header says, found 2; is the"),
    ("graph.clq", swap(DIMACS, "edge 3 2", "edge 3 1"), "line 4: expected 1 edges as the header says, found 2"),
    ("graph.clq", swap(DIMACS, "e 2 3", "e 2 4"), "line 4: expected a vertex (an integer in 1..3), found '4'"),
    ("graph.clq", swap(DIMACS, "e 2 3", "e 0 3"), "line 4: expected a vertex (an integer in 1..3), found '0'"),
    ("graph.clq", swap(DIMACS, "e 2 3", "e 2 2"), "line 4: expected an edge between two vertices, found '2 2'"),
    ("graph.clq", swap(DIMACS, "e 2 3", "e 2 3.5"), "line 4: expected a vertex"),
    ("graph.clq", swap(DIMACS, "e 2 3", "e 2"), "line 4: expected a line `e u v`, found 'e 2'"),
    ("graph.clq", swap(DIMACS, "e 2 3", "e 2 3 4"), "line 4: expected a line `e u v`, found 'e 2 3 4'"),
    ("graph.clq", swap(DIMACS, "e 2 3", "a 2 3"), "line 4: expected a line `e u v`, found 'a 2 3'"),
    ("graph.clq", swap(DIMACS, "e 2 3", "e 2 ３"), "line 4: expected a vertex"),
    ("graph.clq", swap(DIMACS, "e 2 3", "n 2 heavy"), "line 4: expected a weight"),
    ("graph.clq", swap(DIMACS, "e 2 3", "n 4 1"), "line 4: expected a vertex"),
    ("graph.clq", DIMACS[:-6], "line 3: expected 2 edges as the header says, found 1"),
    ("graph.gr", swap(PACE, "td 3 2", "td 3"), "line 2: expected a line `p td VERTICES EDGES`"),
    ("graph.gr", swap(PACE, "2 3\n", "2 3 4\n"), "line 4: expected a line `u v`, found '2 3 4'"),
    ("graph.gr", swap(PACE, "\n2 3\n", "\n2 9\n"), "line 4: expected a vertex (an integer in 1..3), found '9'"),
    ("graph.gr", PACE[:-4], "expected 2 edges as the header says, found 1"),
    ("split.msp", swap(SPLIT, "4 5 6 7", "4 5 6"), "line 4: expected 8 numbers of 2 rows of 3 demands and a target"),
    ("split.msp", swap(SPLIT, "4 5 6 7", "4 5 6 7 8"), "line 4: expected the end of the file after 10 numbers"),
    ("split.msp", swap(SPLIT, "4 5 6 7", "4 -5 6 7"), "line 4: expected demands"),
    ("split.msp", swap(SPLIT, "4 5 6 7", "4 five 6 7"), "line 4: expected demands and targets (numbers), found 'five'"),
    ("split.msp", swap(SPLIT, "2 3", "0 3"), "line 2: expected number of products"),
    ("split.msp", swap(SPLIT, "2 3", "2 -3"), "line 2: expected number of retailers"),
    ("split.msp", "# nothing\n", "expected number of products, found the end of the file"),
    ("graph.mc", swap(RUDY, "2 3 -1\n", ""), "expected 6 numbers of 2 lines `i j value`, found 3"),
    ("graph.mc", swap(RUDY, "2 3 -1", "2 3"), "expected 6 numbers of 2 lines"),
    ("graph.mc", swap(RUDY, "2 3 -1", "2 3 -1 7"), "expected the end of the file after 8 numbers, found 1 more"),
    ("graph.mc", swap(RUDY, "2 3 -1", "2 4 -1"), "line 3: expected an index in 1..3, found 4"),
    ("graph.mc", swap(RUDY, "2 3 -1", "0 3 -1"), "line 3: expected an index in 1..3, found 0"),
    ("graph.mc", swap(RUDY, "2 3 -1", "1.5 3 -1"), "line 3: expected an index in 1..3, found 1.5"),
    ("graph.mc", swap(RUDY, "2 3 -1", "2 3 w"), "line 3: expected edges (numbers), found 'w'"),
    ("graph.mc", swap(RUDY, "3 2", "3 two"), "line 1: expected number of edges"),
    ("graph.mc", swap(RUDY, "3 2", "3 888888888"), "expected 2666666664 numbers"),
    ("graph.mc", swap(RUDY, "3 2", "99999999 2"), "line 1: expected number of vertices or variables"),
    ("form.sparse", swap(SPARSE, "2 3 -1", "3 2 -1"), "line 3: expected i <= j (the upper triangle), found '3 2'"),
    ("form.sparse", swap(SPARSE, "2 3 -1", "2 3 inf"), "line 3: expected entries (numbers), found 'inf'"),
    ("form.sparse", SPARSE[:-8], "expected 6 numbers of 2 lines `i j value`"),
    ("form.coo", swap(COO, "0 1 -2", "0 1"), "line 3: expected a line `i j value`, found '0 1'"),
    ("form.coo", swap(COO, "0 1 -2", "0 -1 2"), "line 3: expected a label"),
    ("form.coo", swap(COO, "0 1 -2", "0 1 two"), "line 3: expected a value"),
    ("form.coo", swap(COO, "BINARY", "TERNARY"), "line 1: expected vartype BINARY or SPIN, found 'TERNARY'"),
    ("form.coo", swap(COO, "vartype=BINARY", "offset=none"), "line 1: expected the offset"),
    (
        "knapsacks.mkp",
        swap(KNAPSACKS, "\n8 9", ""),
        "line 6: expected 8 numbers of 2 capacities and 3 pairs",
    ),
    ("knapsacks.mkp", swap(KNAPSACKS, "8 9", "8 9 10"), "line 7: expected the end of the file after 10 numbers"),
    ("knapsacks.mkp", swap(KNAPSACKS, "8 9", "-8 9"), "weights must be >= 0, got -8"),
    ("knapsacks.mkp", swap(KNAPSACKS, "2\n", "2.5\n"), "line 1: expected number of knapsacks"),
    ("program.lp", swap(LP, "End\n", ""), "line 7: expected End as the last line, found 'x y'; is the file cut?"),
    ("program.lp", LP[: LP.index("Binaries")], "line 5: expected End as the last line"),
    ("program.lp", swap(LP, "x + y <= 1", "x + y <="), "line 5: expected a term after the last operator"),
    ("program.lp", swap(LP, "2 x + 3 y", "2 x + 3 y +"), "line 3: expected a term after the last operator"),
    ("program.lp", swap(LP, "x + y <= 1", "x >= 1 <= "), "expected"),
    ("program.lp", swap(LP, "Maximize", "Best"), "expected Minimize or Maximize, found 'Best"),
    ("program.lp", swap(LP, "Binaries\n x y\n", ""), "variable x must be integer, got a continuous one"),
    ("program.lp", swap(LP, "Binaries", "Generals").replace("x + y <=", "x - y <="), "integer x must have a range"),
    ("program.lp", swap(LP, "x + y <= 1", "[ x * y ] <= 1"), "row c1 must be linear, got products"),
    ("form.bqm", "DIMODBQM", "expected a text file, found binary data|expected a header, found the end of the file"),
    ("form.bqm.json", '{"type": "BinaryQuadraticModel"}', "expected the JSON of a dimod BQM, found it damaged"),
    ("form.bqm.json", '{"type": "BinaryQuadraticModel", ', "expected JSON, found"),
]


@pytest.mark.parametrize(("name", "text", "says"), BAD)
def test_bad_files_get_one_line(tmp_path, name, text, says):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r".") as caught:
        load_all(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    assert any(part in line for part in says.split("|"))


def test_there_are_enough_bad_files():
    assert len(BAD) >= 60


@pytest.mark.parametrize("name", TEXTS)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_load_or_get_one_line(tmp_path, name, data):
    text, kind = TEXTS[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = min(len(text), start + data.draw(st.sampled_from([0, 1, 1, 2, 9, 99])))
        more = data.draw(st.text(alphabet="0123456789 -+.eE\n#pcxN_\x00é", max_size=5))
        text = text[:start] + more + text[stop:]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    problems = load_or_one_line(path, data.draw(st.sampled_from([kind, None])))
    assert problems is None or problems


@pytest.mark.parametrize("name", [name for name in TEXTS if name not in ("form.coo", "program.lp")])
def test_no_file_that_was_cut_loads(tmp_path, name):
    """Counted formats notice any missing line; the last number's last digits alone cannot be missed."""
    text, kind = TEXTS[name]
    whole = text.splitlines(keepends=True)
    for end in range(len(whole)):
        path = tmp_path / name
        path.write_text("".join(whole[:end]))
        with pytest.raises(InstanceFormatError, match="expected"):
            load_all(path, kind=kind)


@pytest.mark.parametrize(
    ("kind", "name", "sizes"),
    [
        ("mdkp", "a.dat", {}),
        ("mis", "a.clq", {}),
        ("mis", "a.mis", {"max_weight": 5}),
        ("mis", "a.gr", {}),
        ("market-share", "a.dat", {}),
        ("max-cut", "a.mc", {"weights": "integers"}),
        ("max-cut", "a.mc", {"weights": "uniform"}),
        ("qubo", "a.sparse", {}),
        ("qubo", "a.coo", {}),
        ("multi-knapsack", "a.json", {"required": 2, "risk_aversion": 0.3}),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_what_is_written_is_read_back(tmp_path, kind, name, sizes, seed):
    problem = generate(kind, seed=seed, **sizes)
    save(problem, tmp_path / name)
    again = load(tmp_path / name, kind=kind)
    assert fingerprint(again) == fingerprint(problem)


def test_multiple_knapsack_text_holds_plain_instances_only(tmp_path):
    rich = generate("multi-knapsack", seed=1)
    with pytest.raises(UnsupportedError, match="one profit an item"):
        save(rich, tmp_path / "a.mkp")
    plain = load_text(tmp_path, "b.mkp", KNAPSACKS)
    save(plain, tmp_path / "c.mkp")
    assert fingerprint(load(tmp_path / "c.mkp")) == fingerprint(plain)


def load_text(folder, name, text):
    (folder / name).write_text(text)
    return load(folder / name)


def test_formats_that_cannot_hold_an_instance_say_so(tmp_path):
    rows = Qubo([1, 1], lower=[1], upper=[None], row_entries=[[0, 0]], row_values=[1])
    for problem, name, text in (
        (rows, "a.sparse", "no rows"),
        (rows, "a.coo", "no rows"),
        (Qubo([1], offset=2), "a.sparse", "no constant"),
        (generate("mis", max_weight=3), "a.gr", "no vertex weights"),
        (Mdkp([1], [], []), "a.dat", "at least one item and one row"),
        (generate("mdkp"), "a.coo", r"must end in \.dat"),
    ):
        with pytest.raises(UnsupportedError, match=text):
            save(problem, tmp_path / name)


def test_several_knapsacks_are_chosen_by_number_or_name(tmp_path):
    path = tmp_path / "several.txt"
    path.write_text(SEVERAL)
    assert [problem.name for problem in load_all(path)] == ["several-1", "several-2"]
    assert load(f"{path}#2").best_known.value == 7
    assert load(f"{path}#several-1").best_known is None
    with pytest.raises(ValueError, match="narrowed to one instance"):
        load(path)


def test_complement_of_a_clique_file_and_of_nothing_else(tmp_path):
    path = tmp_path / "graph.clq"
    path.write_text("p edge 4 3\ne 1 2\ne 2 3\ne 3 1\n")
    clique = load(path, complement=True)
    assert clique.edges.tolist() == [[0, 3], [1, 3], [2, 3]]
    assert clique.violations(np.array([1, 1, 1, 0])) == {}
    assert clique.name == "graph-complement"
    (tmp_path / "graph.mc").write_text(RUDY)
    with pytest.raises(UnsupportedError, match="complement must be left out"):
        load(tmp_path / "graph.mc", complement=True)


def test_edges_listed_both_ways_and_vertex_weights(tmp_path):
    problem = load_text(tmp_path, "a.col", "p col 3 4\nn 2 7\ne 1 2\ne 2 1\ne 2 3\ne 3 2\n")
    assert problem.edges.tolist() == [[0, 1], [1, 2]]
    assert problem.weights.tolist() == [1, 7, 1]


def test_triples_without_a_diagonal_are_a_graph_unless_the_name_says_sparse(tmp_path):
    assert load_text(tmp_path, "ising-100_5555", RUDY).kind == "max-cut"
    assert load_text(tmp_path, "form.sparse", RUDY).kind == "qubo"
    assert load_text(tmp_path, "form", SPARSE).kind == "qubo"
    assert load_text(tmp_path, "graph", "3 1\n3 2 4\n").kind == "max-cut"
    form = load(tmp_path / "form.sparse")
    assert form.objective(np.array([1, 1, 0])) == 10  # 2 q_12


def energies(model, problem):
    """The model's energy at every point of the instance, with spins as 2 x - 1."""
    names = [f"x[{v}]" if isinstance(v, int) else str(v) for v in model.variables]
    for bits in itertools.product((0, 1), repeat=len(names)):
        value = dict(zip(names, bits))
        x = np.array([value[name] for name in problem.variable_names])
        spread = 1 if model.vartype.name == "BINARY" else 2
        sample = {v: spread * value[name] - (spread - 1) for v, name in zip(model.variables, names)}
        yield problem.objective(x), model.energy(sample)


@pytest.mark.parametrize("vartype", ["BINARY", "SPIN"])
@pytest.mark.parametrize("labels", [[0, 1, 2, 3], [3, 7, 1, 4], ["a", "b", "c", "d"]])
def test_dimod_models_are_read_from_all_their_files(tmp_path, vartype, labels):
    rng = np.random.default_rng(3)
    linear = dict(zip(labels, rng.integers(-5, 6, 4).tolist()))
    pairs = {(u, v): float(rng.integers(-5, 6)) for u, v in itertools.combinations(labels, 2)}
    model = dimod.BinaryQuadraticModel(linear, pairs, 2.5, vartype)
    for version in (1, 2):
        with model.to_file(version=version) as file:
            (tmp_path / f"v{version}.bqm").write_bytes(file.read())
    (tmp_path / "m.bqm.json").write_text(json.dumps(model.to_serializable()))
    names = ["v1.bqm", "v2.bqm", "m.bqm.json"]
    if not isinstance(labels[0], str):
        from dimod.serialization import coo

        (tmp_path / "m.coo").write_text(f"# offset=2.5\n{coo.dumps(model, vartype_header=True)}")
        names.append("m.coo")
    for name in names:
        for found, expected in energies(model, load(tmp_path / name)):
            assert found == pytest.approx(expected)


def test_coo_text_is_what_dimod_reads(tmp_path):
    from dimod.serialization import coo

    problem = generate("qubo", n=9, seed=1)
    save(problem, tmp_path / "a.coo")
    model = coo.loads((tmp_path / "a.coo").read_text())
    for x in np.random.default_rng(0).integers(0, 2, (20, 9)):
        assert model.energy(dict(enumerate(x.tolist()))) == problem.objective(x)


def test_cqm_files_keep_rows_in_one_order_whatever_the_process(tmp_path):
    program = next(iter(generate("mdkp", n=5, m=12, seed=2).formulations.values()))(generate("mdkp", n=5, m=12, seed=2))
    with to_cqm(program.program).to_file() as file:
        (tmp_path / "a.cqm").write_bytes(file.read())
    problem = load(tmp_path / "a.cqm")
    assert problem.row_names == tuple(f"capacity[{i}]" for i in range(12))
    assert QuboProgram(problem).program.fingerprint == program.program.fingerprint


@pytest.mark.parametrize("name", ["a.bqm", "a.cqm"])
def test_damaged_dimod_files_get_one_line_and_never_crash_the_process(tmp_path, name):
    """dimod's own loaders end the process on some of these files."""
    model = dimod.BinaryQuadraticModel({f"v{i}": i for i in range(6)}, {("v0", "v1"): 2, ("v2", "v5"): -1}, 3, "BINARY")
    cqm = dimod.ConstrainedQuadraticModel.from_bqm(model)
    cqm.add_constraint([("v0", 1), ("v1", 1)], "<=", 1, label="r")
    with (model if name == "a.bqm" else cqm).to_file() as file:
        whole = file.read()
    rng, path, refused = np.random.default_rng(5), tmp_path / name, 0
    for trial in range(150):
        data = bytearray(whole)
        if trial % 3 == 0:
            data = data[: int(rng.integers(9, len(data)))]
        elif trial % 3 == 1:
            data[int(rng.integers(8, len(data)))] ^= int(rng.integers(1, 256))
        else:
            place = int(rng.integers(8, len(data)))
            data[place:place] = rng.integers(0, 256, 5, dtype=np.uint8).tobytes()
        path.write_bytes(bytes(data))
        refused += load_or_one_line(path) is None
    assert refused > 120


def test_lp_text_is_written_and_read_back(tmp_path):
    problem = generate("mdkp", n=6, m=2, seed=4)
    program = next(iter(problem.formulations.values()))(problem).program
    save(Qubo.from_program(program), tmp_path / "a.lp")
    again = load(tmp_path / "a.lp")
    order = [again.variable_names.index(f"x_{j}") for j in range(6)]
    for x in np.random.default_rng(0).integers(0, 2, (20, 6)):
        y = np.zeros(6, dtype=np.int64)
        y[order] = x
        assert again.objective(y) == -problem.objective(x)
        assert bool(again.violations(y)) == bool(problem.violations(x))
