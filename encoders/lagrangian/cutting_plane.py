"""Cutting planes: every answer bounds the dual function from above, and the next prices maximise that bound.

Few rounds where rows are few; without stabilisation the first ones jump between the corners of the box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...algorithms.cut_models import CutModel
from ...core import ENCODERS, BinaryProgram
from ...core.arrays import Float
from ...core.tunable import Range, tunable
from .cut_memory import added_cuts, grown_cuts, model_of, no_cuts, widest_box
from .dual_method import DualMethod, Memory, Step
from .dual_rows import DualRows
from .seen import Seen

#: Share of the box beyond which multipliers count as held back by it.
_AT_THE_BOX = 1.0 - 1e-9


@ENCODERS.register("cutting-plane")
@dataclass(frozen=True)
class CuttingPlane(DualMethod):
    """Lagrangian relaxation by Kelley's cutting planes in a box, stabilised between the best and the model's point.

    The master ``max t, t <= cost(x_i) + l h(x_i), |l| <= box`` is solved by HiGHS; its own multipliers combine the
    points x_i into an averaged primal point. It ends where the model's maximum meets the best value; a box that is in
    the way then is widened tenfold.

    Parameters
    ----------
    box : largest normalised multiplier; None takes the sum of all |costs| over their mean.
    in_out : the next multipliers are this share of the way from the best ones to the master's, 0 < in_out <= 1; 1 is
        Kelley's method.
    max_rounds : see ``DualMethod``, as for the other fields (start, packing, equalities, reads, tolerance).

    References
    ----------
    J. E. Kelley (1960), The cutting-plane method for solving convex programs, doi:10.1137/0108053; W. Ben-Ameur,
    J. Neto (2007), Acceleration of cutting-plane and column generation algorithms, doi:10.1002/net.20137 (in-out).

    Examples
    --------
    >>> CuttingPlane(in_out=0.5).max_rounds
    200
    """

    box: float | None = None
    in_out: float = tunable(1.0, Range(0.2, 1.0))
    max_rounds: int = tunable(200, Range(10, 1000, "log"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.in_out <= 1:
            raise ValueError(f"in_out must lie in (0, 1], got {self.in_out!r}; 1 is Kelley's method")
        if self.box is not None and not self.box > 0:
            raise ValueError(f"box must be > 0, got {self.box!r}; leave it out for one by the costs")

    def _begin(self, program: BinaryProgram, rows: DualRows, multipliers: Float) -> Memory:
        box = widest_box(program) if self.box is None else self.box
        return {**no_cuts(program, rows), "box": box, "centre": multipliers, "centre_value": -np.inf}

    def _grown(self, multipliers: Float, memory: Memory, rows: DualRows) -> tuple[Float, Memory]:
        more = np.zeros(rows.count - multipliers.size)
        centre = np.concatenate([memory["centre"], more])
        return np.concatenate([multipliers, more]), {**grown_cuts(memory, rows), "centre": centre}

    def _kept(self, memory: Memory, sides: npt.NDArray[np.bool_]) -> Memory:
        return {**memory, "H": memory["H"][:, sides], "centre": memory["centre"][sides]}

    def _advance(self, memory: Memory, seen: Seen) -> Step:
        memory = added_cuts(memory, seen)
        if seen.value > memory["centre_value"]:
            memory |= {"centre": seen.multipliers, "centre_value": seen.value}
        model = model_of(memory, seen.rows)
        # a sampler's estimate was too high where a later point undercuts it
        memory["centre_value"] = min(memory["centre_value"], model.value(memory["centre"]))
        while True:
            box = memory["box"]
            master = model.best(np.where(seen.rows.is_free, -box, 0.0), box)
            gap = master.value - memory["centre_value"]
            is_met = gap <= self.tolerance * max(1.0, abs(master.value))
            is_held = bool((np.abs(master.multipliers) >= box * _AT_THE_BOX).any())
            if not (is_met and is_held and self._is_widened(model, box, master.value)):
                break
            memory["box"] = 10.0 * box
        share = self.in_out if seen.multipliers.size else 1.0
        following = memory["centre"] + share * (master.multipliers - memory["centre"])
        reason = "model met" if is_met else ""
        row = {"model": master.value * seen.scale, "step": float(np.abs(following - seen.multipliers).max(initial=0.0))}
        return Step(following, memory, reason, row, master.weights @ memory["X"])

    def _is_widened(self, model: CutModel, box: float, value: float) -> bool:
        """Whether the model rises beyond the box, and the box may still grow."""
        wider = model.best(np.where(model.is_free, -10.0 * box, 0.0), 10.0 * box)
        return box < 1e9 and wider.value > value + self.tolerance * max(1.0, abs(value))
