"""One round of bit swaps from the best raw point: local search that published studies count to the sampler.

Here it is a stage of its own, ``swapped``, with its twin in the control. It starts from the raw point, before any
repair, and judges by total violation, then cost, so that it depends on no encoder and no penalty.
"""

from __future__ import annotations

import numpy as np

from ..core import AnyArray, Bits, Float, Formulation, Number, Stage
from ..core.margins import scaled_margin
from .candidates import Candidates
from .refinement import stage_of
from .verify import verify_point

#: Bits up to which the round is done: it looks at every pair of bits.
MAX_BITS = 256


def swapped_stage(formulation: Formulation, candidates: Candidates | None, reference: Number | None) -> Stage | None:
    """The best candidate after one round; None without candidates and beyond ``MAX_BITS`` bits."""
    if candidates is None or not len(candidates.X) or formulation.program.num_variables > MAX_BITS:
        return None
    after = one_round(formulation, candidates.X[int(candidates.order()[0])])
    return stage_of(verify_point(formulation, after), reference, formulation.problem.sense)


def one_round(formulation: Formulation, x: AnyArray) -> Bits:
    """The point (n,) after one round: each bit flipped once, then each with its best partner, where that is better.

    References
    ----------
    The local search behind the figures of arXiv:2503.12121 and arXiv:2401.09421; theirs runs on the QUBO's energies,
    slack bits and penalties included.
    """
    x = formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0]
    n = x.size
    here = _measured(formulation, x[None])[0]
    for bit in range(n):
        x, here = _better(formulation, x, here, np.array([[bit]]))
    others = np.arange(n)
    for bit in range(n if n > 1 else 0):
        partners = others[others != bit]
        x, here = _better(formulation, x, here, np.column_stack([np.full(n - 1, bit), partners]))
    return x


def _better(formulation: Formulation, x: Bits, here: Float, moves: AnyArray) -> tuple[Bits, Float]:
    """The best of the moves (rows of bits to flip) where it is better than x, else x."""
    Y = np.repeat(x[None], len(moves), axis=0)
    Y[np.arange(len(moves))[:, None], moves] ^= 1
    Y = formulation.complete(Y)
    found = _measured(formulation, Y)
    at = int(np.lexsort((found[:, 1], found[:, 0]))[0])
    margin = scaled_margin(here)
    less_broken = found[at, 0] < here[0] - margin[0]
    is_better = less_broken or (found[at, 0] <= here[0] + margin[0] and found[at, 1] < here[1] - margin[1])
    return (Y[at], found[at]) if is_better else (x, here)


def _measured(formulation: Formulation, X: Bits) -> Float:
    """Total violation and cost of each point, shape (k, 2)."""
    program = formulation.program
    return np.column_stack([program.violations(X).sum(axis=1), program.costs(X)])
