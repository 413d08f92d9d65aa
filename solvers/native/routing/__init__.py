"""Native solvers of routing kinds: exact dynamic programming, and the peers OR-Tools routing and PyVRP."""

from . import hybrid, ortools_routing, pyvrp_search, route_sets, window_dp

__all__ = ["hybrid", "ortools_routing", "pyvrp_search", "route_sets", "window_dp"]
