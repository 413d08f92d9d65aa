"""Annealing on a card beside the processor's one thread and all its threads: flips tried, time a read, energies.

    python benchmarks/annealing_gpu.py [--instances DIR] [--write]

Wall time of whole calls (`anneal`: tables, random start, 1,000 sweeps, descent, and the points back on the host), the
same temperatures everywhere, after one call that compiles the kernels. Energies are summed anew from the model. DIR
holds the G-set as ``maxcut/G1.txt``; without it random graphs alone are run. ``--write`` puts the tables into
docs/annealing.md. About a minute.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import annealing
import numpy as np
from public import write_block

from qopt.core import bqm_from_arrays
from qopt.engines.annealing import Device, How, IsingModel, anneal, batch_size, engine_of, starter
from qopt.engines.annealing.engine import layout_of

DOCS = Path(__file__).resolve().parents[1] / "docs" / "annealing.md"
G_SET = ("G1", "G43", "G32", "G51")
SWEEPS, FIRST, LAST = 1000, 0.4, 0.02
#: Reads by which the card's rate is told, and the sweeps of these runs.
READS, SHORT = (64, 512, 4096, 32768, 131072), 200
#: Batches that each thread of the processor anneals.
BATCHES = 2


@dataclass(frozen=True, eq=False)
class Case:
    """A model with its name."""

    name: str
    model: IsingModel


def random_cases() -> Iterator[Case]:
    """The models that need no file."""
    import networkx as nx

    rng = np.random.default_rng(1)
    edges = np.array(nx.random_regular_graph(3, 2000, seed=1).edges).T
    yield Case("3-regular 2000", IsingModel.from_arrays(np.zeros(2000), *edges, np.ones(3000)))
    yield Case("3-regular 2000, normal J", IsingModel.from_arrays(np.zeros(2000), *edges, rng.normal(size=3000)))
    at = np.arange(2000).reshape(40, 50)
    tails = np.concatenate([at.ravel(), at.ravel()])
    heads = np.concatenate([np.roll(at, 1, 0).ravel(), np.roll(at, 1, 1).ravel()])
    yield Case("torus 40 x 50, +-1", IsingModel.from_arrays(np.zeros(2000), tails, heads, rng.choice([-1, 1], 4000)))
    i, j = np.triu_indices(500, 1)
    keep = rng.random(len(i)) < 0.1
    weights = rng.integers(-100, 101, keep.sum())
    fields = rng.integers(-100, 101, 500)
    yield Case("QUBO 500, 10 %", IsingModel.from_bqm(bqm_from_arrays(fields, i[keep], j[keep], weights, 0.0)))
    i, j = np.triu_indices(1000, 1)
    yield Case("dense 1000, +-1", IsingModel.from_arrays(np.zeros(1000), i, j, rng.choice([-1.0, 1.0], len(i))))


def cases(folder: Path | None) -> Iterator[Case]:
    """G-set files where they are, then the random models."""
    for name in G_SET if folder is not None else ():
        assert folder is not None
        file = folder / "maxcut" / f"{name}.txt"
        if not file.exists():
            print(f"{file} is not there", flush=True)
            continue
        yield Case(name, annealing.case(folder, name).model)
    yield from random_cases()


@dataclass(frozen=True)
class Result:
    """One run: reads, wall seconds, energies, and seconds of the sweeps alone."""

    reads: int
    seconds: float
    best: float
    mean: float
    work: float

    @property
    def rate(self) -> float:
        """Flips tried in a nanosecond of the whole call."""
        return 1e-9 * self.work / self.seconds

    @property
    def milliseconds(self) -> float:
        """Of a read."""
        return 1e3 * self.seconds / self.reads


def temperatures(model: IsingModel, sweeps: int) -> np.ndarray:
    """T / 2 of each sweep, shape (sweeps,)."""
    return np.linspace(FIRST, LAST, sweeps) * model.rms_field


def run(model: IsingModel, how: How, reads: int, sweeps: int, *, warm: bool = False) -> Result:
    """One call of `anneal` in wall time; ``warm`` calls it once before with few sweeps."""
    t = temperatures(model, sweeps)
    if warm:
        anneal(model, t[-2:], min(reads, 64), seed=0, how=how)
    start = time.perf_counter()
    found = anneal(model, t, reads, seed=1, how=how)
    seconds = time.perf_counter() - start
    energies = np.concatenate([model.energies(part) for part in np.array_split(found.spins, -(-reads // 64))])
    work = float(model.num_variables) * sweeps * reads
    return Result(reads, seconds, float(energies.min()), float(energies.mean()), work)


def sweep_rate(model: IsingModel, reads: int) -> float:
    """Flips tried in a nanosecond by the sweeps of a batch on the card, nothing else counted."""
    how = How(device="gpu")
    batch = starter(model, how)(np.full(reads, 1, dtype=np.uint64), None)
    batch.advance(temperatures(model, 2))
    start = time.perf_counter()
    batch.advance(temperatures(model, SHORT))
    return 1e-9 * model.num_variables * SHORT * reads / (time.perf_counter() - start)


def table(folder: Path | None, threads: int) -> list[str]:
    """A row a model."""
    many = f"{threads} threads"
    heads = ["model", "layout, kind", "flips/ns: one thread", many, "card (sweeps alone)", f"card over {many}"]
    heads += ["ms a read: one thread", many, "card", f"energy, best (mean) of reads: {many}", "card"]
    lines = [
        "| " + " | ".join(heads) + " |",
        "|---|" + "---|" * (len(heads) - 1),
    ]
    print("\n".join(lines), flush=True)
    for case in cases(folder):
        model = case.model
        one = How(descend=True)
        size = batch_size(model, one)
        single = run(model, one, BATCHES * size, SWEEPS)
        every = run(model, How(descend=True, threads=threads), BATCHES * threads * size, SWEEPS)
        on_card = How(descend=True, device="gpu")
        reads = batch_size(model, on_card)
        card = run(model, on_card, reads, SWEEPS, warm=True)
        cells = [
            case.name,
            f"{layout_of(model, on_card)}, {model.kind}",
            f"{single.rate:.2f}",
            f"{every.rate:.1f}",
            f"{card.rate:.1f} ({sweep_rate(model, reads):.1f})",
            f"{card.rate / every.rate:.1f}x",
            *(f"{result.milliseconds:.4f}" for result in (single, every, card)),
            *(f"{result.best:g} ({result.mean:.6g}) of {result.reads:,}" for result in (every, card)),
        ]
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return lines


def by_reads(models: list[Case]) -> list[str]:
    """The card's rate by the number of reads, whole calls of few sweeps."""
    lines = [
        "| flips/ns, whole calls | " + " | ".join(f"{reads:,} reads" for reads in READS) + " |",
        "|---|" + "---|" * len(READS),
    ]
    print("\n".join(lines), flush=True)
    for case in models:
        cells = [case.name]
        for reads in READS:
            if case.model.is_dense and reads > 32768:
                cells.append("-")
                continue
            found = run_rate(case.model, reads)
            cells.append(f"{found:.1f}")
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return lines


