"""Which merges the rows of the program allow, and which bits each merge forces.

The rules look at rows alone, never at the kind of problem: in the rows over the classes' bits, a class that breaks a
row by its own members is an entry larger than the row's room.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ...core import BinaryProgram, Encoding, LiteralMap, RowKind, bqm_to_arrays, row_facts
from ...core.arrays import AnyArray, Float, Int
from .classes import Classes, substitution
from .feasibility import Feasibility
from .propagation import ClassRows

Admissibility = Literal["off", "strict", "propagate", "verified"]


@dataclass(frozen=True)
class Verdict:
    """Whether a merge is admitted; else ``reason``. ``fixes``: the value that the merged class is left with."""

    is_admitted: bool
    reason: str = ""
    fixes: int | None = None


@dataclass
class AdmissibilityChecker:
    """Running state of the admission of merges in one shrinking; ``advance`` after each merge.

    Parameters
    ----------
    mode : ``off``; ``strict``: both values of the merged class must survive propagation (this contains the rule of
        class-internal members and is a failed-literal probe); ``propagate``: one value suffices, the class and what it
        forces are then fixed; ``verified``: as propagate, and a feasible point must be shown to be left.
    tau : same-side members of a class may take at most this share of a knapsack row.
    lift : the program's points as literals of the inner QUBO's bits.
    groups : of each node: 0 the anchor, -1 bits of the program, from 1 on auxiliary bits of one row; None: unprotected.
    rejections : count by reason.
    """

    mode: Admissibility
    program: BinaryProgram
    lift: LiteralMap | None
    tau: float = 1.0
    groups: Int | None = None
    rejections: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.exact = Feasibility(self.program) if self.mode == "verified" else None
        self._caps = _capacities(self.program) if self.mode != "off" else np.zeros(0)

    def advance(self, classes: Classes) -> AnyArray:
        """Take in the classes as they stand; the values that the rows force on their bits, -1 for none.

        Shape (free classes,).
        """
        self._literals = classes.literals()
        self._position = np.full(classes.root.size, -1, dtype=np.int64)
        self._position[classes.roots[1:]] = np.arange(classes.num_free)
        nothing = np.full(classes.num_free, -1, dtype=np.int8)
        if self.mode == "off" or self.lift is None:
            return nothing
        literals = self.lift.compose(self._literals)
        self._rows = ClassRows.of(self.program, literals)
        forced = self._rows.propagate({})
        self._values = nothing if forced is None else forced
        self._loads = _loads(self.program, literals) if self.tau < 1 else None
        return self._values if self.mode in ("propagate", "verified") else nothing

    def judge(self, classes: Classes, keep: int, gone: int, sign: int) -> Verdict:
        """Whether the classes of two roots may be tied by ``s_keep s_gone = sign``; a refusal is counted."""
        verdict = self._judge(classes, keep, gone, sign)
        if not verdict.is_admitted:
            self.rejections[verdict.reason] += 1
        return verdict

    def _judge(self, classes: Classes, keep: int, gone: int, sign: int) -> Verdict:
        if self.mode == "off":
            return Verdict(True)
        if self.groups is not None and keep and self.groups[keep] != self.groups[gone]:
            return Verdict(False, "slack")
        second = int(self._position[gone])
        alive = []
        for value in (0, 1) if keep else (1,):
            other = value if sign > 0 else 1 - value
            fixed = {second: other} if not keep else {int(self._position[keep]): value, second: other}
            if self._rows.propagate(fixed, self._values) is not None:
                alive.append(value)
        if not alive:
            return Verdict(False, "rows")
        if keep and self._is_overloaded(int(self._position[keep]), second, sign):
            return Verdict(False, "capacity")
        fixes = alive[0] if keep and len(alive) == 1 else None
        if fixes is not None and self.mode == "strict":
            return Verdict(False, "forces")
        if self.exact is not None and not self._is_proven(classes, keep, gone, sign):
            return Verdict(False, "no feasible point proven")
        return Verdict(True, fixes=fixes)

    def _is_overloaded(self, first: int, second: int, sign: int) -> bool:
        if self._loads is None:
            return False
        ones, zeros = self._loads
        if sign < 0:
            joint = (ones[:, first] + zeros[:, second], zeros[:, first] + ones[:, second])
        else:
            joint = (ones[:, first] + ones[:, second], zeros[:, first] + zeros[:, second])
        return any(bool((load > self.tau * self._caps).any()) for load in joint)

    def _is_proven(self, classes: Classes, keep: int, gone: int, sign: int) -> bool:
        assert self.exact is not None
        assert self.lift is not None
        merged = classes.copy()
        merged.merge(keep, gone, sign)
        return self.exact.holds(self.lift.compose(merged.literals())) is True


def auxiliary_groups(encoding: Encoding, lift: LiteralMap) -> Int:
    """Group of each node: 0 for the anchor, -1 for bits of the program, 1, 2, ... for auxiliary bits.

    Auxiliary bits of one row have products with one another, those of two rows have none; so a group is a component.

    Shape (nodes,).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    m = encoding.num_qubits
    is_program = np.zeros(m, dtype=bool)
    is_program[lift.index[lift.index >= 0]] = True
    _, i, j, _, _ = bqm_to_arrays(encoding.bqm)
    inside = ~is_program[i] & ~is_program[j]
    graph = coo_array((np.ones(int(inside.sum())), (i[inside], j[inside])), shape=(m, m)).tocsr()
    _, component = connected_components(graph, directed=False)
    return np.concatenate([[0], np.where(is_program, -1, component + 1)]).astype(np.int64)


def _capacities(program: BinaryProgram) -> Float:
    """Upper side of the rows ``a x <= b`` with a >= 0, infinite for the others."""
    return np.array([facts.upper if facts.kind is RowKind.KNAPSACK else np.inf for facts in row_facts(program)])


def _loads(program: BinaryProgram, literals: LiteralMap) -> tuple[Float, Float]:
    """What each class takes of each row when its bit is 1, and when it is 0; both (rows, classes)."""
    T, _ = substitution(literals)
    A = program.constraints.A
    return (A @ T.maximum(0)).toarray(), (A @ (-T).maximum(0)).toarray()
