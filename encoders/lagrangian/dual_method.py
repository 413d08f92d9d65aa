"""What all dual methods share: multipliers of the rows, their update, the stopping test and the trace.

A method adds only how it chooses the next multipliers. Everything it must remember is in ``Encoding.state["memory"]``,
so that ``update`` is pure and a stopped run continues from a stored encoding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import BinaryProgram, Encoding, LiteralMap, Round, Rows
from ...core.arrays import Float
from ...core.tunable import Range, tunable
from ..unbalanced import cost_scale
from .dual_rows import DualRows, EqualityRule, PackingRule, dual_rows
from .seen import Seen, Start, is_closed, see, slack_proof, start_multipliers, trace_row

Memory = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Step:
    """What a method decided: the next multipliers, what it must remember, and why it ends (empty: it goes on).

    ``row`` is added to the trace; ``primal`` is the averaged primal point, shape (n,), where the method has one.
    """

    multipliers: Float
    memory: Memory
    reason: str = ""
    row: Mapping[str, Any] = field(default_factory=dict)
    primal: Float | None = None


@dataclass(frozen=True)
class DualMethod:
    """Base of the methods that raise ``theta(l) = min_x cost(x) + l h(x)``, a lower bound of the optimum at every l.

    Parameters
    ----------
    start : multipliers of the first round: zero, one, or the row duals of the linear relaxation (lp).
    packing : at-most-one rows priced as ``rows`` (linear), or by the ``products`` of their pairs.
    equalities : equality rows priced as ``rows`` (multiplier of any sign), or by their ``squares``.
    reads : best reads of a round that are used: averaged by ascent methods, one cut each by cutting-plane methods.
    max_rounds : rounds after which the method ends; ``Budget.rounds`` may end it earlier.
    tolerance : relative gap between bound and incumbent, or between model and bound, at which it ends.
    """

    start: Start = "zero"
    packing: PackingRule = "rows"
    equalities: EqualityRule = "rows"
    reads: int = tunable(1, Range(1, 10, "log"))
    max_rounds: int = tunable(1000, Range(10, 2000, "log"))
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        check_settings(self.reads, self.max_rounds, self.tolerance)

    def encode(self, program: BinaryProgram) -> Encoding:
        """The Lagrangian at the first multipliers: as many QUBO bits as the program has."""
        rows = self._rows(program)
        multipliers = start_multipliers(program, rows, self.start)
        memory = self._begin(program, rows, multipliers)
        state = {"rows": program.num_rows, "multipliers": multipliers, "memory": memory, "best": None}
        return lagrangian_encoding(program, rows, multipliers, self._note(program, rows), state)

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """The Lagrangian at the next multipliers; a last encoding with ``state["is_done"]`` when it ends, then None."""
        state = encoding.state
        grown = round.program.num_rows - int(state["rows"])
        if (state.get("is_done") and not grown) or not len(round.X):
            return None
        rows = self._rows(round.program)
        multipliers, memory = self._grown(state["multipliers"], state["memory"], rows)
        encoding = replace(encoding, state={**state, "multipliers": multipliers})
        seen = see(encoding, round, rows, self.reads)
        step = self._advance(memory, seen)
        row = trace_row(seen, encoding, round, step.row)
        best = _best(state["best"], row.get("bound"))
        reason = self._ending(seen, encoding, round, best, step.reason)
        row["best_bound"] = best
        if reason:
            row["stopped"] = reason
        new = {"rows": round.program.num_rows, "multipliers": step.multipliers, "memory": step.memory, "best": best}
        if step.primal is not None:
            new["primal"] = step.primal
        if reason:
            new["is_done"] = True
        following = lagrangian_encoding(
            round.program, rows, step.multipliers, self._note(round.program, rows, reason), new
        )
        return replace(following, trace=(*encoding.trace, row))

    def num_qubits(self, program: BinaryProgram) -> int:
        """The program's bits: nothing is added."""
        return program.num_variables

    def without_rows(self, encoding: Encoding, names: Collection[str]) -> Encoding:
        """The same encoding of the program without the named rows, whose multipliers must be 0.

        Raises
        ------
        ValueError
            A row that is to be dropped has a multiplier other than 0.
        """
        program, state = encoding.native, encoding.state
        assert program is not None
        old = self._rows(program)
        rows = program.constraints
        kept = np.array([name not in names for name in rows.names], dtype=bool)
        names_kept = tuple(name for name in rows.names if name not in names)
        fewer = replace(
            program, rows=Rows(rows.A[np.flatnonzero(kept)], rows.lower[kept], rows.upper[kept], names_kept)
        )
        sides = np.array([name.removesuffix(":lower") not in names for name in old.names], dtype=bool)
        if np.any(state["multipliers"][~sides] != 0):
            raise ValueError("dropped rows must have multiplier 0, or the energy would change; keep them")
        new = {"multipliers": state["multipliers"][sides], "memory": self._kept(state["memory"], sides)}
        penalties = {name: weight for name, weight in encoding.penalties.items() if name not in names}
        state = {**state, **new, "rows": fewer.num_rows}
        return replace(encoding, native=fewer, penalties=penalties, state=state)

    def _rows(self, program: BinaryProgram) -> DualRows:
        return dual_rows(program, packing=self.packing, equalities=self.equalities)

    def _begin(self, program: BinaryProgram, rows: DualRows, multipliers: Float) -> Memory:
        raise NotImplementedError

    def _grown(self, multipliers: Float, memory: Memory, rows: DualRows) -> tuple[Float, Memory]:
        """Multipliers and memory with a place for each new row of the program."""
        return np.concatenate([multipliers, np.zeros(rows.count - multipliers.size)]), memory

    def _kept(self, memory: Memory, sides: npt.NDArray[np.bool_]) -> Memory:
        """Memory without the rows whose multipliers were dropped."""
        raise NotImplementedError

    def _advance(self, memory: Memory, seen: Seen) -> Step:
        raise NotImplementedError

    def _ending(self, seen: Seen, encoding: Encoding, round: Round, best: float | None, reason: str) -> str:
        if encoding.is_relaxation and slack_proof(seen):
            return "complementary slackness" + ("" if seen.is_exact else " (oracle not exact: no proof)")
        if is_closed(round.incumbent, best, seen.program, self.tolerance):
            return "gap closed"
        return reason or ("max_rounds" if len(encoding.trace) + 1 >= self.max_rounds else "")

    def _note(self, program: BinaryProgram, rows: DualRows, reason: str = "") -> str:
        from ...core import ENCODERS

        parts = [f"{ENCODERS.entry_of(type(self)).name}: {rows.count} priced rows, no slack"]
        if reason:
            parts.append(f"ended by {reason}")
        return "; ".join(parts)


