"""Searches on a polynomial of any degree by single flips: annealing, tabu, memetic tabu, self-avoiding walks.

Every one counts its evaluations, the changes of a flip that it looks at. LABS is recognised and has an update of its
own: O(N) a change, where its terms would take O(N^2) a flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from ...core import BinaryPolynomial, Bits, Float
from ...problems.labs import Labs
from ..extension import is_compiled, load_extension
from .polynomial_reference import ReferenceSearch

Method = Literal["anneal", "tabu", "memetic", "avoiding"]
Engine = Literal["auto", "compiled", "numpy"]

#: Longest sequence that is looked for: the compiled update holds it.
_LONGEST = 400


@dataclass(frozen=True)
class Progress:
    """What a search has found and done."""

    energy: float
    evaluations: int
    searches: int


class PolynomialSearch:
    """A search that goes on where it stopped.

    Parameters
    ----------
    settings : ``anneal``: the inverse temperature of each sweep; ``memetic``: population and share of crossovers;
        ``avoiding``: steps of a walk; ``tabu``: none.

    Raises
    ------
    UnsupportedError
        The compiled engine was asked for and was not built.

    Examples
    --------
    >>> search = PolynomialSearch(Labs(11).polynomial, "tabu", seed=1)
    >>> search.advance(evaluations=20_000, target=5.0).energy
    5.0
    """

    def __init__(
        self,
        polynomial: BinaryPolynomial,
        method: Method,
        *,
        seed: int,
        settings: Sequence[float] | Float = (),
        engine: Engine = "auto",
    ) -> None:
        compiled = self._compiled = compiled_searches(engine)
        self._n = polynomial.num_variables
        self.num_labs = labs_length(polynomial)
        spins = polynomial if self.num_labs else polynomial.to_spin()
        if compiled is None:
            self._search: Any = ReferenceSearch(spins, method, seed, list(settings))
            return
        numbers = np.array(settings, dtype=np.float64)
        if self.num_labs:
            self._search = compiled.labs(self.num_labs, method, seed, numbers)
        else:
            arrays = (np.array(spins.indptr), np.array(spins.indices), np.array(spins.coefficients))
            self._search = compiled.terms(self._n, *arrays, spins.offset, method, seed, numbers)

    @property
    def engine(self) -> str:
        """What runs, for the reader."""
        where = "numpy" if self._compiled is None else "compiled"
        return f"{where}, {'autocorrelations' if self.num_labs else 'terms'}"

    def advance(self, evaluations: int, target: float = -np.inf, *, limit: int | None = None) -> Progress:
        """Go on until ``evaluations`` in all or an energy <= ``target``.

        Parameters
        ----------
        limit : evaluations that are never passed; it cuts a tabu search, walk or sweep, which nothing else does.
        """
        most = 2**63 if limit is None else limit
        if self._compiled is None:
            return Progress(*self._search.advance(evaluations, most, target))
        return Progress(*self._compiled.advance(self._search, evaluations, most, target))

    @property
    def best(self) -> Bits:
        """The best point so far, shape (n,)."""
        if self._compiled is None:
            spins = self._search.best
        else:
            spins = np.empty(self._n, dtype=np.int8)
            self._compiled.best(self._search, spins)
        return np.asarray((1 - spins) // 2, dtype=np.uint8)


def labs_length(polynomial: BinaryPolynomial) -> int:
    """N where the polynomial is that of LABS, as ``Labs(N).polynomial`` has it; else 0.

    Examples
    --------
    >>> labs_length(Labs(9).polynomial), labs_length(Labs(9).polynomial.scaled(2))
    (9, 0)
    """
    n = polynomial.num_variables
    if polynomial.vartype != "spin" or not 3 <= n <= _LONGEST or polynomial.offset != n * (n - 1) // 2:
        return 0
    is_likely = set(polynomial.counts) <= {2, 4} and set(np.unique(polynomial.coefficients)) <= {2.0, 4.0}
    return n if is_likely and polynomial.fingerprint == _labs_fingerprint(n) else 0


@cache
def _labs_fingerprint(n: int) -> str:
    return Labs(n).polynomial.fingerprint


def compiled_searches(engine: Engine) -> Any:
    """The extension for an engine's name; None where NumPy was asked for, or the extension was not built.

    Raises
    ------
    UnsupportedError
        The compiled engine was asked for and was not built.
    """
    module, why = load_extension("._polynomial", __package__)
    return module if is_compiled(engine, module, why) else None
