"""What native solvers and the exact oracle may claim: each test names the false word that it keeps from coming back."""

from __future__ import annotations

import itertools
import json
import os
import signal
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import dimod
import numpy as np
import pytest

import qopt
from qopt.algorithms.cpsat_search import SearchStatus, _bound
from qopt.core import SOLVERS, BinaryProgram, Budget, Clock, Status, make_rows
from qopt.core.silence import audible, silenced
from qopt.experiments.pipeline import Pipeline
from qopt.experiments.run import run
from qopt.experiments.verify import DisagreementError, check_across
from qopt.problems.market_share import MarketShare
from qopt.problems.mdkp import Mdkp
from qopt.problems.qap import Qap
from qopt.problems.qubo import Qubo
from qopt.problems.tsp import Tsp
from qopt.problems.tsp_edges import TspEdges
from qopt.problems.vehicles import Vrptw
from qopt.solvers.base import QuboSampler, sample_set
from qopt.solvers.classical.exact_oracle import ExactOracle, _separable, unscaled_bound
from qopt.solvers.native.auto import choose
from qopt.solvers.native.cpsat import solver as cpsat_solver
from qopt.solvers.native.cpsat.model import formulation_model
from qopt.solvers.native.incumbent import Incumbent
from qopt.solvers.native.market_split import MarketSplit
from qopt.solvers.native.milp.solver import Milp, rounded_bound

CpSat = cpsat_solver.CpSat
BOTH = ["cpsat", "milp"]


def solved(name: str, problem: Any, **limits: Any) -> Any:
    return {"cpsat": CpSat, "milp": Milp}[name]().solve(problem, budget=Budget(**limits), seed=0)


def best_assignment(problem: Qap) -> float:
    places = itertools.permutations(range(problem.num_facilities))
    return min(float(problem.objective(np.array(p, dtype=np.int64))) for p in places)


@pytest.mark.parametrize("name", BOTH)
def test_large_assignments_with_two_diagonals_are_not_called_optimal_too_early(name: str) -> None:
    flow = [[102364325, 190092739, 28831923], [189729889, 62366291, 84665290], [165540519, 81839828, 109918738]]
    problem = Qap(flow, [[1, 0, 17], [15, 16, 10], [16, 6, 9]])
    outcome = solved(name, problem)
    assert outcome.is_optimal
    assert problem.objective(outcome.solution) == 8526751842


@pytest.mark.parametrize("name", BOTH)
def test_decimal_assignments_are_not_called_infeasible(name: str) -> None:
    flow = [[6.3696, 2.6979, 0.4097], [0.1653, 8.1327, 9.1276], [6.0664, 7.295, 5.4362]]
    problem = Qap(flow, [[9.3507, 8.1585, 0.0274], [8.574, 0.3359, 7.2966], [1.7566, 8.6318, 5.4146]])
    outcome = solved(name, problem)
    assert not outcome.is_infeasible
    assert problem.objective(outcome.solution) == pytest.approx(187.35839244)
    assert name == "milp" or outcome.is_optimal


def test_knapsack_rows_on_which_cpsat_is_wrong_get_no_proof_from_it() -> None:
    """OR-Tools 9.15 called 453342808859 optimal where 468405544211 is right."""
    profits = [
        *(64440460591, 85112189103, 70049453751, 107563686603, 25941643369),
        *(93861554626, 74528680099, 107339433780, 46788148038),
    ]
    weights = [
        *(66657635791, 95233072593, 62916628740, 14229920111, 104601687566),
        *(71468226580, 59963156872, 92421526728, 100128864801),
    ]
    problem = Mdkp(profits, [weights], [333810359891])
    outcome = solved("cpsat", problem)
    assert outcome.bound is None
    assert not outcome.is_optimal
    assert not problem.violations(outcome.solution)


@pytest.mark.parametrize("name", BOTH)
def test_a_coefficient_of_1e15_makes_no_instance_infeasible(name: str) -> None:
    problem = Mdkp([6.432, 1.734], [[9e14, 2e10]], [0])
    outcome = solved(name, problem)
    assert not outcome.is_infeasible
    assert problem.objective(outcome.solution) == 0


def test_a_search_that_found_nothing_has_no_bound() -> None:
    model = SimpleNamespace(has_objective=lambda: True)
    started = SimpleNamespace(best_objective_bound=0.0)
    assert _bound(model, started, SearchStatus.UNKNOWN) is None
    assert _bound(model, started, SearchStatus.FEASIBLE) == 0


