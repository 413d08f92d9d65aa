"""What the kernels read: couplings and fields in their layout, and the rule of each sweep.

A coupling counts from the state in which all neighbours are down: ``f_i = down_i + sum of 2 J_ij over the neighbours
that are up``, ``down_i = h_i - sum_j J_ij``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ....core import Float
from ..model import IsingModel

#: Rises for which a table of levels has a probability: -128 .. 127, the local fields of int8 models.
LEVELS = 256
#: Variables of a row of J are padded to a multiple of what a warp reads at once.
ROW_STEP = 128
_ENTRY = {
    False: np.dtype([("other", np.int32, 4), ("twice", np.int32, 4)]),
    True: np.dtype([("twice", np.float64, 2), ("other", np.int32, 4)]),
}


def is_real(model: IsingModel) -> bool:
    """Whether local fields are doubles on the card; those of int8 and int16 models are whole numbers."""
    return model.kind in ("int32", "float64")


def has_levels(model: IsingModel) -> bool:
    """Whether a rise is looked up in a table of probabilities; others are compared with a variate."""
    return model.kind == "int8"


def fields_down(model: IsingModel) -> Float:
    """Local field of each variable while all others are down, shape (n,)."""
    n = model.num_variables
    tail = np.repeat(np.arange(n), np.diff(model.ptr))
    return np.asarray(model.field - np.bincount(tail, model.weight, n), dtype=np.float64)


def entries(model: IsingModel) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
    """Rows of 32-byte entries, shape (entries,), and the first entry of each row and the end, (whole fours + 1,).

    Rows beyond the model's are empty; see kernels/lanes.cu. An entry holds four neighbours of a whole-numbered model
    and two of another; empty places have weight 0.
    """
    real = is_real(model)
    held = 2 if real else 4
    degree = np.diff(model.ptr)
    of_row = np.zeros(whole_fours(len(degree)), dtype=np.int64)
    of_row[: len(degree)] = -(-degree // held)
    starts = np.concatenate([[0], np.cumsum(of_row)]).astype(np.int32)
    tail = np.repeat(np.arange(len(degree)), degree)
    place = np.arange(len(tail)) - model.ptr[tail]
    found = np.zeros(max(1, int(starts[-1])), dtype=_ENTRY[real])
    at = starts[tail] + place // held, place % held
    found["other"][at] = 4 * model.col  # bytes of words
    found["twice"][at] = 2 * model.weight
    return found, starts


def whole_fours(n: int) -> int:
    """The number of variables whose rows are read, four at a time."""
    return max(4, -(-n // 4) * 4)


def padded_size(n: int) -> int:
    """Length of a row of J in memory."""
    return max(1, -(-n // ROW_STEP)) * ROW_STEP


def weight_type(model: IsingModel) -> type[np.generic]:
    """Type of a doubled coupling in a row of J."""
    largest = 2 * float(np.abs(model.weight).max(initial=0.0))
    return np.float64 if is_real(model) else np.int8 if largest <= 127 else np.int32


def doubled_rows(model: IsingModel) -> npt.NDArray[Any]:
    """2 J by rows, shape (n, padded): signed bytes where they hold it, else int32 or float64."""
    n = model.num_variables
    matrix = np.zeros((max(1, n), padded_size(n)), dtype=weight_type(model))
    matrix[np.repeat(np.arange(n), np.diff(model.ptr)), model.col] = 2 * model.weight
    return matrix


def rules(model: IsingModel, half_temperatures: Float, is_gibbs: bool) -> npt.NDArray[Any]:
    """The rule of each sweep: half temperatures, shape (sweeps,), or levels, shape (sweeps, 256).

    A level is the probability of a flip that adds twice ``rise`` to the energy, ``min(1, exp(-rise / t))`` or, for the
    heat bath, ``1 / (1 + exp(rise / t))`` with t = T / 2, as a share of 2**32; the largest share is 2**32 - 1.
    """
    t = np.asarray(half_temperatures, dtype=np.float64)
    if not has_levels(model):
        return t if is_real(model) else t.astype(np.float32)
    rise = np.arange(-LEVELS // 2, LEVELS // 2, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        power = np.where(rise == 0, 0.0, rise / t[:, None])
        share = 1 / (1 + np.exp(power)) if is_gibbs else np.exp(-np.maximum(power, 0.0))
    return np.minimum(np.rint(share * 2.0**32), 2.0**32 - 1).astype(np.uint32)
