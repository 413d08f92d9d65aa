"""Walks that keep rows: compiled against Python, against enumeration, and what is recognised, drawn and reported."""

from __future__ import annotations

import itertools
from typing import Any

import dimod
import numpy as np
import pytest
from scipy.sparse import csr_array, triu
from scipy.stats import chi2

import qopt
from qopt.core import BinaryProgram, UnsupportedError, make_rows
from qopt.engines.annealing import search as search_module
from qopt.engines.annealing import walks as reference
from qopt.engines.annealing.general import general_structure
from qopt.engines.annealing.search import Search, load_engine, states_of
from qopt.engines.annealing.structure import recognise
from qopt.solvers.classical.constrained_annealing import ConstrainedAnnealing

try:
    from qopt.engines.annealing import _constrained
except ImportError:
    _constrained = None  # type: ignore[assignment]

KERNELS = [] if _constrained is None else _constrained.kernels()
compiled = pytest.mark.skipif(_constrained is None, reason="the extension was not built")


def assignment_rows(side: int) -> Any:
    A = np.zeros((2 * side, side * side))
    for a in range(side):
        A[a, a * side : (a + 1) * side] = 1
        A[side + a, a::side] = 1
    return make_rows(A, lower=np.ones(2 * side), upper=np.ones(2 * side))


def random_products(n: int, seed: int, low: int = -9, high: int = 10) -> Any:
    rng = np.random.default_rng(seed)
    return triu(csr_array(rng.integers(low, high, (n, n)).astype(float)), 1)


def permutation_program(side: int = 4, seed: int = 0) -> BinaryProgram:
    rng = np.random.default_rng(seed)
    n = side * side
    return BinaryProgram(rng.integers(-20, 20, n), random_products(n, seed), 3.0, assignment_rows(side))


def qap_program(side: int = 4, seed: int = 0, *, is_symmetric: bool = True) -> BinaryProgram:
    rng = np.random.default_rng(seed)
    F, D = (rng.integers(1, 9, (side, side)).astype(float) for _ in range(2))
    D = np.triu(D, 1) + np.triu(D, 1).T
    np.fill_diagonal(F, 0)
    F = np.triu(F, 1) + np.triu(F, 1).T if is_symmetric else F
    return BinaryProgram(rng.integers(0, 9, side * side), csr_array(np.kron(F, D)), 0.0, assignment_rows(side))


def tour_program(side: int = 4, seed: int = 0, *, is_symmetric: bool = True, is_open: bool = False) -> BinaryProgram:
    """Cells (position, node): links between neighbouring positions, all round or with ends that cost extra."""
    rng = np.random.default_rng(seed)
    D = rng.integers(1, 30, (side, side)).astype(float)
    D = D + D.T if is_symmetric else D
    np.fill_diagonal(D, 0)
    step = np.zeros((side, side))
    for p in range(side - 1 if is_open else side):
        step[p, (p + 1) % side] = 1
    ends = np.zeros((side, side))
    if is_open:
        ends[0], ends[-1] = rng.integers(1, 30, side), rng.integers(1, 30, side)
    return BinaryProgram(ends.ravel(), csr_array(np.kron(step, D)), 7.0, assignment_rows(side))


def grouped_program(seed: int = 0) -> BinaryProgram:
    """Three groups of three, capacities over them (generalised assignment), and products."""
    rng = np.random.default_rng(seed)
    groups = np.kron(np.eye(3), np.ones(3))
    loads = np.zeros((3, 9))
    for k in range(3):
        loads[k, k::3] = rng.integers(1, 6, 3)
    rows = make_rows(np.vstack([groups, loads]), lower=[1] * 3 + [-np.inf] * 3, upper=[1] * 3 + [6] * 3)
    return BinaryProgram(rng.integers(-9, 9, 9), random_products(9, seed), 0.0, rows)


