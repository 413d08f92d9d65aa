"""The subspace sampler: always inside its space, honest about it, replayable, and limited before it allocates."""

from __future__ import annotations

import json

import dimod
import numpy as np
import pytest

from qopt.core import BinaryProgram, UnsupportedError, bqm_from_arrays, from_spec, make_rows, to_spec
from qopt.solvers.base import energies_of
from qopt.solvers.subspace import SubspaceQaoa, energies_on, permutation_space


def assignment(n: int, seed: int) -> BinaryProgram:
    """QAP with integer flows and distances: rows are objects, columns places."""
    rng = np.random.default_rng(seed)
    F, D = rng.integers(0, 10, size=(2, n, n))
    Q = np.kron(F, D)  # cost of object i at j and k at l: F[i, k] D[j, l]
    rows = np.vstack([np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))])
    return BinaryProgram(c=np.diag(Q), Q=Q - np.diag(np.diag(Q)), rows=make_rows(rows, lower=1, upper=1))


def independent_set(n: int, edges: list[tuple[int, int]]) -> BinaryProgram:
    A = np.zeros((len(edges), n))
    for row, edge in enumerate(edges):
        A[row, list(edge)] = 1
    return BinaryProgram(c=-np.ones(n), rows=make_rows(A, upper=1))


def penalised(program: BinaryProgram, weight: float) -> dimod.BinaryQuadraticModel:
    """Cost plus weight times the squares of equality rows and the products of packing rows; knapsack rows are left."""
    rows = program.constraints
    A = rows.A.toarray()
    h, Q, offset = program.c.copy(), program.products.toarray(), program.offset
    for a, low in zip(A, rows.lower, strict=True):
        if np.isfinite(low):
            h += weight * (a - 2 * a * low)
            offset += weight * low**2
            Q += 2 * weight * np.triu(np.outer(a, a), 1)
        elif set(a) <= {0, 1}:
            Q += weight * np.triu(np.outer(a, a), 1)
    i, j = np.nonzero(Q)
    return bqm_from_arrays(h, i, j, Q[i, j], offset)


