"""Is a uniform sampler ever told better or worse? Simulated sweeps of true nulls through the code of run and control.

``python benchmarks/credit.py [PIPELINE ...] [--sweeps 200] [--write]``. A sweep is 8 instances x 2 seeds of uniform
points in a pipeline, each with its control, and the report's own paired test (seeds averaged, instances counted,
Wilcoxon) at the stages raw, repaired and improved. Every verdict at 5 % is false; of 200 sweeps 10 are expected, at
most 15 in 95 % of tries and at most 21 in 99.9 %. Runs that ended at their own success are left out as the report
does. About 10 CPU minutes for all six pipelines.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from public import write_block

import qopt
from qopt.core import Budget, Clock, Control, Encoder, Formulation, PolynomialProgram, from_spec
from qopt.core.record import Stage
from qopt.experiments.control import core_control
from qopt.experiments.endings import ended_at_success
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.report.paired import averaged, rounded
from qopt.experiments.report.statistics import ALPHA, wilcoxon
from qopt.experiments.sampler_run import run_sampler
from qopt.experiments.start_control import start_control
from qopt.problems.formulations import formulate
from qopt.solvers.base import QuboSampler
from qopt.solvers.classical.random_sampler import RandomSampler
from qopt.solvers.qaoa.variants import WarmStartQaoa
from qopt.solvers.subspace.sampler import SubspaceQaoa

PAGE = Path(__file__).resolve().parents[1] / "docs/worth.md"
INSTANCES, SEEDS, SWEEPS = 8, 2, 200
STAGES = ("raw", "repaired", "improved")
#: Points of a round, few enough that runs differ.
POINTS = 6
#: A gap of 1 more than every other, as the report counts what is infeasible.
INFEASIBLE = 2.0
#: The subspace's uniform state, measured: no layer turns it.
UNIFORM_STATE = SubspaceQaoa(
    num_layers=1, init="transfer", angles=(0.0, 0.0), optimizer="none", start="uniform", num_shots=POINTS
)


#: A relaxation's point, measured: no layer turns it. Judged by points of its own start.
WARM_START = WarmStartQaoa(num_layers=1, init="transfer", angles=(0.0, 0.0), optimizer="none", num_shots=POINTS)
#: The same at the convex point of each round's own QUBO, which follows from what was seen.
CONVEX_START = replace(WARM_START, point="convex")


@dataclass(frozen=True)
class Case:
    """A pipeline of uniform points: instances of a kind, sampler, encoder; the kind's first formulation without one."""

    kind: str
    size: dict[str, int]
    sampler: QuboSampler
    encoder: dict[str, object]
    formulation: str | None = None