def mixed_program(seed: int = 0) -> BinaryProgram:
    """A square of three with a further row (windows), two groups that share packings, and free bits in a cover."""
    rng = np.random.default_rng(seed)
    n = 9 + 6 + 4
    A, lower, upper = [], [], []

    def row(bits: list[int], values: Any, low: float, high: float) -> None:
        line = np.zeros(n)
        line[bits] = values
        A.append(line)
        lower.append(low)
        upper.append(high)

    for a in range(3):
        row([3 * a + b for b in range(3)], 1, 1, 1)
        row([3 * b + a for b in range(3)], 1, 1, 1)
    row([0, 4, 8], [3, 2, 2], -np.inf, 4)
    row([9, 10, 11], 1, 1, 1)
    row([12, 13, 14], 1, 1, 1)
    for k in range(3):
        row([9 + k, 12 + k], 1, -np.inf, 1)
    row([15, 16, 17], 1, 1, np.inf)
    row([16, 17, 18], 1, -np.inf, 1)
    row([15, 18], 1, -np.inf, 2)  # never binding
    rows = make_rows(np.array(A), lower=lower, upper=upper)
    return BinaryProgram(rng.integers(-9, 9, n), random_products(n, seed), 0.0, rows)


def bins_program() -> BinaryProgram:
    """Items of 5, 4, 3, 3 in the fewest of three bins of 8: bits of item and bin, then one that says a bin is used."""
    sizes, bins = [5, 4, 3, 3], 3
    each = np.hstack([np.kron(np.eye(len(sizes)), np.ones(bins)), np.zeros((len(sizes), bins))])
    held = np.hstack([np.kron(sizes, np.eye(bins)), -8 * np.eye(bins)])
    lower = [1] * len(sizes) + [-np.inf] * bins
    rows = make_rows(np.vstack([each, held]), lower=lower, upper=[1] * len(sizes) + [0] * bins)
    return BinaryProgram(np.repeat([0, 1], [len(sizes) * bins, bins]), rows=rows)


def generated(kind: str, form: str, **sizes: Any) -> BinaryProgram:
    problem = qopt.generate(kind, seed=1, **sizes)
    return problem.formulations[form](problem).program


PROGRAMS = {
    "permutation": permutation_program(),
    "qap": qap_program(),
    "cycle": tour_program(),
    "asymmetric cycle": tour_program(is_symmetric=False),
    "path": tour_program(is_open=True),
    "asymmetric path": tour_program(is_symmetric=False, is_open=True),
    "groups": grouped_program(),
    "mixed": mixed_program(),
    "mdkp": generated("mdkp", "linear", n=12, m=3),
    "mis": generated("mis", "edges", n=14),
    "mis cliques": generated("mis", "cliques", n=14),
    "multi-knapsack": generated("multi-knapsack", "assignment", n=5, knapsacks=3),
    "bins": bins_program(),
    "market-share": generated("market-share", "deviations", retailers=3, products=1, max_demand=7),
    "max-cut": generated("max-cut", "cut", n=10),
    "no rows": BinaryProgram(np.arange(-4, 4), random_products(8, 3)),
}


def all_points(n: int) -> Any:
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(np.uint8)


@compiled
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("kernels", KERNELS)
def test_compiled_walks_equal_python(name: str, kernels: str) -> None:
    structure = recognise(PROGRAMS[name])
    build = structure.build
    ours = build(_Named(kernels))
    theirs = build(reference)
    x, y = np.empty(structure.size, dtype=np.int64), np.empty(structure.size, dtype=np.int64)
    for seed in (1, 2):
        assert _constrained.restart(ours, seed) == reference.restart(theirs, seed)
        for t in (40.0, 10.0, 2.0):
            assert _constrained.anneal(ours, t, 0.3 * t, 150) == reference.anneal(theirs, t, 0.3 * t, 150)
            assert _constrained.state(ours, x) == reference.state(theirs, y)
            assert np.array_equal(x, y)
        assert _constrained.rises(ours, 60) == reference.rises(theirs, 60)
        assert _constrained.close(ours, 3) == reference.close(theirs, 3)
        assert _constrained.descend(ours) == reference.descend(theirs)
        assert _constrained.best(ours, x) == reference.best(theirs, y)
        assert np.array_equal(x, y)
        _constrained.keep_weights(ours)
        reference.keep_weights(theirs)


class _Named:
    """The compiled module, with one instruction set."""

    def __init__(self, kernels: str) -> None:
        self.kernels = kernels

    def __getattr__(self, name: str) -> Any:
        return lambda *given: getattr(_constrained, name)(*given, self.kernels)


