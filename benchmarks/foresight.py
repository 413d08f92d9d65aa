"""What is foreseen of a run from its early progress: times, ends, and what giving up hopeless runs saves and costs.

    OMP_NUM_THREADS=1 python benchmarks/foresight.py             # some minutes on one core
    OMP_NUM_THREADS=1 python benchmarks/foresight.py --write     # into docs/tuning.md

Annealing: reads of ``sa`` on penalised knapsacks, independent sets, cuts and QUBOs. Rounds: incumbents of
decompositions and of dual ascent.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from public import write_block

import qopt
from qopt.core import Budget, Problem, fingerprint, signed
from qopt.experiments.forecast import GiveUp, Judge
from qopt.experiments.foresight import Curve, curve_of_reads, curve_of_rounds, foresee, gap_at
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.experiments.run import run
from qopt.experiments.sweep.store import latest_rows
from qopt.experiments.tuning.rows import Rules
from qopt.experiments.tuning.space import Space
from qopt.experiments.tuning.tune import split, tune

DOCS = Path(__file__).resolve().parents[1] / "docs" / "tuning.md"
SHARES = (0.10, 0.25, 0.50, 0.75)
READS, ROUNDS, GOAL = 1280, 200, 0.01
#: Reads or rounds that a run must take to the goal, else a tenth of it is too little to see; drawn settings.
LEAST_END, SETTINGS = 40, 5


@dataclass(frozen=True, eq=False)
class Run:
    """Gaps of one whole run, by read or by the best of each round, relative to the optimum; what made it."""

    gaps: Sequence[float]
    curve: Callable[[Sequence[float]], Curve | None]
    instance: str


class Ears:
    """A report that keeps the energies of reads."""

    def __init__(self) -> None:
        self.energies: list[float] = []

    def __call__(self, seconds: float, objective: float) -> None:
        pass

    def ended(self, energies: Sequence[float], wanted: int | None) -> bool:
        self.energies += [float(energy) for energy in energies]
        return False


def instances(first: int, count: int) -> list[Problem]:
    """Knapsacks of 30 items and 3 rows, independent sets of 80 vertices, cuts of 120, QUBOs of 80 variables."""
    made: list[Problem] = []
    for seed in range(first, first + count):
        made += [qopt.generate("mdkp", n=30, m=3, seed=seed), qopt.generate("mis", n=80, seed=seed)]
        made += [qopt.generate("max-cut", n=120, seed=seed), qopt.generate("qubo", n=80, seed=seed)]
    return made


def optimum(problem: Problem) -> float:
    """Proven by CP-SAT where there are rows, else the best of 200 long anneals."""
    if problem.kind in ("mdkp", "mis"):
        record = qopt.solve(problem, solver="cpsat", seconds=20, seed=1, reference="none")
    else:
        record = qopt.solve(problem, solver="sa", shots=200, num_sweeps=2000, seed=7, reference="none", control=False)
    assert record.objective is not None
    return float(record.objective)


def of_reads(problem: Problem, best: float, options: dict[str, Any], seed: int) -> Run:
    """Reads of ``sa`` with these options."""
    switches: dict[str, Any] = {"repair": "off", "improve": False, "control": False}
    pipeline = choose_pipeline(problem, "sa", "slack", None, {"num_reads": READS, **options}, **switches)
    ears = Ears()
    run(problem, pipeline, seed=seed, report=ears)
    costs = np.asarray(ears.energies) - signed(problem, best)
    return Run(np.maximum(0, costs / abs(best)).tolist(), curve_of_reads, problem.name)


def of_rounds(problem: Problem, best: float, pipeline: Pipeline, rounds: int) -> Run:
    """Best verified gap after each round."""
    record = run(problem, pipeline, budget=Budget(rounds=rounds), seed=1)
    found = [row.get("incumbent") for row in record.rounds]
    gaps = [math.inf if one is None else abs(float(one) - best) / abs(best) for one in found]
    return Run(np.minimum.accumulate(gaps).tolist(), curve_of_rounds, problem.name)


def linear(gaps: Sequence[float], goal: float) -> float:
    """Work at which the line through the first and the last best gap comes to the goal; infinite where it is flat."""
    best = np.minimum.accumulate(gaps)
    finite = np.flatnonzero(np.isfinite(best))
    if len(finite) < 2 or best[-1] >= best[finite[0]]:
        return math.inf
    fall = (best[finite[0]] - best[-1]) / (len(best) - 1 - finite[0])
    return float(len(best) + (best[-1] - goal) / fall)


def times(runs: Sequence[Run], share: float) -> str:
    """One row: runs that come to 1 % late enough, foreseen ones, median relative errors, intervals that held."""
    errors: list[tuple[float, ...]] = []
    total = held = 0
    for one in runs:
        hits = np.flatnonzero(np.asarray(one.gaps) <= GOAL)
        if not len(hits) or hits[0] + 1 < LEAST_END:
            continue
        end = int(hits[0]) + 1
        total += 1
        seen = one.gaps[: max(1, int(share * end))]
        found = foresee(one.curve(seen), GOAL)
        if found is None:
            continue
        held += found.low <= end <= found.high
        errors.append(tuple(abs(t - end) / end for t in (found.middle, linear(seen, GOAL), 2 * len(seen))))
    if not errors:
        return f"{share:.0%} | {total} | 0 | - | - | - | -"
    middle = [float(np.median(column)) for column in zip(*errors, strict=True)]
    cells = " | ".join("never" if math.isinf(value) else f"{value:.2f}" for value in middle)
    return f"{share:.0%} | {total} | {len(errors)} | {cells} | {held} of {len(errors)}"


def ends(runs: Sequence[Run], share: float) -> str:
    """One row: median distance of the foreseen last gap from the real one, in percent of the reference."""
    errors = []
    for one in runs:
        seen = one.gaps[: int(share * len(one.gaps))]
        curve = one.curve(seen)
        if curve is None:
            continue
        last, end = min(seen), min(one.gaps)
        zero = linear(seen, 0.0) - len(seen)
        line = last if math.isinf(zero) else max(0.0, last - (len(one.gaps) - len(seen)) * last / zero)
        errors.append([abs(guess - end) for guess in (gap_at(curve, len(one.gaps)), last, line)])
    if not errors:
        return f"{share:.0%} | 0 | - | - | -"
    middle = [f"{100 * float(np.median(column)):.2f}" for column in zip(*errors, strict=True)]
    return f"{share:.0%} | {len(errors)} | " + " | ".join(middle)


def annealing(first: int, count: int) -> Iterator[list[Run]]:
    """By instance: the default setting, and drawn ones of sa and slack with few sweeps."""
    space, rng = Space.of("sa", "slack"), np.random.default_rng(first)
    for problem in instances(first, count):
        best = optimum(problem)
        made = [of_reads(problem, best, {"num_sweeps": 50}, 1)]
        for _ in range(SETTINGS):
            values = {name: value for name, value in space.draw(rng).values if value is not None}
            values["solver.num_sweeps"] = int(rng.choice([3, 5, 10, 20, 50]))
            made.append(of_reads(problem, best, values, 1))
        yield made


def rounds(first: int, count: int) -> Iterator[Run]:
    """Runs of a decomposition and of dual ascent, by sa with few sweeps."""
    switches: dict[str, Any] = {"repair": "off", "improve": False, "control": False}
    for problem in instances(first, count):
        best = optimum(problem)
        for encoder, options in (("neighbourhood", {"size": 8}), ("dual-ascent", {})):
            if encoder == "dual-ascent" and problem.kind in ("max-cut", "qubo"):
                continue  # no rows to relax
            given = {"num_sweeps": 20, "num_reads": 2, **options}
            yield of_rounds(problem, best, choose_pipeline(problem, "sa", encoder, None, given, **switches), ROUNDS)


def killing(groups: Sequence[Sequence[Run]]) -> str:
    """What giving up does to drawn settings, against the default's run of the instance, every 64 reads."""
    total = spent = killed = wrong = count = 0
    loss: list[float] = []
    for default, *others in groups:
        for one in others:
            judge, seen = Judge(GiveUp(1 + min(default.gaps), 1.0), "min"), 0
            while seen < len(one.gaps) and not judge.reason:
                part = 1 + np.asarray(one.gaps[seen : seen + 64])
                judge.ended(part, len(one.gaps))
                seen += len(part)
            count, total, spent = count + 1, total + len(one.gaps), spent + seen
            if judge.reason:
                killed += 1
                wrong += min(one.gaps) <= min(default.gaps)
                loss.append(min(one.gaps[:seen]) - min(one.gaps))
    mean = f"{100 * float(np.mean(loss)):.2f}" if loss else "-"
    return f"{count} | {killed} | {1 - spent / total:.0%} | {wrong} | {mean}"


