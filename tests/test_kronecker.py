"""Products held by flow and distance: every operation and every run equals that of the same products stored."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array, triu

import qopt
from qopt.core import BinaryProgram, FactoredModel, KroneckerProducts, UnsupportedError, make_rows
from qopt.encoders.compare import compare_encoders
from qopt.encoders.native import Native
from qopt.encoders.neighbourhood import Neighbourhood
from qopt.encoders.neighbourhood.constrained import place_line
from qopt.encoders.presolve import Fix
from qopt.encoders.residual import residual
from qopt.encoders.serialise import encoding_from_json, encoding_to_json
from qopt.encoders.slack import Slack
from qopt.engines.annealing import walks
from qopt.engines.annealing.structure import recognise
from qopt.experiments.estimates import plan_rows
from qopt.experiments.portfolio.features import features_of
from qopt.problems import qap as qap_module
from qopt.problems.permutation import one_hot_rows
from qopt.problems.qap import Qap, QapAssignment
from qopt.solvers.base import cost_program, is_cost_of
from qopt.solvers.classical.annealing import SimulatedAnnealing

KINDS = ("whole", "symmetric", "decimal", "sparse", "symmetric flow", "symmetric distance")
CASES = [(kind, n) for kind in KINDS for n in (4, 5, 6, 7, 8)] + [("whole", n) for n in (0, 1, 2, 3)]
#: Digest of the program of examples/qap4.json as it was when all products were stored.
QAP4 = "d65c830452e961739250db3d2691b1a6906d410ad716882d7cf64eb8015e3138"


def factors(kind, n, seed=1):
    """Flow and distance with diagonals and negative numbers; asymmetric unless the kind says otherwise."""
    rng = np.random.default_rng([seed, n, KINDS.index(kind)])
    F, D = (rng.integers(-4, 9, (n, n)).astype(float) for _ in range(2))
    if kind == "symmetric":
        F, D = np.abs(F + F.T), np.abs(D + D.T)
    F = F + F.T if kind == "symmetric flow" else F
    D = D + D.T if kind == "symmetric distance" else D
    if kind == "decimal":
        F, D = F / 7, D / 10
    if kind == "sparse":
        F, D = F * (rng.random((n, n)) < 0.3), D * (rng.random((n, n)) < 0.5)
    return F, D


def stored_matrix(F, D):
    """Q from the definition ``x'(F (x) D)x``, written without the class."""
    F, D = F - np.diag(np.diag(F)), D - np.diag(np.diag(D))
    whole = np.kron(F, D)
    return triu(csr_array(whole), 1) + triu(csr_array(whole.T), 1)


def both(kind, n):
    """The same program with factors and with stored products."""
    F, D = factors(kind, n)
    c, rows = np.outer(np.diag(F), np.diag(D)).ravel(), one_hot_rows(n, "facility", "location")
    return BinaryProgram(c, KroneckerProducts(F, D), 2.0, rows), BinaryProgram(c, stored_matrix(F, D), 2.0, rows)


def same(one, other, kind):
    """Equal to the last bit where all numbers are whole, and within rounding elsewhere."""
    one, other = (np.asarray(a.toarray() if hasattr(a, "toarray") else a) for a in (one, other))
    return np.array_equal(one, other) if kind != "decimal" else np.allclose(one, other, rtol=1e-12, atol=1e-12)


def points(n, seed=0, count=12):
    """Permutations, random points, no bit and all bits."""
    rng = np.random.default_rng(seed)
    size = n * n
    placed = [np.eye(n)[rng.permutation(n)].ravel() for _ in range(count)]
    return np.array([*placed, *rng.integers(0, 2, (count, size)), np.zeros(size), np.ones(size)]).reshape(
        2 * count + 2, size
    )


