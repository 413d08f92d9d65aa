"""exp(-i beta M) of a sparse real symmetric M on states, by the Chebyshev series: exact to rounding, no time steps.

``exp(-i beta M) = exp(-i beta c) sum_k (2 - [k=0]) (-i)^k J_k(beta r) T_k((M - c) / r)`` for a spectrum within
``c - r .. c + r``; J_k falls faster than exponentially beyond k = beta r, so that about ``beta r + 20`` products do.

References
----------
Tal-Ezer, Kosloff (1984), An accurate and efficient scheme for propagating the time dependent Schroedinger equation,
doi:10.1063/1.448136; here the series stops where its coefficients fall below 1e-17.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...core import Float

Complex = npt.NDArray[np.complex128]

#: Coefficients below this no longer change a state of norm 1 in double precision.
NEGLIGIBLE = 1e-17


def coefficients(beta: float, lowest: float, highest: float) -> Complex:
    """Coefficients of T_0, T_1, ... for exp(-i beta M) with the spectrum of M in lowest..highest.

    Shape (terms,), cut where they are negligible.

    Examples
    --------
    >>> bool(abs(coefficients(0.3, -1, 1).sum() - np.exp(-0.3j)) < 1e-15)  # M = 1, T_k(1) = 1
    True
    """
    from scipy.special import jv

    centre, radius = (highest + lowest) / 2, (highest - lowest) / 2
    x = beta * radius
    k = np.arange(int(abs(x) + 12 * (1 + abs(x)) ** (1 / 3)) + 20)
    bessel = jv(k, x)
    used = int(np.flatnonzero(np.abs(bessel) > NEGLIGIBLE)[-1]) + 1
    factor = np.where(k == 0, 1.0, 2.0)[:used] * np.array([1, -1j, -1, 1j])[k[:used] % 4]
    return np.asarray(np.exp(-1j * beta * centre) * factor * bessel[:used])


def exponential(
    product: Callable[[Float], Float], states: Complex, beta: float, lowest: float, highest: float
) -> Complex:
    """exp(-i beta M) states, for states of shape (size, b).

    Parameters
    ----------
    product : M times real columns (size, 2 b), real and imaginary parts side by side; a new array.
    lowest, highest : bounds of the spectrum of M; a bound inside the spectrum makes the series diverge.
    """
    size, b = states.shape
    series = coefficients(beta, lowest, highest)
    centre, radius = (highest + lowest) / 2, (highest - lowest) / 2
    out = series[0] * states
    if len(series) == 1 or radius == 0:
        return np.asarray(np.exp(-1j * beta * centre) * states)

    def scaled(columns: Float, times: float) -> Float:
        moved = product(columns)
        if centre:
            moved -= centre * columns
        moved *= times / radius
        return moved

    before = np.ascontiguousarray(states).view(np.float64).reshape(size, 2 * b)
    now = scaled(before, 1.0)
    for k in range(1, len(series)):
        out += series[k] * np.ascontiguousarray(now).view(np.complex128)
        if k + 1 < len(series):
            after = scaled(now, 2.0)
            after -= before
            before, now = now, after
    return np.asarray(out)
