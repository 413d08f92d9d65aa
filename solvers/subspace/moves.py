"""Mixers of a listed space by moves between its points: flips (controlled X) and swaps (XY), sum or ordered product.

A move whose target is not in the space is left out, which is what the controls of a controlled mixer do. Limits: the
moves must connect the space (else there is no one ground state), and a table of them is held in memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ...core import Float, Int, UnsupportedError
from .chebyshev import Complex, exponential
from .keyed import KeyedSpace, subset_space
from .memory import check_bytes
from .mixers import Graph, ring_edges, uniform_state

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Form = Literal["sum", "trotter"]
Indices = npt.NDArray[np.int32]

#: Below this many states the ground state comes from a dense eigensolver.
DENSE_STATES = 128

#: Bytes a move takes, at most: two of pairs (int32), and two CSR entries (int32 column, float64 one).
MOVE_BYTES = 8 + 24


@dataclass(frozen=True, eq=False)
class MoveMixer:
    """``M = -sum of moves``, each move a set of disjoint pairs of points that it exchanges.

    ``form = "sum"`` is exp(-i beta M) itself (Chebyshev series); ``"trotter"`` is the product of the single moves'
    exponentials in ``order``, the first move acting first. Use ``flip_mixer`` and ``swap_mixer`` to make one.

    Parameters
    ----------
    space : points.
    bits : the bits that each move turns over, as masks, in Trotter order, shape (num_moves,).
    form : exact sum or ordered product.
    name, order : words for ``describe``.
    max_bytes : most bytes the table of moves may take; None for the package's limit.

    Raises
    ------
    UnsupportedError
        The table is too large, or the moves do not connect the space.
    """

    space: KeyedSpace
    bits: Int
    form: Form
    name: str
    order: str
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        if self._is_complete_subset:
            subject, remedy = "the lowering matrix of the subsets", "use the Grover mixer"
        else:
            subject, remedy = f"the table of {len(self.bits)} moves", "use the Grover mixer, or fix variables first"
        check_bytes(subject, self.num_bytes, remedy, self.max_bytes)
        if not self._is_complete_subset and self.space.size > 1:
            from scipy.sparse.csgraph import connected_components

            parts = int(connected_components(self._adjacency, directed=False, return_labels=False))
            if parts > 1:
                raise UnsupportedError(
                    f"{self.name} moves must connect the space, got {parts} parts ({self.space.describe()}); "
                    "use the Grover mixer"
                )

    @property
    def _is_complete_subset(self) -> bool:
        """All swaps on all subsets of one weight, as a sum: the adjacency is a product of two far sparser matrices."""
        n = self.space.num_bits
        weight = self.space.weight
        if self.form != "sum" or weight is None or self.space.size != math.comb(n, weight):
            return False
        return len(self.bits) == math.comb(n, 2) and bool((np.bitwise_count(self.bits) == 2).all())

    @property
    def num_bytes(self) -> int:
        n, weight, size = self.space.num_bits, self.space.weight, self.space.size
        if self._is_complete_subset and weight is not None:
            return 2 * 12 * size * min(weight, n - weight) + 8 * size
        per_state = len(self.bits) if weight is None else min(len(self.bits), weight * (n - weight))
        return MOVE_BYTES * size * per_state // 2

    @cached_property
    def _pairs(self) -> list[tuple[Indices, Indices]]:
        """For each move the indices of its pairs; the point with the move's highest bit clear stands first."""
        keys = self.space.keys
        out = []
        for mask in self.bits.tolist():
            low = np.flatnonzero((keys & (1 << (mask.bit_length() - 1))) == 0)
            partner = self.space.find(keys[low] ^ mask)
            if mask.bit_count() == 2:  # a swap needs exactly one of its bits set
                partner = np.where((keys[low] & mask) != 0, partner, -1)
            keep = partner >= 0
            out.append((low[keep].astype(np.int32), partner[keep].astype(np.int32)))
        return out

    @cached_property
    def _adjacency(self) -> csr_array:
        from scipy.sparse import coo_array

        empty = np.zeros(0, dtype=np.int32)
        first = np.concatenate([empty, *(i for i, _ in self._pairs)])
        second = np.concatenate([empty, *(j for _, j in self._pairs)])
        ends = np.concatenate([first, second]), np.concatenate([second, first])
        size = self.space.size
        return coo_array((np.ones(len(ends[0])), ends), shape=(size, size)).tocsr()

    @cached_property
    def _product(self) -> Callable[[Float], Float]:
        """M times real columns."""
        if not self._is_complete_subset:
            adjacency = self._adjacency
            return lambda columns: np.asarray(-(adjacency @ columns))
        step, loops = _one_bit_less(self.space)
        back = step.T.tocsr()
        return lambda columns: np.asarray(loops * columns - back @ (step @ columns))

    @cached_property
    def _bounds(self) -> tuple[float, float]:
        """Bounds of M's spectrum; exact for all swaps of all subsets.

        Else plus and minus max_i (A x)_i / x_i of a positive x, which bounds every eigenvalue of a nonnegative A
        (Collatz, Wielandt): the largest degree for x = 1, nearly the largest eigenvalue itself for the ground state.
        """
        if self._is_complete_subset and self.space.weight is not None:
            weight, n = self.space.weight, self.space.num_bits
            return -float(weight * (n - weight)), float(min(weight, n - weight))
        radius = float(self._degrees.max(initial=0.0))
        if np.ptp(self._degrees) > 0 and (self.ground > 0).all():
            moved = -self._product(self.ground[:, None])[:, 0]
            radius = min(radius, float((moved / self.ground).max()) * (1 + 1e-12))
        return -radius, radius

    @cached_property
    def _degrees(self) -> Float:
        return np.asarray(-self._product(np.ones((self.space.size, 1))))[:, 0]

    @cached_property
    def ground(self) -> Float:
        """Uniform where every point has the same number of moves, else the Perron vector of the adjacency."""
        size = self.space.size
        if np.ptp(self._degrees) == 0:
            return uniform_state(size)
        if size <= DENSE_STATES:
            vector = np.linalg.eigh(self._adjacency.toarray())[1][:, -1]
        else:
            from scipy.sparse.linalg import eigsh

            vector = eigsh(self._adjacency, k=1, which="LA", v0=uniform_state(size), tol=0)[1][:, 0]
        vector = np.abs(vector)
        return np.asarray(vector / np.linalg.norm(vector))

    @property
    def beta_unit(self) -> float:
        return 1 / math.sqrt(max(1.0, float(self._degrees.mean()))) if self.space.size else 1.0

    def apply(self, state: Complex, beta: float) -> Complex:
        """exp(-i beta M) on a state, shape (size,): a Chebyshev series, or the ordered product of its moves."""
        if self.form == "sum":
            return exponential(self._product, state[:, None], beta, *self._bounds)[:, 0]
        state = state.copy()
        for first, second in self._pairs:
            _turn(state, first, second, beta)
        return state

    def pull_back(self, state: Complex, adjoint: Complex, beta: float) -> tuple[Complex, Complex, float]:
        """State and adjoint, shape (size,) each, before the mixer, and the derivative by beta."""
        if self.form == "sum":
            columns = np.ascontiguousarray(state).view(np.float64).reshape(-1, 2)
            moved = np.ascontiguousarray(self._product(columns)).view(np.complex128)[:, 0]
            slope = 2 * float(np.vdot(adjoint, moved).imag)
            both = exponential(self._product, np.stack([state, adjoint], axis=1), -beta, *self._bounds)
            return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1]), slope
        state, adjoint = state.copy(), adjoint.copy()
        slope = 0.0
        for first, second in reversed(self._pairs):
            overlap = np.vdot(adjoint[first], state[second]) + np.vdot(adjoint[second], state[first])
            slope -= 2 * float(overlap.imag)
            _turn(state, first, second, -beta)
            _turn(adjoint, first, second, -beta)
        return state, adjoint, slope

    def describe(self) -> str:
        """The moves, and whether their sum is exponentiated or their product taken."""
        form = "exact sum (Chebyshev series)" if self.form == "sum" else f"ordered product: {self.order}"
        return f"{self.name} mixer, {form}"


