"""Instance files: chosen by contents, never guessed; a flaw is one line: file, line, finding."""

from __future__ import annotations

import gzip
import io
import json
import sys

import numpy as np
import pytest

from qopt.core import GENERATORS, READERS, BestKnown, InstanceFormatError, UnsupportedError, fingerprint
from qopt.problems import files
from qopt.problems.files import load, load_all, save
from qopt.problems.formats.native import to_json
from qopt.problems.generate import generate, size_options
from qopt.problems.qap import Qap
from qopt.problems.reading import NumberStream, lines

KINDS = [entry.name for entry in GENERATORS]

TSP = "NAME : t\nTYPE : TSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 0 4\n3 3 0\nEOF\n"
FULL = (
    "NAME: f\nTYPE: TSP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: FULL_MATRIX\n"
    "EDGE_WEIGHT_SECTION\n0 1 2\n1 0 3\n2 3 0\nEOF\n"
)
QAP = "2\n\n0 1\n1 0\n\n0 5\n5 0\n"
NATIVE = json.dumps(
    {"schema": "qopt.instance/1", "kind": "qap", "flow": [[0, 1], [1, 0]], "distance": [[0, 5], [5, 0]]}
)


def swap(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


# (file name, contents, what the one line must say)
BAD = [
    # tsplib
    (
        "a.tsp",
        swap(TSP, "DIMENSION : 3", "DIMENSION : 1000000000"),
        "line 3: expected DIMENSION (an integer in 1..7",
    ),
    ("a.tsp", swap(TSP, "DIMENSION : 3", "DIMENSION : 0"), "line 3: expected DIMENSION"),
    ("a.tsp", swap(TSP, "DIMENSION : 3", "DIMENSION : -3"), "found '-3'"),
    ("a.tsp", swap(TSP, "DIMENSION : 3", "DIMENSION : three"), "found 'three'"),
    ("a.tsp", swap(TSP, "DIMENSION : 3", "DIMENSION : 3.5"), "found '3.5'"),
    ("a.tsp", swap(TSP, "DIMENSION : 3", "DIMENSION :"), "line 3: expected DIMENSION"),
    ("a.tsp", swap(TSP, "DIMENSION : 3\n", ""), "expected the keyword DIMENSION"),
    ("a.tsp", swap(TSP, "DIMENSION : 3", "DIMENSION : 4"), "line 8: expected 12 numbers"),
    (
        "a.tsp",
        swap(TSP, "DIMENSION : 3", "DIMENSION : 2"),
        "line 8: expected the end of the file after 6 numbers, found 3 more",
    ),
    ("a.tsp", swap(TSP, "EUC_2D", "EUC_9D"), "line 4: expected EDGE_WEIGHT_TYPE one of"),
    ("a.tsp", swap(TSP, "EDGE_WEIGHT_TYPE : EUC_2D\n", ""), "expected the keyword EDGE_WEIGHT_TYPE"),
    ("a.tsp", swap(TSP, "TYPE : TSP", "TYPE : HCP"), "found a Hamiltonian cycle problem (TSPLIB HCP)"),
    ("a.tsp", swap(TSP, "NODE_COORD_SECTION", "NODES"), "line 5: expected 'KEY : value' or a section"),
    ("a.tsp", swap(TSP, "2 0 4", "2 0 x"), "line 7: expected NODE_COORD_SECTION (id x y) (numbers), found 'x'"),
    ("a.tsp", swap(TSP, "2 0 4", "2 0 nan"), "line 7: expected NODE_COORD_SECTION"),
    ("a.tsp", swap(TSP, "2 0 4", "2 0 1e999"), "found '1e999'"),
    ("a.tsp", swap(TSP, "2 0 4", "2 0 1e300"), "expected coordinates below 2**31"),
    ("a.tsp", swap(TSP, "2 0 4", "2 0 4 4"), "line 7: expected each id from 1 to 3 once, found 4"),
    ("a.tsp", swap(TSP, "2 0 4", "1 0 4"), "line 7: expected each id from 1 to 3 once, found 1"),
    ("a.tsp", swap(TSP, "2 0 4", "2.5 0 4"), "line 7: expected each id from 1 to 3 once, found 2.5"),
    ("a.tsp", swap(TSP, "2 0 4\n", ""), "expected 9 numbers"),
    ("a.tsp", TSP[: TSP.index("3 3")], "line 7: expected 9 numbers of NODE_COORD_SECTION (id x y), found 6"),
    ("a.tsp", TSP[: TSP.index("NODE")], "expected a NODE_COORD_SECTION, found none; is the file cut?"),
    ("a.tsp", swap(TSP, "EOF", "FIXED_EDGES_SECTION\n1 2\n-1\nEOF"), "line 9: expected one of the sections"),
    ("a.tsp", swap(FULL, "1 0 3", "1 0 4"), "expected symmetric distances, found 4 from 2 to 3 and 3 back"),
    ("a.tsp", swap(FULL, "FULL_MATRIX", "SPARSE"), "line 5: expected EDGE_WEIGHT_FORMAT one of"),
    ("a.tsp", swap(FULL, "2 3 0", "2 3"), "line 9: expected 9 numbers of EDGE_WEIGHT_SECTION, found 8"),
    ("a.tsp", swap(FULL, "2 3 0", "2 3 0 1"), "line 9: expected the end of the file after 9 numbers, found 1 more"),
    ("a.tsp", swap(FULL, "2 3 0", "2 3 1_0"), "line 9: expected EDGE_WEIGHT_SECTION (numbers), found '1_0'"),
    ("a.tsp", swap(FULL, "2 3 0", "2 3 ٣"), "found '٣'"),
    ("a.tsp", swap(FULL, "1 0 3", "1 0 99999999999999999"), "must add up below 2**53"),
    # qaplib
    ("a.qap", swap(QAP, "2\n", "1000000000\n"), "line 1: expected the order n (an integer in 1..5000)"),
    ("a.qap", swap(QAP, "2\n", "4000\n"), "expected 32000000 numbers of two 4000 x 4000 matrices, found 8"),
    ("a.qap", swap(QAP, "2\n", "0\n"), "line 1: expected the order n"),
    ("a.qap", swap(QAP, "2\n", "two\n"), "line 1: expected the order n"),
    ("a.qap", swap(QAP, "5 0\n", "5\n"), "line 7: expected 8 numbers of two 2 x 2 matrices, found 7 and the end"),
    ("a.qap", swap(QAP, "5 0\n", "5 0\n7\n"), "line 8: expected the end of the file after 9 numbers, found 1 more"),
    ("a.qap", swap(QAP, "5 0\n", "5 inf\n"), "line 7: expected matrix B (numbers), found 'inf'"),
    ("a.qap", swap(QAP, "0 1\n", "0 --1\n"), "line 3: expected matrix A (numbers), found '--1'"),
    ("a.qap", swap(QAP, "0 1\n", "0 9007199254740993\n"), "must stay below 2**53"),
    # native
    ("a.json", NATIVE[:-30], "line 1: expected JSON"),
    ("a.json", NATIVE.replace('"kind": ', '"kind"\n'), "line 2: expected JSON"),
    ("a.json", swap(NATIVE, "instance/1", "instance/9"), 'expected "schema": "qopt.instance/1"'),
    ("a.json", swap(NATIVE, '"qap"', '"qaap"'), "did you mean 'qap'"),
    ("a.json", swap(NATIVE, '"flow"', '"flows"'), "did you mean 'flow'"),
    ("a.json", swap(NATIVE, '"distance": [[0, 5], [5, 0]]', '"name": "q"'), "expected the field 'distance' of qap"),
    ("a.json", swap(NATIVE, "[0, 1]", '[0, "x"]'), "flow must be a rectangular array of numbers"),
    ("a.json", swap(NATIVE, "[0, 1]", "[0]"), "flow must be a rectangular array of numbers"),
    ("a.json", swap(NATIVE, "[0, 1]", "[0, NaN]"), "expected JSON with finite numbers, found NaN"),
    ("a.json", swap(NATIVE, "[0, 1]", "[0, 1e999]"), "flow must hold finite numbers"),
    ("a.json", swap(NATIVE, "[[0, 1], [1, 0]]", "null"), "flow must"),
    ("a.json", swap(NATIVE, "[[0, 1], [1, 0]]", '{"a": 1}'), "flow must"),
    ("a.json", swap(NATIVE, "{", '{"best_known": "six", '), "expected best_known as a number"),
    ("a.json", swap(NATIVE, "{", '{"best_known": {"worth": 6}, '), "expected best_known as a number"),
    ("a.json", swap(NATIVE, "{", '{"name": 7, '), "expected a name (text), found 7"),
    ("a.json", "[" * 100_000, "nested beyond reading"),
    ("a.json", "[1, 2]", "expected a JSON object"),
]


def refused(call, *arguments, **keywords):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is checked by the caller
        call(*arguments, **keywords)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 2000
    return text


@pytest.mark.parametrize(("name", "contents", "said"), BAD, ids=[f"{i}" for i in range(len(BAD))])
def test_bad_file_gets_one_line(tmp_path, name, contents, said):
    path = tmp_path / name
    path.write_text(contents)
    with pytest.raises(InstanceFormatError):
        load(path)
    text = refused(load, path)
    assert text.startswith(str(path))
    assert said in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "found an empty file"),
        (b" \n\n", "found an empty file"),
        (b"\x00\x01\x02\x03" * 50, "found binary data"),
        (bytes(range(256)), "found binary data"),
        (gzip.compress(TSP.encode(), mtime=0)[:40] + b"\xff" * 40, "found damage"),
        (gzip.compress(TSP.encode(), mtime=0)[:-20], "found the end of the file"),
        (gzip.compress(b"1 " * (files.MAX_BYTES // 2 + 5), mtime=0), "bytes, found more"),
        (b"hello world\n", "name its --kind"),
    ],
)
def test_what_is_no_text(tmp_path, data, said):
    path = tmp_path / "file.xyz"
    path.write_bytes(data)
    assert said in refused(load, path)


def test_missing_and_folder(tmp_path):
    assert "No such file" in refused(load, tmp_path / "none.tsp")
    assert "found a folder" in refused(load, tmp_path)
    assert "readable file" in refused(load, "a\0b")


def test_too_large_is_not_read_whole(tmp_path):
    path = tmp_path / "large.tsp"
    with open(path, "wb") as file:
        file.truncate(files.MAX_BYTES + 1)
    assert "found more" in refused(load, path)


def mutations(text, count, seed):
    """Damage as it happens: cut, a token replaced or lost, lines lost, doubled or swapped, foreign bytes."""
    rng = np.random.default_rng(seed)
    tokens = ["", "abc", "-1", "0", "nan", "1e999", "1000000000", "99999999999999999999", "2.5", "#", "{", "null", '"']
    for _ in range(count):
        at = int(rng.integers(len(text)))
        rows = text.split("\n")
        row = int(rng.integers(len(rows)))
        words = rows[row].split(" ")
        word = int(rng.integers(len(words)))
        damage = int(rng.integers(6))
        if damage == 0:
            yield text[:at]
        elif damage == 1:
            words[word] = tokens[int(rng.integers(len(tokens)))]
            yield "\n".join([*rows[:row], " ".join(words), *rows[row + 1 :]])
        elif damage == 2:
            yield "\n".join(rows[:row] + rows[row + 1 :])
        elif damage == 3:
            yield "\n".join([*rows[: row + 1], *rows[row:]])
        elif damage == 4:
            yield text[:at] + "\x00\xff\udcff"[int(rng.integers(2))] + text[at + 1 :]
        else:
            yield text[:at] + str(rng.integers(10**6)) + text[at:]


WRITERS = [entry.name for entry in READERS if hasattr(entry.make, "write") and not entry.make.is_binary]


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files_load_or_get_one_line(tmp_path, name):
    """Whatever is damaged: a valid instance, or a ValueError of one line; nothing else, no matter the suffix."""
    reader = READERS.get(name).make()
    refusals, written = [], False
    for kind in reader.writes or KINDS:
        try:
            text = reader.write(generate(kind, seed=1))
        except UnsupportedError:
            continue
        written = True
        for index, damaged in enumerate(mutations(text, 40 if reader.writes else 12, seed=7)):
            path = tmp_path / f"{index}{reader.suffixes[0]}"
            path.write_bytes(damaged.encode("utf-8", "surrogateescape"))
            try:
                problems = load_all(path, kind)
            except ValueError as error:
                refusals.append(str(error))
            else:
                assert all(problem.kind == kind for problem in problems)
    if not written:
        pytest.skip(f"the generated {reader.writes} instances do not fit into {name}")
    assert len(refusals) > 5
    assert not any("\n" in text for text in refusals)


# selection


@pytest.mark.parametrize("kind", KINDS)
def test_native_file_round_trip(tmp_path, kind):
    problem = generate(kind, seed=2)
    for name in ("out.json", "out.json.gz"):
        save(problem, tmp_path / name)
        again = load(tmp_path / name)
        assert (fingerprint(again), again.name, again.best_known) == (
            fingerprint(problem),
            problem.name,
            problem.best_known,
        )
        assert type(again) is type(problem)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (7, BestKnown(7)),
        (None, None),
        ({"value": 7.5, "is_optimal": True, "source": "here"}, BestKnown(7.5, True, "here")),
        ({"value": 7}, BestKnown(7, None, "")),
    ],
)
def test_best_known_forms(tmp_path, given, read):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**json.loads(NATIVE), "best_known": given}))
    problem = load(path)
    assert (problem.best_known, problem.name) == (read, "a")
    assert to_json(problem)["best_known"] == (None if read is None else vars(read))


