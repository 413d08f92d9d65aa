"""Mixers of a feasible subspace: a gate exp(-i beta M) that never leaves it, with M's ground state as the start.

M is minus an adjacency: of transposed permutations, of moved group members, of swapped or flipped bits; or minus the
projector onto the uniform state (Grover). So the start is its ground state, and positive ramps anneal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from ...core import Float
from .chebyshev import Complex
from .fourier import SymmetricFourier, content, partitions
from .memory import check_bytes
from .spaces import GroupSpace, PermutationSpace, Space

Graph = Literal["complete", "ring"]


@runtime_checkable
class Mixer(Protocol):
    """A Hamiltonian M on a space, its gate, and the gate's part of the adjoint gradient. States have shape (size,)."""

    @property
    def space(self) -> Space: ...

    @property
    def ground(self) -> Float:
        """The ground state of M: real, nonnegative, of norm 1."""
        ...

    @property
    def beta_unit(self) -> float:
        """Angle at which the gate moves by about one radian: 1 / sqrt(mean squared eigenvalue of M); 1 for Grover."""
        ...

    @property
    def num_bytes(self) -> int:
        """Bytes of the tables, without states."""
        ...

    def apply(self, state: Complex, beta: float) -> Complex:
        """exp(-i beta M) state, or the ordered product that ``describe`` names. States have shape (size,)."""
        ...

    def pull_back(self, state: Complex, adjoint: Complex, beta: float) -> tuple[Complex, Complex, float]:
        """State and adjoint before the gate, and the derivative by beta of 2 Re <adjoint|gate(beta)|state>.

        ``state`` and ``adjoint`` are those behind the gate, shape (size,).
        """
        ...

    def describe(self) -> str:
        """One line: M, and whether the gate is the exact exponential or an ordered product."""
        ...


def uniform_state(size: int) -> Float:
    """Equal amplitudes 1 / sqrt(size), shape (size,)."""
    return np.full(size, 1 / math.sqrt(size))


@dataclass(frozen=True, eq=False)
class GroverMixer:
    """``M = -|s><s|`` with s uniform over the space; exact in closed form.

    ``exp(-i beta M) = 1 + (exp(i beta) - 1) |s><s|``; points of equal cost keep equal amplitudes.

    References
    ----------
    Baertschi, Eidenbenz (2020), Grover mixers for QAOA, arXiv:2006.00354; there
    exp(-i beta |s><s|), ours has the sign that makes s the ground state.
    """

    space: Space

    @property
    def ground(self) -> Float:
        return uniform_state(self.space.size)

    @property
    def beta_unit(self) -> float:
        return 1.0

    @property
    def num_bytes(self) -> int:
        return 0

    def apply(self, state: Complex, beta: float) -> Complex:
        """exp(-i beta M) on a state, shape (size,): the mean is turned by beta, all else stays."""
        return np.asarray(state + (np.exp(1j * beta) - 1) * state.mean())

    def pull_back(self, state: Complex, adjoint: Complex, beta: float) -> tuple[Complex, Complex, float]:
        """State and adjoint, shape (size,) each, before the mixer, and the derivative by beta."""
        overlap = np.conj(adjoint.sum()) * state.sum() / self.space.size
        return self.apply(state, -beta), self.apply(adjoint, -beta), -2 * float(overlap.imag)

    def describe(self) -> str:
        """The operator and that its exponential is exact."""
        return "Grover mixer M = -|s><s|, exact closed form"


@dataclass(frozen=True, eq=False)
class TranspositionMixer:
    """``M = -sum of all n(n-1)/2 transpositions`` of a permutation space; exact by the Fourier transform over S_n.

    The class sum multiplies each irreducible block by a whole number, so a gate is two transforms for any beta, and
    2 pi is a period of beta. n = 7: 5,040 states, n = 9: 362,880.

    References
    ----------
    Hadfield et al. (2019), From the quantum approximate optimization algorithm to a quantum alternating operator
    ansatz, doi:10.3390/a12020034 (their mixers of orderings; there an ordered product, here the exact sum).
    """

    space: PermutationSpace
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        subject = f"the Fourier blocks of {self.space.num_objects} letters"
        check_bytes(subject, self.num_bytes, "use the Grover mixer, or fix objects first", self.max_bytes)

    @property
    def ground(self) -> Float:
        return uniform_state(self.space.size)

    @property
    def beta_unit(self) -> float:
        return 1 / math.sqrt(max(1, math.comb(self.space.num_objects, 2)))

    @property
    def num_bytes(self) -> int:
        return SymmetricFourier.num_bytes(self.space.num_objects)

    @cached_property
    def _fourier(self) -> SymmetricFourier:
        return SymmetricFourier(self.space.num_objects)

    @cached_property
    def _eigenvalues(self) -> dict[tuple[int, ...], int]:
        return {la: -content(la) for la in partitions(self.space.num_objects)}

    def apply(self, state: Complex, beta: float) -> Complex:
        """exp(-i beta M) on a state, shape (n!,), by the Fourier transform over the symmetric group."""
        blocks = _rotated(self._fourier.forward(_planes(state)), self._eigenvalues, beta)
        return np.asarray(_joined(self._fourier.backward(blocks))[0])

    def pull_back(self, state: Complex, adjoint: Complex, beta: float) -> tuple[Complex, Complex, float]:
        """State and adjoint, shape (n!,) each, before the mixer, and the derivative by beta."""
        blocks = self._fourier.forward(np.concatenate([_planes(state), _planes(adjoint)]))
        slope = 0.0
        for la, (re, im, adjoint_re, adjoint_im) in blocks.items():
            slope += 2 * self._eigenvalues[la] * float(np.vdot(adjoint_re, im) - np.vdot(adjoint_im, re))
        both = _joined(self._fourier.backward(_rotated(blocks, self._eigenvalues, -beta)))
        return both[0], both[1], slope

    def describe(self) -> str:
        """The operator and that its exponential is exact."""
        n = self.space.num_objects
        return f"transposition mixer M = -sum of {math.comb(n, 2)} swaps, exact sum (Fourier transform over S_{n})"


