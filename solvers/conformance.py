"""Rules that every registered sampler keeps: the suite that ``qopt check-plugin NAME`` and the tests run.

Each check takes a registry entry and raises AssertionError with what it found. Native solvers have rules of their own
(native_conformance.py) and pass those of samplers that need no QUBO. Models
are tiny, so that a circuit simulator passes in seconds; quality is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import dimod
import numpy as np

from ..algorithms.enumeration import all_energies
from ..core import BinaryProgram, Entry, bqm_from_arrays, from_spec, make_rows, to_spec
from ..core.margins import ROUNDING
from . import native_conformance
from .base import Estimate, QuboSampler, energies_of, points_of

#: Limits given to every sampler that names them, so that the suite is quick.
LIMITS: dict[str, Any] = {"evaluations": 12, "num_reads": 10, "num_shots": 40, "aggregate": True}
#: Settings of every sampler that has them, for the same reason.
FEW: dict[str, Any] = {"num_sweeps": 50, "num_steps": 200}


@dataclass(frozen=True, eq=False)
class Case:
    """A QUBO, and the program whose points are its own."""

    bqm: dimod.BinaryQuadraticModel
    program: BinaryProgram


def _case(linear: list[float], products: dict[tuple[int, int], float], offset: float = 0.0) -> Case:
    """A QUBO whose first two bits sum to one in the program, where it has two."""
    n = len(linear)
    rows = None if n < 2 else make_rows([[1, 1] + [0] * (n - 2)], lower=[1], upper=[1])
    i, j = [pair[0] for pair in products], [pair[1] for pair in products]
    bqm = bqm_from_arrays(linear, i, j, list(products.values()), offset)
    return Case(bqm, BinaryProgram(c=np.array(linear), offset=offset, rows=rows))


def asymmetric() -> Case:
    """Five bits, every energy different: a swapped pair of bits shows."""
    linear = [-3.0, 1.0, 2.5, -0.75, 0.3]
    return _case(linear, {(0, 1): 2.0, (1, 2): -4.0, (0, 3): 1.5, (2, 4): -1.25, (3, 4): 0.7}, 1.5)


def flat() -> Case:
    """Six bits without any energy: reads that are copies of each other show."""
    return _case([0.0] * 6, {})


def make(entry: Entry) -> Any:
    """The part with its default settings; a part that must be told something gets the plainest value."""
    spec: dict[str, Any] = {"name": entry.name}
    if entry.name == "dimod":
        spec["target"] = "dimod:RandomSampler"
    return from_spec("solvers", spec)


def run(sampler: QuboSampler, case: Case, *, bqm: dimod.BinaryQuadraticModel | None = None, **given: Any) -> Any:
    """One run with the keywords that the sampler names."""
    values = {"seed": 1, "program": case.program, **LIMITS, **given}
    model = case.bqm if bqm is None else bqm
    return sampler.sample(model, **{key: value for key, value in values.items() if key in sampler.parameters})


def few(entry: Entry) -> Any:
    """The part with few sweeps and steps where it has such settings."""
    made = make(entry)
    names = {field.name for field in fields(made)}
    return replace(made, **{name: value for name, value in FEW.items() if name in names})


def _sampler(entry: Entry) -> QuboSampler | None:
    return few(entry) if isinstance(entry.make, type) and issubclass(entry.make, QuboSampler) else None


def check_spec(entry: Entry) -> None:
    """settings survive JSON"""
    built = make(entry)
    spec = to_spec(built)
    again = to_spec(from_spec("solvers", json.loads(json.dumps(spec))))
    assert json.dumps(again, sort_keys=True) == json.dumps(spec, sort_keys=True), f"{spec} became {again}"
    assert entry.summary, "the class has no docstring; its first line is what `qopt list` shows"


def check_energies(entry: Entry) -> None:
    """energies are the model's own, lowest first, each point once"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    case = asymmetric()
    Z, energies, counts = points_of(run(sampler, case))
    assert len(Z), "no point came back"
    assert np.allclose(energies, energies_of(case.bqm, Z), rtol=0, atol=ROUNDING), "an energy is not the model's"
    assert (np.diff(energies) >= 0).all(), "the lowest energy does not stand first"
    assert len(np.unique(Z, axis=0)) == len(Z), "a point stands twice; use num_occurrences"
    assert (counts >= 1).all(), "num_occurrences must be >= 1"


