"""What would work where an encoding does not fit: each remedy is tried by the sizes that it would have, then named.

Nothing is named that would be refused too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ..core import ENCODERS, Encoder, Formulation, PolynomialProgram, UnsupportedError
from ..encoders.native import Native
from ..encoders.neighbourhood.structure import structure_of
from ..encoders.presolve import Fix
from ..encoders.slack import Slack
from ..encoders.unbalanced import Unbalanced
from ..solvers.base import QuboSampler
from .default_decomposition import decomposition

#: Presolve solves a linear program: only tried up to this many entries.
MAX_ENTRIES = 200_000
#: Objects of an assignment that a subspace of permutations takes.
MAX_OBJECTS = 10


def refused(refusal: str, encoder: Encoder, sampler: QuboSampler, formulation: Formulation) -> UnsupportedError:
    """The error of an encoding that does not fit: the sampler's numbers, and what works on this instance."""
    found = list(_working(encoder, sampler, formulation))
    if not found:
        return UnsupportedError(refusal)
    return UnsupportedError(f"{refusal.partition('; ')[0]}; what fits here: {', '.join(found)}")


def _working(encoder: Encoder, sampler: QuboSampler, formulation: Formulation) -> Iterator[str]:
    program = formulation.program
    if _decomposes(sampler, formulation):
        yield "--encoder neighbourhood"
    for other in (Slack(), Unbalanced()):
        if type(other) is not type(encoder) and _fits(other, sampler, formulation):
            yield f"--encoder {ENCODERS.entry_of(type(other)).name}"
    fields = {field.name for field in dataclasses.fields(sampler)}
    if "precision" in fields and getattr(sampler, "precision", "") != "complex64":
        lean = dataclasses.replace(sampler, precision="complex64")
        if _fits(encoder, lean, formulation):
            yield "--precision complex64"
    if program.num_rows and program.constraints.A.nnz + program.couplings.num_products <= MAX_ENTRIES:
        try:
            if not isinstance(encoder, Fix) and _fits(Fix(inner=encoder), sampler, formulation):
                yield "--presolve lp"
        except (UnsupportedError, TimeoutError, ArithmeticError):
            pass
    structure = structure_of(program)
    if structure.kind == "assignment" and structure.cells is not None and len(structure.cells) <= MAX_OBJECTS:
        yield "--solver xy"


def _decomposes(sampler: QuboSampler, formulation: Formulation) -> bool:
    if isinstance(formulation.program, PolynomialProgram):  # a decomposition cuts the products of a quadratic cost
        return False
    try:
        decomposition(formulation, sampler)
    except UnsupportedError:
        return False
    return True


def _fits(encoder: Encoder, sampler: QuboSampler, formulation: Formulation) -> bool:
    if sampler.keeps_rows and not isinstance(encoder, Native):
        return False
    try:
        return not sampler.estimate(encoder.num_qubits(formulation.program), 0).refusal
    except UnsupportedError:
        return False
