"""Graph shrinking around any encoder: correlated bits of its QUBO are tied until it fits, the answer is expanded.

A heuristic: a tie may cut off every optimum, so nothing is exact or a bound afterwards. What it keeps exactly is the
energy: every point of the small QUBO has the energy of the point it expands to.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, get_args

import numpy as np

from ...core import (
    ENCODERS,
    BinaryProgram,
    Encoder,
    Encoding,
    LiteralMap,
    Round,
    UnsupportedError,
    bqm_to_arrays,
    canonical_json,
    chain,
    from_spec,
    part,
    to_spec,
    unknown_name,
)
from ...core.tunable import Range, tunable
from ..quadratic import Quadratic
from ..slack import Slack
from .admissibility import Admissibility, AdmissibilityChecker, auxiliary_groups
from .correlations import CorrelationSource
from .loop import Control, Shrinking
from .sources import Sdp
from .thresholds import ThresholdRule

#: Entries of the inner state that the pipeline looks at.
_SHOWN_STATE = ("fractional", "multipliers", "needs_subspace")


@ENCODERS.register("shrink")
@dataclass(frozen=True)
class Shrink:
    """Adaptive graph shrinking: the inner QUBO with correlated bits tied or fixed until ``target`` bits are left.

    The QUBO is written as weighted Max-Cut with an anchor; the strongest correlated pair that ``admissibility`` lets
    pass is tied by its sign, a tie with the anchor fixes a bit; correlations are computed anew as the graph shrinks.

    Parameters
    ----------
    inner : encoder whose QUBO is shrunk.
    target : qubits to reach (1 and more), or the share of the inner qubits to keep (below 1).
    correlations : sdp, lp, sampling, qaoa, cqm-lp, spectral or random.
    admissibility : off; strict: merges whose class would lose one of its values are refused; propagate: those values
        are fixed instead, and what the rows then imply too; verified: as propagate, and a feasible point of the rows
        must be shown to be left, exactly. Lazy rows not yet added are not looked at.
    tau : same-side members of a class may take at most this share of a knapsack row.
    protect_slack : no merge of an auxiliary bit with a bit of the program or of another row (not with ``off``).
    threshold, level : which correlations are strong enough, see thresholds.py; applied to the admissible candidates.
    every : merges between two computations of correlations; 0: not by count.
    drift : compute anew when the merged nodes had more than this share of the graph's weight.
    max_solves : computations of correlations at most.
    min_correlation : stop when no admissible pair has at least this.
    max_spectral_change, num_eigenvalues : stop when a leading eigenvalue of the normalised Laplacian has changed by
        more than this share.
    max_bound_loss : stop when the relaxation's bound (sdp, lp) has fallen by more than this share of the original's.

    A stop is looked for at each computation of correlations; the merges since the last one are then taken back. The
    stops are off by default, so that the target is met where the rows allow it.

    References
    ----------
    M. Sharma, H. C. Lau (2025), Adaptive graph shrinking for quantum optimization of constrained combinatorial
    problems, arXiv:2506.14250; F. Wagner, J. Nuesslein, F. Liers (2023), arXiv:2302.05493; V. Fischer et al. (2024),
    arXiv:2404.17242. The rules of admissibility are derived from the rows, not taken from the first paper, whose text
    was not at hand.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-9, -5, -4, -1], rows=make_rows([[3, 2, 2, 3]], upper=[6]))
    >>> shrunk = Shrink(target=3).encode(program)
    >>> shrunk.num_qubits, Slack().encode(program).num_qubits
    (3, 7)
    """

    inner: Encoder = part("encoders", default_factory=Slack)  # noqa: RUF009 (a dataclass field)
    target: float = tunable(2 / 3, Range(0.3, 0.9))
    correlations: CorrelationSource = part("correlations", default_factory=Sdp)  # noqa: RUF009
    admissibility: Admissibility = "strict"
    tau: float = tunable(1.0, Range(0.5, 1.0))
    protect_slack: bool = True
    threshold: ThresholdRule = "proportional"
    level: float = tunable(0.8, Range(0.5, 0.99))
    every: int = tunable(1, Range(1, 8))
    drift: float | None = None
    max_solves: int | None = None
    min_correlation: float = 0.0
    max_spectral_change: float | None = None
    num_eigenvalues: int = 1
    max_bound_loss: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.target < math.inf or (self.target >= 1 and self.target != int(self.target)):
            raise ValueError(
                f"target must be a number of qubits or a share below 1, got {self.target!r}; write 20 or 0.6"
            )
        for name, known in (("admissibility", Admissibility), ("threshold", ThresholdRule)):
            if getattr(self, name) not in get_args(known):
                raise unknown_name(name, str(getattr(self, name)), get_args(known))
        if not 0 < self.tau <= 1 or not 0 <= self.level <= 1:
            raise ValueError(f"tau and level must lie in 0..1, got {self.tau!r} and {self.level!r}")
        if self.every < 0 or (self.max_solves is not None and self.max_solves < 1) or self.num_eigenvalues < 1:
            raise ValueError("every must be >= 0, max_solves and num_eigenvalues >= 1; leave them out for the defaults")

    def encode(self, program: BinaryProgram) -> Encoding:
        """The inner encoding, shrunk."""
        return _encoded(canonical_json(to_spec(self)), program)

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """The inner encoder's next round, shrunk anew; a bound of the small QUBO is none of the inner one."""
        inner = encoding.state["inner"]
        step = self.inner.update(inner, replace(round, energy_bound=None))
        return None if step is None else self._shrunk(step, round.program, encoding)

    def num_qubits(self, program: BinaryProgram) -> int:
        """Bits left; shrinks the graph, since the rows may stop it before the target."""
        return self.encode(program).num_qubits

    def _shrunk(self, inner: Encoding, program: BinaryProgram, before: Encoding | None) -> Encoding:
        linear, i, j, values, offset = bqm_to_arrays(inner.bqm)
        from scipy.sparse import coo_array

        m = inner.num_qubits
        low, high = np.minimum(i, j), np.maximum(i, j)
        products = coo_array((values, (low, high)), shape=(m, m)).tocsr()
        shrinking = Shrinking(
            energy=Quadratic(linear, products, offset),
            program=program,
            lift=inner.decoder if isinstance(inner.decoder, LiteralMap) else None,
            source=self.correlations,
            gate=self._gate(inner, program),
            control=Control(**{name: getattr(self, name) for name in Control.__dataclass_fields__}),
            target=int(self.target) if self.target >= 1 else max(1, round(self.target * m)),
        )
        if m > shrinking.target:
            shrinking.run()
        else:
            shrinking.ended = "already small enough"
        return self._wrapped(inner, shrinking, program, before)

    def _gate(self, inner: Encoding, program: BinaryProgram) -> AdmissibilityChecker:
        mode = self.admissibility
        if not isinstance(inner.decoder, LiteralMap):
            if mode != "off":
                raise UnsupportedError(
                    f"admissibility {mode} must know program variables as bits of the QUBO, those of "
                    f"{type(self.inner).__name__} are not; use --admissibility off"
                )
            return AdmissibilityChecker(mode, program, None)
        groups = auxiliary_groups(inner, inner.decoder) if self.protect_slack and mode != "off" else None
        return AdmissibilityChecker(mode, program, inner.decoder, self.tau, groups)

    def _wrapped(self, inner: Encoding, done: Shrinking, program: BinaryProgram, before: Encoding | None) -> Encoding:
        literals = done.classes.literals()
        is_same = not done.merges
        row: dict[str, Any] = {"shrink": _summary(done, inner)}
        if inner.trace:
            row = {**inner.trace[-1], **row}
        head = f"{inner.num_qubits} qubits shrunk to {literals.num_inputs} ({done.ended})"
        return Encoding(
            bqm=inner.bqm if is_same else done.reduced().bqm(),
            decoder=chain(inner.decoder, literals),
            penalties=inner.penalties,
            num_aux=_num_auxiliary(inner, literals),
            # restricting the QUBO may cut off every optimum, and raises its ground energy
            is_exact=inner.is_exact and is_same,
            is_relaxation=inner.is_relaxation and is_same,
            native=inner.native if is_same else None,
            note=f"{head}; {inner.note}" if inner.note else head,
            trace=(*(before.trace if before is not None else ()), row),
            state={
                **{key: inner.state[key] for key in _SHOWN_STATE if key in inner.state},
                "rows": program.num_rows,
                "inner": inner,
                "literals": literals,
                "merges": [list(asdict(merge).values()) for merge in done.merges],
            },
        )


