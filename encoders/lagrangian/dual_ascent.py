"""Dual ascent: prices of broken rows rise, prices of rows with room fall, by a step rule.

The simplest of the dual methods, and the slowest: tens to hundreds of rounds. Polyak's rule aims at the incumbent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...algorithms.steps import Answer, Ascent, Constant, Exponential, Harmonic, Polyak, SquareRoot, Subgradient, Volume
from ...core import ENCODERS, BinaryProgram
from ...core.arrays import Float
from ...core.tunable import Range, tunable
from .ascent_memory import appended, from_memory, rearranged, to_memory
from .dual_method import DualMethod, Memory, Step
from .dual_rows import DualRows
from .seen import Seen

StepName = Literal["polyak", "constant", "harmonic", "square-root", "exponential", "volume"]

#: Without an incumbent Polyak's rule aims above the best value by this share of it (at least one mean cost).
_OPTIMISM = 0.05


@ENCODERS.register("dual-ascent")
@dataclass(frozen=True)
class DualAscent(DualMethod):
    """Lagrangian relaxation by subgradient ascent: no slack bits, a lower bound wherever the oracle is exact.

    ``l <- [l + t h(x)]_+`` (without the bracket for equalities), x the round's best read. Rows are divided by
    ``max(1, |b|)``, costs by their mean size.

    Parameters
    ----------
    rule : length t of the steps. polyak: ``factor (incumbent - theta) / |h|^2``, the factor shrinks after ``patience``
        rounds without a better value; constant; harmonic: 1/k; square-root: 1/sqrt(k); exponential; volume: Polyak
        from the best multipliers along an averaged subgradient, which also gives an averaged primal point.
    length : Polyak's first factor (at most 2), or the length of the first step; None for the rule's own default.
    patience, shrink : of Polyak's rule and the volume algorithm; None for the rule's own default.
    deflection : Camerini's weight of the last direction, 0 to 2; 0 switches it off. Not for volume.

    Other fields: see ``DualMethod`` (start, packing, equalities, reads, max_rounds, tolerance).

    References
    ----------
    M. Held, P. Wolfe, H. P. Crowder (1974), Validation of subgradient optimization, doi:10.1007/BF01580223; further
    sources stand with the rules in algorithms/steps.py. The text of arXiv:2507.12159, which uses dual ascent for
    slack-free models, was not at hand: this is the standard form.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2, -2], rows=make_rows([[2, 1, 3]], upper=[4]))
    >>> encoding = DualAscent(start="one").encode(program)
    >>> encoding.num_qubits, encoding.is_relaxation, encoding.is_separable
    (3, True, True)
    """

    rule: StepName = "polyak"
    length: float | None = None
    patience: int | None = None
    shrink: float | None = None
    deflection: float = tunable(0.0, Range(0.0, 0.9))

    def __post_init__(self) -> None:
        super().__post_init__()
        self._ascent  # noqa: B018 (its settings check themselves)

    @property
    def _ascent(self) -> Ascent:
        return _ASCENTS[self.rule](self)

    def _begin(self, program: BinaryProgram, rows: DualRows, multipliers: Float) -> Memory:
        return to_memory(self._ascent.start(multipliers))

    def _grown(self, multipliers: Float, memory: Memory, rows: DualRows) -> tuple[Float, Memory]:
        state = from_memory(memory)
        place = appended(rows.count)
        if state.multipliers.size < rows.count:
            average = None if state.average is None else rows.values(state.average)[0]
            memory = to_memory(rearranged(state, place, average))
        return place(multipliers), memory

    def _kept(self, memory: Memory, sides: npt.NDArray[np.bool_]) -> Memory:
        state = from_memory(memory)
        average = None if state.average_direction is None else state.average_direction[sides]
        return to_memory(rearranged(state, lambda vector: vector[sides], average))

    def _advance(self, memory: Memory, seen: Seen) -> Step:
        before = from_memory(memory)
        answer = Answer(seen.value, seen.subgradient, aim(seen, before.best_value), seen.point, seen.rows.is_free)
        after = self._ascent.advance(before, answer)
        moved = float(abs(after.multipliers - before.multipliers).max(initial=0.0))
        reason = "" if moved > 0 or after.step.stalled == 0 else self._standstill(before.multipliers, after.direction)
        row = {"step": moved, "factor": after.step.factor}
        return Step(after.multipliers, to_memory(after), reason, row, after.average)

    def _standstill(self, at: Float, direction: Float | None) -> str:
        """Stop only if the direction is zero: a better incumbent can raise the target again."""
        return "no ascent direction" if direction is not None and not direction.any() else ""


def aim(seen: Seen, best: float) -> float:
    """Target of a step: the incumbent, or without one a little above the best value."""
    if seen.target is not None:
        return seen.target
    top = max(best, seen.value)
    return top + max(1.0, _OPTIMISM * abs(top))


def _given(**values: float | int | None) -> dict[str, float]:
    return {key: value for key, value in values.items() if value is not None}


def _polyak(s: DualAscent) -> Ascent:
    return Subgradient(Polyak(**_given(factor=s.length, patience=s.patience, shrink=s.shrink)), s.deflection)  # type: ignore[arg-type]


def _volume(s: DualAscent) -> Ascent:
    if s.deflection:
        raise ValueError(f"deflection must be 0 with rule volume, which averages by itself, got {s.deflection!r}")
    return Volume(**_given(factor=s.length, patience=s.patience, shrink=s.shrink))  # type: ignore[arg-type]


def _plain(rule: type[Constant] | type[Harmonic] | type[SquareRoot] | type[Exponential]) -> Callable[..., Ascent]:
    def make(s: DualAscent) -> Ascent:
        for name in ("patience", "shrink"):
            if getattr(s, name) is not None:
                raise ValueError(f"{name} must be left out with rule {s.rule}, got {getattr(s, name)!r}; it has none")
        return Subgradient(rule() if s.length is None else rule(s.length), s.deflection)

    return make


_ASCENTS: Mapping[StepName, Callable[[DualAscent], Ascent]] = MappingProxyType(
    {
        "polyak": _polyak,
        "constant": _plain(Constant),
        "harmonic": _plain(Harmonic),
        "square-root": _plain(SquareRoot),
        "exponential": _plain(Exponential),
        "volume": _volume,
    }
)
