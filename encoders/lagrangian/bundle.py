"""Bundle methods: cutting planes kept near the best prices, so that rounds are few and none jumps.

Proximal (default), level, and box-step stabilisation. The quadratic masters are solved in their dual form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...algorithms.cut_models import CutModel, Master
from ...core import ENCODERS, BinaryProgram
from ...core.arrays import Float
from ...core.tunable import Range, tunable
from .cut_memory import added_cuts, fewer_cuts, grown_cuts, model_of, no_cuts, widest_box
from .dual_ascent import aim
from .dual_method import DualMethod, Memory, Step
from .dual_rows import DualRows
from .seen import Seen

BundleForm = Literal["proximal", "level", "box"]

#: Share of the predicted rise that makes a step serious, and that lengthens the next one.
_SERIOUS, _LONG = 0.1, 0.5
#: Null steps in a row after which the length shrinks by ``_SHORTER``.
_PATIENCE, _SHORTER, _LONGER = 5, 0.7, 2.0
#: Step lengths tried within one round before the model's maximum itself is asked.
_MAX_TRIES = 4


@ENCODERS.register("bundle")
@dataclass(frozen=True)
class Bundle(DualMethod):
    """Lagrangian relaxation by a bundle method: the fewest oracle calls of the dual methods, for bounds.

    proximal: ``max model(l) - |l - c|^2 / (2 t)``, c the best multipliers. A step is serious if it gains a tenth of the
    predicted rise (t doubles at half of it), else null (t shrinks after five). level: the point nearest to c at which
    the model reaches ``level upper + (1 - level) best``. box: the best of the model within ``|l - c| <= t``.

    Parameters
    ----------
    form : proximal, level or box.
    length : first t; None takes Polyak's step to the incumbent (of the box: the step itself).
    level : share of the way from the best value to the model's maximum, for form level.
    size : cuts kept; beyond it inactive ones go, and their sum stays as one.
    tolerance : relative predicted rise at which it ends.

    Other fields: see ``DualMethod`` (start, packing, equalities, reads, max_rounds).

    References
    ----------
    C. Lemarechal (1974), An algorithm for minimizing convex functions; K. C. Kiwiel (1990), Proximity control in bundle
    methods, doi:10.1007/BF01585731; C. Lemarechal, A. Nemirovskii, Y. Nesterov (1995), doi:10.1007/BF01585555 (level);
    R. E. Marsten, W. W. Hogan, J. W. Blankenship (1975), The boxstep method, doi:10.1287/opre.23.3.389. We had
    no access to the full text of arXiv:2507.12159, which names bundle updates: this is the standard form.

    Examples
    --------
    >>> Bundle(form="level", level=0.3).tolerance
    1e-05
    """

    form: BundleForm = "proximal"
    length: float | None = None
    level: float = tunable(0.5, Range(0.1, 0.9))
    size: int = 50
    max_rounds: int = tunable(200, Range(10, 1000, "log"))
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.length is not None and not self.length > 0:
            raise ValueError(f"length must be > 0, got {self.length!r}; leave it out for Polyak's step")
        if not 0 < self.level < 1:
            raise ValueError(f"level must lie in (0, 1), got {self.level!r}")
        if self.size < 2:
            raise ValueError(f"size must be >= 2, got {self.size!r}")

    def _begin(self, program: BinaryProgram, rows: DualRows, multipliers: Float) -> Memory:
        return {
            **no_cuts(program, rows),
            "centre": multipliers,
            "centre_value": -np.inf,
            "length": self.length,
            "predicted": None,
            "nulls": 0,
        }

    def _grown(self, multipliers: Float, memory: Memory, rows: DualRows) -> tuple[Float, Memory]:
        more = np.zeros(rows.count - multipliers.size)
        centre = np.concatenate([memory["centre"], more])
        return np.concatenate([multipliers, more]), {**grown_cuts(memory, rows), "centre": centre}

    def _kept(self, memory: Memory, sides: npt.NDArray[np.bool_]) -> Memory:
        return {**memory, "H": memory["H"][:, sides], "centre": memory["centre"][sides]}

    def _advance(self, memory: Memory, seen: Seen) -> Step:
        memory = added_cuts(memory, seen)
        if memory["length"] is None:
            memory["length"] = _first_length(self.form, seen)
        kind = self._judged(memory, seen)
        model = model_of(memory, seen.rows)
        # a sampler's estimate was too high where a later point undercuts it
        memory["centre_value"] = min(memory["centre_value"], model.value(memory["centre"]))
        master, reason = self._next(model, memory, seen)
        memory["predicted"] = master.value - memory["centre_value"]
        primal = master.weights @ memory["X"]
        step = float(np.linalg.norm(master.multipliers - memory["centre"]))
        row = {"kind": kind, "predicted": memory["predicted"] * seen.scale, "step": step, "length": memory["length"]}
        return Step(master.multipliers, fewer_cuts(memory, master.weights, self.size), reason, row, primal)

    def _judged(self, memory: dict[str, Any], seen: Seen) -> str:
        """Serious or null: moves the centre and adapts the length in ``memory``."""
        predicted, gained = memory["predicted"], seen.value - memory["centre_value"]
        if predicted is None or gained >= _SERIOUS * predicted:
            memory |= {"centre": seen.multipliers, "centre_value": seen.value, "nulls": 0}
            if predicted is not None and gained >= _LONG * predicted:
                memory["length"] *= _LONGER
            return "serious"
        memory["nulls"] += 1
        if memory["nulls"] >= _PATIENCE:
            memory |= {"nulls": 0, "length": memory["length"] * _SHORTER}
        return "null"

    def _next(self, model: CutModel, memory: dict[str, Any], seen: Seen) -> tuple[Master, str]:
        """The master's point; a short step predicts little everywhere, so that only the model's maximum ends it."""
        find, least = _MASTERS[self.form], self.tolerance * max(1.0, abs(memory["centre_value"]))
        master = find(self, model, memory, seen)
        if master.value - memory["centre_value"] > least:
            return master, ""
        box = max(widest_box(seen.program), 2.0 * float(np.abs(memory["centre"]).max(initial=0.0)))
        top = model.best(np.where(model.is_free, -box, 0.0), box)
        if top.value - memory["centre_value"] <= least:
            return top, "model met"
        for _ in range(_MAX_TRIES):
            memory["length"] *= 10.0
            master = find(self, model, memory, seen)
            if master.value - memory["centre_value"] > least:
                return master, ""
        return top, ""


def _first_length(form: BundleForm, seen: Seen) -> float:
    """Polyak's step to the incumbent: as factor of the subgradient, or as distance for a box."""
    norm = float(seen.subgradient @ seen.subgradient)
    if norm <= 0:
        return 1.0
    rise = max(aim(seen, seen.value) - seen.value, 1e-3 * max(1.0, abs(seen.value)))
    return rise / norm if form == "proximal" else rise / np.sqrt(norm)


