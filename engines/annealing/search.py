"""Anneals of a structure's walk: temperatures found by pilots, then reads, by count or until a time limit.

A pilot cools from half the mean rise of a cost to a share of the small ones; the temperature at which its best point
was met tells where the model freezes. The reads then cool through a window around the median of these temperatures.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...core import AnyArray
from ..extension import allowed, is_compiled, load_extension
from .structure import Structure

#: Proposals at a minimum whose rises say what temperatures matter, in sweeps and on top of them.
RISE_SWEEPS, RISE_PROPOSALS = 20, 4000
#: First temperature by the mean rise; last by the second percentile, within shares of the first.
HOT_SHARE, COLD_SHARE, COLD_QUANTILE, COLDEST, WARMEST = 0.5, 0.05, 0.02, 1e-3, 5e-2
#: Pilots and the share of a run with a time limit that each may take.
PILOTS, PILOT_SHARE = 3, 0.02
#: Window of the reads around the pilots' temperature; its first read's share of the time, and how the shares grow.
WIDER_UP, WIDER_DOWN, READ_SHARE, READ_GROWTH = 4.0, 3.0, 0.1, 1.6
#: Sweeps of the quench before the rises are measured.
QUENCH_SWEEPS = 200
#: Sweeps in which broken rows' weights grow, at the end of a read that met no point that keeps every row.
CLOSING_SWEEPS = 50
#: Looks at the clock in a read, at least.
PIECES = 100


class Timer(Protocol):
    """What is read of a clock."""

    @property
    def elapsed(self) -> float: ...

    @property
    def remaining(self) -> float | None: ...


@dataclass(frozen=True, eq=False)
class Read:
    """One anneal: its best state that keeps every row, else its last one; the walk's own cost of it."""

    state: npt.NDArray[np.int64]
    cost: float
    keeps_all_rows: bool
    temperature: float


@dataclass(frozen=True, eq=False)
class Found:
    """All reads of a run, and what they took."""

    reads: list[Read]
    window: tuple[float, float]
    proposals: int
    accepted: int


class Limited:
    """The compiled walks on one instruction set: the module's calls, with its name where a walk is built."""

    BUILDERS = ("permutation", "product", "chain", "general")

    def __init__(self, module: Any, name: str) -> None:
        self.module, self.name = module, name

    def kernels(self) -> list[str]:
        """The one instruction set."""
        return [self.name]

    def __getattr__(self, key: str) -> Any:
        found = getattr(self.module, key)
        return (lambda *given: found(*given, self.name)) if key in self.BUILDERS else found


def load_engine(engine: str) -> Any:
    """The module of the walks: ``compiled`` (or ``auto``) or ``numpy``.

    Raises
    ------
    UnsupportedError
        The compiled walks were asked for and were not built.
    """
    module, why = load_extension("._constrained", __package__)
    if is_compiled(engine, module, why):
        return module if not os.environ.get("QOPT_ISA") else Limited(module, allowed(module.kernels())[0])
    return importlib.import_module(".walks", __package__)


def walks_name(engine: Any) -> str:
    """``compiled (avx512)``, its like, or ``numpy``."""
    best = str(engine.kernels()[0])
    return best if best == "numpy" else f"compiled ({best})"