SQUARE = assignment(4, 1)
CYCLE = independent_set(7, [(i, (i + 1) % 7) for i in range(7)])
SUBSET = BinaryProgram(c=np.arange(6.0), rows=make_rows(np.ones((1, 6)), lower=3, upper=3))
KNAPSACK = BinaryProgram(c=[-5, -4, -3, -2, -6], rows=make_rows([[4, 3, 2, 1, 5], [1, 2, 3, 4, 5]], upper=[8, 9]))
PROGRAMS = {"square": SQUARE, "cycle": CYCLE, "subset": SUBSET, "knapsack": KNAPSACK}
CASES = [
    ("square", {}),
    ("square", {"mixer": "grover"}),
    ("square", {"space": "enumerate", "mixer": "grover"}),
    ("cycle", {}),
    ("cycle", {"form": "trotter", "start": "zero"}),
    ("cycle", {"start": "uniform"}),
    ("subset", {}),
    ("subset", {"mixer": "ring-xy"}),
    ("subset", {"mixer": "ring-xy", "form": "trotter"}),
    ("knapsack", {"alpha": 0.2}),
    ("knapsack", {"init": "interp", "num_layers": 2}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_all_samples_keep_the_rows_and_the_best_is_the_optimum(name: str, options: dict[str, object]) -> None:
    program = PROGRAMS[name]
    model = penalised(program, 100.0)
    sampler = SubspaceQaoa(**{"num_layers": 2, "num_starts": 2, **options})
    samples = sampler.sample(model, program=program, seed=5)
    Z = samples.record.sample
    assert program.feasible(Z).all()
    assert np.abs(samples.record.energy - energies_of(model, Z)).max() < 1e-9
    assert samples.record.num_occurrences.sum() == 1024
    assert len(np.unique(Z, axis=0)) == len(Z)
    points = (np.arange(2**program.num_variables)[:, None] >> np.arange(program.num_variables)) & 1
    assert samples.first.energy == pytest.approx(program.costs(points[program.feasible(points)]).min())
    json.dumps(samples.info, allow_nan=False)
    assert samples.info["optimum_probability"] > 0
    assert "energy_bound" not in samples.info


def test_rows_that_the_space_does_not_keep_stay_penalties() -> None:
    model = penalised(SQUARE, 20.0)
    samples = SubspaceQaoa(space="one-hot", num_layers=1, num_starts=1).sample(model, program=SQUARE, seed=0)
    Z = samples.record.sample.reshape(-1, 4, 4)
    assert (Z.sum(axis=2) == 1).all()
    broken = (Z.sum(axis=1) != 1).any(axis=1)
    assert broken.any()
    assert samples.info["subspace"].startswith("4 one-hot groups: 256 states")
    assert "keeps 4 of 8 rows" in samples.info["subspace"]


def test_optimised_layers_find_the_optimum_far_more_often_than_chance() -> None:
    program = assignment(5, 3)
    sampler = SubspaceQaoa(num_layers=4, num_starts=2)
    info = sampler.sample(penalised(program, 0.0), program=program, seed=1).info
    costs = energies_on(penalised(program, 0.0), permutation_space(5))
    chance = (costs == costs.min()).mean()
    assert info["optimum_probability"] > 5 * chance
    assert info["expectation"] < costs.mean() - costs.std()


def test_the_same_seed_repeats_and_another_differs() -> None:
    model = penalised(SQUARE, 0.0)
    sampler = SubspaceQaoa(num_layers=1, num_starts=2, num_shots=200)
    first, again, other = (sampler.sample(model, program=SQUARE, seed=s) for s in (0, 0, 1))
    assert np.array_equal(first.record.sample, again.record.sample)
    assert np.array_equal(first.record.num_occurrences, again.record.num_occurrences)
    assert not np.array_equal(first.record.num_occurrences, other.record.num_occurrences)
    assert len(first) > 1


def test_limits_and_shots_are_kept() -> None:
    samples = SubspaceQaoa(num_layers=2).sample(
        penalised(SQUARE, 0.0), program=SQUARE, seed=0, evaluations=7, num_shots=11, seconds=60.0
    )
    assert samples.info["evaluations"] <= 8
    assert samples.info["is_cut"]
    assert samples.record.num_occurrences.sum() == samples.info["shots"] == 11


def test_the_control_draws_from_the_same_space() -> None:
    sampler = SubspaceQaoa()
    for program in PROGRAMS.values():
        Z = sampler.ground(program.num_variables, program).draw(np.random.default_rng(0), 500)
        assert Z.shape == (500, program.num_variables)
        assert program.feasible(Z).all()
    ground = SubspaceQaoa(space="one-hot").ground(SQUARE.num_variables, SQUARE)
    one_hot = ground.draw(np.random.default_rng(0), 500)
    assert not SQUARE.feasible(one_hot).all()


def test_without_the_rows_or_with_other_bits_it_refuses() -> None:
    model = penalised(SQUARE, 1.0)
    with pytest.raises(UnsupportedError, match="QUBO alone"):
        SubspaceQaoa().sample(model)
    with pytest.raises(UnsupportedError, match="program's own 7 bits"):
        SubspaceQaoa().sample(model, program=CYCLE)
    with pytest.raises(TypeError):
        SubspaceQaoa().sample(model, program=SQUARE, num_read=3)


@pytest.mark.parametrize(
    ("options", "program", "text"),
    [
        ({"mixer": "transposition"}, CYCLE, "transposition must suit"),
        ({"mixer": "flip"}, SQUARE, "flip must suit"),
        ({"form": "trotter"}, SQUARE, "form must be 'sum'"),
        ({"mixer": "flip"}, SUBSET, "connect the space"),
        ({"max_bytes": 1000}, SQUARE, "must fit in 1000 B"),
        ({"space": "subsets"}, CYCLE, "equal coefficients"),
        ({"start": "zero"}, SUBSET, "must lie in the space"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, object], program: BinaryProgram, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        SubspaceQaoa(**options).sample(penalised(program, 1.0), program=program, seed=0)


def test_settings_are_checked_and_travel_as_a_spec() -> None:
    sampler = SubspaceQaoa(num_layers=5, mixer="grover", alpha=0.5)
    assert from_spec("solvers", to_spec(sampler)) == sampler
    assert to_spec(sampler)["name"] == "xy"
    with pytest.raises(ValueError, match="mixer"):
        from_spec("solvers", {"name": "xy", "mixer": "swap"})
    for bad in ({"num_layers": 0}, {"num_shots": 0}, {"num_starts": 0}, {"alpha": 2.0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            SubspaceQaoa(**bad)


def test_spins_and_other_labels_are_taken() -> None:
    model = penalised(SUBSET, 0.0)
    spins = model.change_vartype("SPIN", inplace=False)
    samples = SubspaceQaoa(num_layers=1, num_starts=1).sample(spins, program=SUBSET, seed=0)
    assert samples.vartype is dimod.SPIN
    assert samples.first.energy == pytest.approx(3.0)


def test_energies_on_a_space_are_those_of_the_model() -> None:
    model = penalised(SQUARE, 3.0)
    space = permutation_space(4)
    assert energies_on(model, space) == pytest.approx(energies_of(model, space.points()))
    assert energies_on(model, space) == pytest.approx(SQUARE.costs(space.points()))