@pytest.mark.parametrize("name", ["permutation", "cycle", "asymmetric cycle", "path", "asymmetric path"])
def test_constant_temperature_gives_the_boltzmann_distribution(name: str) -> None:
    """Every order of a small permutation or chain, as often as its weight says."""
    program = PROGRAMS[name]
    structure, engine = recognise(program), load_engine("auto")
    walk = structure.build(engine)
    side = round(program.num_variables**0.5)
    points = np.array([np.eye(side, dtype=np.uint8)[list(p)].ravel() for p in itertools.permutations(range(side))])
    costs = program.costs(points)
    t = float(costs.std())
    engine.restart(walk, 5)
    states = np.empty((20_000, structure.size), dtype=np.int64)
    for state in states:
        engine.anneal(walk, t, t, 12 * side)
        engine.state(walk, state)
    if "cycle" in name:  # a cycle's orders are kept with node 0 first; the others cost the same
        points, costs = points[points[:, 0] == 1], costs[points[:, 0] == 1]
    codes = structure.decode(states) @ (1 << np.arange(side * side, dtype=np.int64))
    wanted = points @ (1 << np.arange(side * side, dtype=np.int64))
    counts = np.array([(codes == code).sum() for code in wanted])
    assert counts.sum() == len(states)
    expected = np.exp(-(costs - costs.min()) / t)
    expected *= len(states) / expected.sum()
    assert chi2.sf(float(((counts - expected) ** 2 / expected).sum()), len(points) - 1) > 1e-3


@pytest.mark.parametrize("name", PROGRAMS)
def test_optimum_of_small_programs_by_brute_force(name: str) -> None:
    program = PROGRAMS[name]
    n = program.num_variables
    assert n <= 22
    X = all_points(n)
    feasible = X[program.feasible(X)]
    best = program.costs(feasible).min()
    structure = recognise(program)
    found = Search(structure, load_engine("auto"), 3).by_count(6, 400)
    Z = structure.decode(states_of(found))
    costs, keeps = program.costs(Z), program.feasible(Z)
    assert keeps.all()
    assert costs.min() == best
    assert [read.cost for read in found.reads] == costs.tolist()  # the walk's own sums are exact
    assert [read.keeps_all_rows for read in found.reads] == keeps.tolist()


def test_planted_infeasible_program_is_reported_as_violated() -> None:
    """Two rows that no point keeps together: a point still comes back, and it is not called feasible."""
    rows = make_rows([[1, 1, 1], [2, 2, 2]], lower=[2, -np.inf], upper=[3, 3])
    program = BinaryProgram(c=[1, 2, 3], rows=rows)
    structure = recognise(program)
    found = Search(structure, load_engine("auto"), 1).by_count(3, 50)
    assert not any(read.keeps_all_rows for read in found.reads)
    assert not program.feasible(structure.decode(states_of(found))).any()


def test_groups_whose_packings_leave_no_start_are_soft() -> None:
    """Three groups of two columns: by pigeon-hole the packings cannot hold, so they are not kept but soft."""
    rows = make_rows(
        np.vstack([np.kron(np.eye(3), np.ones(2)), np.tile(np.eye(2), 3)]),
        lower=[1, 1, 1, -np.inf, -np.inf],
        upper=np.ones(5),
    )
    structure = recognise(BinaryProgram(np.arange(6), rows=rows))
    assert structure.left == ("row[3]", "row[4]")
    assert structure.describe() == "3 one-hot groups; keeps 3 of 5 rows"


@pytest.mark.parametrize("name", ["groups", "mixed", "multi-knapsack", "bins", "mdkp"])
def test_every_state_keeps_the_kept_rows(name: str) -> None:
    program = PROGRAMS[name]
    structure, engine = recognise(program), load_engine("auto")
    walk = structure.build(engine)
    kept = [k for k, row in enumerate(program.constraints.names) if row in structure.kept]
    state = np.empty(structure.size, dtype=np.int64)
    engine.restart(walk, 4)
    for _ in range(200):
        engine.anneal(walk, 20.0, 20.0, 37)
        engine.state(walk, state)
        assert not program.violations(structure.decode(state[None]))[:, kept].any()


def test_items_change_bins_beside_bits_that_are_no_items() -> None:
    """The bits that say a bin is used are of no item; two items still change places in one move."""
    item, sack, cell, sacks = general_structure(bins_program()).build(_Given())
    assert item.tolist() == [*np.repeat(range(4), 3).tolist(), -1, -1, -1]
    assert (sack.tolist(), sacks) == ([0, 1, 2] * 5, 3)
    assert cell.tolist() == list(range(12))


class _Given:
    """An engine that hands back what says which items can change places."""

    def general(self, *given: Any) -> Any:
        return given[-1]