@pytest.mark.parametrize(("value", "proven"), [(5.0000004, 5), (4.9999996, 5), (5.01, 6), (-2.0000004, -2), (0.0, 0)])
def test_a_bound_of_highs_is_rounded_less_its_tolerance(value: float, proven: int) -> None:
    assert rounded_bound(value) == proven


def an_incumbent() -> Incumbent:
    incumbent = Incumbent(Qubo(linear=[-3, 1]), Clock(), None, None)
    incumbent.offer(np.array([0, 1]))  # objective 1, minimised; the optimum is -3
    return incumbent


def test_a_finished_search_whose_bound_is_not_its_objective_is_no_proof() -> None:
    outcome = an_incumbent().outcome(bound=-3, is_proven=True, info={})
    assert not outcome.is_optimal
    assert outcome.bound == -3
    assert an_incumbent().outcome(bound=1, is_proven=True, info={}).is_optimal
    assert not an_incumbent().outcome(bound=1, is_proven=False, info={}).is_optimal


def test_a_claim_that_a_known_solution_contradicts_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match=r"bound 2 must not be worse"):
        an_incumbent().outcome(bound=2, is_proven=True, info={})
    with pytest.raises(ArithmeticError, match=r"infeasible, but a solution of 1 is known"):
        an_incumbent().infeasible({})
    nothing_offered = Incumbent(Mdkp([6, 5], [[3, 2]], [4]), Clock(), None, None)
    with pytest.raises(ArithmeticError, match=r"infeasible, but a solution"):  # the greedy one
        nothing_offered.infeasible({})


