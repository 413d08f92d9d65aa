"""How QAOA's angles begin: one small class a rule, registered by the name that ``init`` gives.

A rule says where one circuit begins (``first``), or takes the circuits layer by layer (``path``). A further rule is one
class under ``@INITIAL_ANGLES.register("name")``, here or in a plugin; what it takes from the settings it reads in
``of``, where it also checks them. Angles are scaled (gamma times ``Ising.unit``); formulas stand in
``training.initial_angles``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from ...algorithms.fixed_angles import MAX_LAYERS, is_near_regular, mean_degree, scaled_angles
from ...core import Float
from ...core.registry import INITIAL_ANGLES
from ..ising import Ising
from ..training import initial_angles as angles
from ..training.evaluation_log import LoggedTarget
from ..training.loop import Begin, Path, Stage
from .evaluators import CircuitSpec, QaoaEvaluator

if TYPE_CHECKING:
    from .settings import QaoaSettings


@dataclass(frozen=True, eq=False)
class Circuits:
    """The circuits of one run, by number of layers, and what a minimisation of one may take.

    Parameters
    ----------
    make : number of layers -> evaluator.
    full : that of all layers.
    """

    make: Callable[[int], QaoaEvaluator]
    full: QaoaEvaluator
    max_evaluations: int

    @property
    def num_layers(self) -> int:
        return self.full.spec.num_layers

    def stage(self, begin: Begin, num_layers: int | None = None, matrix: Float | None = None) -> Stage:
        """The minimisation of one circuit; angles of fewer layers are remembered with layers of angle 0 behind them.

        Parameters
        ----------
        matrix : maps the optimiser's k variables to the circuit's angles, shape (num_parameters, k); None for the
            angles themselves.
        """
        if num_layers in (None, self.num_layers):
            return Stage(self.full, begin, self.max_evaluations, matrix=matrix)
        evaluator = self.make(num_layers)
        missing = np.zeros(self.num_layers - evaluator.spec.num_layers)

        def embed(variables: Float) -> Float:
            gammas, betas = evaluator.spec.split(variables)
            return np.concatenate([gammas, missing, betas, missing])

        return Stage(evaluator, begin, self.max_evaluations, matrix=matrix, embed=embed)


@dataclass(frozen=True)
class InitialAngles:
    """Base of the rules; one with a single start writes ``first``, one that grows the circuit writes ``path``."""

    #: Whether the circuit grows layer by layer, each layer optimised.
    is_grown: ClassVar[bool] = False
    #: Whether it takes the angles that the settings give.
    takes_given: ClassVar[bool] = False

    @classmethod
    def of(cls, settings: QaoaSettings) -> Self:
        """The rule with what it takes from the settings.

        Raises
        ------
        ValueError
            The settings do not suit it.
        """
        return cls()

    def first(self, num_layers: int, rng: np.random.Generator) -> tuple[Float, Float]:
        """Scaled gammas and betas, shape (num_layers,) each.

        Raises
        ------
        NotImplementedError
            The rule has written neither ``first`` nor ``path``.
        """
        raise NotImplementedError(f"{type(self).__name__} must write first or path")

    def path(self, circuits: Circuits, rng: np.random.Generator) -> Path:
        """The stages of the first optimisation."""
        start = circuits.full.spec.flat(*self.first(circuits.num_layers, rng))
        return [circuits.stage(lambda target, before: start)]


@INITIAL_ANGLES.register("ramp")
@dataclass(frozen=True)
class Ramp(InitialAngles):
    """Gammas rise to ``gamma``, betas fall from ``beta``."""

    gamma: float = 0.6
    beta: float = 0.6

    @classmethod
    def of(cls, settings: QaoaSettings) -> Self:
        return cls(*settings.ramp)

    def first(self, num_layers: int, rng: np.random.Generator) -> tuple[Float, Float]:
        return angles.ramp(num_layers, self.gamma, self.beta)


@INITIAL_ANGLES.register("tqa")
@dataclass(frozen=True)
class BestAnnealing(InitialAngles):
    """The Trotterised anneal of the best of a grid of times; each is an evaluation."""

    def path(self, circuits: Circuits, rng: np.random.Generator) -> Path:
        def begin(target: LoggedTarget, before: Float | None) -> Float:
            tried = [angles.annealing(circuits.num_layers, time) for time in angles.TQA_TIMES]
            starts = [circuits.full.spec.flat(*pair) for pair in tried]
            return starts[int(np.argmin([target.value(start) for start in starts]))]

        return [circuits.stage(begin)]


@INITIAL_ANGLES.register("fixed")
@dataclass(frozen=True)
class FixedAngles(InitialAngles):
    """The angles of regular trees from a table (degree 2 to 8), for the model's mean degree, weights by rescaling."""

    @classmethod
    def of(cls, settings: QaoaSettings) -> Self:
        if settings.num_layers > MAX_LAYERS:
            raise ValueError(
                f"num_layers must be 1..{MAX_LAYERS} for init='fixed', got {settings.num_layers}; use init='interp'"
            )
        return cls()

    def path(self, circuits: Circuits, rng: np.random.Generator) -> Path:
        start = circuits.full.spec.flat(*fixed_angles(circuits.full.spec))
        return [circuits.stage(lambda target, before: start)]


