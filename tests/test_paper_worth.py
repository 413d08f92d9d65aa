"""Worth and published figures in the papers' sentences, traced to planted cells with the standard library alone.

Chances of a sample, of a uniform point and of a point of the sampler's start are planted run by run; what a sentence
says is computed from them once more. Published figures are planted too, so that no sentence can hold another.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import zlib
from pathlib import Path

import pytest

import qopt
from qopt.experiments.papers import paper
from qopt.experiments.papers.comparative_study_summary import summary
from qopt.experiments.papers.paired import Sentence
from qopt.experiments.worth_text import figures

from .planted_rows import OPTIMUM, Row, real_row, row_at

INSTANCES, REPEATS = 3, 3
PUBLISHED = Path(qopt.__file__).parent / "experiments/papers/published"
TARGETS = ("optimum", "within 1 %")
#: Of each paper: lines that have worth, their kind, the target of the sentence, how a row names its line.
PAPERS: dict[str, tuple[dict[str, str], str, str]] = {
    "comparative-study": ({"vqe unbalanced": "", "ws-qaoa core": "ws-qaoa", "sa": ""}, "mdkp", "optimum"),
    "multi-knapsack": ({"qrao core 18": "", "qaoa core 18": "", "random core 18": ""}, "multi-knapsack", "core"),
    "cutting-slack": ({"sa on slack": "", "qaoa on unbalanced": ""}, "mdkp", "within 1 %"),
    "graph-shrinking": ({"qaoa-16": ""}, "mis", "within 1 %"),
}


def chance(family: str, at: int, repeat: int, what: str) -> float:
    """A planted chance: any number between 1e-3 and 1."""
    return (1 + zlib.crc32(f"{family}|{at}|{repeat}|{what}".encode()) % 997) / 1000


def row(family: str, kind: str, at: int, repeat: int) -> Row:
    made = row_at(family, kind, at, repeat)
    made["objective"] = OPTIMUM
    has_start = family.startswith("ws-qaoa")
    targets = []
    for target in TARGETS:
        found = {side: chance(family, at, repeat, f"{target} {side}") for side in ("sampler", "uniform", "start")}
        each = {key: {"value": value, "low": value, "high": value, "kind": "exact"} for key, value in found.items()}
        beyond = {"chance": each.pop("start"), "worth": None, "low": None, "high": None}
        targets.append({"target": target, "objective": OPTIMUM, "worth": None, "low": None, "high": None, **each})
        targets[-1]["beyond"] = beyond if has_start else None
    own, uniform = (chance(family, at, repeat, f"core {side}") for side in ("sampler", "uniform"))
    made["worth"] |= {"targets": targets, "space": "core of 8 of 9 program bits", "curve": [[OPTIMUM, own, uniform]]}
    made["worth"] |= {"num_points": 256, "start_curve": []}
    if not has_start:
        made["stages"]["control_start"] = None
    made["stages"]["control"]["space"] = "core of 8 of 9 program bits"
    if has_start:
        made["stages"]["control_start"]["space"] = "core of 8 of 9 program bits"
    if " on " in family:
        solver, encoder = family.split(" on ")
        made["pipeline"] |= {"solver": {"name": solver}, "encoder": {"name": encoder}, "formulation": "rows"}
    return made


def planted(name: str) -> list[Row]:
    lines, kind, _ = PAPERS[name]
    made = [row(family, kind, at, repeat) for family in lines for at in range(INSTANCES) for repeat in range(REPEATS)]
    if name == "multi-knapsack":
        for at in range(INSTANCES):
            native = row("cpsat", kind, at, 0)
            native["pipeline"] |= {"solver": {"name": "cpsat"}, "encoder": None}
            made.append({**native, "stages": {"raw": native["stages"]["raw"]}, "status": "optimal", "worth": None})
    return made


def median_ratio(family: str, target: str, below: str) -> float:
    """Median over instances of the median over repeats of planted chances' ratios."""
    return statistics.median(
        statistics.median(
            chance(family, at, repeat, f"{target} sampler") / chance(family, at, repeat, f"{target} {below}")
            for repeat in range(REPEATS)
        )
        for at in range(INSTANCES)
    )


def told(name: str, rows: list[Row]) -> Sentence:
    found = [each for each in paper(name).tell(rows).summary if "that one sample is worth" in each.text]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", PAPERS)