def lagrangian_encoding(
    program: BinaryProgram, rows: DualRows, multipliers: Float, note: str, state: Mapping[str, Any]
) -> Encoding:
    """``cost + multipliers h`` as an encoding, in the program's units; a relaxation at all multipliers >= 0.

    Multipliers have shape (rows,).
    """
    weights = multipliers * cost_scale(program)
    bqm = rows.lagrangian(program, weights).bqm()
    if bqm.num_interactions == 0:
        note += "; inner problem separable: minimum in closed form, no circuit needed"
    return Encoding(
        bqm=bqm,
        decoder=LiteralMap.identity(program.num_variables),
        penalties=rows.scaled_by_names(weights),
        is_exact=False,
        is_relaxation=bool((weights[~rows.is_free] >= 0).all()),
        native=program,
        note=note,
        state=state,
    )


def check_settings(reads: int, max_rounds: int, tolerance: float) -> None:
    """Common limits of the settings.

    Raises
    ------
    ValueError
        A value lies outside.
    """
    if reads < 1:
        raise ValueError(f"reads must be >= 1, got {reads!r}")
    if max_rounds < 1:
        raise ValueError(f"max_rounds must be >= 1, got {max_rounds!r}")
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance must lie in [0, 1), got {tolerance!r}; 1e-6 is usual")


def _best(known: float | None, bound: float | None) -> float | None:
    found = [value for value in (known, bound) if value is not None]
    return max(found) if found else None