def _planes(state: Complex) -> Float:
    return np.stack([state.real, state.imag])


def _joined(planes: Float) -> Complex:
    return np.asarray(planes[0::2] + 1j * planes[1::2])


def _rotated(
    blocks: dict[tuple[int, ...], Float], eigenvalues: dict[tuple[int, ...], int], beta: float
) -> dict[tuple[int, ...], Float]:
    """Each block times exp(-i beta eigenvalue), on planes (re, im, re, im, ...)."""
    out = {}
    for la, block in blocks.items():
        c, s = math.cos(beta * eigenvalues[la]), math.sin(beta * eigenvalues[la])
        turned = np.empty_like(block)
        turned[0::2] = c * block[0::2] + s * block[1::2]
        turned[1::2] = c * block[1::2] - s * block[0::2]
        out[la] = turned
    return out


@dataclass(frozen=True, eq=False)
class GroupMixer:
    """``M = -sum over groups and pairs (XX + YY)/2``: complete or ring XY inside each one-hot group; exact.

    The pairs of a group are all (complete) or neighbours in the group's order (ring); free bits get -X. Groups commute,
    and on one-hot states a group's M is minus the adjacency of its graph, so a gate is one d x d unitary a group.

    References
    ----------
    Wang, Rubin, Dominy, Rieffel (2020), XY mixers: analytical and numerical results for QAOA, arXiv:1904.09314,
    here with the sign that makes the W state the ground state.
    """

    space: GroupSpace
    graph: Graph = "complete"

    @property
    def ground(self) -> Float:
        return uniform_state(self.space.size)

    @property
    def beta_unit(self) -> float:
        edges = sum(float(self._spectrum[d][0] @ self._spectrum[d][0]) / d for d in self.space.levels)
        return 1 / math.sqrt(max(1.0, edges))

    @property
    def num_bytes(self) -> int:
        return sum(8 * (d + d * d) for d in set(self.space.levels))

    @cached_property
    def _spectrum(self) -> dict[int, tuple[Float, Float]]:
        """Eigenvalues and orthogonal eigenvectors of M on one group, by its number of levels."""
        out = {}
        for d in set(self.space.levels):
            values, vectors = np.linalg.eigh(-group_adjacency(d, self.graph))
            out[d] = values, vectors
        return out

    def apply(self, state: Complex, beta: float) -> Complex:
        """exp(-i beta M) on a state, shape (size,), one group after another: their parts commute."""
        gates = {d: (v * np.exp(-1j * beta * w)) @ v.T for d, (w, v) in self._spectrum.items()}
        for d in self.space.levels:
            # the slowest register is turned and becomes the fastest; after all of them the order is the old one
            state = np.ascontiguousarray((gates[d] @ state.reshape(d, -1)).T).ravel()
        return state

    def hamiltonian(self, state: Complex) -> Complex:
        """M state; both have shape (size,)."""
        out = np.zeros_like(state)
        for d in self.space.levels:  # the registers go round as in apply
            view = state.reshape(d, -1)
            out = np.ascontiguousarray((out.reshape(d, -1) - group_adjacency(d, self.graph) @ view).T).ravel()
            state = np.ascontiguousarray(view.T).ravel()
        return out

    def pull_back(self, state: Complex, adjoint: Complex, beta: float) -> tuple[Complex, Complex, float]:
        """State and adjoint, shape (size,) each, before the mixer, and the derivative by beta."""
        slope = 2 * float(np.vdot(adjoint, self.hamiltonian(state)).imag)
        return self.apply(state, -beta), self.apply(adjoint, -beta), slope

    def describe(self) -> str:
        """The operator and that its exponential is exact."""
        return f"{self.graph}-XY mixer M = -sum (XX+YY)/2 in each group (-X on free bits), exact sum"


def group_adjacency(d: int, graph: Graph) -> Float:
    """Adjacency matrix (d, d) of the complete graph or of the ring; two levels have one edge.

    Examples
    --------
    >>> group_adjacency(4, "ring")[0].tolist(), group_adjacency(2, "ring").tolist()
    ([0.0, 1.0, 0.0, 1.0], [[0.0, 1.0], [1.0, 0.0]])
    """
    if graph == "complete":
        return np.ones((d, d)) - np.eye(d)
    out = np.zeros((d, d))
    for i, j in ring_edges(d):
        out[i, j] = out[j, i] = 1
    return out


def ring_edges(d: int) -> list[tuple[int, int]]:
    """Edges of a ring of d places, without doubles: none for d = 1, one for d = 2."""
    return sorted({(min(i, (i + 1) % d), max(i, (i + 1) % d)) for i in range(d) if d > 1})
