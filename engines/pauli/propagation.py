"""The mean of an observable after QAOA by Heisenberg's picture: its strings carried from the last gate to the first.

A mixer turns Z to ``cos 2b Z - sin 2b Y``; a phase ``exp(-i t Z_a Z_b)`` turns a string P that anticommutes with it to
``cos 2t P - i sin 2t P Z_a Z_b``. Strings multiply with every gate; heavy or small ones are dropped, and what was
dropped is told. The first layer of phases is closed exactly (see ``closing``), so that one layer is exact for every
graph. Limits: quadratic costs, plain QAOA; cost grows with the degree and the angles, not with the number of qubits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...core import Float, Int
from .closing import Couplings, mean_after_phases
from .strings import Strings, bit, mask_of, merged

#: What is dropped below this share of the observable's norm is rounding.
ROUNDING = 1e-15


@dataclass(frozen=True)
class Truncation:
    """Which strings are dropped, after every gate; with none of the limits the mean is exact.

    Parameters
    ----------
    max_weight : strings on more qubits.
    min_value : strings of a smaller coefficient, as a share of the observable's norm.
    max_strings : the smallest ones, where there are more.
    """

    max_weight: int | None = None
    min_value: float = 0.0
    max_strings: int | None = None

    def __post_init__(self) -> None:
        if self.max_weight is not None and self.max_weight < 1:
            raise ValueError(f"max_weight must be >= 1, got {self.max_weight!r}")
        if not 0 <= self.min_value < 1:
            raise ValueError(f"min_value must lie in [0, 1), got {self.min_value!r}")
        if self.max_strings is not None and self.max_strings < 1:
            raise ValueError(f"max_strings must be >= 1, got {self.max_strings!r}")


@dataclass(frozen=True, eq=False)
class Observable:
    """``sum_i fields_i Z_i + sum_k values_k Z_rows_k Z_columns_k``."""

    fields: Float
    rows: Int
    columns: Int
    values: Float

    @property
    def n(self) -> int:
        return len(self.fields)

    def strings(self) -> Strings:
        """Its nonzero terms."""
        words = max(1, -(-self.n // 64))
        singles = np.flatnonzero(self.fields)
        ends = [(int(i),) for i in singles] + list(zip(self.rows.tolist(), self.columns.tolist()))
        values = np.concatenate([self.fields[singles], self.values]).astype(np.float64)
        z = np.array([mask_of(term, words) for term in ends], dtype=np.uint64).reshape(-1, words)
        return merged(Strings(np.zeros_like(z), z, values))


@dataclass(frozen=True)
class Propagated:
    """A mean, and what was dropped on the way to it.

    Parameters
    ----------
    value : of the observable without constants.
    dropped : sum of the squares of all dropped coefficients, as a share of the observable's norm squared: if signs of
        different strings are independent, the error is about ``sqrt(dropped)`` times the norm.
    bound : sum of their magnitudes: the error is never larger, since every string's mean lies in [-1, 1].
    most_strings : held at any time.
    """

    value: float
    dropped: float
    bound: float
    most_strings: int

    @property
    def is_exact(self) -> bool:
        """Whether nothing was dropped."""
        return self.bound == 0


def propagate(
    cost: Observable, gammas: Float, betas: Float, truncation: Truncation, observable: Observable | None = None
) -> Propagated:
    """Mean of the observable (the cost itself if None) after QAOA with gates exp(-i gamma H) and exp(+i beta sum X).

    Gammas and betas have shape (p,).

    Examples
    --------
    >>> none = np.zeros(0, dtype=np.int64)
    >>> one = Observable(np.array([1.0]), none, none, np.zeros(0))
    >>> round(propagate(one, np.array([np.pi / 4]), np.array([np.pi / 4]), Truncation()).value, 12)
    -1.0
    """
    strings = (cost if observable is None else observable).strings()
    sweep = _Sweep(strings, truncation)
    terms: list[tuple[tuple[int, ...], float]] = [((int(i),), float(cost.fields[i])) for i in cost.fields.nonzero()[0]]
    terms += [((a, b), v) for a, b, v in zip(cost.rows.tolist(), cost.columns.tolist(), cost.values.tolist())]
    for layer in reversed(range(len(gammas))):
        for qubit in range(cost.n):
            sweep.mix(qubit, float(betas[layer]))
        if layer:
            for qubits, value in terms:
                sweep.phase(qubits, float(gammas[layer]) * value)
    couplings = Couplings.of(cost.fields, cost.rows, cost.columns, cost.values)
    first = float(gammas[0]) if len(gammas) else 0.0
    value = mean_after_phases(sweep.strings, couplings, first)
    return Propagated(value, sweep.dropped / (sweep.norm**2 or 1.0), sweep.bound, sweep.most)


class _Sweep:
    """The strings on their way back, and what was dropped."""

    def __init__(self, strings: Strings, truncation: Truncation) -> None:
        self.strings = strings
        self.truncation = truncation
        self.norm = math.sqrt(float((strings.values**2).sum()))
        self.dropped = 0.0
        self.bound = 0.0
        self.most = len(strings)

    def mix(self, qubit: int, beta: float) -> None:
        """Before exp(+i beta X): Z gives ``cos Z - sin Y``, Y gives ``cos Y + sin Z``."""
        is_turned = bit(self.strings.z, qubit)
        if not is_turned.any():
            return
        moved = self.strings[is_turned]
        signs = np.where(bit(moved.x, qubit), 1.0, -1.0)
        flipped = moved.x ^ mask_of((qubit,), moved.x.shape[1])
        partners = Strings(flipped, moved.z, math.sin(2 * beta) * signs * moved.values)
        self.take(self.strings.turned(is_turned, partners, math.cos(2 * beta)))

    def phase(self, qubits: tuple[int, ...], angle: float) -> None:
        """Before exp(-i angle Z..Z) on one or two qubits: X gives ``cos X - sin Y Z``, Y gives ``cos Y + sin X Z``."""
        x = self.strings.x
        is_turned = bit(x, qubits[0])
        for qubit in qubits[1:]:
            is_turned = is_turned ^ bit(x, qubit)
        if not is_turned.any():
            return
        moved = self.strings[is_turned]
        mask = mask_of(qubits, x.shape[1])
        has_y = (moved.x & moved.z & mask).any(axis=1)
        partners = Strings(moved.x, moved.z ^ mask, math.sin(2 * angle) * np.where(has_y, 1.0, -1.0) * moved.values)
        self.take(self.strings.turned(is_turned, partners, math.cos(2 * angle)))

    def take(self, strings: Strings) -> None:
        """The strings that are kept of these."""
        sizes = np.abs(strings.values)
        keep = sizes > max(self.truncation.min_value, ROUNDING) * self.norm
        if self.truncation.max_weight is not None:
            keep &= strings.weights() <= self.truncation.max_weight
        most = self.truncation.max_strings
        if most is not None and int(keep.sum()) > most:
            ranked = np.argsort(np.where(keep, -sizes, np.inf), kind="stable")
            keep = np.zeros(len(sizes), dtype=bool)
            keep[ranked[:most]] = True
        if not keep.all():
            lost = sizes[~keep]
            lost = lost[lost > ROUNDING * self.norm]
            self.dropped += float((lost**2).sum())
            self.bound += float(lost.sum())
            strings = strings[keep]
        self.strings = strings
        self.most = max(self.most, len(strings))
