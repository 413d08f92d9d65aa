"""Inequalities without slack variables, by unbalanced penalisation: no qubits added, optimum not guaranteed.

The penalty ``-l1 h + l2 h^2`` of a row's room ``h = b - a x >= 0`` is the beginning of exp(-h): it rewards a little
room, punishes overload, and also punishes much room. Equality, one-hot and at-most-one rows are encoded exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..core import (
    ENCODERS,
    BinaryProgram,
    Encoding,
    Round,
    Rows,
    encode_again_if_grown,
    unknown_name,
)
from ..core.arrays import Float, inner
from ..core.tunable import PENALTIES, Choice, Range, tunable
from .penalties import PenaltyRule
from .quadratic import Quadratic
from .row_plans import RowEncoding, RowPlan, plan_rows
from .slack import Slack
from .squares import row_squares


@ENCODERS.register("unbalanced")
@dataclass(frozen=True)
class Unbalanced:
    """Inequalities by ``-l1 h + l2 h^2`` without slack; equality rows by squares, at-most-one rows by products.

    Energy: ``cost(x) + (C / R) sum_r (-l1 h_r + l2 h_r^2)`` over the R inequality rows, in these units:

    - ``h_r = (b_r - a_r x) / mean|a_r|``, the room of row r in mean items (for ``a x >= b`` the surplus);
    - ``C`` = the mean of the nonzero |cost coefficients|, products included, so that both weights are prices of one
      mean item in mean costs, whatever the units of the instance;
    - the sum is shared by the rows, since the prices of a variable's rows add up.

    A row with two bounds counts on both sides. Equality and at-most-one rows get penalties that are valid for this
    energy as the cost, so ground states keep them; nothing guarantees the inequalities: the encoding is exact only
    where there are none.

    Parameters
    ----------
    l1, l2 : weights of the linear and of the quadratic part; the penalty is least at a room of l1 / (2 l2) mean items.
        The defaults are what ``tune`` (encoders/tune.py) finds on 72 instances of ``generate("mdkp")``: 10 and 14
        items, 1, 3 and 5 rows, tightness 0.25, 0.5 and 0.75, seeds 0-3: loss 0.165, and 0.181 on seeds 100-103. Other
        families deserve their own. The paper's (0.96, 0.0371) belong to the raw units of its knapsacks: read in ours
        they give 0.70 on seeds 100-103.
    penalty : of the equality and at-most-one rows, as in ``Slack``.

    References
    ----------
    A. Montanez-Barrera, D. Willsch, A. Maldonado-Romo, K. Michielsen (2022), Unbalanced penalization: a new approach to
    encode inequality constraints of combinatorial problems for quantum optimization algorithms, arXiv:2211.13914,
    equations 7-9. We differ in the units: there h is raw and C = R = 1.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2, -2], rows=make_rows([[2, 1, 3]], upper=[4]))
    >>> encoding = Unbalanced().encode(program)
    >>> encoding.num_qubits, encoding.num_aux, encoding.is_exact
    (3, 0, False)
    """

    l1: float = tunable(4.0, Range(0.1, 20.0, "log"))
    l2: float = tunable(1.5, Range(0.1, 20.0, "log"))
    penalty: PenaltyRule = tunable("auto", Choice(PENALTIES))  # noqa: RUF009 (a dataclass field)

    def __post_init__(self) -> None:
        for name, value in (("l1", self.l1), ("l2", self.l2)):
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a number >= 0, got {value!r}; see `qopt tune-penalty`")

    def encode(self, program: BinaryProgram) -> Encoding:
        """The slack-free QUBO of the program; see the class."""
        plans = plan_rows(program, keep_free=False)
        soft = [plan for plan in plans if plan.treatment is RowEncoding.SLACK]
        hard = {plan.name for plan in plans if plan.treatment in (RowEncoding.SQUARE, RowEncoding.PRODUCTS)}
        self._check_names(hard)
        linear, square = room_functions(program, soft)
        scale = cost_scale(program)
        energy = Quadratic.cost(program).plus(linear.scaled(-self.l1 * scale)).plus(square.scaled(self.l2 * scale))
        rows = _rows_named(program, hard)
        model = BinaryProgram(energy.linear, energy.products, energy.offset, rows, program.names)
        inner = Slack(self.penalty).encode(model)
        assert inner.num_aux == 0
        note = f"{len(soft)} rows unbalanced, l1 = {self.l1:g}, l2 = {self.l2:g}, C = {scale:g}; {inner.note}"
        return replace(
            inner,
            is_exact=inner.is_exact and not soft,
            is_relaxation=inner.is_relaxation and not soft,
            native=program,
            note=note if soft else inner.note,
            state={"rows": program.num_rows},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """A new encoding when lazy rows were added, else None."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """The program's bits: nothing is added."""
        return program.num_variables

    def _check_names(self, hard: set[str]) -> None:
        for name in self.penalty if isinstance(self.penalty, dict) else ():
            if name not in hard:
                raise unknown_name("penalty's row (inequalities have l1 and l2 instead)", name, hard)


def room_functions(program: BinaryProgram, soft: list[RowPlan]) -> tuple[Quadratic, Quadratic]:
    """``(sum_r h_r, sum_r h_r^2) / R`` over the inequality rows, both sides where a row has two bounds."""
    from scipy.sparse import coo_array, csr_array

    n = program.num_variables
    sides = [(plan, side) for plan in soft for side in ((0, 1) if plan.is_two_sided else (0,))]
    rows, columns, values = [], [], []
    room = np.zeros(len(sides))  # h_r = room_r - A_r x
    for r, (plan, side) in enumerate(sides):
        unit = float(np.abs(plan.coefficients).mean())
        rows.append(np.full(plan.columns.size, r))
        columns.append(plan.columns)
        values.append((-1.0 if side else 1.0) * plan.coefficients / unit)
        room[r] = (plan.span - plan.target if side else plan.target) / unit
    share = np.full(len(sides), 1.0 / max(len(soft), 1))
    if not sides:
        zero = Quadratic(np.zeros(n), csr_array((n, n)))
        return zero, zero
    A = coo_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(len(sides), n)
    ).tocsr()
    linear: Float = -np.asarray(A.T @ share)
    return Quadratic(linear, csr_array((n, n)), inner(room, share)), row_squares(A, room, share)


def cost_scale(program: BinaryProgram) -> float:
    """Mean of the nonzero |cost coefficients|, products included; 1 where all are zero."""
    values = np.abs(np.concatenate([program.c, program.products.data]))
    values = values[values > 0]
    return float(values.mean()) if values.size else 1.0


def _rows_named(program: BinaryProgram, names: set[str]) -> Rows:
    rows = program.constraints
    keep = np.array([i for i, name in enumerate(rows.names) if name in names], dtype=np.int64)
    return Rows(rows.A[keep], rows.lower[keep], rows.upper[keep], tuple(rows.names[i] for i in keep.tolist()))