def test_cpsat_adds_the_lazy_rows_that_its_optimum_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two far groups of cities: without subtour rows each is a tour of its own."""
    points = np.array([[0, 0], [0, 1], [1, 0], [90, 0], [90, 1], [91, 0]])
    problem = Tsp(np.abs(points[:, None] - points[None]).sum(axis=2))
    monkeypatch.setattr(cpsat_solver, "cpsat_model", lambda given: formulation_model(TspEdges(given)))
    outcome = CpSat(has_hint=False).solve(problem, budget=Budget(), seed=0)
    tours = (np.array([0, *rest]) for rest in itertools.permutations(range(1, 6)))
    assert outcome.is_optimal
    assert problem.objective(outcome.solution) == min(problem.objective(tour) for tour in tours)


@pytest.mark.parametrize("seed", range(4))
def test_asymmetric_tours_of_milp_are_those_of_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    distances = rng.integers(1, 9, (7, 7))
    distances[np.ix_([0, 1, 2], [3, 4, 5, 6])] += 50
    distances[np.ix_([3, 4, 5, 6], [0, 1, 2])] += 70
    problem = Tsp(np.where(np.eye(7, dtype=bool), 0, distances))
    outcome = Milp(has_start=False).solve(problem, budget=Budget(), seed=0)
    tours = (np.array([0, *rest]) for rest in itertools.permutations(range(1, 7)))
    assert outcome.is_optimal
    assert outcome.info["lazy_rows"] > 0
    assert problem.objective(outcome.solution) == min(problem.objective(tour) for tour in tours)


def test_the_closed_form_bound_is_below_the_exact_sum() -> None:
    for seed in range(200):
        linear = np.random.default_rng(seed).uniform(-1, 1, 40)
        model = dimod.BinaryQuadraticModel(dict(enumerate(linear.tolist())), {}, 0.1, "BINARY")
        _, bound = _separable(model, 1)
        exact = sum((Fraction(float(v)) for v in linear if v < 0), Fraction(0.1))
        assert Fraction(bound) <= exact
        assert bound >= float(exact) - 1e-9


def test_what_rounding_to_a_grid_may_have_added_is_taken_off_the_bound() -> None:
    terms = np.array([-1.4, 0.3])  # the grid says -1, the least cost is -1.4
    assert unscaled_bound(-1.0, terms, 1.0, 0.0) <= -1.4
    assert unscaled_bound(-1.0, terms, 1.0, 2.0) == pytest.approx(unscaled_bound(-1.0, terms, 1.0, 0.0) + 2.0)


@pytest.mark.parametrize("most", [12, 4])
def test_exact_minimises_the_program_itself(most: int) -> None:
    """A knapsack of 10 items took 45 slack bits, and ended below its optimum with a bound of 5e10."""
    rng = np.random.default_rng(5)
    weights, profits = rng.integers(1, 1000, (3, 10)), rng.integers(1, 1000, 10)
    problem = Mdkp(profits, weights, weights.sum(axis=1) // 2)
    right = CpSat().solve(problem, budget=Budget(), seed=0)
    solver = ExactOracle(max_enumerated=most)
    record = run(problem, Pipeline(solver, _native(), control=False), seed=0)
    assert record.objective == record.bound == right.bound
    assert record.resources.qubits == 10


def _native() -> Any:
    from qopt.encoders.native import Native

    return Native()


def test_exact_is_given_the_rows_by_default() -> None:
    from qopt.experiments.resolve_pipeline import choose_pipeline

    pipeline = choose_pipeline(Mdkp([6, 5, 4], [[3, 2, 2]], [4]), "exact")
    assert type(pipeline.encoder).__name__ == "Native"


def test_exact_of_an_empty_program_claims_nothing() -> None:
    program = BinaryProgram(c=[1, 1], rows=make_rows([[1, 1]], lower=[3]))
    samples = ExactOracle().sample(dimod.BinaryQuadraticModel({0: 1.0, 1: 1.0}, {}, 0.0, "BINARY"), program=program)
    assert "energy_bound" not in samples.info


class Boaster(QuboSampler):
    """A sampler whose energy_bound is what it likes."""

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def sample(self, bqm: dimod.BinaryQuadraticModel, *, seed: int | None = None) -> dimod.SampleSet:
        Z = np.zeros((1, bqm.num_variables))
        return sample_set(
            Z, np.array([bqm.energy(dict.fromkeys(bqm.variables, 0))]), None, {"energy_bound": self.bound}
        )


def test_a_samplers_bound_is_held_against_its_own_points_and_the_run() -> None:
    """The zero point costs 0, the optimum -7: a bound above 0 contradicts the sample, one above -7 the control."""
    problem = Qubo(linear=[-4, -3, 1])
    with pytest.raises(DisagreementError, match=r"energy_bound 1.0 must not exceed"):
        run(problem, Pipeline(Boaster(1.0), _native()), seed=0)
    with pytest.raises(DisagreementError, match=r"bound -1 must not be worse"):
        run(problem, Pipeline(Boaster(-1.0), _native()), seed=0)
    with pytest.raises(
        ValueError, match=r"Boaster must be registered"
    ):  # a true bound passes, and goes on to the Record
        run(problem, Pipeline(Boaster(-7.0), _native()), seed=0)


def test_compared_runs_hold_each_others_claims() -> None:
    import qopt

    problem = Mdkp([6, 5, 4], [[3, 2, 2]], [4])
    right, low = qopt.solve(problem, "cpsat"), qopt.solve(problem, "greedy")
    check_across(problem, [right, low])
    with pytest.raises(DisagreementError, match=r"greedy: bound 8 must not be worse"):
        check_across(problem, [right, replace(low, bound=8)])
    with pytest.raises(DisagreementError, match=r"infeasible, but a solution of 9 was found"):
        check_across(problem, [right, replace(low, objective=None, solution=None, status=Status.INFEASIBLE)])


@pytest.mark.parametrize(
    ("bits", "products", "solver"), [(20, 190, "brute-force"), (21, 210, "sa"), (100, 150, "milp"), (100, 400, "sa")]
)
def test_auto_on_problems_without_rows(bits: int, products: int, solver: str) -> None:
    pairs = np.array(list(itertools.islice(itertools.combinations(range(bits), 2), products)))
    assert choose(Qubo(np.ones(bits), pairs, -np.ones(len(pairs))))[0] == solver


def test_auto_on_large_instances_of_other_kinds() -> None:
    from qopt.problems.mis import Mis

    rng = np.random.default_rng(0)
    matrix = rng.integers(0, 9, (100, 100))
    assert choose(Qap(matrix, matrix))[0] == "robust-tabu"
    assert choose(Qap(matrix[:16, :16], matrix[:16, :16]))[0] == "gilmore-lawler"
    path = np.stack([np.arange(199), np.arange(1, 200)], axis=1)
    assert choose(Mis(200, path))[0] == "mis-tabu"
    assert choose(MarketShare(rng.integers(0, 100, (4, 30)), np.full(4, 700)))[0] == "market-split"
    points = rng.integers(0, 1000, (200, 2))
    chosen = choose(Tsp(np.abs(points[:, None] - points[None]).sum(axis=2)))[0]
    assert chosen == "local-search" or chosen == {"name": "local-search", "engine": "fast-tsp"}


@pytest.mark.parametrize("seed", range(12))
def test_market_split_proves_the_least_deviation(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enumeration and meeting in the middle find what looking at every division finds."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 4)), int(rng.integers(2, 9))
    demands = rng.integers(0, 12, (m, n))
    problem = MarketShare(demands, demands.sum(axis=1) // 2 + rng.integers(-2, 3, m) * 0)
    divisions = (np.array(bits) for bits in itertools.product((0, 1), repeat=n))
    best = min(problem.objective(division) for division in divisions)
    for most, held in ((22, 18), (0, 18), (0, 1)):
        monkeypatch.setattr("qopt.solvers.native.market_split._MAX_ENUMERATED", most)
        monkeypatch.setattr("qopt.solvers.native.market_split._HELD_BITS", held)
        outcome = MarketSplit().solve(problem, budget=Budget(), seed=0)
        assert outcome.is_optimal
        assert problem.objective(outcome.solution) == outcome.bound == best


def test_nothing_of_a_silenced_solver_reaches_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    with silenced():
        os.write(1, b"banner")
        with silenced():
            os.write(1, b"inner banner")
        audible(lambda: print("progress", flush=True))()
        os.system("echo child")
    print("after")
    assert capfd.readouterr().out == "progress\nafter\n"


def test_stdout_is_one_json_document_beside_highs(
    tmp_path: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """HiGHS writes a line with printf where it cannot repair a solution; it stood before the document."""
    import highspy

    from qopt.cli import main

    class Talking(highspy.Highs):
        def run(self) -> Any:
            os.write(1, b"HighsMipSolverData::transformNewIntegerFeasibleSolution\n")
            return super().run()

    monkeypatch.setattr(highspy, "Highs", Talking)
    fields = {"demands": [[3, 5, 2]], "targets": [5]}
    path = tmp_path / "split.json"
    path.write_text(json.dumps({"schema": "qopt.instance/1", "kind": "market-share", "name": "a", **fields}))
    monkeypatch.setattr("sys.argv", ["qopt", "solve", str(path), "--solver", "milp", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert json.loads(capfd.readouterr().out)["objective"] == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer on this system")
def test_ctrl_c_ends_milp() -> None:
    """HiGHS held the main thread until its search was over."""
    rng = np.random.default_rng(0)
    weights = rng.integers(100, 1000, (30, 300))
    problem = Mdkp(rng.integers(100, 1000, 300), weights, weights.sum(axis=1) // 2)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            Milp().solve(problem, budget=Budget(seconds=120), seed=0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_every_native_solver_is_registered_once() -> None:
    assert {"robust-tabu", "mis-tabu", "market-split"} <= {entry.name for entry in SOLVERS}


@pytest.mark.parametrize("solver", ["cpsat", "milp", "auto"])
def test_large_decimals_that_cancel_are_no_contradiction(solver):
    """2**30 + 0.24 is stored 2e-7 beside its text, which CP-SAT reads: it was called a contradiction."""
    problem = MarketShare(demands=[[2.0**30, 0.5]], targets=[2.0**30 + 29.74])
    record = qopt.solve(problem, solver, control=False)
    assert record.objective == pytest.approx(29.24, abs=1e-6)
    assert record.bound is None or record.bound <= record.objective + 1e-6


def test_times_of_1e13_get_no_false_proof() -> None:
    unit = 1e12
    distances = [[0, 18, 9, 27, 27], [17, 0, 0, 23, 22], [1, 0, 0, 29, 14], [22, 10, 24, 0, 13], [29, 16, 29, 21, 0]]
    windows = [[0, 198], [1.75, 67], [0, 30.75], [52, 117.25], [38.25, 81.75]]
    problem = Vrptw(
        distances=unit * np.array(distances),
        demands=[0, 22, 19, 11, 16],
        capacity=68,
        windows=unit * np.array(windows),
        service=unit * np.array([0, 14.5, 14.5, 14.5, 14.5]),
    )
    record = qopt.solve(problem, "cpsat", seed=1, control=False)
    assert record.objective == 74e12  # one route 2, 1, 4, 3; two routes of 95e12 were called optimal
    assert record.bound == 74e12
    odd = replace(problem, windows=problem.windows + np.array([[0, 1], [0, 1], [0, 1], [0, 1], [0, 1]]))
    record = qopt.solve(odd, "cpsat", seconds=5, seed=1, control=False)  # no common unit: searched, nothing proven
    assert record.bound is None or record.bound <= 74e12
    assert record.status is not Status.INFEASIBLE
