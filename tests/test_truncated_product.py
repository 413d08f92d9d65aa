"""The truncated matrix product state: exact where uncut, told where cut, and its samples follow its probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from qopt.core import Float, Int
from qopt.engines import diagonal
from qopt.engines.matrix_product.correlations import means_of_z
from qopt.engines.matrix_product.ordering import Line, line_of
from qopt.engines.matrix_product.truncated import Complex, Layer, Truncated, truncated_state

GAMMAS, BETAS = np.array([0.35, 0.6, 0.8]), np.array([0.55, 0.4, 0.2])


def couplings(n: int, density: float, seed: int) -> tuple[Float, Int, Int, Float]:
    """Fields, and random couplings in which vertices of far labels meet."""
    rng = np.random.default_rng(seed)
    rows, columns = np.triu_indices(n, 1)
    keep = rng.random(len(rows)) < density
    return rng.normal(size=n), rows[keep], columns[keep], rng.normal(size=int(keep.sum()))


def qaoa_layers(fields: Float, values: Float, p: int) -> list[Layer]:
    out = []
    for gamma, beta in zip(GAMMAS[:p], BETAS[:p]):
        mixer = np.array([[math.cos(beta), 1j * math.sin(beta)], [1j * math.sin(beta), math.cos(beta)]])
        phases = np.exp(-1j * gamma * np.outer(fields, [1, -1]))
        out.append(Layer(gamma * values, mixer * phases[:, None, :]))
    return out


def plus(n: int) -> Complex:
    return np.full((n, 2), math.sqrt(0.5), dtype=np.complex128)


def states(n: int, p: int, bond: int, density: float = 0.4, seed: int = 1) -> tuple[Complex, Complex, Truncated]:
    """The engine's amplitudes, those of the matrix product in the engine's order, and the product itself."""
    fields, rows, columns, values = couplings(n, density, seed)
    spins = 1 - 2 * diagonal.indices_to_bits(np.arange(2**n), n).astype(float)
    energies = spins @ fields + (spins[:, rows] * spins[:, columns]) @ values
    exact = diagonal.evolve(diagonal.CostDiagonal.from_values(energies), GAMMAS[:p], BETAS[:p])
    made = truncated_state(line_of(n, rows, columns), plus(n), qaoa_layers(fields, values, p), bond)
    sites = sum(((np.arange(2**n) >> int(v)) & 1) << k for k, v in enumerate(made.line.order))
    return exact.amplitudes(), made.product.amplitudes()[sites], made


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("density", [0.3, 0.6, 1.0])
def test_uncut_it_is_the_exact_state(p: int, density: float) -> None:
    exact, amplitudes, made = states(10, p, 2**5, density)
    assert np.abs(amplitudes - exact).max() < 1e-12
    assert made.cut.is_exact
    assert made.cut.discarded == 0
    assert made.cut.fidelity == 1


def test_a_layer_of_a_tree_needs_small_bonds_and_no_cut() -> None:
    rows, columns = np.array([(k - 1) // 2 for k in range(1, 15)]), np.arange(1, 15)
    line = line_of(15, rows, columns)
    made = truncated_state(line, plus(15), qaoa_layers(np.zeros(15), np.ones(14), 1), 16)
    assert made.cut.is_exact
    bonds = [tensor.shape[2] for tensor in made.product.tensors[:-1]]
    assert all(bond <= bound for bond, bound in zip(bonds, made.line.exact_bonds(1)))


def test_cut_it_is_never_called_exact_and_its_estimate_is_near_the_fidelity() -> None:
    for bond in (4, 8, 16):
        exact, amplitudes, made = states(12, 2, bond)
        fidelity = abs(np.vdot(exact, amplitudes)) ** 2
        assert not made.cut.is_exact
        assert made.cut.discarded > 0
        assert made.cut.largest_bond == bond
        assert max(tensor.shape[2] for tensor in made.product.tensors) <= bond
        assert made.cut.fidelity == pytest.approx(fidelity, abs=0.1)
        assert made.cut.fidelity_at_least <= fidelity + 1e-12
        assert np.linalg.norm(amplitudes) == pytest.approx(1, abs=1e-12)


def test_fidelity_rises_with_the_bond() -> None:
    found = [abs(np.vdot(*states(12, 3, bond)[:2])) ** 2 for bond in (4, 8, 16, 32, 64)]
    assert found == sorted(found)
    assert found[-1] == pytest.approx(1, abs=1e-12)


def test_every_tensor_but_the_first_is_orthonormal_to_the_right() -> None:
    for p in (1, 2):
        _, _, made = states(9, p, 4)
        for tensor in made.product.tensors[1:]:
            flat = tensor.reshape(len(tensor), -1)
            assert np.allclose(flat @ flat.conj().T, np.eye(len(flat)), atol=1e-12)


def test_means_are_those_of_the_amplitudes() -> None:
    for bond in (64, 5):
        _, amplitudes, made = states(11, 2, bond)
        weights = np.abs(amplitudes) ** 2
        spins = 1 - 2 * diagonal.indices_to_bits(np.arange(2**11), 11).astype(float)
        order = made.line.order
        singles, pairs = means_of_z(made.product, made.line.lows, made.line.highs)
        assert np.allclose(singles, (weights @ spins)[order], atol=1e-12)
        by_pair = [weights @ (spins[:, order[a]] * spins[:, order[b]]) for a, b in zip(made.line.lows, made.line.highs)]
        assert np.allclose(pairs, by_pair, atol=1e-12)


def test_means_need_an_orthonormal_product() -> None:
    _, _, made = states(4, 1, 4)
    with pytest.raises(ValueError, match="orthonormal"):
        means_of_z(type(made.product)(made.product.tensors), [0], [1])


@pytest.mark.parametrize("bond", [16, 3])
def test_samples_follow_the_probabilities(bond: int) -> None:
    _, _, made = states(8, 2, bond)
    weights = np.abs(made.product.amplitudes()) ** 2
    shots = 20_000
    Z = made.product.sample(shots, np.random.default_rng(5)).astype(np.int64)
    counts = np.bincount(Z @ (1 << np.arange(8)), minlength=256)
    often = weights * shots >= 5
    expected = np.append(weights[often], weights[~often].sum()) * shots
    seen = np.append(counts[often], counts[~often].sum())
    assert stats.chisquare(seen, expected * shots / expected.sum()).pvalue > 1e-3


def test_phases_of_one_pair_given_twice_add_up() -> None:
    once = Line(np.arange(3), np.array([0, 1]), np.array([2, 2]))
    twice = Line(np.arange(3), np.array([0, 0, 1]), np.array([2, 2, 2]))
    same = np.tile(np.eye(2, dtype=complex), (3, 1, 1))
    one = truncated_state(once, plus(3), [Layer(np.array([0.7, 0.4]), same)], 8)
    two = truncated_state(twice, plus(3), [Layer(np.array([0.3, 0.4, 0.4]), same)], 8)
    assert np.allclose(one.product.amplitudes(), two.product.amplitudes(), atol=1e-14)


@pytest.mark.parametrize("n", [1, 2])
def test_smallest_sizes(n: int) -> None:
    exact, amplitudes, made = states(n, 2, 2, density=1.0)
    assert np.abs(amplitudes - exact).max() < 1e-13
    assert made.product.sample(3, np.random.default_rng(0)).shape == (3, n)


def test_a_bond_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="bond must be >= 1"):
        truncated_state(line_of(2, [0], [1]), plus(2), [], 0)


def test_the_order_of_a_shuffled_ring_is_narrow() -> None:
    labels = np.random.default_rng(2).permutation(40)
    line = line_of(40, labels, np.roll(labels, 1))
    assert line.widths().max() == 2
    assert sorted(line.order.tolist()) == list(range(40))
    back = line.mirrored().mirrored()
    assert np.array_equal(back.order, line.order)
    assert np.array_equal(back.lows, line.lows)