def tuning(folder: Path, first: int, *, kill: bool) -> str:
    """One tuning of sa and slack, 640 reads a run: reads, CPU seconds, and the winner on held-out instances."""
    seeds = range(first, first + 4)
    problems = [qopt.generate("mdkp", n=15, m=2, seed=seed) for seed in seeds]
    problems += [qopt.generate("mis", n=30, seed=seed) for seed in seeds]
    problems += [qopt.generate("max-cut", n=80, seed=seed) for seed in seeds]
    space, own = Space.of("sa", "slack"), folder / ("kill" if kill else "all")
    rules = Rules(budget={"shots": 640}, seed=1, stage="raw", kill_hopeless=kill)
    found = tune(problems, space, own, resource=9, rules=rules, seed=1, repeats=2)
    held = found.validation
    assert held is not None
    labels = (found.config.label, "default")
    training = {fingerprint(problem) for problem in split(problems, 1)[0]}
    rows = [row for row in latest_rows(own).values() if row["sweep"]["pipeline"] != "reference"]
    rows = [row for row in rows if row["instance"]["fingerprint"] in training]
    reads = sum(row["stages"]["raw"]["num_points"] for row in rows)
    cpu = sum(row["resources"]["cpu_seconds"] for row in rows)
    name = "`--kill-hopeless`" if kill else "all runs to their end"
    return (
        f"| {name} | {len(rows)} | {found.num_killed} | {reads} | {cpu:.1f} | {labels[0]} | {found.score:.4f} "
        f"| {held.tuned:.4f} | {held.default:.4f} |"
    )


