"""The report's files: one page that works offline, with nothing from rows as markup, and the same for the same rows."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from qopt.experiments.report.output import Output, write_report
from qopt.experiments.report.pictures import draw_pictures
from qopt.experiments.report.report import Report, make_report
from qopt.experiments.report.runs import load_runs

from .report_cases import HOSTILE, rows, write_rows
from .shell import Shell


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return make_report(load_runs(write_rows(tmp_path_factory.mktemp("run"))))


def page_of(report: Report, folder: Path, **output: object) -> str:
    return write_report(report, folder, Output(pictures=False, **output)).page.read_text(encoding="utf-8")  # type: ignore[arg-type]


def test_nothing_of_the_rows_is_markup(report: Report, tmp_path: Path) -> None:
    text = page_of(report, tmp_path)
    assert HOSTILE not in text
    assert "<img src=x" not in text
    assert "qaoa<b>" not in text
    assert text.count("</script>") == text.count("<script")


def test_the_policy_lets_only_the_pages_own_script_run_and_nothing_be_reached(report: Report, tmp_path: Path) -> None:
    text = page_of(report, tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy[1]
    assert policy[1].startswith("default-src 'none'")
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_page_is_the_same_twice(report: Report, tmp_path: Path) -> None:
    assert page_of(report, tmp_path / "a") == page_of(make_report(report.runs), tmp_path / "b")


def test_records_are_whole_in_the_page_or_beside_it(report: Report, tmp_path: Path) -> None:
    inside = page_of(report, tmp_path / "in", records="embed")
    packed = re.search(r'id="part-0">([^<]+)<', inside)
    assert packed is not None
    found = gzip.decompress(base64.b64decode(packed[1])).decode().split("\n")
    assert [json.loads(line) for line in found] == rows()
    beside = page_of(report, tmp_path / "by", records="beside")
    assert 'id="part-0"' not in beside
    assert (tmp_path / "by" / "records" / "part-0.js").read_text().startswith('qoptPart(0,"')
    assert 'id="part-0"' not in page_of(report, tmp_path / "no", records="none")


def test_every_plot_is_a_picture_and_equal_rows_give_equal_files(report: Report, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plots = [replace(plot, panels=plot.panels[:1]) for plot in report.plots.values()]  # one panel each is quick
    one = draw_pictures(plots, tmp_path / "a")
    two = draw_pictures([plot for plot in plots if plot.key == "ranks"], tmp_path / "b")
    assert {path.name for path in one} == {key + suffix for key in report.plots for suffix in (".png", ".svg")}
    assert len(two) == 2
    assert all(path.read_bytes() == (tmp_path / "a" / path.name).read_bytes() for path in two)


def test_report_compare_and_their_errors_on_the_command_line(shell: Shell, tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "run")
    shell.run("report", str(folder), "--markdown", "--latex", "--no-pictures", "--target-gap", "0.01")
    assert shell.code == 0
    assert "against equally many uniform points of its own ground" in shell.out
    assert {path.name for path in (folder / "report").iterdir()} == {"report.html", "report.md", "report.tex"}
    shell.run("compare", str(folder), str(folder / "rows.jsonl"))
    assert shell.code == 0
    assert "qaoa<b>" in shell.out
    shell.run("compare", str(folder), str(folder), "--json")
    assert {change["verdict"] for change in shell.json["changes"]} == {"no difference seen"}
    for words in (["report", str(tmp_path / "none")], ["report", str(folder), "--unit", "x"]):
        shell.run(*words)
        assert shell.code == 2
        assert len(shell.err.strip().splitlines()) == 1
