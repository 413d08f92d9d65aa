"""Simulated annealing of an Ising model: the calls that samplers make, and the choice of kernels.

Replicas run together in *lanes* (sparse models) or one after the other in *rows* (dense ones); batches of them are
independent, so that any number of threads gives the same spins. Compiled kernels where they were built, else NumPy;
``device="gpu"`` anneals batches of thousands on a card, with random words and batches of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from ...core import Float
from ...core.margins import ROUNDING
from ..extension import allowed, is_compiled, load_extension
from . import reference
from .gpu import replicas as on_card
from .model import IsingModel

_engine, _WHY = load_extension("._engine", __package__)

EngineChoice = Literal["auto", "compiled", "numpy"]
Device = Literal["cpu", "gpu"]
Layout = Literal["lanes", "rows"]
Spins = npt.NDArray[np.int8]

#: Replicas of a batch, and numbers of a vector, by kind.
LANES = {"int8": 64, "int16": 64, "int32": 32, "float64": 16}
BLOCKS = {"int8": 32, "int16": 32, "int32": 16, "float64": 8}
ROW_REPLICAS = 8
#: Variates of a pool for fewer variables than the first number, and for more: so that one serves about eight tests.
LANE_POOLS, ROW_POOLS = (1024, 1024, 8192), (256, 256, 1024)
_TYPES = {"int8": np.int8, "int16": np.int16, "int32": np.int32, "float64": np.float64}
#: Largest half temperature, in units of the local fields: float32 holds it times any variate.
_HOTTEST = 1e30


def engine_name(engine: EngineChoice = "auto") -> str:
    """``compiled (avx512)``, its like, or ``numpy``: what a run would use; QOPT_ENGINE=numpy turns ``auto`` to NumPy.

    Raises
    ------
    UnsupportedError
        ``compiled`` was asked for and was not built.
    """
    return f"compiled ({kernels()[0]})" if is_compiled(engine, _engine, _WHY) else "numpy"


def kernels() -> list[str]:
    """Instruction sets of this machine, best first, none wider than $QOPT_ISA; empty without the extension."""
    return [] if _engine is None else allowed(_engine.kernels())


def check_device(device: str, engine: str, randomize_order: bool) -> None:
    """Refuse a device that there is no word for, or settings that a card has not.

    Raises
    ------
    ValueError
        The device is neither cpu nor gpu; on a card the engine is not ``auto``, or the order is to be random.
    """
    if device not in ("cpu", "gpu"):
        raise ValueError(f"device must be cpu or gpu, got {device!r}")
    if device == "gpu" and engine != "auto":
        raise ValueError(f"engine must be auto on a card, got {engine!r}; use device=cpu")
    if device == "gpu" and randomize_order:
        raise ValueError("randomize_order must be False on a card, got True; use device=cpu")


#: Parts of an anneal after which somebody who listens is told.
PIECES = 20


@dataclass(frozen=True)
class How:
    """How replicas are annealed.

    Parameters
    ----------
    layout : lanes, rows, or None for what suits the model.
    is_gibbs : heat bath instead of Metropolis.
    shuffle : each visit of a sweep is to a random variable, with replacement (lanes only).
    descend : end with single flips that lower the energy, until there is none.
    threads : batches annealed at the same time; the result does not depend on it.
    engine : compiled kernels or NumPy.
    kernels : one instruction set, for tests; None takes the best.
    device : gpu anneals on an NVIDIA card, in the order of the variables; threads do not count there.
    """

    layout: Layout | None = None
    is_gibbs: bool = False
    shuffle: bool = False
    descend: bool = False
    threads: int = 1
    engine: EngineChoice = "auto"
    kernels: str | None = None
    device: Device = "cpu"

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError(f"threads must be >= 1, got {self.threads!r}")
        check_device(self.device, self.engine, self.shuffle)
        if self.layout == "rows" and self.shuffle:
            raise ValueError("shuffle must be False for rows, got True; use lanes")


def engine_of(how: How) -> str:
    """`engine_name` of what a run uses, or the card's.

    Raises
    ------
    UnsupportedError
        What was asked for is not there.
    """
    return f"gpu ({on_card.require_card().name})" if how.device == "gpu" else engine_name(how.engine)


class Batch(Protocol):
    """Replicas in the course of their anneal, on the processor or on a card."""

    attempts: int
    flips: int

    def advance(self, half_temperatures: Float, *, descend: bool = False) -> None:
        """One sweep at each temperature, shape (sweeps,): half of T, in units of the model's whole numbers."""

    def points(self) -> Spins:
        """Spins of each replica, shape (replicas, n)."""


