"""A sampler says itself, as it is set, whether it is better given a polynomial as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

import qopt
from qopt.core import from_spec
from qopt.experiments.resolve_pipeline import default_encoder
from qopt.problems.hubo import Hubo
from qopt.solvers.ansatz.evaluators import RunnerEvaluator
from qopt.solvers.base import QuboSampler
from qopt.solvers.qrao.evaluators import OfRelaxed, RunnerRelaxed, VectorRelaxed
from qopt.solvers.training.evaluation_log import WithoutGradient

CASES: list[tuple[dict[str, Any], bool]] = [
    ({"name": "qaoa"}, True),
    ({"name": "qaoa", "backend": "mps"}, False),
    ({"name": "qaoa", "backend": "light-cone"}, False),
    ({"name": "vqe"}, True),
    ({"name": "vqe", "backend": "mps"}, False),
    ({"name": "qrao"}, False),
    ({"name": "ws-qaoa"}, True),
    ({"name": "ws-qaoa", "point": "greedy"}, True),
    ({"name": "ws-qaoa", "point": "sdp"}, False),
    ({"name": "ws-qaoa", "backend": "mps"}, False),
    ({"name": "adapt"}, True),
    ({"name": "brute-force"}, True),
    ({"name": "sa"}, False),
]


@pytest.mark.parametrize(("spec", "is_preferred"), CASES, ids=lambda value: str(value))
def test_each_sampler_answers_for_its_own_settings(spec: dict[str, Any], is_preferred: bool) -> None:
    assert from_spec("solvers", spec).prefers_polynomials is is_preferred


@pytest.mark.parametrize(("spec", "is_preferred"), [case for case in CASES if "backend" not in case[0]], ids=str)
def test_the_default_encoder_follows_the_answer(spec: dict[str, Any], is_preferred: bool) -> None:
    problem = qopt.generate("hubo", n=6, seed=1)
    assert isinstance(problem, Hubo)
    options = {f"solver.{key}": value for key, value in spec.items() if key != "name"}
    encoder = default_encoder(problem, spec["name"], None, options).encoder
    assert (encoder == "polynomial") is is_preferred


def test_a_sampler_with_options_of_the_same_names_is_asked_and_not_guessed_at() -> None:
    """A sampler's ``backend`` and ``point`` may mean anything: what they are called decides nothing."""

    @dataclass(frozen=True)
    class Own(QuboSampler):
        takes_polynomials: ClassVar[bool] = True
        backend: str = "cloud"
        point: str = "centre"

    assert Own().prefers_polynomials


@pytest.mark.parametrize("evaluator", [RunnerEvaluator, RunnerRelaxed, VectorRelaxed])
def test_an_evaluator_without_a_gradient_refuses_in_its_own_name(evaluator: type[WithoutGradient]) -> None:
    assert issubclass(evaluator, WithoutGradient)
    bare = object.__new__(evaluator)
    object.__setattr__(bare, "gradient", None)
    assert not bare.has_gradient
    with pytest.raises(NotImplementedError, match=f"{evaluator.__name__} has no exact gradient"):
        bare.value_and_gradient(np.zeros(2))


@pytest.mark.parametrize("evaluator", [RunnerRelaxed, VectorRelaxed])
def test_a_relaxed_state_has_no_points(evaluator: type[OfRelaxed]) -> None:
    bare = object.__new__(evaluator)
    assert bare.metrics(np.zeros(2)) == {}
    with pytest.raises(NotImplementedError, match="before it is rounded"):
        bare.draw(np.zeros(2), 3)