def _turn(state: Complex, first: Indices, second: Indices, beta: float) -> None:
    """exp(+i beta X) on each pair, in place."""
    c, s = math.cos(beta), 1j * math.sin(beta)
    a, b = state[first], state[second]
    state[first] = c * a + s * b
    state[second] = s * a + c * b


def _one_bit_less(space: KeyedSpace) -> tuple[csr_array, int]:
    """R from subsets of k to those of k - 1 (k + 1 where that is fewer), and the loops in R'R = adjacency + loops."""
    from scipy.sparse import csr_array

    n, k = space.num_bits, space.weight
    assert k is not None
    lower = k <= n - k
    loops = k if lower else n - k
    if loops == 0:
        return csr_array((1, space.size)), 0
    target = subset_space(n, k - 1 if lower else k + 1)
    has = ((space.keys[:, None] >> np.arange(n)) & 1).astype(bool)
    rows, bits = np.nonzero(has if lower else ~has)
    columns = target.find(space.keys[rows] ^ (1 << bits)).astype(np.int32)
    indptr = np.arange(space.size + 1, dtype=np.int32) * loops
    transposed = csr_array((np.ones(len(columns)), columns, indptr), shape=(space.size, target.size))
    return transposed.T.tocsr(), loops


def flip_mixer(
    space: KeyedSpace,
    *,
    form: Form = "sum",
    order: Sequence[int] | None = None,
    max_bytes: int | None = None,
) -> MoveMixer:
    """``M = -sum_v X_v [the flip stays in the space]``: for independent sets X_v prod over neighbours (1 - n_w).

    Parameters
    ----------
    order : bits in the order in which an ordered product flips them; 0, 1, 2, ... when None.

    Raises
    ------
    ValueError
        ``order`` does not hold each bit once.

    References
    ----------
    Hadfield et al. (2019), doi:10.3390/a12020034 (their mixer of maximum independent set), here with the sign that
    makes the start a ground state.

    Examples
    --------
    >>> mixer = flip_mixer(KeyedSpace([0, 1, 2], 2, "independent sets of one edge"))
    >>> mixer.ground.round(3).tolist(), mixer.describe()
    ([0.707, 0.5, 0.5], 'flip (controlled-X) mixer, exact sum (Chebyshev series)')
    """
    bits = np.arange(space.num_bits) if order is None else np.asarray(order, dtype=np.int64)
    if not np.array_equal(np.sort(bits), np.arange(space.num_bits)):
        raise ValueError(f"order must hold each bit 0..{space.num_bits - 1} once, got {bits.tolist()}")
    words = f"bits {'in index order' if order is None else ', '.join(map(str, bits.tolist()))}"
    return MoveMixer(space, 1 << bits, form, "flip (controlled-X)", words, max_bytes)