UNBALANCED: dict[str, object] = {"name": "unbalanced"}
KNAPSACKS = {"n": 12, "m": 2}
SMALL = {"n": 10, "m": 2}
#: Few points of few bits a round, so that it ends where the two loops stand far apart.
PARTS = {"name": "neighbourhood", "inner": UNBALANCED, "size": 4, "start": "random", "patience": 3, "points": 3}
DUAL: dict[str, object] = {"name": "dual-ascent", "max_rounds": 4}
TOURS = {**PARTS, "inner": {"name": "native"}, "size": 9, "points": 2}
CASES = {
    "plain": Case("mdkp", KNAPSACKS, RandomSampler(POINTS), UNBALANCED),
    "presolve": Case("mdkp", KNAPSACKS, RandomSampler(POINTS), {"name": "fix", "inner": UNBALANCED, "core": 8}),
    "shrink": Case("mdkp", KNAPSACKS, RandomSampler(POINTS), {"name": "shrink", "inner": UNBALANCED, "target": 8}),
    "subspace": Case("tsp", {"n": 5}, UNIFORM_STATE, {"name": "native"}),
    "decomposition": Case("mdkp", SMALL, RandomSampler(3), PARTS),
    "warm start": Case("mdkp", KNAPSACKS, WARM_START, UNBALANCED),
    "warm start, presolve": Case("mdkp", KNAPSACKS, WARM_START, {"name": "fix", "inner": UNBALANCED, "core": 8}),
    "warm start, rounds": Case("mdkp", KNAPSACKS, CONVEX_START, {"name": "augmented-lagrangian", "max_rounds": 3}),
    "warm start, shrink": Case("mdkp", KNAPSACKS, WARM_START, {"name": "shrink", "inner": UNBALANCED, "target": 8}),
    "warm start, decomposition": Case("mdkp", SMALL, replace(CONVEX_START, num_shots=3), PARTS),
    "dual rounds": Case("mdkp", KNAPSACKS, RandomSampler(2), DUAL),
    "dual rounds, presolve": Case("mdkp", KNAPSACKS, RandomSampler(2), {"name": "fix", "inner": DUAL, "core": 8}),
    "bundle": Case("mdkp", SMALL, RandomSampler(2), {"name": "bundle", "max_rounds": 3}),
    "cutting planes": Case("mdkp", SMALL, RandomSampler(2), {"name": "cutting-plane", "max_rounds": 3}),
    "relax and cut": Case("mdkp", SMALL, RandomSampler(2), {"name": "relax-and-cut", "max_rounds": 3}),
    "augmented rounds": Case("mdkp", SMALL, RandomSampler(2), {"name": "augmented-lagrangian", "max_rounds": 4}),
    "slack": Case("mdkp", SMALL, RandomSampler(POINTS), {"name": "slack"}),
    "domain wall": Case("qap", {"n": 3}, RandomSampler(POINTS), {"name": "domain-wall"}),
    "binary code": Case("qap", {"n": 4}, RandomSampler(POINTS), {"name": "binary-code"}),
    "polynomial": Case("hubo", {"n": 10}, RandomSampler(3), {"name": "polynomial"}, "polynomial"),
    "quadratise": Case("hubo", {"n": 10}, RandomSampler(3), {"name": "quadratise"}, "polynomial"),
    "subspace, decomposition": Case("qap", {"n": 6}, replace(UNIFORM_STATE, num_shots=2), TOURS),
}


@cache
def formulations(case: str) -> tuple[Formulation, ...]:
    """The instances of a case."""
    found = CASES[case]
    problems = [qopt.generate(found.kind, seed=seed, **found.size) for seed in range(INSTANCES)]
    return tuple(formulate(problem, found.formulation) for problem in problems)


@cache
def encoder_of(case: str) -> Encoder:
    """The encoder of a case."""
    encoder: Encoder = from_spec("encoders", CASES[case].encoder)
    return encoder


def pairs(case: str, sweep: int) -> Iterator[tuple[int, dict[str, tuple[float, float]]]]:
    """``(instance, {stage: (run's, control's gap)})`` of a sweep's runs that the report would compare."""
    sampler = CASES[case].sampler
    pipeline = Pipeline(sampler, encoder_of(case), repair_top=2)
    for at, formulation in enumerate(formulations(case)):
        for repeat in range(SEEDS):
            seed = 1_000 * sweep + 10 * at + repeat
            seeds = np.random.SeedSequence(seed).spawn(1)[0]
            done = run_sampler(formulation, pipeline, budget=Budget(), seeds=seeds, clock=Clock(None))
            begun = start_control(pipeline, Budget(), seed, done, None)
            made = core_control(pipeline, Budget(), seed, done, None) if begun is None else begun.run
            assert made is not None
            assert begun is not None or made.control.num_points == done.seen
            if made.control.num_points != done.seen:
                continue
            if ended_at_success(done.encoding.trace):
                continue
            own = {"raw": done.best and done.best.best_cost}
            for name, best in (("repaired", done.refinement.repaired), ("improved", done.refinement.improved)):
                value = None if best.verified is None else best.verified.objective
                own[name] = None if value is None else _signed(formulation, float(value))
            yield at, {name: (_gap(own[name], at, case), _told(made.control, name, at, case)) for name in STAGES}


def _signed(formulation: Formulation, value: float) -> float:
    return value if formulation.problem.sense == "min" else -value


def _told(control: Control, stage: str, at: int, case: str) -> float:
    found: Stage | None = getattr(control, stage)
    if found is None or not found.feasible or found.objective is None:
        return INFEASIBLE
    return _gap(_signed(formulations(case)[at], float(found.objective)), at, case)


def _gap(cost: float | None, at: int, case: str) -> float:
    """Relative to the mean cost of the instance's unit points: a scale, the same for run and control."""
    if cost is None or not np.isfinite(cost):
        return INFEASIBLE
    return cost / scale(case, at)