def _summary(done: Shrinking, inner: Encoding) -> Mapping[str, Any]:
    """What happened, as JSON values for the Record."""
    exact = done.gate.exact
    return {
        "qubits_before": inner.num_qubits,
        "qubits": done.classes.num_free,
        "ended": done.ended,
        "merges": done.counts(),
        "rejected": dict(sorted(done.gate.rejections.items())),
        "num_solves": done.num_solves,
        "exact_checks": None if exact is None else exact.num_solves,
        "bound_before": done.first_bound,
        "bound": done.last_bound,
        "bound_loss": done.bound_loss,
        "spectral_change": max(done.spectral_changes, default=None),
    }


def _num_auxiliary(inner: Encoding, literals: LiteralMap) -> int:
    """Bits left that stand for auxiliary bits alone."""
    if not isinstance(inner.decoder, LiteralMap):
        return 0
    used = inner.decoder.compose(literals).index
    return int(literals.num_inputs - np.unique(used[used >= 0]).size)


@lru_cache(maxsize=2)
def _encoded(spec: str, program: BinaryProgram) -> Encoding:
    """Encoding by these settings; kept, because its size is asked for before it is built, and costs as much."""
    encoder: Shrink = from_spec("encoders", json.loads(spec))
    return encoder._shrunk(encoder.inner.encode(program), program, None)
