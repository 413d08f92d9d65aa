"""The report's table of worth and its sentence of ranks say of a row what is the row's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qopt.experiments.report.findings import _ranking
from qopt.experiments.report.paired import Table as Costs
from qopt.experiments.report.row import Chance, Run, run_of
from qopt.experiments.report.runs import RunSet
from qopt.experiments.report.statistics import friedman
from qopt.experiments.report.summary import worth_table

from .report_cases import rows


def _chance(worth: float | None) -> Chance:
    return Chance(worth, worth, worth, 0.5, 0.25, True)


def _runs(worths: dict[str, list[dict[str, float]]]) -> list[Run]:
    """Pipelines with the worths of one run on each of several instances, by target; a uniform point costs half."""
    first = next(run_of(row) for row in rows() if row["status"] != "failed" and row.get("worth"))
    return [
        replace(
            first,
            pipeline=label,
            instance=f"instance {at}",
            worth={target: _chance(value) for target, value in found.items()},
            second_ratio=0.5,
        )
        for label, every in worths.items()
        for at, found in enumerate(every)
    ]


def _column(table: Any, name: str) -> list[Any]:
    at = [column.name for column in table.columns].index(name)
    return [row[at].value for row in table.rows]


def test_worth_by_second_is_of_the_rows_own_target() -> None:
    """`best of this run` showed what the optimum is worth by second: 0 beside a worth of 1.39."""
    table = worth_table(RunSet(_runs({"sa": [{"optimum": 0.0, "best of this run": 1.5}]})))
    assert _column(table, "by second") == [0.0, 0.75]


def test_an_instance_counts_once_in_every_median() -> None:
    runs = _runs({"sa": [{"optimum": 2.0}, {"optimum": 8.0}, {"optimum": 20.0}]})
    more = [replace(runs[0], seed=seed) for seed in range(10, 20)]  # ten further seeds of the first instance
    table = worth_table(RunSet([*runs, *more]))
    assert _column(table, "by second") == [4.0]


def test_rows_of_fewer_instances_are_named() -> None:
    """qaoa had 3 of 5 instances, since two did not fit, and stood beside sa's median over all without a word."""
    both = _runs({"sa": [{"optimum": 1.0}, {"optimum": 2.0}], "qaoa": [{"optimum": 3.0}]})
    assert "no comparison with them: qaoa (optimum: 1 of 2 instances)." in worth_table(RunSet(both)).note
    assert "no comparison" not in worth_table(RunSet(both[:2])).note


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ([[0.0, 0.0, 0.0]] * 4, "a, b, c (2.00 each; "),
        ([[0.0, 0.0, 1.0]] * 4, "a, b (1.50 each; "),
        ([[0.0, 1.0, 2.0]] * 4, "a (1.00; "),
    ],
)
def test_pipelines_of_one_rank_are_named_together(costs: list[list[float]], told: str) -> None:
    """The first of four with the same mean rank was told to be the best."""
    table = np.array(costs)
    names = ("a", "b", "c")
    found = Costs(table, names, tuple("1234"), 0)
    assert _ranking((friedman(table), found))[0].startswith(f"Best mean rank by final gap: {told}")
    assert " 4 blocks)." in _ranking((friedman(table), found))[0]
    some = replace(found, num_dropped=2)
    assert " 4 blocks of 6, those that all have)." in _ranking((friedman(table), some))[0]
