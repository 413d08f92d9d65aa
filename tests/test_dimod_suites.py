"""dimod's own suites over every registered sampler: SPIN and BINARY, odd labels, alone and inside its composites.

They found that a spin of -1 came back as 255 from each of our samplers, which no suite of ours asked.
"""

from __future__ import annotations

from typing import Any

import dimod
import dimod.testing
import numpy as np
import pytest

from qopt.core import SOLVERS, BinaryProgram, Entry
from qopt.solvers import conformance
from qopt.solvers.base import QuboSampler

ENTRIES = [
    entry
    for entry in SOLVERS
    if not entry.missing and isinstance(entry.make, type) and issubclass(entry.make, QuboSampler)
]
SPIN_MODEL = dimod.BinaryQuadraticModel({"a": 1.0, "b": 0.0}, {("a", "b"): 1.0}, 0.0, "SPIN")
#: Labels of a fixed variable, a tuple, an integer out of order and a text; a free part that is not connected to it.
ODD = dimod.BinaryQuadraticModel(
    {("u", 1): 1.5, 7: -0.5, "x": 0.25, 0: -1.0}, {(("u", 1), 7): -2.0, ("x", 0): 0.75}, 0.5, "SPIN"
)


class Limited(dimod.Sampler):  # type: ignore[misc]
    """A registered sampler with few reads, and with a program of free bits where it asks for one."""

    def __init__(self, entry: Entry) -> None:
        self.inner = conformance.few(entry)
        self.__name__ = entry.name

    @property
    def parameters(self) -> Any:
        return self.inner.parameters

    @property
    def properties(self) -> Any:
        return self.inner.properties

    def sample(self, bqm: dimod.BinaryQuadraticModel, **given: Any) -> dimod.SampleSet:
        free = BinaryProgram(c=np.zeros(bqm.num_variables))
        given = {"seed": 1, "program": free, **conformance.LIMITS, "num_reads": 2, **given}
        return self.inner.sample(bqm, **{key: value for key, value in given.items() if key in self.parameters})


#: Composites of dimod, and those that it gave to dwave-preprocessing (in the extra of the tests).
COMPOSITES = ("Tracking", "Truncate")
MOVED = ("Clip", "ConnectedComponents", "FixVariables", "Scale", "SpinReversalTransform")


def _composed(name: str, sampler: dimod.Sampler) -> Any:
    home: Any = pytest.importorskip("dwave.preprocessing") if name in MOVED else dimod
    make = getattr(home, f"{name}Composite")
    return make(sampler, 3) if name == "Truncate" else make(sampler)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_samplers_pass_the_suite_of_dimod(entry: Entry) -> None:
    sampler = Limited(entry)
    dimod.testing.assert_sampler_api(sampler.inner)

    @dimod.testing.load_sampler_bqm_tests(sampler)
    class Suite:
        assertEqual = staticmethod(_equal)
        assertIs = staticmethod(_same)
        assertAlmostEqual = staticmethod(_close)

    names = [name for name in dir(Suite) if name.startswith("test_")]
    assert len(names) >= 30
    suite: Any = Suite()
    for name in names:
        getattr(suite, name)()


def _equal(found: object, wanted: object) -> None:
    assert found == wanted


def _same(found: object, wanted: object) -> None:
    assert found is wanted


def _close(found: float, wanted: float) -> None:
    assert found == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize("composite", [*COMPOSITES, *MOVED])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_samplers_work_inside_the_composites_of_dimod(entry: Entry, composite: str) -> None:
    sampler = _composed(composite, Limited(entry))
    dimod.testing.assert_composite_api(sampler)
    options: Any = {"fixed_variables": {"x": 1}} if composite == "FixVariables" else {}
    for model in (ODD, ODD.change_vartype("BINARY", inplace=False)):
        samples = sampler.sample(model, **options)
        assert samples.vartype is model.vartype
        assert set(samples.variables) == set(model.variables)
        dimod.testing.assert_sampleset_energies(samples, model, precision=7)
        allowed = {-1, 1} if samples.vartype is dimod.SPIN else {0, 1}
        assert set(np.unique(samples.record.sample).tolist()) <= allowed, "a spin is not -1 or +1"


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_samplers_take_products_of_three_through_dimod(entry: Entry, vartype: str) -> None:
    cubic = dimod.BinaryPolynomial({("a", 1, ("c",)): -2.0, ("a", 1): 1.0, (("c",),): 0.5}, vartype)
    samples = dimod.HigherOrderComposite(Limited(entry)).sample_poly(cubic, penalty_strength=4.0)
    assert set(samples.variables) == {"a", 1, ("c",)}
    dimod.testing.assert_sampleset_energies(samples, cubic, precision=7)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_spin_of_minus_one_is_minus_one(entry: Entry) -> None:
    samples = Limited(entry).sample(SPIN_MODEL)
    assert set(np.unique(samples.record.sample).tolist()) <= {-1, 1}  # it was 255
    point = dict(samples.first.sample)
    assert dimod.ising_energy(point, {"a": 1.0}, {("a", "b"): 1.0}) == samples.first.energy
    # a loop that adds fields computed from the spins: with bytes without a sign it ended at +4.56 where -40 is right
    assert float(samples.record.sample.astype(float).sum(axis=1).max()) <= 2.0
    assert samples.first.energy == -2.0 or entry.name in ("random", "dimod")
