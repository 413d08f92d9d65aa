"""The start of a sampler in a round: what its first state gives, with the keywords that the run offers it."""

from __future__ import annotations

import numpy as np

from ..core import AnyArray, Encoding, ProductStart, Start
from ..solvers.base import QuboSampler
from .parts_sampling import Parts


def start_of(sampler: QuboSampler, encoding: Encoding) -> Start | None:
    """The sampler's own start in this encoding; None where it is uniform over the ground.

    Of a round whose parts are sampled each by itself, the parts' bits together; a part with a uniform start has halves.
    """
    if type(sampler).own_start is QuboSampler.own_start:
        return None
    if encoding.state.get("part_of") is None:
        native = encoding.native
        is_relaxed = "relaxation" in sampler.parameters and native is not None and native.num_rows
        point = relaxed_point(encoding) if is_relaxed else None
        return sampler.own_start(encoding.bqm, program=native, relaxation=point)
    parts = Parts.of(encoding)
    ones, is_uniform = np.full(encoding.num_qubits, 0.5), True
    for part in range(parts.count):
        bits, model = parts.model(part)
        start = sampler.own_start(model)
        if isinstance(start, ProductStart):
            ones[bits], is_uniform = start.ones, False
    return None if is_uniform else ProductStart(ones)


def relaxed_point(encoding: Encoding) -> AnyArray | None:
    """Fractional optimum of the native program's LP relaxation; products of the cost are left out of it. Shape (n,)."""
    from ..algorithms.linear import linear_relaxation

    program = encoding.native
    assert program is not None
    if program.couplings.num_products:
        return None
    rows = program.constraints
    solved = linear_relaxation(program.c, rows.A, rows.lower, rows.upper)
    return None if solved.is_infeasible else solved.x
