"""Every sentence of the four papers' summaries and claims, recomputed from small planted rows.

The rows are planted: each pipeline's value on each instance and repeat is made here, and known to nothing else. What a
sentence says is then computed once more from those values with the standard library alone.
"""

from __future__ import annotations

import copy
import re
import statistics
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qopt.experiments.papers import paper
from qopt.experiments.papers.cutting_slack_claims import answers as cutting_answers
from qopt.experiments.papers.graph_shrinking_claims import answers as shrinking_answers
from qopt.experiments.papers.graph_shrinking_runs import measured
from qopt.experiments.papers.paired import Pairs, Sentence, UnlikeCellsError

from .planted_rows import OPTIMUM, Row, row_at

INSTANCES, REPEATS = 3, 3
STAGES = ("raw", "swapped", "repaired", "improved")
#: Two medians side by side, as every sentence writes them.
VERSUS = r"[^:;,()]* % against [^;]*; better / equal / worse [^)]*\)"


def planted(family: str, kind: str, at: int, repeat: int, stage: str, *, of_control: bool = False) -> float:
    """Gap in thousandths: any numbers that differ by pipeline, stage, instance and repeat."""
    return zlib.crc32(f"{family}|{kind}|{at}|{repeat}|{stage}|{of_control}".encode()) % 89


def row(family: str, kind: str, at: int, repeat: int, *, points: int = 100, **parts: Any) -> Row:
    """A run of a sampler whose stages, and those of its control, have the planted gaps."""
    made = row_at(family, kind, at, repeat)
    made["seed"], made["stages"]["control_start"] = 10 * at + repeat, None
    raw = made["stages"]["raw"]
    for name, sub in (("", made["stages"]), ("control", made["stages"]["control"])):
        for stage in STAGES:
            value = OPTIMUM + planted(family, kind, at, repeat, stage, of_control=bool(name))
            point = copy.deepcopy(raw) | {"objective": value, "feasible": True}
            point |= {"gap": value / OPTIMUM - 1, "num_points": points, "flips": value % 7, "feasible_share": 0.5}
            sub[stage] = point
    made["stages"]["control"] |= {"num_points": points, "space": "planted ground"}
    made["worth"]["space"] = "planted ground"
    made["objective"], made["gap"] = made["stages"]["improved"]["objective"], made["stages"]["improved"]["gap"]
    made["pipeline"] |= copy.deepcopy(parts)
    made["rounds"] = []
    return made


def native(family: str, kind: str, at: int) -> Row:
    made = row(family, kind, at, 0)
    made["stages"] = {"raw": made["stages"]["raw"]}
    made["pipeline"] |= {"encoder": None, "solver": {"name": family}, "formulation": None}
    made["status"] = "optimal" if family == "cpsat" else "feasible"
    made["objective"] = OPTIMUM if family == "cpsat" else OPTIMUM + 50
    made["gap"], made["worth"] = made["objective"] / OPTIMUM - 1, None
    return made


def each() -> Iterator[tuple[int, int]]:
    for at in range(INSTANCES):
        for repeat in range(REPEATS):
            yield at, repeat


def comparative() -> list[Row]:
    made = [native("cpsat", "mdkp", at) for at in range(INSTANCES)]
    for family in ("vqe unbalanced", "qaoa core", "pce slack"):
        made += [row(family, "mdkp", at, repeat) for at, repeat in each()]
    return made + [row("qrao plain", "mis", at, repeat) for at, repeat in each()]


def knapsacks() -> list[Row]:
    made = [native(name, "multi-knapsack", at) for name in ("cpsat", "greedy") for at in range(INSTANCES)]
    for family in ("qrao core 30", "qaoa core 30", "qrao core 18", "qaoa core 18"):
        made += [row(family, "multi-knapsack", at, repeat) for at, repeat in each()]
    return made


def cutting() -> list[Row]:
    made = []
    for oracle in ("sa", "qaoa"):
        for encoder in ("slack", "unbalanced", "bundle", "dual-ascent"):
            for kind in ("mdkp", "mis"):
                parts = {"solver": {"name": oracle}, "encoder": {"name": encoder}, "formulation": "rows"}
                runs = [row(f"{oracle} {encoder}", kind, at, repeat, **parts) for at, repeat in each()]
                for found in runs:
                    found["resources"]["qubits"] = 30 if encoder == "slack" and kind == "mdkp" else 20
                made += runs
    return made


def shrinking() -> list[Row]:
    made = []
    for way in ("random", "unaware-sdp", "aware-sdp", "verified-sdp"):
        parts = {"solver": {"name": "sa"}, "encoder": {"name": "shrink", "target": 0.5}}
        made += [row(way, "mis", at, repeat, **parts) for at, repeat in each()]
    for way in ("none", "qaoa-16"):
        parts = {"solver": {"name": "sa"}, "encoder": {"name": "slack"}}
        made += [row(way, "mis", at, repeat, **parts) for at, repeat in each()]
    return made


PAPERS: dict[str, tuple[Callable[[], list[Row]], int]] = {
    "comparative-study": (comparative, 4),
    "multi-knapsack": (knapsacks, 6),
    "cutting-slack": (cutting, 5),
    "graph-shrinking": (shrinking, 4),
}


def told(name: str, rows: list[Row]) -> list[Sentence]:
    """The summary's sentences, and those of the claims where a paper has a table of them."""
    found = list(paper(name).tell(rows).summary)
    if name == "cutting-slack":
        found += [answer.told for answer in cutting_answers(rows)]
    if name == "graph-shrinking":
        found += [answer.told for answer in shrinking_answers(measured(rows))]
    return found