def test_one_of_several(tmp_path):
    path = tmp_path / "two.txt"
    path.write_text("2\n 2 1 0\n 5 6\n 1 2\n 2\n 2 1 0\n 7 8\n 1 2\n 2\n")
    first, second = load_all(path)
    assert "two.txt#1" in refused(load, path)
    for chosen in (f"{path}#2", f"{path}#{second.name}"):
        assert fingerprint(load(chosen)) == fingerprint(second)
    assert fingerprint(load(path, instance=1)) == fingerprint(first)
    assert "in 1..2" in refused(load, f"{path}#3")
    assert "in 1..2" in refused(load, f"{path}#0")
    assert second.name in refused(load, f"{path}#nobody")


def test_a_number_sign_in_a_file_name_is_no_selection(tmp_path):
    path = tmp_path / "a#1.tsp"
    path.write_text(TSP)
    assert load(path).num_cities == 3


def test_dat_is_told_apart_by_its_length(tmp_path):
    path = tmp_path / "a.dat"
    path.write_text(QAP)
    assert load(path).kind == "qap"
    path.write_text("2 1 9\n5 6\n1 2\n2\n")  # n m opt, profits, weights, capacities
    assert load(path).kind == "mdkp"
    path.write_text("# market split\n1 2\n3 4 5\n")
    assert load(path).kind == "market-share"


