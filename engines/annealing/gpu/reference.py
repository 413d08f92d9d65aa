"""The kernels of a card in NumPy: the same flips from the same random words, for any layout and any launch.

A loop over variables in Python with all replicas at once; the tests hold the kernels to it. Whole numbers agree bit for
bit, doubles in the layout of lanes too, which sums each field anew in the order of the couplings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ....core import Float
from ..model import IsingModel
from ..reference import minus_log
from .tables import fields_down, has_levels, is_real, rules

Word32 = npt.NDArray[np.uint32]

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_STEPS = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
ROUNDS = 7


def philox(counter: tuple[Any, Any, Any, Any], key: int, rounds: int = ROUNDS) -> tuple[Word32, ...]:
    """Four words of Philox4x32 for a counter of four numbers or arrays of one shape, in that shape.

    References
    ----------
    Salmon, Moraes, Dror, Shaw (2011), doi:10.1145/2063384.2063405; seven rounds are the fewest that they found to
    pass their tests.
    """
    a, b, c, d = (np.asarray(part, dtype=np.uint64) for part in counter)
    k, low = key & 0xFFFFFFFF, key >> 32
    for _ in range(rounds):
        first, second = np.uint64(_MULTIPLIERS[0]) * a, np.uint64(_MULTIPLIERS[1]) * c
        a, b = (second >> np.uint64(32)) ^ b ^ np.uint64(k), second & _LOW
        c, d = (first >> np.uint64(32)) ^ d ^ np.uint64(low), first & _LOW
        k, low = (k + _STEPS[0]) & 0xFFFFFFFF, (low + _STEPS[1]) & 0xFFFFFFFF
    return tuple(np.asarray(part, dtype=np.uint32) for part in (a, b, c, d))


def drawn(i: int, sweep: int, replicas: int, key: int) -> Word32:
    """The word of variable i in a sweep for each replica, shape (replicas,)."""
    ids = np.arange(replicas)
    whole = philox((np.full(replicas, i // 4), np.full(replicas, sweep), ids, np.zeros(replicas)), key)
    return whole[i % 4]


def random_spins(n: int, replicas: int, key: int) -> npt.NDArray[np.int8]:
    """The spins that a run starts from, shape (replicas, n)."""
    spins = np.empty((replicas, n), dtype=np.int8)
    for i in range(n):
        spins[:, i] = 2 * (drawn(i, 0, replicas, key) >> np.uint32(31)).astype(np.int8) - 1
    return spins


def anneal(
    model: IsingModel,
    spins: npt.NDArray[np.int8],
    key: int,
    half_temperatures: Float,
    *,
    first_sweep: int = 0,
    descent: float = 0.0,
    is_gibbs: bool = False,
) -> int:
    """Sweep the spins (replicas, n) in place, one sweep a temperature; the flips made.

    Parameters
    ----------
    first_sweep : sweeps that these replicas have had before.
    descent : largest rise of a flip of the descent after the sweeps; 0 makes none.
    """
    run = _Run(model, spins)
    table = rules(model, half_temperatures, is_gibbs)
    for k, rule in enumerate(table):
        for i in range(model.num_variables):
            words = drawn(i, first_sweep + k + 1, len(spins), key)
            run.visit(i, lambda rise, words=words, rule=rule: _accepted(model, rise, words, rule, is_gibbs))
    for _ in range(1000 if descent < 0 else 0):
        before = run.flips
        for i in range(model.num_variables):
            run.visit(i, lambda rise: rise <= descent)
        if run.flips == before:
            break
    return run.flips


class _Run:
    """Spins and how many flips they had."""

    def __init__(self, model: IsingModel, spins: npt.NDArray[np.int8]) -> None:
        self.down, self.spins, self.flips = fields_down(model), spins, 0
        self.neighbours = [slice(a, b) for a, b in zip(model.ptr[:-1], model.ptr[1:])]
        self.col, self.twice = model.col, 2 * model.weight

    def visit(self, i: int, accepts: Any) -> None:
        """Flip variable i where the rise, shape (replicas,), is accepted."""
        field = np.full(len(self.spins), self.down[i])
        row = self.neighbours[i]
        for j, twice in zip(self.col[row], self.twice[row]):
            field += np.where(self.spins[:, j] > 0, twice, 0.0)
        flips = accepts(np.where(self.spins[:, i] > 0, -field, field))
        self.spins[flips, i] *= -1
        self.flips += int(flips.sum())


def _accepted(model: IsingModel, rise: Float, words: Word32, rule: Any, is_gibbs: bool) -> npt.NDArray[np.bool_]:
    """Which rises a sweep's rule accepts with these words, all in shape (replicas,)."""
    if has_levels(model):
        return np.asarray(words < rule[rise.astype(np.int64) + 128])
    u = ((words >> np.uint32(9)).astype(np.float32) + np.float32(0.5)) * np.float32(1 / 8388608)
    variate = minus_log(u) - minus_log(np.float32(1) - u) if is_gibbs else minus_log(u)
    if is_real(model):
        return np.asarray(rise <= variate.astype(np.float64) * rule)
    return np.asarray(rise <= (variate * rule).astype(np.float64))