def test_recognition_by_numbers_alone() -> None:
    assert recognise(PROGRAMS["permutation"]).name == "permutation"
    assert recognise(PROGRAMS["cycle"]).name == "chain (cycle, symmetric)"
    assert recognise(PROGRAMS["asymmetric path"]).name == "chain (path, asymmetric)"
    mixed = recognise(PROGRAMS["mixed"])
    assert mixed.name == "5 one-hot groups and 3 assignment columns and 4 packings"
    assert mixed.left == ("row[6]", "row[12]")
    assert recognise(PROGRAMS["mdkp"]).kept == ()


@pytest.mark.parametrize("name", ["permutation", "qap", "cycle", "asymmetric path"])
def test_relabelled_bits_and_rows_change_no_value(name: str) -> None:
    program = PROGRAMS[name]
    rng = np.random.default_rng(8)
    order, rows = rng.permutation(program.num_variables), rng.permutation(program.num_rows)
    Q = program.products + program.products.T
    shuffled = BinaryProgram(
        program.c[order],
        triu(csr_array(Q)[order][:, order], 1),
        program.offset,
        make_rows(program.constraints.A[rows][:, order], lower=np.ones(len(rows)), upper=np.ones(len(rows))),
    )
    structure = recognise(shuffled)
    assert structure.name == recognise(program).name
    found = Search(structure, load_engine("auto"), 1).by_count(3, 300)
    costs = shuffled.costs(structure.decode(states_of(found)))
    assert costs.tolist() == [read.cost for read in found.reads]
    assert costs.min() == program.costs(_feasible(program)).min()


def _feasible(program: BinaryProgram) -> Any:
    X = all_points(program.num_variables)
    return X[program.feasible(X)]


def test_flow_times_distance_on_large_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    from qopt.engines.annealing import structure as structure_module

    monkeypatch.setattr(structure_module, "PRODUCT_SIDE", 4)
    for program in (qap_program(), qap_program(is_symmetric=False)):
        structure = recognise(program)
        assert structure.name == "product"
        found = Search(structure, load_engine("auto"), 1).by_count(3, 100)
        costs = program.costs(structure.decode(states_of(found)))
        assert costs.tolist() == [read.cost for read in found.reads]
        assert costs.min() == program.costs(_feasible(program)).min()
    assert recognise(permutation_program()).name == "permutation"


@compiled
@pytest.mark.parametrize("kernels", KERNELS)
def test_product_walk_equals_python(kernels: str) -> None:
    rng = np.random.default_rng(2)
    F, D, c = (rng.integers(0, 20, (6, 6)).astype(float) for _ in range(3))
    np.fill_diagonal(F, 0)
    np.fill_diagonal(D, 0)
    given = (6, c.ravel(), 1.0, F.ravel(), D.ravel())
    ours, theirs = _constrained.product(*given, kernels), reference.product(*given)
    assert _constrained.restart(ours, 3) == reference.restart(theirs, 3)
    assert _constrained.anneal(ours, 300.0, 10.0, 500) == reference.anneal(theirs, 300.0, 10.0, 500)


@pytest.mark.parametrize("name", ["permutation", "path", "mixed", "mdkp"])
def test_threads_change_nothing(name: str) -> None:
    structure = recognise(PROGRAMS[name])
    alone, together = (Search(structure, load_engine("auto"), 5, threads).by_count(7, 40) for threads in (1, 3))
    assert np.array_equal(states_of(alone), states_of(together))
    assert alone.window == together.window


def test_decimal_costs_and_rows() -> None:
    rng = np.random.default_rng(1)
    rows = make_rows(rng.random((2, 10)), upper=[2.5, 2.0])
    program = BinaryProgram(-rng.random(10), random_products(10, 1) / 70, rows=rows)
    structure = recognise(program)
    found = Search(structure, load_engine("auto"), 1).by_count(8, 300)
    X = structure.decode(states_of(found))
    assert program.feasible(X).all()
    assert program.costs(X).min() == pytest.approx(program.costs(_feasible(program)).min(), abs=1e-9)


class FakeClock:
    """A tenth of a second for each look, so that a time limit is tested without waiting."""

    def __init__(self, limit: float, step: float = 0.1) -> None:
        self.limit, self.step, self.now = limit, step, 0.0

    @property
    def elapsed(self) -> float:
        self.now += self.step
        return self.now

    @property
    def remaining(self) -> float:
        return max(0.0, self.limit - self.now)