@dataclass(eq=False)
class Replicas:
    """A batch in the course of its anneal: spins, the counters of its random words, and their pools.

    ``spins`` is (n, lanes) or (replicas, n); a batch that is advanced in pieces ends where one in one piece does, on
    whole numbers bit for bit.
    """

    model: IsingModel
    how: How
    layout: Layout
    spins: Spins
    words: npt.NDArray[np.uint64]
    pool: npt.NDArray[np.float32]
    is_random: bool
    is_fresh: bool = True
    attempts: int = 0
    flips: int = 0
    arrays: tuple[npt.NDArray[Any], ...] = field(default=())

    def advance(self, half_temperatures: Float, *, descend: bool = False) -> None:
        """One sweep at each temperature, shape (sweeps,): half of T, in units of the model's whole numbers."""
        rows = self.layout == "rows"
        smallest = ROUNDING * float(self.model.largest_fields.max(initial=1.0))
        descent = 0.0 if not descend else -smallest if self.model.kind == "float64" else -1.0
        given: tuple[Any, ...] = (
            self.model.kind,
            rows,
            *self.arrays,
            self.spins,
            self.words,
            self.pool,
            np.minimum(np.ascontiguousarray(half_temperatures, dtype=np.float64), _HOTTEST),
            descent,
            self.is_fresh,
            self.is_random,
            self.how.is_gibbs,
            self.how.shuffle,
        )
        if engine_name(self.how.engine) == "numpy":
            attempts, flips = reference.anneal(*given)
        else:
            attempts, flips = _engine.anneal(self.how.kernels or kernels()[0], *given)
        self.is_fresh = False
        self.attempts += attempts
        self.flips += flips

    def points(self) -> Spins:
        """Spins of each replica, shape (replicas, n)."""
        return self.spins.T if self.layout == "lanes" else self.spins


def layout_of(model: IsingModel, how: How) -> Layout:
    """The layout that suits, unless one is asked for."""
    if how.device == "gpu":
        return on_card.layout_of(model, how.layout)
    return how.layout or ("rows" if model.is_dense and not how.shuffle else "lanes")


def batch_size(model: IsingModel, how: How) -> int:
    """Replicas of a batch."""
    layout = layout_of(model, how)
    if how.device == "gpu":
        return on_card.BATCHES[layout]
    return ROW_REPLICAS if layout == "rows" else LANES[model.kind]


def is_serial(model: IsingModel, how: How) -> bool:
    """Whether the replicas of a batch are annealed one after the other."""
    return how.device == "cpu" and layout_of(model, how) == "rows"


def pool_size(pools: tuple[int, int, int], num_variables: int) -> int:
    """Variates of a pool, a power of two."""
    limit, small, large = pools
    return small if num_variables < limit else large


def prepared(model: IsingModel, layout: Layout) -> tuple[npt.NDArray[Any], ...]:
    """ptr (n + 1,), col and weight (entries,), field (n,) in the types of the kernels."""
    real = np.int16 if layout == "rows" and model.kind == "int8" else _TYPES[model.kind]
    return (
        np.ascontiguousarray(model.ptr, dtype=np.int32),
        np.ascontiguousarray(model.col, dtype=np.int32),
        model.weight.astype(real),
        model.field.astype(real),
    )


def start(
    model: IsingModel,
    how: How,
    words: npt.NDArray[np.uint64],
    initial: Spins | None = None,
    arrays: tuple[npt.NDArray[Any], ...] | None = None,
) -> Replicas:
    """A batch of the processor before its first sweep.

    Parameters
    ----------
    words : one for each replica of rows, shape (replicas,); lanes share the first.
    initial : spins (replicas, n); None draws them.
    """
    layout, n = layout_of(model, how), model.num_variables
    size = LANES[model.kind] if layout == "lanes" else len(words)
    if layout == "lanes":
        pool = np.empty(pool_size(LANE_POOLS, n) + size, dtype=np.float32)
        spins = np.ones((n, size), dtype=np.int8)
        counters = words[:1].copy()
    else:
        pool = np.empty((size, pool_size(ROW_POOLS, n) + BLOCKS[model.kind]), dtype=np.float32)
        spins = np.ones((size, n), dtype=np.int8)
        counters = words.copy()
    if initial is not None:
        target = spins.T if layout == "lanes" else spins
        target[: len(initial)] = initial
    arrays = arrays or prepared(model, layout)
    return Replicas(model, how, layout, spins, counters, pool, initial is None, arrays=arrays)


