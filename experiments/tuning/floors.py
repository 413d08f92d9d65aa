"""Which runs of a tuning are given up: those foreseen to end worse than the default's on the same instance and limits.

The floor of a run is the objective of the default's row, so it is the same however often a tuning is stopped, resumed
or deepened. A run that is given up is a row of its own: the rule is part of its pipeline, hence of its id and replay.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from ...core import from_spec
from ...solvers.base import QuboSampler
from ..default_decomposition import with_default_limit
from ..forecast import GiveUp
from ..sweep.matrix import Cell, Matrix, Task, task_id
from .space import Space

#: By an instance's fingerprint.
Floors = Mapping[str, GiveUp]


def with_floors(matrix: Matrix, floors: Floors, known: Container[str]) -> Matrix:
    """The matrix whose runs are given up below their floors; a run that has its ordinary row keeps it."""
    cells, tasks = list(matrix.cells), []
    judged: dict[int, int] = {}
    for task in matrix.tasks:
        cell = matrix.cells[task.cell]
        floor = floors.get(cell.source.fingerprint)
        if floor is None or task.id in known or cell.pipeline is None:
            tasks.append(task)
            continue
        if task.cell not in judged:
            judged[task.cell] = len(cells)
            cells.append(_judged(cell, floor, matrix))
        at = judged[task.cell]
        tasks.append(Task(task_id(cells[at], task.seed), at, task.seed, task.repeat))
    return replace(matrix, cells=cells, tasks=tasks)


def _judged(cell: Cell, floor: GiveUp, matrix: Matrix) -> Cell:
    assert cell.pipeline is not None
    pipeline = replace(cell.pipeline, give_up=floor)
    budget = with_default_limit(pipeline.encoder, matrix.limits.budget)
    return replace(cell, pipeline=pipeline, spec=pipeline.to_spec(budget))


def is_killed(row: Mapping[str, Any]) -> bool:
    """Whether a row is of a run that was given up."""
    told = ((row.get("resources") or {}).get("extra") or {}).get("stopped")
    return "give_up" in (row.get("pipeline") or {}) and str(told).startswith("given up")


def check_judged(space: Space) -> None:
    """Refuse parts whose progress nobody hears: nothing of theirs could be given up.

    Raises
    ------
    ValueError
        The solver tells no reads, and the encoder makes no rounds.
    """
    solver = from_spec("solvers", {"name": space.solver})
    is_sampler = isinstance(solver, QuboSampler)
    encoder = None if space.encoder is None else from_spec("encoders", {"name": space.encoder})
    tells = is_sampler and ("ended" in solver.parameters or hasattr(encoder, "max_rounds"))
    if not tells:
        parts = space.solver if space.encoder is None else f"{space.solver} with {space.encoder}"
        raise ValueError(
            f"--kill-hopeless must have a solver that tells its reads (sa), or an encoder of rounds, got {parts}; "
            "leave it out"
        )