@pytest.mark.parametrize(("kind", "n"), CASES)
def test_operations_equal_those_of_stored_products(kind, n):
    program, other = both(kind, n)
    held, stored = program.couplings, other.couplings
    rng = np.random.default_rng(n)
    X = points(n).astype(float)
    assert held.num_products == stored.num_products
    assert same(held.stored(), stored.stored(), kind)
    assert same(held.values(X), stored.values(X), kind)
    assert same(held.totals(), stored.totals(), kind)
    for x in X:
        assert same(held.pull(x), stored.pull(x), kind)
        assert same(held.pull(x, program.c), stored.pull(x, program.c), kind)
    for variable in range(n * n):
        assert same(held.line(variable), stored.line(variable), kind)
    for keep in (rng.permutation(n * n)[: n * n // 2], np.arange(n * n), np.zeros(0, dtype=np.int64)):
        for order in (keep, np.sort(keep)):
            assert same(held.among(order), stored.among(order), kind)
    i, j, values = (np.concatenate(parts) for parts in zip(*held.blocks(), *[(np.zeros(0, int),) * 3]))
    assert same(csr_array((values, (i, j)), shape=(n * n, n * n)), stored.stored(), kind)
    assert bool((i < j).all())
    assert held.is_integral == stored.is_integral
    assert held.weight >= stored.weight * (1 - 1e-12)
    if kind == "symmetric":
        assert held.weight == stored.weight


@pytest.mark.parametrize(("kind", "n"), CASES)
def test_programs_equal_those_of_stored_products(kind, n):
    program, other = both(kind, n)
    X = points(n, 1)
    assert same(program.costs(X), other.costs(X), kind)
    assert np.array_equal(program.feasible(X), other.feasible(X))
    assert (program.num_terms, program.is_integral) == (other.num_terms, other.is_integral)
    assert same(program.products, other.products, kind)
    assert same(program.coefficients, other.coefficients, kind)
    more = make_rows(np.ones((1, n * n)), upper=[3], names=["more"])
    grown = program.with_rows(more)
    assert isinstance(grown.Q, KroneckerProducts)
    assert np.array_equal(grown.feasible(X), other.with_rows(more).feasible(X))
    assert isinstance(dataclasses.replace(program, rows=None).Q, KroneckerProducts)
    again = pickle.loads(pickle.dumps(program))
    assert same(again.costs(X), program.costs(X), "whole")
    assert not again.Q.flow.flags.writeable
    assert again.fingerprint == program.fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_residual_programs_equal_those_of_stored_products(kind):
    program, other = both(kind, 6)
    rng = np.random.default_rng(3)
    for x in points(6, 2, 3)[:3]:
        keep = np.sort(rng.permutation(36)[:14])
        one, two = residual(program, keep, x).program, residual(other, keep, x).program
        assert same(one.c, two.c, kind)
        assert same(one.products, two.products, kind)
        assert same(one.offset, two.offset, kind)
        assert kind == "decimal" or one.fingerprint == two.fingerprint


def test_fingerprints_tell_factors_apart_and_small_programs_keep_theirs():
    F, D = factors("whole", 5)
    one, two = KroneckerProducts(F, D), KroneckerProducts(F, 2 * D)
    digests = {BinaryProgram(np.zeros(25), Q).fingerprint for Q in (one, two, KroneckerProducts(F, D))}
    assert len(digests) == 2
    assert QapAssignment(qopt.load("examples/qap4.json")).program.fingerprint == QAP4


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="shape"):
        KroneckerProducts([[0, 1]], [[0]])
    with pytest.raises(ValueError, match="one order"):
        KroneckerProducts(np.zeros((2, 2)), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="finite"):
        KroneckerProducts([[0, 1e200], [0, 0]], [[0, 1e200], [0, 0]])
    with pytest.raises(ValueError, match="8 variables for 8 linear costs, got factors of 9"):
        BinaryProgram(np.zeros(8), KroneckerProducts(np.zeros((3, 3)), np.zeros((3, 3))))


def test_the_factored_model_is_the_cost():
    program, other = both("whole", 5)
    model = Native().encode(program).bqm
    assert isinstance(model, FactoredModel)
    dimod_model = Native().encode(other).bqm
    Z = points(5, 4).astype(np.int8)
    labels = np.random.default_rng(5).permutation(25)
    assert np.array_equal(model.energies((Z, list(range(25)))), dimod_model.energies((Z, list(range(25)))))
    assert np.array_equal(model.energies((Z[:, labels], labels.tolist())), model.energies(Z))
    assert model.num_interactions == dimod_model.num_interactions
    assert model.stored() == dimod_model
    assert is_cost_of(model, program)
    assert not is_cost_of(model, both("whole", 4)[0])
    assert isinstance(cost_program(model).Q, KroneckerProducts)
    # a sampler that takes no factors gets the stored model
    found = SimulatedAnnealing(num_reads=3).sample(model, seed=1)
    assert np.array_equal(found.record.energy, model.energies(found.record.sample))


@pytest.mark.parametrize(
    "encoder", [Native(), Slack(), Neighbourhood(size=9)], ids=["native", "slack", "neighbourhood"]
)
def test_encodings_survive_json(encoder):
    program, _ = both("whole", 4)
    encoding = encoder.encode(program)
    again = encoding_from_json(encoding_to_json(encoding))
    Z = np.random.default_rng(1).integers(0, 2, (6, encoding.num_qubits), dtype=np.uint8)
    assert np.array_equal(encoding.decode(Z), again.decode(Z))
    for name in ("native", "outer"):
        one = encoding.native if name == "native" else encoding.state.get("outer")
        two = again.native if name == "native" else again.state.get("outer")
        assert one is None or (one.fingerprint == two.fingerprint and type(one.Q) is type(two.Q))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "decimal"])
