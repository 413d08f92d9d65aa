"""Route solvers of the hybrid tabu search that are pipelines: the position QUBO of one route, a sampler, and repair.

``random`` is the control of ``sa``: as many uniform points of the same bits, put through the same repair. Both keep the
best feasible order of raw and repaired points; the repair is counted as theirs, as it is the same for both.
"""

from __future__ import annotations

import numpy as np

from ..core import Int, RepairFailed, UnsupportedError
from ..problems.tsptw import Tsptw
from ..solvers.native.routing.hybrid import RouteOrder, register_route_solver


def pipeline_order(sampler: str, **settings: object) -> RouteOrder:
    """A route solver: the pipeline of a sampler on the position formulation with the slack encoder and swap repair."""

    def order(problem: Tsptw, seed: int) -> Int | None:
        from .run import solve  # the solver room must not load the experiments

        if problem.presolve.conflict:
            return None
        try:
            record = solve(
                problem,
                {"name": sampler, **settings},
                encoder="slack",
                formulation="positions",
                improve=False,
                control=False,
                seed=seed,
                rounds=1,
                repair_top=3,
                reference="none",
            )
        except (UnsupportedError, RepairFailed):
            return None
        if record.solution is None or record.violations:
            return None
        return np.array(record.solution, dtype=np.int64)

    return order


@register_route_solver("sa")
def annealed(reads: int) -> RouteOrder:
    """Simulated annealing."""
    return pipeline_order("sa", num_reads=reads)


@register_route_solver("random")
def uniform(reads: int) -> RouteOrder:
    """Uniform points: the control of the samplers."""
    return pipeline_order("random", num_reads=reads)


@register_route_solver("qaoa")
def circuit(reads: int) -> RouteOrder:
    """QAOA of one layer on the exact engine; routes of up to some five stops."""
    return pipeline_order("qaoa", num_layers=1, num_shots=reads)
