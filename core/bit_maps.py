"""What the decoders share that say for each program bit where it stands among the model's bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import AnyArray, Bits, frozen


def seal_places(record: Any, places: tuple[str, ...], flags: tuple[str, ...] = (), *, shape: str = "(n,)") -> None:
    """Make the arrays of a frozen decoder read-only and check them; the decoder has ``num_inputs`` bits before it.

    Parameters
    ----------
    places : fields that hold positions among those bits, from 0, or -1 for none.
    flags : fields that hold 0 or 1.
    shape : that of all these fields, as it is told.

    Raises
    ------
    ValueError
        The shapes differ or have other dimensions, or a place is no bit of the model.
    """
    for names, dtype in ((places, np.int64), (flags, np.uint8)):
        for name in names:
            object.__setattr__(record, name, frozen(getattr(record, name), dtype))
    arrays = {name: getattr(record, name) for name in (*places, *flags)}
    shapes = [array.shape for array in arrays.values()]
    if len(set(shapes)) > 1 or len(shapes[0]) != shape.strip("(,)").count(",") + 1:
        raise ValueError(f"{' and '.join(arrays)} must have one shape {shape}, got {' and '.join(map(str, shapes))}")
    for name in places:
        array = arrays[name]
        if array.size and not (array.min() >= -1 and array.max() < max(record.num_inputs, 0)):
            raise ValueError(f"{' and '.join(places)} must lie in -1..{record.num_inputs - 1}")


def input_bits(Z: AnyArray, num_inputs: int) -> Bits:
    """Points of the model as bits, shape (k, num_inputs); one point may be given as a vector.

    Raises
    ------
    ValueError
        Z has another number of columns.
    """
    points: Bits = np.atleast_2d(np.asarray(Z, dtype=np.uint8))
    if points.shape[1] != num_inputs:
        raise ValueError(f"Z must have {num_inputs} columns, got {points.shape[1]}")
    return points
