"""Light cones of one shape whose rows share sums: the same values and gradients, in any order of sums."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from qopt.core import UnsupportedError
from qopt.engines.light_cone import CouplingGraph, LightCones, Limits
from qopt.engines.light_cone.cones import canonical, cone_of
from qopt.engines.light_cone.contract import evaluate
from qopt.engines.light_cone.groups import How, NetworkGroup, distinct_rows
from qopt.engines.light_cone.network import improved, network_of

GAMMAS, BETAS = np.array([0.31, 0.52]), np.array([0.44, 0.23])


def torus(length, width, weights, seed=1):
    edges = np.array(nx.convert_node_labels_to_integers(nx.grid_2d_graph(length, width, periodic=True)).edges)
    rng = np.random.default_rng(seed)
    couplings = rng.choice([-1.0, 1.0], len(edges)) if weights == "signs" else rng.normal(size=len(edges))
    fields = rng.normal(size=length * width) if weights == "fields" else np.zeros(length * width)
    return fields, *edges.T, couplings


def rows_of(arrays):
    """All pair cones of the commonest shape at two layers: shape, couplings and fields."""
    graph = CouplingGraph.of(*arrays)
    forms = {}
    for i, j in zip(graph.rows.tolist(), graph.cols.tolist()):
        form = canonical(graph, cone_of(graph, (i, j), 2), 2)
        forms.setdefault(form.shape, []).append(form)
    shape, chosen = max(forms.items(), key=lambda item: len(item[1]))
    numbers = distinct_rows([np.concatenate([form.couplings, form.fields]) for form in chosen])[0]
    count = len(shape[1])
    return shape, numbers[:, :count].copy(), numbers[:, count:].copy()


@pytest.mark.parametrize("weights", ["signs", "weights", "fields"])
def test_rows_that_share_sums_have_the_values_of_rows_alone(weights):
    shape, couplings, fields = rows_of(torus(8, 5, weights))
    network = network_of(*shape, 2, has_fields=weights == "fields")
    chosen = slice(0, 20)
    couplings, fields = couplings[chosen], fields[chosen]
    of_rows = np.random.default_rng(3).normal(size=len(couplings))
    of_rows[::3] = 0.0
    runs = [
        evaluate(network, GAMMAS, BETAS, couplings, fields, weights=of_rows, engine=engine, is_shared=is_shared)
        for engine, is_shared in (("numpy", False), ("auto", False), ("auto", True))
    ]
    for values, gradient in runs[1:]:
        np.testing.assert_allclose(values, runs[0][0], atol=1e-13)
        np.testing.assert_allclose(gradient, runs[0][1], atol=1e-12)


@pytest.mark.parametrize("weights", ["signs", "fields"])
def test_a_searched_order_of_sums_changes_the_work_alone(weights):
    shape, couplings, fields = rows_of(torus(8, 8, weights))
    has_fields = weights == "fields"
    network = network_of(*shape, 2, has_fields=has_fields, num_rules=1)
    other = improved(
        network, shape, 2, (couplings, fields), has_fields=has_fields, max_width=network.width, num_trials=300
    )
    groups = [NetworkGroup.of(each, couplings, fields) for each in (network, other)]
    found = []
    for group, place in groups:
        of_rows = np.empty(len(couplings))
        of_rows[place] = np.arange(len(couplings))
        for is_shared in (False, True):
            each = replace(group, is_shared=is_shared)
            values, gradient = each.evaluate(GAMMAS, BETAS, of_rows, How())
            found.append((values[place], gradient))
    for values, gradient in found[1:]:
        np.testing.assert_allclose(values, found[0][0], atol=1e-13)
        np.testing.assert_allclose(gradient, found[0][1], atol=1e-10)
    first, second = (float(each.sorted_rows(couplings, fields).changes @ each.step_work) for each in (network, other))
    assert second <= first
    assert other.width <= network.width


def test_the_rows_of_a_torus_with_few_signs_share_sums():
    """Three layers on an 8 x 14 torus, one coupling in ten of -1: its cones cost less than so many alone.

    One row of each shape was counted against the limit before: what all took together was not.
    """
    *model, signs = torus(14, 8, "signs")
    signs[:] = np.where(np.random.default_rng(5).random(len(signs)) < 0.1, -1.0, 1.0)
    arrays = *model, signs
    cones = LightCones.of(*arrays, 3)
    group = max(cones.plan.groups, key=lambda group: group.num_rows)
    assert isinstance(group, NetworkGroup)
    columns = group.network.sorted_rows(group.couplings, group.fields)
    shared = float(columns.changes @ group.network.step_work)
    first = network_of(*_shape_of(cones), 3)
    assert shared < first.work * group.num_rows, group.num_rows
    with pytest.raises(UnsupportedError, match="an evaluation, got about"):
        LightCones.of(*arrays, 3, limits=Limits(seconds=cones.cost.seconds / 2))


def _shape_of(cones):
    graph = cones.graph
    return canonical(graph, cone_of(graph, (int(graph.rows[0]), int(graph.cols[0])), 3), 3).shape


def test_the_remedy_of_a_refusal_fits():
    """Three layers of a dense graph advised two, which do not fit either."""
    edges = np.array(nx.gnm_random_graph(80, 1600, seed=1).edges)
    arrays = np.zeros(80), *edges.T, np.ones(len(edges))
    with pytest.raises(UnsupportedError, match=r"3 layers must fit .* lower layers to 1 \(closed form, any graph\)"):
        LightCones.of(*arrays, 3, limits=Limits(2**24))
    grid = torus(7, 7, "weights")
    with pytest.raises(UnsupportedError, match=r"at most 0.2 s an evaluation, .*; lower layers to 2$"):
        LightCones.of(*grid, 3, limits=Limits(seconds=0.2))
    assert LightCones.of(*grid, 2, limits=Limits(seconds=0.2)).cost.seconds <= 0.2
