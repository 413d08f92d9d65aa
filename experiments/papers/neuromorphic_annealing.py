"""QUBO on the neuromorphic chip Loihi 2 (arXiv:2408.03076): parallel integer annealing against annealing and tabu."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..drawing import save_picture
from .paired import Sentence
from .paper import Paper, Rows, Section, Telling
from .tables import NOTHING, markdown, median, number, percent

#: Pipelines in the order of the tables: the number is steps of a chip or sweeps of a read.
PIPELINES = ("loihi 100", "loihi 1000", "loihi 10000", "sa 100", "sa 1000", "dwave 100", "dwave 1000", "tabu")
#: Independence numbers at n = 100, 5 %, seeds 0..4, proven by CP-SAT.
ALPHA = (44, 42, 45, 45, 42)

METHOD = """Each instance is a uniform random graph of n vertices and density n^2 / 2 edges (gnm_random_graph of
networkx; the generator call is inferred from the published files, which it reproduces at n = 100). The QUBO has -1 a
vertex and 4 an edge, so that a point's cost is minus the size of its set where that is independent. `loihi` is a
simulator in whole numbers of the chip's scheme: all neurons at once, acceptance by leading zeros of 24 random bits,
random rests after a flip; its temperatures and rests are ours. `sa` is this project's engine, `dwave` the library's
annealing, `tabu` its tabu search, ten reads each. Costs are those of the best raw read, nothing repaired."""

PUBLISHED = """The paper reports feasible solutions within 1 ms on the chip and up to 37.2 times (33.5 times against the
other baseline) less energy than its two processor baselines. These figures are quoted: no chip was run here, and a
simulator's seconds say nothing about them. The records carry the seconds and joules of a chip model with stated
assumptions (5 microseconds a step, Loihi 1's energies a neuron update and synaptic operation), labelled as a model."""


@dataclass(frozen=True)
class Run:
    """One run: the best raw set's size, 0 where no read was independent, and the CPU seconds."""

    pipeline: str
    instance: str
    group: str
    vertices: int
    size: int
    seconds: float | None


def runs(rows: Rows) -> list[Run]:
    """Every run that did not fail."""
    return [_run(row) for row in rows if row["status"] != "failed"]


def _run(row: Mapping[str, Any]) -> Run:
    raw = row["stages"]["raw"]
    found = raw is not None and raw["feasible"]
    return Run(
        pipeline=row["sweep"]["family"],
        instance=row["instance"]["name"],
        group=row["sweep"]["group"],
        vertices=int(row["instance"]["size"]["vertices"]),
        size=int(raw["objective"]) if found else 0,
        seconds=row["resources"]["cpu_seconds"],
    )


def tell(rows: Rows) -> Telling:
    """The report's body."""
    found = runs(rows)
    best = best_sizes(found)
    sections = [
        Section("What was run", METHOD),
        Section("Published figures", PUBLISHED),
        Section("Largest sets, by size", _by_size(found, best)),
        Section("By density", _by_density(found, best)),
    ]
    summary = [Sentence(line) for line in _summary(found, best)]
    return Telling(summary, sections, {"neuromorphic_annealing.png": partial(_draw, found, best)})


def best_sizes(found: Iterable[Run]) -> dict[str, int]:
    """Largest set of each instance that any pipeline found."""
    best: dict[str, int] = {}
    for run in found:
        best[run.instance] = max(best.get(run.instance, 0), run.size)
    return best


def _of(found: Iterable[Run], pipeline: str) -> list[Run]:
    return [run for run in found if run.pipeline == pipeline]


def _share(run: Run, best: Mapping[str, int]) -> float | None:
    return run.size / best[run.instance] if best[run.instance] else None


def _hits(group: Sequence[Run], best: Mapping[str, int]) -> str:
    return f"{sum(run.size == best[run.instance] for run in group)} of {len(group)}"


def _by_size(found: Sequence[Run], best: Mapping[str, int]) -> str:
    head = ["pipeline", "n", "best known met", "size / best, median", "CPU s, median"]
    rows = []
    for pipeline in PIPELINES:
        for n in sorted({run.vertices for run in found}):
            group = [run for run in _of(found, pipeline) if run.vertices == n]
            if group:
                share = percent(median(_share(run, best) for run in group))
                seconds = number(median(run.seconds for run in group), 2)
                rows.append([pipeline, n, _hits(group, best), share, seconds])
    return f"*Best known*: the largest set that any pipeline of this sweep found.\n\n{markdown(head, rows)}"


def _by_density(found: Sequence[Run], best: Mapping[str, int]) -> str:
    groups = sorted({run.group for run in found})
    rows = []
    for pipeline in PIPELINES:
        mine = _of(found, pipeline)
        cells = [_hits([run for run in mine if run.group == group], best) for group in groups]
        if mine:
            rows.append([pipeline, *cells])
    return markdown(["best known met", *groups], rows)


def _summary(found: Sequence[Run], best: Mapping[str, int]) -> list[str]:
    summary = []
    for pipeline in PIPELINES:
        group = _of(found, pipeline)
        if group:
            worst = percent(min((share for run in group if (share := _share(run, best)) is not None), default=None))
            summary.append(
                f"{pipeline}: the best known size on {_hits(group, best)} instances, at worst {worst} of it."
            )
    grid = [f"mis-gnm0.05-n100-s{seed}" for seed in range(len(ALPHA))]
    known = [(best[name], alpha) for name, alpha in zip(grid, ALPHA) if name in best]
    if known:
        met = sum(size == alpha for size, alpha in known)
        summary.append(f"Independence numbers at n = 100, 5 %: {met} of {len(known)} met.")
    return summary or [NOTHING]


def _draw(found: Sequence[Run], best: Mapping[str, int], path: Path) -> None:
    """Median share of the best known size by n."""
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for pipeline in PIPELINES:
        group = _of(found, pipeline)
        sizes = sorted({run.vertices for run in group})
        shares = [median(_share(run, best) for run in group if run.vertices == n) for n in sizes]
        points = [(n, 100 * share) for n, share in zip(sizes, shares) if share is not None]
        axes.plot([n for n, _ in points], [share for _, share in points], marker="o", markersize=4, label=pipeline)
    axes.set_xscale("log")
    axes.set_xlabel("vertices")
    axes.set_ylabel("size of the set, % of the best known")
    axes.legend(fontsize="small")
    save_picture(figure, path, dpi=90)


PAPER = Paper(
    name="neuromorphic-annealing",
    title="Annealing on a neuromorphic chip, simulated in whole numbers",
    source="Pierro et al. (2024), Solving QUBO on the Loihi 2 neuromorphic processor, arXiv:2408.03076.",
    tell=tell,
)
