"""Optimisers of circuit angles, all behind one call: a target that counts, a start, and a number of evaluations.

The target raises ``BudgetExhausted`` when its own budget is over, so that no optimiser can pass it; the best point is
the target's to remember. Limits: L-BFGS on a backend without gradients takes finite differences, each of them an
evaluation; NFT is exact only where an angle is that of one rotation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np

from ...core import Float
from ...core.registry import first_line

OptimizerName = Literal["l-bfgs", "cobyla", "cobyqa", "powell", "nelder-mead", "spsa", "nft", "none"]


class BudgetExhausted(Exception):
    """The target's budget is over."""


class Target(Protocol):
    """What is minimised."""

    @property
    def has_gradient(self) -> bool: ...

    @property
    def periods(self) -> Float:
        """Period of the value in each parameter."""
        ...

    def value(self, angles: Float) -> float:
        """Value at angles of shape (k,); counts one evaluation, or raises ``BudgetExhausted``."""
        ...

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Value and gradient, shape (k,) as the angles; counts one evaluation, or raises ``BudgetExhausted``."""
        ...


#: (target, start, evaluations, rng); evaluates the target, returns nothing.
Minimizer = Callable[[Target, Float, int, np.random.Generator], None]

#: Evaluations of an optimiser that has no limit of its own.
NO_LIMIT = 15_000


@dataclass(frozen=True)
class Optimizer:
    """One optimiser.

    Parameters
    ----------
    minimize : (target, start, evaluations, rng); evaluates the target, returns nothing.
    stands_noise : whether it makes sense with shots.
    """

    minimize: Minimizer
    stands_noise: bool
    summary: str


def _scipy(target: Target, start: Float, **arguments: Any) -> None:
    from scipy.optimize import minimize

    minimize(arguments.pop("fun", target.value), start, **arguments)


def _lbfgs(
    target: Target, start: Float, evaluations: int, rng: np.random.Generator, iterations: int | None = None
) -> None:
    """L-BFGS-B with exact gradients where the target has them, else with finite differences."""
    options = {"maxiter": iterations or evaluations, "maxfun": evaluations, "ftol": 1e-12, "gtol": 1e-7}
    if target.has_gradient:
        _scipy(target, start, fun=target.value_and_gradient, jac=True, method="L-BFGS-B", options=options)
    else:
        _scipy(target, start, method="L-BFGS-B", options={**options, "eps": 1e-6, "gtol": 1e-5})


def _cobyla(target: Target, start: Float, evaluations: int, rng: np.random.Generator) -> None:
    """Linear models in a trust region (Powell 1994), first radius 0.2 rad."""
    _scipy(target, start, method="COBYLA", options={"maxiter": max(evaluations, len(start) + 2), "rhobeg": 0.2})


def _cobyqa(target: Target, start: Float, evaluations: int, rng: np.random.Generator) -> None:
    """Quadratic models in a trust region (Ragonneau, Zhang 2022), the successor of Powell's BOBYQA and COBYLA."""
    options = {"maxfev": evaluations, "initial_tr_radius": 0.2, "final_tr_radius": 1e-5}
    _scipy(target, start, method="COBYQA", options=options)


def _powell(target: Target, start: Float, evaluations: int, rng: np.random.Generator) -> None:
    """Line searches along directions that become conjugate (Powell 1964), tolerance 1e-3."""
    _scipy(target, start, method="Powell", options={"maxfev": evaluations, "xtol": 1e-3, "ftol": 1e-3})


