"""Fixed angles of QAOA for Max-Cut on regular graphs, and the cut ratio that they reach on graphs without short cycles.

The table has degrees 2 to 8 and up to 11 layers; ``benchmarks/tree_angles.py`` makes it. Each entry is the best found
for an edge of the infinite tree, whose ratio every regular graph of girth above 2p + 1 has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ..core import Float, Int
from .tree_energy import tree_correlation


@dataclass(frozen=True)
class FixedAngles:
    """Angles of p layers: exp(-i gamma C), C = sum over edges of (1 - ZZ)/2 maximised, exp(-i beta sum X).

    For the minimised energy -C with exp(-i gamma H), exp(+i beta sum X) the same numbers hold; with couplings J = 1 of
    ``sum J s_i s_j`` gammas are half as large (`scaled`).
    """

    gammas: tuple[float, ...]
    betas: tuple[float, ...]
    ratio: float

    def scaled(self, coupling: float = 1.0) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Gammas and betas for the energy ``coupling * sum s_i s_j``.

        >>> [round(x, 4) for angles in FIXED_ANGLES[3, 1].scaled(0.5) for x in angles]
        [0.6155, 0.3927]
        """
        return tuple(gamma / (2 * coupling) for gamma in self.gammas), self.betas


def _table() -> Mapping[tuple[int, int], FixedAngles]:
    entries = json.loads(Path(__file__).with_name("fixed_angles.json").read_text(encoding="utf-8"))["angles"]
    return MappingProxyType(
        {
            (entry["degree"], entry["layers"]): FixedAngles(
                tuple(entry["gammas"]), tuple(entry["betas"]), entry["ratio"]
            )
            for entry in entries
        }
    )


#: By (degree, layers). Ratios at degree 3 equal those of Wurtz, Lykov (2021), arXiv:2107.00677, table 1.
FIXED_ANGLES: Mapping[tuple[int, int], FixedAngles] = _table()

#: Degrees of the table, and the most layers that all of them have.
DEGREES = tuple(sorted({degree for degree, _ in FIXED_ANGLES}))
MAX_LAYERS = min(max(p for d, p in FIXED_ANGLES if d == degree) for degree in DEGREES)


def nearest_degree(degree: float) -> int:
    """The table's degree nearest to a mean degree.

    >>> nearest_degree(3.4), nearest_degree(48.0)
    (3, 8)
    """
    return min(DEGREES, key=lambda known: abs(known - degree))


def degree_factor(degree: float) -> float:
    """How much smaller gammas are at this degree than at 3: arctan(1/sqrt(d - 1)) over its value at 3.

    Examples
    --------
    >>> degree_factor(3.0), round(degree_factor(19.0), 3), degree_factor(0.0)
    (1.0, 0.376, 1.0)
    """
    if degree == 0:
        return 1.0
    return float(np.arctan2(1.0, np.sqrt(max(degree - 1.0, 0.0))) / np.arctan2(1.0, np.sqrt(2.0)))


def angle_unit(fields: Float, rows: Int, columns: Int, couplings: Float) -> float:
    """What gammas are divided by so that one set of angles fits Ising models of other weights and degrees.

    ``sqrt(mean of J**2 over couplings + mean of h**2 over nonzero fields)``, divided by `degree_factor` of the mean
    degree; 1 for a model without terms.

    Fields have shape (n,); rows, columns and couplings one shape (m,).

    References
    ----------
    Sureshbabu et al. (2024), Parameter setting in quantum approximate optimization of weighted problems,
    arXiv:2305.15201.
    """
    squares = [part**2 for part in (fields[fields != 0], couplings) if len(part)]
    if not squares:
        return 1.0
    rms = float(np.sqrt(sum(square.mean() for square in squares)))
    return rms / degree_factor(mean_degree(rows, columns))


def mean_degree(rows: Int, columns: Int) -> float:
    """Mean degree of the spins that have a coupling. Ends of couplings, shape (m,) each."""
    return 2 * len(rows) / max(1, len(np.union1d(rows, columns)))


def scaled_angles(num_layers: int, degree: float = 3.0) -> tuple[Float, Float]:
    """The table's angles for a mean degree, gammas times `angle_unit`. Shape (num_layers,) each.

    Raises
    ------
    ValueError
        The table has no such number of layers.

    Examples
    --------
    >>> [angles.round(4).tolist() for angles in scaled_angles(1)]
    [[0.3077], [0.3927]]
    """
    if not 1 <= num_layers <= MAX_LAYERS:
        raise ValueError(f"num_layers must be 1..{MAX_LAYERS} for fixed angles, got {num_layers}; use init='interp'")
    nearest = nearest_degree(degree)
    gammas, betas = FIXED_ANGLES[nearest, num_layers].scaled()
    return np.array(gammas) / degree_factor(nearest), np.array(betas)


def is_near_regular(fields: Float, rows: Int, columns: Int) -> bool:
    """Whether a model is Max-Cut, of weights of any sign, on a graph whose degrees are near one of the table's.

    No fields, a mean degree of 1.5 to 8.5, and degrees that spread (standard deviation) by at most a quarter of it.

    Examples
    --------
    >>> ring = np.arange(6), (np.arange(6) + 1) % 6
    >>> is_near_regular(np.zeros(6), *ring), is_near_regular(np.ones(6), *ring)
    (True, False)
    """
    if fields.any() or not len(rows):
        return False
    degrees = np.bincount(np.concatenate([rows, columns]))
    degrees = degrees[degrees > 0]
    mean = float(degrees.mean())
    return bool(DEGREES[0] - 0.5 <= mean <= DEGREES[-1] + 0.5 and degrees.std() <= mean / 4)


def tree_ratio(gammas: npt.ArrayLike, betas: npt.ArrayLike, degree: int) -> float:
    """Expected share of cut edges in a regular graph whose edges see trees up to p steps away.

    Parameters
    ----------
    gammas, betas : shape (p,), for exp(-i gamma C), C = sum (1 - ZZ)/2, exp(-i beta sum X)
    degree : of the graph

    Returns
    -------
    (1 - <ZZ>)/2 of `tree_correlation`

    Examples
    --------
    >>> [round(tree_ratio(FIXED_ANGLES[3, p].gammas, FIXED_ANGLES[3, p].betas, 3), 4) for p in range(1, 8)]
    [0.6925, 0.7559, 0.7924, 0.8169, 0.8364, 0.8499, 0.8598]
    """
    return (1 - tree_correlation(np.asarray(gammas, dtype=np.float64) / 2, betas, degree)[0]) / 2
