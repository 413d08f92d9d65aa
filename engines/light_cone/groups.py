"""Expectation values that are computed together: cones of one shape, those of one state, or all of depth one.

Each group gives the values of its rows and the gradient of a weighted sum of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from ...algorithms.hadamard import walsh_hadamard
from ...core import AnyArray, Float, Int
from .. import diagonal
from ..diagonal.choice import Options
from ..diagonal.engine import layers_gradient
from ..diagonal.layers import qaoa_layers
from ..diagonal.measure import MEAN
from ..diagonal.memory import available_bytes
from .contract import EngineChoice, evaluate
from .network import Network

#: Seconds of a multiplication of a network with its share of the gradient: rows one by one, and eight as lanes; of a
#: call.
_SECONDS_SHARED, _SECONDS_IN_LANES, _SECONDS_NETWORK = 4e-9, 3e-9, 2e-5
#: Parts that rows are split into, for threads, and rows of a part.
_MOST_PARTS, _LEAST_ROWS = 8, 16
#: Seconds of a layer of a state with gradient, per amplitude, and of any call.
_SECONDS_AMPLITUDE, _SECONDS_CALL = 2e-8, 3e-4


@dataclass(frozen=True)
class How:
    """Threads and engine of a run."""

    threads: int = 1
    engine: EngineChoice = "auto"


class Group(Protocol):
    """Rows of expectation values."""

    @property
    def num_rows(self) -> int: ...

    def evaluate(self, gammas: Float, betas: Float, weights: Float | None, how: How) -> tuple[Float, Float]:
        """Values (r,), and the gradient (2p,) of ``weights @ values`` (zeros without weights)."""
        ...


@dataclass(frozen=True, eq=False)
class NetworkGroup:
    """Cones of one shape, a row each; made by `of`, which sorts the rows.

    Parameters
    ----------
    is_shared : whether rows are taken one by one, each keeping what it shares with the one before
    seconds : estimated, of the values and the gradient on one thread
    """

    network: Network
    couplings: Float
    fields: Float
    is_shared: bool
    seconds: float

    @staticmethod
    def of(network: Network, couplings: Float, fields: Float) -> tuple[NetworkGroup, Int]:
        """The group of couplings (r, edges) and fields (r, vertices), and the place in it of each row given."""
        columns = network.sorted_rows(couplings, fields)
        shared = float(columns.changes @ network.step_work) * _SECONDS_SHARED
        lanes = len(couplings) * network.work * _SECONDS_IN_LANES
        is_shared = not _fits_lanes(network) or shared < lanes
        place = np.empty(len(couplings), dtype=np.int64)
        place[columns.order] = np.arange(len(couplings))
        seconds = (shared if is_shared else lanes) + _SECONDS_NETWORK
        group = NetworkGroup(network, couplings[columns.order], fields[columns.order], is_shared, seconds)
        return group, place

    @property
    def num_rows(self) -> int:
        return len(self.couplings)

    def evaluate(self, gammas: Float, betas: Float, weights: Float | None, how: How) -> tuple[Float, Float]:
        """Correlations of all rows, shape (rows,), by the network; with weights their sum's gradient, shape (2 p,),
        too.
        """

        def part(rows: AnyArray) -> tuple[Float, Float]:
            of_rows = None if weights is None else weights[rows]
            numbers = self.couplings[rows], self.fields[rows]
            return evaluate(
                self.network, gammas, betas, *numbers, weights=of_rows, engine=how.engine, is_shared=self.is_shared
            )

        # as many parts whatever the threads, so that sums of gradients are the same
        parts = np.array_split(np.arange(self.num_rows), max(1, min(_MOST_PARTS, self.num_rows // _LEAST_ROWS)))
        threads = min(how.threads, len(parts))
        if threads > 1:
            threads = min(threads, (available_bytes() or 2**62) // (32 * self.network.size))
        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                found = list(pool.map(part, parts))
        else:
            found = [part(rows) for rows in parts]
        values = np.concatenate([each[0] for each in found])
        return values, np.asarray(sum(each[1] for each in found))


@dataclass(frozen=True, eq=False)
class StateGroup:
    """Products of Z in one state of the exact engine.

    Parameters
    ----------
    h, rows, cols, couplings : the part of the model that the values depend on
    masks : of each row, its one or two qubits as bits
    """

    h: Float
    rows: Int
    cols: Int
    couplings: Float
    masks: Int

    @property
    def num_rows(self) -> int:
        return len(self.masks)

    @cached_property
    def cost(self) -> diagonal.CostDiagonal:
        """The model's energies."""
        return _diagonal_of(self.h, self.rows, self.cols, self.couplings)

    def evaluate(self, gammas: Float, betas: Float, weights: Float | None, how: How) -> tuple[Float, Float]:
        """Correlations of all masks, shape (rows,), of a state; with weights their sum's gradient, shape (2 p,)."""
        engine: EngineChoice = "numpy" if how.engine == "numpy" else "auto"
        threads = diagonal.threads_for(self.h.size, how.threads)
        state = diagonal.evolve(self.cost, gammas, betas, threads=threads, engine=engine)
        if isinstance(state, diagonal.State):
            values = walsh_hadamard(state.probabilities())[self.masks]
        else:
            values = np.asarray(state.correlations(self.masks))
        if weights is None:
            return values, np.zeros(2 * gammas.size)
        layers = qaoa_layers(self.cost, gammas, betas)
        options = Options(threads=threads, engine=engine)
        _, by_gamma, by_angle = layers_gradient(layers, self._observable(weights), MEAN, options)
        return values, np.concatenate([by_gamma, by_angle.sum(axis=1)])

    def _observable(self, weights: Float) -> diagonal.CostDiagonal:
        ends = [[q for q in range(self.h.size) if mask >> q & 1] for mask in self.masks.tolist()]
        fields = np.zeros(self.h.size)
        pairs: list[list[int]] = []
        values: list[float] = []
        for qubits, weight in zip(ends, weights.tolist()):
            if len(qubits) == 1:
                fields[qubits[0]] += weight
            else:
                pairs.append(qubits)
                values.append(weight)
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return _diagonal_of(fields, table[:, 0], table[:, 1], np.array(values))


