"""Rounds with several neighbourhoods that do not interact: each is sampled by itself, and the answers are put together.

The QUBO of such a round is a sum over its parts, so a sampler needs the qubits of the largest part alone. Point j of
the round has every part's j-th best answer: parts that share no product choose for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import AnyArray, Bits, Clock, Encoder, Encoding, bqm_from_arrays, bqm_to_arrays
from ..core.arrays import Float, Int
from ..solvers.base import QuboSampler, energies_of, points_of, sample_set
from .angles import learnt_angles, round_sampler

if TYPE_CHECKING:
    import dimod


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of a QUBO whose products stay inside them.

    ``part_of``: part of each bit, shape (m,); the other arrays are the QUBO's.
    """

    part_of: Int
    linear: Float
    rows: Int
    columns: Int
    values: Float

    @staticmethod
    def of(encoding: Encoding) -> Parts:
        """The parts that the encoder states.

        Raises
        ------
        ValueError
            Two parts share a product: a fault of the encoder.
        """
        part_of = np.asarray(encoding.state["part_of"], dtype=np.int64)
        linear, rows, columns, values, _ = bqm_to_arrays(encoding.bqm)
        if (part_of[rows] != part_of[columns]).any():
            raise ValueError("parts must share no product; this is a fault of the encoder")
        return Parts(part_of, linear, rows, columns, values)

    @property
    def count(self) -> int:
        return int(self.part_of.max(initial=-1)) + 1

    def model(self, part: int) -> tuple[Int, dimod.BinaryQuadraticModel]:
        """The bits of a part, shape (size,), and its own QUBO."""
        bits = np.flatnonzero(self.part_of == part)
        inside = self.part_of[self.rows] == part
        rows, columns = (np.searchsorted(bits, side[inside]) for side in (self.rows, self.columns))
        return bits, bqm_from_arrays(self.linear[bits], rows, columns, self.values[inside])

    def energies(self, Z: Bits) -> Float:
        """Energy of each part at each point, shape (k, parts)."""
        from scipy.sparse import csr_array

        X = np.asarray(Z, dtype=np.float64)
        by_bit = X * self.linear
        products = X[:, self.rows] * X[:, self.columns] * self.values
        m = len(self.linear)
        whole = csr_array((np.ones(m), (np.arange(m), self.part_of)), shape=(m, self.count))
        terms = csr_array(
            (np.ones(len(self.rows)), (np.arange(len(self.rows)), self.part_of[self.rows])),
            shape=(len(self.rows), self.count),
        )
        return np.asarray(by_bit @ whole + products @ terms)

    def aligned(self, Z: Bits) -> Bits:
        """Points of the same shape (k, m): point j has the j-th best answer of every part."""
        order = np.argsort(self.energies(Z), axis=0, kind="stable")
        out: Bits = np.take_along_axis(Z, order[:, self.part_of], axis=0)
        return out


def part_sizes(encoding: Encoding) -> int:
    """Bits of the largest part; all bits where the round has no parts."""
    part_of = encoding.state.get("part_of")
    return encoding.num_qubits if part_of is None or not len(part_of) else int(np.bincount(part_of).max())


def sample_round(
    sampler: QuboSampler, encoder: Encoder, encoding: Encoding, keywords: Mapping[str, Any]
) -> tuple[dimod.SampleSet, Mapping[str, Any]]:
    """The samples of a round, and what its angles taught (``angles`` and ``learnt``)."""
    state = {key: encoding.state.get(key) for key in ("angles", "learnt")}
    if encoding.state.get("part_of") is None:
        samples = round_sampler(sampler, encoder, state).sample(encoding.bqm, **keywords)
        return samples, learnt_angles(sampler, encoder, state, samples.info)
    parts = Parts.of(encoding)
    points: list[tuple[Int, Bits]] = []
    infos: list[Mapping[str, Any]] = []
    seeds = np.random.SeedSequence(keywords["seed"]).generate_state(parts.count) if "seed" in keywords else None
    clock = Clock(keywords.get("seconds"))
    for part in range(parts.count):
        bits, model = parts.model(part)
        own = dict(keywords) if seeds is None else {**keywords, "seed": int(seeds[part] & 0x7FFFFFFF)}
        if clock.remaining is not None:  # what is left is shared by the parts that are left
            own["seconds"] = max(1e-3, clock.remaining / (parts.count - part))
        samples = round_sampler(sampler, encoder, state).sample(model, **own)
        state = {**state, **learnt_angles(sampler, encoder, state, samples.info)}
        Z, _, counts = points_of(samples)
        points.append((bits, np.repeat(Z, counts, axis=0)))
        infos.append(samples.info)
    return _joined(encoding, points, infos), state


def _joined(encoding: Encoding, points: list[tuple[Int, Bits]], infos: list[Mapping[str, Any]]) -> dimod.SampleSet:
    """Point j of every part beside each other; a part with fewer points repeats its last."""
    k = max(len(Z) for _, Z in points)
    whole = np.zeros((k, encoding.num_qubits), dtype=np.uint8)
    for bits, Z in points:
        whole[:, bits] = Z[np.minimum(np.arange(k), len(Z) - 1)]
    info: dict[str, Any] = {"engine": infos[0].get("engine"), "parts": len(infos)}
    for key, put in (("qubits", max), ("shots", max), ("evaluations", sum), ("circuits", sum)):
        values = [entry[key] for entry in infos if entry.get(key) is not None]
        if values:
            info[key] = put(values)
    return sample_set(whole, energies_of(encoding.bqm, whole), None, info)


def aligned_points(encoding: Encoding, Z: AnyArray) -> Bits:
    """Uniform points of a round, shape (k, m), put together as the sampler's are."""
    points = np.asarray(Z, dtype=np.uint8)
    return points if encoding.state.get("part_of") is None else Parts.of(encoding).aligned(points)
