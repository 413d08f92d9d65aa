"""A sweep chooses as the command does: solver, encoder, formulation and settings, for every kind, size and solver."""

from __future__ import annotations

from pathlib import Path

import pytest

import qopt
from qopt.core import UnsupportedError, to_spec
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.experiments.sweep.matrix import read_matrix

#: A size that a circuit holds, and one that it does not.
SIZES = {
    "mdkp": ("n: 6, m: 2", "n: 40, m: 5"),
    "mis": ("n: 8", "n: 60"),
    "max-cut": ("n: 8", "n: 60"),
    "qubo": ("n: 8", "n: 60"),
    "market-share": ("products: 2, retailers: 6", "products: 3, retailers: 20"),
    "multi-knapsack": ("n: 4, knapsacks: 2", "n: 20, knapsacks: 4"),
    "qap": ("n: 3", "n: 8"),
    "tsp": ("n: 4", "n: 9"),
    "hubo": ("n: 6", "n: 40"),
    "labs": ("length: 8", "length: 40"),
    "integer-program": ("n: 3, m: 1", "n: 20, m: 3"),
    "tsptw": ("n: 3", "n: 8"),
    "cvrp": ("n: 3", "n: 7"),
    "vrptw": ("n: 3", "n: 7"),
}
SOLVERS = ("qaoa", "sa", "constrained-sa", "memetic-tabu", "brute-force", "exact", "cpsat", "xy")


@pytest.mark.parametrize("kind", SIZES)
def test_every_cell_of_a_sweep_is_the_pipeline_of_the_command(kind: str, tmp_path: Path) -> None:
    small, large = SIZES[kind]
    instances = (
        f"  small: [{{generate: {kind}, {small}, seed: 1}}]\n  large: [{{generate: {kind}, {large}, seed: 1}}]\n"
    )
    pipelines = "".join(f"  {name}: {{solver: {name}}}\n" for name in SOLVERS[:-1])
    pipelines += "  xy: {solver: xy, instances: small}\n"  # counting the states of a large ground takes its time
    (tmp_path / "spec.yaml").write_text(f"instances:\n{instances}pipelines:\n{pipelines}")
    matrix, _ = read_matrix(str(tmp_path / "spec.yaml"))
    assert len(matrix.cells) == 2 * len(SOLVERS) - 1
    chosen = set()
    for cell in matrix.cells:
        problem = cell.source.problem
        name = cell.spec["solver"]["name"]
        try:
            alone = choose_pipeline(problem, name)
        except (UnsupportedError, ValueError):
            assert cell.pipeline is None
            continue
        assert cell.pipeline is not None, (kind, name)
        assert to_spec(cell.pipeline.solver) == to_spec(alone.solver)
        assert cell.pipeline.formulation == alone.formulation
        assert (cell.pipeline.encoder is None) == (alone.encoder is None)
        if alone.encoder is not None:
            assert to_spec(cell.pipeline.encoder) == to_spec(alone.encoder)
            chosen.add(type(alone.encoder).__name__)
    assert chosen


def test_the_sizes_cover_every_kind_and_choice() -> None:
    assert set(SIZES) == {entry.name for entry in qopt.core.PROBLEMS}
