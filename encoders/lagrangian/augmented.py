"""Augmented Lagrangian without slack bits: prices and squares together, both adapted over some 15 rounds.

A heuristic for good points, not for bounds: raw samples seldom keep all knapsack rows, so repair decides much of what
is found. The Record shows raw and repaired apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ...core import ENCODERS, BinaryProgram, Encoding, LiteralMap, Round
from ...core.arrays import Float
from ...core.tunable import Range, tunable
from ..quadratic import Quadratic
from ..unbalanced import cost_scale
from .augmented_forms import RowState, Variant, terms
from .dual_method import check_settings
from .dual_rows import DualRows, PackingRule, RowForm, UnitRule, dual_rows
from .seen import Seen, Start, see, slack_proof, start_multipliers, trace_row

#: A violation above this share of the last one makes mu grow where ``growth_rule`` is stalled.
_STALLED = 0.25


@ENCODERS.register("augmented-lagrangian")
@dataclass(frozen=True)
class AugmentedLagrangian:
    """Augmented Lagrangian QUBO with as many bits as the program, multipliers and mu updated each round.

    Units: costs are divided by their mean size and rows by their mean |coefficient|, so that h counts mean items and mu
    is the price, in mean costs, of a squared mean item. T3P punishes the load itself: its rows are divided by max(1,
    |b|), so that a full row costs ``l + mu`` mean costs however many items it holds. Equality rows get
    ``nu g + mu/2 g^2`` in every variant, at-most-one rows (l + mu) times the products of their pairs (or are
    inequalities, with packing rows).

    Parameters
    ----------
    variant : form of an inequality ``h <= 0`` with multiplier l: L ``l h``; Q ``l h + mu/2 h^2``; AS as Q for the rows
        with ``l + mu h > 0`` at the last point; UP ``l h + l2 h^2`` with l from ``l1``; T3P ``l (Ax) + mu (Ax)^2``; SE
        Q with the slack eliminated at the last point. The baseline with slack bits is the encoder ``slack``.
    start : first multipliers: zero, one, or the duals of the linear relaxation (lp). UP starts at l1 for zero.
    mu : first weight of squares, and length of the multipliers' steps ``l <- [l + mu h]_+``.
    growth : factor of mu after a round, up to ``max_mu``.
    growth_rule : always, or only when the violation is ``stalled`` above a quarter of the last one.
    max_mu : most that mu grows to.
    reads : best reads of a round over which h is averaged in the update.
    packing : at-most-one rows by ``products`` of their pairs, or as ``rows`` like any inequality.
    l1, l2 : weights of UP, shared by the rows, in the units of the encoder ``unbalanced``.
    max_rounds : rounds after which it ends.

    References
    ----------
    M. R. Hestenes (1969), doi:10.1007/BF00927673; R. T. Rockafellar (1973), The multiplier method of Hestenes and
    Powell applied to convex programming, doi:10.1007/BF00934777; UP: arXiv:2211.13914. Slack-free augmented Lagrangians
    for QUBOs: arXiv:2507.12159, to whose full text we had no access: T3P is a third party's reading of it, the
    others are standard forms.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2, -2], rows=make_rows([[2, 1, 3]], upper=[4]))
    >>> encoding = AugmentedLagrangian(variant="Q").encode(program)
    >>> encoding.num_qubits, encoding.num_aux, encoding.is_relaxation
    (3, 0, False)
    """

    variant: Variant = "AS"
    start: Start = "zero"
    mu: float = tunable(1.0, Range(0.01, 100.0, "log"))
    growth: float = tunable(1.2, Range(1.0, 2.0))
    growth_rule: Literal["always", "stalled"] = "always"
    max_mu: float = 1e4
    reads: int = tunable(1, Range(1, 10, "log"))
    packing: PackingRule = "products"
    l1: float = tunable(4.0, Range(0.1, 20.0, "log"))
    l2: float = tunable(1.5, Range(0.1, 20.0, "log"))
    max_rounds: int = tunable(15, Range(3, 60, "log"))

    def __post_init__(self) -> None:
        check_settings(self.reads, self.max_rounds, 0.0)
        if not (self.mu > 0 and self.max_mu >= self.mu):
            raise ValueError(f"mu must be > 0 and at most max_mu, got {self.mu!r} and {self.max_mu!r}")
        if self.growth < 1:
            raise ValueError(f"growth must be >= 1, got {self.growth!r}; 1 keeps mu")

    def encode(self, program: BinaryProgram) -> Encoding:
        """The first round's QUBO; see the class."""
        rows = self._rows(program)
        multipliers = start_multipliers(program, rows, self.start)
        if self.variant == "UP" and self.start == "zero":
            inequality = _inequalities(rows)
            multipliers[inequality] = self.l1 / max(1, inequality.sum())
        last, mu = np.full(rows.count, np.nan), self.mu
        return self._encoding(program, rows, multipliers, {"mu": mu, "last": last, "violation": np.inf}, "")

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """The next round's QUBO; a last encoding with ``state["is_done"]`` when it ends, then None."""
        state = encoding.state
        if (state.get("is_done") and round.program.num_rows == state["rows"]) or not len(round.X):
            return None
        rows = self._rows(round.program)
        seen = see(encoding, round, rows, self.reads)
        h, mu = seen.subgradient, float(state["mu"])
        multipliers = self._raised(seen, h, mu)
        violation = float(np.linalg.norm(np.where(rows.is_equality, h, np.maximum(h, 0.0))))
        is_growing = self.growth_rule == "always" or violation > _STALLED * float(state["violation"])
        following = {"mu": min(self.max_mu, mu * self.growth) if is_growing else mu, "last": h, "violation": violation}
        reason = "max_rounds" if len(encoding.trace) + 1 >= self.max_rounds else ""
        if encoding.is_relaxation and slack_proof(seen):
            reason = "complementary slackness" + ("" if seen.is_exact else " (oracle not exact: no proof)")
        step = float(np.abs(multipliers - seen.multipliers).max(initial=0.0))
        row = trace_row(seen, encoding, round, {"mu": mu, "step": step, **({"stopped": reason} if reason else {})})
        new = self._encoding(round.program, rows, multipliers, following, reason)
        return replace(new, trace=(*encoding.trace, row))

    def num_qubits(self, program: BinaryProgram) -> int:
        """The program's bits: nothing is added."""
        return program.num_variables

    def _rows(self, program: BinaryProgram) -> DualRows:
        unit: UnitRule = "bound" if self.variant == "T3P" else "item"
        return dual_rows(program, packing=self.packing, unit=unit)

    def _raised(self, seen: Seen, h: Float, mu: float) -> Float:
        """Multipliers of the next round: ``l + mu h``, not below 0 where they have a sign."""
        rows, at = seen.rows, seen.multipliers
        if self.variant == "T3P":
            h = np.where(_inequalities(rows), np.maximum(h, 0.0), h)
        raised = at + mu * h
        return np.where(rows.is_free, raised, np.maximum(raised, 0.0))

    def _encoding(
        self, program: BinaryProgram, rows: DualRows, multipliers: Float, memory: Mapping[str, Any], reason: str
    ) -> Encoding:
        scale, mu = cost_scale(program), float(memory["mu"])
        energy = self._energy(program, rows, multipliers, memory)
        inequality = _inequalities(rows)
        is_relaxation = self.variant == "L" or not inequality.any()
        note = f"augmented-lagrangian {self.variant}: {int(inequality.sum())} inequalities, no slack, mu = {mu:.4g}"
        note += "" if is_relaxation else "; no relaxation: energies are no bounds"
        bqm = energy.bqm()
        if bqm.num_interactions == 0 and self.variant == "L":  # other forms are separable in single rounds at most
            note += "; inner problem separable: minimum in closed form, no circuit needed"
        state = {"rows": program.num_rows, "multipliers": multipliers, **memory}
        if reason:
            note += f"; ended by {reason}"
            state["is_done"] = True
        return Encoding(
            bqm=bqm,
            decoder=LiteralMap.identity(program.num_variables),
            penalties=rows.scaled_by_names(multipliers * scale),
            is_exact=False,
            is_relaxation=is_relaxation,
            native=program,
            note=note,
            state=state,
        )

    def _energy(self, program: BinaryProgram, rows: DualRows, at: Float, memory: Mapping[str, Any]) -> Quadratic:
        """Cost, priced equalities and products with their squares, and the variant's terms, in the program's units."""
        scale, mu = cost_scale(program), float(memory["mu"])
        inequality, products = _inequalities(rows), rows.forms == RowForm.PRODUCTS
        last = np.concatenate([memory["last"], np.full(rows.count - memory["last"].size, np.nan)])
        share = self.l2 / max(1, int(inequality.sum()))
        t = terms(self.variant, RowState(at, rows.b, mu, last, share))
        linear = np.where(inequality, t.linear, at + np.where(products, mu, 0.0))
        square = np.where(inequality, t.square, np.where(rows.is_free, mu / 2.0, 0.0))
        target = np.where(inequality, t.target, rows.b)
        energy = rows.lagrangian(program, linear * scale).plus(rows.squared(square * scale, target))
        constant = float(t.constant[inequality].sum()) * scale
        return Quadratic(energy.linear, energy.products, energy.offset + constant)


def _inequalities(rows: DualRows) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows that a variant's terms are for, shape (m,)."""
    return np.asarray(~rows.is_equality & (rows.forms == RowForm.LINEAR))
