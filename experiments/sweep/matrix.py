"""The matrix of a sweep: a cell for each instance and pipeline, a task for each of its seeds, each with its id.

The id is that of the Record (SHA-256 of instance data, pipeline, seed), known before the run; so a rerun does what is
missing. Seeds derive from the instance's name and the repeat alone: all pipelines see the same seeds (paired).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core import Budget, KroneckerProducts
from ...problems.formulations import formulate
from ...solvers.base import Estimate, QuboSampler
from ..default_decomposition import with_default_limit
from ..estimates import estimate_of
from ..pipeline import Pipeline, id_of_run
from ..resolve_pipeline import choose_pipeline
from .document import Document, Mistakes, read_document
from .grid import MAX_RUNS, Variant, variants
from .overrides import apply_overrides
from .sources import Source, sources
from .spec import Limits, Sweep, check_groups, validated


@dataclass(frozen=True, eq=False)
class Cell:
    """One pipeline on one instance; ``pipeline`` is None where it cannot be built, and ``refusal`` says why."""

    source: Source
    variant: Variant
    pipeline: Pipeline | None
    spec: dict[str, Any]
    refusal: str = ""


@dataclass(frozen=True)
class Task:
    """One run: its id, its cell's position in the matrix, its seed and the number of the repeat."""

    id: str
    cell: int
    seed: int
    repeat: int


@dataclass(frozen=True, eq=False)
class Matrix:
    """Everything that a sweep runs, in order: repeat by repeat, so that a stopped sweep is balanced."""

    sweep: Sweep
    cells: Sequence[Cell]
    tasks: Sequence[Task]
    twins: int = 0
    groups: dict[str, list[str]] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        return self.sweep.budget

    def estimates(self) -> Iterator[tuple[Cell, Estimate]]:
        """What each cell needs, or why it will be refused; builds programs, runs nothing."""
        for cell in self.cells:
            yield cell, estimate(cell, self.limits.budget)


