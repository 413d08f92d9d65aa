"""Hybrid tabu search and its controls, the paper's quick tables, and pictures of routes."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qopt
from qopt.commands.plot import plot
from qopt.core import Budget, UnsupportedError
from qopt.experiments.papers import paper
from qopt.experiments.plot_routes import plot_routes, routes_in
from qopt.experiments.route_orders import pipeline_order
from qopt.problems.generate import generate
from qopt.problems.vehicles import solution_of
from qopt.solvers.native.routing.hybrid import ROUTE_SOLVERS, HybridTabu, route_tour


def fleet():
    return generate("vrptw", n=12, stops=5, width=80, seed=3)


@pytest.mark.parametrize("routes", ["none", "tsptw-dp", "random", "sa"])
def test_every_route_solver_gives_verified_routes_and_is_counted(routes):
    problem = fleet()
    settings = HybridTabu(routes=routes, iterations=40, every=20, most_stops=5, reads=5, descends=False)
    first, second = (settings.solve(problem, budget=Budget(), seed=1) for _ in range(2))
    assert problem.violations(first.solution) == {}
    assert np.array_equal(first.solution, second.solution), "the same seed must give the same routes"
    assert first.bound is None
    assert first.info["moves"] == 40
    assert first.info["route_better"] <= first.info["route_calls"]
    assert (first.info["route_earned"] > 0) == (first.info["route_better"] > 0)
    if routes == "none":
        assert first.info["route_better"] == 0


def test_a_route_is_a_tour_of_its_own():
    for problem in (fleet(), generate("cvrp", n=6, seed=2)):
        route = (4, 2, 5)
        tour = route_tour(problem, route)
        service = 0 if problem.windows is None else problem.service[list(route)].sum()
        assert tour.objective([1, 2, 3]) - service == pytest.approx(problem.objective(list(route)))
        late = {name for name in problem.violations(list(route)) if name.startswith(("window", "return"))}
        assert bool(late) == bool(tour.violations([1, 2, 3]))


def test_the_exact_route_solver_is_never_beaten():
    tour = generate("tsptw", n=5, width=60, seed=4)
    best = tour.objective(ROUTE_SOLVERS["tsptw-dp"](1)(tour, 0))
    for name in ("sa", "random"):
        order = ROUTE_SOLVERS[name](10)(tour, 0)
        assert order is None or tour.objective(order) >= best
    assert pipeline_order("random", num_reads=1)(generate("tsptw", n=1, seed=0), 0).tolist() == [1]


@pytest.mark.parametrize("start", ["savings", "sweep", "single"])
def test_every_start_serves_everybody(start):
    problem = generate("cvrp", n=9, stops=3, seed=5)
    outcome = HybridTabu(start=start, iterations=30).solve(problem, budget=Budget(), seed=0)
    assert problem.violations(outcome.solution) == {}


def test_settings_are_refused_with_the_known_names():
    with pytest.raises(ValueError, match="tsptw-dp"):
        HybridTabu(routes="dp").solve(fleet(), budget=Budget(), seed=0)
    with pytest.raises(ValueError, match="every must be >= 1"):
        HybridTabu(every=0)
    with pytest.raises(UnsupportedError, match="use tsptw-dp"):
        HybridTabu().solve(generate("tsptw", n=3), budget=Budget(), seed=0)


def row(family, group, problem, objective, *, share=None, extra=None, kind="vrptw", status="feasible", repeat=0):
    stage = {"feasible": objective is not None, "feasible_share": share}
    return {
        "status": status,
        "objective": objective,
        "sweep": {"family": family, "group": group, "repeat": repeat},
        "instance": {"name": problem, "kind": kind, "size": {"customers": 5}, "fingerprint": problem},
        "reference": {"kind": "proven", "value": 100.0},
        "stages": {"raw": stage, "repaired": stage},
        "resources": {"qubits": 12, "aux_qubits": 2, "cpu_seconds": 1.5, "extra": extra or {}},
    }


def test_the_paper_tells_what_its_rows_say():
    earned = {"route_calls": 4, "route_better": 1, "route_earned": 2.5}
    rows = [
        row("hybrid sa", "solomon", "A", 103.0, extra=earned),
        row("hybrid random", "solomon", "A", 102.0, extra=earned),
        row("pyvrp", "solomon", "A", 100.0),
        row("sa pairs", "stops", "t", 110.0, share=0.25, kind="tsptw"),
        row("random pairs", "stops", "t", 110.0, share=0.0, kind="tsptw"),
        row("tsptw-dp", "stops", "t", 100.0, kind="tsptw", status="optimal"),
    ]
    told = paper("routing-annealing").tell(rows)
    summary = "\n".join(map(str, told.summary))
    assert "25.00 % to 13 stops" in summary
    assert "1 of 1 runs of annealing have a feasible tour, and 1 of the 1 of uniform points" in summary
    assert "Mean gap of hybrid sa over 1 fleets: 3.00 % (the paper states 3.86 %)" in summary
    beside = "hybrid sa 3.00 % against 2.00 % of hybrid random (1 instances; better / equal / worse 0 / 0 / 1)"
    assert f"its controls, as many moves: lower median in 0 of 1: {beside}." in summary
    assert "3.00 % against 0.00 % of pyvrp" in summary
    tours, fleets = (section.text for section in told.sections[1:])
    assert "| stops | 5 | sa pairs | 10 | 25.00 % | 1 of 1 | 10.00 % |" in tours
    assert "| hybrid sa | 3.00 % | 3.00 % | 4 | 1 | 2.5 | 1.5 |" in fleets
    rows[0]["objective"] = 101.0
    assert "lower median in 1 of 1: hybrid sa 1.00 %" in "\n".join(
        map(str, paper("routing-annealing").tell(rows).summary)
    )


def test_the_paper_compares_on_the_fleets_that_both_have():
    """The mean of hybrid sa over two fleets stood beside that of a control over one of them."""
    rows = [row("hybrid sa", "solomon", "A", 103.0), row("hybrid sa", "solomon", "B", 120.0)]
    rows += [row("hybrid random", "solomon", "A", 104.0), row("hybrid sa", "solomon", "A", 105.0, repeat=1)]
    told = paper("routing-annealing").tell(rows)
    summary = "\n".join(map(str, told.summary))
    assert "Mean gap of hybrid sa over 2 fleets: 12.00 %" in summary
    assert "hybrid sa 3.00 % against 4.00 % of hybrid random (1 instances; better / equal / worse 1 / 0 / 0)" in summary
    assert "| hybrid sa | 4.00 % | 20.00 % | 12.00 % |" in told.sections[2].text  # repeats of A: 3 and 5 %


def test_qubits_are_those_of_rounds_that_ran():
    """A round of annealing had 31 qubits where its QUBO had 23: those of the next one, with slack of late stretches."""
    options = {"encoder": "slack", "formulation": "positions", "rounds": 1, "num_reads": 20, "improve": False}
    problem = generate("tsptw", n=13, width=60, seed=1)
    for solver in ("sa", "random"):
        used = qopt.solve(problem, solver, seed=1, control=False, reference="none", **options).resources
        assert (used.qubits, used.aux_qubits) == (23, 0)


def test_pictures_of_routes(tmp_path):
    pytest.importorskip("matplotlib")
    for problem in (fleet(), generate("cvrp", n=4, seed=1), generate("tsptw", n=4, seed=1)):
        order = np.arange(1, problem.num_customers + 1)
        solution = order if problem.kind == "tsptw" else solution_of([order[:2], order[2:]])
        path = tmp_path / f"{problem.kind}.svg"
        plot_routes(problem, solution, path)
        text = path.read_text()
        assert ("schedule" in text) == (problem.kind != "cvrp")
        assert sum(len(route) for route in routes_in(problem, solution)) == problem.num_customers
    with pytest.raises(ValueError, match="tsptw, cvrp or vrptw"):
        routes_in(generate("tsp", n=4), np.arange(4))


def test_the_command_draws_a_record(tmp_path):
    pytest.importorskip("matplotlib")
    problem = fleet()
    instance, record, picture = (tmp_path / name for name in ("f.json", "r.json", "p.png"))
    qopt.save(problem, instance)
    record.write_text(json.dumps(qopt.solve(problem, "greedy").to_json()))
    assert plot(record, picture, instance) == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"
    other = tmp_path / "other.json"
    qopt.save(generate("vrptw", n=4, seed=9), other)
    with pytest.raises(ValueError, match="the record's own"):
        plot(record, picture, other)
    with pytest.raises(ValueError, match="--instance"):
        plot(record, picture)
