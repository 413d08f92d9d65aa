"""Relax-and-cut: another dual method whose program grows by the valid rows that its points break.

Cliques and covers are found here, from the program's own rows; subtours of a TSP come from the formulation, which the
run asks with the averaged primal point that stands in ``Encoding.state["fractional"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...algorithms.cuts import implied_cuts
from ...core import ENCODERS, BinaryProgram, Encoding, Round, Rows, UnsupportedError, part
from ...core.arrays import AnyArray
from ...core.tunable import Range, tunable
from .bundle import Bundle
from .dual_method import DualMethod, check_settings

#: Endings of the inner method that are final; any other may go on with new rows.
_FINAL = ("complementary slackness", "gap closed")


@ENCODERS.register("relax-and-cut")
@dataclass(frozen=True)
class RelaxAndCut:
    """Lagrangian relaxation whose rows grow: subtours of a TSP's edge form, cliques, covers of knapsacks.

    A found row starts with multiplier 0, so that no value changes when it is added. Rows are looked for in the averaged
    primal point of the inner method and in the best reads.

    Parameters
    ----------
    inner : the dual method; bundle needs the fewest oracle calls. One with a primal point (bundle, cutting-plane,
        dual-ascent with rule volume) finds rows that sampled points do not show.
    delayed : look for rows only after a round that raised the best dual value, or at the inner method's end.
    max_cuts : rows added in one round at most.
    idle_rounds : a found row whose multiplier was 0 for so many rounds is dropped; lazy rows of the formulation stay.
    max_rounds : rounds after which it ends.

    References
    ----------
    A. Lucena (2005), Non delayed relax-and-cut algorithms, doi:10.1007/s10479-005-3967-3; M. Guignard (1998), Efficient
    cuts in Lagrangean 'relax-and-cut' schemes, doi:10.1016/S0377-2217(97)00267-1 (delayed).

    Examples
    --------
    >>> RelaxAndCut().inner.form, RelaxAndCut(delayed=False).max_rounds
    ('proximal', 500)
    """

    inner: DualMethod = part("encoders", default_factory=Bundle)  # noqa: RUF009 (a dataclass field)
    delayed: bool = True
    max_cuts: int = tunable(20, Range(1, 100, "log"))
    idle_rounds: int = 5
    max_rounds: int = tunable(500, Range(10, 1000, "log"))

    def __post_init__(self) -> None:
        check_settings(1, self.max_rounds, 0.0)
        if not isinstance(self.inner, DualMethod):
            raise UnsupportedError(
                f"inner must be a dual method (dual-ascent, cutting-plane, bundle), got {type(self.inner).__name__}"
            )
        for name in ("max_cuts", "idle_rounds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)!r}")

    def encode(self, program: BinaryProgram) -> Encoding:
        """The inner method's first encoding; no row is added before a point was seen."""
        return self._wrapped(self.inner.encode(program), program, {"idle": {}}, "")

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """The inner method's next encoding over the program with all rows found so far."""
        state = encoding.state
        new_rows = round.program.num_rows - int(state["rows"])
        if state.get("is_done") and not new_rows:
            return None
        inside: Encoding = state["inner"]
        assert inside.native is not None
        program: BinaryProgram = state.get("program", inside.native)
        program = program.with_rows(_last(round.program, new_rows)) if new_rows else program
        step = self.inner.update(inside, replace(round, program=program))
        if step is None:
            return None
        row = dict(step.trace[-1])
        idle = self._idle(step, state["idle"])
        step, idle = self._dropped(step, idle)
        memory: dict[str, Any] = {"idle": idle}
        if not self.delayed or "stopped" in row or _is_serious(step.trace):
            cuts = self._separated(step, round)
            if cuts is not None:
                assert step.native is not None
                memory["program"] = step.native.with_rows(cuts)  # the inner method sees it in the next round
                memory["idle"] = {**idle, **dict.fromkeys(cuts.names, 0)}
            if "primal" in step.state:
                memory["fractional"] = step.state["primal"]
        row["num_cuts"] = len(memory["idle"])
        reason = str(row.get("stopped", ""))
        if not reason.startswith(_FINAL):
            row.pop("stopped", None)
            reason = "max_rounds" if len(step.trace) >= self.max_rounds else ""
        if reason:
            row["stopped"] = reason
        step = replace(step, trace=(*step.trace[:-1], row))
        return self._wrapped(step, round.program, memory, reason)

    def num_qubits(self, program: BinaryProgram) -> int:
        """The program's bits: found rows add none."""
        return self.inner.num_qubits(program)

    def _separated(self, step: Encoding, round: Round) -> Rows | None:
        """Rows broken by the primal point or the best reads that the program does not have yet."""
        assert step.native is not None
        known = set(step.native.constraints.names)
        points: list[AnyArray] = [step.state["primal"]] if "primal" in step.state else []
        points += list(round.X[: self.inner.reads])
        for x in points:
            rows = implied_cuts(round.program, x, most=self.max_cuts)
            if rows is None:
                continue
            new = [i for i, name in enumerate(rows.names) if name not in known]
            if new:
                return Rows(rows.A[new], rows.lower[new], rows.upper[new], tuple(rows.names[i] for i in new))
        return None

    def _idle(self, step: Encoding, idle: Mapping[str, int]) -> dict[str, int]:
        """Rounds for which each found row has had multiplier 0."""
        return {name: count + 1 if step.penalties.get(name, 0.0) == 0.0 else 0 for name, count in idle.items()}

    def _dropped(self, step: Encoding, idle: dict[str, int]) -> tuple[Encoding, dict[str, int]]:
        names = {name for name, count in idle.items() if count >= self.idle_rounds}
        if not names:
            return step, idle
        return self.inner.without_rows(step, names), {n: count for n, count in idle.items() if n not in names}

    def _wrapped(self, inner: Encoding, program: BinaryProgram, memory: Mapping[str, Any], reason: str) -> Encoding:
        multipliers = inner.state["multipliers"]
        state = {"rows": program.num_rows, "inner": inner, "multipliers": multipliers, **memory}
        note = f"relax-and-cut, {len(memory['idle'])} found rows: {inner.note}"
        if reason:
            state["is_done"] = True
        return replace(inner, native=program, state=state, note=note)


def _is_serious(trace: tuple[Mapping[str, Any], ...]) -> bool:
    """Whether the last round raised the dual value."""
    values = [next((row[key] for key in ("bound", "dual_estimate", "energy") if key in row), None) for row in trace]
    return len(values) == 1 or float(values[-1] or 0.0) > max(float(v or 0.0) for v in values[:-1])


def _last(program: BinaryProgram, count: int) -> Rows:
    rows, first = program.constraints, program.num_rows - count
    return Rows(rows.A[first:], rows.lower[first:], rows.upper[first:], rows.names[first:])