def value(rows: list[Row], name: str, pairs: Pairs, key: tuple[str, int], *, is_second: bool) -> float:
    """The planted value of one side of a pair, read from the row itself."""
    instance, repeat = key[0].partition(" at ")[0], key[1]
    family = pairs.second if is_second else pairs.first
    of_control = family == "uniform points of the same ground"
    family = pairs.first if of_control else {"the unshrunk QUBO": "none"}.get(family, family)
    family = "verified-sdp" if family.endswith("% removed") else family
    found = [each for each in rows if (each["instance"]["name"], each["sweep"]["repeat"]) == (instance, repeat)]
    if name == "cutting-slack":
        found = [each for each in found if each["pipeline"]["encoder"]["name"] == family]
    else:
        found = [each for each in found if each["sweep"]["family"].startswith(family)]
    own = found[0]
    if pairs.stage == "qubits":
        return float(own["resources"]["qubits"])
    if "reads" in pairs.stage:
        return 1 - float(own["stages"]["raw"]["feasible_share"])
    if pairs.stage.startswith(("Flips", "Aware against unaware merges, flips")):
        return float(own["stages"]["repaired"]["flips"] / own["stages"]["repaired"]["num_points"])
    if pairs.stage == "final":
        return float(own["gap"])
    stage = pairs.stage if pairs.stage in STAGES else "repaired"
    place = own["stages"]["control"] if of_control else own["stages"]
    return float(place[stage]["objective"] / OPTIMUM - 1)


def _oracle(found: Row) -> str:
    return str(found["pipeline"]["solver"]["name"])


def middles(cells: dict[tuple[str, int], tuple[float, float]]) -> tuple[float, float]:
    names = sorted({name for name, _ in cells})
    a, b = (
        statistics.median(
            statistics.median([pair[side] for (own, _), pair in cells.items() if own == name]) for name in names
        )
        for side in (0, 1)
    )
    return a, b


@pytest.mark.parametrize("name", PAPERS)
def test_sentences_say_what_was_planted(name: str) -> None:
    make, least = PAPERS[name]
    rows = make()
    sentences = [each for each in told(name, rows) if each.pairs]
    assert len(sentences) >= least
    checked = compared = 0
    for sentence in sentences:
        for pairs in sentence.pairs:
            if pairs.stage.startswith("chance") or pairs.second.startswith("paper"):
                continue
            oracles = ("sa", "qaoa") if name == "cutting-slack" else ("",)
            expected = []
            for oracle in oracles:
                some = [each for each in rows if not oracle or _oracle(each) == oracle]
                expected.append(
                    {
                        key: tuple(value(some, name, pairs, key, is_second=side) for side in (False, True))
                        for key in pairs.cells
                    }
                )
            assert any(_equal(pairs.cells, found) for found in expected), (sentence.text, pairs)
            checked += 1
        parts = [_versus(pairs) for pairs in sentence.pairs]
        for found in re.findall(
            r"(?<=[:,;] )?[^:;,()]* % against [^;]*; better / equal / worse [^)]*\)", sentence.text
        ):
            if sentence.pairs[0].stage in (*STAGES, "final"):
                assert any(found.endswith(part) for part in parts), (found, parts)
                compared += 1
        for found in re.findall(r"of (\d+) runs better in (\d+), equal in (\d+), worse in (\d+)", sentence.text):
            stage = sentence.pairs[0].stage
            sums = [sum(column) for column in zip(*(_counts(each) for each in sentence.pairs if each.stage == stage))]
            assert [sum(sums), *sums] == list(map(int, found))
            compared += 1
        for counts in re.findall(r"better / equal / worse (\d+) / (\d+) / (\d+)", sentence.text):
            assert tuple(map(int, counts)) in [_counts(each) for each in sentence.pairs]
    assert checked >= least
    assert compared >= least - 2


def _counts(pairs: Pairs) -> tuple[int, int, int]:
    better = sum(x < y - 1e-9 for x, y in pairs.cells.values())
    worse = sum(x > y + 1e-9 for x, y in pairs.cells.values())
    return better, len(pairs.cells) - better - worse, worse


def _versus(pairs: Pairs) -> str:
    a, b = middles(dict(pairs.cells))
    counts = " / ".join(map(str, _counts(pairs)))
    number = len({name for name, _ in pairs.cells})
    told_of = f"{pairs.first} {100 * a:.2f} % against {100 * b:.2f} % of {pairs.second}"
    return f"{told_of} ({number} instances; better / equal / worse {counts})"


def _equal(cells: Any, other: Any) -> bool:
    return all(cells[key] == pytest.approx(other[key]) for key in cells)


@pytest.mark.parametrize("name", PAPERS)
def test_unlike_cells_planted_into_a_paper_are_refused(name: str) -> None:
    """One control on another ground, then one with another number of points: an error, not a figure."""
    make, _ = PAPERS[name]
    for plant in (lambda control: control | {"space": "program bits"}, lambda control: control | {"num_points": 7}):
        rows = make()
        for found in rows:  # the same run in all pipelines, since which one is told depends on the values
            if "control" in found["stages"] and found["sweep"]["repeat"] == 1 and found["instance"]["name"][-1] == "2":
                found["stages"]["control"] = plant(found["stages"]["control"])
        with pytest.raises(UnlikeCellsError, match=r"as many points|one ground"):
            paper(name).tell(rows)