def test_the_worth_in_a_sentence_is_that_of_the_planted_chances(name: str) -> None:
    lines, _, target = PAPERS[name]
    sentence = told(name, planted(name))
    head, _, values = sentence.text.partition("(instances): ")
    assert ("best of the core" if target == "core" else target) in head
    for family, line in lines.items():
        expected = f"{line or family} {figures(median_ratio(family, target, 'uniform'))} ({INSTANCES})"
        if family.startswith("ws-qaoa"):
            expected += f", in points of its own start {figures(median_ratio(family, target, 'start'))} ({INSTANCES})"
        assert expected in values
    said = re.findall(r"[\d,.e+-]+(?= \(\d+\))", values)
    assert len(said) == len(sentence.pairs)  # every figure has its pairs, and no other is there
    for pairs in sentence.pairs:
        family = next(each for each, line in lines.items() if (line or each) == pairs.first)
        below = "start" if pairs.second == "a point of its own start" else "uniform"
        for (instance, repeat), (own, other) in pairs.cells.items():
            at = int(instance.rpartition("-")[2])
            assert own == chance(family, at, repeat, f"{target} sampler")
            assert other == chance(family, at, repeat, f"{target} {below}")


@pytest.mark.parametrize("name", PAPERS)
def test_the_worth_table_has_the_same_figures(name: str) -> None:
    lines, kind, target = PAPERS[name]
    section = paper(name).tell(planted(name)).sections[0]
    name_of = "best of the core" if target == "core" else target
    for family, line in lines.items():
        cells = [text for text in section.text.splitlines() if text.startswith(f"| {kind} | {line or family} |")]
        own = next(text for text in cells if f"| {name_of} |" in text)
        assert f"| {figures(median_ratio(family, target, 'uniform'))} |" in own
        if family.startswith("ws-qaoa"):
            assert f"| {figures(median_ratio(family, target, 'start'))} |" in own
    assert ("beyond its start" in section.text) == any(family.startswith("ws") for family in lines)


def test_counts_beside_published_figures_are_those_of_planted_ones() -> None:
    """Both counts, of the method and of uniform points, from the same instances and the same published figures."""
    rows, gaps = [], {}
    for family in ("vqe unbalanced", "ws-qaoa core"):
        for at in range(INSTANCES):
            for repeat in range(REPEATS):
                made = row(family, "mdkp", at, repeat)
                for side, place in (("run", made["stages"]), ("control", made["stages"]["control"])):
                    for stage in ("raw", "swapped"):
                        value = round(OPTIMUM * (1 + chance(family, at, repeat, f"{side} {stage}")))
                        point = {"objective": value, "feasible": True, "gap": value / OPTIMUM - 1, "num_points": 5}
                        place[stage] = real_row()["stages"]["raw"] | point
                        gaps[family, at, repeat, side, stage] = value / OPTIMUM - 1
                if family.startswith("ws-qaoa"):
                    made["stages"]["control_start"]["raw"]["num_points"] = 5
                rows.append(made)
    published = {
        place: {
            "mdkp": {
                method: {f"mdkp-{at}": round(100 * chance(method, at, 0, place), 2) for at in range(INSTANCES - 1)}
                for method in methods
            }
        }
        for place, methods in (("simulator", ["vqe"]), ("device", ["vqe", "ws-qaoa"]))
    }
    published["device"]["mdkp"]["vqe"]["mdkp-0"] = None  # infeasible: worse than every gap
    sentences = {
        stage: next(
            each for each in summary(rows, published) if each.text.startswith(f"Knapsacks, {stage}: the median gap")
        )
        for stage in ("raw", "swapped")
    }
    for stage, sentence in sentences.items():
        below = {"run": 0, "control": 0}
        compared = 0
        for family, method in (("vqe unbalanced", "vqe"), ("ws-qaoa core", "ws-qaoa")):
            for place in ("simulator", "device"):
                known = published[place]["mdkp"].get(method)
                if known is None:
                    continue
                compared += 1
                theirs = statistics.median(math.inf if value is None else value / 100 for value in known.values())
                for side in below:
                    ours = statistics.median(
                        statistics.median(gaps[family, at, repeat, side, stage] for repeat in range(REPEATS))
                        for at in range(INSTANCES - 1)
                    )
                    below[side] += ours < theirs
        said = re.findall(r"in (\d+) of (\d+) comparisons .* in (\d+) of them", sentence.text)
        assert said == [(str(below["run"]), str(compared), str(below["control"]))]