@pytest.mark.parametrize(("kind", "size"), [("qap", "facilities"), ("market-share", "retailers")])
def test_kind_decides_what_fits_both(tmp_path, kind, size):
    path = tmp_path / "both.dat"
    path.write_text("1 0\n7\n")  # order 1 with flow 0 and distance 7; or one product, no retailer, target 7
    text = refused(load, path)
    assert "--kind" in text
    assert "qap" in text
    assert "market-share" in text
    assert size in load(path, kind=kind).size


def test_cut_dat_says_what_each_format_misses(tmp_path):
    path = tmp_path / "a.dat"
    path.write_text(QAP[:-3])
    text = refused(load, path)
    assert "qaplib: line 7: expected 8 numbers" in text
    assert "name its --kind" in text
    text = refused(load, path, kind="qap")
    assert text.startswith(f"{path} line 7: expected 8 numbers of two 2 x 2 matrices, found 7")


def test_wrong_or_unknown_kind(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(NATIVE)
    assert "must hold a tsp instance, got qap" in refused(load, path, kind="tsp")
    assert "did you mean 'tsp'" in refused(load, path, kind="tps")
    assert load(path, kind="QAP").kind == "qap"


def test_complement_is_for_graphs(tmp_path):
    path = tmp_path / "a.tsp"
    path.write_text(TSP)
    assert "complement" in refused(load, path, complement=True)


def test_standard_input_and_output(monkeypatch, capsysbinary):
    problem = generate("tsp", n=4, seed=1)
    save(problem, "-")
    written = capsysbinary.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(written)))
    assert fingerprint(load("-")) == fingerprint(problem)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TSP.replace("NAME : t\n", "").encode())))
    assert load("-").name == "stdin"


