"""Exports read back: tables, QOBLIB submissions held to that benchmark's rules, IOHprofiler data."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from qopt.experiments.export.ioh import HEADING, write_ioh
from qopt.experiments.export.qoblib import (
    COLUMNS,
    Submission,
    safe_name,
    solution_text,
    summary_row,
    time_series,
    write_qoblib,
)
from qopt.experiments.metrics import incumbent_time
from qopt.experiments.report.runs import RunSet, load_runs

from .report_cases import HOSTILE, rows, write_rows
from .shell import Shell

ADA = Submission("Ada Lovelace", "Example", "20260630")
INTEGERS = {column for column in COLUMNS if column.startswith("# ")}
NUMBERS = {"Best Objective Value", "Optimality Bound", "Success Threshold"}
NUMBERS |= {column for column in COLUMNS if column.endswith("Runtime") or column == "Time to Solution"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> RunSet:
    some = rows()
    for row in some:  # one instance as if of market split: to be minimised, feasible only at 0
        if row["instance"]["kind"] == "mis" and row["instance"]["size"]["vertices"] == 6:
            row["instance"] |= {"kind": "market-share", "sense": "min", "size": {"products": 1, "retailers": 6}}
    return load_runs(write_rows(tmp_path_factory.mktemp("run"), some))


def check_submission(root: Path, *, minimise: bool) -> list[str]:
    """What breaks the rules of QOBLIB's checker (2026-06-30) in a submission folder; its rules in our words."""
    wrong = []
    folders = [path.parent for path in root.rglob("*_summary.csv") if "misc" not in path.parts]
    for folder in folders:
        name = folder.name
        found = list(csv.reader((folder / f"{name}_summary.csv").read_text(encoding="utf-8").splitlines()))
        if tuple(found[0]) != COLUMNS or len(COLUMNS) != 30:
            wrong.append(f"{name}: header")
            continue
        if len(found) < 2:
            wrong.append(f"{name}: no row")
        for values in found[1:]:
            wrong += _check_row(name, dict(zip(found[0], values, strict=True)))
        single = [path for path in folder.iterdir() if re.fullmatch(rf"{re.escape(name)}_solution\.[^./]+", path.name)]
        if len(single) != 1 or (folder / "solutions").exists():
            wrong.append(f"{name}: solutions")
        series = json.loads((folder / f"{name}_objective_time_series.json").read_text(encoding="utf-8"))
        for run in series:
            values = [float(entry["Incumbent"]) for entry in run]
            if values != sorted(values, reverse=minimise) or any("Time" not in entry for entry in run):
                wrong.append(f"{name}: time series")
        if not (folder / "README.md").is_file():
            wrong.append(f"{name}: README")
    return wrong if folders else ["no instance folder"]


def _check_row(name: str, row: dict[str, str]) -> list[str]:
    wrong = [] if row["Problem"] == name else [f"{name}: Problem is {row['Problem']}"]
    for columns, parse in ((INTEGERS, int), (NUMBERS, float)):
        for column in columns:
            text = row[column].strip().replace(",", "")
            if text and text.upper() not in ("N/A", "NA"):
                try:
                    parse(text)
                except ValueError:
                    wrong.append(f"{name}: {column} is {text}")
    if row["Paradigm"] not in ("Classical", "Quantum Simulator", "Quantum Hardware"):
        wrong.append(f"{name}: Paradigm is {row['Paradigm']}")
    if not int(row["# Runs"]) >= int(row["# Feasible Runs"]):
        wrong.append(f"{name}: counts of runs")
    return wrong


def test_qoblib_submissions_keep_the_rules(runs: RunSet, tmp_path: Path) -> None:
    written, left_out = write_qoblib(runs, tmp_path, ADA)
    assert len(written) == 8
    assert "mdkp: no problem class of QOBLIB" in left_out
    for problem, minimise in (("01-marketsplit", True), ("07-independentset", False)):
        submissions = list((tmp_path / problem / "submissions").iterdir())
        assert len(submissions) == 4
        assert all(re.fullmatch(r"20260630_[A-Za-z0-9.-]+_Lovelace", path.name) for path in submissions)
        for submission in submissions:
            assert check_submission(submission, minimise=minimise) == []