@pytest.mark.parametrize("form", ["facilities first", "locations first", "mixed rows"])
def test_the_product_walk_gets_the_factors(kind, form):
    program, other = both(kind, 6)
    order = {"facilities first": np.arange(12), "locations first": np.roll(np.arange(12), 6)}.get(form)
    order = np.random.default_rng(2).permutation(12) if order is None else order
    rows = program.constraints
    moved = make_rows(rows.A[order], lower=rows.lower[order], upper=rows.upper[order])
    structure = recognise(dataclasses.replace(program, rows=moved))
    assert structure.name == "product"
    walk = structure.build(walks)
    out = np.zeros(36, dtype=np.int64)
    for seed in range(4):
        first = walks.restart(walk, seed)
        walks.state(walk, out)
        x = structure.decode(out[None])
        assert first == other.costs(x)[0]
        cost, best = walks.anneal(walk, 30.0, 1.0, 400)
        walks.state(walk, out)
        assert cost == other.costs(structure.decode(out[None]))[0]
        walks.best(walk, out)
        assert best == other.costs(structure.decode(out[None]))[0]


def test_a_tour_in_the_factors_is_still_a_chain():
    n = 7
    ring = np.roll(np.eye(n), 1, axis=1)
    D = np.random.default_rng(1).integers(1, 9, (n, n))
    rows = one_hot_rows(n, "city", "position")
    for F, E in ((ring, D), (D, ring)):
        program = BinaryProgram(np.zeros(n * n), KroneckerProducts(F, E), 0.0, rows)
        assert recognise(program).name.startswith("chain (cycle")
        assert len(place_line(program)) == (n if E is ring else 0)


@pytest.fixture
def factored(monkeypatch):
    """QAPs of any size with factors, or with stored products."""

    def switch(is_factored):
        monkeypatch.setattr(qap_module, "FACTORED_SIDE", 2 if is_factored else 10**6)

    return switch


