"""Low autocorrelation sequences of a length: there is one instance a length, nothing is random in it."""

from __future__ import annotations

from ...core import GENERATORS
from ..labs import Labs
from ..labs_optima import known_optimum

#: Length for seed 0 where none is given.
_SHORTEST = 8


@GENERATORS.register("labs")
def labs(*, length: int | None = None, skew: bool = False, seed: int = 0) -> Labs:
    """Sequences of a length, with the known optimum where the package's table has one.

    Parameters
    ----------
    length : N; 8 + seed when left out (9 + 2 seed for skew-symmetric sequences), the one thing the seed decides
    skew : skew-symmetric sequences only, which need an odd length

    Examples
    --------
    >>> labs(length=13).best_known.value
    6
    """
    chosen = length if length is not None else _SHORTEST + 1 + 2 * seed if skew else _SHORTEST + seed
    known = None if skew else known_optimum(chosen)
    return Labs(chosen, is_skew=skew, name=f"labs{chosen:03d}{'-skew' if skew else ''}", best_known=known)