def run_rate(model: IsingModel, reads: int, device: Device = "gpu") -> float:
    """Flips tried in a nanosecond of one call with few sweeps."""
    t, how = temperatures(model, SHORT), How(descend=True, device=device)
    start = time.perf_counter()
    anneal(model, t, reads, seed=1, how=how)
    return 1e-9 * model.num_variables * SHORT * reads / (time.perf_counter() - start)


def timed(part: str, make: Callable[[], list[str]], write: bool) -> None:
    """Make a table, tell its seconds, and write it where that is wanted."""
    start = time.perf_counter()
    lines = make()
    print(f"{part}: {time.perf_counter() - start:.1f} s\n", flush=True)
    if write:
        write_block(DOCS, part, lines)


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--instances", type=Path, help="folder of the public instances")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the processor's second column")
    parser.add_argument("--write", action="store_true", help="into docs/annealing.md")
    arguments = parser.parse_args()
    print(f"{engine_of(How(device='gpu'))}; processor: {engine_of(How())}, {arguments.threads} threads\n", flush=True)
    timed("card", lambda: table(arguments.instances, arguments.threads), arguments.write)
    chosen = [case for case in random_cases() if "normal" not in case.name]
    timed("card-reads", lambda: by_reads(chosen), arguments.write)


if __name__ == "__main__":
    main()
