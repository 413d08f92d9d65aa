"""Rounds that grow: found rows bring slack bits, and a round too large is not begun where there is an answer."""

from __future__ import annotations

from ..core import Budget, Clock, Encoding
from ..solvers.base import QuboSampler

#: Without a time limit, seconds that a larger round may be estimated at where an answer is there already.
LONGEST_ROUND = 60.0


def cannot_go_on(
    sampler: QuboSampler, change: tuple[Encoding, Encoding], budget: Budget, clock: Clock, *, has_answer: bool
) -> str:
    """Why the next round is not begun: one line, or nothing where it is.

    Parameters
    ----------
    change : the encoding that was sampled and the one that follows it.
    has_answer : whether a verified feasible point is there. Without a limit that the user set, a round that grew and
        would take more than a minute is then left.
    """
    before, after = change
    if after.num_qubits <= before.num_qubits:
        return ""
    estimate = sampler.estimate(after.num_qubits, after.bqm.num_interactions)
    grown = f"the next round has {after.num_qubits} bits for {before.num_qubits}"
    if estimate.refusal:
        return f"{grown}: {estimate.refusal}"
    is_limited = clock.remaining is not None or budget.rounds is not None
    if has_answer and not is_limited and (estimate.seconds or 0.0) > LONGEST_ROUND:
        return f"{grown} and would take about {estimate.seconds:,.0f} s; to go on, give --time-limit or --rounds"
    return ""
