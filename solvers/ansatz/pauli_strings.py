"""All expectations of k-body strings X..X, Y..Y, Z..Z of a state in one pass: Walsh-Hadamard in three bases.

In the basis where a kind of string is diagonal, every string's expectation is a Walsh coefficient of the outcome
distribution: two transforms of 2**n numbers give all of them, whatever their number; two more pull a gradient back.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Float, Int, frozen
from ...engines.diagonal.state import State, popcounts
from ...engines.statevector import EngineChoice, hadamard_transform

Complex = npt.NDArray[np.complex128]

#: Bases in which strings of one kind are diagonal.
NUM_BASES = 3


def num_qubits(num_strings: int, k: int) -> int:
    """Smallest n with ``3 * C(n, k) >= num_strings``, at least k.

    Raises
    ------
    ValueError
        ``k`` is below 1.

    Examples
    --------
    >>> [num_qubits(n, 2) for n in (8, 45, 46, 60)], num_qubits(2000, 3)
    ([3, 6, 7, 7], 17)
    """
    if k < 1:
        raise ValueError(f"k must be >= 1, got {k}")
    n = k
    while NUM_BASES * math.comb(n, k) < num_strings:
        n += 1
    return n


@dataclass(frozen=True, eq=False)
class PauliStrings:
    """k-body strings by basis (0: X, 1: Y, 2: Z) and mask of qubits.

    Parameters
    ----------
    bases, masks : shape (m,).
    """

    num_qubits: int
    bases: Int
    masks: Int

    def __post_init__(self) -> None:
        object.__setattr__(self, "bases", frozen(self.bases, np.int64))
        object.__setattr__(self, "masks", frozen(self.masks, np.int64))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @staticmethod
    def first(num_strings: int, n: int, k: int) -> PauliStrings:
        """The first strings of k of n qubits, X, Y and Z in turn, so that each basis has a third of them.

        Raises
        ------
        ValueError
            So many qubits have fewer strings.

        Examples
        --------
        >>> strings = PauliStrings.first(4, 3, 2)
        >>> strings.bases.tolist(), strings.masks.tolist()
        ([0, 1, 2, 0], [3, 3, 3, 5])
        """
        if num_strings > NUM_BASES * math.comb(n, k):
            raise ValueError(f"{n} qubits must hold {num_strings} strings of {k}, got {NUM_BASES * math.comb(n, k)}")
        needed = -(-num_strings // NUM_BASES)
        sets = itertools.islice(itertools.combinations(range(n), k), needed)
        masks = np.repeat([sum(1 << q for q in chosen) for chosen in sets], NUM_BASES)[:num_strings]
        return PauliStrings(n, np.arange(num_strings) % NUM_BASES, masks)

    def expectations(self, state: State, *, engine: EngineChoice = "auto") -> Float:
        """``<P_i>`` of each string, shape (m,)."""
        out = np.empty(len(self.masks))
        for basis in range(NUM_BASES):
            chosen = self.bases == basis
            if chosen.any():
                weights = np.abs(_into(state, basis, engine)) ** 2
                out[chosen] = hadamard_transform(weights, engine=engine)[self.masks[chosen]]
        return out

    def cotangent(self, state: State, slopes: Float, *, engine: EngineChoice = "auto") -> Complex:
        """``sum_i slopes_i P_i |psi>``, shape (2**n,): the cotangent of a function of the expectations."""
        out = np.zeros(2**self.num_qubits, dtype=np.complex128)
        for basis in range(NUM_BASES):
            chosen = self.bases == basis
            if not chosen.any():
                continue
            spectrum = np.zeros(2**self.num_qubits)
            np.add.at(spectrum, self.masks[chosen], slopes[chosen])
            diagonal = hadamard_transform(spectrum, engine=engine)
            out += _back(diagonal * _into(state, basis, engine), basis, engine)
        return out

    def estimates(self, state: State, num_shots: int, rng: np.random.Generator, engine: EngineChoice = "auto") -> Float:
        """Means of the strings over ``num_shots`` measurements in each of the three bases. Shape (m,)."""
        out = np.empty(len(self.masks))
        for basis in range(NUM_BASES):
            chosen = self.bases == basis
            if chosen.any():
                weights = np.abs(_into(state, basis, engine)) ** 2
                counts = rng.multinomial(num_shots, weights / weights.sum())
                seen = np.flatnonzero(counts)
                odd = np.bitwise_count(seen[:, None] & self.masks[chosen][None, :]) & 1
                out[chosen] = (counts[seen] @ (1.0 - 2.0 * odd)) / num_shots
        return out


def _into(state: State, basis: int, engine: EngineChoice) -> Complex:
    """Amplitudes in a basis: H on each qubit for X, H after the inverse of S for Y."""
    psi: Complex = np.asarray(state.real + 1j * state.imag, dtype=np.complex128)
    if basis == 2:
        return psi
    if basis == 1:
        psi = psi * _phases(psi.size).conj()
    return np.asarray(hadamard_transform(psi, engine=engine) / math.sqrt(psi.size))


def _back(psi: Complex, basis: int, engine: EngineChoice) -> Complex:
    """The inverse of ``_into``."""
    if basis == 2:
        return psi
    turned: Complex = np.asarray(hadamard_transform(psi, engine=engine) / math.sqrt(psi.size))
    return turned * _phases(psi.size) if basis == 1 else turned


def _phases(size: int) -> Complex:
    """i to the number of ones: S on every qubit."""
    return np.asarray(np.array([1, 1j, -1, -1j])[popcounts(size) & 3])
