"""Every registered encoder keeps the rules of the suite; planted offenders do not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from qopt.core import ENCODERS, Entry, from_spec
from qopt.encoders import conformance
from qopt.encoders.slack import Slack
from qopt.encoders.unbalanced import Unbalanced

ENTRIES = [entry for entry in ENCODERS if not entry.missing]


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_rule(entry, check):
    check(entry)


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "slack", "tighten": True},
        {"name": "domain-wall", "tighten": True},
        {"name": "fix", "rule": "safe"},
        {"name": "fix", "core": 3, "inner": {"name": "fix", "rule": "safe", "inner": "domain-wall"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_rule_with_other_settings(spec, check, monkeypatch):
    monkeypatch.setattr(conformance, "make", lambda entry: from_spec("encoders", spec))
    check(ENCODERS.get(spec["name"]))


def test_exactness_is_checked_on_many_programs():
    """The suite would pass vacuously if encoders stopped claiming exactness."""
    exact = [case.name for case, encoding in conformance.encodings(ENCODERS.get("slack")) if encoding.is_exact]
    assert exact == [case.name for case in conformance.cases()]


@dataclass(frozen=True)
class Boastful(Slack):
    """Says that a penalty is valid which is too small, and that an energy is a bound which is not."""

    def encode(self, program):
        encoding = Slack(penalty=0.01).encode(program)
        bqm = encoding.bqm.copy()
        bqm.offset += 1000.0
        small = encoding if program.num_rows else replace(encoding, bqm=bqm)
        return replace(small, is_exact=True, is_relaxation=True)

    def num_qubits(self, program):
        return program.num_variables + 1

    def update(self, encoding, round):
        return None


@dataclass(frozen=True)
class Forgetful(Unbalanced):
    """Names a native program of another cost, and keeps state outside of the encoding."""

    def encode(self, program):
        count = globals().setdefault("_count", [0])
        count[0] += 1
        encoding = super().encode(program)
        return replace(encoding, native=replace(program, c=program.c + 1), note=f"encoding {count[0]}")


@pytest.mark.parametrize(
    ("encoder", "check"),
    [
        (Boastful(), conformance.check_exact),
        (Boastful(), conformance.check_relaxation),
        (Boastful(), conformance.check_size),
        (Boastful(), conformance.check_update),
        (Forgetful(), conformance.check_native),
        (Forgetful(), conformance.check_determinism),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_planted_offender_is_found_out(encoder, check, monkeypatch):
    monkeypatch.setattr(conformance, "make", lambda entry: encoder)
    with pytest.raises(AssertionError):
        check(Entry("offender", type(encoder)))


def test_cases_have_a_feasible_point_and_every_row_kind():
    from qopt.core import row_facts
    from qopt.encoders.exhaustive import best_cost

    kinds = set()
    for case in conformance.cases():
        assert best_cost(case.program) is not None
        kinds |= {facts.kind.value for facts in row_facts(case.program)}
    assert kinds >= {"one-hot", "packing", "covering", "equality", "knapsack", "inequality"}
    assert np.isfinite([case.program.offset for case in conformance.cases()]).all()