def starter(model: IsingModel, how: How) -> Callable[[npt.NDArray[np.uint64], Spins | None], Batch]:
    """What makes batches before their first sweep, from words (replicas,) and spins (replicas, n) or None.

    On a card the first word is the whole batch's, and as many replicas are annealed as there are words.

    Raises
    ------
    UnsupportedError
        A card was asked for and cannot be used, or the model does not fit there.
    """
    if how.device == "gpu":
        tables = on_card.CardModel(model, how)
        return lambda words, initial: on_card.CardReplicas(tables, len(words), int(words[0]), initial)
    arrays = prepared(model, layout_of(model, how))
    return lambda words, initial: start(model, how, words, initial, arrays)


@dataclass(frozen=True, eq=False)
class Annealed:
    """Last spins of each read, shape (reads, n), and how many flips were tried and made (idle lanes included)."""

    spins: Spins
    attempts: int
    flips: int


def anneal(
    model: IsingModel,
    half_temperatures: Float,
    num_reads: int,
    *,
    seed: int | None,
    how: How | None = None,
    initial: Spins | None = None,
    is_over: Callable[[], bool] | None = None,
    heard: Callable[[float, Spins | None], None] | None = None,
) -> Annealed:
    """Independent reads, each one sweep at each of the temperatures.

    Parameters
    ----------
    half_temperatures : T / 2 in units of the model's whole numbers, shape (sweeps,).
    initial : spins to start from, shape (reads, n); None draws them.
    is_over : asked before each batch but the first; True ends the run with the reads so far.
    heard : told the share of the work that is done, and the spins of each batch that ended; the reads do not depend
        on it.

    Examples
    --------
    >>> ring = IsingModel.from_arrays([0, 0, 0, 0], [0, 1, 2, 3], [1, 2, 3, 0], [1, 1, 1, 1])
    >>> found = anneal(ring, np.linspace(2, 0.1, 50), 3, seed=1, how=How(descend=True))
    >>> found.spins.shape, ring.energies(found.spins).min()
    ((3, 4), np.float64(-4.0))
    """
    how = how or How()
    order = None
    if how.device == "cpu" and layout_of(model, how) == "lanes" and not how.shuffle:
        order, model = model.visited
    if order is not None and initial is not None:
        initial = initial[:, order]
    size = batch_size(model, how)
    firsts = range(0, num_reads, size)
    words = np.asarray(np.random.SeedSequence(seed).generate_state(len(firsts) * size, np.uint64), dtype=np.uint64)
    begin = starter(model, how)

    def in_place(spins: Spins) -> Spins:
        if order is None:
            return spins
        given = np.empty_like(spins)
        given[:, order] = spins
        return given

    def run(first: int) -> Batch | None:
        if first and is_over is not None and is_over():
            return None
        part = None if initial is None else initial[first : first + size]
        batch = begin(words[first : min(first + size, num_reads)], part)
        if heard is None:
            batch.advance(half_temperatures, descend=how.descend)
            return batch
        pieces = np.array_split(half_temperatures, min(PIECES, max(1, len(half_temperatures))))
        for number, piece in enumerate(pieces, 1):
            batch.advance(piece, descend=how.descend and number == len(pieces))
            spins = in_place(batch.points()) if number == len(pieces) else None
            heard(min(1.0, (first + size * number / len(pieces)) / num_reads), spins)
        return batch

    if how.threads > 1 and len(firsts) > 1 and how.device == "cpu":
        with ThreadPoolExecutor(how.threads) as workers:
            batches = [batch for batch in workers.map(run, firsts) if batch is not None]
    else:
        batches = []
        for first in firsts:
            batch = run(first)
            if batch is None:
                break
            batches.append(batch)
    spins = np.concatenate([batch.points() for batch in batches])[:num_reads]
    return Annealed(in_place(spins), sum(b.attempts for b in batches), sum(b.flips for b in batches))
