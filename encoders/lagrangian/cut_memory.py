"""The cuts of cutting-plane methods as JSON values: each is a point of the primal with its cost and row functions.

A cut ``F_i + h_i l`` bounds the dual function from above at every l, whatever oracle found its point.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...algorithms.cut_models import CutModel
from ...core import BinaryProgram
from ...core.arrays import Float
from ..unbalanced import cost_scale
from .dual_rows import DualRows, RowForm
from .seen import Seen


def no_cuts(program: BinaryProgram, rows: DualRows) -> dict[str, Any]:
    """Memory without cuts."""
    return {"F": np.zeros(0), "H": np.zeros((0, rows.count)), "X": np.zeros((0, program.num_variables))}


def grown_cuts(memory: Mapping[str, Any], rows: DualRows) -> dict[str, Any]:
    """The cuts with columns for the rows behind those they know.

    The values of new linear rows follow from each cut's point, also of an aggregated one; an aggregated cut cannot know
    new rows of another form and is dropped then.
    """
    F, H, X = memory["F"], memory["H"], memory["X"]
    known = H.shape[1]
    if known < rows.count:
        if (rows.forms[known:] != RowForm.LINEAR).any():
            whole = (np.rint(X) == X).all(axis=1)
            F, H, X = F[whole], H[whole], X[whole]
        new = rows.values(X)[:, known:] if len(X) else np.zeros((0, rows.count - known))
        H = np.concatenate([H, new], axis=1)
    return {**memory, "F": F, "H": H, "X": X}


def added_cuts(memory: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    """The cuts and those of the round's best reads; equal points stand once."""
    X = np.concatenate([memory["X"], seen.X.astype(np.float64)])
    F, H = np.concatenate([memory["F"], seen.costs]), np.concatenate([memory["H"], seen.H])
    _, first = np.unique(X, axis=0, return_index=True)
    keep = np.sort(first)
    return {**memory, "F": F[keep], "H": H[keep], "X": X[keep]}


def fewer_cuts(memory: Mapping[str, Any], weights: Float, most: int) -> dict[str, Any]:
    """At most ``most`` cuts: the active ones, and the combination of all by their weights in front.

    The weights have shape (cuts,).

    References
    ----------
    K. C. Kiwiel (1983), An aggregate subgradient method for nonsmooth convex minimization, doi:10.1007/BF02591907.
    """
    F, H, X = memory["F"], memory["H"], memory["X"]
    if len(F) <= most:
        return dict(memory)
    active = np.sort(np.argsort(-weights[1:], kind="stable")[: most - 1] + 1)
    parts = {key: np.concatenate([(weights @ value)[None], value[active]]) for key, value in (("H", H), ("X", X))}
    return {**memory, "F": np.concatenate([[weights @ F], F[active]]), **parts}


def model_of(memory: Mapping[str, Any], rows: DualRows) -> CutModel:
    """The cutting-plane model over the rows."""
    return CutModel(memory["F"], memory["H"], rows.is_free)


def widest_box(program: BinaryProgram) -> float:
    """Normalised multipliers beyond which a row costs more than all of the program's costs together."""
    values = np.abs(np.concatenate([program.c, program.products.data]))
    return max(1.0, float(values.sum()) / cost_scale(program))
