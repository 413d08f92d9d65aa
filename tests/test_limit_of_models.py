"""A time limit counts everything: the model is decomposed or refused before it is built, starts end with the clock."""

from __future__ import annotations

from dataclasses import replace

import dimod
import numpy as np
import pytest

import qopt
from qopt.algorithms.iterated_descent import _nearest
from qopt.algorithms.scaling import scale_to_integers
from qopt.algorithms.tour_construction import cheapest_insertion
from qopt.core import BinaryProgram, Clock, InfeasibleError, RowKind, UnsupportedError, make_rows, row_facts
from qopt.encoders.slack import Slack
from qopt.engines.annealing import IsingModel
from qopt.experiments import model_work
from qopt.experiments.default_decomposition import decomposing
from qopt.experiments.empty_program import proofs_checked
from qopt.experiments.model_work import check_time, model_seconds, too_late
from qopt.experiments.resolve_pipeline import choose_pipeline
from qopt.problems.formulations import formulate


def test_seconds_spent_on_choosing_count() -> None:
    assert Clock(10.0, spent=10.5).is_over
    assert not Clock(10.0, spent=1.0).is_over
    assert Clock(None, spent=5.0).remaining is None


def test_a_large_tour_is_decomposed_under_a_short_limit_and_not_under_a_long_one() -> None:
    """sa and tabu on 120 cities took 24 and 17 CPU seconds of 2: they built a QUBO of 3.3 million products."""
    problem = qopt.generate("tsp", n=50, seed=1)
    short, long = (choose_pipeline(problem, "sa", seconds=seconds) for seconds in (0.5, 60.0))
    assert decomposing(short.encoder) is not None
    assert "the whole model of up to 228,144 products would take about 0.3 of 0.5 s" in short.note
    assert decomposing(long.encoder) is None
    assert choose_pipeline(problem, "sa").encoder == long.encoder


def test_a_program_that_is_itself_too_large_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    form = formulate(qopt.generate("tsp", n=300, seed=1), None)
    assert "program of" in too_late(form, 2.0)
    assert "program" not in vars(form)  # the cached property was never asked for


def test_an_encoder_that_was_asked_for_is_refused_with_a_remedy_that_works() -> None:
    problem = qopt.generate("tsp", n=90, seed=1)
    with pytest.raises(UnsupportedError, match="--encoder neighbourhood"):
        qopt.solve(problem, "sa", encoder="slack", seconds=0.5, control=False)
    assert choose_pipeline(problem, "sa", "neighbourhood", seconds=0.5).encoder is not None
    small = formulate(qopt.generate("tsp", n=5, seed=1), None)
    check_time(Slack(), small, 1e-6)  # what takes no time is never refused


def test_the_work_of_a_model_grows_with_its_products_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = make_rows(np.ones((3, 50)), upper=[1, 1, 1])
    program = BinaryProgram(np.zeros(50), rows=rows)
    assert model_seconds(program) == pytest.approx(
        3 * model_work.PER_ROW + 1225 * model_work.PER_PRODUCT + 7500 * model_work.PER_PAIR
    )


def test_an_insertion_that_is_stopped_is_still_a_tour() -> None:
    D = qopt.generate("tsp", n=40, seed=3).distances
    for asked in (0, 1, 7, 100):
        calls = iter([False] * asked + [True] * 100)
        assert sorted(cheapest_insertion(D, lambda calls=calls: next(calls)).tolist()) == list(range(40))
    assert cheapest_insertion(D, lambda: False).tolist() == cheapest_insertion(D).tolist()


def test_neighbours_of_many_cities_are_those_of_a_full_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    D = np.random.default_rng(2).integers(1, 10**6, size=(60, 60))
    full = _nearest(D, 10)
    monkeypatch.setattr("qopt.algorithms.iterated_descent._MANY", 10)
    assert np.array_equal(np.take_along_axis(D, _nearest(D, 10), 1), np.take_along_axis(D, full, 1))


