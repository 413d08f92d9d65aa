"""Decomposition as an iterating encoder: round r fixes the incumbent outside a neighbourhood and encodes what is left.

Every sampler, control, record and replay then works on instances of any size. A heuristic: nothing is exact or a bound
unless the neighbourhood is the whole program. The incumbent is the best raw sample: no repair and no local search
inside, unless the pipeline is asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np

from ...core import ENCODERS, BinaryProgram, Bits, Encoder, Encoding, Round, chain, part, unknown_name
from ...core.arrays import Int
from ...core.old_names import renamed
from ...core.tunable import Choice, Range, tunable
from ..feasible import feasible_point
from ..slack import Slack
from .choose import WORDS, Chooser, choose
from .coloured import independent_parts
from .incumbent import Accept, Kept, Search, accepted
from .structure import structure_of
from .subproblem import Small, kept_program, merged_program
from .view import Merged, View, Wanted

Start = Literal["greedy", "random"]
Learn = Literal["first", "warm", "each"]
#: Entries of the inner state that the pipeline looks at.
_SHOWN = ("multipliers", "needs_subspace", "fractional")


@runtime_checkable
class Starting(Protocol):
    """An encoder that begins at a point which the pipeline constructs for it."""

    start: Any

    def encode_from(
        self, program: BinaryProgram, x: Bits, *, seed: int = 0, cost: float | None = None, broken: float | None = None
    ) -> Encoding:
        """Encoding of the first neighbourhood around ``x``, shape (n,); cost and violation are computed where not
        given.
        """


@ENCODERS.register("neighbourhood", aliases=("decompose",))
@dataclass(frozen=True)
class Neighbourhood:
    """Part of the variables at a time, the rest as in the best point so far; any encoder inside.

    Parameters
    ----------
    inner : encoder of the residual program.
    size : most variables of a neighbourhood.
    chooser : which variables; ``auto`` takes what suits the rows: windows of a tour, objects and their places, the
        LP's core of a knapsack, items of two knapsacks, vertices and what they block, balls and impact order.
    qubits : most qubits of a round; the neighbourhood is cut until the inner encoding has no more. None: not looked at.
    start : first incumbent: the kind's greedy construction, or uniform random bits made feasible.
    accept : ``better`` points alone, ``equal`` ones too, or ``metropolis`` at the temperature.
    temperature : of ``metropolis``, in units of the cost.
    points : samples a round that are asked of the sampler, where the run does not say.
    patience : rounds without a better point after which the run ends or restarts; None: four passes over all
        variables, at least 40.
    num_restarts : how often, after that, the best other point of each of three rounds is accepted, whatever it costs.
    max_rounds : rounds after which it ends; None for no limit.
    learn : angles of circuits in the ``first`` rounds, which only sample later; ``warm``: every round goes on from the
        angles of the last one; ``each`` round for itself.
    parts : neighbourhoods of a round that share no product (chooser partition, models without rows); each is sampled
        by itself, so that 10**5 variables need few rounds.
    polish : repair and improve the best points inside the rounds, so that incumbents are no longer raw.

    References
    ----------
    P. Shaw (1998), Using constraint programming and local search methods to solve vehicle routing problems,
    doi:10.1007/3-540-49481-2_30 (large-neighbourhood search); the choosers' sources stand with them.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2, -2, -1], rows=make_rows([[2, 1, 3, 1]], upper=[4]))
    >>> encoding = Neighbourhood(size=2).encode(program)
    >>> encoding.state["round"]["kept"], encoding.decode(np.zeros((1, encoding.num_qubits))).shape
    (2, (1, 4))
    """

    inner: Encoder = part("encoders", default_factory=Slack)  # noqa: RUF009 (a dataclass field)
    size: int = tunable(16, Range(6, 18))
    chooser: Chooser = "auto"
    qubits: int | None = None
    start: Start = "greedy"
    accept: Accept = tunable("equal", Choice(("better", "equal", "metropolis")))  # noqa: RUF009 (a dataclass field)
    temperature: float = tunable(1.0, Range(0.1, 10.0, "log"))
    points: int = tunable(32, Range(8, 256, "log"))
    patience: int | None = None
    num_restarts: int = renamed("restarts", 0)
    max_rounds: int | None = None
    learn: Learn = "first"
    parts: int = 1
    polish: bool = tunable(False, Choice((False, True)))

    def __post_init__(self) -> None:
        choices = (("chooser", Chooser), ("start", Start), ("accept", Accept), ("learn", Learn))
        for name, known in choices:
            if getattr(self, name) not in get_args(known):
                raise unknown_name(name, str(getattr(self, name)), get_args(known))
        for name, least in (("size", 1), ("points", 1), ("num_restarts", 0), ("parts", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be >= {least}, got {getattr(self, name)!r}")
        for name in ("qubits", "patience", "max_rounds"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1 or left out, got {getattr(self, name)!r}")
        if self.parts > 1 and self.chooser != "partition":
            raise ValueError(f"parts must be 1 for chooser {self.chooser}, got {self.parts}; use --chooser partition")
        if not self.temperature >= 0:
            raise ValueError(f"temperature must be >= 0, got {self.temperature!r}")

    def encode(self, program: BinaryProgram) -> Encoding:
        """The first round from a feasible point of the rows, or from zeros where none is found."""
        return _encoded(self, program)

    def encode_from(
        self, program: BinaryProgram, x: Bits, *, seed: int = 0, cost: float | None = None, broken: float | None = None
    ) -> Encoding:
        """The first round from a given point. x has shape (n,).

        Parameters
        ----------
        seed : decides all choices of neighbourhoods.
        cost, broken : of the point, where the program does not know its objective or its lazy rows.
        """
        kept = Kept.at(program, x, seed, cost, broken)
        return self._round(program, kept, ())

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """The next neighbourhood, round the incumbent that this round's points leave; None after the end."""
        if encoding.state.get("is_done"):
            return None
        program = round.program
        search = self._search(program)
        kept, row = accepted(Kept.of(encoding.state, program), round, search)
        row |= encoding.state["round"]
        reason = self._ending(kept, row, encoding, round)
        if reason:
            state = {**encoding.state, **kept.as_state(), "is_done": True}
            return replace(encoding, state=state, trace=(*encoding.trace, {**row, "stopped": reason}))
        return self._round(program, kept, (*encoding.trace, row))

    def num_qubits(self, program: BinaryProgram) -> int:
        """Qubits of the first round."""
        return self.encode(program).num_qubits

    def words(self, program: BinaryProgram) -> str:
        """How the neighbourhoods are chosen, for the reader."""
        from .choose import cycle_of

        view = View(program, structure_of(program), np.zeros(program.num_variables, np.uint8), self.size, 0, 0)
        return " and ".join(WORDS[name] for name in cycle_of(self.chooser, view))

    def _search(self, program: BinaryProgram) -> Search:
        return Search(self.accept, self.temperature, self.patience_of(program), self.num_restarts)

    def patience_of(self, program: BinaryProgram) -> int:
        """Rounds without a better point after which the run ends."""
        if self.patience is not None:
            return self.patience
        structure = structure_of(program)
        per_round, whole = max(1, self.size), program.num_variables
        if structure.kind == "assignment" and structure.cells is not None:
            per_round, whole = max(1, int(self.size**0.5)), len(structure.cells)
        per_round *= self.parts
        return max(40, 4 * -(-whole // per_round))

    def _ending(self, kept: Kept, row: Mapping[str, Any], encoding: Encoding, round: Round) -> str:
        if kept.is_at_end:
            return "no gain"
        if self.max_rounds is not None and len(encoding.trace) + 1 >= self.max_rounds:
            return "max_rounds"
        is_proven = encoding.is_exact and round.energy_bound is not None
        return "the whole program, solved exactly" if is_proven and not row["broken"] else ""

    def _round(self, program: BinaryProgram, kept: Kept, trace: tuple[Mapping[str, Any], ...]) -> Encoding:
        view = View(program, structure_of(program), kept.x, self.size, kept.index, kept.seed, kept.pool)
        small, turn, part_of = self._small(view)
        inner = self.inner.encode(small.program)
        is_whole = small.program.num_variables == program.num_variables
        row = {"kept": small.program.num_variables, "chooser": turn, "qubits": inner.num_qubits}
        return replace(
            inner,
            decoder=chain(small.lift, inner.decoder),
            is_exact=inner.is_exact and is_whole,
            is_relaxation=inner.is_relaxation and is_whole,
            trace=trace,
            state={
                **{key: inner.state[key] for key in _SHOWN if key in inner.state},
                **kept.as_state(),
                "rows": program.num_rows,
                "outer": program if program.num_rows else None,
                "inner": replace(inner, state={}, trace=()),
                "inside": small.program,
                "round": row,
                "part_of": part_of,
            },
        )

    def _small(self, view: View) -> tuple[Small, Chooser, Int | None]:
        """The round's small program, who chose it, and the part of each of its variables where it has parts."""
        if self.parts > 1:
            keep, part_of = independent_parts(view, self.parts)
            return kept_program(view.program, keep, view.x), "partition", part_of
        wanted, turn = choose(self.chooser, view)
        if isinstance(wanted, Merged):
            return merged_program(view.program, wanted.classes, view.x), turn, None
        return self._cut(view, wanted), turn, None

    def _cut(self, view: View, wanted: Wanted) -> Small:
        """The largest head of the units whose inner encoding has at most ``qubits``; at least one unit."""
        count = max(1, wanted.most(view.size))
        small = kept_program(view.program, wanted.variables(count), view.x)
        if self.qubits is None:
            return small
        while count > 1 and self.inner.num_qubits(small.program) > self.qubits:
            count -= 1
            small = kept_program(view.program, wanted.variables(count), view.x)
        return small


@lru_cache(maxsize=2)
def _encoded(encoder: Neighbourhood, program: BinaryProgram) -> Encoding:
    """Kept, because the size is asked for before the encoding."""
    found = feasible_point(program).x
    return encoder.encode_from(program, np.zeros(program.num_variables, dtype=np.uint8) if found is None else found)