def seed_of(name: str, repeat: int, base: int = 0) -> int:
    """Seed of an instance's repeat, in 0..2**31-1.

    Examples
    --------
    >>> seed_of("pet2", 0) == seed_of("pet2", 0), seed_of("pet2", 0) == seed_of("pet2", 1)
    (True, False)
    """
    digest = hashlib.sha256(f"{base}/{name}/{repeat}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def read_matrix(path: str, overrides: Sequence[str] = (), base: Path | None = None) -> tuple[Matrix, Document]:
    """The matrix of a spec's file.

    Parameters
    ----------
    base : folder that the spec's relative paths start from; None is the spec's own. No id depends on it.

    Raises
    ------
    ValueError
        The spec or an override cannot be run; one line with the position.
    """
    if base is not None and not base.is_dir():
        raise ValueError(f"base must be a folder, got {str(base)!r}; check the path")
    document = read_document(path)
    apply_overrides(document, overrides)
    return build_matrix(document, base), document


def build_matrix(document: Document, base: Path | None = None) -> Matrix:
    """The matrix of a document; parameters and errors as in ``read_matrix``.

    Raises
    ------
    SpecError
        The matrix has more than MAX_RUNS runs.
    """
    mistakes = Mistakes()
    with mistakes.noted():
        sweep = validated(Sweep, document.values, document)
    if mistakes.errors:
        sweep = _sound_part(document, mistakes)
    chosen: list[Variant] = []
    found: list[Source] = []
    with mistakes.noted():
        check_groups(sweep, document)
    with mistakes.noted():
        chosen = variants(sweep, document)
    with mistakes.noted():
        found = sources(sweep, document, base or Path(document.path).parent)
    mistakes.tell()
    if len(chosen) * sweep.repeats > MAX_RUNS:
        count = len(chosen) * sweep.repeats
        raise document.error(("repeats",), f"a sweep must have at most {MAX_RUNS} runs, got {count} for each instance")
    count = len(found) * len(chosen) * sweep.repeats
    if count > MAX_RUNS:
        raise document.error(("instances",), f"a sweep must have at most {MAX_RUNS} runs, got {count}; drop some")
    budget = sweep.budget.budget
    cells = [
        _cell(source, variant, budget)
        for source in found
        for variant in chosen
        if not variant.groups or source.group in variant.groups
    ]
    count = len(cells) * sweep.repeats
    tasks: dict[str, Task] = {}
    for repeat in range(sweep.repeats):
        for index, cell in enumerate(cells):
            seed = seed_of(cell.source.name, repeat, sweep.seed)
            task = Task(task_id(cell, seed), index, seed, repeat)
            tasks.setdefault(task.id, task)
    return Matrix(sweep, cells, list(tasks.values()), count - len(tasks), dict(sweep.groups))


def _sound_part(document: Document, mistakes: Mistakes) -> Sweep:
    """The instances and pipelines of a document whose other keys hold mistakes, so that theirs are told too.

    Raises
    ------
    SpecError
        These are not to be had.
    """
    values = document.values if isinstance(document.values, dict) else {}
    part = {key: values[key] for key in ("instances", "pipelines") if key in values}
    again = Mistakes()
    with again.noted():
        return validated(Sweep, part, document)
    mistakes.tell()
    raise AssertionError("unreachable")


def task_id(cell: Cell, seed: int) -> str:
    """The id that the run's Record will have."""
    return id_of_run(cell.source.fingerprint, cell.spec, seed)


def _cell(source: Source, variant: Variant, budget: Budget) -> Cell:
    options = dict(variant.options)
    try:
        if variant.missing:
            raise ValueError(variant.missing)
        if variant.formulation is not None:
            formulate(source.problem, variant.formulation)
        switches = {**variant.switches, **variant.wrappers, "seconds": budget.seconds}
        pipeline = choose_pipeline(
            source.problem, variant.solver, variant.encoder, variant.formulation, options, **switches
        )
    except (ValueError, TypeError, ImportError) as error:
        # told before the run, and a row of its own: no other cell suffers
        spec = {
            "formulation": variant.formulation,
            "encoder": _as_spec(variant.encoder),
            "solver": _as_spec(variant.solver),
            "options": options,
            "repair": dict(variant.switches),
            **variant.wrappers,
            "budget": {key: value for key, value in vars(budget).items() if value is not None},
        }
        return Cell(source, variant, None, spec, " ".join(str(error).split()))
    return Cell(source, variant, pipeline, pipeline.to_spec(with_default_limit(pipeline.encoder, budget)))


def _as_spec(part: Any) -> Any:
    return {"name": part} if isinstance(part, str) else part


def estimate(cell: Cell, budget: Budget) -> Estimate:
    """Qubits, bytes and seconds of one run of the cell, or its refusal."""
    if cell.pipeline is None:
        return Estimate(refusal=cell.refusal)
    solver, encoder = cell.pipeline.solver, cell.pipeline.encoder
    problem = cell.source.problem
    try:
        if not isinstance(solver, QuboSampler):
            return Estimate(refusal=solver.refusal(problem))
        assert encoder is not None
        program = formulate(problem, cell.pipeline.formulation).program
        is_held = solver.takes_factors and isinstance(program.couplings, KroneckerProducts)
        told = solver.estimate(encoder.num_qubits(program), 0 if is_held else program.couplings.num_products)
        if told.note and told.bytes is None:
            told = estimate_of(solver, encoder, program, encoder.num_qubits(program))
    except (ValueError, ImportError, RuntimeError) as error:
        return Estimate(refusal=" ".join(str(error).split()))
    if not told.refusal and budget.seconds is not None and "seconds" not in solver.parameters:
        return Estimate(told.qubits, told.bytes, told.seconds, "takes no time limit, and the budget has seconds")
    return told
