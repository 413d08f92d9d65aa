"""Fixed angles of QAOA for Max-Cut on regular graphs, and the cut ratio that they reach on graphs without short cycles.

The ratio at p layers is that of an edge in the infinite tree, by a recursion over rows of 2p + 1 spins.
Limits: triangle-free graphs of girth > 2p + 1; the recursion costs O(p 4**p) and serves p <= 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from .hadamard import walsh_hadamard


@dataclass(frozen=True)
class FixedAngles:
    """Angles of p layers: exp(-i gamma C), C = sum over edges of (1 - ZZ)/2 maximised, exp(-i beta sum X).

    For the minimised energy -C with exp(-i gamma H), exp(+i beta sum X) the same numbers hold; with couplings J = 1 of
    ``sum J s_i s_j`` gammas are half as large (`scaled`).
    """

    gammas: tuple[float, ...]
    betas: tuple[float, ...]
    ratio: float

    def scaled(self, coupling: float = 1.0) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Gammas and betas for the energy ``coupling * sum s_i s_j``.

        >>> FIXED_ANGLES[3, 1].scaled(0.5)
        ((0.6155,), (0.3927,))
        """
        return tuple(gamma / (2 * coupling) for gamma in self.gammas), self.betas


#: By (degree, layers). Wurtz, Lykov (2021), The fixed angle conjecture for QAOA on regular MaxCut graphs,
#: arXiv:2107.00677, table 1; ratios recomputed by `tree_ratio`.
FIXED_ANGLES: Mapping[tuple[int, int], FixedAngles] = MappingProxyType(
    {
        (3, 1): FixedAngles((0.6155,), (0.3927,), 0.6925),
        (3, 2): FixedAngles((0.488, 0.898), (0.555, 0.293), 0.7559),
        (3, 3): FixedAngles((0.422, 0.798, 0.937), (0.609, 0.459, 0.235), 0.7924),
        (3, 4): FixedAngles((0.409, 0.781, 0.988, 1.156), (0.600, 0.434, 0.297, 0.159), 0.8169),
    }
)

_MOST_LAYERS = 8


def tree_ratio(gammas: npt.ArrayLike, betas: npt.ArrayLike, degree: int) -> float:
    """Expected share of cut edges in a regular graph whose edges see trees up to p steps away.

    With rows ``a = (a_1 .. a_p, a_0, a_-p .. a_-1)`` of spins, f(a) the product of the mixers' amplitudes along a row,
    and ``Gamma = (gamma_1 .. gamma_p, 0, -gamma_p .. -gamma_1)``: a branch's sum is
    ``H_m(a) = (sum_b f(b) H_{m-1}(b) exp(-i/2 Gamma.(a b)))**(degree - 1)``, H_0 = 1, and
    ``<ZZ> = sum_{a, b} a_0 b_0 f(a) f(b) H_p(a) H_p(b) exp(-i/2 Gamma.(a b))``.

    Parameters
    ----------
    gammas, betas : shape (p,), for exp(-i gamma C), C = sum (1 - ZZ)/2, exp(-i beta sum X)
    degree : of the graph

    Returns
    -------
    (1 - <ZZ>)/2

    Raises
    ------
    ValueError
        More than 8 layers: 2**(2p+1) rows do not fit.

    References
    ----------
    Basso, Farhi, Marwaha, Villalonga, Zhou (2022), The quantum approximate optimization algorithm at high depth for
    MaxCut on large-girth regular graphs and the Sherrington-Kirkpatrick model, arXiv:2110.14206, section 3.2. There
    gammas are scaled by 1/sqrt(degree - 1) and the phase has the other sign; here the couplings are those of C.

    Examples
    --------
    >>> [round(tree_ratio(a.gammas, a.betas, 3), 4) for a in FIXED_ANGLES.values()]
    [0.6925, 0.7559, 0.7924, 0.8169]
    """
    gamma, beta = np.atleast_1d(np.asarray(gammas, float)), np.atleast_1d(np.asarray(betas, float))
    if gamma.ndim != 1 or gamma.shape != beta.shape or not 1 <= gamma.size <= _MOST_LAYERS:
        raise ValueError(f"gammas and betas must have one length in 1..{_MOST_LAYERS}, got {gamma.shape}, {beta.shape}")
    if degree < 2:
        raise ValueError(f"degree must be >= 2, got {degree}")
    p = gamma.size
    size = 2 * p + 1
    # Row index: bit j is 0 for spin +1, 1 for -1, at place j of (a_1 .. a_p, a_0, a_-p .. a_-1).
    spins = 1 - 2 * ((np.arange(2**size)[:, None] >> np.arange(size)) & 1)
    amplitude = _row_amplitudes(spins, beta)
    # exp(-i gamma C) has the coupling -1/2 on ZZ: exp(+i gamma ZZ / 2) forward, its conjugate backward.
    couplings = np.concatenate([gamma, [0.0], -gamma[::-1]]) / 2
    phase = np.exp(1j * (spins @ couplings))
    branch = np.ones(2**size, dtype=complex)
    # Gamma.(a b) depends on the product row only, so the sum over b is a convolution over the group of sign rows.
    transformed_phase = walsh_hadamard(phase)
    for _ in range(p):
        branch = _convolve(amplitude * branch, transformed_phase) ** (degree - 1)
    ends = spins[:, p] * amplitude * branch
    return float((1 - (ends @ _convolve(ends, transformed_phase)).real) / 2)


def _row_amplitudes(spins: npt.NDArray[np.int64], beta: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """f(a): 1/2 times the mixers' elements from each spin to the next, forward, then conjugate backward."""
    p = beta.size
    out = np.full(spins.shape[0], 0.5, dtype=complex)
    for layer in range(p):
        after = layer + 1 if layer + 1 < p else p
        same = spins[:, layer] == spins[:, after]
        out *= np.where(same, np.cos(beta[layer]), -1j * np.sin(beta[layer]))
        mirrored, mirrored_after = 2 * p - layer, 2 * p - after if after < p else p
        same = spins[:, mirrored] == spins[:, mirrored_after]
        out *= np.where(same, np.cos(beta[layer]), 1j * np.sin(beta[layer]))
    return out


def _convolve(
    values: npt.NDArray[np.complex128], transformed: npt.NDArray[np.complex128]
) -> npt.NDArray[np.complex128]:
    """``out[a] = sum_b values[b] phase[a xor b]``, with the phase already transformed."""
    return np.asarray(walsh_hadamard(walsh_hadamard(values) * transformed) / values.size, dtype=np.complex128)
