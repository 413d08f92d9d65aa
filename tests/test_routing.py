"""Routing: values and readers against published files, presolve, formulations and every proof against brute force."""

from __future__ import annotations

import csv
import dataclasses
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.algorithms.fleet import FleetData, FleetSearch, descend_fleet, search_fleet
from qopt.algorithms.segments import Roads
from qopt.algorithms.tour_windows import WindowTour, remove_lateness
from qopt.algorithms.window_dp import solve_windows
from qopt.core import Budget, InstanceFormatError, RepairFailed, UnsupportedError, from_spec
from qopt.problems.files import load, save
from qopt.problems.generate import generate
from qopt.problems.rounding import rounded_distances
from qopt.problems.route_pool import best_sequence, complete_pool
from qopt.problems.solutions import read_solution, read_solution_file, write_solution
from qopt.problems.tsptw import Tsptw
from qopt.problems.vehicles import Cvrp, Vrptw, routes_of, solution_of
from qopt.repair import improve, repair

#: Position bits before and after presolve, arcs before and after.
PRESOLVED = {
    "Dumas/n20w20.001.txt": (400, 30, 420, 39),
    "Dumas/n20w100.001.txt": (400, 156, 420, 202),
    "Dumas/n40w40.001.txt": (1600, 158, 1640, 205),
    "Dumas/n60w100.001.txt": (3600, 1034, 3660, 1280),
    "Dumas/n100w60.001.txt": (10000, 1526, 10100, 2023),
    "SolomonPotvinBengio/rc_201.3.txt": (961, 175, 992, 249),
    "SolomonPotvinBengio/rc_203.1.txt": (324, 246, 342, 269),
    "SolomonPotvinBengio/rc_206.2.txt": (1296, 600, 1332, 780),
    "AFG/rbg010a.tw": (100, 46, 110, 54),
    "AFG/rbg019a.tw": (361, 57, 380, 81),
    "AFG/rbg035a.2.tw": (1225, 869, 1260, 944),
}


def random_tsptw(n, seed, *, objective="travel", scale=1):
    """Asymmetric, triangles broken, windows of all widths (some of none), feasible or not."""
    rng = np.random.default_rng([n, seed])
    travel = rng.integers(0, 30, size=(n + 1, n + 1)) * scale
    order = rng.permutation(n) + 1
    stops = [0, *order.tolist()]
    times = np.cumsum([travel[u, v] for u, v in pairwise(stops)]) if n else np.zeros(0)
    width = rng.integers(0, 40, size=(n, 2)) * scale * rng.integers(0, 2, size=(n, 1))
    windows = np.zeros((n + 1, 2))
    windows[0] = 3 * scale if n == 0 else 0, 1000 * scale
    windows[order, 0] = np.maximum(0, times - width[:, 0])
    windows[order, 1] = np.maximum(windows[order, 0], times + width[:, 1] - 3 * scale * (seed % 4 == 0))
    return Tsptw(np.round(travel, 2), np.round(windows, 2), objective)


def best_order(problem):
    orders = (np.array(p, dtype=np.int64) for p in permutations(range(1, problem.num_customers + 1)))
    return min((problem.objective(p) for p in orders if not problem.violations(p)), default=None)


def best_fleet(problem):
    """Brute force over all orders and all cuts of them."""
    n = problem.num_customers
    best = None
    for order in permutations(range(1, n + 1)):
        for cuts in range(2 ** max(0, n - 1)):
            values = [order[0]] if n else []
            for k in range(1, n):
                values += [0, order[k]] if cuts >> (k - 1) & 1 else [order[k]]
            solution = np.array(values, dtype=np.int64)
            if not problem.violations(solution):
                value = problem.objective(solution)
                best = value if best is None else min(best, value)
    return best


CASES = [(n, seed, objective) for n in (0, 1, 2, 3, 5) for seed in range(8) for objective in ("travel", "makespan")]


# proofs against brute force


