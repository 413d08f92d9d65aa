"""Routes in the report: the best verified answer of a few instances as a picture and a table, and nothing elsewhere."""

from __future__ import annotations

import builtins
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qopt
from qopt.core import Problem, fingerprint
from qopt.experiments import drawing
from qopt.experiments.plot_routes import MAX_ROWS, schedule
from qopt.experiments.report.output import Output, write_report
from qopt.experiments.report.report import Report, make_report
from qopt.experiments.report.route_pages import routes_html
from qopt.experiments.report.routes import MAX_CUSTOMERS, MAX_PICTURES, RouteAnswer, RouteAnswers
from qopt.experiments.report.runs import load_runs
from qopt.experiments.sweep.folder import instance_path
from qopt.problems.tsptw import Tsptw
from qopt.problems.vehicles import Vrptw, solution_of

from .report_cases import HOSTILE, write_rows

DISTANCES = [[0, 2, 3, 4], [2, 0, 2, 5], [3, 2, 0, 3], [4, 5, 3, 0]]
WINDOWS = [[0, 90], [0, 9], [7, 12], [20, 30]]
POINTS = [[0, 0], [2, 0], [2, 2], [-3, 2]]


def fleet(name: str = "three") -> Vrptw:
    return Vrptw(DISTANCES, [0, 1, 1, 1], 2, WINDOWS, [0, 1, 1, 1], coordinates=POINTS, name=name)


