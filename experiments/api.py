"""The package's functions for notebooks and scripts: what the command's verbs do, on what Python users hold.

``solve`` is in ``run``; ``load``, ``save`` and ``generate`` are those of the problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from ..core import Encoding, fingerprint
from ..problems.formulations import formulate
from ..problems.sources import problem_of
from .parts import Part, as_part, build_part
from .verify import Verified
from .verify import verify as verify_solution


def encode(
    what: Any,
    encoder: Part = "slack",
    *,
    kind: str | None = None,
    formulation: str | None = None,
    **options: Any,
) -> Encoding:
    """The QUBO of an instance and the way back: ``encoding.bqm`` (dimod, BINARY) and ``encoding.decode(Z) -> X``.

    Parameters
    ----------
    what, kind : as for ``solve``.
    encoder : registered name, mapping of its fields, or object such as ``qopt.Slack()``.
    options : fields of the encoder.

    Raises
    ------
    UnsupportedError
        The encoder cannot take this program; the text says why.

    Examples
    --------
    >>> import qopt
    >>> qopt.encode(qopt.generate("mis", n=5, seed=1), "slack").num_qubits
    5
    """
    part = build_part("encoder", as_part("encoder", encoder), options)
    encoding: Encoding = part.encode(formulate(problem_of(what, kind), formulation).program)
    return encoding


def verify(what: Any, solution: Any, *, kind: str | None = None) -> Verified:
    """Objective and violations of a solution, recomputed from the instance's own data.

    Parameters
    ----------
    what, kind : as for ``solve``.
    solution : in the kind's own form (0/1 vector, permutation, ...), a Record, or the path of a solution file.

    Raises
    ------
    ValueError
        It is not a solution of this kind.

    Examples
    --------
    >>> import qopt
    >>> qopt.verify([[0, 1, 9], [9, 0, 1], [1, 9, 0]], [0, 2, 1], kind="tsp").objective
    27
    """
    problem = problem_of(what, kind)
    if isinstance(solution, str | PathLike):
        from ..problems.solutions import read_solution_file

        return verify_solution(problem, read_solution_file(str(solution), problem).solution)
    own = getattr(solution, "solution", solution)  # a Record's or a Verified's
    if own is None:
        raise ValueError("the record must hold a solution, got none; it found no point")
    return verify_solution(problem, own)


def info(what: Any, *, kind: str | None = None) -> dict[str, Any]:
    """Kind, sizes, formulations (without building them), best known value and fingerprint, as JSON values.

    Examples
    --------
    >>> import qopt
    >>> qopt.info(qopt.generate("mdkp", n=6, m=2, seed=1))["size"]
    {'items': 6, 'rows': 2}
    """
    problem = problem_of(what, kind)
    known = problem.best_known
    return {
        "name": problem.name,
        "kind": problem.kind,
        "sense": problem.sense,
        "size": problem.size,
        "best_known": None if known is None else vars(known),
        "formulations": {name: form.size(problem)._asdict() for name, form in problem.formulations.items()},
        "fingerprint": fingerprint(problem),
    }


def bench(
    spec: str | PathLike[str],
    overrides: Sequence[str] = (),
    *,
    out: str | PathLike[str] | None = None,
    base: str | PathLike[str] | None = None,
    jobs: int = 1,
) -> Path:
    """Run the sweep of a YAML file and return its run folder; a second call runs only what is missing.

    Parameters
    ----------
    overrides : ``KEY=VALUE`` texts, such as ``"solver.num_layers=1,2,3"``.
    out : run folder; ``runs/NAME`` without.
    base : where the spec's relative instance paths start.
    jobs : runs at a time on this machine.
    """
    from .sweep.folder import prepare
    from .sweep.matrix import read_matrix
    from .sweep.runner import Local, missing_tasks, run_matrix
    from .sweep.store import Store

    path = str(spec)
    matrix, document = read_matrix(path, list(overrides), None if base is None else Path(base))
    folder = Path(out) if out is not None else Path("runs") / (matrix.sweep.name or Path(path).stem)
    with Store(folder) as store:
        prepare(folder, matrix, Path(document.path).read_bytes(), list(overrides))
        run_matrix(matrix, missing_tasks(matrix, store), store, Local(jobs, folder / "runs.log"))
    return folder


def report(run: str | PathLike[str], *, out: str | PathLike[str] | None = None) -> Any:
    """The report of a run folder or file of rows (findings, tables, plots); and its page where ``out`` is given."""
    from .report.output import Output, write_report
    from .report.report import make_report
    from .report.runs import load_runs

    found = make_report(load_runs(Path(run)))
    if out is not None:
        write_report(found, Path(out), Output())
    return found


def compare(first: str | PathLike[str], second: str | PathLike[str]) -> Any:
    """What got better or worse between two sets of rows of the same instances, seeds and pipelines."""
    from .report.compare import compare_runs
    from .report.runs import load_runs
    from .report.times import Settings

    return compare_runs(load_runs(Path(first)), load_runs(Path(second)), Settings().unit)


def options_of(part: Part, role: str = "solver") -> Mapping[str, Any]:
    """Options of a solver or encoder with their defaults.

    Examples
    --------
    >>> options_of("slack", "encoder")["tighten"]
    False
    """
    import dataclasses

    from .parts import part_fields

    shown: dict[str, Any] = {}
    for field in part_fields(role, as_part(role, part)).values():
        made = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        shown[field.name] = None if made is dataclasses.MISSING else made
    return shown
