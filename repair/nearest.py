"""Exact nearest feasible point: the generic repair for every formulation that has none of its own.

CP-SAT changes as few bits as possible; auxiliary bits (those that ``complete`` sets) change for free. Lazy rows join
in until none is broken. The distance is proven least; an exact search takes its time bound from the run's clock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..algorithms.cpsat_model import nearest_point
from ..core import AnyArray, Bits, Clock, RepairFailed

_CHUNK = 512


def nearest_feasible(formulation: Any, x: AnyArray, rng: np.random.Generator, clock: Clock | None = None) -> Bits:
    """Feasible completed point at least Hamming distance from x, shape (n,); x itself, completed, when feasible.

    Parameters
    ----------
    formulation : a Formulation; its program's rows and its lazy rows are kept.
    x : point, shape (n,).
    rng : unused, since the search is exact and deterministic; every repair takes one.
    clock : what is left of it is the search's limit.

    Raises
    ------
    RepairFailed
        No feasible point exists or was found in time, or the rows admit a point that the problem itself refuses.
    """
    start = np.asarray(formulation.complete(np.asarray(x, dtype=np.uint8)[None])[0], dtype=np.uint8)
    if is_feasible(formulation, start):
        return start
    program = formulation.program
    counted = ~auxiliary_bits(formulation, program.num_variables)
    while True:
        try:
            point = nearest_point(program, start, counted=counted, seconds=None if clock is None else clock.remaining)
        except TimeoutError as error:
            raise RepairFailed(str(error)) from None
        if point is None:
            raise RepairFailed(f"no feasible point exists: the {program.num_rows} rows of {formulation.name} conflict")
        point = np.asarray(formulation.complete(point[None])[0], dtype=np.uint8)
        more = formulation.separate(point[None])
        if more is None:
            break
        program = program.with_rows(more)
    if not is_feasible(formulation, point):
        raise RepairFailed(f"the rows of {formulation.name} admit a point that breaks the problem's own constraints")
    return point


def is_feasible(formulation: Any, x: Bits) -> bool:
    """Whether a completed point denotes a solution without violations. x has shape (n,)."""
    solution = formulation.decode(x)
    return solution is not None and not formulation.problem.violations(solution)


def auxiliary_bits(formulation: Any, n: int) -> npt.NDArray[np.bool_]:
    """Which of the n bits ``complete`` sets itself, shape (n,): those it puts back when they alone are flipped."""
    zeros = np.zeros((1, n), dtype=np.uint8)
    completed = formulation.complete(zeros)
    is_auxiliary = np.zeros(n, dtype=bool)
    if completed is zeros:  # the points themselves come back: nothing is set
        return is_auxiliary
    base = np.asarray(completed[0])
    for first in range(0, n, _CHUNK):
        flipped = np.arange(first, min(n, first + _CHUNK))
        X = np.repeat(base[None], flipped.size, axis=0)
        rows = np.arange(flipped.size)
        X[rows, flipped] ^= 1
        is_auxiliary[flipped] = np.asarray(formulation.complete(X))[rows, flipped] == base[flipped]
    return is_auxiliary