@pytest.mark.parametrize("scale", [1, 100_003, 0.37], ids=str)
def test_the_dynamic_program_proves_what_brute_force_finds(scale):
    for n, seed, objective in CASES:
        problem = random_tsptw(n, seed, objective=objective, scale=scale)
        outcome = from_spec("solvers", "tsptw-dp").solve(problem, budget=Budget(), seed=0)
        best = best_order(problem)
        if best is None:
            assert outcome.is_infeasible, (n, seed)
            continue
        assert outcome.is_optimal, (n, seed)
        assert problem.objective(outcome.solution) == pytest.approx(best, rel=1e-12)
        assert outcome.bound == pytest.approx(best, rel=1e-12)


def test_a_narrow_dynamic_program_bounds_from_below_and_claims_nothing():
    for seed in range(12):
        problem = generate("tsptw", n=7, width=200, seed=seed)
        best = best_order(problem)
        found = solve_windows(problem, max_labels=2)
        assert found.bound <= best + 1e-9
        assert not found.is_complete or found.cost == best
        outcome = from_spec("solvers", {"name": "tsptw-dp", "max_labels": 3}).solve(problem, budget=Budget(), seed=1)
        assert outcome.bound <= best <= problem.objective(outcome.solution)
        assert not outcome.is_optimal or problem.objective(outcome.solution) == best


@pytest.mark.parametrize("scale", [1, 0.37], ids=str)
def test_cpsat_circuits_prove_what_brute_force_finds(scale):
    for n, seed, objective in CASES[::3]:
        problem = random_tsptw(n, seed, objective=objective, scale=scale)
        outcome = from_spec("solvers", {"name": "cpsat", "workers": 1}).solve(problem, budget=Budget(), seed=0)
        best = best_order(problem)
        assert outcome.is_infeasible == (best is None), (n, seed, objective)
        if best is not None:
            assert problem.objective(outcome.solution) == pytest.approx(best, rel=1e-12)
            assert outcome.is_optimal


def small_fleets():
    for seed in range(4):
        yield generate("cvrp", n=4, stops=2, seed=seed)
        yield generate("cvrp", n=4, stops=2, limited=True, rounding="exact", seed=seed)
        yield generate("vrptw", n=4, stops=3, width=10, seed=seed)
        wide = generate("vrptw", n=4, stops=3, width=150, rounding="nint", seed=seed)
        yield dataclasses.replace(wide, objective_kind="vehicles-then-distance")
        yield dataclasses.replace(generate("cvrp", n=3, stops=2, seed=seed), max_routes=1)  # infeasible
    yield generate("cvrp", n=1, stops=1, seed=0)
    yield Cvrp(np.zeros((1, 1)), [0], 5)
    yield Cvrp(np.zeros((1, 1)), [0], 5, max_routes=0)
    yield Cvrp([[0, 1], [2, 0]], [0, 9], 5)  # a customer no vehicle can serve
    yield Vrptw([[0, 1], [2, 0]], [0, 1], 5, [[0, 2], [0, 9]], [0, 0])  # back too late
    yield Vrptw([[0, 1, 9], [7, 0, 2], [3, 9, 0]], [0, 0, 0], 0, [[2, 40], [0, 9], [6, 6]], [0, 1.5, 0.25])


@pytest.mark.parametrize("solver", ["route-sets", "cpsat"])
def test_fleets_are_proven_as_brute_force_finds_them(solver):
    for problem in small_fleets():
        outcome = from_spec("solvers", solver).solve(problem, budget=Budget(), seed=0)
        best = best_fleet(problem)
        assert outcome.is_infeasible == (best is None), problem
        if best is not None:
            assert problem.objective(outcome.solution) == pytest.approx(best, rel=1e-9)
            exact = solver == "route-sets" or problem.rounding != "exact"
            assert outcome.is_optimal or not exact
            assert outcome.bound is None or outcome.bound <= best * (1 + 1e-9)