class Search:
    """One run over a structure; walks are made once a thread, and a read depends on its seed alone."""

    def __init__(self, structure: Structure, engine: Any, seed: int, threads: int = 1) -> None:
        self.structure, self.engine, self.threads = structure, engine, threads
        self.walks = [structure.build(engine) for _ in range(threads)]
        self.words = np.random.SeedSequence(seed)
        self.proposals = self.accepted = 0

    def by_count(self, num_reads: int, num_sweeps: int) -> Found:
        """``num_reads`` anneals of ``num_sweeps`` sweeps, after pilots of a tenth of them."""
        proposals = num_sweeps * self.structure.sweep
        hot, cold = self._rises(self.walks[0], self._seed())
        pilots = [self._count(self.walks[0], self._seed(), hot, cold, max(1, proposals // 10)) for _ in range(PILOTS)]
        window = read_window(hot, cold, [read.temperature for read in pilots])
        seeds = [self._seed() for _ in range(num_reads)]
        shares = [range(k, num_reads, self.threads) for k in range(self.threads)]

        def work(k: int) -> list[tuple[int, Read]]:
            return [(r, self._count(self.walks[k], seeds[r], *window, proposals)) for r in shares[k]]

        return self._found(self._all(work), window)

    def by_time(self, clock: Timer) -> Found:
        """Anneals until the clock's limit, each longer than the one before."""
        limit = clock.remaining or 0.0
        start = clock.elapsed
        walk = self.walks[0]
        hot, cold = self._rises(walk, self._seed(), lambda: clock.elapsed - start > PILOT_SHARE * limit)
        reads: list[Read] = []
        temperatures: list[float] = []
        for _ in range(PILOTS):
            if reads and not clock.remaining:
                break
            first, last = pilot_window(hot, cold, temperatures)
            reads.append(self._timed(walk, self._seed(), first, last, PILOT_SHARE * limit, clock))
            temperatures.append(reads[-1].temperature)
            self.engine.keep_weights(walk)
        window = read_window(hot, cold, temperatures)
        seeds = [self.words.spawn(1)[0] for _ in range(self.threads)]

        def work(k: int) -> list[tuple[int, Read]]:
            done, share = [], READ_SHARE
            while (left := clock.remaining or 0.0) > 0.005 * limit:
                seconds = min(left, share * limit)
                seconds = left if left - seconds < 0.5 * seconds else seconds
                seed = int(seeds[k].spawn(1)[0].generate_state(1, np.uint64)[0])
                done.append((k, self._timed(self.walks[k], seed, *window, seconds, clock)))
                share *= READ_GROWTH
            return done

        return self._found([(-1, read) for read in reads] + self._all(work), window)

    def _all(self, work: Callable[[int], list[tuple[int, Read]]]) -> list[tuple[int, Read]]:
        if self.threads == 1:
            return work(0)
        with ThreadPoolExecutor(self.threads) as pool:
            return sorted((pair for part in pool.map(work, range(self.threads)) for pair in part), key=lambda p: p[0])

    def _found(self, reads: list[tuple[int, Read]], window: tuple[float, float]) -> Found:
        out = np.empty(self.structure.size, dtype=np.int64)
        counts = [self.engine.state(walk, out)[1:] for walk in self.walks]
        return Found([read for _, read in reads], window, sum(c[0] for c in counts), sum(c[1] for c in counts))

    def _seed(self) -> int:
        return int(self.words.spawn(1)[0].generate_state(1, np.uint64)[0])

    def _rises(self, walk: Any, seed: int, is_over: Callable[[], bool] = lambda: False) -> tuple[float, float]:
        """First and last temperature of the pilots, from the rises of the cost around a minimum."""
        sweep = self.structure.sweep
        self.engine.restart(walk, seed)
        scale = typical_rise(self.engine.rises(walk, RISE_PROPOSALS))
        for k in range(QUENCH_SWEEPS):
            self.engine.anneal(walk, 0.3 * scale * 0.97**k, 0.3 * scale * 0.97 ** (k + 1), sweep)
            if is_over():
                break
        self.engine.descend(walk)
        found = np.sort(np.frombuffer(self.engine.rises(walk, RISE_SWEEPS * sweep + RISE_PROPOSALS), dtype=np.float64))
        if not len(found):
            return 1.0, 0.1
        hot = HOT_SHARE * float(found.mean())
        cold = COLD_SHARE * float(found[int(COLD_QUANTILE * len(found))])
        return hot, min(max(cold, COLDEST * hot), WARMEST * hot)

    def _count(self, walk: Any, seed: int, first: float, last: float, proposals: int) -> Read:
        self.engine.restart(walk, seed)
        self.engine.anneal(walk, first, last, proposals)
        return self._read(walk, first, last)

    def _timed(self, walk: Any, seed: int, first: float, last: float, seconds: float, clock: Timer) -> Read:
        """One anneal whose temperature follows the clock."""
        start = clock.elapsed
        self.engine.restart(walk, seed)
        piece, share = self.structure.sweep, 0.0
        while share < 1.0:
            t = first * (last / first) ** share
            self.engine.anneal(walk, t, t, piece)
            now = min(1.0, (clock.elapsed - start) / max(seconds, 1e-9))
            if clock.remaining == 0.0:
                break
            if now - share < 0.5 / PIECES:  # pieces of about a hundredth of the read, whatever a proposal takes
                piece = min(2 * piece, 1 << 40)
            elif now - share > 2.0 / PIECES:
                piece = max(1, piece // 2)
            share = now
        return self._read(walk, first, last)

    def _read(self, walk: Any, first: float, last: float) -> Read:
        out = np.empty(self.structure.size, dtype=np.int64)
        temperature = self.engine.best(walk, out)[1]
        self.engine.descend(walk)
        cost = self.engine.best(walk, out)[0]
        if not np.isfinite(cost):
            self.engine.close(walk, CLOSING_SWEEPS)
            cost = self.engine.best(walk, out)[0]
        kept = bool(np.isfinite(cost))
        if not kept:
            cost, temperature = self.engine.state(walk, out)[0], (first * last) ** 0.5
        return Read(out, float(cost), kept, min(max(temperature, last), first))


def typical_rise(rises: bytes) -> float:
    """Mean rise of the cost, 1 where there is none."""
    found = np.frombuffer(rises, dtype=np.float64)
    return float(found.mean()) if len(found) else 1.0


def pilot_window(hot: float, cold: float, temperatures: list[float]) -> tuple[float, float]:
    """Window of a pilot, narrower after those before it."""
    if not temperatures:
        return hot, cold
    middle = median(temperatures)
    return min(hot, 10 * middle), max(cold, middle / 5)


def read_window(hot: float, cold: float, temperatures: list[float]) -> tuple[float, float]:
    """Window of the reads."""
    middle = median(temperatures)
    first = min(hot, WIDER_UP * middle)
    return first, min(first, max(0.2 * cold, middle / WIDER_DOWN))


def states_of(found: Found) -> AnyArray:
    """States of all reads, shape (k, size)."""
    return np.array([read.state for read in found.reads])
