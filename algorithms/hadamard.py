"""The Walsh-Hadamard transform in NumPy: the reference of the compiled ones, and what tables of signs use."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Bits taken at once: a product with a matrix of 128 signs is faster than seven passes.
_BITS = 7


def walsh_hadamard(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``out[m] = sum_k (-1)**popcount(k & m) values[k]`` of 2**n real or complex numbers; twice is 2**n times them.

    Some bits at a time as a product with a small matrix of signs, real and imaginary parts side by side.

    Parameters
    ----------
    values : shape (2**n,); complex stays complex, anything else becomes float64.

    Examples
    --------
    >>> walsh_hadamard(np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [10.0, -2.0, -4.0, 0.0]
    """
    is_complex = np.iscomplexobj(values)
    bits = values.size.bit_length() - 1
    whole = np.stack([values.real, values.imag]) if is_complex else np.array(values, dtype=np.float64)
    parts, done = whole, 0
    while done < bits:
        step = min(_BITS, bits - done)
        rows = parts.reshape(-1, 2**step, 2**done)
        matrix = _signs(step)
        parts = rows[:, :, 0] @ matrix if done == 0 else matrix @ rows
        done += step
    if not is_complex:
        return parts.reshape(-1)
    real, imag = parts.reshape(2, -1)
    return np.asarray(real + 1j * imag)


def _signs(bits: int) -> npt.NDArray[np.float64]:
    index = np.arange(2**bits)
    return np.asarray(1.0 - 2.0 * (np.bitwise_count(index[:, None] & index) & 1))
