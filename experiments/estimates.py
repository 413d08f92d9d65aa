"""What each solver would need for an instance, told before any work: qubits, bytes, seconds, or the refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core import ENCODERS, SOLVERS, Problem, from_spec
from ..problems.formulations import formulate
from ..solvers.base import Estimate, QuboSampler


def plan_rows(problem: Problem, *, formulation: str | None = None, encoders: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each pair of sampler and encoder, and one for each native solver."""
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
        for name, (qubits, refusal) in sizes.items():
            rows.append(_row(entry.name, name, Estimate(refusal=refusal) if refusal else solver.estimate(qubits, 0)))
    return rows


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