def row(problem: Problem, solution: Any, label: str = "greedy", seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A row as a run writes it, with a solution of the test's own."""
    found: dict[str, Any] = qopt.solve(problem, "greedy", seed=seed).to_json()
    found |= {"id": f"{seed:02x}" * 32, "solution": np.asarray(solution).tolist()}
    found |= {"objective": problem.objective(solution), "sweep": {"pipeline": label, "family": label, "repeat": seed}}
    return found | {key.rstrip("_"): value for key, value in changes.items()}


def report_of(folder: Path, rows: list[dict[str, Any]], *problems: Problem) -> Report:
    write_rows(folder, rows)
    (folder / "instances").mkdir(exist_ok=True)
    for problem in problems:
        qopt.save(problem, instance_path(folder, fingerprint(problem)))
    return make_report(load_runs(folder))


def page_of(report: Report, folder: Path) -> str:
    return write_report(report, folder, Output(pictures=False)).page.read_text(encoding="utf-8")


def section_of(text: str) -> str:
    found = re.search(r'<section id="routes".*?</section>', text, re.DOTALL)
    assert found is not None
    return found[0]


class Cells(HTMLParser):
    """Rows of cells of every table, and how deep elements are left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] in (["td"], ["button"]):
            self.rows[-1].append(data)


def test_the_best_verified_answer_is_drawn_with_a_table_of_its_schedule(tmp_path: Path) -> None:
    problem = fleet()
    best, worse = solution_of([[1, 2], [3]]), solution_of([[1], [2], [3]])
    assert problem.objective(best) < problem.objective(worse)
    rows = [row(problem, worse, seed=1), row(problem, best, seed=2), row(problem, worse, seed=3)]
    report = report_of(tmp_path, rows, problem)
    (answer,) = report.routes.drawn
    assert (answer.run.seed, answer.routes, list(report.routes.notes)) == (2, [[1, 2], [3]], [])
    section = section_of(page_of(report, tmp_path / "report"))
    cells = Cells(section)
    assert not cells.open
    # by hand: 1 at 2; 2 at 2 + 1 + 2 = 5, waits to 7; back at 7 + 1 + 3 = 11; 3 at 4, waits to 20; back at 25
    assert cells.rows == [
        ["route", "stop", "arrival", "window opens", "window closes", "waiting", "service starts"],
        ["1", "1", "2", "0", "9", "0", "2"],
        ["1", "2", "5", "7", "12", "2", "7"],
        ["1", "depot", "11", "0", "90", "0", "11"],
        ["2", "3", "4", "20", "30", "16", "20"],
        ["2", "depot", "25", "0", "90", "0", "25"],
    ]
    assert section.count("<svg") == section.count('role="img" aria-label=') == 2
    assert section.count("<circle") == 3 + 5  # customers of the map, rows of the schedule
    assert section.count("stroke-dasharray") == 2  # the two that wait
    assert "Waiting in all: 18." in section
    assert f'href="#run-{answer.run.id[:12]}"' in section
    assert "script" not in section


def test_an_answer_that_does_not_verify_is_told_and_the_next_is_drawn(tmp_path: Path) -> None:
    problem = fleet()
    good = solution_of([[1], [2], [3]])
    rows = [
        row(problem, solution_of([[2, 1], [3]]), seed=1, objective=1),  # late at 1
        row(problem, good, seed=2, objective=2),  # another value than its routes have
        row(problem, good, seed=3, objective=3, solution_=None),
        row(problem, good, seed=4, objective=4, solution_=[1, "x"]),
        row(problem, good, seed=5, objective=5, solution_=[1, 0, 77]),
        row(problem, good, seed=6),
    ]
    report = report_of(tmp_path, rows, problem)
    assert [answer.run.seed for answer in report.routes.drawn] == [6]
    said = "\n".join(report.routes.notes)
    assert "row 010101010101 is not drawn: it breaks window[1]" in said
    assert f"its routes give {problem.objective(good):g}, and the row says 2" in said
    assert said.count("it holds no solution of whole numbers") == 2
    assert "got 77" in said
    assert "window[1]" in section_of(page_of(report, tmp_path / "report"))


def test_without_the_instance_or_with_another_one_there_is_no_picture(tmp_path: Path) -> None:
    problem = fleet()
    rows = [row(problem, solution_of([[1, 2], [3]]))]
    alone = report_of(tmp_path / "alone", rows)
    assert not alone.routes.drawn
    assert "its data are not to be had" in alone.routes.notes[0]
    assert "<svg" not in section_of(page_of(alone, tmp_path / "page"))
    other = tmp_path / "other"
    report_of(other, rows)
    qopt.save(
        fleet().__class__(DISTANCES, [0, 1, 1, 2], 2, WINDOWS, [0, 1, 1, 1]), instance_path(other, fingerprint(problem))
    )
    assert "another one" in make_report(load_runs(other)).routes.notes[0]


def test_a_handful_of_instances_of_every_kind(tmp_path: Path) -> None:
    problems = [qopt.generate("vrptw", n=4, stops=2, seed=seed) for seed in range(MAX_PICTURES + 1)]
    problems += [qopt.generate("tsptw", n=4, seed=1), qopt.generate("cvrp", n=4, stops=2, seed=1)]
    rows = [qopt.solve(problem, "greedy", seed=k).to_json() for k, problem in enumerate(problems)]
    report = report_of(tmp_path, rows, *problems)
    kinds = [answer.run.kind for answer in report.routes.drawn]
    assert len(kinds) == MAX_PICTURES
    assert {"tsptw", "cvrp", "vrptw"} == set(kinds)
    assert "3 more have routes" in report.routes.notes[-1]
    section = section_of(page_of(report, tmp_path / "report"))
    assert "Stops of the routes" in section  # of the cvrp, which has no times
    assert len(set(re.findall(r'id="(table-routes-\d)"', section))) == MAX_PICTURES
    assert Cells(section).open == []
    huge = [{**rows[0], "instance": {**rows[0]["instance"], "size": {"customers": MAX_CUSTOMERS + 1}}}]
    assert not report_of(tmp_path / "huge", huge, problems[0]).routes.drawn


def test_names_are_text(tmp_path: Path) -> None:
    problem = fleet(HOSTILE)
    rows = [row(problem, solution_of([[1, 2], [3]]), label="<b>greedy")]
    text = page_of(report_of(tmp_path, rows, problem), tmp_path / "report")
    assert HOSTILE not in text
    assert "<b>greedy" not in text
    assert "&lt;script&gt;" in section_of(text)
    assert text.count("</script>") == text.count("<script")


def test_a_report_without_routing_has_no_trace_of_it_and_reads_no_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qopt.experiments.report import page, routes

    def refuse(*_: object) -> None:
        raise AssertionError("an instance was read")

    monkeypatch.setattr(routes, "instance_of", refuse)
    report = make_report(load_runs(write_rows(tmp_path)))
    assert not report.routes.drawn
    assert not report.routes.notes
    text = page_of(report, tmp_path / "report")
    assert 'id="routes"' not in text
    monkeypatch.setattr(page, "_routes", lambda _: [])
    assert page_of(report, tmp_path / "before") == text


def test_pictures_need_no_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError("no matplotlib", name="matplotlib")
        return real(name, *rest, **named)

    problem = fleet()
    rows = [row(problem, solution_of([[1, 2], [3]]))]
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(drawing, "find_spec", lambda _: None)
    report = report_of(tmp_path, rows, problem)
    written = write_report(report, tmp_path / "report", Output(pictures=True))
    assert "no PNG and SVG of the plots" in written.left_out
    assert section_of(written.page.read_text(encoding="utf-8")).count("<svg") == 2


def answer_of(problem: Any, routes: list[list[int]], folder: Path) -> RouteAnswer:
    rows = [json.loads(json.dumps(row(fleet(), solution_of([[1, 2], [3]]))))]
    return RouteAnswer(load_runs(write_rows(folder, rows)).runs[0], problem, routes)


@pytest.mark.parametrize("points", [None, [[5, 5]] * 4, [[1e308, -1e308], [-1e308, 1e308], [0, 0], [1, 1]]])
def test_odd_places_give_finite_pictures(tmp_path: Path, points: Any) -> None:
    problem = Tsptw(DISTANCES, [[5, 5]] * 4 if points is None else WINDOWS, coordinates=points)
    if points is None:
        problem = Tsptw(np.zeros((4, 4)), [[1e15, 1e15]] * 4)
    text = routes_html(RouteAnswers([answer_of(problem, [[1, 2, 3]], tmp_path)]))
    assert not re.search(r"\b(nan|inf)\b", text)
    assert Cells(text).open == []
    assert text.count("<svg") == (1 if points is None else 2)


def test_a_long_schedule_is_cut_in_the_picture_and_whole_in_the_table(tmp_path: Path) -> None:
    n = MAX_ROWS + 10
    problem = Tsptw(np.ones((n + 1, n + 1)), [[0, 10 * n]] * (n + 1))
    text = routes_html(RouteAnswers([answer_of(problem, [list(range(1, n + 1))], tmp_path)]))
    assert text.count("<circle") == MAX_ROWS
    assert len(Cells(text).rows) == 1 + n + 1
    assert f"the first {MAX_ROWS} of {n + 1} rows" in text


def test_the_schedule_says_what_is_late() -> None:
    problem = fleet()
    late = [(stop.node, stop.start, stop.is_late) for stop in schedule(problem, [[2, 1]])]
    assert late == [(2, 7.0, False), (1, 10.0, True), (0, 13.0, False)]
    assert problem.violations([2, 1, 0, 3]) == {"window[1]": 1.0}
