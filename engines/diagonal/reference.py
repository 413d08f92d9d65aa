"""The exact engine in NumPy: one plain array pass a phase and one a qubit.

The yardstick of the compiled engine and what runs where no compiler was. Limits: one thread, about three states of
memory, and 10 to 40 times the compiled engine's time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import inner
from .diagonal import CostDiagonal
from .layers import Axis, Float, Layers, on_host
from .state import State

Complex = npt.NDArray[Any]


def run(layers: Layers, start: State) -> State:
    """The state after all layers."""
    psi = start.amplitudes()
    for diagonal, gamma, angles in zip(layers.diagonals, layers.gammas, layers.angles):
        _phase(psi, on_host(diagonal), gamma)
        _rotate(psi, angles, layers.axis)
    return State(psi.real.copy(), psi.imag.copy(), layers.n)


def backward(layers: Layers, final: State, weights: Float) -> Iterator[tuple[float, Float, Float]]:
    """Derivatives of ``<psi| diag(weights) |psi>``, last layer first, by the adjoint method.

    Weights and the density have shape (2**n,), the derivatives by rotation angles (n,).

    Yields for each layer the derivative by gamma, those by the n rotation angles, and the density
    ``d_k = 2 Im(conj(lambda_k) psi_k)``: the derivative by the phase's energy at point k, divided by gamma.
    """
    psi = final.amplitudes()
    lam = psi * weights
    for diagonal, gamma, angles in zip(layers.diagonals[::-1], layers.gammas[::-1], layers.angles[::-1]):
        by_angle = np.array([_angle_derivative(lam, psi, q, layers.axis) for q in range(layers.n)])
        for vector in (psi, lam):
            _rotate(vector, -angles, layers.axis)
            _phase(vector, on_host(diagonal), -gamma)
        density = 2 * (lam.conj() * psi).imag.astype(np.float64)
        yield inner(density, diagonal.values()), by_angle, density


def _phase(psi: Complex, diagonal: CostDiagonal, gamma: float) -> None:
    psi *= np.exp(-1j * gamma * diagonal.values()).astype(psi.dtype, copy=False)


def _rotate(psi: Complex, angles: Float, axis: Axis) -> None:
    for q, angle in enumerate(angles):
        cos, sin = psi.real.dtype.type(np.cos(angle)), psi.real.dtype.type(np.sin(angle))
        up, down = (1j * sin, 1j * sin) if axis == "x" else (-sin, sin)
        pairs = psi.reshape(-1, 2, 2**q)
        zero = pairs[:, 0].copy()
        pairs[:, 0] *= cos
        pairs[:, 0] += up * pairs[:, 1]
        pairs[:, 1] *= cos
        pairs[:, 1] += down * zero


def _angle_derivative(lam: Complex, psi: Complex, q: int, axis: Axis) -> float:
    left, right = lam.reshape(-1, 2, 2**q), psi.reshape(-1, 2, 2**q)
    # vdot flattens its arguments, so slices are copied: one half state at a time.
    low, high = complex(np.vdot(left[:, 0], right[:, 1])), complex(np.vdot(left[:, 1], right[:, 0]))
    return float(-2 * (low + high).imag if axis == "x" else 2 * (high - low).real)