def swap_mixer(
    space: KeyedSpace, *, graph: Graph = "complete", form: Form = "sum", max_bytes: int | None = None
) -> MoveMixer:
    """``M = -sum over pairs (XX + YY)/2`` of a space of one weight: all pairs of bits, or neighbours on a ring.

    The ordered product goes, for the ring, through the edges (0,1), (2,3), ..., then (1,2), (3,4), ..., the closing
    edge last; for the complete graph through the rounds of a round-robin tournament, whose pairs are disjoint. The
    ring's ground state is not the Dicke state, for it has more moves where ones and zeros alternate.

    References
    ----------
    Wang, Rubin, Dominy, Rieffel (2020), arXiv:1904.09314.

    Examples
    --------
    >>> swap_mixer(subset_space(4, 2)).ground.round(3).tolist()
    [0.408, 0.408, 0.408, 0.408, 0.408, 0.408]
    """
    n = space.num_bits
    edges = tournament(n) if graph == "complete" else alternating(n)
    masks = np.array([(1 << i) | (1 << j) for i, j in edges], dtype=np.int64)
    words = "round-robin rounds of disjoint pairs" if graph == "complete" else "even edges, odd edges, closing edge"
    return MoveMixer(space, masks, form, f"{graph}-XY", words, max_bytes)


def alternating(n: int) -> list[tuple[int, int]]:
    """Edges of a ring: even ones, odd ones, and for odd n the closing edge last.

    Examples
    --------
    >>> alternating(5)
    [(0, 1), (2, 3), (1, 2), (3, 4), (0, 4)]
    """
    edges = ring_edges(n)
    line = [edge for edge in edges if edge[1] == edge[0] + 1]
    return line[0::2] + line[1::2] + [edge for edge in edges if edge not in line]


def tournament(n: int) -> list[tuple[int, int]]:
    """All pairs of 0..n-1 in rounds of disjoint pairs (circle method).

    Examples
    --------
    >>> tournament(4)
    [(0, 3), (1, 2), (1, 3), (0, 2), (2, 3), (0, 1)]
    """
    m = n + n % 2
    out = []
    for turn in range(m - 1):
        ring = [(turn + k) % (m - 1) for k in range(m - 1)]
        pairs = [(ring[0], m - 1)] + [(ring[k], ring[m - 1 - k]) for k in range(1, m // 2)]
        out += [(min(pair), max(pair)) for pair in pairs if max(pair) < n]
    return out