@cache
def scale(case: str, at: int) -> float:
    """Sum of the magnitudes of the cost's terms."""
    program = formulations(case)[at].program
    if isinstance(program, PolynomialProgram):
        return float(np.abs(program.polynomial.coefficients).sum())
    return float(np.abs(program.c).sum() + np.abs(program.products.data).sum())


def p_values(case: str, sweep: int) -> dict[str, float]:
    """Unadjusted p of the report's test at each stage."""
    found = list(pairs(case, sweep))
    names = [str(at) for at, _ in found]
    told = {}
    for stage in STAGES:
        gaps = np.array([values[stage][0] - values[stage][1] for _, values in found])
        told[stage] = wilcoxon(rounded(averaged(gaps, names, "instance"))).p if len(gaps) else 1.0
    return told


def false_verdicts(case: str, sweeps: int, tell: Callable[[str], None] | None = None) -> dict[str, int]:
    """How many sweeps told better or worse, by stage."""
    counts = dict.fromkeys(STAGES, 0)
    for sweep in range(sweeps):
        for stage, p in p_values(case, sweep).items():
            counts[stage] += p < ALPHA
        if tell is not None and (sweep + 1) % 50 == 0:
            tell(f"  {sweep + 1} sweeps: {counts}")
    return counts


def most_false(sweeps: int) -> int:
    """False verdicts of a fair test at 5 % that are not passed in 99.9 % of tries.

    Examples
    --------
    >>> most_false(200), most_false(20)
    (21, 5)
    """
    from scipy.stats import binom

    return int(binom.ppf(0.999, sweeps, ALPHA))


def write_row(case: str, row: str) -> None:
    """Put the row of one pipeline into the page's table, in the order of ``CASES``, beside those of the others."""
    _, _, block = PAGE.read_text(encoding="utf-8").partition("<!-- table: credit -->\n")
    lines = [line for line in block.partition("<!-- end -->")[0].splitlines() if line.startswith("| ")]
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in [*lines, row]} | {case: row}
    head = [f"| uniform points in | {' | '.join(STAGES)} | CPU s |", "|---" * (len(STAGES) + 2) + "|"]
    table = head + [rows[name] for name in CASES if name in rows]
    write_block(PAGE, "credit", [*table, "", told_together(table)])


def told_together(table: list[str]) -> str:
    """What all rows of a table of ``SWEEPS`` sweeps say together.

    Examples
    --------
    >>> told_together(["", "", "| plain | 10 (5.0%) | 12 (6.0%) | 2 (1.0%) | 46 |"])
    '1 of 3 cells are above 10, none above 21; of all 600 tests 4.0 % are false.'
    """
    counts = [int(cell.split(" (")[0]) for row in table[2:] for cell in row.strip("| ").split(" | ")[1:-1]]
    limit, tests = most_false(SWEEPS), SWEEPS * len(counts)
    above, beyond = (sum(count > most for count in counts) for most in (SWEEPS * ALPHA, limit))
    share = f"of all {tests:,} tests {sum(counts) / tests:.1%} are false".replace("%", " %")
    return f"{above} of {len(counts)} cells are above {SWEEPS * ALPHA:g}, {beyond or 'none'} above {limit}; {share}."


def main() -> int:
    """Print the false verdicts of each pipeline; 1 where there are more than chance allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pipelines", nargs="*", choices=[*CASES, []], default=list(CASES))
    parser.add_argument("--sweeps", type=int, default=SWEEPS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write and options.sweeps != SWEEPS:
        parser.error(f"--write takes --sweeps {SWEEPS}, as the rows of the page")
    limit, unfair = most_false(options.sweeps), 0
    for case in options.pipelines:
        began = time.process_time()
        counts = false_verdicts(case, options.sweeps, lambda text: print(text, flush=True))
        unfair += any(count > limit for count in counts.values())
        spent = time.process_time() - began
        shares = [f"{count} ({count / options.sweeps:.1%})" for count in counts.values()]
        told = ", ".join(f"{stage} {share}" for stage, share in zip(STAGES, shares, strict=True))
        print(f"{case}: false verdicts in {options.sweeps} sweeps: {told}; {spent:.0f} CPU s", flush=True)
        if options.write:
            write_row(case, f"| {case} | {' | '.join(shares)} | {spent:.0f} |")
    print(f"a fair test has at most {limit} in 99.9 % of tries")
    return 1 if unfair else 0


if __name__ == "__main__":
    raise SystemExit(main())
