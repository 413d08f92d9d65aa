"""State vector as two real arrays, and what its amplitudes mean.

An engine may keep a state *turned* (amplitude k divided by i**popcount(k), which makes exp(i b X) a real rotation) or
*half* (only the points with the top bit 0 of a state that is symmetric under flipping all bits). Probabilities do not
see either; `amplitudes` undoes both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

#: Points that are measured at once, so that nothing of a state's size is made beside it.
BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class State:
    """Amplitudes of 2**n points; bit i of an index is z[i].

    Parameters
    ----------
    real, imag : read-only, float64 or float32, shape (2**n,), or (2**(n-1),) where `is_half`
    n : number of qubits
    is_turned : amplitude k is ``i**popcount(k) * (real[k] + i imag[k])``
    is_half : amplitudes k and 2**n-1-k are equal; the arrays hold the first half, normalised to 1
    phase : angle of a common factor ``exp(-i phase)`` that the arrays leave out
    """

    real: npt.NDArray[Any]
    imag: npt.NDArray[Any]
    n: int
    is_turned: bool = False
    is_half: bool = False
    phase: float = 0.0

    def __post_init__(self) -> None:
        for name in ("real", "imag"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    @property
    def dtype(self) -> np.dtype[Any]:
        """complex128 or complex64."""
        return np.dtype(np.complex64 if self.real.dtype == np.float32 else np.complex128)

    def amplitudes(self) -> npt.NDArray[Any]:
        """All amplitudes in the plain basis, as one complex array of shape (2**n,)."""
        out = np.empty(self.real.size, dtype=self.dtype)
        out.real, out.imag = self.real, self.imag
        if self.is_turned:
            out *= self.dtype.type(1j) ** popcounts(out.size)
        out *= np.exp(-1j * self.phase)
        if self.is_half:
            out *= np.sqrt(0.5)
            out = np.concatenate([out, out[::-1]])
        return out

    def probabilities(self) -> Float:
        """Probability of each point, float64, shape (2**n,)."""
        half = self.weights()
        return np.concatenate([half, half[::-1]]) / 2 if self.is_half else half

    def norm(self) -> float:
        """Sum of all probabilities: 1 but for rounding."""
        cuts = [slice(first, first + BLOCK) for first in range(0, self.real.size, BLOCK)]
        return float(sum(squares(self.real[cut], self.imag[cut]).sum() for cut in cuts))

    def weights(self) -> Float:
        """Probabilities of all points, shape (2**n,), or of pairs of opposite ones, shape (2**(n-1),), if `is_half`."""
        return squares(self.real, self.imag)


def squares(real: npt.NDArray[Any], imag: npt.NDArray[Any]) -> Float:
    """|amplitude|**2 of each point, float64, in the shape of both parts."""
    out: Float = np.square(real, dtype=np.float64)
    out += np.square(imag, dtype=np.float64)
    return out


def popcounts(size: int) -> npt.NDArray[np.int16]:
    """Number of ones in each index 0..size-1, shape (size,).

    >>> popcounts(8).tolist()
    [0, 1, 1, 2, 1, 2, 2, 3]
    """
    return np.bitwise_count(np.arange(size)).astype(np.int16)


def plus_state(n: int, real: np.dtype[Any]) -> State:
    """The uniform superposition, ground state of the mixer -sum X."""
    return State(np.full(2**n, 2.0 ** (-n / 2), dtype=real), np.zeros(2**n, dtype=real), n)


def product_state(thetas: npt.ArrayLike, real: np.dtype[Any]) -> State:
    """RY(theta_i)|0> on each qubit, thetas of shape (n,): amplitudes cos(theta_i/2), sin(theta_i/2).

    >>> product_state([np.pi / 2], np.dtype(float)).real.round(3).tolist()
    [0.707, 0.707]
    """
    angles = np.asarray(thetas, dtype=np.float64) / 2
    out = np.ones(1)
    for angle in angles:
        out = np.concatenate([np.cos(angle) * out, np.sin(angle) * out])
    return State(out.astype(real), np.zeros(out.size, dtype=real), angles.size)


def state_of(amplitudes: npt.ArrayLike, real: np.dtype[Any]) -> State:
    """A state from complex amplitudes, shape (2**n,), of norm 1 (to 1e-6).

    Raises
    ------
    ValueError
        The length is no power of two, or the norm is not 1.
    """
    values = np.asarray(amplitudes, dtype=np.complex128)
    n = values.size.bit_length() - 1
    if values.ndim != 1 or values.size != 2**n:
        raise ValueError(f"initial must have shape (2**n,), got {values.shape}")
    norm = float(np.vdot(values, values).real)
    if not abs(norm - 1.0) < 1e-6:
        raise ValueError(f"initial must have norm 1, got {norm!r}; divide it by its norm")
    return State(values.real.astype(real), values.imag.astype(real), n)