def _nelder_mead(target: Target, start: Float, evaluations: int, rng: np.random.Generator) -> None:
    """Simplex, with coefficients that adapt to the dimension (Gao, Han 2012); edges of 0.2 rad."""
    simplex = np.vstack([start, start + 0.2 * np.eye(len(start))])
    options = {"maxfev": evaluations, "adaptive": True, "initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-8}
    _scipy(target, start, method="Nelder-Mead", options=options)


def _spsa(target: Target, start: Float, evaluations: int, rng: np.random.Generator) -> None:
    """Simultaneous perturbation: two values a step whatever the number of angles; its first step is about 0.1 rad.

    References
    ----------
    Spall (1998), An overview of the simultaneous perturbation method, Johns Hopkins APL Technical Digest 19(4), section
    "Implementation": exponents 0.602 and 0.101, A a tenth of the steps. The gain is set from five first differences.
    """
    steps = max(1, (evaluations - 11) // 2)
    width, stability = 0.1, 0.1 * steps
    x = np.array(start, dtype=np.float64)

    def difference(step: float) -> Float:
        signs = rng.choice((-1.0, 1.0), size=len(x))
        up, down = target.value(x + step * signs), target.value(x - step * signs)
        return np.asarray((up - down) / (2 * step) * signs)

    typical = float(np.mean([np.abs(difference(width)).mean() for _ in range(5)]))
    gain = 0.1 * (stability + 1) ** 0.602 / max(typical, 1e-12)
    for k in range(steps):
        slope = difference(width / (k + 1) ** 0.101)
        x = x - gain / (k + 1 + stability) ** 0.602 * slope
    target.value(x)


def _nft(target: Target, start: Float, evaluations: int, rng: np.random.Generator) -> None:
    """One angle after another to the minimum of the sinusoid through three values.

    Exact where the angle is that of one rotation (multi-angle QAOA, most ansatz circuits): its period stands in
    ``target.periods``. For angles shared by many gates the curve has more frequencies; a step is then taken only
    where it lowers the value. Values are measured again every 32 steps, since errors of the sinusoid add up.

    References
    ----------
    Nakanishi, Fujii, Todo (2020), Sequential minimal optimization for quantum-classical hybrid algorithms,
    arXiv:1903.12166, algorithm 1.
    """
    x = np.array(start, dtype=np.float64)
    here = target.value(x)
    for step in range(evaluations):
        k = step % len(x)
        if step and step % 32 == 0:
            here = target.value(x)
        quarter = target.periods[k] / 4
        unit = np.eye(len(x))[k]
        up, down = target.value(x + quarter * unit), target.value(x - quarter * unit)
        mean = (up + down) / 2
        # value(t) = mean + (here - mean) cos(w t) + (up - down)/2 sin(w t), w = 2 pi / period
        turn = np.arctan2(-(up - down) / 2, -(here - mean))
        move = x + turn * target.periods[k] / (2 * np.pi) * unit
        there = target.value(move)
        if there <= here:
            x, here = move, there


def _none(target: Target, start: Float, evaluations: int, rng: np.random.Generator) -> None:
    """The start itself."""
    target.value(np.asarray(start, dtype=np.float64))


def _entry(minimize: Minimizer, *, stands_noise: bool) -> Optimizer:
    return Optimizer(minimize, stands_noise, first_line(minimize))


OPTIMIZERS: Mapping[OptimizerName, Optimizer] = MappingProxyType(
    {
        "l-bfgs": _entry(_lbfgs, stands_noise=False),
        "cobyla": _entry(_cobyla, stands_noise=True),
        "cobyqa": _entry(_cobyqa, stands_noise=True),
        "powell": _entry(_powell, stands_noise=True),
        "nelder-mead": _entry(_nelder_mead, stands_noise=True),
        "spsa": _entry(_spsa, stands_noise=True),
        "nft": _entry(_nft, stands_noise=True),
        "none": _entry(_none, stands_noise=True),
    }
)


def minimize(
    name: OptimizerName,
    target: Target,
    start: Float,
    evaluations: int | None,
    rng: np.random.Generator,
    *,
    iterations: int | None = None,
) -> None:
    """Run one optimiser with at most ``evaluations`` of the target; the target remembers the best point.

    A target without angles, or one evaluation of budget, is evaluated at the start only.

    Parameters
    ----------
    start : first variables, shape (d,).
    evaluations : None for ``NO_LIMIT``.
    iterations : of L-BFGS, which counts them apart from evaluations; None for as many.
    """
    most = NO_LIMIT if evaluations is None else evaluations
    limited = _Limited(target, most)
    start = np.asarray(start, dtype=np.float64)
    try:
        if len(start) == 0 or most <= 1:
            limited.value(start)
        elif iterations is not None:
            _lbfgs(limited, start, most, rng, iterations)
        else:
            OPTIMIZERS[name].minimize(limited, start, most, rng)
    except _Enough:
        return


class _Enough(Exception):
    """This optimiser's own evaluations are used up; the target may have more for the next start."""


class _Limited:
    """A target that stops after a number of evaluations, since scipy's own limits are passed by some methods."""

    def __init__(self, target: Target, evaluations: int) -> None:
        self._target = target
        self._left = evaluations

    @property
    def has_gradient(self) -> bool:
        return self._target.has_gradient

    @property
    def periods(self) -> Float:
        return self._target.periods

    def value(self, angles: Float) -> float:
        self._count()
        return self._target.value(np.asarray(angles, dtype=np.float64))

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        self._count()
        return self._target.value_and_gradient(np.asarray(angles, dtype=np.float64))

    def _count(self) -> None:
        if self._left <= 0:
            raise _Enough
        self._left -= 1
