"""qopt: combinatorial instances in, verified answers out, with what the quantum part earned.

>>> import qopt
>>> problem = qopt.generate("mdkp", n=6, m=2, seed=1)
>>> record = qopt.solve(problem, solver="cpsat", seed=1)
>>> record.status.value
'optimal'
"""

from __future__ import annotations

import importlib as _importlib
import typing as _typing

from .core import Budget, Encoding, Problem, Record, Samples, Status, UnsupportedError
from .core.registry import CORRELATIONS, ENCODERS, GENERATORS, PROBLEMS, READERS, SOLVERS

if _typing.TYPE_CHECKING:
    from .encoders.binary_code import BinaryCode
    from .encoders.domain_wall import DomainWall
    from .encoders.lagrangian.augmented import AugmentedLagrangian
    from .encoders.lagrangian.bundle import Bundle
    from .encoders.lagrangian.cutting_plane import CuttingPlane
    from .encoders.lagrangian.dual_ascent import DualAscent
    from .encoders.lagrangian.relax_and_cut import RelaxAndCut
    from .encoders.native import Native
    from .encoders.neighbourhood.encoder import Neighbourhood
    from .encoders.polynomial import AsPolynomial, Quadratise
    from .encoders.presolve import Fix
    from .encoders.shrink.encoder import Shrink
    from .encoders.slack import Slack
    from .encoders.unbalanced import Unbalanced
    from .experiments.api import bench, compare, encode, info, options_of, report, verify
    from .experiments.api_runs import crossover, load_record, plot, train_portfolio, tune
    from .experiments.run import solve
    from .problems.files import load, load_all, save
    from .problems.generate import generate
    from .problems.hubo import Hubo
    from .problems.integer_program import IntegerProgram
    from .problems.labs import Labs
    from .problems.market_share import MarketShare
    from .problems.max_cut import MaxCut
    from .problems.mdkp import Mdkp
    from .problems.mis import Mis
    from .problems.multi_knapsack import MultiKnapsack
    from .problems.qap import Qap
    from .problems.qubo import Qubo
    from .problems.sources import problem_of
    from .problems.tsp import Tsp
    from .problems.tsptw import Tsptw
    from .problems.vehicles import Cvrp, Vrptw
    from .solvers.ansatz.pce import Pce
    from .solvers.ansatz.vqe import Vqe
    from .solvers.classical.annealing import SimulatedAnnealing
    from .solvers.classical.bifurcation import SimulatedBifurcation
    from .solvers.classical.brute_force import BruteForce
    from .solvers.classical.constrained_annealing import ConstrainedAnnealing
    from .solvers.classical.exact_oracle import ExactOracle
    from .solvers.classical.loihi import Loihi
    from .solvers.classical.polynomial_annealing import PolynomialAnnealing
    from .solvers.classical.polynomial_search import MemeticTabu, PolynomialTabu, SelfAvoidingWalk
    from .solvers.classical.random_sampler import RandomSampler
    from .solvers.classical.tabu import Tabu
    from .solvers.classical.tempering import ParallelTempering
    from .solvers.native.cpsat.solver import CpSat
    from .solvers.native.greedy import Greedy
    from .solvers.native.independent_set import MisTabu
    from .solvers.native.market_split import MarketSplit
    from .solvers.native.milp.solver import Milp
    from .solvers.native.qap.gilmore_lawler import GilmoreLawler
    from .solvers.native.qap.robust_tabu import RobustTabu
    from .solvers.native.routing.hybrid import HybridTabu
    from .solvers.native.routing.ortools_routing import OrToolsRouting
    from .solvers.native.routing.pyvrp_search import PyVrp
    from .solvers.native.routing.route_sets import RouteSets
    from .solvers.native.routing.window_dp import TsptwDp
    from .solvers.native.tsp.held_karp import HeldKarp
    from .solvers.native.tsp.local_search import LocalSearch
    from .solvers.qaoa.adapt import AdaptQaoa
    from .solvers.qaoa.qaoa import Qaoa
    from .solvers.qaoa.recursive import RecursiveQaoa
    from .solvers.qaoa.variants import MultiAngleQaoa, WarmStartQaoa
    from .solvers.qrao.qrao import Qrao
    from .solvers.subspace.sampler import SubspaceQaoa

__version__ = "0.1.0"

