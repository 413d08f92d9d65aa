"""What auto takes for polynomials: cpsat alone was behind a plain search by 60 % on LABS of 40 bits."""

from __future__ import annotations

import pytest

import qopt
from qopt.core import Status
from qopt.solvers.native.auto import choose


@pytest.mark.parametrize(
    ("kind", "sizes", "solver"),
    [
        ("labs", {"length": 20}, "brute-force"),
        ("labs", {"length": 21}, "self-avoiding-walk"),
        ("labs", {"length": 39, "skew": True}, "brute-force"),
        ("hubo", {"n": 20}, "brute-force"),
        ("hubo", {"n": 25, "terms": 60}, "cpsat"),
        ("hubo", {"n": 40, "terms": 120}, "memetic-tabu"),
    ],
)
def test_auto_on_polynomials(kind: str, sizes: dict[str, int], solver: str) -> None:
    assert choose(qopt.generate(kind, seed=1, **sizes))[0] == solver


def test_small_sequences_are_proven() -> None:
    record = qopt.solve(qopt.generate("labs", length=13))
    assert record.status is Status.OPTIMAL
    assert record.objective == record.bound == 6


def test_large_sequences_are_searched_on_their_own_bits() -> None:
    record = qopt.solve(qopt.generate("labs", length=25), shots=20_000, control=False)
    assert record.resources.qubits == 25
    assert record.objective == 36
