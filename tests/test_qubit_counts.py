"""The published qubit counts of slack QUBO, QRAO(3,1) and PCE k = 2, all of them exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import qopt
from qopt.core import Problem
from qopt.encoders.slack import Slack
from qopt.solvers.ansatz.pauli_strings import num_qubits
from qopt.solvers.ansatz.pce import Pce
from qopt.solvers.ising import Ising
from qopt.solvers.qrao.colouring import place

TABLES = Path(__file__).resolve().parents[1] / "experiments/papers/published/comparative_study.json"
PUBLISHED = json.loads(TABLES.read_text(encoding="utf-8"))["qubits"]
FILES = {"mdkp": "mknap/sac94/{}.dat", "mis": "mis/sloane/{}.txt", "qap": "qaplib/{}.dat"}


def instance(name: str, row: dict[str, int], folder: Path) -> Problem:
    if row["kind"] == "market-share":
        return qopt.generate("market-share", products=row["products"], seed=row["seed"])
    return qopt.load(folder / FILES[row["kind"]].format(name))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_counts(name: str, instances_dir: Path) -> None:
    row = PUBLISHED[name]
    problem = instance(name, row, instances_dir)
    program = next(iter(problem.formulations.values()))(problem).program
    bqm = Slack().encode(program).bqm
    assert bqm.num_variables == row["slack"]
    assert place(Ising.of(bqm), 3).num_qubits == row["qrao"]
    assert Pce(k=2).estimate(bqm.num_variables, 0).qubits == num_qubits(row["slack"], 2) == row["pce"]


def test_where_the_rule_with_an_anchor_differs() -> None:
    """Published counts take n strings; with an anchor's n + 1 these grow by a qubit, and no others."""
    grown = {name for name, row in PUBLISHED.items() if num_qubits(row["slack"] + 1, 2) > row["pce"]}
    assert grown == {"pb4", "market-share-3-0", "market-share-3-1"}