def test_windows_line_ends_and_other_encodings(tmp_path):
    path = tmp_path / "a.tsp"
    path.write_bytes(swap(TSP, "NAME", "COMMENT : Z\xfcrich\nNAME").replace("\n", "\r\n").encode("latin-1"))
    assert load(path).num_cities == 3


def test_save_needs_a_known_suffix(tmp_path):
    problem = generate("tsp", n=4)
    with pytest.raises(UnsupportedError, match=r"\.tsp"):
        save(problem, tmp_path / "a.qap")
    assert "can be written" in refused(save, problem, tmp_path / "none" / "a.json")
    assert list(tmp_path.iterdir()) == []


# helpers


def test_number_stream():
    stream = NumberStream("# head\n1 2.5\n\n-3e2 # tail\n4", "f")
    assert [stream.number("n") for _ in range(3)] == [1, 2.5, -300]
    assert (stream.left, stream.line_of(3), stream.line_of(99)) == (1, 5, 5)
    with pytest.raises(InstanceFormatError, match="f line 5: expected k"):
        stream.integer("k", high=3)
    with pytest.raises(InstanceFormatError, match="found the end of the file"):
        stream.number("more")
    assert [line.number for line in lines("a\n# b\n\n c d\n")] == [1, 4]


def test_generators_by_name():
    first = generate("qap", n=4, seed=0)
    assert fingerprint(generate("qap", n="4", seed=0)) == fingerprint(first)
    assert "did you mean 'n'" in refused(generate, "qap", m=3) or "must be one of" in refused(generate, "qap", m=3)
    assert "seed must be" in refused(generate, "qap", seed=-1)
    assert "did you mean 'qap'" in refused(generate, "qab")
    assert [option.name for option in size_options("qap")] == ["n", "family", "max_flow", "density"]


def test_problem_cannot_be_changed_from_outside():
    flow = np.array([[0, 1], [1, 0]])
    qap = Qap(flow, flow)
    flow[0, 1] = 9
    assert qap.objective([0, 1]) == 2
    with pytest.raises(ValueError, match="read-only"):
        qap.flow[0, 1] = 3
