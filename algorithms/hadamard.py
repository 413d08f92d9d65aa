"""The Walsh-Hadamard transform in NumPy: the reference of the compiled ones, and what small tables use."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def walsh_hadamard(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``out[m] = sum_k (-1)**popcount(k & m) values[k]`` of 2**n real or complex numbers; twice is 2**n times them.

    Parameters
    ----------
    values : shape (2**n,); complex stays complex, anything else becomes float64.

    Examples
    --------
    >>> walsh_hadamard(np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [10.0, -2.0, -4.0, 0.0]
    """
    out = np.array(values, dtype=np.complex128 if np.iscomplexobj(values) else np.float64)
    for q in range(out.size.bit_length() - 1):
        pairs = out.reshape(-1, 2, 2**q)
        total = pairs[:, 0] + pairs[:, 1]
        np.subtract(pairs[:, 0], pairs[:, 1], out=pairs[:, 1])
        pairs[:, 0] = total
    return out
