"""Matrix product states of phases between any variables and rotations of single ones, with bonds cut to a limit.

The phases of a variable with all its partners further on are one operator, ``sum_a |a><a| prod_j exp(-i t_j z_a z_j)``:
it doubles the bonds that it spans, whatever the number of partners, and needs no swaps. Each bond is then cut by an SVD
with the rest of the state orthonormal, so that the weight of what is dropped is the loss of that cut exactly; the
product over all cuts is an estimate of the whole fidelity. A layer of n variables takes at most n (n - 1)/2 cuts of
O(bond**3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...core import Float
from .ordering import Line
from .state import MatrixProduct

Complex = npt.NDArray[np.complex128]

#: Singular values below this share of the state's norm are rounding: they are dropped, and it is no loss.
ROUNDING = 1e-13


@dataclass(frozen=True)
class Cut:
    """What was lost when bonds were cut.

    Parameters
    ----------
    discarded : weights dropped in all cuts, added up.
    fidelity : product of (1 - weight) over all cuts: an estimate of ``|<exact|state>|**2``, since errors of different
        cuts are taken as independent.
    distance : sum over the operators of ``|exact - kept|``: a bound on the distance of the states.
    largest_bond : of the state at any time after a cut.
    num_cuts : cuts that dropped more than rounding.
    """

    discarded: float = 0.0
    fidelity: float = 1.0
    distance: float = 0.0
    largest_bond: int = 1
    num_cuts: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether nothing but rounding was dropped."""
        return self.num_cuts == 0

    @property
    def fidelity_at_least(self) -> float:
        """Bound below the fidelity, from ``distance`` by the triangle inequality; 0 where it tells nothing."""
        return max(0.0, 1 - self.distance**2 / 2) ** 2


