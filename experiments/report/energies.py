"""The report's energy tables: joules a run and to solution; each source has columns of its own.

Measured: the processor's counters (RAPL) and the cards' (NVML). Modelled: CPU seconds by watts, where no counter was
read; a quantum machine of typed kilowatts; Landauer's floor. Nothing measured is ever averaged with what is modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..energy import energy_to_solution, landauer_joules, machine_joules
from .runs import Run, RunSet
from .tables import MISSING, Cell, Column, Table, count, figure, words
from .times import Settings, tts_of_runs

#: Rows of the table by instance; a larger sweep has the table by pipeline alone.
MAX_ROWS = 300
#: Columns in order, with what they mean; those without a figure are left out.
COLUMNS: Mapping[str, str] = {
    "J a run, gross (RAPL)": "Processor counters, idle power included; mean over the runs of an instance.",
    "J a run, net (RAPL)": "The same above the idle power that was measured before the sweep.",
    "J to solution (RAPL)": "ETS99: mean power, idle included, times TTS99 of whole runs.",
    "J a run, card gross (NVML)": "Counters of all cards; the host is not in it.",
    "J a run, card net (NVML)": "The same above the cards' idle power.",
    "J a run (model)": "CPU seconds by watts of a core, where no counter was read.",
    "J to solution (model)": "ETS99 of these joules.",
    "J a run, QPU (model)": "Kilowatts as typed, by seconds of the device, or shots by seconds of a shot as typed.",
    "J a run, Landauer (bound (model))": "k T ln 2 at 300 K for each bit of the samples: no machine that draws and "
    "overwrites them can take less.",
}


def energy_table(runs: RunSet, settings: Settings) -> Table:
    """Medians over instances by pipeline."""
    rows = []
    for label in runs.pipelines:
        cells = [cell for (_, pipeline), cell in runs.by_cell.items() if pipeline == label]
        found = [joules_of(runs, cell, settings) for cell in cells]
        medians = {name: float(np.median(values)) for name in COLUMNS if (values := _told(found, name))}
        solved = sum(any(name.startswith("J to solution") for name in one) for one in found)
        rows.append((label, [count(len(cells)), count(solved)], medians))
    columns = [
        Column("pipeline"),
        Column("instances"),
        Column("reached", "Instances whose runs reached the target; J to solution is over these."),
    ]
    table = _table("energy", "Energy", columns, [([words(label), *counts], told) for label, counts, told in rows])
    note = f"Medians over instances. {_note(settings)}"
    return Table(table.key, table.title, table.columns, table.rows, note)


def energy_by_instance(runs: RunSet, settings: Settings) -> Table:
    """A row an instance and pipeline; no rows where there would be more than MAX_ROWS."""
    head = [Column("instance"), Column("pipeline")]
    order = [(instance, label) for instance in runs.instances for label in runs.pipelines]
    cells = [(key, runs.by_cell[key]) for key in order if key in runs.by_cell]
    if len(cells) > MAX_ROWS:
        return Table("energy-instances", "Energy by instance", head, [])
    rows = [
        ([words(runs.instances[instance].name), words(label)], joules_of(runs, cell, settings))
        for (instance, label), cell in cells
    ]
    return _table("energy-instances", "Energy by instance", head, [row for row in rows if row[1]])


def joules_of(runs: RunSet, cell: Sequence[Run], settings: Settings) -> dict[str, float]:
    """Joules of one instance and pipeline by column; a column needs all runs, and RAPL takes the place of the model."""
    found: dict[str, float] = {}
    gross = _mean(run.figures.get("joules") for run in cell)
    modelled = _mean(modelled_joules(run, settings) for run in cell)
    if gross is not None:
        found["J a run, gross (RAPL)"] = gross
        _put(found, "J a run, net (RAPL)", _mean(run.figures.get("net_joules") for run in cell))
        _put(found, "J to solution (RAPL)", _to_solution(runs, cell, settings, gross))
    elif modelled is not None:
        found["J a run (model)"] = modelled
        _put(found, "J to solution (model)", _to_solution(runs, cell, settings, modelled))
    _put(found, "J a run, card gross (NVML)", _mean(run.figures.get("card_joules") for run in cell))
    _put(found, "J a run, card net (NVML)", _mean(run.figures.get("card_net_joules") for run in cell))
    if cell[0].pipeline in runs.quantum:
        _put(found, "J a run, QPU (model)", _mean(_qpu(run, settings) for run in cell))
    _put(found, "J a run, Landauer (bound (model))", _mean(_floor(run) for run in cell))
    return found


def modelled_joules(run: Run, settings: Settings) -> float | None:
    """CPU seconds of a run by the watts of a busy core."""
    spent = run.figures.get("cpu_seconds")
    return None if spent is None else spent * settings.watts


def _qpu(run: Run, settings: Settings) -> float | None:
    """Kilowatts by the seconds of the device where the row has them, else by shots and seconds of a shot."""
    if settings.qpu_kilowatts is None:
        return None
    seconds = run.seconds.get("qpu")
    shots = run.figures.get("shots")
    if seconds is None and shots is not None and settings.qpu_shot_seconds is not None:
        seconds = shots * settings.qpu_shot_seconds
    return None if seconds is None else machine_joules(settings.qpu_kilowatts, seconds)


def _floor(run: Run) -> float | None:
    raw, bits = run.stages.get("raw"), run.figures.get("qubits")
    return landauer_joules(raw.num_points * bits) if raw is not None and raw.num_points and bits else None


def _to_solution(runs: RunSet, cell: Sequence[Run], settings: Settings, joules: float) -> float | None:
    seconds = float(np.mean([run.total_seconds for run in cell]))
    time = tts_of_runs(runs, cell, settings)
    return energy_to_solution(joules, seconds, time.value) if time and not time.is_limit and seconds > 0 else None


def _mean(values: Iterable[float | None]) -> float | None:
    """Mean where every run has a figure, None else: a mean over some of them would be of another set."""
    there = list(values)
    known = [value for value in there if value is not None]
    return float(np.mean(known)) if known and len(known) == len(there) else None


def _put(found: dict[str, float], name: str, value: float | None) -> None:
    if value is not None:
        found[name] = value


def _told(found: Sequence[Mapping[str, float]], name: str) -> list[float]:
    return [one[name] for one in found if name in one]


def _table(
    key: str, title: str, head: Sequence[Column], rows: Sequence[tuple[Sequence[Cell], Mapping[str, float]]]
) -> Table:
    names = [name for name in COLUMNS if any(name in told for _, told in rows)]
    columns = [*head, *(Column(name, COLUMNS[name]) for name in names)]
    cells = [[*start, *(figure(told[name]) if name in told else MISSING for name in names)] for start, told in rows]
    return Table(key, title, columns, cells)


def _note(settings: Settings) -> str:
    power = "" if settings.qpu_kilowatts is None else f" The QPU is taken to draw {settings.qpu_kilowatts:g} kW."
    return (
        f"The model takes {settings.watts:g} W a busy core: an assumption.{power} Measured and modelled joules have "
        "columns of their own and are never compared or averaged."
    )