def _proximal(settings: Bundle, model: CutModel, memory: Mapping[str, Any], seen: Seen) -> Master:
    return model.proximal(memory["centre"], memory["length"])


def _box(settings: Bundle, model: CutModel, memory: Mapping[str, Any], seen: Seen) -> Master:
    centre, length = memory["centre"], memory["length"]
    lower = np.where(model.is_free, centre - length, np.maximum(centre - length, 0.0))
    return model.best(lower, centre + length)


def _level(settings: Bundle, model: CutModel, memory: Mapping[str, Any], seen: Seen) -> Master:
    """Nearest point at the level; the model's maximum is taken in the widest box, or at the incumbent below it."""
    box = widest_box(seen.program)
    top = model.best(np.where(model.is_free, -box, 0.0), box)
    upper = top.value if seen.target is None else min(top.value, max(seen.target, memory["centre_value"]))
    rise = upper - memory["centre_value"]
    if rise <= settings.tolerance * max(1.0, abs(upper)):
        return top
    found = model.level(memory["centre"], memory["centre_value"] + settings.level * rise)
    # the rise is predicted by the model's maximum, not by the level that was asked for
    return Master(found.multipliers, memory["centre_value"] + rise, found.weights)


_MASTERS: Mapping[BundleForm, Callable[[Bundle, CutModel, dict[str, Any], Seen], Master]] = MappingProxyType(
    {"proximal": _proximal, "level": _level, "box": _box}
)
