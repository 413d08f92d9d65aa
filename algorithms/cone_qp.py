"""Smallest combination of rows: the quadratic master of bundle methods, by a dense primal-dual interior-point method.

Variables are weights of cuts (on the simplex, or just nonnegative) and one multiplier a sign condition. For some
hundreds of cuts; the sign conditions are eliminated, so that a step costs one Cholesky factor of the cuts' size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.arrays import Float

#: Steps after which the method gives up; 10 to 25 are usual.
MAX_STEPS = 100
#: Steps without a clear gain after which a solution that is good enough is taken.
PATIENCE = 4
#: Residual, of costs scaled to order 1, up to which a stalled solution is handed out (with its ``gap``).
LARGEST_ERROR = 1e-4
#: Share of the way to the boundary that a step takes.
_BACK_OFF = 0.995
#: Share of the duality measure that a plain step aims at, in the place of one that would raise the measure.
_CENTRED = 0.1


@dataclass(frozen=True, eq=False)
class ConeQpResult:
    """Minimiser: weights ``w`` of the rows, shape (B,), and the combination ``H'w + s``, shape (m,)."""

    weights: Float
    combination: Float
    gap: float
    steps: int


def least_combination(
    H: npt.ArrayLike,
    costs: npt.ArrayLike,
    centre: npt.ArrayLike,
    *,
    length: float = 1.0,
    is_free: npt.NDArray[np.bool_] | None = None,
    on_simplex: bool = True,
    tolerance: float = 1e-10,
) -> ConeQpResult:
    """Minimiser of ``costs w + centre s + length/2 ||H'w + s||^2`` over ``w`` in the simplex and ``s >= 0``.

    ``s_j`` stands only for the signed components; it is 0 where ``is_free``. This is the dual of
    ``max_l min_i (F_i + h_i l) - ||l - c||^2 / (2 length)`` over ``l_j >= 0`` with ``costs = F + H c``, ``centre = c``
    and ``l = c + length (H'w + s)``; without the simplex, of the projection of c onto ``F_i + h_i l >= level``, with
    ``costs = F + H c - level`` and length 1.

    Parameters
    ----------
    H : shape (B, m), B >= 1.
    costs, centre : shapes (B,) and (m,).
    is_free : components of l without sign, shape (m,); None for none.

    Raises
    ------
    ArithmeticError
        No convergence: without the simplex, the level cannot be reached.

    References
    ----------
    S. Mehrotra (1992), On the implementation of a primal-dual interior point method, doi:10.1137/0802028; that it may
    run in a circle, and must then step without its corrector: M. Salahi, J. Peng, T. Terlaky (2007), On Mehrotra-type
    predictor-corrector algorithms, SIAM Journal on Optimization 18; the dual form of the bundle master: J.-B.
    Hiriart-Urruty, C. Lemarechal (1993), Convex Analysis and Minimization Algorithms II, chapter XV.

    Examples
    --------
    >>> found = least_combination([[2.0], [-1.0]], [0.0, 0.0], [1.0])
    >>> [round(float(v), 6) for v in (*found.weights, found.combination[0])]
    [0.333333, 0.666667, 0.0]
    """
    H, q_w = np.atleast_2d(np.asarray(H, dtype=np.float64)), np.asarray(costs, dtype=np.float64)
    c = np.asarray(centre, dtype=np.float64)
    signed = np.arange(H.shape[1]) if is_free is None else np.flatnonzero(~is_free)
    size = max(1.0, float(np.abs(q_w).max(initial=0.0)), float(np.abs(c[signed]).max(initial=0.0)))
    root = np.sqrt(length / size)  # costs of order 1, and the length inside of H and s
    scaled = H * root
    problem = _Problem(scaled, q_w / size, c[signed] / (size * root), scaled[:, signed], signed, on_simplex)
    w, s, gap, steps = _solve(problem, tolerance)
    combination = H.T @ w
    combination[signed] += s / root
    return ConeQpResult(w, combination, gap * size, steps)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Scaled: minimise ``q_w w + q_s s + 1/2 ||H'w + S s||^2``, S the signed unit vectors."""

    H: Float
    q_w: Float
    q_s: Float
    H_s: Float
    signed: npt.NDArray[np.int64]
    on_simplex: bool

    def gradient(self, w: Float, s: Float) -> tuple[Float, Float]:
        g = self.H.T @ w
        g[self.signed] += s
        return self.H @ g + self.q_w, g[self.signed] + self.q_s