@dataclass(frozen=True, eq=False)
class Truncated:
    """A state with its sites' variables, and what was lost on the way."""

    product: MatrixProduct
    line: Line
    cut: Cut


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a circuit: ``prod exp(-i phases_k Z Z)``, then one matrix a variable.

    Parameters
    ----------
    phases : angle of each coupling of the line, shape (m,).
    matrices : shape (n, 2, 2), by variable; phases of fields belong in them.
    """

    phases: Float
    matrices: Complex


def truncated_state(line: Line, start: Complex, layers: Sequence[Layer], bond: int) -> Truncated:
    """The state after the layers on a product state, bonds cut to ``bond``; its norm is 1.

    Parameters
    ----------
    start : amplitudes of 0 and 1 of each variable, shape (n, 2).

    Raises
    ------
    ValueError
        ``bond`` is below 1.

    Examples
    --------
    >>> from .ordering import line_of
    >>> plus, flip = np.full((3, 2), math.sqrt(0.5), dtype=complex), np.tile(np.eye(2, dtype=complex), (3, 1, 1))
    >>> layer = Layer(np.full(2, math.pi / 4), flip)
    >>> [truncated_state(line_of(3, [0, 1], [1, 2]), plus, [layer], bond).cut.discarded == 0 for bond in (2, 1)]
    [True, False]
    """
    if bond < 1:
        raise ValueError(f"bond must be >= 1, got {bond!r}")
    chain = _Chain([start[v].reshape(1, 2, 1).astype(np.complex128) for v in line.order], line, bond)
    for layer in layers:
        chain.apply(layer)
        chain.turn()
    return Truncated(MatrixProduct(tuple(chain.tensors), is_right_orthonormal=True), chain.line, chain.cut)


class _Chain:
    """Tensors with their centre on the first site: all others are orthonormal towards it."""

    def __init__(self, tensors: list[Complex], line: Line, bond: int) -> None:
        self.tensors = tensors
        self.line = line
        self.bond = bond
        self.cut = Cut()

    def apply(self, layer: Layer) -> None:
        """One layer, from the first site to the last, where the centre is then."""
        by_low: list[dict[int, float]] = [{} for _ in self.tensors]
        for low, high, phase in zip(self.line.lows.tolist(), self.line.highs.tolist(), layer.phases.tolist()):
            by_low[low][high] = by_low[low].get(high, 0.0) + phase
        for site, partners in enumerate(by_low):
            live = {high: phase for high, phase in partners.items() if phase}
            if live:
                self.couple(site, live)
            if site + 1 < len(self.tensors):
                self.shift(site)
        for site, variable in enumerate(self.line.order.tolist()):
            self.tensors[site] = np.matmul(layer.matrices[variable], self.tensors[site])

    def turn(self) -> None:
        """The line read from its other end: the centre on the last site becomes one on the first."""
        self.tensors = [np.ascontiguousarray(tensor.transpose(2, 1, 0)) for tensor in reversed(self.tensors)]
        self.line = self.line.mirrored()

    def shift(self, site: int) -> None:
        """The centre from a site to the next one."""
        left, _, right = self.tensors[site].shape
        isometry, rest = np.linalg.qr(self.tensors[site].reshape(2 * left, right))
        self.tensors[site] = isometry.reshape(left, 2, -1)
        after = self.tensors[site + 1]
        self.tensors[site + 1] = (rest @ after.reshape(right, -1)).reshape(len(rest), 2, -1)

    def couple(self, site: int, partners: dict[int, float]) -> None:
        """The phases of the centre's site with sites further on; the bonds between are cut, the centre stays."""
        last = max(partners)
        signs = np.array([1.0, -1.0])
        # blocks: one a value of this site's bit, orthonormal up to the bond by QR each for itself
        isometries, rest = np.linalg.qr(self.tensors[site].transpose(1, 0, 2))
        kept = [isometries[:, :, None, :]]  # (value, left, bit, right); the first has its bit as the value
        for j in range(site + 1, last + 1):
            tensor = self.tensors[j]
            left, _, right = tensor.shape
            blocks = (rest @ tensor.reshape(left, 2 * right)).reshape(2, -1, 2, right)
            if j in partners:
                blocks *= np.exp(-1j * partners[j] * np.outer(signs, signs))[:, None, :, None]
            if j < last:
                inner = blocks.shape[1]
                isometries, rest = np.linalg.qr(blocks.reshape(2, 2 * inner, right))
                kept.append(isometries.reshape(2, inner, 2, -1))
        lost, whole = 0.0, 1.0
        for j in range(last, site, -1):  # blocks of site j: (value, left, bit, right)
            _, left, _, right = blocks.shape
            carried, self.tensors[j], weight = self.cut_to_bond(blocks.reshape(2 * left, 2 * right))
            lost, whole = lost + weight, whole * (1 - weight)
            by_value = carried.reshape(2, left, -1)
            before = kept[j - site - 1]
            _, inner, bits, _ = before.shape
            blocks = (before.reshape(2, inner * bits, left) @ by_value).reshape(2, inner, bits, -1)
        centre = blocks[:, :, 0, :].transpose(1, 0, 2)
        self.tensors[site] = centre / np.linalg.norm(centre)
        self.note(lost, whole)

    def cut_to_bond(self, matrix: Complex) -> tuple[Complex, Complex, float]:
        """``matrix ~ carried @ tensor`` with an orthonormal tensor (bond, 2, right), and the share of weight lost."""
        left, values, right = svd(matrix)
        weights = values**2
        total = weights.sum()
        live = int((values > ROUNDING * math.sqrt(total)).sum())
        rank = min(live, self.bond)
        dropped = float(weights[rank:live].sum() / total)
        if live > rank:
            self.cut = replace(self.cut, num_cuts=self.cut.num_cuts + 1)
        if rank > self.cut.largest_bond:
            self.cut = replace(self.cut, largest_bond=rank)
        return left[:, :rank] * values[:rank], right[:rank].reshape(rank, 2, -1), dropped

    def note(self, lost: float, kept: float) -> None:
        """Take in what the cuts after one operator lost; they project one after the other on smaller spaces."""
        if lost:
            far = math.sqrt(max(0.0, 2 - 2 * math.sqrt(max(kept, 0.0))))
            now = self.cut
            self.cut = replace(
                now, discarded=now.discarded + lost, fidelity=now.fidelity * kept, distance=now.distance + far
            )


def svd(matrix: Complex) -> tuple[Complex, Float, Complex]:
    """Thin SVD of a matrix (a, b) by divide and conquer, by QR iterations where that does not converge.

    Shapes (a, c), (c,) and (c, b) with c = min(a, b).
    """
    from scipy import linalg

    try:
        left, values, right = linalg.svd(matrix, full_matrices=False, check_finite=False)
    except linalg.LinAlgError:
        left, values, right = linalg.svd(matrix, full_matrices=False, check_finite=False, lapack_driver="gesvd")
    return left, values, right
