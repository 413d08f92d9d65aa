"""Contracts of what is to be solved: Problem (data and exact check) and Formulation (its binary program).

A Problem knows nothing of encoders or solvers. A Formulation is one way to write the problem as a BinaryProgram; there
may be several a kind (TSP by positions or by edges).
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from .arrays import AnyArray, Bits, digest, is_sparse
from .program import BinaryProgram, Rows

#: A native solution: 0/1 vector (mdkp, mis, ...), permutation (tsp, qap), or the knapsack of each item.
Solution = npt.NDArray[np.int64]
Sense = Literal["min", "max"]
Number = int | float
V = TypeVar("V", float, npt.NDArray[Any])

#: Fields that say something *about* an instance; they never enter its fingerprint.
METADATA_FIELDS = frozenset({"name", "best_known"})


@dataclass(frozen=True)
class BestKnown:
    """The literature's best value, with where it comes from and whether it is proven optimal (None: not known).

    Raises
    ------
    ValueError
        The value is not finite.
    """

    value: Number
    is_optimal: bool | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a best known value must be a finite number, got {self.value}; check its source")


class Size(NamedTuple):
    """Size of a formulation, counted without building it: variables, rows, terms (nonzero costs and row entries)."""

    variables: int
    rows: int
    terms: int


@runtime_checkable
class Problem(Protocol):
    """An instance: immutable data, the objective in its own units, and the exact feasibility check."""

    kind: ClassVar[str]

    @property
    def sense(self) -> Sense:
        """One for a kind, or a field of the instance where its file says it."""
        ...

    @property
    def name(self) -> str: ...

    @property
    def best_known(self) -> BestKnown | None: ...

    @property
    def size(self) -> dict[str, int]:
        """The counts a reader expects, such as ``{"items": 28, "rows": 4}``."""
        ...

    @property
    def formulations(self) -> Mapping[str, type[Formulation]]:
        """Formulations by name; the first is the default."""
        ...

    def objective(self, solution: Solution) -> Number:
        """Objective of a solution in the instance's own units and sense, whether feasible or not."""
        ...

    def violations(self, solution: Solution) -> dict[str, float]:
        """Named amounts > 0 by which the solution breaks the instance; empty iff feasible.

        Raises
        ------
        ValueError
            The solution has not the shape or the values of a solution of this kind.
        """
        ...


class Formulation(Protocol):
    """One way to write a problem as a BinaryProgram; constructed from the problem alone.

    Feasible means: ``decode(complete(x))`` is a solution without native violations. Rows alone are no proof where some
    are lazy (TSP subtours). After ``complete``, objective == +-cost, or it is an error; the one exception is a
    surrogate, whose cost only ranks points (squared deviations for absolute ones): no bound and no proof come from it.
    """

    name: ClassVar[str]
    is_surrogate: ClassVar[bool]

    def __init__(self, problem: Any) -> None: ...

    @property
    def problem(self) -> Problem: ...

    @property
    def program(self) -> BinaryProgram: ...

    def decode(self, x: AnyArray) -> Solution | None:
        """The solution that one point x of shape (n,) denotes; None when it denotes none."""
        ...

    def encode(self, solution: Solution) -> Bits:
        """A completed point that denotes the solution. Shape (n,)."""
        ...

    def complete(self, X: AnyArray) -> Bits:
        """Points (k, n) with their auxiliary bits set to the best values; the same points where there are none."""
        ...

    def separate(self, X: AnyArray) -> Rows | None:
        """Lazy rows broken by any of the points (k, n); None when none is."""
        ...

    @classmethod
    def size(cls, problem: Any) -> Size:
        """Size of the program this formulation would build, without building it."""
        ...


def conventions(problem: Problem) -> dict[str, str]:
    """What a value depends on beside the data, such as ``{"rounding": "nint"}``; empty for most kinds."""
    return dict(getattr(problem, "conventions", {}))


def signed(of: Problem | Sense, value: V) -> V:
    """``value`` as a cost to minimise: itself for sense min, negated for sense max.

    Parameters
    ----------
    of : an instance, or its sense.
    value : number or array.
    """
    sense = of if isinstance(of, str) else of.sense
    return value if sense == "min" else -value


def short_repr(problem: Problem) -> str:
    """One line for a person: kind, name, sizes, best known value.

    Examples
    --------
    >>> from qopt import Mdkp
    >>> Mdkp(profits=[3, 4], weights=[[1, 1]], capacities=[1], name="tiny")
    <mdkp tiny: 2 items, 1 rows>
    """
    size = ", ".join(f"{count} {what}" for what, count in problem.size.items())
    known = "" if problem.best_known is None else f", best known {problem.best_known.value}"
    name = " ".join(problem.name.split()) or "(no name)"  # one line, whatever the name holds
    return f"<{problem.kind} {name}: {size}{known}>"


def number(value: float) -> Number:
    """An int where the float is one, so that integer instances print and compare as integers."""
    value = float(value)
    return int(value) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else value


def data_fields(problem: Problem) -> dict[str, Any]:
    """The fields that make up the instance itself, without metadata."""
    fields = dataclasses.fields(problem)  # type: ignore[arg-type]
    return {f.name: getattr(problem, f.name) for f in fields if f.name not in METADATA_FIELDS}


def fingerprint(problem: Problem) -> str:
    """SHA-256 of kind and data; name, best_known and path do not count."""
    parts: list[object] = [problem.kind]
    for key, value in sorted(data_fields(problem).items()):
        parts.append(key)
        parts.append(value if isinstance(value, np.ndarray) or is_sparse(value) else json.loads(json.dumps(value)))
    return digest(parts)


def binary_solution(solution: npt.ArrayLike, n: int, kind: str) -> Solution:
    """The solution as int64 0/1 vector of length n. Shape (n,).

    Raises
    ------
    ValueError
        Wrong length or a value other than 0 and 1.
    """
    x = np.asarray(solution)
    if x.shape != (n,) or ((x != 0) & (x != 1)).any():
        raise ValueError(f"a {kind} solution must be {n} values 0 or 1, got {_brief(x)}; check the solution file")
    return x.astype(np.int64)


def permutation_solution(solution: npt.ArrayLike, n: int, kind: str) -> Solution:
    """The solution as int64 permutation of 0..n-1. Shape (n,).

    Raises
    ------
    ValueError
        Not a permutation of 0..n-1.
    """
    p = np.asarray(solution)
    if p.shape != (n,) or not np.array_equal(np.sort(p), np.arange(n)):
        raise ValueError(f"a {kind} solution must be a permutation of 0..{n - 1}, got {_brief(p)}; check the file")
    return p.astype(np.int64)


def _brief(array: AnyArray) -> str:
    return f"{array.size} values starting {array.ravel()[:6].tolist()}"
