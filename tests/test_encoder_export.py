"""A QUBO in other forms keeps its energies: BQM file, COO, LP, SparsePauliOp, JSON; and the table of encoders."""

from __future__ import annotations

import json

import dimod
import numpy as np
import pytest
from dimod.serialization import coo

import qopt
from qopt.algorithms.enumeration import all_energies, all_points
from qopt.core import ENCODERS, BinaryProgram, UnsupportedError, bqm_from_arrays, from_spec, make_rows
from qopt.encoders import export
from qopt.encoders.compare import compare_encoders
from qopt.encoders.serialise import encoding_from_json, encoding_to_json
from qopt.encoders.slack import Slack


@pytest.fixture
def encoding():
    """No two variables alike, so that a reversed bit order cannot pass."""
    rows = make_rows([[3, 2, 1, 0], [0, 1, 0, 1]], upper=[4, 1])
    return Slack().encode(BinaryProgram(np.array([-7.5, -3, -2, 1.25]), np.diag([1.0, 2, 4], 1), 11.0, rows))


def energies_by_variable(bqm, points, name=lambda i: i):
    samples = (points, [name(i) for i in range(points.shape[1])])
    return bqm.energies(samples)


def test_energies_by_doubling_are_dimods(encoding):
    points = all_points(encoding.num_qubits)
    assert np.allclose(all_energies(encoding.bqm), energies_by_variable(encoding.bqm, points))


def test_bqm_file_and_coo(encoding, tmp_path):
    points = all_points(encoding.num_qubits)
    export.export_encoding(encoding, tmp_path / "q.bqm")
    with (tmp_path / "q.bqm").open("rb") as file:
        read = dimod.BQM.from_file(file)
    assert np.allclose(energies_by_variable(read, points), all_energies(encoding.bqm))
    export.export_encoding(encoding, tmp_path / "q.coo")
    text = (tmp_path / "q.coo").read_text()
    offset = float(next(line for line in text.splitlines() if "offset" in line).partition("=")[2])
    read = coo.loads(text)
    assert np.allclose(energies_by_variable(read, points) + offset, all_energies(encoding.bqm))
    for name in ("q.bqm", "q.coo"):
        problem = qopt.load(tmp_path / name)
        program = problem.formulations["program"](problem).program
        assert np.allclose(program.costs(points), all_energies(encoding.bqm))


def test_lp_text_is_read_back_by_dimod_and_qopt(encoding, tmp_path):
    path = tmp_path / "q.lp"
    export.export_encoding(encoding, path)
    points = all_points(encoding.num_qubits)
    model = dimod.lp.loads(path.read_text())
    assert list(model.variables) == [f"z{i}" for i in range(encoding.num_qubits)]
    energies = model.objective.energies((points, list(model.variables)))
    assert np.allclose(energies, all_energies(encoding.bqm))
    problem = qopt.load(path)
    program = problem.formulations["program"](problem).program
    assert np.allclose(program.costs(points), all_energies(encoding.bqm))


def test_unknown_suffix_is_refused(encoding, tmp_path):
    with pytest.raises(ValueError, match=r"\.bqm, \.coo, \.hubo, \.lp, \.pauli, \.json"):
        export.export_encoding(encoding, tmp_path / "q.qasm")


def test_pauli_operator_has_the_energies_in_the_bit_order_of_the_house(encoding, tmp_path):
    """<z|H|z> at computational state sum z[i] << i is the energy of z; H is diagonal."""
    pytest.importorskip("qiskit")
    operator = export.sparse_pauli_op(encoding.bqm)
    m = encoding.num_qubits
    assert operator.num_qubits == m
    matrix = operator.to_matrix(sparse=True)
    assert abs(matrix - np.diag(matrix.diagonal())).max() == 0
    # state k of ``all_energies`` holds bit i of k as z[i]: Qiskit's own numbering
    assert np.allclose(matrix.diagonal().real, all_energies(encoding.bqm), rtol=0, atol=1e-10)
    export.export_encoding(encoding, tmp_path / "q.pauli")
    from qiskit.quantum_info import SparsePauliOp

    pairs = [line.split() for line in (tmp_path / "q.pauli").read_text().splitlines()]
    read = SparsePauliOp.from_list([(label, float(value)) for label, value in pairs])
    assert np.allclose(read.to_matrix().diagonal().real, all_energies(encoding.bqm), rtol=0, atol=1e-10)


def test_pauli_operator_refuses_what_does_not_fit(monkeypatch, encoding):
    pytest.importorskip("qiskit")
    monkeypatch.setattr(export, "MAX_PAULI_BYTES", 100)
    with pytest.raises(UnsupportedError, match="terms"):
        export.sparse_pauli_op(encoding.bqm)


def test_empty_models():
    empty = bqm_from_arrays([], [], [], [], 2.5)
    assert "offset=2.5" in export.coo_text(empty)
    assert "1 1 0" in export.coo_text(bqm_from_arrays([1.0, 0.0], [], [], []))
    constant = bqm_from_arrays([0.0], [], [], [], 2.5)
    assert dimod.lp.loads(export.lp_text(constant)).objective.offset == 2.5


def test_json_keeps_every_bit_of_awkward_numbers():
    rows = make_rows([[0.1, 0.2, 0.7]], upper=[0.8])
    encoding = Slack().encode(BinaryProgram(np.array([-1 / 3, -1e-17, 5e20]), rows=rows))
    again = encoding_from_json(json.loads(json.dumps(encoding_to_json(encoding), allow_nan=False)))
    assert again.bqm == encoding.bqm
    assert again.penalties == encoding.penalties
    assert (again.is_exact, again.is_relaxation, again.note) == (
        encoding.is_exact,
        encoding.is_relaxation,
        encoding.note,
    )


def test_json_of_another_schema_or_cut_is_refused(encoding):
    data = encoding_to_json(encoding)
    with pytest.raises(ValueError, match="schema"):
        encoding_from_json({**data, "schema": "other"})
    with pytest.raises(ValueError, match="'linear'"):
        encoding_from_json({key: value for key, value in data.items() if key != "linear"})


def test_table_counts_what_the_model_holds():
    problem = qopt.generate("multi-knapsack", n=4, knapsacks=2, seed=0)
    program = problem.formulations["assignment"](problem).program
    rows = {entry.name: compare_encoders(from_spec("encoders", entry.name), program) for entry in ENCODERS}
    json.dumps(rows, allow_nan=False)
    slack = Slack().encode(program)
    values = [abs(v) for v in (*slack.bqm.linear.values(), *slack.bqm.quadratic.values()) if v]
    row = rows["slack"]
    assert (row["largest"], row["smallest"]) == (max(values), min(values))
    assert (row["qubits"], row["quadratic_terms"]) == (slack.num_qubits, slack.bqm.num_interactions)
    assert (row["penalty_min"], row["penalty_max"]) == (min(slack.penalties.values()), max(slack.penalties.values()))
    assert row["refusal"] is None
    assert rows["unbalanced"]["qubits"] == program.num_variables
    assert rows["unbalanced"]["is_exact"] is False
    assert rows["domain-wall"]["qubits"] is None
    assert "one-hot" in rows["domain-wall"]["refusal"]
    assert len({tuple(row) for row in rows.values()}) == 1  # the same columns, refused or not
