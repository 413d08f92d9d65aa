"""Alternating circuits: diagonal phases exp(-i gamma_l E_l) and single-qubit rotations, layer after layer.

QAOA, multi-angle and warm-started QAOA are all of this form; both engines run nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from .diagonal import CostDiagonal

if TYPE_CHECKING:
    from .gpu.energies import CardDiagonal

Float = npt.NDArray[np.float64]
Axis = Literal["x", "y"]


@dataclass(frozen=True, eq=False)
class Layers:
    """Layer l: ``exp(-i gammas[l] diagonals[l])``, then ``exp(i angles[l, q] X)`` or ``exp(-i angles[l, q] Y)`` on q.

    Parameters
    ----------
    diagonals : one a layer (the same object may repeat)
    gammas : shape (p,)
    angles : shape (p, n)
    axis : of the rotations; their signs differ, so that both are the gates of the package's convention
    """

    diagonals: tuple[CostDiagonal | CardDiagonal, ...]
    gammas: Float
    angles: Float
    axis: Axis = "x"

    @property
    def n(self) -> int:
        """Number of qubits."""
        return int(self.angles.shape[1])

    @property
    def phase(self) -> float:
        """Angle of the common factor exp(-i phase) that the diagonals' offsets make."""
        return float(sum(gamma * d.offset for gamma, d in zip(self.gammas, self.diagonals)))

    @property
    def is_symmetric(self) -> bool:
        """Whether the circuit commutes with flipping all bits."""
        return self.axis == "x" and all(d.is_symmetric for d in set(self.diagonals))


def qaoa_layers(cost: CostDiagonal | CardDiagonal, gammas: npt.ArrayLike, betas: npt.ArrayLike) -> Layers:
    """Plain QAOA: one gamma and one beta a layer, shape (p,) each.

    Raises
    ------
    ValueError
        There are not as many gammas as betas.
    """
    gamma, beta = angle_vector(gammas, "gammas"), angle_vector(betas, "betas")
    if gamma.size != beta.size:
        raise ValueError(f"gammas and betas must have one length, got {gamma.size} and {beta.size}")
    return Layers((cost,) * gamma.size, gamma, np.repeat(beta[:, None], cost.n, axis=1))


def angle_vector(values: npt.ArrayLike, subject: str) -> Float:
    """Finite angles as a float64 vector; a number counts as one layer.

    Raises
    ------
    ValueError
        They are no finite numbers of shape (p,).
    """
    out = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if out.ndim != 1 or not np.isfinite(out).all():
        raise ValueError(f"{subject} must be finite angles of shape (p,), got {values!r}")
    return out


def on_host(diagonal: CostDiagonal | CardDiagonal) -> CostDiagonal:
    """A diagonal that the host's engines can read.

    Raises
    ------
    TypeError
        The diagonal lies on a card.
    """
    if not isinstance(diagonal, CostDiagonal):
        raise TypeError(f"diagonals must be of the host, got one of {diagonal.card.name}; use engine='gpu'")
    return diagonal
