"""The report's matrix: marks, intervals and missing pairs, one on page and paper; at most five sentences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qopt.experiments.report.matrix import mark_of, matrix_table, missing_pairs
from qopt.experiments.report.output import latex, markdown
from qopt.experiments.report.paired import Control, against_control
from qopt.experiments.report.report import make_report
from qopt.experiments.report.runs import RunSet, load_runs
from qopt.experiments.report.statistics import pairs_to_tell, wilcoxon

from .report_cases import rows, write_rows


def control(differences: list[float]) -> Control:
    test = wilcoxon(differences)
    return Control("qaoa", "raw", test, test.p, (1, 1), len(differences))


@pytest.mark.parametrize(
    ("differences", "mark", "more"),
    [
        ([-1.0] * 8, "better", None),
        ([1.0] * 8, "worse", None),
        ([0.0] * 8, "tied", None),
        ([-1.0], "open", 5),  # 2^(1 - 6) is the first p below 0.05
        ([-1.0, 0.0], "open", 10),  # half of the pairs are ties
    ],
)
def test_marks_and_missing_pairs(differences: list[float], mark: str, more: int | None) -> None:
    found = control(differences)
    assert mark_of(found) == mark
    if more is not None:
        assert missing_pairs(found, 1) == more


def with_effect(n: int, effect: float) -> np.ndarray:
    """Differences with ranks 1..n and the effect next below the wanted one."""
    values, wanted, plus = np.arange(1.0, n + 1), n * (n + 1) / 2 * (1 + effect) / 2, 0.0
    signs = np.full(n, -1.0)
    for i in range(n - 1, -1, -1):
        if plus + values[i] <= wanted:
            plus, signs[i] = plus + values[i], 1.0
    return values * signs


@pytest.mark.parametrize("effect", [0.3, 0.5, 0.7])
def test_the_pairs_that_would_tell_do(effect: float) -> None:
    seen = wilcoxon(with_effect(8, effect))
    needed = int(pairs_to_tell(seen))
    assert seen.p > 0.05
    assert needed > 8
    assert wilcoxon(with_effect(needed + 2, seen.effect)).p < 0.05
    assert wilcoxon(with_effect(int(0.8 * needed), seen.effect)).p > 0.05


def test_an_interval_of_one_pair_says_nothing_and_one_of_many_excludes_zero() -> None:
    one, many, tied = wilcoxon([-1.0]), wilcoxon(-np.arange(1.0, 13.0)), wilcoxon([0.0])
    assert one.high > 0.5
    assert many.high < -0.4
    assert one.low == many.low == -1.0
    assert (tied.low, tied.high) == (-1.0, 1.0)


def test_page_and_paper_have_one_matrix_and_five_sentences_at_most(tmp_path: Path) -> None:
    report = make_report(load_runs(write_rows(tmp_path)))
    assert 1 <= len(report.findings) <= 5
    marked = [cell.text for row in report.tables["matrix"].rows for cell in row if cell.mark]
    assert marked
    md, tex = markdown(report), latex(report)
    assert md.index("What each sampler earned") < md.index("\n- ")
    assert tex.index("tab:matrix") < tex.index(r"\begin{itemize}")
    assert all(text in md and text in tex for text in marked)


def test_one_seed_is_open_with_the_pairs_that_would_tell(tmp_path: Path) -> None:
    """A sweep of one seed read "no difference seen, p = 1.000" in each of 27 lines."""
    runs = load_runs(write_rows(tmp_path, rows()[:1]))
    cells = [cell for row in matrix_table(runs, against_control(runs, "instance")).rows for cell in row if cell.mark]
    assert cells
    assert {cell.mark for cell in cells} <= {"open", "tied"}
    assert all("more pair" in cell.text for cell in cells if cell.mark == "open")


def test_no_sampler_no_matrix() -> None:
    assert matrix_table(RunSet([]), []).rows == []
