"""The searches of ``_search.h`` in Python: the same random words, the same points. Slow; for tests, and where no
compiler was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...core import AnyArray, BinaryPolynomial

_GAMMA, _WORD = 0x9E3779B97F4A7C15, (1 << 64) - 1


class _Words:
    """SplitMix64, as ``Counter`` in ``_random.h``."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> int:
        self.state = (self.state + _GAMMA) & _WORD
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
        return z ^ (z >> 31)

    def below(self, n: int) -> int:
        return ((self.next() >> 32) * n) >> 32


class ReferenceSearch:
    """One search, ``anneal``, ``tabu``, ``memetic`` or ``avoiding``; its settings are those of ``PolynomialSearch``."""

    def __init__(self, polynomial: BinaryPolynomial, method: str, seed: int, settings: Sequence[float]) -> None:
        self.polynomial, self.method, self.settings = polynomial, method, list(settings)
        self.n = polynomial.num_variables
        self.words = _Words(seed)
        self.best_energy, self.best = math.inf, np.ones(self.n, dtype=np.int8)
        self.evaluations = self.searches = self.sweep = self.limit = 0
        self.people: list[AnyArray] = []
        self.energies: list[float] = []
        self.keys = [self.words.next() for _ in range(self.n)] if method == "avoiding" else []
        self.spins = self.best.copy()
        self.energy, self.changes = 0.0, np.zeros(self.n)

    def advance(self, evaluations: int, limit: int, target: float) -> tuple[float, int, int]:
        """Go on until that many evaluations in all, or the target; never beyond the limit."""
        step: Callable[[float], None] = getattr(self, f"_{self.method}")
        self.limit = max(limit, self.evaluations)
        while self.evaluations < evaluations and self._fits(1) and self.best_energy > target:
            step(target)
        return self.best_energy, self.evaluations, self.searches

    def _fits(self, more: int) -> bool:
        return self.limit - self.evaluations >= more

    def _start(self, spins: AnyArray) -> None:
        self._set(spins)
        self.evaluations += 1

    def _set(self, spins: AnyArray) -> None:
        self.spins = np.array(spins, dtype=np.int8)
        flips = np.eye(self.n, dtype=np.uint8)
        here = ((1 - self.spins) // 2).astype(np.uint8)
        self.energy = float(self.polynomial.energies(here[None])[0])
        self.changes = self.polynomial.energies(flips ^ here) - self.energy
        if self.energy < self.best_energy:
            self.best_energy, self.best = self.energy, self.spins.copy()

    def _flip(self, i: int) -> None:
        spins = self.spins.copy()
        spins[i] = -spins[i]
        self._set(spins)

    def _draw(self) -> AnyArray:
        return np.array([-1 if self.words.next() >> 63 else 1 for _ in range(self.n)], dtype=np.int8)

    def _best_flip(self, allowed: Callable[[int, float], bool]) -> int:
        found, ties, least = self.n, 0, math.inf
        for i, change in enumerate(self.changes.tolist()):
            if not allowed(i, change):
                continue
            if change < least:
                least, found, ties = change, i, 1
            elif change == least:
                ties += 1
                if self.words.below(ties) == 0:
                    found = i
        self.evaluations += self.n
        return found

    def _tabu_from(self, spins: AnyArray) -> tuple[AnyArray, float]:
        self._start(spins)
        best, here, n = spins, self.energy, self.n
        moves = n // 2 + self.words.below(n + 1)
        least, more = moves // 10, moves // 50
        until = [0] * n
        for move in range(1, moves + 1):
            if not self._fits(n):
                break
            now, limit = self.energy, here

            def allowed(k: int, change: float, move: int = move, now: float = now, limit: float = limit) -> bool:
                return until[k] < move or now + change < limit

            i = self._best_flip(allowed)
            if i == n:
                continue
            self._flip(i)
            until[i] = move + least + (self.words.below(more + 1) if more else 0)
            if self.energy < here:
                here, best = self.energy, self.spins.copy()
        self.searches += 1
        return best, here

    def _tabu(self, target: float) -> None:
        self._tabu_from(self._draw())

    def _memetic(self, target: float) -> None:
        size, share = int(self.settings[0]), int(self.settings[1] * 2.0**53)
        if len(self.people) < size:
            self._start(self._draw())
            self.people.append(self.spins.copy())
            self.energies.append(self.energy)
            return
        child = self.people[self._chosen(size)].copy()
        if self.words.next() >> 11 < share:
            other = self.people[self._chosen(size)]
            taken = np.array([self.words.next() >> 63 for _ in range(self.n)], dtype=bool)
            child[taken] = other[taken]
        mutated = np.array([self.words.below(self.n) == 0 for _ in range(self.n)], dtype=bool)
        child[mutated] *= -1
        child, energy = self._tabu_from(child)
        out = self.words.below(size)
        self.people[out], self.energies[out] = child, energy

    def _chosen(self, size: int) -> int:
        a, b = self.words.below(size), self.words.below(size)
        return b if self.energies[b] < self.energies[a] else a

    def _avoiding(self, target: float) -> None:
        self._start(self._draw())
        key = 0
        for i in np.flatnonzero(self.spins < 0).tolist():
            key ^= self.keys[i]
        seen = {key}
        for _ in range(int(self.settings[0])):
            if not self._fits(self.n):
                break

            def allowed(k: int, change: float, key: int = key) -> bool:
                return key ^ self.keys[k] not in seen

            i = self._best_flip(allowed)
            if i == self.n:
                break
            self._flip(i)
            key ^= self.keys[i]
            seen.add(key)
            if self.best_energy <= target:
                break
        self.searches += 1

    def _anneal(self, target: float) -> None:
        if self.sweep == 0:
            self._start(self._draw())
        if not self._fits(self.n):
            self.sweep = 0
            return
        for i in range(self.n):
            change = float(self.changes[i])
            if change > 0 and (self.words.next() >> 11) * 2.0**-53 >= math.exp(-self.settings[self.sweep] * change):
                continue
            self._flip(i)
        self.evaluations += self.n
        self.sweep = (self.sweep + 1) % len(self.settings)
        self.searches += self.sweep == 0


__all__ = ["ReferenceSearch"]
