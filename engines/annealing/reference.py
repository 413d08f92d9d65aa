"""The annealers in NumPy: the same random words, the same flips, sweep by sweep.

Runs where no compiler was, and is what the tests hold the compiled kernels to: on whole numbers both give the same
spins after every sweep. Loops over the variables in Python, so about a hundred times slower.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Float, Int

Words = npt.NDArray[np.uint64]
Float32 = npt.NDArray[np.float32]

_GAMMA = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1
_LOG_POWERS = np.array(
    [
        1.0,
        -0.49999988079071045,
        0.3333418369293213,
        -0.2500215470790863,
        0.19956977665424347,
        -0.16560696065425873,
        0.14949095249176025,
        -0.14377330243587494,
        0.08743945509195328,
    ],
    dtype=np.float32,
)
_CAPS = {"int8": 127.0, "int16": 32767.0, "int32": 1073741824.0}


class Counter:
    """SplitMix64 as a counter: word k of a state is a hash of ``state + k * gamma``."""

    def __init__(self, state: int) -> None:
        self.state = int(state)

    def words(self, count: int) -> Words:
        """The next words, shape (count,)."""
        with np.errstate(over="ignore"):
            z = np.uint64(self.state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GAMMA)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        self.state = (self.state + count * _GAMMA) & _MASK
        return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)

    def word(self) -> int:
        """The next 64 random bits."""
        return int(self.words(1)[0])

    def below(self, n: int) -> int:
        """Uniform in 0..n-1."""
        return ((self.word() >> 32) * n) >> 32


def minus_log(x: Float32) -> Float32:
    """``-ln(x)`` in float32, 0 < x < 1, by the operations of _random.h in their order."""
    one = np.float32(1)
    shifted = x.view(np.int32) - np.int32(0x3F3504F3)
    exponent = (shifted >> 23).astype(np.float32)
    f = ((shifted & np.int32(0x7FFFFF)) + np.int32(0x3F3504F3)).view(np.float32) - one
    p = np.full_like(f, _LOG_POWERS[8])
    for power in range(7, -1, -1):
        p = p * f + _LOG_POWERS[power]
    value: Float32 = np.maximum(-(exponent * np.float32(0.693147182) + p * f), np.float32(0))
    return value


def variates(words: Words, is_gibbs: bool) -> Float32:
    """Exponential variates, or logistic ones for the heat bath; two a word, the low half first."""
    halves = np.ascontiguousarray(words).view("<u4")
    u = ((halves >> np.uint32(9)).astype(np.float32) + np.float32(0.5)) * np.float32(1 / 8388608)
    return minus_log(u) - minus_log(np.float32(1) - u) if is_gibbs else minus_log(u)


def fill(pool: Float32, size: int, counter: Counter, is_gibbs: bool) -> None:
    """Draw the whole pool."""
    pool[:size] = variates(counter.words(size // 2), is_gibbs)
    pool[size:] = pool[: len(pool) - size]


def refresh(pool: Float32, size: int, counter: Counter, is_gibbs: bool) -> None:
    """Draw a random eighth of the pool anew."""
    first = (counter.word() >> 61) * (size // 8)
    pool[first : first + size // 8] = variates(counter.words(size // 16), is_gibbs)
    pool[size:] = pool[: len(pool) - size]


def thresholds(pool: Float32, t: float, kind: str) -> Float:
    """Largest accepted ``-s_i f_i`` for each variate at half temperature t, as float64, in the pool's shape."""
    if kind == "float64":
        return pool.astype(np.float64) * np.float64(np.float32(t))
    cap = np.float32(_CAPS[kind])
    with np.errstate(over="ignore"):
        x = np.clip(pool * np.float32(t), -cap, cap)
    return np.asarray(np.floor(x), dtype=np.float64)


class _Graph:
    """Neighbours and weights of each variable, as slices."""

    def __init__(self, ptr: Int, col: Int, weight: npt.NDArray[Any]) -> None:
        self.neighbours = np.split(col, ptr[1:-1])
        self.weights = np.split(weight.astype(np.float64), ptr[1:-1])

    def fields(self, h: npt.NDArray[Any], S: Float) -> Float:
        """Local fields (n, lanes) of the spins (n, lanes)."""
        rows = [w @ S[j] for j, w in zip(self.neighbours, self.weights)]
        return np.asarray(h.astype(np.float64)[:, None] + np.array(rows).reshape(S.shape), dtype=np.float64)


