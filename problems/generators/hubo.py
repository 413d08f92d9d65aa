"""Random polynomials with integer coefficients."""

from __future__ import annotations

import numpy as np

from ...core import GENERATORS
from ...core.polynomial import Vartype
from ..hubo import Hubo
from .limits import require_entries


@GENERATORS.register("hubo")
def hubo(
    *,
    n: int = 10,
    degree: int = 4,
    terms: int | None = None,
    max_coefficient: int = 9,
    spin: bool = False,
    seed: int = 0,
) -> Hubo:
    """n variables with random products of 1 to ``degree`` of them.

    Coefficients are uniform nonzero integers in -max_coefficient..max_coefficient; the number of factors of a term is
    uniform, and so are the variables in it.

    Parameters
    ----------
    n : variables
    degree : most factors of a term, at most n
    terms : terms drawn; 3 n when left out
    max_coefficient : largest absolute coefficient
    spin : products of spins +-1, not of bits

    Raises
    ------
    ValueError
        A size is out of range.
    """
    count = 3 * n if terms is None else terms
    if n < 1 or degree < 1 or count < 0 or max_coefficient < 1:
        raise ValueError(
            f"n, degree and max_coefficient must be >= 1 and terms >= 0, got {n}, {degree}, {max_coefficient} and "
            f"{count}; choose again"
        )
    require_entries(count * min(n, degree), "terms * degree")
    rng = np.random.default_rng(seed)
    drawn = [tuple(rng.choice(n, int(size), replace=False)) for size in rng.integers(1, min(n, degree) + 1, count)]
    values = rng.integers(1, max_coefficient + 1, count) * rng.choice([-1, 1], count)
    vartype: Vartype = "spin" if spin else "binary"
    return Hubo(n, tuple(drawn), values, vartype=vartype, name=f"hubo-{vartype}-n{n}-d{degree}-s{seed}")
