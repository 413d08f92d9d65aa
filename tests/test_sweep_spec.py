"""A spec that is wrong in any way is told in one line with its place; nothing runs and nothing is written."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

import qopt
from qopt.commands import app
from qopt.experiments.sweep.matrix import Matrix, read_matrix
from qopt.problems.files import save

ROOT = Path(__file__).resolve().parents[1]
GOOD = """\
name: base
definitions:
  common: &common
    repair: auto
    control: true
instances:
  - generate: mis
    n: [5, 6]
    seeds: 0..1
  - files: data/*.json
    best_known: data/best_known.csv
pipelines:
  sa:
    <<: *common
    solver: {name: sa, num_reads: [10, 20]}
  qaoa:
    <<: *common
    solver: qaoa
    encoder: slack
    layers: 1
    shrink: 4
  exact: cpsat
budget:
  seconds: 5
  memory: 1GiB
repeats: 2
seed: 7
groups:
  classical: [sa, exact]
"""

# name, line that is replaced, by what, line that the error names, words in it
LINES = [
    ("unknown top key", 26, "repeat: 2", 26, "'repeat'; did you mean 'repeats'"),
    ("unknown key of a budget", 24, "  second: 5", 24, "did you mean 'seconds'"),
    ("unknown solver", 18, "    solver: qoaa", 18, "did you mean 'qaoa'"),
    ("unknown encoder", 19, "    encoder: slak", 19, "did you mean 'slack'"),
    ("unknown option", 20, "    layer: 1", 20, "did you mean 'num_layers'"),
    ("unknown option in a part", 15, "    solver: {name: sa, num_read: 3}", 15, "did you mean 'num_reads'"),
    ("unknown generator", 7, "  - generate: mus", 7, "did you mean 'mis'"),
    ("unknown size", 8, "    nn: 5", 8, "size of mis must be one of"),
    ("unknown pipeline in a group", 29, "  classical: [sa, exat]", 29, "did you mean 'exact'"),
    ("unknown kind of file", 11, "    kind: misx", 10, "did you mean 'mis'"),
    ("unknown key of files", 11, "    bestknown: data/best_known.csv", 11, "did you mean 'best_known'"),
    ("unknown group of instances", 20, "    instances: big", 20, "group of instances"),
    ("unknown formulation", 20, "    formulation: [edges]\n    formulation: 3", 21, "'formulation' twice"),
    ("formulation of another type", 20, "    formulation: 3", 20, "formulation must be a name"),
    ("unknown repair", 4, "    repair: of", 4, "auto, nearest, off"),
    ("unknown option of a wrapper", 21, "    shrink: {targt: 4}", 21, "did you mean 'target'"),
    ("inner of a wrapper", 21, "    shrink: {inner: slack}", 21, "option of shrink"),
    ("unknown unit", 25, "  memory: 1GB.", 25, "got '1GB.'"),
    ("text for a number", 24, "  seconds: soon", 24, "got 'soon'"),
    ("list for a number", 24, "  seconds: [1, 2]", 24, "seconds must be"),
    ("number out of range", 24, "  seconds: 0", 24, "greater than 0"),
    ("negative memory", 25, "  memory: -5", 25, "greater than 0"),
    ("infinite seconds", 24, "  seconds: .inf", 24, "got '.inf'"),
    ("overflowing number", 24, "  seconds: 1e999", 24, "finite number"),
    ("no repeats", 26, "repeats: 0", 26, "repeats must be greater than or equal to 1"),
    ("fraction of repeats", 26, "repeats: 1.5", 26, "repeats must be a valid integer"),
    ("huge repeats", 26, "repeats: 10000000000", 26, "less than or equal to 1000000"),
    ("too many runs", 26, "repeats: 900000", 26, "at most 1000000 runs"),
    ("negative seed", 27, "seed: -1", 27, "seed must be greater than or equal to 0"),
    ("seed beyond 31 bits", 27, "seed: 2147483648", 27, "less than 2147483648"),
    ("text as layers", 20, "    layers: many", 20, "num_layers must be"),
    ("negative reads", 15, "    solver: {name: sa, num_reads: -1}", 15, "num_reads"),
    ("list as solver's name", 15, "    solver: {name: [sa, []]}", 15, "solver must be a name"),
    ("solver without a name", 15, "    solver: {num_reads: 3}", 15, "solver must be a name"),
    ("empty grid", 20, "    layers: []", 20, "got an empty list"),
    (
        "huge grid",
        20,
        "    layers: &l [1,2,3,4,5,6,7,8,9]\n" + "".join(f"    o{i}: *l\n" for i in range(9)),
        16,
        "at most",
    ),
    ("true as improve", 5, "    improve: maybe", 5, "improve must be true or false"),
    ("text as repair_top", 5, "    repair_top: best", 5, "repair_top must be an integer"),
    ("no solver", 18, "    presolve: lp", 16, "must have the key 'solver'"),
    ("pipeline is a number", 22, "  exact: 3", 22, "must be keys and values, got 3"),
    ("pipelines are a list", 12, "pipelines: [sa]\nnothing:", 12, "pipelines must be"),
    ("encoder for a native solver", 22, "  exact: {solver: cpsat, encoder: slack}", 22, "encoder must be left out"),
    ("shrink for a native solver", 22, "  exact: {solver: cpsat, shrink: 3}", 22, "shrink must be left out"),
    ("target of no size", 21, "    shrink: -4", 21, "target"),
    ("presolve by no rule", 21, "    presolve: ilp", 21, "rule must be"),
    ("missing file", 10, "  - files: data/none.json", 10, "file that is there, got 'data/none.json'"),
    ("missing glob", 10, "  - files: [data/*.json, data/*.dat]", 10, "got 'data/*.dat'"),
    ("folder as file", 10, "  - files: data", 10, "file that is there"),
    ("missing table", 11, "    best_known: data/no.csv", 11, "table that is there"),
    ("broken table", 11, "    best_known: data/a.json", 11, "must have the columns"),
    ("damaged instance", 10, "  - files: data/broken.txt", 10, "broken.txt"),
    ("number that is not in the file", 10, "  - files: 'data/a.json#7'", 10, "a.json"),
    ("files and generate", 7, "  - generate: mis\n    files: data/a.json", 7, "with files:, or keys with generate:"),
    ("neither files nor generate", 10, "  - size: 3", 10, "with files:, or keys with generate:"),
    ("number as instance", 10, "  - 17\n  - files: data/*.json", 10, "got 17"),
    ("range backwards", 9, "    seeds: 5..1", 9, "1..9/2"),
    ("range without end", 9, "    seeds: 0..99999999999", 9, "1..9/2"),
    ("text as seeds", 9, "    seeds: some", 9, "seeds"),
    ("text as size", 8, "    n: big", 8, "mis of n=big"),
    ("negative size", 8, "    n: -3", 8, "n=-3"),
    ("tab as indent", 20, "\tlayers: 1", 20, "not tabs"),
    ("bad indent", 20, "   layers: 1", 20, "expected YAML"),
    ("open bracket", 15, "    solver: {name: sa, num_reads: [10, 20}", 15, "expected YAML"),
    ("open quote", 1, 'name: "base', 30, "expected YAML"),
    ("key twice", 27, "repeats: 3", 27, "'repeats' twice"),
    ("unknown anchor", 17, "    <<: *comon", 17, "undefined alias"),
    ("merge of a text", 17, "    <<: solver", 17, "<< to name keys and values"),
    ("cycle of anchors", 3, "  common: &common\n    again: *common", 3, "contains itself"),
    ("anchor twice in itself", 3, "  common: &common [*common]\n  other:", 3, "contains itself"),
    ("tag", 24, "  seconds: !!float 5", 24, "no tag"),
    ("python tag", 24, "  seconds: !!python/object/apply:os.system [exit]", 24, "no tag"),
    ("second document", 26, "--- \nrepeats: 2", 26, "one document"),
    ("control character", 1, "name: ba\x07se", 1, "#x0007"),
    ("list as key", 27, "? [a, b]\n: 3", 27, "a text as key"),
    ("deep nesting", 27, "definition: " + "[" * 60 + "]" * 60, 27, "levels"),
]
FILES = [
    ("empty", b"", "an empty file"),
    ("only a comment", b"# nothing\n", "an empty file"),
    ("a list", b"- sa\n- qaoa\n", "expected keys and values at the top"),
    ("a text", b"solve everything\n", "expected keys and values at the top"),
    ("no pipelines", b"instances: [{generate: mis}]\n", "must have the key 'pipelines'"),
    ("no instances", b"pipelines: {a: sa}\ninstances: []\n", "at least one instance"),
    ("empty pipelines", b"pipelines: {}\ninstances: [{generate: mis}]\n", "pipelines must"),
    ("binary", bytes(range(256)) * 4, "expected"),
    ("compressed", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + bytes(range(200, 256)), "UTF-8 text"),
    ("UTF-16", GOOD.encode("utf-16"), "UTF-8 text"),
    ("Latin-1", b"name: \xfcber\n" + GOOD.encode(), "line 1 column 7"),
    ("zeros", b"\0" * 100, "#x0000"),
    ("too long", b"# " + b"x" * 2**20, "bytes"),
    (
        "a billion laughs",
        b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 10)) for i in range(1, 10)),
        "use fewer aliases",
    ),
    ("JSON cut in the middle", json.dumps({"pipelines": {"a": "sa"}, "instances": []})[:-9].encode(), "expected YAML"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("specs")
    (folder / "data").mkdir()
    problem = qopt.generate("mis", n=7, seed=3)
    save(problem, str(folder / "data" / "a.json"))
    (folder / "data" / "broken.txt").write_text("p edge 3 2\ne 1 9\n")
    (folder / "data" / "best_known.csv").write_text(
        f"problem,instance,file,best_known,is_optimal,source\nMIS,{problem.name},a.json,3,no,test\n"
    )
    (folder / "spec.yaml").write_text(GOOD)
    return folder


def bench(path: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    out = path.parent / "out"
    monkeypatch.setattr("sys.argv", ["qopt", "bench", str(path), "--out", str(out), *arguments])
    with pytest.raises(SystemExit) as left:
        app.main()
    assert not out.exists(), "something ran"
    return int(left.value.code or 0)


def refused(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert bench(path, monkeypatch, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()  # one for each mistake
    assert 1 <= len(lines) <= 3
    assert all(line.startswith("qopt: ") and len(line) < 1000 for line in lines)
    return printed.err


def test_the_spec_that_is_corrupted_below_is_a_good_one(folder: Path) -> None:
    matrix, _ = read_matrix(str(folder / "spec.yaml"))
    labels = {cell.variant.label for cell in matrix.cells}
    assert labels == {"sa[num_reads=10]", "sa[num_reads=20]", "qaoa", "exact"}
    assert len({cell.source.fingerprint for cell in matrix.cells}) == 5
    assert len(matrix.tasks) == 5 * 4 * 2


@pytest.mark.parametrize(
    ("line", "text", "told", "words"), [case[1:] for case in LINES], ids=[case[0] for case in LINES]
)
def test_a_corrupted_line_is_told_with_its_place(
    line: int,
    text: str,
    told: int,
    words: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = GOOD.splitlines()
    lines[line - 1] = text
    path = folder / "bad.yaml"
    path.write_text("\n".join(lines) + "\n")
    error = refused(path, monkeypatch, capsys)
    assert f"bad.yaml line {told} column " in error, error
    assert words in error, error


@pytest.mark.parametrize(("data", "words"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_that_is_no_spec_is_told_in_one_line(
    data: bytes, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "bad.yaml"
    path.write_bytes(data)
    error = refused(path, monkeypatch, capsys)
    assert "bad.yaml" in error
    assert words in error, error


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solver.layrs=1,2"], "did you mean 'num_layers'"),
        (["layers"], "key=value"),
        (["budget.second=3"], "did you mean 'seconds'"),
        (["pipelines.sa.solver.name.x=3"], "keys below keys"),
        (["repeats=x"], "repeats must be"),
        (["--retry", "all"], "failed, none"),
        (["--dask", "somewhere"], "tcp://host:port, local or slurm"),
        (["--base", "no/such/folder"], "base must be a folder"),
        (["--jobs", "0"], "jobs"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_bad_arguments_are_told_in_one_line(
    arguments: list[str],
    words: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert words in refused(folder / "spec.yaml", monkeypatch, capsys, *arguments)


def test_a_missing_spec_and_a_folder_are_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "No such file" in refused(folder / "none.yaml", monkeypatch, capsys)
    assert "directory" in refused(folder / "data", monkeypatch, capsys)


@pytest.mark.parametrize("seed", range(12))
def test_random_edits_give_a_matrix_or_one_line_with_its_place(seed: int, folder: Path) -> None:
    rng = random.Random(seed)
    path = folder / "random.yaml"
    for _ in range(12):
        data = bytearray(GOOD.encode())
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            edit = rng.choice(["cut", "put", "copy", "swap"])
            if edit == "cut":
                del data[at : at + rng.randint(1, 30)]
            elif edit == "put":
                data[at:at] = rng.choice([b":", b"\n", b"\t", b"[", b"}", b"&a ", b"*a", b"- ", b"9", b"\xff", b"!!x "])
            elif edit == "copy":
                data[at:at] = data[rng.randrange(len(data)) :][: rng.randint(1, 40)]
            else:
                data[at] = rng.randrange(256)
        path.write_bytes(data)
        try:
            matrix, _ = read_matrix(str(path))
        except ValueError as error:
            for text in str(error).splitlines():  # one line for each mistake
                assert re.match(rf"{re.escape(str(path))}( line \d+ column \d+)?: ", text), text
        else:
            assert isinstance(matrix, Matrix)


def test_ids_depend_on_data_settings_and_seed_alone(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / "data").mkdir(parents=True)
    for file in ("a.json", "best_known.csv"):
        (there / "data" / file).write_bytes((folder / "data" / file).read_bytes())
    (tmp_path / "elsewhere.yaml").write_text("# another file\n" + GOOD.replace("name: base", "name: other"))
    first, _ = read_matrix(str(folder / "spec.yaml"))
    second, _ = read_matrix(str(tmp_path / "elsewhere.yaml"), base=there)
    assert [task.id for task in first.tasks] == [task.id for task in second.tasks]
    assert [cell.source.origin for cell in second.cells][-1] == {"file": "data/a.json"}
    assert second.cells[-1].source.problem.best_known.value == 3
    third, _ = read_matrix(str(folder / "spec.yaml"), ["seed=8"])
    assert not {task.id for task in first.tasks} & {task.id for task in third.tasks}


def test_every_pipeline_sees_the_same_seeds(folder: Path) -> None:
    matrix, _ = read_matrix(str(folder / "spec.yaml"))
    seeds: dict[str, set[tuple[str, int]]] = {}
    for task in matrix.tasks:
        cell = matrix.cells[task.cell]
        seeds.setdefault(cell.variant.label, set()).add((cell.source.name, task.seed))
    assert len({frozenset(pairs) for pairs in seeds.values()}) == 1
    assert len(next(iter(seeds.values()))) == 5 * 2


def test_wrappers_and_groups_of_a_spec(folder: Path) -> None:
    path = folder / "wrap.yaml"
    path.write_text(
        "instances: {small: [{generate: mis, n: 6}], large: [{generate: mdkp, n: 8, m: 1}]}\n"
        "pipelines:\n"
        "  a: {solver: sa, shrink: [null, 4, 0.5], instances: small}\n"
        "  b: {solver: sa, presolve: true, shrink: {target: 5, tau: 0.4}, instances: [small, large]}\n"
        "  c: {solver: sa, shrink.tau: 0.3, shrink: 5}\n"
        "  d: {solver: qaoa, layers: 2, presolve: false}\n"
    )
    matrix, _ = read_matrix(str(path))
    found = {(cell.source.group, cell.variant.label): cell.pipeline.encoder for cell in matrix.cells}
    assert found["small", "a[shrink=None]"] == qopt.core.from_spec("encoders", "slack")
    assert found["small", "a[shrink=0.5]"].target == 0.5
    assert ("large", "a[shrink=4]") not in found
    both = found["large", "b"]
    assert (type(both).__name__, both.inner.target, both.inner.tau) == ("Fix", 5, 0.4)
    assert found["large", "c"].tau == 0.3
    assert type(found["large", "d"]).__name__ == "Slack"


@pytest.mark.parametrize(("name", "count"), [("four_kinds", 200), ("quantum_vs_classical", 816)])
def test_the_sweeps_of_the_examples_can_run(name: str, count: int) -> None:
    matrix, _ = read_matrix(str(ROOT / "examples" / "sweeps" / f"{name}.yaml"))
    assert len(matrix.tasks) == count
    assert not [cell.refusal for cell in matrix.cells if cell.refusal]


def test_the_spec_of_the_documentation_is_a_good_one(tmp_path: Path, instances_dir: Path) -> None:
    page = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
    (tmp_path / "page.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    matrix, _ = read_matrix(str(tmp_path / "page.yaml"), base=instances_dir)
    assert {cell.source.group for cell in matrix.cells} == {"public", "generated"}
    public = {cell.source.name: cell.source.problem for cell in matrix.cells if cell.source.group == "public"}
    assert public["mknapcb1-02"].best_known.is_optimal is not None
    assert {cell.source.group for cell in matrix.cells if cell.variant.name == "shrunk"} == {"generated"}
    assert not [cell.refusal for cell in matrix.cells if cell.refusal]


def test_grid_items_of_one_name_have_labels_of_their_own(folder: Path) -> None:
    path = folder / "twins.yaml"
    path.write_text(
        "instances: [{generate: mdkp, n: 6, m: 2}]\n"
        "pipelines: {al: {solver: sa, encoder: [{name: augmented-lagrangian, variant: AS}, "
        "{name: augmented-lagrangian, variant: Q}]}}\n"
    )
    labels = [cell.variant.label for cell in read_matrix(str(path))[0].cells]
    assert labels == ["al[encoder=augmented-lagrangian]", "al[encoder=augmented-lagrangian]#2"]
