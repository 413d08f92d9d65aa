"""What each solver would need for an instance, told before any work: qubits, bytes, seconds, or the refusal."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..core import ENCODERS, SOLVERS, Problem, UnsupportedError, from_spec
from ..problems.formulations import formulate
from ..solvers.base import Estimate, QuboSampler
from .default_decomposition import announced, completed_spec


def plan_rows(
    problem: Problem, *, formulation: str | None = None, encoders: Sequence[str], decompose: bool = False
) -> list[dict[str, Any]]:
    """One row for each pair of sampler and encoder, and one for each native solver.

    Parameters
    ----------
    decompose : also a row of the decomposition, for samplers that hold none of the encodings.
    """
    program = formulate(problem, formulation).program
    sizes: dict[str, tuple[int, str]] = {}
    for name in encoders:
        ENCODERS.get(name)
        try:
            sizes[name] = (from_spec("encoders", name).num_qubits(program), "")
        except ValueError as error:
            sizes[name] = (0, str(error))
    rows: list[dict[str, Any]] = []
    for entry in SOLVERS:
        if entry.missing:
            rows.append(_row(entry.name, None, Estimate(refusal=entry.missing)))
            continue
        try:
            solver = from_spec("solvers", entry.name)
        except ValueError as error:
            rows.append(_row(entry.name, None, Estimate(refusal=str(error))))
            continue
        if not isinstance(solver, QuboSampler):
            rows.append(_row(entry.name, None, Estimate(refusal=solver.refusal(problem))))
            continue
        told = [
            _row(entry.name, name, Estimate(refusal=refusal) if refusal else solver.estimate(qubits, 0))
            for name, (qubits, refusal) in sizes.items()
        ]
        rows += told
        if decompose and all(row["refusal"] for row in told):
            for row in told:  # what works here is the next row
                row["refusal"] = row["refusal"].partition("; ")[0]
            rows.append(_decomposed(problem, entry.name, solver, formulation))
    return rows


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
