"""The neuromorphic report: figures from rows alone, failures left out, published figures quoted as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qopt.experiments.papers import paper
from qopt.experiments.papers.neuromorphic_annealing import ALPHA, best_sizes, runs, tell


def row(pipeline: str, instance: str, size: int | None, *, n: int = 100, status: str = "feasible") -> dict[str, Any]:
    raw = None if size is None else {"feasible": size > 0, "objective": size}
    return {
        "status": status,
        "sweep": {"family": pipeline, "group": "5 %"},
        "instance": {"name": instance, "size": {"vertices": n}},
        "stages": {"raw": raw},
        "resources": {"cpu_seconds": 0.5},
    }


ROWS = [
    *(row("loihi 1000", f"mis-gnm0.05-n100-s{seed}", alpha) for seed, alpha in enumerate(ALPHA)),
    *(row("sa 100", f"mis-gnm0.05-n100-s{seed}", alpha - 1) for seed, alpha in enumerate(ALPHA)),
    row("tabu", "mis-gnm0.05-n100-s0", 0),  # no independent read
    row("tabu", "mis-gnm0.05-n100-s1", None, status="failed"),
]


def test_sizes_and_shares_come_from_raw_reads() -> None:
    found = runs(ROWS)
    assert len(found) == 11  # the failed one is left out
    best = best_sizes(found)
    assert [best[f"mis-gnm0.05-n100-s{seed}"] for seed in range(5)] == list(ALPHA)
    telling = tell(ROWS)
    assert telling.summary[0].text == "loihi 1000: the best known size on 5 of 5 instances, at worst 100.00 % of it."
    assert telling.summary[1].text.startswith("sa 100: the best known size on 0 of 5 instances, at worst 97.62 %")
    assert telling.summary[2].text.startswith("tabu: the best known size on 0 of 1 instances, at worst 0.00 %")
    assert telling.summary[-1].text == "Independence numbers at n = 100, 5 %: 5 of 5 met."


def test_report_quotes_and_draws(tmp_path: Path) -> None:
    found = paper("neuromorphic-annealing")
    telling = found.tell(ROWS)
    text = next(section.text for section in telling.sections if section.title == "Published figures")
    assert "quoted" in text
    assert "37.2" in text
    picture = tmp_path / "picture.png"
    telling.plots["neuromorphic_annealing.png"](picture)
    assert picture.stat().st_size > 1000
    assert found.spec().exists()
    assert found.spec(quick=True).exists()