@pytest.mark.parametrize("solver", ["routing", "pyvrp"])
def test_peers_give_verified_routes(solver):
    entry = qopt.core.SOLVERS.get(solver)
    if entry.missing:
        pytest.skip(entry.missing)
    for problem in (generate("cvrp", n=5, stops=2, seed=1), generate("vrptw", n=5, seed=1), generate("tsptw", n=5)):
        made = entry.make(seconds=0.2) if solver == "routing" else entry.make(iterations=50)
        outcome = made.solve(problem, budget=Budget(), seed=3)
        best = best_order(problem) if problem.kind == "tsptw" else best_fleet(problem)
        assert problem.objective(outcome.solution) == pytest.approx(best)
        assert outcome.bound is None


# presolve


def test_presolve_keeps_every_feasible_order():
    for n, seed, _ in CASES:
        problem = random_tsptw(n, seed)
        found = problem.presolve
        for p in permutations(range(1, n + 1)):
            order = np.array(p, dtype=np.int64)
            if problem.violations(order):
                continue
            assert not found.conflict
            assert found.positions[order - 1, np.arange(n)].all()
            assert n == 0 or found.arcs[np.r_[0, order], np.r_[order, 0]].all()
            place = np.argsort(np.r_[0, order])
            u, v = np.nonzero(found.before)
            assert (place[u] < place[v]).all()


def test_presolve_proves_conflicts():
    travel = np.array([[0, 5, 5], [5, 0, 9], [5, 9, 0]])
    assert "window" in Tsptw(travel, [[0, 40], [0, 3], [0, 30]]).presolve.conflict
    problem = Tsptw(travel, [[0, 40], [5, 6], [5, 6]])  # each is too late after the other
    assert "precede itself" in problem.presolve.conflict
    form = problem.formulations["edges"](problem)
    x = np.zeros(form.program.num_variables, dtype=np.uint8)
    with pytest.raises(RepairFailed, match="precede itself"):
        repair(form, x, np.random.default_rng(0))


# formulations, repair and improvement


@pytest.mark.parametrize("name", ["positions", "cuts", "edges", "arrival", "time-indexed"])
def test_tours_are_repaired_and_improved_from_any_point(name):
    rng = np.random.default_rng(5)
    for seed in range(6):
        problem = random_tsptw(4, seed, scale=0.5 if seed % 2 else 1)
        best = best_order(problem)
        try:
            form = problem.formulations[name](problem)
        except UnsupportedError:
            continue
        x = rng.integers(0, 2, size=form.program.num_variables).astype(np.uint8)
        if best is None:
            with pytest.raises(RepairFailed, match="no feasible tour exists"):
                repair(form, x, rng)
            continue
        mended = repair(form, x, rng)
        assert not problem.violations(form.decode(mended))
        assert np.array_equal(repair(form, mended, rng), mended), "a feasible point must come back as it is"
        better = improve(form, mended, rng)
        assert problem.objective(form.decode(better)) <= problem.objective(form.decode(mended))
        assert np.array_equal(form.complete(better[None])[0], better)


def test_fleets_are_repaired_and_improved_from_any_point():
    rng = np.random.default_rng(6)
    for problem in small_fleets():
        best = best_fleet(problem)
        if best is None:
            continue
        for make in problem.formulations.values():
            form = make(problem)
            x = rng.integers(0, 2, size=form.program.num_variables).astype(np.uint8)
            mended = repair(form, x, rng)
            assert not problem.violations(form.decode(mended))
            assert np.array_equal(repair(form, mended, rng), mended)
            better = improve(form, mended, rng)
            assert best - 1e-9 <= problem.objective(form.decode(better)) <= problem.objective(form.decode(mended))


def test_a_heuristic_pool_is_a_surrogate_and_is_repaired_within_itself():
    problem = generate("cvrp", n=16, stops=8, seed=2)
    assert not problem.pool.is_complete
    form = problem.formulations["set-partitioning"](problem)
    assert form.is_surrogate
    x = repair(form, np.zeros(form.program.num_variables, dtype=np.uint8), np.random.default_rng(0))
    assert not problem.violations(form.decode(x))
    with pytest.raises(UnsupportedError, match="all routes"):
        qopt.problems.vehicle_forms.SetPartitioning(problem)


