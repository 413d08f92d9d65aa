"""The report's energy table: joules a run and joules to solution, measured and modelled in separate rows."""

from __future__ import annotations

import numpy as np

from ..energy import energy_to_solution
from .runs import RunSet
from .tables import MISSING, Cell, Column, Table, count, figure, short, words
from .times import Settings, energy, tts_of_runs


def energy_table(runs: RunSet, settings: Settings) -> Table:
    """Medians over instances by pipeline and by where the joules come from; a limit where the target was never met."""
    columns = [
        Column("pipeline"),
        Column("by", "RAPL: processor counters, idle power included. model: CPU seconds by watts of a core."),
        Column("instances"),
        Column("J a run", "Median over instances of the mean of their runs."),
        Column(
            "J to solution", "ETS99: mean power times TTS99 of whole runs; median over the instances that reach it."
        ),
        Column("reached", "Instances whose runs reached the target at all."),
    ]
    rows = []
    for label in runs.pipelines:
        for source in ("RAPL", "model"):
            found = _figures(runs, settings, label, source)
            if found:
                a_run = float(np.median([joules for joules, _ in found]))
                solved = [ets for _, ets in found if ets is not None]
                to_solution = (
                    Cell(f"{short(float(np.median(solved)))} J", float(np.median(solved))) if solved else MISSING
                )
                rows.append(
                    [
                        words(label),
                        words(source),
                        count(len(found)),
                        figure(a_run, "J"),
                        to_solution,
                        count(len(solved)),
                    ]
                )
    note = (
        f"The model takes {settings.watts:g} W a busy core: an assumption. Measured and modelled joules are never "
        "compared or averaged."
    )
    return Table("energy", "Energy", columns, rows, note)


def _figures(runs: RunSet, settings: Settings, label: str, source: str) -> list[tuple[float, float | None]]:
    """Joules a run and ETS99 of each instance whose runs all have their joules from that source."""
    found = []
    for (_, pipeline), cell in runs.by_cell.items():
        used = [energy(run, settings) for run in cell]
        if pipeline != label or not all(one is not None and one[1] == source for one in used):
            continue
        joules = float(np.mean([one[0] for one in used if one is not None]))
        seconds = float(np.mean([run.total_seconds for run in cell]))
        time = tts_of_runs(runs, cell, settings)
        is_solved = time is not None and not time.is_limit and seconds > 0
        found.append((joules, energy_to_solution(joules, seconds, time.value) if time and is_solved else None))
    return found
