"""One round of bit swaps: every single flip once, then for every bit its best pair flip once, kept where energy falls.

What the comparative study's runner applies after sampling. It is local search: whatever it gains is an improvement and
no merit of the sampler before it.
"""

from __future__ import annotations

import dimod
import numpy as np

from ...core import AnyArray, BinaryPolynomial, Bits, PolynomialModel, bqm_to_arrays


def one_round_swap(bqm: dimod.BinaryQuadraticModel, Z: AnyArray) -> Bits:
    """Points after one round, each at most as high as it was.

    Parameters
    ----------
    Z : shape (k, m), points of a BINARY model with labels 0..m-1.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 2.0, 1: 2.0}, {(0, 1): -5.0}, 0.0, "BINARY")
    >>> one_round_swap(model, np.array([[0, 0], [1, 0]])).tolist()
    [[1, 1], [1, 1]]
    """
    from scipy.sparse import coo_array

    if isinstance(bqm, PolynomialModel):
        return _round_of_polynomial(bqm.polynomial, np.atleast_2d(np.asarray(Z, dtype=np.uint8)))
    linear, i, j, values, _ = bqm_to_arrays(bqm)
    m = len(linear)
    Z = np.array(np.atleast_2d(Z), dtype=np.float64)
    if not m or not len(Z):
        return Z.astype(np.uint8)
    both = coo_array(
        (np.concatenate([values, values]), (np.concatenate([i, j]), np.concatenate([j, i]))), shape=(m, m)
    ).tocsr()
    fields = linear + (both @ Z.T).T
    least = -1e-12 * max(float(np.abs(linear).max(initial=0.0)), float(np.abs(values).max(initial=0.0)))
    row = np.arange(len(Z))

    def flip(columns: AnyArray, taken: AnyArray) -> None:
        """Flip one bit of each point that is taken, and carry the fields along."""
        for k in row[taken]:
            column = int(columns[k])
            turn = 1.0 - 2.0 * Z[k, column]
            Z[k, column] += turn
            start, end = both.indptr[column], both.indptr[column + 1]
            fields[k, both.indices[start:end]] += turn * both.data[start:end]

    for bit in range(m):
        gains = (1.0 - 2.0 * Z[:, bit]) * fields[:, bit]
        flip(np.full(len(Z), bit), gains < least)
    for bit in range(m):
        signs = 1.0 - 2.0 * Z
        singles = signs * fields
        start, end = both.indptr[bit], both.indptr[bit + 1]
        pairs = singles + singles[:, [bit]]
        neighbours = both.indices[start:end]
        pairs[:, neighbours] += signs[:, [bit]] * signs[:, neighbours] * both.data[start:end]
        pairs[:, bit] = np.inf
        partner = pairs.argmin(axis=1)
        taken = pairs[row, partner] < least
        flip(np.full(len(Z), bit), taken)
        flip(partner, taken)
    return Z.astype(np.uint8)


def _round_of_polynomial(polynomial: BinaryPolynomial, Z: Bits) -> Bits:
    """The same round, each flip's energy computed anew."""
    least = -1e-12 * float(np.abs(polynomial.coefficients).max(initial=0.0))
    flips = np.eye(polynomial.num_variables, dtype=np.uint8)
    found = []
    for z in Z:
        energy = float(polynomial.energies(z[None])[0])
        for tried in (*flips[:, None], *(flips ^ flip for flip in flips)):
            points = tried ^ z
            energies = polynomial.energies(points)
            k = int(energies.argmin())
            if energies[k] - energy < least:
                z, energy = points[k], float(energies[k])
        found.append(z)
    return np.array(found, dtype=np.uint8).reshape(Z.shape)
