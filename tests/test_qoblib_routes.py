"""Class 09 of QOBLIB: fleets are exported as the routes that its checker reads, and read back."""

from __future__ import annotations

from qopt.experiments.export.qoblib import CLASSES, solution_text
from qopt.problems.route_solutions import read_routes
from qopt.problems.vehicles import Cvrp


def test_routes_are_written_as_the_cvrp_checker_reads_them() -> None:
    fleet = Cvrp([[0, 2, 3, 4], [2, 0, 2, 1], [3, 2, 0, 5], [4, 1, 5, 0]], [0, 1, 1, 1], 2)
    solution = [3, 1, 0, 2]
    text = solution_text("cvrp", solution, fleet.objective(solution))
    assert CLASSES["cvrp"] == "09-routing"
    assert text == "Route #1: 3 1\nRoute #2: 2\nCost 13\n"
    again, stated = read_routes(text, "routes.sol", 3)
    assert again.tolist() == solution
    assert stated == fleet.objective(again) == 13
