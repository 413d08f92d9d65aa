"""Rounds of iterating encoders as the run sees them: rows told in the instance's units, lazy rows of fractional points.

A separable QUBO is minimised in closed form where the solver would have run a circuit, and the Record says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..core import BinaryProgram, Encoding, Formulation, Number, Problem, signed
from ..solvers.base import QuboSampler, Report
from .candidates import new_rows

if TYPE_CHECKING:
    import dimod

#: Values of a trace row that are costs (of the program, minimised).
COSTS = ("bound", "dual_estimate", "energy", "best_bound", "incumbent", "current", "model")


@runtime_checkable
class RoundReport(Protocol):
    """A report that also wants every round of an iterating encoder, in the instance's own units."""

    def __call__(self, seconds: float, objective: Number) -> None: ...

    def round(self, row: Mapping[str, Any]) -> None:
        """Called after each round with its row of the trace."""


def tell_round(report: Report | None, problem: Problem, encoding: Encoding) -> None:
    """Hand the last trace row to a report that wants rounds."""
    if isinstance(report, RoundReport) and encoding.trace:
        report.round(rounds_in_own_units(problem, encoding.trace[-1:])[0])


def rounds_in_own_units(problem: Problem, trace: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Trace rows with their costs as objectives: negated where the instance maximises."""

    def own(key: str, value: Any) -> Any:
        return signed(problem, value) if key in COSTS and value is not None else value

    return tuple({key: own(key, value) for key, value in row.items()} for row in trace)


def with_fractional_cuts(formulation: Formulation, program: BinaryProgram, encoding: Encoding) -> BinaryProgram:
    """The program with the lazy rows that the encoding's averaged primal point breaks (subtours by minimum cuts)."""
    point = encoding.state.get("fractional")
    if point is None:
        return program
    from ..algorithms.cuts import fractional_cuts

    rows = fractional_cuts(formulation, point)
    rows = None if rows is None else new_rows(program, rows)
    return program if rows is None or not len(rows) else program.with_rows(rows)


def closed_form(sampler: QuboSampler, encoding: Encoding) -> dimod.SampleSet | None:
    """Exact minimum of an iterating encoder's separable QUBO, instead of a circuit; None where it does not apply."""
    if not (encoding.is_separable and "multipliers" in encoding.state and "num_shots" in sampler.parameters):
        return None
    from ..solvers.classical.exact_oracle import ExactOracle

    samples = ExactOracle().sample(encoding.bqm)
    samples.info["no_circuit"] = "the round's QUBO has no products: minimum in closed form, no circuit was run"
    return samples
