"""Penalty model of a binary program, with a binary slack variable for each inequality that needs one.

Exact with valid penalties. The price is qubits: floor(log2 b) + 1 for a knapsack row ``a x <= b``; equality, one-hot
and at-most-one rows cost none.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core import (
    ENCODERS,
    BinaryProgram,
    Encoding,
    LiteralMap,
    Round,
    encode_again_if_grown,
)
from ..core.arrays import Float
from ..core.tunable import PENALTIES, Choice, tunable
from .penalties import PenaltyRule, PenaltyWeights, penalty_weights
from .quadratic import Quadratic
from .row_plans import PenaltyTerms, RowEncoding, RowPlan, penalty_terms, plan_rows, slack_bits_of
from .squares import pair_products, row_squares


@ENCODERS.register("slack")
@dataclass(frozen=True)
class Slack:
    """Inequalities by bounded binary slack, the other rows by squares and products; exact.

    Minimises ``cost(x) + sum_r P_r (a_r x + s_r - b_r)^2 + sum_r P_r (products of pairs of literals)``. Slack weights
    are 1, 2, 4, ..., and a smaller last one, so that s_r reaches exactly 0..range. QUBO bits: the program's first,
    then the slacks row by row, low bit first.

    Parameters
    ----------
    penalty : "auto" for valid weights (see encoders/penalties.py for bound, proof and margin), one number for all
        rows, or numbers by row name; of the squared violation in the row's own units.
    tighten : first replace each row by an equivalent smaller one (encoders/tighten.py); off, the range is 0..b, as in
        the published qubit counts.

    References
    ----------
    Qiskit Optimization, QuadraticProgramToQubo (the same bits and squares; there one penalty 1 + ub - lb for all rows);
    S. Karimi, P. Ronagh (2019), Practical integer-to-binary mapping for quantum annealers, arXiv:1706.01945.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2, -2], rows=make_rows([[2, 1, 3], [0, 1, 1]], upper=[4, 1]))
    >>> encoding = Slack().encode(program)
    >>> encoding.num_qubits, encoding.num_aux, encoding.is_exact, encoding.penalties
    (6, 3, True, {'row[0]': 3.0, 'row[1]': 3.0})
    """

    penalty: PenaltyRule = tunable("auto", Choice(PENALTIES))  # noqa: RUF009 (a dataclass field)
    tighten: bool = tunable(False, Choice((False, True)))

    def encode(self, program: BinaryProgram) -> Encoding:
        """The penalty QUBO of the program; see the class."""
        n = program.num_variables
        plans = plan_rows(program, tighten=self.tighten)
        weights = penalty_weights(program, plans, self.penalty)
        terms = penalty_terms(plans, n)
        energy = Quadratic.cost(program).padded(terms.num_bits).plus(penalty_function(terms, weights.weights))
        num_aux = terms.num_bits - n
        is_lossless = all(plan.is_lossless for plan in plans)
        return Encoding(
            bqm=energy.bqm(),
            decoder=LiteralMap.identity(n, terms.num_bits),
            penalties=penalties_by_name(plans, weights.weights),
            num_aux=num_aux,
            is_exact=is_lossless and weights.exceed(energy.resolution),
            is_relaxation=is_lossless,  # a feasible point with its slacks has no penalty
            native=program if num_aux == 0 else None,
            note=describe(plans, weights, energy.resolution),
            state={"rows": program.num_rows},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """A new encoding when lazy rows were added, else None."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """Program bits plus slack bits."""
        return program.num_variables + slack_bits_of(program, tighten=self.tighten)


def penalty_function(terms: PenaltyTerms, weights: Float) -> Quadratic:
    """All planned rows with their weights, shape (rows,), as one function of program and slack bits."""
    squares = row_squares(terms.squares, terms.targets, weights[terms.square_rows])
    return squares.plus(pair_products(terms.products, weights[terms.product_rows]))


def penalties_by_name(plans: list[RowPlan], weights: Float) -> dict[str, float]:
    """Weights by row name, of the squared violation in the row's own units; without the rows that need none.

    Weights have shape (plans,).
    """
    return {
        plan.name: float(weight * plan.scale**2)
        for plan, weight in zip(plans, weights.tolist())
        if plan.treatment is not RowEncoding.SKIP
    }


def describe(plans: list[RowPlan], weights: PenaltyWeights, resolution: float) -> str:
    """One line for ``Encoding.note``: which penalties, and what makes the encoding inexact."""
    notes = [weights.note]
    lossy = [plan.name for plan in plans if not plan.is_lossless]
    if lossy:
        notes.append(f"{len(lossy)} rows of irrational data rounded inwards ({lossy[0]}): not exact")
    small = [plan.name for plan, short in zip(plans, (weights.weights <= weights.bounds).tolist()) if short]
    if small:
        notes.append(f"{len(small)} penalties not above the valid bound ({small[0]}): not proven exact")
    elif not weights.exceed(resolution):
        notes.append(f"energies are rounded at {resolution:.2g}, above the margin of the penalties: not exact")
    return "; ".join(notes)