@pytest.mark.parametrize("seed", range(5))
def test_the_annealers_model_of_bits_is_dimods_of_spins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 12
    pairs = {(i, j): float(rng.integers(-9, 10)) for i in range(n) for j in range(i) if rng.random() < 0.6}
    bqm = dimod.BinaryQuadraticModel({i: float(rng.integers(-9, 10)) for i in range(n)}, pairs, 0.5, "BINARY")
    ours, spin = IsingModel.from_bqm(bqm), IsingModel.from_bqm(bqm.change_vartype("SPIN", inplace=False))
    assert (ours.kind, ours.unit) == (spin.kind, spin.unit)
    for name in ("field", "ptr", "col", "weight"):
        assert np.array_equal(getattr(ours, name), getattr(spin, name))


def test_kinds_of_all_rows_at_once_are_those_of_each_row_alone() -> None:
    rng = np.random.default_rng(5)
    A = rng.choice([0.0, 1.0, 1.0, -1.0, 2.0, 0.1], size=(200, 6))
    A[::2] = rng.integers(0, 2, size=(100, 6))
    lower = rng.choice([-np.inf, 0.0, 1.0, -3.0], size=200)
    upper = np.maximum(lower, rng.choice([1.0, 4.0, np.inf, 0.3], size=200))
    program = BinaryProgram(np.zeros(6), rows=make_rows(A, lower=lower, upper=upper))
    facts = row_facts(program)
    assert {fact.kind for fact in facts} == set(RowKind)
    for row, fact in enumerate(facts):
        a = A[row][A[row] != 0]
        finite = [bound for bound in (lower[row], upper[row]) if np.isfinite(bound)]
        assert fact.is_integer == all(float(v).is_integer() for v in [*a, *finite])
        assert fact.coefficients.tolist() == a.tolist()
        ones, low, high = (a == 1).all(), a[a < 0].sum(), a[a > 0].sum()
        if fact.kind is RowKind.FREE:
            assert lower[row] <= low
            assert upper[row] >= high
        elif lower[row] == upper[row]:
            assert fact.kind is (RowKind.ONE_HOT if ones and upper[row] == 1 else RowKind.EQUALITY)
        elif fact.kind in (RowKind.PACKING, RowKind.KNAPSACK):
            assert lower[row] <= low
            assert (a >= 0).all()
            assert (fact.kind is RowKind.PACKING) == (ones and upper[row] == 1)


def test_a_number_of_few_decimals_is_scaled_without_a_loop_and_exactly() -> None:
    scaled = scale_to_integers(np.tile(np.arange(500) / 10, (500, 1)))
    assert scaled.factor == 10.0
    assert scaled.integers[0, :4].tolist() == [0, 1, 2, 3]


def test_a_pool_without_a_solution_proves_nothing_of_the_instance() -> None:
    """A vrptw whose heuristic pool was empty was said to be infeasible, exit 21, beside greedy's feasible 1431.2."""
    problem = qopt.generate("vrptw", n=40, seed=1)
    assert qopt.solve(problem, "greedy", control=False, reference="none").status.value == "feasible"
    form = formulate(problem, "set-partitioning")
    assert form.is_surrogate
    match = "proves nothing; use --formulation assign-then-route"
    with pytest.raises(UnsupportedError, match=match) as caught, proofs_checked(form):
        raise InfeasibleError("the program is infeasible")
    assert not isinstance(caught.value, InfeasibleError)


def test_a_proof_that_a_greedy_solution_contradicts_is_an_error() -> None:
    form = formulate(qopt.generate("mis", n=5, seed=1), None)
    with pytest.raises(RuntimeError, match="report this bug"), proofs_checked(form):
        raise InfeasibleError("the program is infeasible")


def test_facts_of_rows_are_not_pickled() -> None:
    import pickle

    program = BinaryProgram(np.zeros(2), rows=make_rows([[1, 1]], upper=[1]))
    before = len(pickle.dumps(program))
    row_facts(program)
    assert len(pickle.dumps(program)) == before
    assert replace(program, offset=1.0).num_rows == 1
