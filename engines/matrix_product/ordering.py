"""On which site of the line each variable stands, and the bonds a circuit then needs.

Reverse Cuthill-McKee, so that coupled variables stand close. Limit: a heuristic; the best order is NP-hard to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...core import Float, Int


@dataclass(frozen=True, eq=False)
class Line:
    """Variables on a line of sites, and the couplings between them.

    Parameters
    ----------
    order : variable of each site, shape (n,), a permutation.
    lows, highs : sites of the ends of each coupling, lows < highs, in the order of the couplings given.
    """

    order: Int
    lows: Int
    highs: Int

    @property
    def n(self) -> int:
        return len(self.order)

    def spans(self) -> Int:
        """How far the partners on higher sites reach from each site, shape (n,): the bonds that its phases grow."""
        reach = np.arange(self.n)
        np.maximum.at(reach, self.lows, self.highs)
        return reach - np.arange(self.n)

    def widths(self) -> Int:
        """``min(a, b)`` for each bond, shape (n - 1,): a sites left of it and b right of it are coupled across it.

        A layer of phases multiplies the rank of the state across the bond by 2**width at most.
        """
        bonds = np.arange(max(self.n - 1, 0))
        first, last = np.arange(self.n), np.arange(self.n)  # lowest and highest partner of each site
        np.minimum.at(first, self.highs, self.lows)
        np.maximum.at(last, self.lows, self.highs)
        left = [(last[: b + 1] > b).sum() for b in bonds]
        right = [(first[b + 1 :] <= b).sum() for b in bonds]
        return np.minimum(left, right).astype(np.int64) if self.n > 1 else np.zeros(0, dtype=np.int64)

    def exact_bonds(self, num_layers: int) -> Float:
        """Bonds at which nothing is cut, shape (n - 1,): ``min(2**(p width), 2**left sites, 2**right sites)``."""
        here = np.arange(max(self.n - 1, 0))
        exponents = np.minimum(num_layers * self.widths(), np.minimum(here + 1, self.n - 1 - here))
        return np.asarray(2.0 ** np.minimum(exponents, 1000))

    def mirrored(self) -> Line:
        """The same line read from its other end."""
        return Line(self.order[::-1], self.n - 1 - self.highs, self.n - 1 - self.lows)


def line_of(n: int, rows: Sequence[int] | Int, columns: Sequence[int] | Int) -> Line:
    """The better of the order given and reverse Cuthill-McKee's, by the sum of 2**width over the bonds.

    Rows and columns are the ends of the couplings, shape (m,) each.

    References
    ----------
    Cuthill, McKee (1969), Reducing the bandwidth of sparse symmetric matrices, doi:10.1145/800195.805928.

    Examples
    --------
    >>> ring = line_of(6, [0, 2, 4, 1, 3, 5], [2, 4, 1, 3, 5, 0])
    >>> int((ring.highs - ring.lows).max()), ring.widths().tolist(), ring.exact_bonds(1).tolist()
    (2, [1, 2, 2, 2, 1], [2.0, 4.0, 4.0, 4.0, 2.0])
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ends = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    given = _line(np.arange(n), *ends)
    if n < 3 or not len(ends[0]):
        return given
    ones = np.ones(2 * len(ends[0]))
    graph = coo_array((ones, (np.concatenate(ends), np.concatenate(ends[::-1]))), shape=(n, n)).tocsr()
    narrow = _line(np.asarray(reverse_cuthill_mckee(graph, symmetric_mode=True), dtype=np.int64), *ends)
    return min(given, narrow, key=lambda line: float((2.0 ** line.widths()).sum()))


def _line(order: Int, rows: Int, columns: Int) -> Line:
    site = np.empty(len(order), dtype=np.int64)
    site[order] = np.arange(len(order))
    return Line(order, np.minimum(site[rows], site[columns]), np.maximum(site[rows], site[columns]))
