"""QAP: the assignment program against brute force, QAPLIB files, and published optima."""

from __future__ import annotations

import csv
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qopt.core import BestKnown, UnsupportedError, fingerprint
from qopt.problems.files import load, save
from qopt.problems.generate import generate
from qopt.problems.permutation import MAX_TERMS
from qopt.problems.qap import Qap, QapAssignment
from qopt.problems.solutions import read_solution_file, write_solution


def random_qap(n, seed, low=-3):
    """Asymmetric, with diagonals, zeros and negative numbers."""
    rng = np.random.default_rng(seed)
    return Qap(rng.integers(low, 9, size=(n, n)), rng.integers(low, 9, size=(n, n)))


def summed(qap, p):
    n = len(p)
    return sum(qap.flow[i, j] * qap.distance[p[i], p[j]] for i in range(n) for j in range(n))


def all_points(n):
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.uint8)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_program_has_the_optimum_of_all_permutations(n):
    for seed in range(3):
        qap = random_qap(n, seed)
        form = QapAssignment(qap)
        X = all_points(n * n)
        feasible = form.program.feasible(X)
        assert [form.decode(x) is not None for x in X] == feasible.tolist()
        costs = form.program.costs(X[feasible])
        values = [summed(qap, p) for p in permutations(range(n))]
        assert sorted(costs.tolist()) == sorted(values)
        assert [qap.objective(form.decode(x)) for x in X[feasible]] == costs.tolist()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 7), st.integers(0, 10**6))
def test_encode_decode_and_relabelling(n, seed):
    qap = random_qap(n, seed)
    rng = np.random.default_rng(seed)
    p, names, places = (rng.permutation(n) for _ in range(3))
    form = QapAssignment(qap)
    x = form.encode(p)
    assert np.array_equal(form.decode(x), p)
    assert form.program.costs(x).tolist() == [summed(qap, p)]
    relabelled = Qap(qap.flow[np.ix_(names, names)], qap.distance[np.ix_(places, places)])
    assert relabelled.objective(np.argsort(places)[p[names]]) == qap.objective(p)


def test_size_is_counted_from_the_zeros():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        qap = Qap(rng.integers(0, 3, size=(5, 5)), rng.integers(0, 2, size=(5, 5)))
        program = QapAssignment(qap).program
        said = QapAssignment.size(qap)
        built = program.products.nnz + np.count_nonzero(program.c) + program.constraints.A.nnz
        assert said == (25, 10, built)


def test_large_programs_keep_their_factors_and_refuse_to_store_every_product():
    qap = generate("qap", n=110, family="taillard")
    assert QapAssignment.size(qap).terms > MAX_TERMS
    form = QapAssignment(qap)
    p = np.random.default_rng(1).permutation(110)
    assert form.program.costs(form.encode(p)).tolist() == [qap.objective(p)]
    with pytest.raises(UnsupportedError, match=r"12,100 variables.*--encoder neighbourhood, --solver constrained-sa"):
        _ = form.program.products


def test_fingerprint_ignores_names_and_optimum():
    qap = random_qap(3, 1)
    assert fingerprint(Qap(qap.flow, qap.distance, "other", BestKnown(1, True))) == fingerprint(qap)
    assert fingerprint(Qap(qap.distance, qap.flow)) != fingerprint(qap)


@pytest.mark.parametrize(
    ("flow", "distance"),
    [([[1]], [[1, 2], [3, 4]]), ([[1, 2]], [[1, 2]]), ([["a"]], [[1]]), ([[2**40]], [[2**40]]), ([[np.inf]], [[1]])],
)
def test_bad_matrices_are_refused(flow, distance):
    with pytest.raises(ValueError, match="must"):
        Qap(flow, distance)


@pytest.mark.parametrize("family", ["nugent", "taillard"])
def test_qaplib_written_is_read_back(tmp_path, family):
    qap = generate("qap", n=7, family=family, seed=2)
    save(qap, tmp_path / "out.dat")
    assert fingerprint(load(tmp_path / "out.dat")) == fingerprint(qap)


def test_generators_follow_their_laws():
    nugent = generate("qap", n=30, seed=4, density=0.5)
    assert nugent.distance[0].reshape(5, 6).tolist() == [[r + c for c in range(6)] for r in range(5)]
    assert nugent.flow.max() <= 10
    off = ~np.eye(30, dtype=bool)
    assert 0.4 < (nugent.flow[off] == 0).mean() < 0.6
    taillard = generate("qap", n=50, seed=4, family="taillard")
    for qap in (nugent, taillard):
        assert np.array_equal(qap.flow, qap.flow.T)
        assert not np.diag(qap.flow).any()
        assert not np.diag(qap.distance).any()
    assert (taillard.flow.min(), taillard.flow.max()) == (0, 99)
    assert abs(taillard.distance[~np.eye(50, dtype=bool)].mean() - 49.5) < 2


@pytest.mark.parametrize("sizes", [{"n": 0}, {"max_flow": 0}, {"density": 1.5}, {"family": "other"}])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="must be"):
        generate("qap", **sizes)


def test_both_readings_of_a_solution_file(tmp_path):
    qap = random_qap(5, 3)
    p = np.array([1, 2, 0, 4, 3])
    assert qap.objective(p) != qap.objective(np.argsort(p))
    path = tmp_path / "p.sln"
    write_solution(qap, p, path)
    found = read_solution_file(path, qap)
    assert (found.solution.tolist(), found.stated, found.note) == (p.tolist(), qap.objective(p), "")
    path.write_text(f"5 {qap.objective(p)}\n" + " ".join(str(i + 1) for i in np.argsort(p)))
    found = read_solution_file(path, qap)
    assert found.solution.tolist() == p.tolist()
    assert "inverse" in found.note
    path.write_text("5 123456\n" + ",".join(str(i) for i in p))  # commas, counted from 0, a value that fits neither
    found = read_solution_file(path, qap)
    assert found.solution.tolist() == p.tolist()
    assert "neither" in found.note


def test_every_qaplib_file_loads_and_published_permutations_have_their_value(instances_dir):
    with open(instances_dir / "best_known.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["problem"] == "QAP"]
    assert len(rows) == len(list(instances_dir.glob("qaplib/*.dat")))
    inverse = checked = 0
    for row in rows:
        qap = load(instances_dir / row["file"])
        assert (qap.num_facilities, qap.name) == (int(row["size"]), row["instance"])
        solution = (instances_dir / row["file"]).with_suffix(".sln")
        if solution.exists():
            found = read_solution_file(solution, qap)
            assert qap.objective(found.solution) == int(row["best_known"]), row["instance"]
            assert ("lists the inverse" in found.note) == ("inverse" in row["source"]), row["instance"]
            assert (found.stated != int(row["best_known"])) == (row["instance"] == "kra32")
            inverse += "lists the inverse" in found.note
            checked += 1
    assert (inverse, checked) == (7, len(list(instances_dir.glob("qaplib/*.sln"))))


def test_nug30_is_built_from_arrays(instances_dir):
    qap = load(instances_dir / "qaplib" / "nug30.dat")
    form = QapAssignment(qap)
    assert (form.program.num_variables, form.program.num_rows) == (900, 60)
    p = read_solution_file(instances_dir / "qaplib" / "nug30.sln", qap).solution
    assert form.program.costs(form.encode(p)).tolist() == [6124.0]
