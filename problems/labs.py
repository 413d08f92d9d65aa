"""Low autocorrelation binary sequences: a sequence of +-1 whose shifted copies agree as little as possible with it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..core import (
    PROBLEMS,
    AnyArray,
    BestKnown,
    BinaryPolynomial,
    Bits,
    Formulation,
    Int,
    Number,
    Quadratised,
    Sense,
    Solution,
    binary_solution,
    quadratise,
    short_repr,
)
from ..core.model_html import problem_html
from .checks import count, restore
from .polynomial_forms import PolynomialAsItIs, PolynomialQuadratised


@PROBLEMS.register("labs")
@dataclass(frozen=True, eq=False)
class Labs:
    """Minimise ``E(s) = sum_{k=1}^{N-1} C_k^2``, ``C_k = sum_i s_i s_(i+k)``, over s in {-1, 1}^N; s = 1 - 2 z.

    The merit factor is N^2 / (2 E). Reversal, complement and alternation (s_i -> (-1)^i s_i) leave E as it is.

    Parameters
    ----------
    length : N.
    is_skew : only skew-symmetric sequences, ``s_(m+i) = (-1)^i s_(m-i)`` about the middle m: odd N, half the bits, all
        C_k of odd k vanish. Their best is not always the best of all sequences.

    Raises
    ------
    ValueError
        N < 1, or an even N of skew-symmetric sequences.

    References
    ----------
    M. J. E. Golay (1977), Sieves for low autocorrelation binary sequences, IEEE Trans. Inf. Theory 23, 43-51.

    Examples
    --------
    >>> barker = Labs(13)
    >>> s = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0]
    >>> barker.objective(s), round(barker.merit_factor(s), 3), len(barker.symmetric(s))
    (6, 14.083, 4)
    """

    length: int
    is_skew: bool = False
    name: str = ""
    best_known: BestKnown | None = None

    kind: ClassVar[str] = "labs"
    sense: ClassVar[Sense] = "min"
    __repr__ = short_repr
    _repr_html_ = problem_html

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", count(self.length, "length"))
        if self.length < 1:
            raise ValueError(f"length must be >= 1, got {self.length}")
        if self.is_skew and self.length % 2 == 0:
            raise ValueError(f"length must be odd for skew-symmetric sequences, got {self.length}; choose an odd one")

    def __setstate__(self, state: dict[str, Any]) -> None:
        restore(self, state, self.__dataclass_fields__)

    @property
    def size(self) -> dict[str, int]:
        return {"length": self.length, "bits": (self.length + 1) // 2 if self.is_skew else self.length}

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        return {"quadratised": PolynomialQuadratised, "polynomial": PolynomialAsItIs}

    def objective(self, solution: Solution) -> Number:
        """E, from the sequence itself."""
        z = binary_solution(solution, self.length, self.kind)
        return int(energies(z[None])[0])

    def merit_factor(self, solution: Solution) -> float:
        """N^2 / (2 E); infinite only for N = 1."""
        energy = self.objective(solution)
        return self.length**2 / (2 * energy) if energy else float("inf")

    def violations(self, solution: Solution) -> dict[str, float]:
        """Places at which a sequence is not skew-symmetric, where it must be."""
        z = binary_solution(solution, self.length, self.kind)
        wrong = np.flatnonzero(z != self.solution_of(self._free(z)))
        return {f"skew[{i}]": 1.0 for i in wrong}

    def symmetric(self, solution: Solution) -> Bits:
        """All sequences that the 8 symmetries make of one, each once, in the order of their bits, shape (k, N)."""
        z = binary_solution(solution, self.length, self.kind).astype(np.uint8)
        alternating = (np.arange(self.length) % 2).astype(np.uint8)
        choices = itertools.product((z, z[::-1]), (0, 1), (0, 1))
        return np.unique(np.stack([part ^ a ^ (alternating * b) for part, a, b in choices]), axis=0).astype(np.uint8)

    @property
    def num_bits(self) -> int:
        """Free bits of a sequence."""
        return (self.length + 1) // 2 if self.is_skew else self.length

    @cached_property
    def polynomial(self) -> BinaryPolynomial:
        """E over the free spins: ``sum_k C_k^2`` multiplied out, of degree 4 at most."""
        signs, spins = self._signs_and_spins
        terms: dict[tuple[int, ...], float] = {}
        for k in range(1, self.length):
            places = np.arange(self.length - k)
            weights = (signs[places] * signs[places + k]).tolist()
            pairs = [frozenset((a,)) ^ frozenset((b,)) for a, b in zip(spins[places], spins[places + k])]
            for (a, x), (b, y) in itertools.combinations(zip(pairs, weights), 2):
                key = tuple(sorted(a ^ b))
                terms[key] = terms.get(key, 0.0) + 2 * x * y
        constant = self.length * (self.length - 1) // 2
        return BinaryPolynomial.from_terms(int(spins.max()) + 1, terms, constant, "spin")

    @cached_property
    def quadratised(self) -> Quadratised:
        """E over bits with auxiliary bits, quadratic."""
        return quadratise(self.polynomial)

    @cached_property
    def _signs_and_spins(self) -> tuple[Int, Int]:
        """``s_j = sign_j * (free spin spin_j)``, shapes (N,)."""
        places = np.arange(self.length)
        if not self.is_skew:
            return np.ones(self.length, dtype=np.int64), places
        behind = np.maximum(places - self.length // 2, 0)
        return 1 - 2 * (behind % 2), places - 2 * behind

    def _free(self, z: AnyArray) -> AnyArray:
        return z[: (self.length + 1) // 2] if self.is_skew else z

    def bits_of(self, solution: Solution) -> Bits:
        """Free bits of the sequence, shape (N,): all of them, of a skew-symmetric one the first (N + 1) / 2."""
        return self._free(binary_solution(solution, self.length, self.kind)).astype(np.uint8)

    def solution_of(self, bits: AnyArray) -> Solution:
        """The sequence of its free bits, shape (N,)."""
        signs, spins = self._signs_and_spins
        return np.asarray(binary_solution(bits, int(spins.max()) + 1, self.kind)[spins] ^ (signs < 0), dtype=np.int64)


def energies(Z: npt.ArrayLike) -> Int:
    """E of each sequence of bits (k, N), shape (k,), O(N^2) each.

    Examples
    --------
    >>> energies([[0, 0, 1], [0, 0, 0]]).tolist()
    [1, 5]
    """
    s = 1 - 2 * np.asarray(Z, dtype=np.int64).T
    total = np.zeros(s.shape[1], dtype=np.int64)
    for k in range(1, len(s)):
        total += (s[:-k] * s[k:]).sum(axis=0) ** 2
    return total