# Each room is imported when first asked for, so that `import qopt` needs numpy alone.
_HOMES = {
    "AdaptQaoa": "solvers.qaoa.adapt",
    "AsPolynomial": "encoders.polynomial",
    "AugmentedLagrangian": "encoders.lagrangian.augmented",
    "BinaryCode": "encoders.binary_code",
    "BruteForce": "solvers.classical.brute_force",
    "Bundle": "encoders.lagrangian.bundle",
    "ConstrainedAnnealing": "solvers.classical.constrained_annealing",
    "CpSat": "solvers.native.cpsat.solver",
    "CuttingPlane": "encoders.lagrangian.cutting_plane",
    "Cvrp": "problems.vehicles",
    "DomainWall": "encoders.domain_wall",
    "DualAscent": "encoders.lagrangian.dual_ascent",
    "ExactOracle": "solvers.classical.exact_oracle",
    "Fix": "encoders.presolve",
    "GilmoreLawler": "solvers.native.qap.gilmore_lawler",
    "Greedy": "solvers.native.greedy",
    "HeldKarp": "solvers.native.tsp.held_karp",
    "Hubo": "problems.hubo",
    "HybridTabu": "solvers.native.routing.hybrid",
    "IntegerProgram": "problems.integer_program",
    "Labs": "problems.labs",
    "LocalSearch": "solvers.native.tsp.local_search",
    "Loihi": "solvers.classical.loihi",
    "MarketShare": "problems.market_share",
    "MarketSplit": "solvers.native.market_split",
    "MaxCut": "problems.max_cut",
    "Mdkp": "problems.mdkp",
    "MemeticTabu": "solvers.classical.polynomial_search",
    "Milp": "solvers.native.milp.solver",
    "Mis": "problems.mis",
    "MisTabu": "solvers.native.independent_set",
    "MultiAngleQaoa": "solvers.qaoa.variants",
    "MultiKnapsack": "problems.multi_knapsack",
    "Native": "encoders.native",
    "Neighbourhood": "encoders.neighbourhood.encoder",
    "OrToolsRouting": "solvers.native.routing.ortools_routing",
    "ParallelTempering": "solvers.classical.tempering",
    "Pce": "solvers.ansatz.pce",
    "PolynomialAnnealing": "solvers.classical.polynomial_annealing",
    "PolynomialTabu": "solvers.classical.polynomial_search",
    "PyVrp": "solvers.native.routing.pyvrp_search",
    "Qaoa": "solvers.qaoa.qaoa",
    "Qap": "problems.qap",
    "Qrao": "solvers.qrao.qrao",
    "Quadratise": "encoders.polynomial",
    "Qubo": "problems.qubo",
    "RandomSampler": "solvers.classical.random_sampler",
    "RecursiveQaoa": "solvers.qaoa.recursive",
    "RelaxAndCut": "encoders.lagrangian.relax_and_cut",
    "RobustTabu": "solvers.native.qap.robust_tabu",
    "RouteSets": "solvers.native.routing.route_sets",
    "SelfAvoidingWalk": "solvers.classical.polynomial_search",
    "Shrink": "encoders.shrink.encoder",
    "SimulatedAnnealing": "solvers.classical.annealing",
    "SimulatedBifurcation": "solvers.classical.bifurcation",
    "Slack": "encoders.slack",
    "SubspaceQaoa": "solvers.subspace.sampler",
    "Tabu": "solvers.classical.tabu",
    "Tsp": "problems.tsp",
    "Tsptw": "problems.tsptw",
    "TsptwDp": "solvers.native.routing.window_dp",
    "Unbalanced": "encoders.unbalanced",
    "Vqe": "solvers.ansatz.vqe",
    "Vrptw": "problems.vehicles",
    "WarmStartQaoa": "solvers.qaoa.variants",
    "bench": "experiments.api",
    "compare": "experiments.api",
    "crossover": "experiments.api_runs",
    "encode": "experiments.api",
    "generate": "problems.generate",
    "info": "experiments.api",
    "load": "problems.files",
    "load_all": "problems.files",
    "load_record": "experiments.api_runs",
    "options_of": "experiments.api",
    "plot": "experiments.api_runs",
    "problem_of": "problems.sources",
    "report": "experiments.api",
    "save": "problems.files",
    "solve": "experiments.run",
    "train_portfolio": "experiments.api_runs",
    "tune": "experiments.api_runs",
    "verify": "experiments.api",
}


def __getattr__(name: str) -> _typing.Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qopt' has no attribute {name!r}")
    return getattr(_importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "AdaptQaoa",
    "AsPolynomial",
    "AugmentedLagrangian",
    "BinaryCode",
    "BruteForce",
    "Budget",
    "Bundle",
    "CORRELATIONS",
    "ConstrainedAnnealing",
    "CpSat",
    "CuttingPlane",
    "Cvrp",
    "DomainWall",
    "DualAscent",
    "ENCODERS",
    "Encoding",
    "ExactOracle",
    "Fix",
    "GENERATORS",
    "GilmoreLawler",
    "Greedy",
    "HeldKarp",
    "Hubo",
    "HybridTabu",
    "IntegerProgram",
    "Labs",
    "LocalSearch",
    "Loihi",
    "MarketShare",
    "MarketSplit",
    "MaxCut",
    "Mdkp",
    "MemeticTabu",
    "Milp",
    "Mis",
    "MisTabu",
    "MultiAngleQaoa",
    "MultiKnapsack",
    "Native",
    "Neighbourhood",
    "OrToolsRouting",
    "PROBLEMS",
    "ParallelTempering",
    "Pce",
    "PolynomialAnnealing",
    "PolynomialTabu",
    "Problem",
    "PyVrp",
    "Qaoa",
    "Qap",
    "Qrao",
    "Quadratise",
    "Qubo",
    "READERS",
    "RandomSampler",
    "Record",
    "RecursiveQaoa",
    "RelaxAndCut",
    "RobustTabu",
    "RouteSets",
    "SOLVERS",
    "Samples",
    "SelfAvoidingWalk",
    "Shrink",
    "SimulatedAnnealing",
    "SimulatedBifurcation",
    "Slack",
    "Status",
    "SubspaceQaoa",
    "Tabu",
    "Tsp",
    "Tsptw",
    "TsptwDp",
    "Unbalanced",
    "UnsupportedError",
    "Vqe",
    "Vrptw",
    "WarmStartQaoa",
    "bench",
    "compare",
    "crossover",
    "encode",
    "generate",
    "info",
    "load",
    "load_all",
    "load_record",
    "options_of",
    "plot",
    "problem_of",
    "report",
    "save",
    "solve",
    "train_portfolio",
    "tune",
    "verify",
]