def test_the_complete_pool_holds_the_best_route_of_every_set():
    problem = generate("vrptw", n=5, stops=3, width=100, seed=3)
    pool = complete_pool(problem)
    for route, cost in zip(pool.routes, pool.costs):
        assert best_sequence(problem, route)[0] == pytest.approx(cost)
    single = dataclasses.replace(problem, max_routes=None)
    sets = {frozenset(route.tolist()) for route in complete_pool(single).routes}
    for mask in range(1, 2**5):
        members = [v for v in range(1, 6) if mask >> (v - 1) & 1]
        assert (frozenset(members) in sets) == (best_sequence(single, members) is not None)


# segments and searches


def test_every_move_is_what_it_says():
    rng = np.random.default_rng(1)
    for seed in range(3):
        problem = random_tsptw(7, seed)
        roads = Roads.of(problem.travel, problem.travel, problem.windows)
        tour = WindowTour(roads, rng.permutation(7) + 1)
        for found in (tour.swaps(), tour.shifts(), tour.turns()):
            for k, move in enumerate(found.moves):
                other = WindowTour(roads, tour.after(move))
                assert (other.warp, other.cost) == pytest.approx((found.warp[k], found.cost[k]))
        late = remove_lateness(tour, rng, most=300)
        assert late == (not problem.violations(tour.order))


def test_fleet_moves_change_the_price_by_what_they_say():
    for problem in (generate("vrptw", n=9, stops=3, width=60, seed=2), generate("cvrp", n=9, stops=3, seed=2)):
        data = FleetData.of(problem)
        rng = np.random.default_rng(0)
        routes = [tuple(int(v) for v in part) for part in np.split(rng.permutation(9) + 1, [2, 5])]
        search = FleetSearch(data, routes, 4, rng)
        for _ in range(60):
            search.iterate()  # a swap once lost one customer and doubled another
            assert sorted(v for route in search.routes for v in route) == list(range(1, 10))
        assert search.best is not None
        assert not problem.violations(solution_of(search.best))
        assert problem.objective(solution_of(search.best)) == pytest.approx(search.best_cost)
        better = descend_fleet(data, search.best, 4)
        assert data.measure(better)[0] <= search.best_cost + 1e-9


def test_routes_beyond_the_limit_are_dissolved():
    problem = generate("cvrp", n=8, stops=3, limited=True, seed=4)
    start = [(v,) for v in range(1, 9)]
    best, cost = search_fleet(
        FleetData.of(problem), start, problem.route_limit, np.random.default_rng(0), iterations=300
    )
    assert best is not None
    assert not problem.violations(solution_of(best))
    assert problem.objective(solution_of(best)) == pytest.approx(cost)


# data, files and solutions


def test_rounding_conventions():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [1.5, 0.0], [2.5, 0.0]])
    assert rounded_distances(points, "nint")[0].tolist() == [0, 1, 2, 3]  # halves go up, not to even
    assert rounded_distances(points, "trunc1")[0, 1] == 1.4
    assert rounded_distances(points, "exact")[0, 1] == np.sqrt(2.0)


def test_violations_are_named():
    windows = [[0, 10], [0, 3], [0, 20]]
    fleet = Vrptw([[0, 4, 4], [4, 0, 4], [4, 4, 0]], [0, 3, 3], 5, windows, [0, 0, 0], max_routes=1)
    assert fleet.violations([1, 2]) == {"window[1]": 1.0, "capacity[1]": 1.0, "return[1]": 2.0}
    assert fleet.violations([1, 0, 1]) == {"unvisited[2]": 1.0, "twice[1]": 1.0, "routes": 1.0, "window[1]": 1.0}
    assert Tsptw(fleet.distances, windows).violations([2, 1]) == {"window[1]": 5.0, "window[0]": 2.0}
    for wrong in ([0, 1], [1, 0, 0, 2], [1, 3], [[1], [2]]):
        with pytest.raises(ValueError, match="routing solution"):
            fleet.violations(wrong)


