"""Programs as dimod models, LP and MPS text: read back by dimod and by HiGHS they mean the same."""

from __future__ import annotations

import itertools

import dimod
import numpy as np
import pytest
from scipy.sparse import csc_array, random_array

from qopt.core import BinaryProgram, UnsupportedError, make_rows
from qopt.core.labels import plain_names
from qopt.core.program_io import from_cqm, to_cqm, to_lp, to_mps
from qopt.problems.generate import generate


def points(n):
    return np.array(list(itertools.product((0, 1), repeat=n)), dtype=np.uint8).reshape(2**n, n)


def some_program(seed):
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 8)), int(rng.integers(0, 5))
    A = np.round(rng.normal(size=(m, n)) * 3, 1) * (rng.random((m, n)) < 0.7)
    lower = np.where(rng.random(m) < 0.5, -np.inf, -2.0)
    upper = np.where(rng.random(m) < 0.5, np.inf, 1.5)
    if m:
        lower[0] = upper[0] = np.round(A[0].sum(), 1)
    Q = random_array((n, n), density=0.4, rng=rng)
    return BinaryProgram(rng.normal(size=n), Q, float(rng.normal()), make_rows(A, lower=lower, upper=upper))


SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_dimod_models_come_back(seed):
    program = some_program(seed)
    cqm = to_cqm(program)
    again = from_cqm(cqm)
    X = points(program.num_variables)
    assert again.program.names == program.names
    assert np.allclose(again.program.costs(X), program.costs(X))
    assert np.array_equal(again.program.feasible(X), program.feasible(X))
    x = X[len(X) // 2]
    sample = dict(zip(program.names, x.tolist()))
    assert cqm.objective.energy(sample) == pytest.approx(program.costs(x)[0])
    assert np.array_equal(again.values(X), X)


@pytest.mark.parametrize("seed", SEEDS)
def test_lp_text_means_the_same_to_dimod(seed):
    program = some_program(seed)
    again = from_cqm(dimod.lp.loads(to_lp(program)))
    X = points(program.num_variables)
    place = [again.labels.index(name) for name in plain_names(program.names, "x")]
    Y = np.zeros_like(X)
    Y[:, place] = X
    assert np.allclose(again.program.costs(Y), program.costs(X), rtol=1e-14)
    assert np.array_equal(again.program.feasible(Y), program.feasible(X))


@pytest.mark.parametrize("seed", SEEDS)
def test_mps_text_means_the_same_to_highs(seed, tmp_path):
    highspy = pytest.importorskip("highspy")
    program = some_program(seed)
    path = tmp_path / "program.mps"
    path.write_text(to_mps(program, "some name"))
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    model, n, rows = solver.getModel(), program.num_variables, program.constraints
    lp, hessian = model.lp_, model.hessian_
    bounded = np.isfinite(rows.lower) | np.isfinite(rows.upper)
    assert np.array_equal(lp.col_cost_, program.c)
    assert lp.offset_ == program.offset
    assert [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_] == [True] * n
    assert (list(lp.col_lower_), list(lp.col_upper_)) == ([0.0] * n, [1.0] * n)
    assert np.array_equal(lp.row_lower_, rows.lower[bounded])
    assert np.array_equal(lp.row_upper_, rows.upper[bounded])
    A = csc_array((lp.a_matrix_.value_, lp.a_matrix_.index_, lp.a_matrix_.start_), shape=(lp.num_row_, n))
    assert np.array_equal(A.toarray(), rows.A.toarray()[bounded])
    if program.products.nnz:
        half = csc_array((hessian.value_, hessian.index_, hessian.start_), shape=(n, n)).toarray()
        assert np.array_equal(half + half.T - np.diag(np.diag(half)), (program.products + program.products.T).toarray())


def test_integers_and_spins_become_bits():
    cqm = dimod.ConstrainedQuadraticModel()
    i, s, b = dimod.Integer("i", lower_bound=-2, upper_bound=4), dimod.Spin("s"), dimod.Binary(7)
    cqm.set_objective(i * i + 2 * i * s - 3 * b * i + s + 4)
    cqm.add_constraint(i + 2 * s + b <= 3, label="limit")
    cqm.add_constraint(i + b >= -1, label="floor")
    read = from_cqm(cqm)
    assert read.program.names == ("i[0]", "i[1]", "i[2]", "s", "x[7]")
    X = points(5)
    for values, cost, feasible in zip(read.values(X), read.program.costs(X), read.program.feasible(X)):
        sample = dict(zip(read.labels, values.tolist()))
        assert cqm.objective.energy(sample) == pytest.approx(cost)
        assert feasible == (sample["i"] + 2 * sample["s"] + sample[7] <= 3 and sample["i"] + sample[7] >= -1)
    assert sorted({values[read.labels.index("i")] for values in read.values(X).tolist()}) == list(range(-2, 5))


def test_what_a_binary_program_cannot_hold_is_refused():
    x, y, i = dimod.Binary("x"), dimod.Binary("y"), dimod.Integer("i")
    real = dimod.Real("r")
    for terms, row, soft, text in (
        (x + real, None, None, "variable r must be binary, got real"),
        (x + i, None, None, "integer i must have a range"),
        (x + y, x * y, None, "row bad must be linear, got products"),
        (x + y, x + y, 2.0, "row bad must be hard, got a soft one"),
    ):
        cqm = dimod.ConstrainedQuadraticModel()
        cqm.set_objective(terms)
        if row is not None:
            cqm.add_constraint(row <= 1, label="bad", weight=soft)
        with pytest.raises(UnsupportedError, match=text):
            from_cqm(cqm)
    small = dimod.ConstrainedQuadraticModel()
    small.set_objective(dimod.Integer("k", upper_bound=3) + x)
    assert from_cqm(small).program.num_variables == 3
    with pytest.raises(UnsupportedError, match="variable k must be binary, got integer"):
        from_cqm(small, integers="refuse")


def test_names_stay_different_and_plain():
    assert plain_names(["x[0,1]", "x[10]", "end", "e5", "2nd"], "v") == ["x_0_1", "x_10", "v_end", "v_e5", "v_2nd"]
    assert plain_names(["a[1]", "a(1)"], "v") == ["v_0", "v_1"]
    with pytest.raises(ValueError, match="names must differ"):
        to_cqm(BinaryProgram([1.0, 1.0], names=("a", "a")))


def test_rows_without_variables_and_programs_without_anything():
    impossible = BinaryProgram([1.0], rows=make_rows([[0.0]], lower=[1]))
    for read in (from_cqm(to_cqm(impossible)), from_cqm(dimod.lp.loads(to_lp(impossible)))):
        assert not read.program.feasible(points(1)).any()
    empty = BinaryProgram([])
    assert from_cqm(to_cqm(empty)).program.num_variables == 0
    assert to_lp(empty).startswith("Minimize\n obj: 0\n")
    assert to_mps(empty).endswith("ENDATA\n")


def test_lines_stay_short_for_readers_with_a_limit():
    problem = generate("qubo", n=60, density=0.9, seed=0)
    program = next(iter(problem.formulations.values()))(problem).program
    for text in (to_lp(program), to_mps(program)):
        assert max(map(len, text.splitlines())) < 200
