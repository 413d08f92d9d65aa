"""Simulated annealing of dwave-samplers, the peer of our own engine, with seeds and limits held to their word.

Without a time limit a run is one library call and replays exactly. With one it is as many reads as fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import dimod
import numpy as np

from ...core import AnyArray, Clock, Float
from ..seeds import spawn_seeds
from .reads import DEFAULT_READS, points_by_label, seed_stream

#: Longest stretch of work between two looks at the clock, as a share of the time limit.
CLOCK_SHARE = 0.05

#: Share of the time left that the first anneal may plan to take.
FIRST_READ_SHARE = 0.8


@dataclass(frozen=True)
class DwaveAnnealer:
    """How the library anneals: the inverse temperature of each sweep, and its other options."""

    betas: Float
    randomize_order: bool = False
    acceptance: Literal["Metropolis", "Gibbs"] = "Metropolis"

    def run(
        self, spin: dimod.BinaryQuadraticModel, wanted: int | None, seed: int | None, clock: Clock
    ) -> tuple[AnyArray, int]:
        """Points (reads, n) of 0 and 1 for a SPIN model with labels 0..n-1, and the sweeps each of them had."""
        if clock.remaining is None:
            return self._anneal(spin, self.betas, wanted or DEFAULT_READS, spawn_seeds(seed, 1)[0])[0], len(self.betas)
        return self._anneal_until(spin, self.betas, wanted, seed, clock)

    def _anneal(
        self, spin: dimod.BinaryQuadraticModel, betas: Float, num_reads: int, seed: int, **options: Any
    ) -> tuple[AnyArray, float]:
        """Points, and the seconds that the library spent on sweeps."""
        from dwave.samplers import SimulatedAnnealingSampler

        samples = SimulatedAnnealingSampler().sample(
            spin,
            num_reads=num_reads,
            beta_schedule_type="custom",
            beta_schedule=betas,
            seed=seed,
            randomize_order=self.randomize_order,
            proposal_acceptance_criteria=self.acceptance,
            **options,
        )
        return points_by_label(samples, spin.num_variables), 1e-9 * samples.info["timing"]["sampling_ns"]

    def _anneal_until(
        self, spin: dimod.BinaryQuadraticModel, betas: Float, wanted: int | None, seed: int | None, clock: Clock
    ) -> tuple[AnyArray, int]:
        """Reads until the time is over, and the sweeps each of them had.

        The library looks at the clock between reads only. A read longer than the share of the clock is therefore
        annealed in pieces, each from the point where the last one ended.
        """
        limit = clock.remaining or 0.0
        seeds = seed_stream(seed)
        short, long = (self._anneal(spin, betas[:1].repeat(k), 1, next(seeds))[1] for k in (1, 5))
        sweep_seconds = max(0.0, long - short) / 4  # the rest is the library building its own model
        fitting = int(FIRST_READ_SHARE * (clock.remaining or 0.0) / max(sweep_seconds, 1e-9))
        if fitting < len(betas):  # not one read fits: an anneal with fewer sweeps beats one that ends hot
            betas = betas[np.linspace(0, len(betas) - 1, max(2, fitting)).astype(int)]
        Z: list[AnyArray] = []
        count, batch = 0, 1
        while not Z or (not clock.is_over and (wanted is None or count < wanted)):
            piece = int(CLOCK_SHARE * limit / max(sweep_seconds, 1e-9))
            if piece < len(betas):
                if Z and (clock.remaining or 0.0) < sweep_seconds * len(betas):
                    break
                points, sweep_seconds = self._read_in_pieces(spin, betas, max(1, piece), seeds, clock)
            else:
                size = batch if wanted is None else min(batch, wanted - count)
                points, _ = self._anneal(spin, betas, size, next(seeds), interrupt_function=lambda: clock.is_over)
                batch = min(2 * batch, 4096)
            Z.append(points)
            count += len(points)
        return np.concatenate(Z), len(betas)

    def _read_in_pieces(
        self, spin: dimod.BinaryQuadraticModel, betas: Float, piece: int, seeds: Iterator[int], clock: Clock
    ) -> tuple[AnyArray, float]:
        """One anneal, ended early only if the clock is over, and the seconds of a sweep."""
        point, seconds = self._anneal(spin, betas[:piece], 1, next(seeds))
        done = piece
        while done < len(betas) and not clock.is_over:
            segment = betas[done : done + piece]
            start = (2 * point.astype(np.int8) - 1, list(range(spin.num_variables)))
            point, more = self._anneal(spin, segment, 1, next(seeds), initial_states=start)
            seconds += more
            done += len(segment)
        return point, seconds / min(done, len(betas))


def default_betas(spin: dimod.BinaryQuadraticModel) -> tuple[float, float]:
    """First and last inverse temperature of dwave-samplers' rule, vectorised (theirs is a Python loop over the terms).

    Hot: the largest possible energy change of a flip is accepted with probability 1/2. Cold: a flip of the smallest
    change happens once in a hundred last sweeps. A model without coefficients gives (1, 1), where theirs warns.
    """
    vectors = spin.to_numpy_vectors(variable_order=range(spin.num_variables))
    h = np.abs(np.asarray(vectors.linear_biases, dtype=np.float64))
    i, j, couplings = vectors.quadratic.row_indices, vectors.quadratic.col_indices, np.abs(vectors.quadratic.biases)
    total = h.copy()
    smallest = np.where(h > 0, h, np.inf)
    for end in (i, j):
        np.add.at(total, end, couplings)
        np.minimum.at(smallest, end, np.where(couplings > 0, couplings, np.inf))
    smallest = smallest[np.isfinite(smallest)]
    if not len(smallest):
        return 1.0, 1.0
    least = float(smallest.min())
    cold = np.log(np.sum(smallest == least) / 0.01) / (2 * least)
    return float(np.log(2) / (2 * total.max())), float(cold)