@pytest.mark.parametrize(
    ("kind", "suffix", "sizes"),
    [
        ("tsptw", ".tw", {"asymmetric": True}),
        ("cvrp", ".vrp", {"limited": True}),
        ("cvrp", ".vrp", {}),
        ("vrptw", ".vrptw", {}),
        ("tsptw", ".json", {"objective": "makespan"}),
        ("vrptw", ".json", {"rounding": "exact"}),
    ],
)
def test_instances_and_solutions_survive_their_files(tmp_path, kind, suffix, sizes):
    problem = generate(kind, n=6, seed=5, **sizes)
    path = tmp_path / f"x{suffix}"
    save(problem, path)
    again = load(path)
    assert type(again) is type(problem)
    for key in ("travel", "windows", "demands", "capacity", "max_routes", "service"):
        assert np.array_equal(getattr(again, key, None), getattr(problem, key, None)), key
    solution = qopt.solve(problem, "greedy").solution
    for file in (tmp_path / "x.sol", tmp_path / "x.sol.json"):
        write_solution(problem, solution, file)
        assert read_solution(file, problem).tolist() == list(solution)
    if kind != "tsptw":
        nested = tmp_path / "nested.json"
        nested.write_text(str([route.tolist() for route in routes_of(solution, 6)]))
        assert read_solution(nested, problem).tolist() == list(solution)


VRP = "NAME : a-k2\nTYPE : CVRP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nCAPACITY : 9\nNODE_COORD_SECTION\n1 0 0\n"
VRP += "2 3 4\n3 0 1\nDEMAND_SECTION\n1 0\n2 4\n3 5\nDEPOT_SECTION\n1\n-1\nEOF\n"
SOLOMON = "S1\n\nVEHICLE\nNUMBER CAPACITY\n2 10\n\nCUSTOMER\nCUST NO. XCOORD.\n\n0 0 0 0 0 50 0\n1 3 4 5 0 9 1\n"


def test_the_texts_are_read():
    read = {}
    for name, text in (
        ("a.vrp", VRP),
        ("s.txt", SOLOMON),
        ("t.tw", "3 # nodes\n0 3 1\n4 0 1\n1 1 0\n0 50\n2 9\n2 8\n"),
    ):
        path = Path(name)
        reader = {"a.vrp": "cvrplib", "s.txt": "solomon", "t.tw": "tsptw"}[name]
        made = qopt.core.READERS.get(reader).make()
        assert made.sniff(text, str(path))
        read[name] = made.read(text, str(path), qopt.problems.formats.contract.ReadOptions(None))[0]
    assert (read["a.vrp"].max_routes, read["a.vrp"].distances[0].tolist()) == (2, [0, 5, 1])
    assert (read["s.txt"].max_routes, read["s.txt"].windows.tolist()) == (2, [[0, 50], [0, 9]])
    assert (read["s.txt"].name, read["s.txt"].rounding) == ("S1", "trunc1")
    assert read["t.tw"].travel.tolist() == [[0, 3, 1], [4, 0, 1], [1, 1, 0]]


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("a.vrp", VRP.replace("2 4\n3 5", "2 4\n2 5"), "each id"),
        ("a.vrp", VRP.replace("CAPACITY : 9", "CAPACITY : nine"), "CAPACITY"),
        ("a.vrp", VRP.replace("1\n-1", "2\n-1"), "one depot"),
        ("a.vrp", VRP.replace("3 5", "3 -5"), "demands must be >= 0"),
        ("a.vrp", VRP.replace("EUC_2D", "GEO"), "EDGE_WEIGHT_TYPE"),
        ("s.vrptw", SOLOMON.replace("1 3 4 5 0 9 1", "1 3 4 5 0 9"), "7 numbers"),
        ("s.vrptw", SOLOMON.replace("1 3 4 5 0 9 1", "1 3 4 5 10 9 1"), "ready <= due"),
        ("s.vrptw", SOLOMON.replace("1 3 4 5", "2 3 4 5"), "node number"),
        ("s.vrptw", "S\nVEHICLE\nNUMBER CAPACITY\nCUSTOMER\n", "is the file cut"),
        ("t.tw", "2\n0 3\n4 0\n0 50\n", "numbers"),
        ("t.tw", "2\n0 3\n4 0\n9 5\n2 9\n", "earliest <= latest"),
        ("t.tw", "2\n0 -3\n4 0\n0 50\n2 9\n", "travel must be >= 0"),
    ],
)
def test_bad_files_get_one_line(tmp_path, name, text, match):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InstanceFormatError, match=match) as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("Route #1: 1 2 3\nCost 9 9\n", "Route #k"),
        ("Route #1: 1 2 x\n", "customer"),
        ("Weg 1: 2\n", "Route"),
        ("Route #1: 1 2 9\n", "1..6"),
    ],
)
def test_bad_solutions_get_one_line(tmp_path, text, match):
    path = tmp_path / "x.sol"
    path.write_text(text)
    with pytest.raises(InstanceFormatError, match=match):
        read_solution(path, generate("cvrp", n=6))