RUNS = {
    "constrained-sa": {"solver": "constrained-sa", "num_reads": 3, "num_sweeps": 60},
    "constrained-sa, decomposed": {"solver": "constrained-sa", "encoder": "neighbourhood", "rounds": 4, "num_reads": 2},
    "xy, decomposed": {"solver": "xy", "encoder": "neighbourhood", "size": 9, "rounds": 4, "num_shots": 20},
    "qaoa, decomposed": {"solver": "qaoa", "encoder": "neighbourhood", "size": 9, "rounds": 4, "num_shots": 20},
    "sa, impact": {"solver": "sa", "encoder": "neighbourhood", "chooser": "impact", "rounds": 3, "num_reads": 4},
    "sa, bfs": {"solver": "sa", "encoder": "neighbourhood", "chooser": "bfs", "rounds": 3, "num_reads": 4},
    "sa, core": {"solver": "sa", "encoder": "neighbourhood", "chooser": "core", "rounds": 3, "num_reads": 4},
    "sa, slack": {"solver": "sa", "encoder": "slack", "num_reads": 4, "num_sweeps": 50},
}


@pytest.mark.parametrize("name", RUNS)
def test_runs_are_the_same_in_both_forms(name, factored):
    found = []
    for is_factored in (True, False):
        factored(is_factored)
        qap = Qap(*factors("whole", 7))
        assert isinstance(QapAssignment(qap).program.Q, KroneckerProducts) == is_factored
        record = qopt.solve(qap, seed=5, **RUNS[name])
        found.append((record.id, record.objective, record.solution, record.stages.raw.objective))
    assert found[0] == found[1]


def test_features_are_the_same_in_both_forms(factored):
    for kind in KINDS:
        found = []
        for is_factored in (True, False):
            factored(is_factored)
            found.append(features_of(Qap(*factors(kind, 6))))
        assert np.allclose(*found, rtol=1e-12, atol=1e-12)


def test_100_facilities_are_annealed_and_decomposed_within_the_limits_of_memory():
    qap = qopt.generate("qap", n=100, family="taillard", seed=1)
    record = qopt.solve(qap, "constrained-sa", num_reads=1, num_sweeps=20, seed=1, control=False)
    assert record.pipeline["encoder"]["name"] == "native"
    assert record.objective == qap.objective(record.solution)
    record = qopt.solve(qap, "xy", rounds=2, seed=1, control=False)
    assert record.pipeline["encoder"]["name"] == "neighbourhood"
    assert record.objective == qap.objective(record.solution)


def test_what_needs_every_product_of_100_facilities_says_what_works_instead():
    qap = qopt.generate("qap", n=100, family="taillard", seed=1)
    program = QapAssignment(qap).program
    for seconds in (None, 5.0):  # more time would not help
        with pytest.raises(UnsupportedError, match=r"25,000,000.*use --encoder neighbourhood, --solver constrained-sa"):
            qopt.solve(qap, "sa", encoder="slack", num_reads=1, seconds=seconds)
    with pytest.raises(UnsupportedError, match=r"leave --chooser at auto"):
        qopt.solve(qap, "sa", encoder="neighbourhood", chooser="bfs", rounds=1)
    with pytest.raises(UnsupportedError, match=r"50,000 products to linearise, got 4[0-9,]*; leave it out"):
        Fix().encode(program)
    told = {row["encoder"]: row for row in (compare_encoders(part, program) for part in (Native(), Slack()))}
    assert told["native"]["quadratic_terms"] == program.couplings.num_products
    assert told["native"]["largest"] == 2 * program.Q.flow.max() * program.Q.distance.max()
    assert told["native"]["bytes"] == 2 * 8 * 100**2
    assert "25,000,000" in told["slack"]["refusal"]
    for name, encoder in (("constrained-sa", "native"), ("xy", "neighbourhood")):
        rows = plan_rows(qap, encoders=["slack"], decompose=True, solver={"name": name})
        assert [(row["encoder"], bool(row["refusal"])) for row in rows] == [("slack", True), (encoder, False)]
