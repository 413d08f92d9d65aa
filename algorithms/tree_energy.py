"""The energy of QAOA on an edge of an infinite regular tree, with its gradient: O(p 4**p) whatever the degree.

A vertex d steps from the edge has m = p - d mixers before the observable and as many after it: spins f_1 .. f_m, c,
b_m .. b_1. Its branch tells the parent a function of the parent's f_1 .. f_(m+1), b_(m+1) .. b_1: the power
``degree - 1`` of what its children tell, times the mixers' amplitudes, carried over the coupling, which is diagonal
after a Walsh-Hadamard transform. Flipping all spins changes no function but by a sign: f_1 = +1 is kept alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import Float
from .hadamard import walsh_hadamard

Complex = npt.NDArray[np.complex128]

#: Largest number of layers: functions of 2p - 1 bits are 128 MB each, and some ten of them are held.
MAX_TREE_LAYERS = 12

_SIGNS = np.array([1.0, -1.0])


def tree_correlation(gammas: npt.ArrayLike, betas: npt.ArrayLike, degree: int) -> tuple[float, Float, Float]:
    """``<Z_u Z_v>`` of an edge of the infinite tree, and its derivatives by gammas and betas.

    Parameters
    ----------
    gammas, betas : shape (p,), of exp(-i gamma ZZ) on every edge and exp(+i beta X)
    degree : of every vertex, >= 2

    Raises
    ------
    ValueError
        Shapes differ, p is not in 1..12, or the degree is below 2.

    References
    ----------
    Basso, Farhi, Marwaha, Villalonga, Zhou (2022), The quantum approximate optimization algorithm at high depth for
    MaxCut on large-girth regular graphs and the Sherrington-Kirkpatrick model, arXiv:2110.14206, section 3. There all
    functions have 2p + 1 spins; here each has only those that a branch of its depth can see.

    Examples
    --------
    One layer at degree 3 is ``-sin(4 beta) sin(2 gamma) cos(2 gamma)**2``, at best -0.3849:

    >>> value, by_gamma, by_beta = tree_correlation([np.arctan(2**-0.5) / 2], [np.pi / 8], 3)
    >>> round(value, 4), bool(abs(by_gamma[0]) < 1e-12), bool(abs(by_beta[0]) < 1e-12)
    (-0.3849, True, True)
    """
    gamma, beta = _angles(gammas, betas, degree)
    p = gamma.size
    told: list[Complex] = [np.ones((1, 1), dtype=np.complex128)]  # by the children of a vertex with m mixers
    inputs: list[Complex] = []
    carries: list[_Carry] = []
    for m in range(p):
        inputs.append(_embedded(beta, m, told[m] ** (degree - 1)))
        carries.append(_Carry(gamma[: m + 1], inputs[m], is_odd=False))
        told.append(carries[m].values().reshape(2**m, 2 ** (m + 1)))
    weights = _weights(beta, p) * _SIGNS[:, None, None]
    power = told[p] ** (degree - 1)
    ends = weights.sum(axis=0) * power
    last = _Carry(gamma, ends, is_odd=True)
    carried = last.values().reshape(ends.shape)
    value = 2 * float((ends * carried).sum().real)

    by_gamma, by_beta = 2 * last.slope(last.transformed), np.zeros(p)
    slope = 4 * carried  # both ends are one function
    by_beta += _beta_slope(beta, (weights * (slope * power)).real)
    slope = slope * weights.sum(axis=0) * _power_slope(told[p], degree)
    for m in reversed(range(p)):
        back = carries[m].back(slope.ravel())
        by_gamma[: m + 1] += carries[m].slope(back.transformed)
        if m == 0:
            break
        through = _diagonal(back.values(), m)
        by_beta[:m] += _beta_slope(beta[:m], (through * _diagonal(inputs[m], m)).real)
        slope = (through * _weights(beta, m)).sum(axis=0) * _power_slope(told[m], degree)
    return value, by_gamma, by_beta


def _angles(gammas: npt.ArrayLike, betas: npt.ArrayLike, degree: int) -> tuple[Float, Float]:
    gamma, beta = (np.atleast_1d(np.asarray(angles, dtype=np.float64)) for angles in (gammas, betas))
    if gamma.ndim != 1 or gamma.shape != beta.shape or not 1 <= gamma.size <= MAX_TREE_LAYERS:
        raise ValueError(
            f"gammas and betas must have one length in 1..{MAX_TREE_LAYERS}, got {gamma.shape}, {beta.shape}"
        )
    if degree < 2:
        raise ValueError(f"degree must be >= 2, got {degree}")
    # logarithmic derivatives of sines and cosines are taken: angles at their zeros are moved by a rounding error
    return tuple(np.where(np.abs(np.sin(2 * x)) < 1e-14, x + 1e-14, x) for x in (gamma, beta))  # type: ignore[return-value]


def _weights(beta: Float, m: int) -> Complex:
    """1/2 times the mixers' amplitudes along f_1 = +1, f_2 .. f_m, c and c, b_m .. b_1; shape (2, 2**(m-1), 2**m)."""
    forward = np.array([[np.cos(beta[0]), 1j * np.sin(beta[0])]])
    backward = np.ones((2, 1), dtype=np.complex128)
    for layer in range(m):
        same, other = np.cos(beta[layer]), 1j * np.sin(beta[layer])
        matrix = np.array([[same, other], [other, same]])
        if layer:
            forward = (forward[:, :, None] * matrix).reshape(-1, 2)
        backward = (matrix.conj()[:, :, None] * backward).reshape(2, -1)
    return np.asarray(0.5 * forward.T[:, :, None] * backward[:, None, :])


