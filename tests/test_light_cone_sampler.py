"""Backend light-cone of qaoa and rqaoa, points by rounding, the default start, and what is refused."""

from __future__ import annotations

import json

import dimod
import networkx as nx
import numpy as np
import pytest

import qopt
from qopt.algorithms.correlation_rounding import rounded_points
from qopt.algorithms.depth_one import Correlations
from qopt.algorithms.fixed_angles import FIXED_ANGLES
from qopt.core import UnsupportedError, bqm_from_arrays
from qopt.solvers.ising import Ising
from qopt.solvers.qaoa.qaoa import Qaoa
from qopt.solvers.qaoa.recursive import RecursiveQaoa
from qopt.solvers.qaoa.sparse_spins import SparseSpins
from qopt.solvers.qaoa.variants import MultiAngleQaoa


def cut_model(graph, weights=None):
    """Max-Cut as a BINARY model: minus the cut."""
    ends = np.array(graph.edges)
    w = np.ones(len(ends)) if weights is None else weights
    linear = -np.bincount(ends.ravel(), np.repeat(w, 2), minlength=len(graph))
    return bqm_from_arrays(linear, ends[:, 0], ends[:, 1], 2 * w, 0.0)


def random_model(seed=3, n=12):
    """A sparse model with fields and an offset."""
    rng = np.random.default_rng(seed)
    ends = np.array(nx.gnm_random_graph(n, 16, seed=seed).edges)
    return bqm_from_arrays(rng.normal(size=n), ends[:, 0], ends[:, 1], rng.normal(size=len(ends)), 1.5)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bqm", [random_model(), cut_model(nx.random_regular_graph(3, 14, seed=2))], ids=["any", "cut"])
def test_training_equals_that_on_the_exact_engine(bqm, layers):
    cones, state = (Qaoa(num_layers=layers, backend=name).sample(bqm, seed=1).info for name in ("light-cone", "exact"))
    assert cones["expectation"] == pytest.approx(state["expectation"], abs=1e-9)
    assert cones["expectation"] == pytest.approx(cones["value"], abs=1e-9)
    assert (cones["optimizer"], cones["energies"]) == ("l-bfgs", "exact")
    assert "roundings" in cones["points"]
    assert cones["cones"]["largest"] <= bqm.num_variables
    np.testing.assert_allclose(cones["angles"]["gammas"], state["angles"]["gammas"], atol=1e-4)


def test_points_are_as_many_as_asked_for_and_follow_the_seed():
    bqm = cut_model(nx.random_regular_graph(3, 40, seed=1))
    one, same, other = (
        Qaoa(num_layers=2, backend="light-cone", optimizer="none", num_shots=200).sample(bqm, seed=k) for k in (1, 1, 2)
    )
    assert one.record.num_occurrences.sum() == 200
    np.testing.assert_array_equal(one.record, same.record)
    assert one.record.sample.shape != other.record.sample.shape or (one.record.sample != other.record.sample).any()
    assert one.info["evaluations"] == 1
    assert one.first.energy < -50  # 60 edges; a uniform point cuts 30


def test_rounding_finds_the_bipartition_of_perfect_correlations():
    graph = nx.complete_bipartite_graph(3, 5)
    rows, cols = np.array(graph.edges).T
    points = rounded_points(Correlations(np.zeros(8), rows, cols, np.full(15, -1.0)), 40, np.random.default_rng(1))
    assert points.shape == (40, 8)
    assert abs(int(points[0, 0]) - int(points[0, 7])) == 1
    sides = points[0] ^ points[0, 0]
    assert sides.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    # with fields the anchor names the side: <Z> > 0 is s = +1, bit 0
    anchored = Correlations(np.array([0.5, -0.5]), np.array([0]), np.array([1]), np.array([-0.9]))
    assert rounded_points(anchored, 1, np.random.default_rng(1)).tolist() == [[0, 1]]
    assert rounded_points(Correlations(np.zeros(0), *np.zeros((3, 0))), 5, np.random.default_rng(1)).shape == (5, 0)


def test_the_pipeline_gives_all_stages_and_the_control():
    instance = qopt.generate("max-cut", n=60, degree=3, seed=1)
    record = qopt.solve(instance, "qaoa", seed=1, backend="light-cone", num_layers=2, num_shots=100)
    told = json.loads(json.dumps(record.to_json()))
    assert told["resources"]["shots"] == 100
    assert told["stages"]["control"]["raw"]["objective"] < told["stages"]["raw"]["objective"]
    assert told["stages"]["improved"]["objective"] >= told["stages"]["raw"]["objective"]
    assert told["resources"]["engine"].startswith("light cones")


