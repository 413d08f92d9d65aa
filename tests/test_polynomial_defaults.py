"""A polynomial goes as it is to samplers that take one: LABS of 20 bits was quadratised to 198 by default."""

from __future__ import annotations

from typing import Any

import pytest

import qopt
from qopt.experiments.resolve_pipeline import choose_pipeline

LABS = qopt.Labs(20)


def chosen(solver: str, **options: Any) -> tuple[str, str | None]:
    pipeline = choose_pipeline(LABS, solver, options=options)
    return type(pipeline.encoder).__name__, pipeline.formulation


@pytest.mark.parametrize("solver", ["qaoa", "memetic-tabu", "polynomial-sa", "brute-force", "vqe", "rqaoa"])
def test_a_sampler_of_polynomials_gets_the_polynomial(solver: str) -> None:
    assert chosen(solver) == ("AsPolynomial", "polynomial")


@pytest.mark.parametrize(
    ("solver", "options"),
    [("sa", {}), ("qaoa", {"backend": "mps"}), ("ws-qaoa", {"point": "convex"}), ("memetic-tabu", {"penalty": 3.0})],
)
def test_what_needs_a_qubo_keeps_it(solver: str, options: dict[str, Any]) -> None:
    assert chosen(solver, **options)[1] != "polynomial"


def test_a_shrunk_or_too_large_polynomial_is_quadratised() -> None:
    assert choose_pipeline(qopt.Labs(8), "qaoa", shrink=8).formulation != "polynomial"
    assert choose_pipeline(qopt.Labs(40), "qaoa").formulation != "polynomial"


def test_a_quadratic_polynomial_is_a_qubo_as_before() -> None:
    assert choose_pipeline(qopt.Labs(2), "qaoa").formulation is None