def anneal(
    kind: str,
    rows: bool,
    ptr: Int,
    col: Int,
    weight: npt.NDArray[Any],
    field: npt.NDArray[Any],
    spins: npt.NDArray[np.int8],
    words: Words,
    pool: Float32,
    temperatures: Float,
    descent: float,
    fresh: bool,
    random_start: bool,
    gibbs: bool,
    shuffle: bool,
) -> tuple[int, int]:
    """As the compiled call of the same name, which takes the kernels' name before these.

    ``ptr`` (n + 1,), ``col`` and ``weight`` (entries,), ``field`` (n,), ``temperatures`` (sweeps,). Lanes have spins
    (n, lanes), one word and a pool of shape (size + lanes,); rows have spins (replicas, n), words (replicas,) and pools
    (replicas, size + block). Spins, words and pools are changed in place; returns attempts and flips.
    """
    graph = _Graph(ptr, col, weight)
    if not rows:
        run = _Run(graph, kind, field, pool, len(pool) - spins.shape[1], Counter(int(words[0])), gibbs)
        run.start(spins, fresh, random_start)
        counts = run.lanes(spins, temperatures, descent, shuffle)
        words[0] = run.counter.state
        return counts
    block = {"int8": 32, "int16": 32, "int32": 16, "float64": 8}[kind]
    wide = "int16" if kind == "int8" else kind
    attempts = flips = 0
    for r in range(len(words)):
        run = _Run(graph, wide, field, pool[r], pool.shape[1] - block, Counter(int(words[r])), gibbs)
        column = spins[r][:, None]
        run.start(column, fresh, random_start)
        more = run.rows(column, temperatures, descent, block)
        words[r] = run.counter.state
        attempts, flips = attempts + more[0], flips + more[1]
    return attempts, flips


class _Run:
    """One counter's replicas: all lanes, or one row."""

    def __init__(
        self,
        graph: _Graph,
        kind: str,
        field: npt.NDArray[Any],
        pool: Float32,
        size: int,
        counter: Counter,
        gibbs: bool,
    ) -> None:
        self.graph, self.kind, self.h, self.counter, self.gibbs = graph, kind, field, counter, gibbs
        self.pool, self.size = pool, size
        self.flips = 0

    def start(self, spins: npt.NDArray[np.int8], fresh: bool, random_start: bool) -> None:
        """Draw the pool and the spins (n, lanes) where wanted; the local fields."""
        n, lanes = spins.shape
        if fresh:
            fill(self.pool, self.size, self.counter, self.gibbs)
        if fresh and random_start:
            per_word = 64 if lanes == 1 else 1  # a row takes one bit a variable, lanes a word
            drawn = self.counter.words(-(-n // per_word))
            bits = np.unpackbits(drawn.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
            spins[:] = 2 * (bits.reshape(-1, 1)[:n] if lanes == 1 else bits[:, :lanes]).astype(np.int8) - 1
        self.S = spins.astype(np.float64)
        self.f = self.graph.fields(self.h, self.S)

    def lanes(self, spins: npt.NDArray[np.int8], temperatures: Float, descent: float, shuffle: bool) -> tuple[int, int]:
        n, lanes = spins.shape
        attempts = flips = 0
        for t in temperatures:
            refresh(self.pool, self.size, self.counter, self.gibbs)
            limits = thresholds(self.pool, t, self.kind)
            order = [self.counter.below(n) for _ in range(n)] if shuffle else range(n)
            offsets = self._offsets(n)
            for k, i in enumerate(order):
                self._visit(i, limits[offsets[k] : offsets[k] + lanes])
        attempts, flips = len(temperatures) * n * lanes, self.flips
        while descent < 0:
            before = self.flips
            for i in range(n):
                self._visit(i, np.full(lanes, descent))
            attempts += n * lanes
            if self.flips == before or attempts >= (len(temperatures) + 1000) * n * lanes:
                break
        flips = self.flips
        spins[:] = self.S.astype(np.int8)
        return attempts, flips

    def rows(self, spins: npt.NDArray[np.int8], temperatures: Float, descent: float, block: int) -> tuple[int, int]:
        n = len(spins)
        padded = -(-n // 64) * 64
        for t in temperatures:
            refresh(self.pool, self.size, self.counter, self.gibbs)
            limits = thresholds(self.pool, t, self.kind)
            offsets = self._offsets(padded // block)
            for i in range(n):
                at = offsets[i // block] + i % block
                self._visit(i, limits[at : at + 1])
        passes = 0
        while descent < 0 and passes < 1000:
            before = self.flips
            for i in range(n):
                self._visit(i, np.full(1, descent))
            passes += 1
            if self.flips == before:
                break
        spins[:] = self.S.astype(np.int8)
        return (len(temperatures) + passes) * n, self.flips

    def _offsets(self, count: int) -> Int:
        """Random offsets into the pool, four a word, the low one first."""
        drawn = self.counter.words(-(-count // 4))
        parts = drawn[:, None] >> (np.uint64(16) * np.arange(4, dtype=np.uint64))
        return np.asarray(parts.ravel()[:count] & np.uint64(self.size - 1), dtype=np.int64)

    def _visit(self, i: int, limits: Float) -> None:
        flips = -self.S[i] * self.f[i] <= limits
        if not flips.any():
            return
        self.flips += int(flips.sum())
        step = np.where(flips, -2 * self.S[i], 0.0)
        self.S[i] += step
        self.f[self.graph.neighbours[i]] += self.graph.weights[i][:, None] * step
