"""Fractional points of a QUBO that warm-started circuits begin from.

The convex relaxation moves the products' spectrum up by ``lambda (x_i**2 - x_i)``, which changes no energy of 0/1
points: a convex program over the box. The SDP one has a unit vector a bit. Limits: for a model that is symmetric under
flipping all bits (Max-Cut) the convex one is 1/2 everywhere and says nothing; the SDP one then fixes the first bit.
"""

from __future__ import annotations

import dimod
import numpy as np

from ...core import BinaryPolynomial, Float, PolynomialModel, bqm_to_arrays


def convex_relaxation(bqm: dimod.BinaryQuadraticModel) -> Float:
    """Minimiser over [0, 1]**n of the QUBO made convex by its smallest eigenvalue, shape (n,).

    References
    ----------
    Billionnet, Elloumi (2007), Using a mixed integer quadratic programming solver for the unconstrained quadratic 0-1
    problem, doi:10.1007/s10107-005-0637-9, section 2 (the smallest-eigenvalue shift); Egger, Marecek, Woerner (2021),
    Warm-starting quantum optimization, arXiv:2009.10095, section 2.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: -3.0, 1: 1.0}, {(0, 1): 1.0}, 0.0, "BINARY")
    >>> convex_relaxation(model).round(6).tolist()
    [1.0, 0.0]
    """
    from scipy.optimize import minimize

    linear, rows, columns, values, _ = bqm_to_arrays(bqm)
    n = len(linear)
    if n == 0:
        return np.zeros(0)
    Q = np.zeros((n, n))
    np.add.at(Q, (rows, columns), values / 2)
    Q += Q.T
    shift = max(0.0, -float(np.linalg.eigvalsh(Q)[0]))
    size = max(float(np.abs(Q).max(initial=0.0)), float(np.abs(linear).max(initial=0.0)), 1e-300)
    H, c = (Q + shift * np.eye(n)) / size, (linear - shift) / size

    def value(x: Float) -> tuple[float, Float]:
        slope = H @ x
        return float(x @ slope + c @ x), 2 * slope + c

    options = {"maxiter": 10_000, "ftol": 1e-15, "gtol": 1e-9}
    found = minimize(value, np.full(n, 0.5), jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * n, options=options)
    return np.clip(np.asarray(found.x, dtype=np.float64), 0.0, 1.0)


def sdp_relaxation(bqm: dimod.BinaryQuadraticModel, seed: int = 0) -> Float:
    """``(1 + <v_i, v_0>) / 2`` of the Max-Cut SDP with an anchor v_0 (the first bit where no bit has a field).

    References
    ----------
    Goemans, Williamson (1995), doi:10.1145/227683.227684 (the SDP); Egger, Marecek, Woerner (2021), arXiv:2009.10095,
    section 3 rounds it by a random hyperplane instead.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: -3.0, 1: 1.0}, {(0, 1): 1.0}, 0.0, "BINARY")
    >>> sdp_relaxation(model).round(3).tolist()
    [1.0, 0.0]
    """
    from scipy.sparse import coo_array

    from ...algorithms.max_cut import qubo_to_max_cut
    from ...algorithms.mixing import Mixing, mixing_method

    linear, rows, columns, values, _ = bqm_to_arrays(bqm)
    n = len(linear)
    if n == 0:
        return np.zeros(0)
    cut = qubo_to_max_cut(coo_array((values, (rows, columns)), shape=(n, n)), linear)
    if not len(cut.weights):
        return np.full(n, 0.5)
    found = mixing_method(cut.adjacency(), Mixing(tolerance=1e-9), seed=seed, certify=False)
    anchor = 0 if bool((cut.heads == 0).any()) else 1
    bits = np.arange(1, n + 1)
    return np.asarray((1 + found.correlations(np.full(n, anchor), bits)) / 2, dtype=np.float64)


def greedy_point(bqm: dimod.BinaryQuadraticModel) -> Float:
    """The 0/1 point where steepest single flips end that start from all zeros, as floats, shape (n,).

    Examples
    --------
    >>> greedy_point(dimod.BinaryQuadraticModel({0: -3.0, 1: -1.0}, {(0, 1): 2.0}, 0.0, "BINARY")).tolist()
    [1.0, 0.0]
    """
    if isinstance(bqm, PolynomialModel):
        return _steepest(bqm.polynomial)
    linear, rows, columns, values, _ = bqm_to_arrays(bqm)
    n = len(linear)
    Q = np.zeros((n, n))
    np.add.at(Q, (rows, columns), values)
    Q += Q.T
    x, fields = np.zeros(n), linear.copy()
    while n:
        change = (1 - 2 * x) * fields
        i = int(np.argmin(change))
        if change[i] >= 0:
            break
        step = 1 - 2 * x[i]
        x[i] += step
        fields += step * Q[i]
    return x


def _steepest(polynomial: BinaryPolynomial) -> Float:
    """The same of a polynomial of any degree."""
    flips = np.eye(polynomial.num_variables, dtype=np.uint8)
    z = np.zeros(polynomial.num_variables, dtype=np.uint8)
    energy = float(polynomial.energies(z[None])[0])
    while polynomial.num_variables:
        energies = polynomial.energies(flips ^ z)
        i = int(np.argmin(energies))
        if energies[i] >= energy:
            break
        z, energy = flips[i] ^ z, float(energies[i])
    return z.astype(np.float64)
