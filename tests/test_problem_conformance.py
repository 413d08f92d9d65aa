"""Every registered problem and generator keeps the rules of the suite; planted offenders do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pytest

from qopt.core import GENERATORS, PROBLEMS, BestKnown, BinaryProgram, Entry, Size, make_rows
from qopt.problems import conformance


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("entry", list(PROBLEMS), ids=lambda entry: entry.name)
def test_problem(entry, check):
    check(entry)


@pytest.mark.parametrize("check", conformance.GENERATOR_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("entry", list(GENERATORS), ids=lambda entry: entry.name)
def test_generator(entry, check):
    check(entry)


@dataclass(frozen=True, eq=False)
class SloppyForm:
    """Pick exactly one of three, written wrongly in every way."""

    problem: Sloppy
    name: ClassVar[str] = "sloppy"
    is_surrogate: ClassVar[bool] = False

    @cached_property
    def program(self):
        return BinaryProgram(self.problem.costs + 1, rows=make_rows([[1, 1, 1]], upper=[1]))  # cost + 1, and <= for ==

    def decode(self, x):
        return np.asarray(x, dtype=np.int64)

    def encode(self, solution):
        return np.asarray(solution)[::-1].astype(np.uint8)

    def complete(self, X):
        return np.asarray(X, dtype=np.uint8)

    def separate(self, X):
        X[:] = 0
        return make_rows([[1, 0, 0]], lower=[1], names=["wrong"])

    @classmethod
    def size(cls, problem):
        return Size(3, 1, 99)


@dataclass(frozen=True, eq=False)
class Sloppy:
    costs: np.ndarray
    name: str = ""
    best_known: BestKnown | None = None
    kind: ClassVar[str] = "sloppy-kind"
    sense: ClassVar[str] = "min"

    @property
    def formulations(self):
        return {"form": SloppyForm}

    def objective(self, solution):
        return np.int64(self.costs @ solution)

    def violations(self, solution):
        broken = abs(int(np.sum(solution)) - 1)
        return {"sum": broken, "nothing": 0} if broken else {}


@pytest.mark.parametrize(
    "check",
    [check for check in conformance.CHECKS if check.__name__ not in ("check_complete", "check_json")],
    ids=lambda check: check.__name__,
)
def test_sloppy_problem_is_found_out(check, monkeypatch):
    two = [Sloppy(np.array([4, 2, 3]), name=name) for name in ("a", "b")]
    monkeypatch.setattr(conformance, "examples", lambda entry: two)
    with pytest.raises(AssertionError):
        check(Entry("sloppy", Sloppy))
