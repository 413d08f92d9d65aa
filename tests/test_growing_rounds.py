"""Rounds that grow are not begun where they do not fit, or would take minutes without a limit; the answer stays."""

from __future__ import annotations

import dataclasses

import dimod
import pytest

from qopt.core import Budget, Clock, Encoding, LiteralMap
from qopt.experiments.growing_rounds import cannot_go_on
from qopt.solvers.base import Estimate, QuboSampler


class Slow(QuboSampler):
    """Holds 20 bits; ten seconds a bit."""

    def sample(self, bqm: dimod.BinaryQuadraticModel, *, seed: int | None = None) -> dimod.SampleSet:
        raise AssertionError("nothing is sampled here")

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        refusal = "20 bits fit" if num_variables > 20 else ""
        return Estimate(num_variables, seconds=10.0 * num_variables, refusal=refusal)


def encoding(bits: int) -> Encoding:
    bqm = dimod.BinaryQuadraticModel(dict.fromkeys(range(bits), 1.0), {}, 0.0, "BINARY")
    return Encoding(bqm=bqm, decoder=LiteralMap.identity(4, bits), num_aux=bits - 4)


@pytest.mark.parametrize(
    ("bits", "seconds", "rounds", "has_answer", "said"),
    [
        (10, None, None, True, "about 100 s; to go on, give --time-limit or --rounds"),
        (10, None, None, False, ""),  # without an answer it goes on
        (10, 5.0, None, True, ""),  # the user's own limit holds
        (10, None, 3, True, ""),
        (6, None, None, True, ""),  # did not grow
        (21, 5.0, 3, False, "20 bits fit"),
    ],
)
def test_when_a_larger_round_is_left(
    bits: int, seconds: float | None, rounds: int | None, has_answer: bool, said: str
) -> None:
    change = (encoding(6), encoding(bits))
    budget = dataclasses.replace(Budget(), rounds=rounds)
    why = cannot_go_on(Slow(), change, budget, Clock(seconds), has_answer=has_answer)
    assert said in why
    assert bool(why) == bool(said)