def page(groups: Sequence[Sequence[Run]], kept: Sequence[Run], tunings: Sequence[str]) -> list[str]:
    """The tables."""
    reads = [one for group in groups for one in group]
    named = (("reads", reads), ("rounds", kept))
    time_rows = [f"| {name} | {times(runs, share)} |" for name, runs in named for share in SHARES]
    end_rows = [f"| {name} | {ends(runs, share)} |" for name, runs in named for share in SHARES]
    return [
        f"Work to a gap of 1 %, of runs that come to it after {LEAST_END} reads or rounds at least; median relative",
        "errors of the foreseen ones; *line*: through the first and the last value; *twice*: twice the work seen:",
        "",
        "| run | seen | runs | foreseen | foresight | line | twice | 80 % interval held |",
        "|---|---|---|---|---|---|---|---|",
        *time_rows,
        "",
        f"Gap at the end of {READS} reads or at most {ROUNDS} rounds; median error in percent of the reference:",
        "",
        "| run | seen | runs | foresight | last value | line |",
        "|---|---|---|---|---|---|",
        *end_rows,
        "",
        "Drawn settings against the default's run of the same instance, asked every 64 reads; *wrong*: the whole run",
        "is as good as the default's; *lost*: mean gap in % that the rest of a run given up would have won:",
        "",
        "| runs | given up | reads saved | wrong | lost |",
        "|---|---|---|---|---|",
        f"| {killing(groups)} |",
        "",
        "A whole tuning (12 instances, Hyperband, R = 9, 640 reads a run), with the winner on held-out instances:",
        "",
        "| tuning | training runs | given up | reads | CPU s | winner | training | held out | default |",
        "|---|---|---|---|---|---|---|---|---|",
        *tunings,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/tuning.md")
    parser.add_argument("--count", type=int, default=2, help="instances of each kind")
    parser.add_argument("--first", type=int, default=1001, help="their first seed; constants were chosen on 1 and 2")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "qopt-foresight")
    args = parser.parse_args()
    tunings = [tuning(args.folder, args.first, kill=kill) for kill in (False, True)]
    print("\n".join(tunings))
    lines = page(list(annealing(args.first, args.count)), list(rounds(args.first, args.count)), tunings)
    print("\n".join(lines))
    if args.write:
        write_block(DOCS, "foresight", lines)


if __name__ == "__main__":
    main()
