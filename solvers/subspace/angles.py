"""Angles of subspace QAOA by L-BFGS with exact gradients from several starts: linear ramps, grown and given angles.

Angles are scaled (gamma by the costs' spread, beta by the mixer's unit), so one set of ramps fits every instance. A
single start often stops in a worse optimum; all of them are kept account of, and the best point ever seen is returned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Clock, Float, frozen
from ..training.evaluation_log import Evaluation, EvaluationLog, LoggedTarget
from ..training.initial_angles import grown, ramp
from ..training.loop import Begin, Path, Stage, Trained, begin_at, train
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
    circuit = SubspaceEvaluator(mixer, as_costs(costs), search, start)
    rng = np.random.default_rng(seed)
    given = [circuit.scaled(g, b) for g, b in initial]
    log = EvaluationLog(Clock(seconds), evaluations)
    if log.clock.is_over or evaluations == 0:  # one evaluation more than allowed gives an honest value
        ramps = ramp(search.num_layers, 1 / circuit.costs.spread, mixer.beta_unit)
        return _value_at(circuit, given[0] if given else circuit.scaled(*ramps), log, is_cut=True)
    return _optimized(circuit, train(_paths(circuit, given, _ramps(search, rng)), log, "l-bfgs", rng))


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
    grown to the full number of layers and evaluated once. Costs and ``start`` have shape (size,), one entry a point of
    the space.
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

    Raises
    ------
    ValueError
        There are not 2 p angles.

    Examples
    --------
    >>> from .mixers import GroverMixer
    >>> from .spaces import permutation_space
    >>> mixer, costs = GroverMixer(permutation_space(3)), [5, 1, 4, 3, 4, 3]
    >>> fixed = from_scaled(mixer, costs, Search(num_layers=1), [0.5, 0.5], is_optimized=False)
    >>> fixed.evaluations, from_scaled(mixer, costs, Search(num_layers=1), [0.5, 0.5]).value <= fixed.value
    (1, True)
    """
    circuit = SubspaceEvaluator(mixer, as_costs(costs), search, start)
    scaled = np.asarray(angles, dtype=np.float64)
    if scaled.size != 2 * search.num_layers:
        raise ValueError(f"angles must be {search.num_layers} gammas and betas, got {scaled.size} numbers")
    log = EvaluationLog(Clock(seconds), evaluations)
    if log.clock.is_over or evaluations == 0:
        return _value_at(circuit, scaled, log, is_cut=True)
    if not is_optimized:
        return _value_at(circuit, scaled, log, is_cut=False)
    rng = np.random.default_rng(0)  # L-BFGS draws nothing
    return _optimized(circuit, train([[circuit.stage(begin_at(scaled))]], log, "l-bfgs", rng))