def _beta_slope(beta: Float, mass: Float) -> Float:
    """Derivatives by betas where ``mass`` (2, 2**(m-1), 2**m) is slope times value of each row of amplitudes."""
    m = beta.size
    forward = mass.sum(axis=2).T.ravel()  # over f_2 .. f_m, c
    backward = mass.sum(axis=1).ravel()  # over c, b_m .. b_1
    out = np.zeros(m)
    for layer in range(m):
        tangent = np.tan(beta[layer])
        for row, first in ((forward, m - 1 - layer), (backward, layer)):
            index = np.arange(row.size)
            # bits from the low end: of the forward row c, f_m, .. f_2 (f_1 = +1 has none), of the backward one b_1 .. c
            differs = ((index >> first) ^ (index >> (first + 1))) & 1 == 1
            out[layer] += row[differs].sum() / tangent - row[~differs].sum() * tangent
    return out


def _embedded(beta: Float, m: int, power: Complex) -> Complex:
    """What a vertex with m mixers contributes, as a function of bits that face the parent's: both middle ones are c."""
    if m == 0:
        return np.array([0.5, 0.0], dtype=np.complex128)
    out = np.zeros((2 ** (m - 1), 2, 2, 2**m), dtype=np.complex128)
    for c, weights in enumerate(_weights(beta, m)):
        out[:, c, c] = weights * power
    return out.ravel()


def _diagonal(values: Complex, m: int) -> Complex:
    """The entries of an embedded function in which both middle bits are c; shape (2, 2**(m-1), 2**m)."""
    array = values.reshape(2 ** (m - 1), 2, 2, 2**m)
    return np.stack([array[:, 0, 0], array[:, 1, 1]])


def _power_slope(told: Complex, degree: int) -> Complex:
    return np.asarray((degree - 1) * told ** (degree - 2))


class _Carry:
    """A function carried over the couplings of some layers: out(a) = sum_b prod exp(-i side gamma a_j b_j) in(b).

    Parameters
    ----------
    gammas : of the layers, M of them
    function : of f_2 .. f_M, b_M .. b_1 (f_2 the highest bit) at f_1 = +1
    is_odd : under flipping all spins; else even
    """

    def __init__(self, gammas: Float, function: Complex, *, is_odd: bool) -> None:
        self.gammas = gammas
        self.transformed = walsh_hadamard(function.ravel())
        sides = np.concatenate([-np.ones(gammas.size), np.ones(gammas.size)])
        angles = np.concatenate([gammas, gammas[::-1]])
        cosines, sines = 2 * np.cos(angles), 2j * sides * np.sin(angles)
        plain, signed = np.ones(1, dtype=np.complex128), np.ones(1, dtype=np.complex128)
        for cosine, sine in zip(cosines[1:], sines[1:]):
            plain = np.multiply.outer(plain, [cosine, sine]).ravel()
            signed = np.multiply.outer(signed, [cosine, -sine]).ravel()
        # a function even (odd) under the flip has nonzero transforms at even (odd) numbers of set bits alone
        at_even, at_odd = (sines[0], cosines[0]) if is_odd else (cosines[0], sines[0])
        self.is_odd = is_odd
        self.factors = (at_even * (plain + signed) + at_odd * (plain - signed)) / 2

    def values(self) -> Complex:
        """The carried function."""
        return np.asarray(walsh_hadamard(self.factors * self.transformed) / self.transformed.size)

    def back(self, slope: Complex) -> _Back:
        """The slope carried back (the map is symmetric), and its transform."""
        transformed = walsh_hadamard(slope)
        return _Back(transformed, self.factors * transformed)

    def slope(self, other: Complex) -> Float:
        """Derivatives by gammas of ``other . carried`` from the transform of the other function."""
        bits = 2 * self.gammas.size - 1
        mass = ((other * self.factors * self.transformed).real / other.size).reshape(2 ** (bits // 2), -1)
        total = float(mass.sum())
        rows, columns = mass.sum(axis=1), mass.sum(axis=0)
        parities = [1.0 - 2.0 * (np.bitwise_count(np.arange(side)) & 1) for side in mass.shape]
        odd = (total - float(parities[0] @ mass @ parities[1])) / 2
        # mass in which the bit of f_1, .., f_M, b_M, .., b_1 is set
        is_set = [total - odd if self.is_odd else odd, *_set_bits(rows), *_set_bits(columns)]
        tangents = np.tan(np.concatenate([self.gammas, self.gammas[::-1]]))
        each = np.array([mass / t - (total - mass) * t for mass, t in zip(is_set, tangents)])
        return np.asarray(each[: self.gammas.size] + each[self.gammas.size :][::-1])


@dataclass(frozen=True, eq=False)
class _Back:
    """A slope: the transform of what came in, and of what is carried back."""

    transformed: Complex
    carried: Complex

    def values(self) -> Complex:
        return np.asarray(walsh_hadamard(self.carried) / self.carried.size)


def _set_bits(mass: Float) -> list[float]:
    """The mass in which each bit is set, the highest bit first."""
    bits = mass.size.bit_length() - 1
    return [float(mass.reshape(-1, 2, 2**bit)[:, 1].sum()) for bit in reversed(range(bits))]
