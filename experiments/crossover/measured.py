"""The growths that a crossover stands on, read from the rows of a sweep.

Classical: TTS99 of a read at the stage raw, by size. Quantum: 1 / P, with P the exact probability of the optimum in
the circuit's final state where the engine gives it, else the share of samples that reach the reference. Terms: the
QUBOs that the quantum pipeline's encoder makes of the same instances.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import from_spec, unknown_name
from ...problems.formulations import formulate
from ..pipeline import pipeline_in_new_words
from ..report.runs import Run, RunSet
from ..report.times import Settings, tts_of_reads, tts_of_runs
from .circuits import CostTerms, cost_terms
from .growth import fit_growth
from .sources import Source
from .verdict import Model, TermGrowth

#: Instances whose QUBO is built to count terms.
MAX_COUNTED = 30


@dataclass(frozen=True, eq=False)
class Measured:
    """A model with the points (size, value) it was fitted to, and notes on what is missing."""

    model: Model
    classical: str
    quantum: str
    classical_points: tuple[tuple[int, float], ...]
    quantum_points: tuple[tuple[int, float], ...]
    notes: tuple[str, ...]


def measure(
    source: Source, *, classical: str | None = None, quantum: str | None = None, target_gap: float = 0.0, seed: int = 0
) -> Measured:
    """Growths of one classical and one quantum pipeline of measured runs.

    Parameters
    ----------
    classical, quantum : pipeline labels; without, the classical pipeline with the least total TTS99 and the quantum
        one whose samples reach the target most often at the largest size.
    target_gap : gap to the reference that counts as success. Above 0 only samples as good as the run's best are
        counted, of both pipelines: rows do not hold the share within a gap.

    Raises
    ------
    ValueError
        The runs lack such pipelines or three sizes on which they reached the target.
    """
    runs = source.runs
    settings = Settings(target_gap=target_gap)
    rng = np.random.default_rng(seed)
    notes: list[str] = []
    quantum = _chosen(runs, quantum, settings)
    if target_gap > 0:
        notes.append(
            "of samples within the gap only those as good as their run's best are counted: both times are too long"
        )
    c_label, c_points = _best_classical(runs, settings, _named(runs, classical, False), notes)
    if classical is not None:
        best, _ = _best_classical(runs, settings, _named(runs, None, False), [])
        if best != c_label:
            notes.append(
                f"{best} was faster than {c_label} on these runs; n* against {c_label} is not n* against {best}"
            )
    q_points = _inverse_probabilities(runs, quantum, settings, notes)
    growth_c = _growth(c_points, rng, f"classical pipeline {c_label}", notes)
    growth_q = _growth(q_points, rng, f"quantum pipeline {quantum}", notes)
    notes += _failures(runs, (c_label, quantum))
    if {instance for *_, instance in c_points} != {instance for *_, instance in q_points}:
        notes.append("the two fits rest on different instances; measure both pipelines on the same ones")
    spec = _spec(runs, quantum)
    model = Model(growth_c, growth_q, _terms(source, quantum, spec), int(spec["solver"].get("num_layers") or 1))
    pairs = [tuple((size, value) for size, value, _ in points) for points in (c_points, q_points)]
    return Measured(model, c_label, quantum, pairs[0], pairs[1], tuple(dict.fromkeys(notes)))


Points = Sequence[tuple[int, float, str]]


def _growth(points: Points, rng: np.random.Generator, what: str, notes: list[str]) -> Any:
    try:
        found = fit_growth([p[0] for p in points], [p[1] for p in points], rng, instances=[p[2] for p in points])
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    notes += [f"{what}: {warning}" for warning in found.warnings]
    return found


def _named(runs: RunSet, label: str | None, is_quantum: bool) -> list[str]:
    able = [one for one in runs.pipelines if (one in runs.quantum) == is_quantum]
    word = "quantum" if is_quantum else "classical"
    if label is not None:
        if label not in able:
            raise unknown_name(f"{word} pipeline", label, able)
        return [label]
    able = [one for one in able if any(run.status != "failed" for run in runs.by_pipeline[one])]
    if not able:
        raise ValueError(
            f"the run must have a {word} pipeline with rows that did not fail, got {', '.join(runs.pipelines)}"
        )
    return able


def _chosen(runs: RunSet, label: str | None, settings: Settings) -> str:
    """The named quantum pipeline, else the one whose samples reach the target most often at the largest size."""
    able = _named(runs, label, True)
    largest = max(run.size for run in runs.runs)

    def success(one: str) -> float:
        found = [_probability(runs, run, settings) for run in runs.by_pipeline[one] if run.size == largest]
        return float(np.mean([p or 0.0 for p in found])) if found else 0.0

    return max(able, key=success)


def _failures(runs: RunSet, labels: Sequence[str]) -> list[str]:
    """How many runs of each pipeline failed: they measured nothing and are in no fit."""
    counts = {label: sum(run.status == "failed" for run in runs.by_pipeline[label]) for label in labels}
    return [f"{label}: {count} runs failed and are left out" for label, count in counts.items() if count]


def _best_classical(runs: RunSet, settings: Settings, labels: Sequence[str], notes: list[str]) -> tuple[str, Points]:
    found = {label: _times(runs, settings, label) for label in labels}
    most = max(len(points) for points, _ in found.values())
    able = [label for label, (points, _) in found.items() if len(points) == most]
    label = min(able, key=lambda one: sum(math.log(point[1]) for point in found[one][0]))
    points, missed = found[label]
    if missed:
        notes.append(f"{label}: {missed} instances never reached the target and are left out (errs for {label})")
    return label, points


def _times(runs: RunSet, settings: Settings, label: str) -> tuple[Points, int]:
    """TTS99 of each instance, and how many never reached the target: of reads if all have them, else of whole runs.

    Both kinds in one fit would make a jump of the costs of a run look like growth.
    """
    cells = [
        (instance, [run for run in cell if run.status != "failed"])
        for (instance, pipeline), cell in runs.by_cell.items()
        if pipeline == label
    ]
    cells = [(instance, cell) for instance, cell in cells if cell]
    reads = [tts_of_reads(runs, cell, settings) for _, cell in cells]
    is_of_reads = all(time is not None for time in reads)
    times = reads if is_of_reads else [tts_of_runs(runs, cell, settings) for _, cell in cells]
    points = [
        (cell[0].size, max(time.value, 1e-9), instance)
        for (instance, cell), time in zip(cells, times, strict=True)
        if time is not None and not time.is_limit
    ]
    return points, len(cells) - len(points)


def _probability(runs: RunSet, run: Run, settings: Settings) -> float | None:
    exact = run.extra.get("optimum_probability")
    if exact is not None and settings.target_gap == 0:
        return float(exact)
    raw = run.stages.get("raw")
    if raw is None or raw.hit_share is None:
        return None
    return raw.hit_share if runs.reaches(run, settings.target_gap, "raw") else 0.0


def _inverse_probabilities(runs: RunSet, label: str, settings: Settings, notes: list[str]) -> Points:
    points = []
    for run in runs.by_pipeline[label]:
        if run.status == "failed":
            continue
        p = _probability(runs, run, settings)
        if p:
            points.append((run.size, 1 / p, run.instance))
        else:
            notes.append(f"{label}: runs whose samples never reached the target are left out (errs for {label})")
    return points


def _spec(runs: RunSet, label: str) -> Mapping[str, Any]:
    row = json.loads(runs.lines[runs.by_pipeline[label][0].id])
    return pipeline_in_new_words(row["pipeline"])


def _terms(source: Source, label: str, spec: Mapping[str, Any]) -> TermGrowth:
    """Powers of n through the counted terms of the quantum pipeline's own QUBOs."""
    encoder = from_spec("encoders", spec["encoder"])
    counted: list[tuple[int, CostTerms]] = []
    chosen = {run.instance: run.size for run in source.runs.by_pipeline[label]}
    for instance, size in list(chosen.items())[:: max(1, len(chosen) // MAX_COUNTED)]:
        problem = source.problem_of(instance)
        counted.append((size, cost_terms(encoder.encode(formulate(problem, spec["formulation"]).program).bqm)))
    sizes = np.array([size for size, _ in counted], dtype=np.float64)
    bits = [terms.weight_bits for _, terms in counted]
    return TermGrowth(
        _power(sizes, [terms.couplings for _, terms in counted]),
        _power(sizes, [terms.colours for _, terms in counted]),
        any(terms.fields for _, terms in counted),
        None if any(bit is None for bit in bits) else max(bit or 2 for bit in bits),
    )


def _power(sizes: Any, counts: Sequence[int]) -> tuple[float, float]:
    """``c, k`` of ``c n**k`` through counts >= 1, k within 0..2."""
    y = np.log(np.maximum(1, np.array(counts, dtype=np.float64)))
    if len(set(sizes.tolist())) < 2:
        return float(np.exp(y.mean())), 0.0
    k, _ = np.polyfit(np.log(sizes), y, 1)
    k = float(np.clip(k, 0.0, 2.0))
    return float(np.exp((y - k * np.log(sizes)).mean())), k