@dataclass(frozen=True, eq=False)
class SubspaceEvaluator:
    """The circuit in the subspace at scaled angles, with exact gradients: gammas, then betas, one of each a layer."""

    mixer: Mixer
    costs: Costs
    search: Search
    start: npt.ArrayLike | None = None

    @property
    def num_parameters(self) -> int:
        return 2 * self.search.num_layers

    @property
    def periods(self) -> Float:
        """Not known: spectra of costs and mixers are arbitrary; L-BFGS asks for none."""
        return np.full(self.num_parameters, np.inf)

    @property
    def has_gradient(self) -> bool:
        return True

    @cached_property
    def mean(self) -> float:
        return float(self.costs.values.mean())

    def scaled(self, gammas: npt.ArrayLike, betas: npt.ArrayLike) -> Float:
        """Scaled angles, shape (2 num_layers,), of a circuit's own.

        Raises
        ------
        ValueError
            Not one gamma and one beta a layer.
        """
        units = 1 / self.costs.spread, self.mixer.beta_unit
        parts = [np.asarray(a, dtype=np.float64) / unit for a, unit in zip((gammas, betas), units, strict=True)]
        if any(len(a) != self.search.num_layers for a in parts):
            raise ValueError(
                f"initial angles must be {self.search.num_layers} gammas and betas, one a layer; grow them first"
            )
        return np.concatenate(parts)

    def angles(self, scaled: Float) -> tuple[Float, Float]:
        """Gammas and betas of the circuit, shape (num_layers,) each, of scaled angles, shape (2 num_layers,)."""
        p = self.search.num_layers
        return scaled[:p] * (1 / self.costs.spread), scaled[p:] * self.mixer.beta_unit

    def stage(self, begin: Begin) -> Stage:
        """A minimisation in units of the costs' spread about their mean, on which L-BFGS's tolerances stand."""
        most = self.search.max_iterations
        return Stage(self, begin, None, max_iterations=most, origin=self.mean, unit=self.costs.spread)

    def evaluate(self, scaled: Float) -> Evaluation:
        """CVaR of the state at the scaled angles, shape (2 p,)."""
        state = evolve(self.mixer, self.costs, *self.angles(scaled), start=self.start)
        return Evaluation(cvar(state, self.costs, self.search.alpha))

    def value_and_gradient(self, scaled: Float) -> tuple[float, Float]:
        """CVaR and its derivatives by the scaled angles, shape (2 p,)."""
        value, by_gamma, by_beta = value_and_gradient(
            self.mixer, self.costs, *self.angles(scaled), alpha=self.search.alpha, start=self.start
        )
        return value, np.concatenate([by_gamma * (1 / self.costs.spread), by_beta * self.mixer.beta_unit])

    def draw(self, scaled: Float, num_shots: int) -> Evaluation:
        """Never there, at any angles, shape (2 p,): the sampler draws from the final state.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError("points are drawn from the final state only; see ``states.draw``")

    def metrics(self, scaled: Float) -> Mapping[str, Any]:
        """Empty at all angles, shape (2 p,); the sampler tells what it knows of the final state."""
        return {}


def _paths(circuit: SubspaceEvaluator, given: Sequence[Float], ramps: Sequence[Float]) -> Iterator[Path]:
    """Given angles, the best ramp of a grid, then random ramps; the grid is evaluated before any of them."""
    p = circuit.search.num_layers
    grid = [np.concatenate(ramp(p, g, b)) for g in RAMP_HEIGHTS for b in RAMP_HEIGHTS]
    best: list[Float] = []

    def first(target: LoggedTarget, before: Float | None) -> Float:
        best.append(grid[int(np.argmin([target.value(angles) for angles in grid]))])
        return given[0] if given else best[0]

    yield [circuit.stage(first)]
    for angles in [*given[1:], *(best if given else []), *ramps]:
        yield [circuit.stage(begin_at(angles))]


def _ramps(search: Search, rng: np.random.Generator) -> list[Float]:
    """Random ramps with 20 % jitter on each angle."""
    p, out = search.num_layers, []
    low, high = np.log(RAMP_HEIGHTS[0]), np.log(RAMP_HEIGHTS[-1])
    for _ in range(search.num_starts - 1):
        gamma, beta = np.exp(rng.uniform(low, high, size=2))
        out.append(np.concatenate(ramp(p, gamma, beta)) * (1 + 0.2 * rng.normal(size=2 * p)))
    return out


def _optimized(circuit: SubspaceEvaluator, run: Trained) -> Optimized:
    gammas, betas = circuit.angles(run.angles)
    log = run.log
    return Optimized(
        gammas, betas, run.value, log.evaluations, log.gradients, run.path_values, tuple(log.improvements), run.is_cut
    )


def _value_at(circuit: SubspaceEvaluator, scaled: Float, log: EvaluationLog, *, is_cut: bool) -> Optimized:
    """One evaluation: angles that are not optimised, or a budget that allows nothing else."""
    run = train([[Stage(circuit, begin_at(scaled), 1)]], log, "none", np.random.default_rng(0))
    return replace(_optimized(circuit, run), start_values=(), is_cut_short=is_cut)
