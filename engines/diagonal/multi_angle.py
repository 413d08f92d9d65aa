"""Multi-angle QAOA: one angle for each Ising term and one for each mixer qubit, in every layer.

A layer's phase is a diagonal of its own, built by doubling; the derivatives by all of its term angles come from one
Walsh-Hadamard transform. Tied angles are plain QAOA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...algorithms.hadamard import walsh_hadamard
from . import compiled, reference
from .diagonal import CostDiagonal, dense_terms
from .engine import AnyCost, AnyState, EngineChoice, Options, objective_of, run_layers
from .gpu import engine as gpu
from .gpu.device import Card
from .gpu.energies import CardDiagonal, require_card_bytes
from .layers import Float, Layers
from .measure import MEAN, Objective
from .memory import Precision, require_bytes
from .state import State


@dataclass(frozen=True, eq=False)
class IsingTerms:
    """Spin terms ``coefficient_t * prod s_i``, s = 1 - 2 z: of a QUBO (first the fields), or of any degree.

    Parameters
    ----------
    masks : shape (t,), the bits of each term's spins
    coefficients : shape (t,), none of them zero
    offset : energy of no term
    n : number of variables

    References
    ----------
    Herrman et al. (2022), Multi-angle quantum approximate optimization algorithm, arXiv:2109.11455.
    """

    masks: npt.NDArray[np.int64]
    coefficients: Float
    offset: float
    n: int

    @classmethod
    def from_arrays(
        cls,
        linear: npt.ArrayLike,
        rows: npt.ArrayLike = (),
        cols: npt.ArrayLike = (),
        values: npt.ArrayLike = (),
        offset: float = 0.0,
    ) -> IsingTerms:
        """Terms of E(z) = offset + sum linear_i z_i + sum values_k z_rows[k] z_cols[k], zero ones left out.

        Linear terms have shape (n,), rows, cols and values (m,).

        >>> terms = IsingTerms.from_arrays([-1, -1], [0], [1], [2])
        >>> terms.masks.tolist(), terms.coefficients.tolist(), terms.offset
        ([3], [0.5], -0.5)
        """
        fields, couplings = dense_terms(linear, rows, cols, values)
        n = fields.size
        both = couplings + couplings.T
        spin_fields = -fields / 2 - both.sum(axis=1) / 4
        constant = offset + fields.sum() / 2 + couplings.sum() / 4
        i, j = np.nonzero(couplings)
        masks = np.concatenate(
            [1 << np.arange(n, dtype=np.int64), (1 << i.astype(np.int64)) | (1 << j.astype(np.int64))]
        )
        coefficients = np.concatenate([spin_fields, couplings[i, j] / 4])
        scale = max(float(np.abs(fields).max(initial=0.0)), float(np.abs(couplings).max(initial=0.0)))
        kept = np.abs(coefficients) > 1e-14 * scale
        return cls(masks[kept], coefficients[kept], float(constant), n)

    @property
    def num_terms(self) -> int:
        """Number of terms, that is of term angles a layer."""
        return int(self.masks.size)

    @property
    def is_higher(self) -> bool:
        """Whether a term has three spins or more."""
        return bool((np.bitwise_count(self.masks) > 2).any())

    def on_card(self, card: Card, angles: npt.ArrayLike | None = None) -> CardDiagonal:
        """As ``diagonal``, on a card, angles of shape (t,); terms of three spins or more are added up on the host."""
        if self.is_higher:
            return CardDiagonal.from_cost(card, self.diagonal(angles))
        if angles is None:
            return CardDiagonal.from_arrays(card, *self.arrays())
        return CardDiagonal.from_arrays(card, *self.arrays(angles), kind=3)

    def arrays(self, angles: npt.ArrayLike | None = None) -> tuple[Any, ...]:
        """The QUBO of the terms, each times its angle, shape (t,): linear (n,), rows, cols, values, and a constant."""
        weights = self.coefficients if angles is None else self.coefficients * np.asarray(angles, dtype=np.float64)
        # Back to 0/1 variables: s_i = 1 - 2 z_i, s_i s_j = 1 - 2 z_i - 2 z_j + 4 z_i z_j.
        single = np.bitwise_count(self.masks) == 1
        low = np.log2(self.masks & -self.masks).astype(np.int64)
        high = np.log2(self.masks & (self.masks - 1), where=~single, out=np.zeros(self.num_terms)).astype(np.int64)
        linear = -2 * np.bincount(low, weights, minlength=self.n)
        linear -= 2 * np.bincount(high[~single], weights[~single], minlength=self.n)
        pairs = (low[~single], high[~single], 4 * weights[~single])
        constant = float(weights.sum()) + (self.offset if angles is None else 0.0)
        return linear, *pairs, constant

    def diagonal(self, angles: npt.ArrayLike | None = None) -> CostDiagonal:
        """Energies of the terms, each times its angle, shape (t,): without offset where angles are given."""
        if self.is_higher:
            weights = self.coefficients if angles is None else self.coefficients * np.asarray(angles, dtype=np.float64)
            values = walsh_hadamard(np.bincount(self.masks, weights, minlength=1 << self.n).astype(np.float64))
            if angles is None:
                return CostDiagonal.from_values(values + self.offset)
            return CostDiagonal.from_values(values, dtype="float64")
        return CostDiagonal.from_arrays(*self.arrays(angles), dtype="auto" if angles is None else "float64")


def ma_evolve(
    terms: IsingTerms,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
) -> AnyState:
    """State after p layers: term angles `gammas` of shape (p, num_terms), qubit angles `betas` of shape (p, n)."""
    options = Options(dtype, threads, engine)
    return run_layers(_circuit(terms, gammas, betas, options.card_for(terms.n)), options)


def ma_value_and_gradient(
    terms: IsingTerms,
    gammas: npt.ArrayLike,
    betas: npt.ArrayLike,
    *,
    objective: Objective = MEAN,
    cost: AnyCost | None = None,
    dtype: Precision = "complex128",
    threads: int = 1,
    engine: EngineChoice = "auto",
) -> tuple[float, Float, Float]:
    """Objective and its exact derivatives by all term angles (p, num_terms) and qubit angles (p, n).

    With ``d_k = 2 Im(conj(lambda_k) psi_k)`` after the phase of a layer, the derivative by the angle of term t is
    ``c_t sum_k d_k (-1)**popcount(k & mask_t)``: entry mask_t of the Walsh-Hadamard transform of d.

    Parameters
    ----------
    cost : ``terms.diagonal()`` where it is at hand, so that it is not built again
    """
    options = Options(dtype, threads, engine)
    card = options.card_for(terms.n, cost)
    layers = _circuit(terms, gammas, betas, card)
    if card is not None:
        weights = terms.on_card(card) if cost is None else cost
        value, entries, by_beta = gpu.gradient_densities(card, layers, dtype, weights, objective, terms.masks)
        return value, terms.coefficients * entries, by_beta
    energies = terms.diagonal() if cost is None else cost
    assert isinstance(energies, CostDiagonal)
    by_gamma, by_beta = np.empty((len(layers.diagonals), terms.num_terms)), np.empty(layers.angles.shape)
    if options.is_compiled and layers.diagonals:
        value, steps = compiled.gradient_densities(
            layers, energies, options.how, lambda final, mean: objective_of(final, energies, objective, mean)
        )
    else:
        final = run_layers(layers, options)
        assert isinstance(final, State)
        value, cap, scale = objective_of(final, energies, objective)
        backward = reference.backward(layers, final, np.minimum(energies.values(), cap))
        steps = ((scale * by_angle, scale * density) for _, by_angle, density in backward)
    for layer, (by_angle, density) in zip(reversed(range(len(layers.diagonals))), steps):
        # The density of a half state holds sums over opposite points, on which all terms agree.
        by_gamma[layer] = terms.coefficients * walsh_hadamard(density)[terms.masks & (density.size - 1)]
        by_beta[layer] = by_angle
    return value, by_gamma, by_beta


def _circuit(terms: IsingTerms, gammas: npt.ArrayLike, betas: npt.ArrayLike, card: Card | None) -> Layers:
    gamma, beta = np.asarray(gammas, dtype=np.float64), np.asarray(betas, dtype=np.float64)
    if gamma.ndim != 2 or beta.shape != (gamma.shape[0], terms.n) or gamma.shape[1] != terms.num_terms:
        raise ValueError(
            f"gammas must have shape (p, {terms.num_terms}) and betas (p, {terms.n}), "
            f"got {gamma.shape} and {beta.shape}"
        )
    if card is not None:
        require_card_bytes(
            card,
            gamma.shape[0] * 8 * 2**terms.n,
            f"{gamma.shape[0]} layers' own diagonals of {terms.n} variables",
            "lower the number of layers or of variables",
        )
        made = tuple(terms.on_card(card, row) for row in gamma)
        return Layers(made, np.ones(gamma.shape[0]), beta)
    require_bytes(
        gamma.shape[0] * 8 * 2**terms.n,
        f"{gamma.shape[0]} layers' own diagonals of {terms.n} variables",
        "lower the number of layers or of variables",
    )
    diagonals = tuple(terms.diagonal(row) for row in gamma)
    return Layers(diagonals, np.ones(gamma.shape[0]), beta)
