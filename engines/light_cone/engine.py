"""Exact expectation values of QAOA at a small depth on sparse graphs of any size, from their light cones.

Each <Z_u> and <Z_u Z_v> is computed on its cone alone: by sums over a network of small tensors, by a state of the
exact engine where that is cheaper (dense cones), or in closed form at depth one. Equal cones are computed once. What a
run costs is known before it: `LightCones.cost`. Limits: work and memory grow with the cones' cycles, not the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...algorithms.depth_one import Correlations
from ...core import Float, Int
from .cones import CouplingGraph
from .contract import EngineChoice, engine_name
from .groups import How
from .plan import ConeCost, Limits, Plan, plan_of


@dataclass(frozen=True, eq=False)
class LightCones:
    """An Ising model prepared for QAOA at one depth: expectation values, energy and gradient, all of them exact.

    Spins s = 1 - 2 z, gates exp(-i gamma H) and exp(+i beta sum X), as everywhere in the package.

    Parameters
    ----------
    graph : the model
    num_layers : p
    plan : groups of cones, and where each expectation value stands; made by `of`
    how : threads and engine

    Examples
    --------
    One layer cuts 3/4 of a ring of 1,000 spins:

    >>> spins = np.arange(1000)
    >>> cones = LightCones.of(np.zeros(1000), spins, (spins + 1) % 1000, np.ones(1000), 1)
    >>> round(cones.energy([np.pi / 8], [np.pi / 8]), 9), cones.cost.num_cones, cones.cost.num_distinct
    (-500.0, 1000, 1000)
    """

    graph: CouplingGraph
    num_layers: int
    plan: Plan
    how: How

    @staticmethod
    def of(
        h: npt.ArrayLike,
        rows: npt.ArrayLike,
        cols: npt.ArrayLike,
        couplings: npt.ArrayLike,
        num_layers: int,
        *,
        pairs: npt.ArrayLike | None = None,
        threads: int = 1,
        engine: EngineChoice = "auto",
        limits: Limits | None = None,
    ) -> LightCones:
        """The cones of ``sum h_i s_i + sum J_k s_rows[k] s_cols[k]``.

        Parameters
        ----------
        pairs : shape (k, 2), further pairs whose <ZZ> is wanted; those of the couplings always are
        engine : of the sums; ``numpy`` is the reference
        limits : what a cone and an evaluation may take; None for the memory available and an hour

        Raises
        ------
        UnsupportedError
            A cone is too large, or all of them would take too long; nothing was computed.
        """
        graph = CouplingGraph.of(h, rows, cols, couplings)
        if num_layers < 1:
            raise ValueError(f"num_layers must be >= 1, got {num_layers!r}")
        engine_name(engine)
        everything = [*zip(graph.rows.tolist(), graph.cols.tolist()), *_further(graph, pairs)]
        plan = plan_of(graph, num_layers, list(range(graph.n)) if graph.h.any() else [], everything, limits)
        return LightCones(graph, num_layers, plan, How(threads, engine))

    @property
    def cost(self) -> ConeCost:
        """What an evaluation takes."""
        return self.plan.cost

    @property
    def engine(self) -> str:
        """What runs, for records."""
        return f"light cones ({self.cost.method}, {engine_name(self.how.engine)})"

    def correlations(self, gammas: npt.ArrayLike, betas: npt.ArrayLike) -> Correlations:
        """<Z_i> of all spins, <Z_i Z_j> of the couplings and of the further pairs; gammas and betas of shape (p,)."""
        gamma, beta = self._angles(gammas, betas)
        values = values_of(self.plan, gamma, beta, self.how)
        z = np.zeros(self.graph.n)
        z[self.plan.singles] = values[: len(self.plan.singles)]
        pairs = self.plan.pairs
        return Correlations(z, pairs[:, 0].copy(), pairs[:, 1].copy(), values[len(self.plan.singles) :])

    def energy_of(self, found: Correlations) -> float:
        """Mean energy that `correlations` belong to, without the model's offset."""
        return float(self.graph.h @ found.z + self.graph.couplings @ found.zz[: self.graph.couplings.size])

    def energy(self, gammas: npt.ArrayLike, betas: npt.ArrayLike) -> float:
        """Mean energy at gammas and betas of shape (p,), without the model's offset."""
        gamma, beta = self._angles(gammas, betas)
        return float(self._coefficients @ values_of(self.plan, gamma, beta, self.how))

    def value_and_gradient(self, gammas: npt.ArrayLike, betas: npt.ArrayLike) -> tuple[float, Float, Float]:
        """Mean energy and its exact derivatives by all gammas and betas; all of shape (p,)."""
        gamma, beta = self._angles(gammas, betas)
        value, slope = 0.0, np.zeros(2 * self.num_layers)
        for group, weights in zip(self.plan.groups, self._weights()):
            values, slopes = group.evaluate(gamma, beta, weights, self.how)
            value += float(weights @ values)
            slope += slopes
        return value, slope[: self.num_layers], slope[self.num_layers :]

    @property
    def _coefficients(self) -> Float:
        """Of each expectation value in the energy."""
        plan = self.plan
        further = np.zeros(len(plan.pairs) - self.graph.couplings.size)
        return np.concatenate([self.graph.h[plan.singles], self.graph.couplings, further])

    def _weights(self) -> list[Float]:
        """Coefficients of each group's rows."""
        signed = self._coefficients * self.plan.signs
        return [
            np.bincount(self.plan.rows[where], signed[where], minlength=group.num_rows).astype(np.float64)
            for group, where in zip(self.plan.groups, self.plan.of_group)
        ]

    def _angles(self, gammas: npt.ArrayLike, betas: npt.ArrayLike) -> tuple[Float, Float]:
        gamma, beta = (np.ascontiguousarray(np.atleast_1d(x), dtype=np.float64) for x in (gammas, betas))
        if gamma.shape != (self.num_layers,) or beta.shape != gamma.shape:
            raise ValueError(f"gammas and betas must have shape ({self.num_layers},), got {gamma.shape}, {beta.shape}")
        return gamma, beta


def values_of(plan: Plan, gammas: Float, betas: Float, how: How | None = None) -> Float:
    """The expectation values of a plan: those of its spins, then those of its pairs; shape (spins + pairs,).

    Gammas and betas have shape (p,).
    """
    out = np.zeros(plan.signs.size)
    for group, where in zip(plan.groups, plan.of_group):
        out[where] = group.evaluate(gammas, betas, None, how or How())[0][plan.rows[where]]
    return out * plan.signs


def _further(graph: CouplingGraph, pairs: Any) -> list[tuple[int, int]]:
    """Distinct pairs i < j that are no couplings."""
    if pairs is None:
        return []
    table: Int = np.sort(np.asarray(pairs, dtype=np.int64).reshape(-1, 2), axis=1)
    if table.size and (table.min() < 0 or table.max() >= graph.n or (table[:, 0] == table[:, 1]).any()):
        raise ValueError(f"pairs must be of different spins in 0..{graph.n - 1}")
    known = set(zip(graph.rows.tolist(), graph.cols.tolist()))
    return sorted({(i, j) for i, j in table.tolist()} - known)