def test_published_medians_are_those_of_the_published_figures() -> None:
    """A median that no published row gives would be our own inference under another's name."""
    data = json.loads((PUBLISHED / "comparative_study.json").read_text(encoding="utf-8"))
    assert "public result tables" in data["source"]
    for place, medians in data["medians"].items():
        for method, value in medians.items():
            told = [math.inf if each is None else each for each in data[place]["mdkp"][method].values()]
            assert len(told) == 12
            assert value == pytest.approx(statistics.median(told), abs=0.0501)


def test_files_without_published_tables_say_so_and_hold_no_gaps() -> None:
    """Only claims in our words, counts with their source, and relaxations that are told as nobody's figures."""
    for name in ("cutting_slack", "graph_shrinking"):
        data = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
        assert "tables were not at hand" in data["source"]
        assert all(isinstance(claim, str) for claim in data["claims"].values())
        numbers = set(data) - {"source", "claims"}
        for key in numbers - {"reductions"}:
            assert data[key]["source"]
    relaxations = json.loads((PUBLISHED / "cutting_slack.json").read_text(encoding="utf-8"))["relaxations"]
    assert relaxations["source"].startswith("No published figures")


@pytest.mark.parametrize("page", ["comparative-study", "comparative-study-full"])
def test_pages_print_no_figure_as_published_that_the_file_does_not_have(page: str) -> None:
    """Every cell below a heading ``paper, ...`` of the pages' tables is one of the file's."""
    path = Path(qopt.__file__).parent / "docs/papers" / f"{page}.md"
    if not path.exists():
        pytest.skip("installed without docs")
    data = json.loads((PUBLISHED / "comparative_study.json").read_text(encoding="utf-8"))
    known = {"-", "infeasible"} | {f"{value:.1f} %" for each in data["medians"].values() for value in each.values()}
    for place in ("simulator", "device"):
        for methods in data[place].values():
            for values in methods.values():
                known |= {f"{value:.2f} %" for value in values.values() if value is not None}
    head: list[str] = []
    checked = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if not line.startswith("|"):
            head = []
        elif not head:
            head = cells
        elif not line.startswith("|---"):
            for title, cell in zip(head, cells):
                if title.startswith("paper, "):
                    assert cell in known
                    checked += 1
    assert checked > 0


def test_a_gap_that_only_another_row_knows_is_not_called_infeasible() -> None:
    """The quick page told "infeasible" of knapsacks whose optimum CP-SAT's row alone knew: their rows had no gap."""
    rows = []
    for at in range(INSTANCES):
        made = row("vqe unbalanced", "mdkp", at, 0)
        made["reference"] = {"value": None, "kind": "none", "source": ""}
        for place in (made["stages"], made["stages"]["control"]):
            for stage in ("raw", "swapped", "repaired", "improved"):
                place[stage] = {**real_row()["stages"]["raw"], "objective": 1200, "feasible": True, "gap": None}
        rows.append(made)
        native = row("cpsat", "mdkp", at, 0)
        rows.append({**native, "stages": native["stages"], "status": "optimal", "objective": 1000, "worth": None})
    section = next(
        each for each in paper("comparative-study").tell(rows).sections if each.title == "Knapsacks: medians"
    )
    line = next(text for text in section.text.splitlines() if text.startswith("| vqe |"))
    assert line.count("20.00 %") == 8
    assert "infeasible" not in line


def test_published_medians_stand_only_beside_the_same_instances() -> None:
    """The quick page set the paper's medians over twelve knapsacks beside four generated ones."""
    from qopt.experiments.papers.comparative_study_runs import cells
    from qopt.experiments.papers.comparative_study_tables import summary_table

    rows = [row("vqe unbalanced", "mdkp", at, 0) for at in range(INSTANCES)]
    theirs = {"simulator": {"mdkp": {"vqe": {"hp1": 39.76, "hp2": 12.34}}}}
    assert "paper" not in summary_table(cells(rows), "mdkp", theirs)
    theirs["simulator"]["mdkp"]["vqe"] |= {"mdkp-0": 10.0, "mdkp-2": 30.0}
    line = summary_table(cells(rows), "mdkp", theirs).splitlines()[-1]
    assert "| 20.0 % | - |" in line