# public instances


@pytest.mark.parametrize("file", PRESOLVED)
def test_presolve_leaves_the_published_bits(instances_dir, file):
    problem = load(instances_dir / "tsptw" / file)
    info = problem.presolve.info
    assert (*info["positions"], *info["arcs"]) == PRESOLVED[file]
    size = problem.formulations["positions"].size(problem)
    assert size.variables == PRESOLVED[file][1]
    assert problem.formulations["edges"].size(problem).variables == PRESOLVED[file][3]


def test_every_public_solution_reproduces_its_value_and_survives_presolve(instances_dir):
    seen = {"tsptw": 0, "cvrp": 0, "vrptw": 0}
    with (instances_dir / "best_known.csv").open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["family"] in seen]
    for row in rows:
        path = instances_dir / row["file"]
        problem = load(path)
        makespan = row["problem"].endswith("makespan")
        if makespan:
            problem = dataclasses.replace(problem, objective_kind="makespan")
        ends = (".makespan.sol",) if makespan else (".sol", ".opt.sol")
        found = [p for end in ends for p in (path.with_suffix(end), Path(f"{path}{end}")) if p.exists()]
        if not found:
            continue
        read = read_solution_file(found[0], problem)
        value = problem.objective(read.solution)
        assert problem.violations(read.solution) == {}, row["instance"]
        assert value == pytest.approx(float(row["best_known"]), abs=0.006), row["instance"]  # some are printed rounded
        if problem.kind == "tsptw":
            order, presolve = read.solution, problem.presolve
            assert not presolve.conflict
            assert presolve.positions[order - 1, np.arange(len(order))].all()
            assert presolve.arcs[np.r_[0, order], np.r_[order, 0]].all()
        seen[problem.kind] += 1
    assert len(rows) >= 400
    assert seen["tsptw"] >= 190


@pytest.mark.parametrize("name", ["Dumas/n20w100.001.txt", "AFG/rbg019c.tw", "Dumas/n40w100.003.txt"])
def test_known_optima_are_proven(instances_dir, name):
    problem = load(instances_dir / "tsptw" / name)
    record = qopt.solve(problem, "auto")
    known = {"Dumas/n20w100.001.txt": 237, "AFG/rbg019c.tw": 4536, "Dumas/n40w100.003.txt": 364}
    assert (record.objective, record.status.value) == (known[name], "optimal")


@pytest.mark.parametrize(("name", "value"), [("E-n13-k4", 247), ("XSH-n20-k4-04", None), ("P-n16-k8", 450)])
def test_small_fleets_are_proven(instances_dir, name, value):
    problem = load(instances_dir / "cvrp" / f"{name}.vrp")
    if value is None:
        value = problem.objective(read_solution(instances_dir / "cvrp" / f"{name}.opt.sol", problem))
    record = qopt.solve(problem, "auto")
    assert (record.objective, record.status.value) == (value, "optimal")
