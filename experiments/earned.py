"""What the sampler of a decomposition earned: start, the same rounds with uniform points, the sampler, solved exactly.

All four have the same neighbourhoods, start and number of rounds, the first three the same number of points.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Number, Record, Stage


@dataclass(frozen=True)
class Earned:
    """Objectives in the instance's own units; None where a stage is missing or infeasible.

    ``begun``: the same rounds with points of the sampler's own start, where that is not uniform; what the sampler
    earned is then counted from there.
    """

    start: Number | None
    uniform: Number | None
    sampler: Number | None
    exact: Number | None
    begun: Number | None = None

    @property
    def base(self) -> Number | None:
        """What the sampler is measured from: points of its own start, uniform ones where it has none."""
        return self.uniform if self.begun is None else self.begun

    @property
    def share(self) -> float | None:
        """Share of the way from ``base`` to exact rounds; None where there is no such way, or it is not known.

        Above 1 where the sampler's worse points led to better incumbents later; below 0 where uniform points did.
        """
        if self.base is None or self.sampler is None or self.exact is None or self.exact == self.base:
            return None
        return (self.sampler - self.base) / (self.exact - self.base)

    def words(self, name: str) -> str:
        """One line.

        Examples
        --------
        >>> Earned(23064, 23186, 23553, 23847).words("qaoa")
        'start 23064, uniform points 23186, qaoa 23553, rounds solved exactly 23847: qaoa earned 56 % of the way'
        """
        parts = [("start", self.start), ("uniform points", self.uniform)]
        parts += [] if self.begun is None else [("points of its own start", self.begun)]
        parts.append((name, self.sampler))
        text = ", ".join(f"{what} {'-' if value is None else value}" for what, value in parts)
        if self.exact is not None:
            text += f", rounds solved exactly {self.exact}"
        if self.share is not None:
            return f"{text}: {name} earned {100 * self.share:.0f} % of the way"
        if self.base is not None and self.base == self.sampler:
            over = "uniform points" if self.begun is None else "points of its own start"
            return f"{text}: {name} earned nothing over {over}"
        return text


def earned(record: Record) -> Earned | None:
    """The four objectives of a decomposed run; None for any other."""
    stages = record.stages
    if stages.start is None:
        return None
    control = None if stages.control is None else stages.control.raw
    ceiling = None if stages.ceiling is None else stages.ceiling.raw
    begun = None if stages.control_start is None else stages.control_start.raw
    return Earned(*(_value(stage) for stage in (stages.start, control, stages.raw, ceiling, begun)))


def _value(stage: Stage | None) -> Number | None:
    return stage.objective if stage is not None and stage.feasible else None
