"""Every drawn setting of every part builds: a range beside a field holds only values that the part takes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import qopt
from qopt.core import from_spec
from qopt.core.tunable import domains
from qopt.experiments.tuning.space import Space

#: Numeric fields that are no settings of a search: sizes of the output, limits of the machine, tolerances.
PARTS = [
    (room, entry.name)
    for room in ("solvers", "encoders")
    for entry in (qopt.SOLVERS if room == "solvers" else qopt.ENCODERS)
    if dataclasses.is_dataclass(entry.make) and set(domains(entry.make)) - set(entry.preset)
]


@pytest.mark.parametrize(("room", "name"), PARTS)
def test_drawn_settings_build(room: str, name: str) -> None:
    space = Space.of(name) if room == "solvers" else Space.of("qaoa", name)
    rng = np.random.default_rng(1)
    for _ in range(20):
        pipeline = space.draw(rng).pipeline
        for role, spec in pipeline.items():
            from_spec(f"{role}s", spec)


def test_what_the_methods_tune_is_tunable() -> None:
    """Penalties, layers, init, scale of the slope (l1, l2), alpha, mu, temperatures, sweeps, targets and sizes."""
    for solver, encoder, field in (
        ("qaoa", "slack", "encoder.penalty"),
        ("qaoa", "slack", "solver.layers"),
        ("qaoa", "slack", "solver.init"),
        ("qaoa", "slack", "solver.scale"),
        ("qaoa", "slack", "solver.alpha"),
        ("sa", "augmented-lagrangian", "encoder.mu"),
        ("sa", "unbalanced", "encoder.l1"),
        ("sa", "unbalanced", "encoder.l2"),
        ("sa", "shrink", "encoder.target"),
        ("sa", "neighbourhood", "encoder.size"),
        ("pt", None, "solver.num_temperatures"),
        ("sa", None, "solver.num_sweeps"),
    ):
        assert field in Space.of(solver, encoder).domains, field