@pytest.mark.parametrize("layers", [1, 2])
def test_recursion_on_cones_keeps_energies(layers):
    bqm = random_model()
    samples = RecursiveQaoa(num_layers=layers, backend="light-cone", cutoff=4).sample(bqm, seed=1)
    points = samples.record.sample
    np.testing.assert_allclose(bqm.energies((points, list(samples.variables))), samples.record.energy)
    assert len(samples) == 16
    assert len(samples.info["relations"]) == 8
    assert samples.info["layers_from"][0] == [12, layers]
    exact = dimod.ExactSolver().sample(bqm).first.energy
    assert samples.first.energy <= exact + 0.2 * abs(exact)


def test_recursion_at_one_layer_is_that_of_the_closed_form():
    """Same correlations, same relations: no ties in a model of normal weights; angles are those of the first round."""
    bqm = random_model(seed=5)
    cones = RecursiveQaoa(backend="light-cone", cutoff=11).sample(bqm, seed=1).info["relations"]
    closed = RecursiveQaoa(correlations="depth-one", cutoff=11).sample(bqm, seed=1).info["relations"]
    assert cones[0][:3] == closed[0][:3]
    assert cones[0][3] == pytest.approx(closed[0][3], abs=1e-3)


def test_recursion_goes_on_with_fewer_layers_where_cones_grow(monkeypatch):
    from qopt.engines.light_cone import Limits
    from qopt.solvers.qaoa import cone_rounds

    monkeypatch.setattr(cone_rounds, "_REFRESH_LIMITS", Limits(2**13, 1e-4, num_rules=1))
    monkeypatch.setattr(cone_rounds, "ROUND_LIMITS", Limits(2**13, 1e-4, num_rules=1))
    bqm = cut_model(nx.random_regular_graph(3, 60, seed=1))
    info = RecursiveQaoa(num_layers=2, backend="light-cone").sample(bqm, seed=1).info
    assert [depth for _, depth in info["layers_from"]] == [2, 1]


def test_local_refreshes_equal_whole_plans():
    """Correlations kept up to date around each merge are those of the whole model at the same angles."""
    from qopt.engines.light_cone import LightCones
    from qopt.solvers.qaoa.cone_rounds import ConeRounds

    ising = Ising.of(random_model(seed=7, n=14))
    gammas, betas = np.array([0.3, 0.5]), np.array([0.5, 0.25])

    def cones_of(model):
        return LightCones.of(model.fields, model.rows, model.columns, model.couplings, 2)

    rounds = ConeRounds(ising, 2, lambda model, _: (cones_of(model), gammas, betas), 1, np.random.default_rng(1))
    for _ in range(5):
        rounds.step()
    rounds.refresh()
    names = np.array(sorted(rounds.spins.fields))
    whole = cones_of(rounds.spins.ising()).correlations(gammas, betas)
    pairs = dict(zip(zip(names[whole.rows].tolist(), names[whole.cols].tolist()), whole.zz.tolist()))
    assert pairs.keys() == rounds.pairs.keys()
    assert all(rounds.pairs[key] == pytest.approx(value, abs=1e-12) for key, value in pairs.items())
    assert all(rounds.singles[i] == pytest.approx(whole.z[list(names).index(i)], abs=1e-12) for i in rounds.singles)


def test_sparse_elimination_keeps_every_energy():
    ising = Ising.of(random_model(seed=9))
    spins = SparseSpins(ising)
    spins.merge(2, 5, -1)
    spins.fix(7, 1)
    spins.merge(0, 2, 1)
    left = spins.ising()
    names = sorted(spins.fields)
    rng = np.random.default_rng(1)
    for _ in range(5):
        s = rng.choice([-1, 1], left.n)
        place = dict(zip(names, s))
        full = np.array([g * (place[k] if k >= 0 else 1) for k, g in zip(spins.home.tolist(), spins.sign.tolist())])
        energies = [
            model.offset + model.fields @ x + (x[model.rows] * x[model.columns]) @ model.couplings
            for model, x in ((left, s), (ising, full))
        ]
        assert energies[0] == pytest.approx(energies[1], abs=1e-12)