def _diagonal_of(h: Float, rows: Int, cols: Int, couplings: Float) -> diagonal.CostDiagonal:
    """Energies ``sum h_i s_i + sum J s s`` with s = 1 - 2 z."""
    linear = -2 * h
    np.subtract.at(linear, rows, 2 * couplings)
    np.subtract.at(linear, cols, 2 * couplings)
    offset = float(h.sum() + couplings.sum())
    return diagonal.CostDiagonal.from_arrays(linear, rows, cols, 4 * couplings, offset)


def network_seconds(networks: Network, num_rows: int) -> float:
    """Estimate of the values and gradients of so many rows, at most: nothing that they may share is known."""
    each = _SECONDS_IN_LANES if num_rows > 4 and _fits_lanes(networks) else _SECONDS_SHARED
    return num_rows * networks.work * each


def _fits_lanes(network: Network) -> bool:
    """Whether eight rows with their slopes fit in the cache of a core."""
    return network.size * 256 < 2**21


def state_seconds(num_qubits: int, num_layers: int) -> float:
    """Estimate of one state with its gradient."""
    return _SECONDS_CALL + num_layers * _SECONDS_AMPLITUDE * 2.0 ** min(num_qubits, 1000)


def state_bytes(num_qubits: int) -> int:
    """Two states and two diagonals; at most 2**62."""
    return int(min(2.0 ** min(num_qubits, 62) * 48, 2.0**62))


def distinct_rows(rows: Sequence[AnyArray]) -> tuple[Float, Int]:
    """Distinct rows (bit for bit), in the order in which they first stand, and the place of each.

    k rows of shape (c,) give an array of shape (u, c) and places of shape (k,).
    """
    places: dict[bytes, int] = {}
    where = np.array([places.setdefault(row.tobytes(), len(places)) for row in rows], dtype=np.int64)
    first = np.unique(where, return_index=True)[1]
    return np.array([rows[k] for k in first]).reshape(len(first), -1), where