def fixed_angles(spec: CircuitSpec) -> tuple[Float, Float]:
    """The table's angles for a circuit's model; a polynomial of another degree takes those of degree 3.

    Shape (p,) each.
    """
    ising, unit = spec.ising, spec.unit
    if isinstance(ising, Ising):
        gammas, betas = scaled_angles(spec.num_layers, mean_degree(ising.rows, ising.columns))
    else:
        gammas, betas = scaled_angles(spec.num_layers)
    return gammas * unit / ising.unit("rms"), betas  # the table is in the unit of the root mean square


@INITIAL_ANGLES.register("auto")
@dataclass(frozen=True)
class AutoAngles(Ramp):
    """``fixed`` on Max-Cut of nearly regular graphs, where it is near the best that there is; else a ramp."""

    is_ramp_given: bool = False

    @classmethod
    def of(cls, settings: QaoaSettings) -> Self:
        return cls(*settings.ramp, is_ramp_given=settings.ramp != (Ramp.gamma, Ramp.beta))

    def path(self, circuits: Circuits, rng: np.random.Generator) -> Path:
        spec = circuits.full.spec
        ising = spec.ising
        is_fixed = (
            not self.is_ramp_given
            and spec.thetas is None
            and spec.num_layers <= MAX_LAYERS
            and isinstance(ising, Ising)
            and is_near_regular(ising.fields, ising.rows, ising.columns)
        )
        return FixedAngles().path(circuits, rng) if is_fixed else super().path(circuits, rng)


@INITIAL_ANGLES.register("random")
@dataclass(frozen=True)
class RandomAngles(InitialAngles):
    """Uniform angles: gammas in 0..pi, betas in 0..pi/2."""

    def first(self, num_layers: int, rng: np.random.Generator) -> tuple[Float, Float]:
        return angles.random_angles(num_layers, rng)


@INITIAL_ANGLES.register("transfer")
@dataclass(frozen=True)
class Transfer(InitialAngles):
    """Given angles, or those of a saved Record, read at the circuit's number of layers.

    Parameters
    ----------
    given : scaled gammas, then betas.
    record : file of a saved Record; empty where ``given`` is not.
    """

    given: tuple[float, ...] = ()
    record: str = ""

    takes_given: ClassVar[bool] = True

    @classmethod
    def of(cls, settings: QaoaSettings) -> Self:
        if len(settings.angles) % 2:
            raise ValueError(f"angles must be as many gammas as betas, got {len(settings.angles)} numbers")
        return cls(settings.angles, settings.transfer)

    def first(self, num_layers: int, rng: np.random.Generator) -> tuple[Float, Float]:
        if self.record:
            gammas, betas = angles.saved_angles(self.record)
        else:
            gammas, betas = np.split(np.asarray(self.given, dtype=np.float64), 2)
        return angles.resampled(gammas, num_layers), angles.resampled(betas, num_layers)


@INITIAL_ANGLES.register("interp")
@dataclass(frozen=True)
class Interp(Ramp):
    """One layer optimised, then one more from interpolated angles, until all stand."""

    is_grown: ClassVar[bool] = True

    def path(self, circuits: Circuits, rng: np.random.Generator) -> Path:
        def begin(target: LoggedTarget, before: Float | None) -> Float:
            if before is None:
                return np.concatenate(self.first(1, rng))
            return np.concatenate([angles.grown(half) for half in np.split(before, 2)])

        return [circuits.stage(begin, p) for p in range(1, circuits.num_layers + 1)]


@INITIAL_ANGLES.register("fourier")
@dataclass(frozen=True)
class Fourier(Ramp):
    """As ``interp``, but the Fourier amplitudes are the variables, and a new layer brings a zero amplitude."""

    is_grown: ClassVar[bool] = True

    def path(self, circuits: Circuits, rng: np.random.Generator) -> Path:
        def begin(target: LoggedTarget, before: Float | None) -> Float:
            if before is None:
                gammas, betas = self.first(1, rng)
                return np.concatenate([gammas / np.sin(np.pi / 4), betas / np.cos(np.pi / 4)])
            return np.concatenate([np.append(half, 0.0) for half in np.split(before, 2)])

        layers = range(1, circuits.num_layers + 1)
        return [circuits.stage(begin, p, angles.fourier_matrix(p)) for p in layers]


__all__ = ["INITIAL_ANGLES", "Circuits", "InitialAngles", "Ramp", "Transfer"]