def test_the_default_start_is_the_table_on_nearly_regular_cuts_and_a_ramp_elsewhere():
    regular = cut_model(nx.random_regular_graph(3, 14, seed=2))
    angles = Qaoa(num_layers=2, optimizer="none").sample(regular, seed=1).info["angles"]
    np.testing.assert_allclose(angles["gammas"], FIXED_ANGLES[3, 2].gammas, rtol=1e-12)  # couplings 1/2
    np.testing.assert_allclose(angles["betas"], FIXED_ANGLES[3, 2].betas)
    unscaled = Qaoa(num_layers=2, optimizer="none", scale="none").sample(regular, seed=1).info["angles"]
    np.testing.assert_allclose(unscaled["gammas"], angles["gammas"], rtol=1e-12)
    ramp = Qaoa(num_layers=2, optimizer="none").sample(random_model(), seed=1).info["angles"]
    assert ramp["betas"] == [0.6, 0.3]
    assert Qaoa(num_layers=2, optimizer="none", ramp=(0.5, 0.5)).sample(regular, seed=1).info["angles"]["betas"] == [
        0.5,
        0.25,
    ]
    star = cut_model(nx.star_graph(12))
    assert Qaoa(num_layers=2, optimizer="none").sample(star, seed=1).info["angles"]["betas"] == [0.6, 0.3]


def test_one_evaluation_of_five_layers_on_twenty_vertices_needs_no_optimiser():
    """The table's angles beat a ramp's whole optimisation start: within 1 % of what L-BFGS then finds."""
    bqm = cut_model(nx.random_regular_graph(3, 16, seed=4))
    table = Qaoa(num_layers=5, optimizer="none").sample(bqm, seed=1).info
    trained = Qaoa(num_layers=5).sample(bqm, seed=1).info
    ramp = Qaoa(num_layers=5, init="ramp", optimizer="none").sample(bqm, seed=1).info
    assert table["evaluations"] == 1
    assert trained["expectation"] <= table["expectation"] < ramp["expectation"]
    assert table["expectation"] < 0.97 * trained["expectation"]


def test_what_light_cones_cannot_do_is_refused_in_one_line():
    dense = cut_model(nx.gnm_random_graph(70, 1200, seed=1))
    from qopt.engines.light_cone import Limits
    from qopt.solvers.qaoa.light_cone import light_cones

    with pytest.raises(UnsupportedError, match="lower layers to 1") as caught:
        light_cones(Ising.of(dense), 2, limits=Limits(2**24))
    assert "\n" not in str(caught.value)
    assert np.isfinite(Qaoa(num_layers=1, backend="light-cone").sample(dense, seed=1).first.energy)
    with pytest.raises(UnsupportedError, match="one gamma and one beta"):
        MultiAngleQaoa(backend="light-cone").sample(random_model(), seed=1)
    with pytest.raises(UnsupportedError, match="gpu"):
        Qaoa(backend="light-cone", engine="gpu").sample(random_model(), seed=1)
    estimate = Qaoa(num_layers=2, backend="light-cone").estimate_model(
        cut_model(nx.random_regular_graph(3, 200, seed=1))
    )
    assert "300 cones" in estimate.note
    assert estimate.bytes is not None
    assert not estimate.refusal


def test_transfer_from_a_small_graph_to_a_large_one(tmp_path):
    small = Qaoa(num_layers=2).sample(cut_model(nx.random_regular_graph(3, 14, seed=2)), seed=1)
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"resources": {"extra": {"angles": small.info["angles"]}}}))
    large = cut_model(nx.random_regular_graph(3, 300, seed=1))
    settings = {"num_layers": 2, "backend": "light-cone", "optimizer": "none"}
    moved = Qaoa(init="transfer", transfer=str(path), **settings).sample(large, seed=1).info
    fixed = Qaoa(init="fixed", **settings).sample(large, seed=1).info
    assert -moved["expectation"] / 450 > 0.73
    assert -fixed["expectation"] / 450 == pytest.approx(0.7559, abs=0.005)


def test_shrinking_reads_deeper_correlations_of_large_graphs():
    instance = qopt.generate("max-cut", n=40, degree=3, seed=2)
    record = qopt.solve(
        instance, "brute-force", seed=1, shrink=12, correlations={"name": "qaoa", "num_layers": 2}, control=False
    )
    assert record.objective > 46  # of 60 edges


def test_the_plan_counts_cones_and_refuses_what_does_not_fit():
    from qopt.experiments.estimates import plan_rows

    spec = {"name": "qaoa", "num_layers": "2", "backend": "light-cone"}
    sparse = qopt.generate("max-cut", n=60, degree=3, seed=1)
    (row,) = plan_rows(sparse, encoders=["slack"], solver=spec)
    assert row["refusal"] is None
    assert "90 cones" in row["note"]
    assert row["seconds"] > 0
    dense = qopt.generate("max-cut", n=90, p=0.9, seed=1)
    (row,) = plan_rows(dense, encoders=["slack"], solver=spec)
    assert "lower layers to 1" in row["refusal"]