def check_determinism(entry: Entry) -> None:
    """the same seed gives the same samples, seed 0 too"""
    sampler = _sampler(entry)
    if sampler is None or "seed" not in sampler.parameters:
        return
    for seed in (0, 1):
        runs = [run(sampler, flat(), seed=seed) for _ in range(2)]
        told = [
            {key: value for key, value in samples.info.items() if key not in ("seconds", "timing")} for samples in runs
        ]
        assert told[0] == told[1], f"info of two runs with seed {seed} differs, in more than its seconds"
        pairs = zip(*(points_of(samples) for samples in runs))
        assert all(np.array_equal(first, second) for first, second in pairs), f"two runs with seed {seed} differ"


def check_reads(entry: Entry) -> None:
    """k reads are not k copies"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    Z, _, _ = points_of(run(sampler, flat()))
    assert len(Z) > 3, f"{LIMITS['num_reads']} reads of a flat model gave {len(Z)} points"


def check_inputs(entry: Entry) -> None:
    """the model stays as it was"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    case = asymmetric()
    before = case.bqm.copy()
    run(sampler, case)
    assert case.bqm == before, "sample changed the model it was given"


def check_small(entry: Entry) -> None:
    """no variables, and one variable"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    Z, energies, _ = points_of(run(sampler, _case([], {}, 2.5)))
    assert Z.shape == (1, 0), f"a model without variables has one point, got shape {Z.shape}"
    assert energies.tolist() == [2.5], f"its energy is the offset 2.5, got {energies.tolist()}"
    Z, energies, _ = points_of(run(sampler, _case([-1.0], {})))
    assert Z.shape[1] == 1, f"a model of one variable has points of one bit, got {Z.shape}"
    assert set(energies.tolist()) <= {-1.0, 0.0}, f"its energies are -1 and 0, got {energies.tolist()}"


def check_keywords(entry: Entry) -> None:
    """an unknown keyword is a TypeError"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    try:
        sampler.sample(asymmetric().bqm, num_read=5)
    except TypeError:
        return
    raise AssertionError("num_read=5 was accepted")


def check_info(entry: Entry) -> None:
    """info is JSON and says which engine ran; a bound is one"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    case = asymmetric()
    info = run(sampler, case).info
    json.dumps(info, allow_nan=False)
    assert info.get("engine"), "info must say which engine ran"
    bound = info.get("energy_bound")
    lowest = float(all_energies(case.bqm).min())
    assert bound is None or bound <= lowest + ROUNDING, f"energy_bound {bound} lies above the lowest energy {lowest}"


def check_labels(entry: Entry) -> None:
    """any labels and spins, as dimod's own samplers"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    case = asymmetric()
    names = {0: "c", 1: "a", 2: ("b", 1), 3: 7, 4: "x"}
    model = case.bqm.relabel_variables(names, inplace=False).change_vartype("SPIN", inplace=False)
    samples = run(sampler, case, bqm=model)
    assert samples.vartype is dimod.SPIN, f"a SPIN model must give SPIN samples, got {samples.vartype}"
    assert set(samples.variables) == set(names.values()), f"labels changed to {list(samples.variables)}"
    assert np.allclose(samples.record.energy, model.energies(samples), rtol=0, atol=ROUNDING), (
        "energies are not the model's"
    )


def check_estimate(entry: Entry) -> None:
    """sizes are estimated, never an error"""
    sampler = _sampler(entry)
    if sampler is None:
        return
    for n in (0, 1, 20, 100_000):
        found = sampler.estimate(n, 3 * n)
        assert isinstance(found, Estimate), f"estimate({n}) gave {found!r}"
        assert "\n" not in found.refusal, "a refusal is one line"


def check_time_limit(entry: Entry) -> None:
    """a tiny time limit still gives a point"""
    sampler = _sampler(entry)
    if sampler is None or "seconds" not in sampler.parameters:
        return
    samples = run(sampler, asymmetric(), seconds=1e-3)
    assert len(samples) >= 1, "no point within the time limit"


#: The suite, in the order of its messages.
CHECKS: tuple[Callable[[Entry], None], ...] = (
    check_spec,
    check_energies,
    check_determinism,
    check_reads,
    check_inputs,
    check_small,
    check_keywords,
    check_info,
    check_labels,
    check_estimate,
    check_time_limit,
    *native_conformance.CHECKS,
)