def _solve(p: _Problem, tolerance: float) -> tuple[Float, Float, float, int]:
    B, k = p.H.shape[0], p.signed.size
    w, s = np.full(B, 1.0 / B), np.ones(k)
    z_w, z_s, y = np.ones(B), np.ones(k), 0.0
    best: tuple[float, Float, Float] | None = None
    stalled = 0
    for step in range(MAX_STEPS):
        d_w, d_s = p.gradient(w, s)
        r_w, r_s = d_w - z_w - (y if p.on_simplex else 0.0), d_s - z_s
        r_e = 1.0 - float(w.sum()) if p.on_simplex else 0.0
        mu = (float(w @ z_w) + float(s @ z_s)) / (B + k)
        error = max(mu, float(np.abs(r_w).max(initial=0.0)), float(np.abs(r_s).max(initial=0.0)), abs(r_e))
        stalled = 0 if best is None or error < 0.5 * best[0] else stalled + 1
        if best is None or error < best[0]:
            best = (error, w, s)
        if error <= tolerance:
            return w, s, error, step
        if not np.isfinite(error) or w.sum() > 1e12 or (stalled > PATIENCE and best[0] <= LARGEST_ERROR):
            break
        try:
            system = _System(p, w, s, z_w, z_s)
        except np.linalg.LinAlgError:
            break
        aim_w, aim_s = -w * z_w, -s * z_s
        dw, ds, dz_w, dz_s, _ = system.direction(r_w, r_s, r_e, aim_w, aim_s)
        ahead = _longest((w, dw), (s, ds), (z_w, dz_w), (z_s, dz_s))
        after = float((w + ahead * dw) @ (z_w + ahead * dz_w)) + float((s + ahead * ds) @ (z_s + ahead * dz_s))
        target = (after / (B + k) / mu) ** 3 * mu if mu > 0 else 0.0
        aim_w, aim_s = target - w * z_w - dw * dz_w, target - s * z_s - ds * dz_s
        dw, ds, dz_w, dz_s, dy = system.direction(r_w, r_s, r_e, aim_w, aim_s)
        length = _step_length((w, dw), (s, ds), (z_w, dz_w), (z_s, dz_s))
        after = float((w + length * dw) @ (z_w + length * dz_w)) + float((s + length * ds) @ (z_s + length * dz_s))
        if stalled > 1 or (
            after > (B + k) * mu and mu == error
        ):  # the second-order term overshot, and could do so for ever
            aim_w, aim_s = _CENTRED * mu - w * z_w, _CENTRED * mu - s * z_s
            dw, ds, dz_w, dz_s, dy = system.direction(r_w, r_s, r_e, aim_w, aim_s)
            length = _step_length((w, dw), (s, ds), (z_w, dz_w), (z_s, dz_s))
        w, s, y = w + length * dw, s + length * ds, y + length * dy
        z_w, z_s = z_w + length * dz_w, z_s + length * dz_s
    assert best is not None
    if best[0] > LARGEST_ERROR:
        raise ArithmeticError(f"quadratic master must converge, its error is {best[0]:.2g}; rescale the rows")
    return best[1], best[2], best[0], MAX_STEPS


class _System:
    """Newton system at a point, factored once for the predictor and the corrector."""

    def __init__(self, p: _Problem, w: Float, s: Float, z_w: Float, z_s: Float) -> None:
        from scipy.linalg import cho_factor

        self.p, self.w, self.s, self.z_w, self.z_s = p, w, s, z_w, z_s
        self.H_s = p.H_s
        self.D = 1.0 + z_s / s
        kept = np.ones(p.H.shape[1])
        kept[p.signed] = (z_s / s) / self.D  # 1 - 1/D without its cancellation
        matrix = (p.H * kept) @ p.H.T
        diagonal = np.diag_indices_from(matrix)
        matrix[diagonal] += z_w / w
        # cuts that nearly coincide make the matrix singular to rounding; the shift only bends the step's direction
        matrix[diagonal] += 1e-13 * float(np.abs(np.diagonal(matrix)).max())
        self.factor = cho_factor(matrix, lower=True)
        self.ones = self._w(np.ones(len(w)), np.zeros(len(s))) if p.on_simplex else None

    def _w(self, b_w: Float, b_s: Float) -> Float:
        from scipy.linalg import cho_solve

        return np.asarray(cho_solve(self.factor, b_w - self.H_s @ (b_s / self.D)))

    def direction(
        self, r_w: Float, r_s: Float, r_e: float, aim_w: Float, aim_s: Float
    ) -> tuple[Float, Float, Float, Float, float]:
        """``(dw, ds, dz_w, dz_s, dy)`` with ``w dz + z dw = aim`` and the residuals removed."""
        b_w, b_s = -r_w + aim_w / self.w, -r_s + aim_s / self.s
        dw = self._w(b_w, b_s)
        dy = 0.0
        if self.ones is not None:
            dy = (r_e - float(dw.sum())) / float(self.ones.sum())
            dw = dw + dy * self.ones
        ds = (b_s - self.H_s.T @ dw) / self.D
        return dw, ds, (aim_w - self.z_w * dw) / self.w, (aim_s - self.z_s * ds) / self.s, dy


def _step_length(*pairs: tuple[Float, Float]) -> float:
    """At most 1, and short of the boundary."""
    return min(1.0, _BACK_OFF * _longest(*pairs, most=1e3))


def _longest(*pairs: tuple[Float, Float], most: float = 1.0) -> float:
    """Longest step that keeps every vector nonnegative."""
    length = most
    for at, d in pairs:
        falls = d < 0
        if falls.any():
            length = min(length, float((-at[falls] / d[falls]).min()))
    return length
