"""The one place where a quantum toolkit's bit order becomes ours: z[i] is qubit i.

Qiskit writes bit strings with qubit 0 last; a packed BitArray is big-endian in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import Bits


def points_of_bit_array(bit_array: Any) -> Bits:
    """Points (shots, n) of a ``qiskit.primitives.BitArray`` of n classical bits, bit i measured from qubit i.

    Examples
    --------
    >>> from qiskit.primitives import BitArray
    >>> points_of_bit_array(BitArray.from_samples(["001", "110"], num_bits=3)).tolist()
    [[1, 0, 0], [0, 1, 1]]
    """
    packed = np.asarray(bit_array.array, dtype=np.uint8).reshape(-1, bit_array.array.shape[-1])
    n = int(bit_array.num_bits)
    return np.ascontiguousarray(np.unpackbits(packed, axis=1)[:, ::-1][:, :n])
