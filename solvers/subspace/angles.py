"""Angles of subspace QAOA by L-BFGS with exact gradients from several starts: linear ramps, grown and given angles.

Angles are scaled (gamma by the costs' spread, beta by the mixer's unit), so one set of ramps fits every instance. A
single start often stops in a worse optimum; all of them are kept account of, and the best point ever seen is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...core import Clock, Float, frozen
from .mixers import Mixer
from .states import Costs, as_costs, cvar, evolve, value_and_gradient

#: Heights of the ramps that are tried, in scaled angles, for both angles.
RAMP_HEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Search:
    """Settings of ``optimize``.

    Parameters
    ----------
    num_layers : layers of the circuit.
    num_starts : L-BFGS runs: the best ramp of a grid first, then seeded random ramps. Given angles come on top.
    alpha : minimised is the CVaR of this share; 1 is the expectation.
    max_iterations : of each L-BFGS run.
    """

    num_layers: int = 1
    num_starts: int = 8
    alpha: float = 1.0
    max_iterations: int = 200

    def __post_init__(self) -> None:
        for key in ("num_layers", "num_starts", "max_iterations"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} must be >= 1, got {getattr(self, key)!r}")
        if not 0 < self.alpha <= 1:
            raise ValueError(f"alpha must lie in (0, 1], got {self.alpha!r}; 1 is the expectation")


@dataclass(frozen=True, eq=False)
class Optimized:
    """The best angles seen, and what they cost.

    ``evaluations`` counts circuit values, ``gradients`` those of them that came with a gradient; ``trace`` holds
    (seconds, value) at each improvement; ``start_values`` the value each L-BFGS run ended with.
    """

    gammas: Float
    betas: Float
    value: float
    evaluations: int
    gradients: int
    start_values: tuple[float, ...]
    trace: tuple[tuple[float, float], ...]
    is_cut_short: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "gammas", frozen(self.gammas))
        object.__setattr__(self, "betas", frozen(self.betas))


def ramp(num_layers: int, gamma: float, beta: float) -> tuple[Float, Float]:
    """Linear ramp: gammas rise to ``gamma``, betas fall from ``beta``.

    References
    ----------
    Montanez-Barrera, Michielsen (2024), arXiv:2405.09169.

    Examples
    --------
    >>> [angles.tolist() for angles in ramp(2, 1.0, 1.0)]
    [[0.5, 1.0], [1.0, 0.5]]
    """
    steps = np.arange(num_layers) / num_layers
    return gamma * (steps + 1 / num_layers), beta * (1 - steps)


def grown(angles: npt.ArrayLike) -> Float:
    """Angles for one layer more, by linear interpolation (INTERP).

    References
    ----------
    Zhou, Wang, Choi, Pichler, Lukin (2020), doi:10.1103/PhysRevX.10.021067, appendix B.

    Examples
    --------
    >>> grown([1.0, 2.0]).tolist()
    [1.0, 1.5, 2.0]
    """
    old = np.asarray(angles, dtype=np.float64)
    p = len(old)
    left, right = np.concatenate([[0.0], old]), np.concatenate([old, [0.0]])
    weight = np.arange(p + 1) / p
    return np.asarray(weight * left + (1 - weight) * right)


def optimize(
    mixer: Mixer,
    costs: Costs | npt.ArrayLike,
    search: Search,
    *,
    seed: int = 0,
    seconds: float | None = None,
    evaluations: int | None = None,
    initial: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]] = (),
    start: npt.ArrayLike | None = None,
) -> Optimized:
    """The best angles of all starts; the same for the same seed unless ``seconds`` cuts it short.

    Parameters
    ----------
    seconds : wall-clock limit, passed by one evaluation at most.
    evaluations : most circuit values; one with its gradient counts as one.
    initial : further starts (gammas, betas), tried first.
    start : start state; None for the mixer's ground state.

    Examples
    --------
    >>> from .mixers import GroverMixer
    >>> from .spaces import permutation_space
    >>> best = optimize(GroverMixer(permutation_space(3)), [5, 1, 4, 3, 4, 3], Search(num_layers=2), seed=1)
    >>> best.value < 10 / 3, len(best.gammas), best.is_cut_short
    (True, 2, False)
    """
    from scipy.optimize import minimize

    table = as_costs(costs)
    run = _Run(mixer, table, search, Clock(seconds), evaluations, start)
    starts: list[Float] = [run.scale(g, b) for g, b in initial]
    ends: list[float] = []
    try:
        starts += _ramps(run, search, np.random.default_rng(seed))
        for angles in starts:
            options = {"maxiter": search.max_iterations, "ftol": 1e-12, "gtol": 1e-7}
            result = minimize(run.slope, angles, jac=True, method="L-BFGS-B", options=options)
            ends.append(float(result.fun) * table.spread + run.mean)
        is_cut = False
    except _BudgetSpent:
        is_cut = True
    if run.best is None:  # the limit allowed none: one evaluation more than allowed gives an honest value
        middle = run.scale(*ramp(search.num_layers, 1 / table.spread, mixer.beta_unit))
        run.slope(starts[0] if starts else middle, is_free=True)
    assert run.best is not None
    value, gammas, betas = run.best
    return Optimized(gammas, betas, value, run.evaluations, run.gradients, tuple(ends), tuple(run.trace), is_cut)


def optimize_grown(
    mixer: Mixer,
    costs: Costs | npt.ArrayLike,
    search: Search,
    *,
    seed: int = 0,
    seconds: float | None = None,
    evaluations: int | None = None,
    start: npt.ArrayLike | None = None,
) -> Optimized:
    """``optimize`` for 1, 2, ... layers, each with the angles of the one before, grown, as a further start (INTERP).

    Evaluations and gradients are counted over all of them. When the limit cuts it short, the angles found so far are
    grown to the full number of layers and evaluated once.
    """
    table, clock = as_costs(costs), Clock(seconds)
    done: Optimized | None = None
    initial: list[tuple[Float, Float]] = []
    seeds = np.random.SeedSequence(seed).generate_state(search.num_layers)
    spent = gradients = 0
    trace: list[tuple[float, float]] = []
    layers = 0
    while layers < search.num_layers:
        layers += 1
        before = clock.elapsed
        left = None if evaluations is None else max(0, evaluations - spent)
        if initial and (left == 0 or clock.is_over):
            while layers < search.num_layers:
                layers += 1
                initial = [(grown(gammas), grown(betas)) for gammas, betas in initial]
        done = optimize(
            mixer,
            table,
            replace(search, num_layers=layers),
            seed=int(seeds[layers - 1]),
            seconds=clock.remaining,
            evaluations=left,
            initial=initial,
            start=start,
        )
        spent, gradients = spent + done.evaluations, gradients + done.gradients
        trace += [(before + at, value) for at, value in done.trace]
        initial = [(grown(done.gammas), grown(done.betas))]
    assert done is not None
    return replace(done, evaluations=spent, gradients=gradients, trace=tuple(trace))


def from_scaled(
    mixer: Mixer,
    costs: Costs | npt.ArrayLike,
    search: Search,
    angles: npt.ArrayLike,
    *,
    is_optimized: bool = True,
    seconds: float | None = None,
    evaluations: int | None = None,
    start: npt.ArrayLike | None = None,
) -> Optimized:
    """Angles given in scaled form, gammas then betas: one L-BFGS run from them, or only their value.

    A gamma is ``scaled / spread of the costs``, a beta ``scaled * the mixer's unit``, so that angles learnt on one
    instance suit another.

    Examples
    --------
    >>> from .mixers import GroverMixer
    >>> from .spaces import permutation_space
    >>> mixer, costs = GroverMixer(permutation_space(3)), [5, 1, 4, 3, 4, 3]
    >>> fixed = from_scaled(mixer, costs, Search(num_layers=1), [0.5, 0.5], is_optimized=False)
    >>> fixed.evaluations, from_scaled(mixer, costs, Search(num_layers=1), [0.5, 0.5]).value <= fixed.value
    (1, True)
    """
    from scipy.optimize import minimize

    table = as_costs(costs)
    run = _Run(mixer, table, search, Clock(seconds), evaluations, start)
    scaled = np.asarray(angles, dtype=np.float64)
    if scaled.size != 2 * search.num_layers:
        raise ValueError(f"angles must be {search.num_layers} gammas and betas, got {scaled.size} numbers")
    ends: tuple[float, ...] = ()
    is_cut = False
    try:
        if is_optimized:
            options = {"maxiter": search.max_iterations, "ftol": 1e-12, "gtol": 1e-7}
            result = minimize(run.slope, scaled, jac=True, method="L-BFGS-B", options=options)
            ends = (float(result.fun) * table.spread + run.mean,)
        else:
            run.height(scaled)
    except _BudgetSpent:
        is_cut = True
    if run.best is None:
        run.slope(scaled, is_free=True)
    assert run.best is not None
    value, gammas, betas = run.best
    return Optimized(gammas, betas, value, run.evaluations, run.gradients, ends, tuple(run.trace), is_cut)


class _BudgetSpent(Exception):
    """Time or evaluations are over."""


class _Run:
    """One optimisation: what it minimises, in scaled angles, and what it has seen."""

    def __init__(
        self,
        mixer: Mixer,
        costs: Costs,
        search: Search,
        clock: Clock,
        limit: int | None,
        start: npt.ArrayLike | None,
    ) -> None:
        self._mixer, self._costs, self._alpha, self._start = mixer, costs, search.alpha, start
        self._clock, self._limit = clock, limit
        self._layers = search.num_layers
        self._units = 1 / costs.spread, mixer.beta_unit
        self.mean = float(costs.values.mean())
        self.evaluations = self.gradients = 0
        self.best: tuple[float, Float, Float] | None = None
        self.trace: list[tuple[float, float]] = []

    def scale(self, gammas: npt.ArrayLike, betas: npt.ArrayLike) -> Float:
        parts = [np.asarray(a, dtype=np.float64) / unit for a, unit in zip((gammas, betas), self._units, strict=True)]
        if any(len(a) != self._layers for a in parts):
            raise ValueError(f"initial angles must be {self._layers} gammas and betas, one a layer; grow them first")
        return np.concatenate(parts)

    def _unscale(self, angles: Float) -> tuple[Float, Float]:
        return angles[: self._layers] * self._units[0], angles[self._layers :] * self._units[1]

    def slope(self, angles: Float, is_free: bool = False) -> tuple[float, Float]:
        """Scaled value and gradient."""
        self._pay(is_free)
        self.gradients += 1
        gammas, betas = self._unscale(angles)
        value, by_gamma, by_beta = value_and_gradient(
            self._mixer, self._costs, gammas, betas, alpha=self._alpha, start=self._start
        )
        self._keep(value, gammas, betas)
        gradient = np.concatenate([by_gamma * self._units[0], by_beta * self._units[1]])
        return (value - self.mean) / self._costs.spread, gradient / self._costs.spread

    def height(self, angles: Float) -> float:
        """Value alone, in the costs' units."""
        self._pay(False)
        gammas, betas = self._unscale(angles)
        value = cvar(evolve(self._mixer, self._costs, gammas, betas, start=self._start), self._costs, self._alpha)
        self._keep(value, gammas, betas)
        return value

    def _pay(self, is_free: bool) -> None:
        if not is_free and (self._clock.is_over or (self._limit is not None and self.evaluations >= self._limit)):
            raise _BudgetSpent
        self.evaluations += 1

    def _keep(self, value: float, gammas: Float, betas: Float) -> None:
        if self.best is None or value < self.best[0]:
            self.best = value, gammas, betas
            self.trace.append((self._clock.elapsed, value))


def _ramps(run: _Run, search: Search, rng: np.random.Generator) -> list[Float]:
    """The best ramp of the grid, then random ramps with 20 % jitter on each angle."""
    p = search.num_layers
    grid = [np.concatenate(ramp(p, g, b)) for g in RAMP_HEIGHTS for b in RAMP_HEIGHTS]
    heights = [run.height(angles) for angles in grid]
    out = [grid[int(np.argmin(heights))]]
    low, high = np.log(RAMP_HEIGHTS[0]), np.log(RAMP_HEIGHTS[-1])
    for _ in range(search.num_starts - 1):
        gamma, beta = np.exp(rng.uniform(low, high, size=2))
        out.append(np.concatenate(ramp(p, gamma, beta)) * (1 + 0.2 * rng.normal(size=2 * p)))
    return out
