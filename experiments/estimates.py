"""What each solver would need for an instance, told before any work: qubits, bytes, seconds, or the refusal."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ..core import ENCODERS, SOLVERS, BinaryProgram, Problem, UnsupportedError, from_spec
from ..problems.formulations import formulate
from ..solvers.base import Estimate, QuboSampler
from .default_decomposition import announced, completed_spec
from .model_work import is_factored
from .resolve_pipeline import DEFAULT_ENCODERS, SUBSPACE_ENCODERS


def plan_rows(
    problem: Problem,
    *,
    formulation: str | None = None,
    encoders: Sequence[str] | None,
    decompose: bool = False,
    solver: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """One row for each pair of sampler and encoder, and one for each native solver.

    Parameters
    ----------
    encoders : names; None for those that a run tries without one, ``native`` for samplers that keep rows.
    decompose : also a row of the decomposition, for samplers that hold none of the encodings.
    solver : spec of the only one to ask, with its settings; None for all with their defaults.
    """
    form = formulate(problem, formulation)
    program = form.program
    unheld = program.couplings.refusal() if is_factored(form) else ""
    sizes: dict[str, tuple[int, str]] = {}
    for name in (*DEFAULT_ENCODERS, *SUBSPACE_ENCODERS) if encoders is None else encoders:
        ENCODERS.get(name)
        try:
            sizes[name] = (from_spec("encoders", name).num_qubits(program), "")
        except ValueError as error:
            sizes[name] = (0, str(error))
    rows: list[dict[str, Any]] = []
    asked = [SOLVERS.get(solver["name"])] if solver else list(SOLVERS)
    for entry in asked:
        if entry.missing:
            rows.append(_row(entry.name, None, Estimate(refusal=entry.missing)))
            continue
        try:
            part = from_spec("solvers", dict(solver) if solver else entry.name)
        except ValueError as error:
            if solver:
                raise
            rows.append(_row(entry.name, None, Estimate(refusal=str(error))))
            continue
        if not isinstance(part, QuboSampler):
            rows.append(_row(entry.name, None, Estimate(refusal=part.refusal(problem))))
            continue
        tried = SUBSPACE_ENCODERS if part.keeps_rows else DEFAULT_ENCODERS
        told = []
        for name, (qubits, refusal) in sizes.items():
            if encoders is None and name not in tried:
                continue
            refusal = refusal or ("" if _works_on_factors(part, name) else unheld)
            estimate = Estimate(refusal=refusal) if refusal else estimate_of(part, name, program, qubits)
            told.append(_row(entry.name, name, estimate))
        rows += told
        if decompose and all(row["refusal"] for row in told):
            for row in told:  # what works here is the next row
                row["refusal"] = row["refusal"].partition("; ")[0]
            if is_factored(form) and part.takes_factors:  # what a run without --encoder takes
                rows.append(_row(entry.name, "native", part.estimate(program.num_variables, 0)))
            else:
                rows.append(_decomposed(problem, entry.name, part, formulation))
    return rows


def _works_on_factors(sampler: QuboSampler, encoder: str) -> bool:
    """Whether no list of all products is made of a program that holds them by factors."""
    return encoder == "neighbourhood" or (encoder == "native" and sampler.takes_factors)


def estimate_of(sampler: QuboSampler, encoder: Any, program: BinaryProgram, qubits: int) -> Estimate:
    """What a sampler takes for an encoding: by its size, or by its model where the graph tells more (light cones, mps).

    A size alone counts no couplings: where its estimate has a note, it is one at most, and the model is asked.

    Parameters
    ----------
    encoder : object, name or spec.
    """
    told = sampler.estimate(qubits, 0)
    if told.refusal or not told.note:
        return told
    part = from_spec("encoders", encoder) if isinstance(encoder, str | Mapping) else encoder
    return sampler.estimate_model(part.encode(program).bqm)


def _decomposed(problem: Problem, name: str, solver: QuboSampler, formulation: str | None) -> dict[str, Any]:
    """The row of the decomposition that a run without --encoder takes: size and seconds of a round."""
    try:
        spec, form = completed_spec("neighbourhood", problem, solver, formulation)
    except UnsupportedError as error:
        return _row(name, "neighbourhood", Estimate(refusal=str(error)))
    encoder = from_spec("encoders", spec)
    estimate = solver.estimate(encoder.size, 0)
    note = announced(encoder, formulate(problem, form))
    return _row(name, "neighbourhood", dataclasses.replace(estimate, note=f"{note}; seconds are of a round"))


def _row(solver: str, encoder: str | None, estimate: Estimate) -> dict[str, Any]:
    return {
        "solver": solver,
        "encoder": encoder,
        "qubits": estimate.qubits,
        "bytes": estimate.bytes,
        "seconds": estimate.seconds,
        "refusal": estimate.refusal or None,
        "note": estimate.note or None,
    }
