"""Functions for notebooks on many runs: tuning, portfolios, crossover, and pictures of records.

Each is a verb of the command; here paths may be of any type, instances anything that ``qopt.solve`` takes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Record, unknown_name
from ..problems.sources import problem_of

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]


@dataclass(frozen=True, eq=False)
class Crossover:
    """Where a quantum machine would overtake a measured solver; both exponents are fits to small sizes.

    Parameters
    ----------
    measured : growth of the classical time and of the circuit's 1/P, with the pipelines' names and notes.
    scenario : the machines as they are assumed.
    verdict : ``text``, and size, seconds and qubits at the crossing.
    band : 95 % interval of that size; infinite for never.
    sensitivity : a row a changed assumption.
    """

    measured: Any
    scenario: Any
    verdict: Any
    band: tuple[float, float]
    sensitivity: tuple[Mapping[str, Any], ...]

    def __repr__(self) -> str:
        """One line for a person."""
        return f"<crossover of {self.measured.classical} and {self.measured.quantum}: {self.verdict.text}>"

    def plot(self, path: str | PathLike[str]) -> None:
        """Draw both curves with their bands, as PNG or SVG by the suffix."""
        from .crossover.picture import draw

        draw(self.measured, self.scenario, Path(path))


def crossover(
    runs: Paths,
    *,
    classical: str | None = None,
    quantum: str | None = None,
    target_gap: float = 0.0,
    **scenario: Any,
) -> Crossover:
    """The size from which a quantum machine would be faster, from measured growth and a machine model.

    Parameters
    ----------
    runs : run folder of ``bench`` with several sizes, or record files.
    classical, quantum : names of pipelines; the fastest and the likeliest without.
    target_gap : gap to the reference that counts as success.
    scenario : fields of ``experiments.crossover.verdict.Scenario``: ``preset``, ``search``, ``phase``, ``cores``, ...

    Raises
    ------
    ValueError
        Too few sizes, an unknown pipeline, or an unknown field.
    """
    from dataclasses import fields

    from .crossover.measured import measure
    from .crossover.sources import read_source
    from .crossover.verdict import Scenario, band, sensitivity, verdict

    known = [field.name for field in fields(Scenario)]
    for name in scenario:
        if name not in known:
            raise unknown_name("option of crossover", name, known)
    assumed = Scenario(**scenario)
    measured = measure(read_source(_paths(runs)), classical=classical, quantum=quantum, target_gap=target_gap)
    model = measured.model
    rows = tuple(sensitivity(model, assumed))
    return Crossover(measured, assumed, verdict(model, assumed), band(model, assumed), rows)


def tune(
    instances: Sequence[Any],
    solver: str = "sa",
    *,
    out: str | PathLike[str],
    encoder: str | None = None,
    kind: str | None = None,
    method: str = "hyperband",
    resource: int = 9,
    seed: int = 0,
    jobs: int = 1,
    repeats: int = 3,
    **rules: Any,
) -> Any:
    """Settings of a solver from runs on half of the instances, judged on the other half.

    Parameters
    ----------
    instances : each as for ``solve``, with one ``kind``.
    out : run folder; called again, it goes on.
    method : ``hyperband``, ``id-hyperband``, ``ac-band`` or ``tpe``.
    rules : ``fidelity``, ``unit``, ``budget``, ``captime``, ``stage``; see ``experiments.tuning.rows.Rules``.

    Returns
    -------
    ``config.pipeline`` (a spec for ``solve``), ``score``, and ``validation`` with its ``verdict``.

    Raises
    ------
    ValueError
        An unknown method, solver or rule.
    """
    from dataclasses import fields

    from .tuning.rows import Rules
    from .tuning.space import Space
    from .tuning.tune import METHODS
    from .tuning.tune import tune as search

    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    known = [field.name for field in fields(Rules) if field.name != "seed"]
    for name in rules:
        if name not in known:
            raise unknown_name("option of tune", name, known)
    problems = [problem_of(what, kind) for what in instances]
    more: dict[str, Any] = {"method": method, "resource": resource, "jobs": jobs, "repeats": repeats}
    return search(problems, Space.of(solver, encoder), Path(out), rules=Rules(seed=seed, **rules), seed=seed, **more)


def train_portfolio(
    run: str | PathLike[str],
    *,
    out: str | PathLike[str] | None = None,
    target_gap: float = 0.0,
    captime: float | None = None,
    seed: int = 0,
) -> Any:
    """A chooser of pipelines from a run folder's rows: its mode, and what it is worth on instances it has not seen.

    Parameters
    ----------
    out : file to write, for ``qopt solve --portfolio``.
    target_gap, captime : success, and the seconds at which an answer is worth nothing.
    """
    from .portfolio.file import write_portfolio
    from .portfolio.train import budget_of, fit_portfolio, pipelines_of, table_of
    from .report.runs import load_runs
    from .sweep.folder import instance_of

    path = Path(run)
    runs = load_runs(path)
    folder = path if path.is_dir() else path.parent
    rows = {key: json.loads(line) for key, line in runs.lines.items()}
    table = table_of(runs, lambda key: instance_of(folder, key), target_gap=target_gap, captime=captime)
    trained = fit_portfolio(table, pipelines_of(runs, rows), budget=budget_of(runs), seed=seed)
    if out is not None:
        write_portfolio(trained, Path(out))
    return trained


def plot(record: Record, path: str | PathLike[str], what: Any = None, *, kind: str | None = None) -> Path:
    """Draw a record into one PNG or SVG: its routes, its dual rounds, or its crossover in samples; the path.

    Parameters
    ----------
    what, kind : the instance as for ``solve``, where its routes or schedule are wanted.

    Raises
    ------
    ValueError
        The record has nothing to draw.
    """
    from ..problems.rounded_anew import as_recorded
    from .plot_rounds import plot_rounds
    from .plot_routes import plot_routes
    from .plot_worth import plot_worth

    if not isinstance(record, Record):
        raise TypeError(f"record must be a qopt.Record, got {type(record).__name__}; read one by load_record")
    target = Path(path)
    if what is not None:
        if record.solution is None:
            raise ValueError(f"record must hold a solution to be drawn, got status {record.status.value}")
        problem = as_recorded(problem_of(what, kind), record.instance.conventions)
        plot_routes(problem, np.array(record.solution, dtype=np.int64), target)
        return target
    has_rounds = any("multiplier_norm" in row for row in record.rounds)
    (plot_rounds if has_rounds else plot_worth)(record, target)
    return target


def load_record(path: str | PathLike[str]) -> Record:
    """The record that ``qopt solve --out`` or ``json.dump(record.to_json())`` wrote.

    Raises
    ------
    ValueError
        The file is no JSON, or holds something else.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"record must be JSON, got another text ({path}: {error}); name what --out wrote") from None
    if not isinstance(data, dict):
        raise ValueError(f"record must be a JSON object, got {type(data).__name__} ({path}); name what --out wrote")
    return Record.from_json(data)


def _paths(runs: Paths) -> list[Path]:
    return [Path(runs)] if isinstance(runs, str | PathLike) else [Path(one) for one in runs]
