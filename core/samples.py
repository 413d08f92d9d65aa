"""The points that a sampler drew, kept in a Record on request, with how often each came and its energy.

Points are those of the *program* (decoded and completed), equal ones of a round counted together. Energies are those of
the round's own QUBO, so that those of two rounds of an iterating encoder are not comparable; objectives are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .arrays import AnyArray, Bits, Float, Int, frozen
from .problem import Number, number

if TYPE_CHECKING:
    import dimod
    import pandas as pd

#: Columns of figures, in order, before those of the variables.
FIGURES = ("count", "energy", "objective", "is_feasible", "violation", "round")


@dataclass(frozen=True, eq=False)
class Samples:
    """Distinct points of each round, lowest energy first, in the order of the rounds.

    Parameters
    ----------
    variables : names of the program's variables, length n; column i of ``points`` is ``variables[i]``.
    points : 0 or 1, shape (k, n).
    counts : occurrences in the round, shape (k,).
    energies : lowest energy at which the point came, of its round's QUBO, shape (k,).
    objectives : in the instance's own units and sense, by the program's cost, shape (k,); nan at infeasible points.
    violations : total amount by which the point breaks rows, lazy ones too, shape (k,); 0 iff feasible.
    rounds : the round from 0, shape (k,).
    num_points : points that the run drew; ``counts.sum()`` is less where a decomposition judged only the best of a
        round, or where the oldest rounds were dropped for their memory.

    Raises
    ------
    ValueError
        Lengths differ, or a point has another value than 0 and 1.

    Examples
    --------
    >>> import qopt
    >>> record = qopt.solve([[-2, 2], [0, -1]], "brute-force", kind="qubo", keep_samples=True)
    >>> record.samples.variables, record.samples.points[0].tolist(), record.samples.objectives[0].item()
    (('x[0]', 'x[1]'), [1, 0], -2.0)
    """

    variables: tuple[str, ...]
    points: Bits
    counts: Int
    energies: Float
    objectives: Float
    violations: Float
    rounds: Int
    num_points: int

    def __post_init__(self) -> None:
        k, n = len(self.counts), len(self.variables)
        points = np.asarray(self.points)
        if points.shape != (k, n) or not np.isin(points, (0, 1)).all():
            raise ValueError(f"points must be 0 or 1, shape ({k}, {n}), got shape {points.shape}; check the record")
        types = {"counts": np.int64, "energies": np.float64, "objectives": np.float64}
        types |= {"violations": np.float64, "rounds": np.int64}
        object.__setattr__(self, "variables", tuple(self.variables))
        object.__setattr__(self, "points", frozen(points, np.uint8))
        for name, dtype in types.items():
            array = frozen(getattr(self, name), dtype)
            if array.shape != (k,):
                raise ValueError(f"{name} must be {k} numbers, one a point, got shape {array.shape}; check the record")
            object.__setattr__(self, name, array)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def __len__(self) -> int:
        return len(self.counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Samples) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    @property
    def is_feasible(self) -> npt.NDArray[np.bool_]:
        """Whether each point keeps the program, shape (k,)."""
        return np.asarray(self.violations == 0)

    def of_round(self, index: int) -> Samples:
        """The points of one round; -1 is the last that has some."""
        last = int(self.rounds.max(initial=-1))
        chosen = np.flatnonzero(self.rounds == (last if index == -1 else index))
        parts = {name: getattr(self, name)[chosen] for name in _ARRAYS}
        return Samples(self.variables, **parts, num_points=int(self.counts[chosen].sum()))

    def to_dimod(self) -> dimod.SampleSet:
        """A BINARY ``SampleSet`` over the variables' names, with ``is_feasible``, ``objective`` and ``round``."""
        import dimod

        vectors = {"is_feasible": self.is_feasible, "objective": self.objectives, "round": self.rounds}
        return dimod.SampleSet.from_samples(
            (self.points.astype(np.int8), list(self.variables)),
            "BINARY",
            self.energies,
            info={"num_points": self.num_points},
            num_occurrences=self.counts,
            sort_labels=False,
            **vectors,
        )

    def to_pandas(self) -> pd.DataFrame:
        """A row a point: figures first, then a column a variable; one with a figure's name is ``variable NAME``.

        Raises
        ------
        MissingDependencyError
            pandas is not installed.
        """
        from .optional import require

        pandas = require("pandas", "pandas", "export")
        shown = (self.counts, self.energies, self.objectives, self.is_feasible, self.violations, self.rounds)
        figures = pandas.DataFrame(dict(zip(FIGURES, shown, strict=True)))
        names = [f"variable {name}" if name in FIGURES else name for name in self.variables]
        bits = pandas.DataFrame(np.array(self.points), columns=names)
        return pandas.concat([figures, bits], axis=1)

    def to_json(self) -> dict[str, Any]:
        """JSON values; a point is a text of its bits, the first variable first."""
        return {
            "variables": list(self.variables),
            "points": ["".join(map(str, point)) for point in self.points.tolist()],
            "counts": self.counts.tolist(),
            "energies": _numbers(self.energies),
            "objectives": _numbers(self.objectives),
            "violations": _numbers(self.violations),
            "rounds": self.rounds.tolist(),
            "num_points": int(self.num_points),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Samples:
        """The samples that ``to_json`` gave.

        Raises
        ------
        ValueError
            A key is missing, or lengths differ.
        """
        missing = [key for key in ("variables", "points", *_ARRAYS[1:], "num_points") if key not in data]
        if missing:
            raise ValueError(f"samples must have the key {missing[0]!r}; was the file cut?")
        n = len(data["variables"])
        bits = [[int(bit) for bit in point] for point in data["points"]]
        if any(len(point) != n for point in bits):
            raise ValueError(f"points must have {n} bits, one a variable; was the file cut?")
        return Samples(
            variables=tuple(data["variables"]),
            points=np.array(bits, dtype=np.uint8).reshape(len(bits), n),
            counts=data["counts"],
            energies=_floats(data["energies"]),
            objectives=_floats(data["objectives"]),
            violations=_floats(data["violations"]),
            rounds=data["rounds"],
            num_points=data["num_points"],
        )

    def __repr__(self) -> str:
        """One line for a person."""
        drawn = int(self.counts.sum())
        of = "" if drawn == self.num_points else f" of {self.num_points:,}"
        rounds = len(np.unique(self.rounds))
        in_rounds = f" in {rounds:,} rounds" if rounds > 1 else ""
        share = self.counts[self.is_feasible].sum() / max(1, drawn)
        return (
            f"<samples: {len(self):,} distinct points ({drawn:,}{of} drawn{in_rounds}) of {len(self.variables):,} "
            f"variables, {share:.1%} feasible>"
        )

    def _repr_html_(self) -> str:
        """The best ten as a table for notebooks: feasible ones first, then by energy."""
        from .record_html import samples_html

        return samples_html(self)


#: Fields with one entry a point.
_ARRAYS = ("points", "counts", "energies", "objectives", "violations", "rounds")


def _numbers(values: AnyArray) -> list[Number | None]:
    """JSON numbers, whole ones as integers; None where there is none."""
    return [number(value) if math.isfinite(value) else None for value in values.tolist()]


def _floats(values: Sequence[Number | None]) -> Float:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
