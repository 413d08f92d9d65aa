"""Parallel tempering on the lanes: a batch of replicas a temperature, exchanged lane by lane, with cluster moves.

Each lane is a ladder of its own. Neighbouring temperatures exchange their spins with probability
``min(1, exp((b_i - b_j)(E_i - E_j)))``. On sparse graphs two ladders of one temperature also exchange a connected
cluster of spins in which they differ (Houdayer's isoenergetic move): the sum of their energies stays what it was.

References: Zhu, Ochoa, Katzgraber (2015), Efficient cluster algorithm for spin glasses in any space dimension,
doi:10.1103/PhysRevLett.115.077201; Houdayer (2001), doi:10.1007/PL00011151.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import AnyArray, Float
from .engine import How, Replicas, Spins, start
from .model import IsingModel

#: Mean number of neighbours up to which clusters stay below the whole graph.
CLUSTER_DEGREE = 6


@dataclass(frozen=True)
class TemperingSettings:
    """How the ladders run.

    Parameters
    ----------
    num_temperatures : rungs, geometric between the hottest and the coldest.
    num_sweeps : sweeps of each rung; ``sweeps_per_exchange`` of them between two exchanges.
    clusters : cluster moves in the colder half; None makes them where the graph is sparse.
    """

    num_temperatures: int = 16
    num_sweeps: int = 1000
    sweeps_per_exchange: int = 10
    clusters: bool | None = None

    def __post_init__(self) -> None:
        if self.num_temperatures < 2 or self.num_sweeps < 1 or self.sweeps_per_exchange < 1:
            raise ValueError(
                "num_temperatures must be >= 2, num_sweeps and sweeps_per_exchange >= 1, got "
                f"{self.num_temperatures!r}, {self.num_sweeps!r}, {self.sweeps_per_exchange!r}"
            )


@dataclass(frozen=True, eq=False)
class Tempered:
    """Best spins of each ladder (ladders, n) with their energies, and the share of exchanges that were made."""

    spins: Spins
    energies: Float
    exchanged: float
    rounds: int


def temper(
    model: IsingModel,
    half_temperatures: Float,
    settings: TemperingSettings,
    *,
    seed: int,
    how: How,
    is_over: Callable[[], bool] = lambda: False,
    observe: Callable[[list[Spins]], None] = lambda rungs: None,
) -> Tempered:
    """All ladders of a batch.

    Parameters
    ----------
    half_temperatures : T / 2 of each rung in units of the model, hottest first.
    observe : called after each round with the spins (ladders, n) of all rungs.
    """
    words = np.random.SeedSequence(seed).generate_state(len(half_temperatures), np.uint64)
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
    rungs = [start(model, how, np.asarray(word, dtype=np.uint64)) for word in words.reshape(-1, 1)]
    betas = 0.5 / (half_temperatures * model.unit)
    uses = (
        settings.clusters if settings.clusters is not None else len(model.col) <= CLUSTER_DEGREE * model.num_variables
    )
    graph = _matrix(model)
    best, best_energies = rungs[0].points().copy(), np.full(rungs[0].spins.shape[1], np.inf)
    tried = made = rounds = 0
    for first in range(0, settings.num_sweeps, settings.sweeps_per_exchange):
        if rounds and is_over():
            break
        count = min(settings.sweeps_per_exchange, settings.num_sweeps - first)
        for rung, t in zip(rungs, half_temperatures):
            rung.advance(np.full(count, t))
        if uses:
            for rung in rungs[len(rungs) // 2 :]:
                cluster_moves(rung.spins, graph, rng)
        energies = np.array([model.energies(rung.points()) for rung in rungs])
        coldest = int(np.argmin(energies.min(axis=1)))
        for k in {coldest, len(rungs) - 1}:
            better = energies[k] < best_energies
            best[better], best_energies[better] = rungs[k].points()[better], energies[k][better]
        for low in range(rounds % 2, len(rungs) - 1, 2):
            swapped = exchange(rungs[low], rungs[low + 1], betas[low : low + 2], energies[low : low + 2], rng)
            tried, made = tried + len(swapped), made + int(swapped.sum())
        observe([rung.points() for rung in rungs])
        rounds += 1
    return Tempered(best, best_energies, made / max(1, tried), rounds)


def exchange(hot: Replicas, cold: Replicas, betas: AnyArray, energies: AnyArray, rng: np.random.Generator) -> AnyArray:
    """Lanes whose spins the two rungs exchanged; ``energies`` (2, lanes) follow."""
    gain = (betas[0] - betas[1]) * (energies[0] - energies[1])
    swapped = np.log(rng.random(len(gain))) < gain
    hot.spins[:, swapped], cold.spins[:, swapped] = cold.spins[:, swapped], hot.spins[:, swapped]
    energies[:, swapped] = energies[::-1, swapped]
    return np.asarray(swapped)


def cluster_moves(spins: Spins, graph: Any, rng: np.random.Generator) -> None:
    """One isoenergetic move for each pair of a random pairing of the lanes.

    A connected cluster of spins in which the two lanes differ, found from a random one of them, is exchanged.

    Parameters
    ----------
    spins : shape (n, lanes), changed in place
    graph : sparse array of the couplings, shape (n, n), both directions
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    order = rng.permutation(spins.shape[1])
    first, second = order[0::2][: len(order) // 2], order[1::2]
    some = (spins[:, first] != spins[:, second]).any(axis=0)
    if not some.any():
        return
    first, second = first[some], second[some]
    hot, cold = spins[:, first], spins[:, second]
    differ = hot != cold
    # the pairs' graphs side by side: site i of pair p is number i * pairs + p
    n, pairs = differ.shape
    rows, cols = np.repeat(np.arange(n), np.diff(graph.indptr)), graph.indices
    edge, pair = np.nonzero(differ[rows] & differ[cols])
    places = rows[edge] * pairs + pair, cols[edge] * pairs + pair
    labels = np.arange(n * pairs).reshape(n, pairs)
    if len(edge):
        whole = coo_array((np.ones(len(edge), dtype=np.int8), places), shape=(n * pairs, n * pairs))
        labels = connected_components(whole, directed=False)[1].reshape(n, pairs)
    drawn = np.array([rng.integers(count) for count in differ.sum(axis=0)])
    start = np.argmax(np.cumsum(differ, axis=0) > drawn, axis=0)
    cluster = differ & (labels == labels[start, np.arange(pairs)])
    spins[:, first], spins[:, second] = np.where(cluster, cold, hot), np.where(cluster, hot, cold)


def _matrix(model: IsingModel) -> Any:
    from scipy.sparse import csr_array

    n = model.num_variables
    return csr_array((model.weight, model.col, model.ptr), shape=(n, n))
