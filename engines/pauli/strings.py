"""Sums of Pauli strings as bit masks: X where bit x, Z where bit z, Y where both; real coefficients.

Bit q of a mask is bit q % 64 of its word q // 64, so that any number of qubits fits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...core import Float

Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


@dataclass(frozen=True, eq=False)
class Strings:
    """Distinct strings and their coefficients.

    Parameters
    ----------
    x, z : masks, shape (k, words).
    values : shape (k,).
    """

    x: Words
    z: Words
    values: Float

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, chosen: npt.NDArray[np.generic]) -> Strings:
        return Strings(self.x[chosen], self.z[chosen], self.values[chosen])

    def weights(self) -> npt.NDArray[np.int64]:
        """Qubits on which each string acts, shape (k,)."""
        return np.asarray(np.bitwise_count(self.x | self.z).sum(axis=1, dtype=np.int64))

    def turned(self, is_turned: Flags, partners: Strings, cos: float) -> Strings:
        """Strings under a rotation: those turned keep ``cos`` of themselves and give a partner each.

        Turned strings and partners are closed under the rotation, so that only they are searched for equal ones.
        """
        moved = self[is_turned]
        mixed = merged(
            Strings(
                np.concatenate([moved.x, partners.x]),
                np.concatenate([moved.z, partners.z]),
                np.concatenate([cos * moved.values, partners.values]),
            )
        )
        same = self[~is_turned]
        return Strings(
            np.concatenate([same.x, mixed.x]),
            np.concatenate([same.z, mixed.z]),
            np.concatenate([same.values, mixed.values]),
        )


def mask_of(qubits: tuple[int, ...], num_words: int) -> Words:
    """The words with these bits.

    Examples
    --------
    >>> mask_of((0, 65), 2).tolist()
    [1, 2]
    """
    out = np.zeros(num_words, dtype=np.uint64)
    for q in qubits:
        out[q // 64] |= _ONE << np.uint64(q % 64)
    return out


def bit(words: Words, q: int) -> Flags:
    """Bit q of each mask."""
    return np.asarray((words[:, q // 64] >> np.uint64(q % 64)) & _ONE != 0)


def bits(words: Words, n: int) -> Flags:
    """All bits of each mask, shape (k, n)."""
    q = np.arange(n)
    return np.asarray((words[:, q // 64] >> (q % 64).astype(np.uint64)) & _ONE != 0)


def merged(strings: Strings) -> Strings:
    """Equal strings added up.

    Examples
    --------
    >>> masks = np.array([[1], [2], [1]], dtype=np.uint64)
    >>> merged(Strings(masks, masks, np.array([1.0, 2.0, 3.0]))).values.tolist()
    [4.0, 2.0]
    """
    if len(strings) < 2:
        return strings
    keys = np.concatenate([strings.x, strings.z], axis=1)
    mixed = np.zeros(len(keys), dtype=np.uint64)
    for word in keys.T:
        mixed = (mixed ^ word) * _MIX
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    begins = np.append(True, mixed[order[1:]] != mixed[order[:-1]])
    differs = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    if (differs & ~begins[1:]).any():  # two strings with one key: sort by the words themselves
        order = np.lexsort(keys.T)
        begins = np.append(True, (keys[order[1:]] != keys[order[:-1]]).any(axis=1))
    firsts = np.flatnonzero(begins)
    heads = order[firsts]
    found = Strings(strings.x[heads], strings.z[heads], np.add.reduceat(strings.values[order], firsts))
    return found[np.argsort(heads, kind="stable")]
