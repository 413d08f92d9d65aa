"""Correlations of a QAOA state of the graph: depth one in closed form, deeper ones by a small state or by light cones.

Up to 16 bits the deeper state follows a linear ramp with two free angles and knows all pairs; above, light cones give
the exact correlations of the graph's edges at optimised angles, and refuse graphs whose cones are too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...algorithms.depth_one import DepthOne, optimize_depth_one
from ...algorithms.fixed_angles import MAX_LAYERS, angle_unit, mean_degree, scaled_angles
from ...core import CORRELATIONS
from ...core.arrays import AnyArray, Float
from ...core.old_names import renamed
from ...engines.light_cone import LightCones
from .correlations import Correlations, Task

#: Largest number of bits whose amplitudes are held.
MAX_BITS = 16


@CORRELATIONS.register("qaoa")
@dataclass(frozen=True)
class QaoaPairs:
    """``<Z_i Z_j>`` and ``<Z_i>`` (pairs with the anchor) of an optimised QAOA state, as recursive QAOA uses them.

    Parameters
    ----------
    num_layers : 1 in closed form; more by statevector, up to 16 bits, along the ramp ``gamma_l = dg (l + 1/2) / p``,
        ``beta_l = db (1 - (l + 1/2) / p)``; above by light cones, edges only, angles optimised from the fixed ones.
    num_gammas : scanned values of gamma.

    References
    ----------
    S. Bravyi, A. Kliesch, R. Koenig, E. Tang (2020), arXiv:1910.08980; V. Fischer et al. (2024), arXiv:2404.17242;
    closed form: A. Ozaeta, W. van Dam, P. L. McMahon (2022), arXiv:2012.03421.
    """

    num_layers: int = renamed("layers", 1)
    num_gammas: int = 32

    def __post_init__(self) -> None:
        if self.num_layers < 1 or self.num_gammas < 1:
            raise ValueError(f"num_layers and num_gammas must be >= 1, got {self.num_layers!r} and {self.num_gammas!r}")

    def correlations(self, task: Task) -> Correlations:
        """All pairs of nodes; by light cones the edges.

        Raises
        ------
        UnsupportedError
            More than one layer on more than 16 bits whose light cones are too large.
        """
        k = task.energy.num_bits
        Q = task.energy.products.tocoo()
        h = (
            -task.energy.linear / 2.0
            - (np.bincount(Q.row, Q.data, minlength=k) + np.bincount(Q.col, Q.data, minlength=k)) / 4.0
        )
        J = np.zeros((k, k))
        J[Q.row, Q.col] = Q.data / 4.0
        heads, tails = np.triu_indices(k, 1)
        if self.num_layers == 1:
            model = DepthOne(h, J)
            gamma, beta, _ = optimize_depth_one(h, J, num_gammas=self.num_gammas)
            found = model.correlations(gamma, beta)
            z, heads, tails, zz = found.z, found.rows, found.cols, found.zz
        elif k <= MAX_BITS:
            z, zz = self._state_values(h, J, heads, tails)
        else:
            z, heads, tails, zz = self._cone_values(h, Q)
        # spins of the state are s = 1 - 2 z; a bit that is 1 lies on the anchor's side
        nodes = np.arange(1, k + 1)
        return Correlations(
            np.concatenate([np.zeros(k, dtype=np.int64), heads + 1]),
            np.concatenate([nodes, tails + 1]),
            np.clip(np.concatenate([-z, zz]), -1.0, 1.0),
        )

    def _state_values(self, h: Float, J: Float, heads: AnyArray, tails: AnyArray) -> tuple[Float, Float]:
        from scipy.optimize import minimize

        k = h.size
        spins = 1.0 - 2.0 * ((np.arange(2**k)[:, None] >> np.arange(k)) & 1)
        energies = spins @ h + np.einsum("si,si->s", spins @ J, spins)
        scale = float(np.sqrt((J**2).sum() * 2 / max(k, 1) + (h**2).mean())) or 1.0

        def probabilities(angles: AnyArray) -> Float:
            return ramp_probabilities(energies / scale, self.num_layers, float(angles[0]), float(angles[1]))

        starts = [(g, b) for g in (0.3, 0.6, 1.2) for b in (0.3, 0.6)]
        first = min(starts, key=lambda a: float(probabilities(np.array(a)) @ energies))
        best = minimize(lambda a: float(probabilities(a) @ energies), first, method="Nelder-Mead").x
        p = probabilities(best)
        return p @ spins, np.einsum("s,sp->p", p, spins[:, heads] * spins[:, tails])

    def _cone_values(self, h: Float, Q: Any) -> tuple[Float, AnyArray, AnyArray, Float]:
        """<Z>, and <ZZ> of the edges, at the angles that L-BFGS finds from the fixed ones, or from a ramp."""
        from scipy.optimize import minimize

        p = self.num_layers
        cones = LightCones.of(h, Q.row, Q.col, Q.data / 4.0, p)
        graph = cones.graph
        unit = angle_unit(graph.h, graph.rows, graph.cols, graph.couplings)
        if p <= MAX_LAYERS:
            gammas, betas = scaled_angles(p, mean_degree(graph.rows, graph.cols))
        else:
            gammas = 0.6 * (np.arange(p) + 1) / p
            betas = 0.6 - 0.6 * np.arange(p) / p

        def energy(angles: AnyArray) -> tuple[float, Float]:
            value, by_gamma, by_beta = cones.value_and_gradient(angles[:p] / unit, angles[p:])
            return value, np.concatenate([by_gamma / unit, by_beta])

        start = np.concatenate([gammas, betas])
        best = minimize(energy, start, jac=True, method="L-BFGS-B", options={"maxfun": 60}).x
        found = cones.correlations(best[:p] / unit, best[p:])
        return found.z, found.rows, found.cols, found.zz


def ramp_probabilities(energies: Float, num_layers: int, gamma: float, beta: float) -> Float:
    """Probabilities of the states after ``num_layers`` of exp(-i g E), exp(+i b sum X) along a linear ramp.

    Energies and the answer have shape (2**k,).

    Parameters
    ----------
    energies : of all 2**k states, bit i of the index being bit i of the state.

    Examples
    --------
    >>> p = ramp_probabilities(np.array([0.0, 1.0, 1.0, 2.0]), 4, 0.8, 0.8)
    >>> round(float(p.sum()), 9), int(np.argmax(p))
    (1.0, 0)
    """
    k = int(energies.size).bit_length() - 1
    state: AnyArray = np.full(energies.size, 2.0 ** (-k / 2), dtype=np.complex128)
    for layer in range(num_layers):
        at = (layer + 0.5) / num_layers
        state = state * np.exp(-1j * gamma * at * energies)
        b = beta * (1 - at)
        for bit in range(k):
            pair = state.reshape(-1, 2, 2**bit)
            pair = np.cos(b) * pair + 1j * np.sin(b) * pair[:, ::-1, :]
            state = pair.reshape(-1)
    return np.abs(state) ** 2
