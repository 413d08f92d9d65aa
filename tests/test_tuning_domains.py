"""Every drawn setting of every part builds: a range beside a field holds only values that the part takes."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.core import from_spec
from qopt.core.tunable import domains
from qopt.experiments.tuning.rows import Rules
from qopt.experiments.tuning.space import Space
from qopt.experiments.tuning.tune import Tuned, tune, write_settings

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
        ("qaoa", "slack", "solver.num_layers"),
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


def test_a_killed_tuning_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    """Half of the rows and a torn line are left; the same call gives the same settings and figures."""
    problems = [qopt.generate("mis", n=8, seed=seed) for seed in range(4)]
    space = Space.of("sa", "slack")
    rules = Rules(budget={"shots": 2}, stage="raw")

    def tuned(folder: Path) -> tuple[Tuned, str]:
        found = tune(problems, space, folder, resource=3, rules=rules, seed=1, repeats=1)
        write_settings(folder / "tuned.yaml", found, space)
        return found, (folder / "tuned.yaml").read_text(encoding="utf-8")

    whole, text = tuned(tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "killed")
    rows = (tmp_path / "killed" / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "killed" / "rows.jsonl").write_bytes(b"".join(rows[: len(rows) // 2]) + rows[-1][:50])
    again, resumed = tuned(tmp_path / "killed")
    assert resumed == text
    assert 0 < again.num_runs < whole.num_runs
