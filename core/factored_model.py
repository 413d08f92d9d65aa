"""A program's cost in the place of a dimod model, for costs whose products are not stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Float
from .program import BinaryProgram

if TYPE_CHECKING:
    import dimod


class FactoredModel:
    """The cost of a program over its own bits, as samplers get it that take the program itself; rows are left out.

    It has what needs no list of products (``energies``, ``num_variables``, ``variables``, ``offset``); ``stored``
    gives the dimod model to all others.

    Examples
    --------
    >>> from .kronecker import KroneckerProducts
    >>> model = FactoredModel(BinaryProgram([0, 1, 0, 0], KroneckerProducts([[0, 2], [1, 0]], [[0, 5], [3, 0]])))
    >>> model.num_variables, model.num_interactions, model.energies(([[0, 1, 1, 0]], [0, 1, 2, 3])).tolist()
    (4, 2, [12.0])
    """

    def __init__(self, program: BinaryProgram) -> None:
        self.program = program

    @property
    def vartype(self) -> Any:
        import dimod

        return dimod.BINARY

    @property
    def num_variables(self) -> int:
        return self.program.num_variables

    @property
    def num_interactions(self) -> int:
        return self.program.couplings.num_products

    @property
    def variables(self) -> range:
        return range(self.num_variables)

    @property
    def offset(self) -> float:
        return self.program.offset

    def energies(self, samples: Any, dtype: Any = np.float64) -> Float:
        """Energies of points, an array (k, n) or a pair of it and the labels of its columns."""
        values, labels = samples if isinstance(samples, tuple) else (samples, list(self.variables))
        order = np.argsort(np.asarray(labels, dtype=np.int64))
        return self.program.costs(np.asarray(values)[:, order]).astype(dtype)

    def stored(self) -> dimod.BinaryQuadraticModel:
        """The dimod BINARY model with labels 0..n-1.

        Raises
        ------
        UnsupportedError
            Its products are too many to be stored.
        """
        import dimod

        products = self.program.products.tocoo()
        terms = products.row, products.col, products.data
        return dimod.BinaryQuadraticModel.from_numpy_vectors(self.program.c, terms, self.program.offset, "BINARY")
