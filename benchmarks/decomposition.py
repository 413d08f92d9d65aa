"""What a sampler earns in a decomposition: start, uniform points, sampler, and every round solved exactly.

    OMP_NUM_THREADS=1 python benchmarks/decomposition.py table --solver qaoa     # an hour of one core for three seeds
    OMP_NUM_THREADS=1 python benchmarks/decomposition.py points|g1|cubic|nug30|large
    OMP_NUM_THREADS=1 python benchmarks/decomposition.py command --jobs 16       # qopt solve FILE --solver NAME, 60 s
    python benchmarks/decomposition.py write                                     # the blocks of docs/decomposition.md
    python benchmarks/decomposition.py verdicts                                  # the tests below its tables alone

Runs are bounded by rounds, not by the clock, so that they replay and do not depend on the machine's load; process CPU
seconds stand beside them. Every run is a line of the store, and a run that is there is not repeated.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from public import Collection, write_block

import qopt
from qopt.core import Problem, Record
from qopt.experiments.earned import Earned, earned

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "decomposition.md"
STORE = Path(tempfile.gettempdir()) / "qopt-decomposition.jsonl"

#: The instances of the table.
FILES = (
    "mknap/sac94/pet7.dat",
    "mknap/mknapcb1.txt#1",
    "mknap/mknapcb6.txt#1",
    "mknap/mknapcb8.txt#1",
    "tsplib/berlin52.tsp",
    "tsplib/pr76.tsp",
    "qaplib/nug12.dat",
    "qaplib/nug30.dat",
    "qaplib/tai60a.dat",
    "mis/sloane/1dc.128.txt",
    "mis/sloane/1dc.1024.txt",
    "maxcut/G1.txt",
    "maxcut/G43.txt",
    "qubo/bqp500-1.sparse",
    "multiknap/FK_2/random20_120_1_1000_1_1.txt",
    "market_split/ms_04_050_003.dat",
)
#: Those whose rows a subspace keeps.
ASSIGNMENTS = FILES[4:9]
#: Rounds of each solver, and whether each is also solved exactly.
ROUNDS = {"qaoa": 150, "ws-qaoa": 50, "xy": 150, "vqe": 4}
#: Points a round of the second table.
POINTS = (16, 64, 256, 1024)
RAW = {"repair": "off", "improve": False}


class Store:
    """Runs by name, a JSON line each; what is there is not run again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.rows: dict[str, dict[str, Any]] = {row["run"]: row for row in map(json.loads, lines)}

    def once(self, name: str, problem: Problem, solver: str, **options: Any) -> dict[str, Any]:
        """The stored row, or that of a run made now."""
        if name in self.rows:
            return self.rows[name]
        start = time.process_time()
        record = qopt.solve(problem, solver, **options)
        row = {"run": name, "cpu": time.process_time() - start, **_figures(record)}
        print(json.dumps(row), flush=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.rows[name] = row
        return row

    def under(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Rows of a group, in their order."""
        return (row for name, row in self.rows.items() if name.startswith(prefix))


def _figures(record: Record) -> dict[str, Any]:
    found = earned(record) or Earned(None, None, record.objective, None)
    raw = record.stages.raw
    assert raw is not None
    return {
        "name": record.instance.name,
        "sense": record.instance.sense,
        "best": record.reference.value,
        **{key: getattr(found, key) for key in ("start", "uniform", "sampler", "exact")},
        "feasible": raw.feasible_share,
        "points": raw.num_points,
        "rounds": record.resources.rounds,
        "qubits": record.resources.qubits,
        "solver_cpu": record.resources.cpu_seconds,
        "peak": record.resources.peak_bytes,
        "id": record.id,
    }


def table(store: Store, collection: Collection, solver: str, seeds: Iterable[int]) -> None:
    """Every instance that the solver suits, decomposed as it is by default, with control and ceiling."""
    for seed in seeds:
        for file in ASSIGNMENTS if solver == "xy" else FILES:
            problem = collection.get(file)
            name = f"table/{solver}/{file}/{seed}"
            if solver == "sa":  # needs no decomposition: the same instances as it takes them
                store.once(name, problem, solver, seconds=2, seed=seed, control=False, **RAW)
                continue
            ceiling = solver != "xy"  # 7! states a round: the enumeration is the sampler's own, and slow
            store.once(name, problem, solver, rounds=ROUNDS[solver], seed=seed, ceiling=ceiling, **RAW)


def points(store: Store, collection: Collection, seeds: Iterable[int]) -> None:
    """The share earned on mknapcb1 #1 against the points of a round, for three circuits."""
    problem = collection.get("mknap/mknapcb1.txt#1")
    for seed in seeds:
        for count in POINTS:
            for solver in ("qaoa", "cvar-qaoa", "ws-qaoa"):
                name = f"points/{solver}/{count}/{seed}"
                options = {"size": 14, "points": count, "rounds": 30, "encoder": "neighbourhood", "ceiling": True}
                store.once(name, problem, solver, seed=seed, **options, **RAW)


def g1(store: Store, collection: Collection, seeds: Iterable[int]) -> None:
    """G1 by parts of 20 bits: exact, QAOA of three layers, and annealing for as many core-seconds."""
    problem = collection.get("maxcut/G1.txt")
    whole = {"encoder": "neighbourhood", "size": 20, "patience": 10**6, "control": False, **RAW}
    ways: dict[str, dict[str, Any]] = {
        "default": {},
        "bfs, metropolis": {"chooser": "bfs", "accept": "metropolis", "temperature": 2.0},
    }
    longer: dict[str, dict[str, Any]] = {
        "default": {},
        "bfs": {"chooser": "bfs"},
        "bfs, metropolis": {"chooser": "bfs", "accept": "metropolis", "temperature": 1.0},
        "bfs, 256 points": {"chooser": "bfs", "points": 256},
    }
    for seed in seeds:
        for way, more in ways.items():
            options = {**whole, **more, "rounds": 6000 if more else 3000, "points": 8}
            store.once(f"g1/brute-force, {way}/{seed}", problem, "brute-force", seed=seed, **options)
            options = {**whole, **more, "rounds": 2400 if more else 800, "num_layers": 3}
            store.once(f"g1/qaoa, {way}/{seed}", problem, "qaoa", seed=seed, **options)
        for way, more in longer.items():
            options = {**whole, **more, "seconds": 450, "num_layers": 3}
            store.once(f"g1/qaoa, {way}, 450 s/{seed}", problem, "qaoa", seed=seed, **options)
        store.once(f"g1/sa/{seed}", problem, "sa", seed=seed, num_reads=60, num_sweeps=4000, control=False, **RAW)


def cubic(store: Store) -> None:
    """A 3-regular graph of 100,000 vertices: parts of 14 bits, 256 a round, beside annealing."""
    problem = qopt.generate("max-cut", n=100_000, degree=3, seed=1)
    options: dict[str, Any] = {"encoder": "neighbourhood", "chooser": "partition", "parts": 256, "control": False}
    for passes in (1, 8):
        # colours do not fill every round: a pass is about 36 rounds of 256 parts
        options |= {"size": 14, "rounds": 36 * passes, "points": 4, "seed": 1, "inner": "slack"}
        store.once(f"cubic/brute-force, passes: {passes}", problem, "brute-force", **options, **RAW)
    inside = {**options, "size": 1000, "parts": 1, "rounds": 600, "points": 2, "num_sweeps": 500}
    store.once("cubic/sa inside, parts of 1000", problem, "sa", **inside, **RAW)
    store.once("cubic/sa", problem, "sa", num_reads=1, num_sweeps=1000, seed=1, control=False, **RAW)


def nug30(store: Store, collection: Collection, seeds: Iterable[int]) -> None:
    """Eight of thirty facilities a round in the subspace of permutations."""
    problem = collection.get("qaplib/nug30.dat")
    for seed in seeds:
        options = {"encoder": "neighbourhood", "size": 64, "rounds": 80, "patience": 10**6, "ceiling": True}
        store.once(f"nug30/xy/{seed}", problem, "xy", seed=seed, **options, **RAW)


def mean(values: Iterable[Any]) -> float | None:
    """Of those that are known; None without any."""
    known = [float(value) for value in values if value is not None]
    return statistics.mean(known) if known else None


def figure(value: float | None) -> str:
    """A whole number as such, others with one digit."""
    return "-" if value is None else f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def _share(rows: list[dict[str, Any]]) -> float | None:
    """Of the means: where uniform points come near to exact rounds, the share of a single run means nothing."""
    return Earned(*(mean(row[key] for row in rows) for key in ("start", "uniform", "sampler", "exact"))).share


def percent(value: float | None) -> str:
    """Rounded, ``-`` where there is none."""
    return "-" if value is None else f"{100 * value:.0f} %"


def table_lines(store: Store, solver: str) -> list[str]:
    """One line an instance: means over the seeds."""
    lines = [
        "| instance | best known | start | uniform | " + solver + " | exact | share | runs | rounds | CPU s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for file in FILES:
        rows = list(store.under(f"table/{solver}/{file}/"))
        if not rows:
            continue
        first = rows[0]
        means = [mean(row[key] for row in rows) for key in ("start", "uniform", "sampler", "exact")]
        share = _share(rows)
        cells = [first["name"], figure(first["best"]), *map(figure, means), percent(share)]
        cells += [
            str(len(rows)),
            figure(mean(row["rounds"] for row in rows)),
            f"{mean(row['cpu'] for row in rows):.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines if solver == "sa" else [*lines, "", verdict(lines)]  # sa is not decomposed: nothing to pair


def verdict(table: list[str]) -> str:
    """The paired test below a table, of its own cells: uniform points and sampler are its columns 3 and 4.

    Seeds on one instance resemble each other, so an instance counts once, by the means that the table shows.
    Everything else of a pair is the same: start, seeds of the neighbourhoods, rounds and points. A mean that is
    missing (no feasible point) is worse than any.

    Examples
    --------
    >>> head = ["| instance | best known | start | uniform | qaoa |", "|---|---|---|---|---|"]
    >>> verdict([*head, "| a | 9 | 5 | 6 | 7 |", "| b | 2 | 8 | 3 | 3 |"])
    '2 instances, seeds averaged: qaoa better on 1, uniform points on 0, equal on 1; two-sided sign test p = 1.'
    """
    from scipy.stats import binomtest

    signs = []
    for line in table[2:]:
        best, start, uniform, sampler = map(_number, _cells(line)[1:5])
        assert best is not None
        assert start is not None
        sense = 1 if best > start else -1
        worth = [-math.inf if value is None else sense * value for value in (sampler, uniform)]
        signs.append((worth[0] > worth[1]) - (worth[0] < worth[1]))
    wins, losses = signs.count(1), signs.count(-1)
    p = binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    solver = _cells(table[0])[4]
    text = f"{len(signs)} instances, seeds averaged: {solver} better on {wins}, uniform points on {losses}, equal on "
    return f"{text}{signs.count(0)}; two-sided sign test p = {p:.2g}."


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _number(cell: str) -> float | None:
    return None if cell == "-" else float(cell.replace(",", ""))


def write_verdicts() -> None:
    """The tests of the page anew, from the tables that stand there."""
    text = PAGE.read_text(encoding="utf-8")
    for name in (f"{group}-{solver}" for group in ("command", "table") for solver in ROUNDS):
        block = text.partition(f"<!-- table: {name} -->\n")[2].partition("<!-- end -->")[0]
        table = [line for line in block.splitlines() if line.startswith("|")]
        write_block(PAGE, name, [*table, "", verdict(table)])


def points_lines(store: Store) -> list[str]:
    """One line a circuit and number of points."""
    lines = ["| solver | points a round | uniform | sampler | exact | share |", "|---|---|---|---|---|---|"]
    for solver in ("qaoa", "cvar-qaoa", "ws-qaoa"):
        for count in POINTS:
            rows = list(store.under(f"points/{solver}/{count}/"))
            if rows:
                means = [figure(mean(row[key] for row in rows)) for key in ("uniform", "sampler", "exact")]
                share = percent(_share(rows))
                lines.append(f"| {solver} | {count} | {' | '.join(means)} | {share} |")
    return lines


def run_lines(store: Store, group: str) -> list[str]:
    """One line a run."""
    lines = [
        "| run | start | uniform | reached | exact | rounds | CPU s | peak MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in store.under(f"{group}/"):
        cells = [row["run"].partition("/")[2], *(figure(row[key]) for key in ("start", "uniform", "sampler", "exact"))]
        cells += [figure(row["rounds"]), f"{row['cpu']:.0f}", f"{(row['peak'] or 0) / 2**20:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def write(store: Store) -> None:
    """The blocks of the page."""
    for solver in ("qaoa", "ws-qaoa", "vqe", "xy", "sa"):
        write_block(PAGE, f"table-{solver}", table_lines(store, solver))
    write_block(PAGE, "points", points_lines(store))
    for group in ("g1", "cubic", "nug30"):
        write_block(PAGE, group, run_lines(store, group))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("table", "points", "g1", "cubic", "nug30", "write", "verdicts"))
    parser.add_argument("--solver", default="qaoa", choices=(*ROUNDS, "sa"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--store", type=Path, default=STORE)
    parser.add_argument("--instances", type=Path, default=ROOT.parent / "shared" / "instances")
    options = parser.parse_args()
    store, collection = Store(options.store), Collection(options.instances)
    match options.what:
        case "table":
            table(store, collection, options.solver, options.seeds)
        case "points":
            points(store, collection, options.seeds)
        case "g1":
            g1(store, collection, options.seeds)
        case "cubic":
            cubic(store)
        case "nug30":
            nug30(store, collection, options.seeds)
        case "verdicts":
            write_verdicts()
        case _:
            write(store)


if __name__ == "__main__":
    main()
