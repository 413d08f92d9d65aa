"""Market share by squared deviations: no rows and no auxiliary bits, n variables, at the price of another ranking.

The sum of squares ranks points otherwise than the sum of absolute values; its optimum is the true one for certain only
where the deviation is 0.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np

from ..core import BinaryProgram, Size
from .direct import DirectForm
from .market_share import MarketShare


class MarketShareSquares(DirectForm[MarketShare]):
    """Minimise ``sum_i (d_i x - t_i)^2``, a surrogate: its cost is no objective and bounds none."""

    name: ClassVar[str] = "squares"
    is_surrogate: ClassVar[bool] = True

    @cached_property
    def program(self) -> BinaryProgram:
        from scipy.sparse import csr_array

        demands = self.problem.demands.astype(np.float64)
        targets = self.problem.targets.astype(np.float64)
        gram = demands.T @ demands
        linear = np.diag(gram) - 2.0 * targets @ demands
        return BinaryProgram(c=linear, Q=csr_array(2.0 * np.triu(gram, 1)), offset=float(targets @ targets))

    @classmethod
    def size(cls, problem: MarketShare) -> Size:
        """One variable a retailer, no rows, all pairs as terms."""
        n = problem.demands.shape[1]
        return Size(n, 0, n * (n + 1) // 2)
