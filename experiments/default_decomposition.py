"""The decomposition that a sampler gets where neither slack nor unbalanced fits: size, inner encoder, formulation.

Sizes come from the sampler's own estimate, so that a round takes about a second at most; nothing is measured.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from ..core import Budget, Encoder, Formulation, Problem, UnsupportedError, accepted_fields
from ..encoders.neighbourhood import Neighbourhood
from ..encoders.neighbourhood.structure import structure_of
from ..encoders.slack import Slack
from ..problems.formulations import formulate
from ..solvers.base import QuboSampler

#: Seconds that a round's sampler may take by its own estimate, and the sizes that are tried.
ROUND_SECONDS = 1.0
SIZES = range(20, 3, -1)
#: Size for samplers without a limit of their own.
UNLIMITED_SIZE = 64
#: Objects of an assignment for samplers that keep its rows: k! states.
KEPT_OBJECTS = 7
#: Bits for samplers that keep other rows, at most 2**k states.
KEPT_BITS = 14
#: Variables of a model without rows from which a round takes many parts, and how many.
MANY = 20_000
PARTS = 256
#: Seconds of a run for which no limit is given.
DEFAULT_SECONDS = 60.0

#: Formulation that suits decomposition best, by kind, for samplers that do not keep rows themselves.
PREFERRED: Mapping[str, str] = MappingProxyType({"tsp": "edges"})

#: Fields of the encoder that an option may set although the encoder was not named.
FIELDS = frozenset(accepted_fields(Neighbourhood))


def decomposition(formulation: Formulation, sampler: QuboSampler) -> dict[str, Any]:
    """Spec of the decomposition of a formulation for a sampler.

    Raises
    ------
    UnsupportedError
        The sampler cannot hold even the smallest neighbourhood.
    """
    program = formulation.program
    structure = structure_of(program)
    if sampler.keeps_rows:
        size = KEPT_OBJECTS**2 if structure.kind == "assignment" else KEPT_BITS
        return {"name": "neighbourhood", "inner": {"name": "native"}, "size": size}
    size = _size(sampler)
    has_slack = Slack().num_qubits(program) > program.num_variables
    spec = {"name": "neighbourhood", "inner": {"name": "unbalanced" if has_slack else "slack"}, "size": size}
    if structure.kind == "free" and program.num_variables >= MANY:
        spec |= {"chooser": "partition", "parts": PARTS}
    return spec


def _size(sampler: QuboSampler) -> int:
    for size in (UNLIMITED_SIZE, *SIZES):
        pairs = size * (size - 1) // 2
        estimate = sampler.estimate(size, 0 if size == UNLIMITED_SIZE else pairs)
        if estimate.refusal or sampler.least_seconds(size, pairs) > ROUND_SECONDS:
            continue
        if estimate.seconds is None or estimate.seconds <= ROUND_SECONDS:
            return int(size)
    refusal = sampler.estimate(SIZES[-1], 0).refusal
    if refusal:
        raise UnsupportedError(refusal)
    return SIZES[-1]


def direct_formulation(problem: Problem, name: str | None, *, keeps_rows: bool = False) -> str | None:
    """The formulation to decompose: the one asked for, else the main one, with two exceptions.

    Auxiliary bits tie all others together: a form without them is taken. A tour's edges give exchanges of three edges
    in 15 bits, its positions four cities in 16: edges are taken, but for samplers that keep the rows of positions.

    Examples
    --------
    >>> import qopt
    >>> direct_formulation(qopt.generate("market-share", products=2, retailers=8, seed=1), None)
    'squares'
    """
    if name is not None:
        return name
    preferred = PREFERRED.get(problem.kind)
    if preferred in problem.formulations and not keeps_rows:
        return preferred
    main = formulate(problem, None)
    zeros = np.zeros((1, main.program.num_variables), dtype=np.uint8)
    if not main.complete(zeros).any():
        return None
    for other, make in problem.formulations.items():
        n = make.size(problem).variables
        if not make(problem).complete(np.zeros((1, n), dtype=np.uint8)).any():
            return other
    return None


def announced(encoder: Neighbourhood, formulation: Formulation) -> str:
    """One line: how much of the instance a round looks at, which parts, how many points, and until when."""
    n = formulation.program.num_variables
    size = f"{min(encoder.size, n)} of {n} variables"
    cells = structure_of(formulation.program).cells
    if structure_of(formulation.program).kind == "assignment" and cells is not None:
        size = f"{min(int(encoder.size**0.5), len(cells))} of {len(cells)} objects and their places"
    rounds = f"until {encoder.patience_of(formulation.program)} rounds bring nothing"
    if encoder.max_rounds is not None:
        rounds = f"{encoder.max_rounds} rounds"
    return f"decomposed: {size} a round, {encoder.words(formulation.program)}, {encoder.points} points each, {rounds}"


def with_default_limit(encoder: Encoder | None, budget: Budget) -> Budget:
    """The budget, with a minute for a decomposition that has no limit of its own."""
    if decomposing(encoder) is None or budget.seconds is not None or budget.rounds is not None:
        return budget
    return dataclasses.replace(budget, seconds=DEFAULT_SECONDS)


def decomposing(encoder: Encoder | None) -> Neighbourhood | None:
    """The decomposition in an encoder or in those that it wraps; None where there is none."""
    while encoder is not None:
        if isinstance(encoder, Neighbourhood):
            return encoder
        encoder = getattr(encoder, "inner", None)
    return None


def completed_spec(
    spec: str | Mapping[str, Any], problem: Problem, sampler: QuboSampler, formulation: str | None
) -> tuple[dict[str, Any], str | None]:
    """A neighbourhood with the inner encoder and the size that suit, where it names none; and its formulation."""
    given = {"name": spec} if isinstance(spec, str) else dict(spec)
    name = direct_formulation(problem, formulation, keeps_rows=sampler.keeps_rows)
    suited = decomposition(formulate(problem, name), sampler)
    return {**suited, **given}, name