def test_the_older_checker_gets_its_27_columns(runs: RunSet, tmp_path: Path) -> None:
    """It compares the header with its own list, in order, so the 30 columns of the newer one fail there."""
    older = replace(ADA, checker="1.1.0")
    home = write_qoblib(runs, tmp_path, older)[0][-1]
    with (home / f"{home.name}_summary.csv").open(newline="", encoding="utf-8") as lines:
        header, row = list(csv.reader(lines))
    assert len(header) == len(row) == 27
    assert header == [c for c in COLUMNS if c not in ("Affiliation", "Paradigm", "Time to Solution")]
    assert (header[:4], header[20:23]) == (
        ["Problem", "Submitter", "Date", "Reference"],
        ["Hardware Specifications", "Total Runtime", "CPU Runtime"],
    )
    assert "| Affiliation |" not in (home / "README.md").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=r"qoblib-checker must be one of 1\.1\.0, 2026-06, got '2025'"):
        replace(ADA, checker="2025")


def test_solution_files_name_each_vertex() -> None:
    """{1, 10, 11} as a bare list is read by the checker as digits, a list behind a comment as no vertex."""
    assert solution_text("mis", [1, 0, 1]) == "x#1 1\nx#2 0\nx#3 1\n"
    assert solution_text("market-share", [1, 0, 1]) == "1 0 1\n"


def test_the_checker_sees_each_broken_rule(runs: RunSet, tmp_path: Path) -> None:
    home = write_qoblib(runs, tmp_path, ADA)[0][-1]
    root, name = home.parent, home.name
    summary, series = home / f"{name}_summary.csv", home / f"{name}_objective_time_series.json"
    good = summary.read_text(encoding="utf-8")
    for bad, text in (
        ("\ufeff" + good, "header"),
        (good.replace("Classical", "Analog").replace("Quantum Simulator", "Analog"), "Paradigm"),
        (good.replace(",20260630,", ",20260630,x,", 1), None),
        (good.replace(f"\n{name},", "\nother,"), "Problem"),
    ):
        summary.write_text(bad, encoding="utf-8")
        if text is None:
            with pytest.raises(ValueError, match="zip"):
                check_submission(root, minimise=False)
        else:
            assert any(text in flaw for flaw in check_submission(root, minimise=False))
    summary.write_text(good, encoding="utf-8")
    series.write_text('[[{"Time": 0, "Incumbent": 3}, {"Time": 1, "Incumbent": 2}]]')
    assert check_submission(root, minimise=False) == [f"{name}: time series"]
    assert check_submission(root, minimise=True) == []


def test_claims_and_times_are_qoblibs_own(runs: RunSet) -> None:
    for (_, label), cell in runs.by_cell.items():
        if cell[0].kind not in ("mis", "market-share"):
            continue
        best = min(cell, key=lambda run: run.objective or 0)
        row = summary_row(runs, cell, best, json.loads(runs.lines[best.id]), ADA)
        assert row["Paradigm"] == ("Quantum Simulator" if label == "qaoa<b>" else "Classical")
        assert float(row["Time to Solution"]) == pytest.approx(
            sum(incumbent_time(run.trace) for run in cell) / len(cell), rel=1e-4
        )
        # an independent set is feasible; a deviation above 0 claims nothing
        assert row["# Feasible Runs"] == (str(len(cell)) if cell[0].kind == "mis" else "0")
        assert (row["Optimality Bound"] == "N/A") == (label != "cpsat")
        assert "not Time to Solution" in row["Remarks"]