@pytest.mark.parametrize("limit", [0.05, 1.0, 30.0])
def test_time_limit_by_a_fake_clock(limit: float) -> None:
    clock = FakeClock(limit)
    found = Search(recognise(PROGRAMS["mixed"]), load_engine("auto"), 1).by_time(clock)
    assert found.reads
    assert clock.now <= limit + 5 * clock.step


def test_temperature_follows_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last piece of a read is annealed near its last temperature, however long a piece takes."""
    structure, engine = recognise(PROGRAMS["permutation"]), load_engine("auto")
    seen: list[float] = []

    class Spy:
        def __getattr__(self, name: str) -> Any:
            return getattr(engine, name)

        def anneal(self, walk: Any, first: float, last: float, proposals: int) -> Any:
            seen.append(first)
            return engine.anneal(walk, first, last, min(proposals, 100))

    search = Search(structure, Spy(), 1)
    search._timed(search.walks[0], 1, 100.0, 1.0, 20.0, FakeClock(100.0, 0.05))
    assert seen[0] == 100.0
    assert seen[-1] < 1.3
    assert (np.diff(seen) <= 0).all()


def test_uniform_points_of_the_kept_rows() -> None:
    rng = np.random.default_rng(0)

    def drawn(program: BinaryProgram, num_points: int) -> Any:
        return ConstrainedAnnealing().ground(program.num_variables, program).draw(rng, num_points)

    X = drawn(PROGRAMS["permutation"], 24_000)
    counts = np.unique(X, axis=0, return_counts=True)[1]
    assert len(counts) == 24
    assert np.abs(counts - 1000).max() < 6 * np.sqrt(1000)
    X = drawn(PROGRAMS["groups"], 27_000)
    counts = np.unique(X, axis=0, return_counts=True)[1]
    assert len(counts) == 27
    assert np.abs(counts - 1000).max() < 6 * np.sqrt(1000)
    X = drawn(PROGRAMS["mis"], 200)
    assert PROGRAMS["mis"].feasible(X).all()
    mixed = PROGRAMS["mixed"]
    kept = [k for k, name in enumerate(mixed.constraints.names) if name in recognise(mixed).kept]
    assert not mixed.violations(drawn(mixed, 200))[:, kept].any()
    X = drawn(PROGRAMS["mdkp"], 4000)
    assert np.abs(X.mean(axis=0) - 0.5).max() < 6 * 0.5 / np.sqrt(4000)


def test_sampler_reports_the_models_energies_and_says_what_it_kept() -> None:
    program = PROGRAMS["mixed"]
    bqm = dimod.BinaryQuadraticModel(program.c.astype(float), program.products.toarray(), program.offset, "BINARY")
    samples = ConstrainedAnnealing(num_reads=4, num_sweeps=50).sample(bqm, program=program, seed=2)
    assert samples.record.energy == pytest.approx(bqm.energies(samples))
    assert samples.info["subspace"].endswith("keeps 13 of 15 rows")
    assert samples.info["is_seeded"] is True
    again = ConstrainedAnnealing(num_reads=4, num_sweeps=50, threads=2).sample(bqm, program=program, seed=2)
    assert np.array_equal(samples.record.sample, again.record.sample)
    with pytest.raises(UnsupportedError, match="own 3 bits"):
        ConstrainedAnnealing().sample(bqm, program=BinaryProgram([1, 2, 3]))


def test_sampler_without_a_program_anneals_the_model() -> None:
    bqm = dimod.generators.gnp_random_bqm(10, 0.5, "SPIN", random_state=3)
    lowest = dimod.ExactSolver().sample(bqm).first.energy
    assert ConstrainedAnnealing(num_reads=5, num_sweeps=200).sample(bqm, seed=1).first.energy == pytest.approx(lowest)


def test_control_of_a_record_draws_from_the_kept_rows() -> None:
    problem = qopt.generate("qap", n=5, seed=2)
    record = qopt.solve(problem, solver="constrained-sa", encoder="native", num_reads=4, num_sweeps=60, seed=1)
    assert record.stages.raw is not None
    assert record.stages.raw.feasible
    assert record.stages.control.raw.feasible  # uniform permutations
    assert record.objective == problem.objective(record.solution)


def test_compiled_walks_that_were_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, package: str) -> Any:
        if name == "._constrained":
            raise ImportError("no such module")
        return reference

    monkeypatch.setattr(search_module.importlib, "import_module", missing)
    assert load_engine("auto") is reference
    with pytest.raises(UnsupportedError, match="engine must be one that was built"):
        load_engine("compiled")
