"""Variables, objective and rows of another library's model, gathered one by one into the arrays of a Model."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from ..core import AnyArray, Problem, Sense, UnsupportedError
from ..core.labels import label_texts
from ..core.model_text import Model
from .formats.programs import problem_of

#: Variable's own key in its library, and its coefficient.
Term = tuple[Hashable, float]


@dataclass
class GatheredModel:
    """A model that grows: variables by any key, then terms and rows over those keys.

    Spins ``s`` in {-1, 1} become bits by ``s = 2 b - 1``. Coefficients are taken as they are, not by way of a text that
    rounds them.

    Examples
    --------
    >>> model = GatheredModel(sense="max")
    >>> for key in "ab":
    ...     model.add_variable(key, key, 0, 1)
    >>> model.add_cost([("a", 2.0), ("b", 1.0)], [("a", "b", -5.0)], 10.0)
    >>> model.add_row("one", [("a", 1.0), ("b", 1.0)], -math.inf, 1.0)
    >>> model.problem("small").objective([1, 0])
    12
    """

    sense: Sense = "min"
    offset: float = 0.0
    places: dict[Hashable, int] = field(default_factory=dict)
    names: list[Hashable] = field(default_factory=list)
    bounds: list[tuple[float, float]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    spins: list[bool] = field(default_factory=list)
    costs: list[tuple[int, float]] = field(default_factory=list)
    products: list[tuple[int, int, float]] = field(default_factory=list)
    entries: list[tuple[int, int, float]] = field(default_factory=list)
    limits: list[tuple[float, float]] = field(default_factory=list)
    row_names: list[Hashable] = field(default_factory=list)

    def add_variable(
        self, key: Hashable, name: str, low: float | None, high: float | None, *, kind: str = "integer"
    ) -> None:
        """A variable; ``kind`` is ``integer``, ``continuous`` or ``spin``, a bound None is none."""
        self.places[key] = len(self.names)
        self.names.append(name)
        self.spins.append(kind == "spin")
        self.types.append("integer" if kind == "spin" else kind)
        ends = (0.0, 1.0) if kind == "spin" else (_bound(low, -math.inf), _bound(high, math.inf))
        self.bounds.append(ends)

    def add_cost(
        self, terms: Iterable[Term], products: Iterable[tuple[Hashable, Hashable, float]] = (), constant: float = 0.0
    ) -> None:
        """Terms of the objective, added to those before."""
        self.offset += float(constant)
        self.costs += [(self.places[key], float(value)) for key, value in terms]
        self.products += [(self.places[one], self.places[other], float(value)) for one, other, value in products]

    def add_row(self, name: str, terms: Iterable[Term], low: float, high: float) -> None:
        """A row ``low <= sum of terms <= high``."""
        row = len(self.limits)
        self.entries += [(row, self.places[key], float(value)) for key, value in terms]
        self.limits.append((float(low), float(high)))
        self.row_names.append(name)

    def problem(self, name: str) -> Problem:
        """The instance: a ``qubo`` where bits are minimised, else an ``integer-program`` in the model's own sense.

        Raises
        ------
        UnsupportedError
            A continuous variable that is neither fixed nor integer in every feasible point, or one without bounds.
        ValueError
            A coefficient is no finite number, or a row's lower bound lies above its upper one.
        """
        model = self._model()
        if not (np.isfinite(model.c).all() and np.isfinite(model.couplings).all() and np.isfinite(model.A.data).all()):
            raise ValueError("coefficients must be finite numbers, got nan or infinity; check the model")
        return problem_of(model, tuple(self.types), name=name)

    def _model(self) -> Model:
        from scipy.sparse import csr_array

        n, m = len(self.names), len(self.limits)
        c = np.zeros(n)
        for i, value in self.costs:
            c[i] += value
        pairs = np.array([(i, j) for i, j, _ in self.products], dtype=np.int64).reshape(-1, 2)
        places = np.array([(row, column) for row, column, _ in self.entries], dtype=np.int64).reshape(-1, 2)
        couplings = np.array([value for *_, value in self.products], dtype=np.float64)
        entries = np.array([value for *_, value in self.entries], dtype=np.float64)
        low, high = np.array(self.limits, dtype=np.float64).reshape(-1, 2).T
        minimum, maximum = np.array(self.bounds, dtype=np.float64).reshape(-1, 2).T
        model = Model(
            c=c,
            offset=self.offset,
            pairs=pairs,
            couplings=couplings,
            A=csr_array((entries, tuple(places.T)), shape=(m, n)),
            lower=low,
            upper=high,
            minimum=minimum,
            maximum=maximum,
            names=label_texts(self.names),
            row_names=label_texts(self.row_names, family=""),
            sense=self.sense,
        )
        return _without_spins(_without_squares(model), np.array(self.spins, dtype=bool))


def _bound(value: float | None, missing: float) -> float:
    """A bound as float; libraries write infinity as None or as a number from 1e20 on."""
    return missing if value is None or abs(value) >= 1e20 else float(value)


def _without_squares(model: Model) -> Model:
    """Squares of bits as linear terms, ``b * b = b``."""
    i, j = model.pairs.T
    squares = (i == j) & model.is_bit[i] if len(i) else np.zeros(0, dtype=bool)
    c = model.c.copy()
    np.add.at(c, i[squares], model.couplings[squares])
    return replace(model, c=c, pairs=model.pairs[~squares], couplings=model.couplings[~squares])


def _without_spins(model: Model, is_spin: AnyArray) -> Model:
    """Spins as bits by ``s = 2 b - 1``."""
    if not is_spin.any():
        return model
    if not model.is_bit.all():
        raise UnsupportedError("spins must come with bits and spins alone, got integers too; write spins as 2 b - 1")
    from scipy.sparse import csr_array, diags_array

    shift, scale = np.where(is_spin, -1.0, 0.0), np.where(is_spin, 2.0, 1.0)
    i, j = model.pairs.T
    c = model.c * scale
    np.add.at(c, i, model.couplings * scale[i] * shift[j])
    np.add.at(c, j, model.couplings * scale[j] * shift[i])
    offset = model.offset + float(model.c @ shift) + float((model.couplings * shift[i] * shift[j]).sum())
    moved = model.A @ shift
    return replace(
        model,
        c=c,
        offset=offset,
        couplings=model.couplings * scale[i] * scale[j],
        A=csr_array(model.A @ diags_array(scale)),
        lower=model.lower - moved,
        upper=model.upper - moved,
    )