def test_time_series_keep_improvements_only(runs: RunSet) -> None:
    from dataclasses import replace

    run = replace(runs.runs[0], sense="min", trace=((1.0, 5.0), (2.0, 6.0), (3.0, 5.0), (4.0, 2.0)))
    assert [entry["Incumbent"] for entry in time_series(run)] == [5.0, 2.0]
    run = replace(run, sense="max")
    assert [entry["Time"] for entry in time_series(run)] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (("", "x", "20260101"), "submitter"),
        (("A B", "x", "2026"), "YYYYMMDD"),
        (("A B, C D", "x", "20260101"), "one entry for each of 2"),
    ],
)
def test_a_submission_without_what_the_rules_ask_is_refused(fields: tuple[str, str, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Submission(*fields)


def test_names_cannot_leave_the_folder() -> None:
    assert "/" not in safe_name("../../etc/passwd")
    assert not safe_name("..").startswith(".")
    assert safe_name(HOSTILE) == "script-window.hacked-1-script"


def test_ioh_data_is_read_back(runs: RunSet, tmp_path: Path) -> None:
    infos, left_out = write_ioh(runs, tmp_path)
    assert left_out == ["1 runs without a feasible answer"]
    read = 0
    for info in infos:
        lines = info.read_text(encoding="utf-8").splitlines()
        for head, comment, entry in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
            assert re.search(r"funcId = \d+, DIM = \d+, algId = '[^']+', maximization = '[TF]'$", head)
            assert comment.startswith("%")
            name, *ends = entry.split(", ")
            blocks = (info.parent / name).read_text(encoding="utf-8").split(HEADING + "\n")[1:]
            assert len(blocks) == len(ends)
            for block, end in zip(blocks, ends, strict=True):
                points = [line.split() for line in block.splitlines()]
                times = [int(point[0]) for point in points]
                assert times == sorted(set(times))
                assert re.fullmatch(rf"\d+:{times[-1]}\|{re.escape(points[-1][1])}", end)
                read += 1
    assert read == 32
    with (tmp_path / "instances.csv").open(encoding="utf-8") as file:
        assert [row["name"] for row in csv.DictReader(file)].count(HOSTILE) == 1


def test_tables_hold_the_same_rows(shell: Shell, tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "run")
    shell.run("export", str(folder), "--csv", str(tmp_path / "a.csv"), "--sqlite", str(tmp_path / "a.db"))
    assert shell.code == 0
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 33
    assert {row["reference_kind"] for row in found} == {"proven-here"}
    failed = found[-1]
    assert (failed["status"], failed["failure"], failed["gap"]) == ("failed", "timeout", "")
    base = sqlite3.connect(tmp_path / "a.db")
    (total,) = base.execute("SELECT COUNT(*) FROM runs JOIN records USING (id)").fetchone()
    (best,) = base.execute("SELECT MIN(gap) FROM runs WHERE pipeline = 'cpsat'").fetchone()
    (name,) = base.execute("SELECT DISTINCT instance FROM runs WHERE instance LIKE '<%'").fetchone()
    base.close()
    assert (total, best, name) == (33, 0.0, HOSTILE)


def test_parquet_has_typed_columns(shell: Shell, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    folder = write_rows(tmp_path / "run")
    shell.run("export", str(folder), "--parquet", str(tmp_path / "a.parquet"))
    assert shell.code == 0
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.num_rows == 33
    assert str(table.schema.field("qubits").type) == "int64"
    assert str(table.schema.field("gap").type) == "double"


def test_export_says_what_it_cannot_do(shell: Shell, tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "run", [row for row in rows() if row["instance"]["kind"] == "mdkp"])
    shell.run("export", str(folder))
    assert (shell.code, "must have a format" in shell.err) == (2, True)
    shell.run("export", str(folder), "--qoblib", str(tmp_path / "q"), "--submitter", "A B", "--affiliation", "C")
    assert (shell.code, "must have a kind of QOBLIB" in shell.err) == (2, True)
