"""Seconds that building a sampler's model takes, from sizes alone, so that a time limit is kept before it is passed.

The figures were measured on one core of a server of 2023 (14,161 to 4,500 bits, 3 to 8 million products, 337,000 rows)
and are for choosing and refusing only: a twice faster machine decides the same.
"""

from __future__ import annotations

import numpy as np

from ..core import BinaryProgram, Encoder, Formulation, Size, UnsupportedError
from ..encoders.domain_wall import DomainWall
from ..encoders.slack import Slack
from ..encoders.unbalanced import Unbalanced
from ..solvers.base import QuboSampler

#: Seconds a row (its plan, its penalty), a variable of rows that a search must satisfy, a product of the QUBO
#: (summed, handed to dimod, read again), and a product of two entries of one row.
PER_ROW, PER_SEARCHED, PER_PRODUCT, PER_PAIR = 1e-5, 8e-5, 6e-7, 4e-9
#: Seconds a term and a row of a program that is yet to be built.
PER_TERM, PER_NEW_ROW = 2e-7, 2e-6
#: Share of a time limit that building may take.
BUILD_SHARE = 0.5
#: Seconds that building may take whatever the limit.
GRACE_SECONDS = 1.0


def program_seconds(size: Size) -> float:
    """Seconds to build a program of that size."""
    return PER_TERM * size.terms + PER_NEW_ROW * size.rows


def qubo_products(program: BinaryProgram) -> tuple[float, float]:
    """Upper bound of the products of the program's penalty QUBO, and the pairs of entries of all rows.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> qubo_products(BinaryProgram(c=[0] * 4, rows=make_rows([[1, 1, 1, 0], [0, 0, 1, 1]], upper=[1, 1])))
    (4.0, 13.0)
    """
    n, length = program.num_variables, np.diff(program.constraints.A.indptr).astype(np.float64)
    pairs = float((length * (length - 1) / 2).sum())
    return min(n * (n - 1) / 2, pairs + program.couplings.num_products), float((length**2).sum())


def model_seconds(program: BinaryProgram) -> float:
    """Seconds to make the program's penalty QUBO and to hand it to a sampler.

    Examples
    --------
    >>> import qopt
    >>> form = qopt.generate("tsp", n=120, seed=1).formulations["positions"](qopt.generate("tsp", n=120, seed=1))
    >>> 2 < model_seconds(form.program) < 6
    True
    """
    products, pairs = qubo_products(program)
    rows = program.constraints
    is_searched = bool(len(rows)) and bool((rows.lower > 0).any() or (rows.A.data < 0).any())
    searched = PER_SEARCHED * program.num_variables if is_searched else 0.0
    return PER_ROW * len(rows) + searched + PER_PRODUCT * products + PER_PAIR * pairs


def is_factored(formulation: Formulation) -> bool:
    """Whether the program holds its products by factors, and so is built at once, whatever its size."""
    return bool(getattr(formulation, "is_factored", False))


def unstored(formulation: Formulation) -> str:
    """Why a program's products, held by factors, cannot be written out; empty if they can, or are."""
    return formulation.program.couplings.refusal().partition(";")[0] if is_factored(formulation) else ""


def too_late(formulation: Formulation, limit: float) -> str:
    """Why the whole penalty QUBO of a formulation leaves no time for the search; empty if it leaves some.

    The size is looked at first, so that a program that is itself too large is never built.
    """
    most = BUILD_SHARE * limit
    size = type(formulation).size(formulation.problem)
    needed = program_seconds(size)
    if needed > most:
        return f"the program of {size.terms:,} terms would take about {needed:.1f} of {limit:g} s"
    needed = model_seconds(formulation.program)
    if needed > most:
        products, _ = qubo_products(formulation.program)
        return f"the whole model of up to {products:,.0f} products would take about {needed:.1f} of {limit:g} s"
    return ""


def sampling_late(sampler: QuboSampler, qubits: int, program: BinaryProgram, limit: float) -> str:
    """Why the sampler could not end with the whole penalty QUBO in time; empty if it can.

    Parameters
    ----------
    qubits : of the QUBO.
    """
    products, _ = qubo_products(program)
    needed = sampler.least_seconds(qubits, int(products))
    if needed <= BUILD_SHARE * limit:
        return ""
    return f"a sample of the whole model of {qubits} qubits would take about {needed:.1f} of {limit:g} s"


def check_time(encoder: Encoder, formulation: Formulation, left: float | None) -> None:
    """Refuse a penalty QUBO that was asked for and cannot be built in the time left.

    Raises
    ------
    UnsupportedError
        With the seconds and the remedy.
    """
    if left is None or not isinstance(encoder, Slack | Unbalanced | DomainWall):
        return
    if is_factored(formulation) and formulation.program.couplings.refusal():
        return  # refused whatever the time, and with a remedy that is no longer time
    needed = model_seconds(formulation.program)
    if needed > max(left, GRACE_SECONDS):
        products, _ = qubo_products(formulation.program)
        raise UnsupportedError(
            f"the whole model of up to {products:,.0f} products must be built within the time limit, about "
            f"{needed:.1f} s, got {left:.3g} s; raise --time-limit, or use --encoder neighbourhood"
        )
