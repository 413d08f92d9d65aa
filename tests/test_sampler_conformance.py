"""Every registered sampler keeps the rules of the suite; a planted offender does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dimod
import numpy as np
import pytest

from qopt.core import SOLVERS, Entry
from qopt.solvers import conformance
from qopt.solvers.base import QuboSampler, sample_set

ENTRIES = [entry for entry in SOLVERS if not entry.missing]


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_rule(entry: Entry, check: Callable[[Entry], None]) -> None:
    check(entry)


@dataclass(frozen=True)
class Careless(QuboSampler):
    """Copies of one point with the wrong energy, and the model changed on the way."""

    def sample(
        self, bqm: dimod.BinaryQuadraticModel, *, seed: int | None = None, num_reads: int = 5, **ignored: Any
    ) -> dimod.SampleSet:
        bqm.offset += 1
        Z = np.zeros((num_reads, bqm.num_variables))
        return sample_set(Z, np.full(num_reads, 3.0), None, {"when": object()})


@pytest.mark.parametrize(
    "check",
    [
        conformance.check_energies,
        conformance.check_reads,
        conformance.check_inputs,
        conformance.check_small,
        conformance.check_keywords,
        conformance.check_labels,
    ],
    ids=lambda check: check.__name__,
)
def test_careless_sampler_is_found_out(check: Callable[[Entry], None], monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Entry("careless", Careless)
    monkeypatch.setattr(conformance, "make", lambda entry: Careless())
    with pytest.raises(AssertionError):
        check(entry)
