"""QAOA with other circuits: one angle a gate (ma-qaoa), and a start near a relaxed solution (ws-qaoa).

Both reduce to plain QAOA: the first with all angles of a layer equal, the second with eps = 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import dimod
import numpy as np
import numpy.typing as npt

from ...core import SOLVERS, BinaryProgram, Float, PolynomialModel, ProductStart, Start, UnsupportedError
from ...core.tunable import Range, tunable
from ...engines.diagonal import available_bytes
from ...engines.diagonal.engine import Options
from ...engines.diagonal.warm_start import warm_start_thetas
from ..base import Estimate, Observe
from ..training.limits import Limits
from .backends import ExactQaoa
from .evaluators import QaoaVariant
from .relaxed_points import convex_relaxation, greedy_point, sdp_relaxation
from .run import sample_qaoa
from .settings import QaoaSettings

WarmPoint = Literal["auto", "relaxation", "convex", "sdp", "greedy"]

#: Points that the QUBO alone gives.
OWN_POINTS: Mapping[str, Callable[[dimod.BinaryQuadraticModel], Float]] = MappingProxyType(
    {"convex": convex_relaxation, "sdp": sdp_relaxation, "greedy": greedy_point}
)


@SOLVERS.register("ma-qaoa", aliases=("multi-angle-qaoa",))
@dataclass(frozen=True)
class MultiAngleQaoa(QaoaSettings):
    """QAOA with one angle for each term and each qubit in every layer.

    Starts are those of plain QAOA with the angles of a layer tied; restarts from random ramps are tied too. Layer
    growth (``interp``, ``fourier``) is refused. ``optimizer='nft'`` is exact here, since each angle is that of one
    rotation.

    References
    ----------
    Herrman et al. (2022), Multi-angle quantum approximate optimization algorithm, arXiv:2109.11455.
    """

    takes_polynomials: ClassVar[bool] = True

    num_layers: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.initial_angles.is_grown:
            raise ValueError(f"init must not grow tied angles layer by layer in ma-qaoa, got {self.init!r}; use 'ramp'")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        device: Any = None,
        observe: Observe | None = None,
        max_points: int | None = None,
    ) -> dimod.SampleSet:
        """Points of the circuit at the best angles, and of every evaluation that was sampled."""
        limits = Limits(seed, num_shots, seconds, evaluations, device, observe, max_points)
        return sample_qaoa(self, bqm, limits, QaoaVariant(is_multi_angle=True))

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """As plain QAOA; on the exact engine each layer has a cost diagonal of its own."""
        plain = super().estimate(num_variables, num_interactions)
        if not isinstance(self.runs_on, ExactQaoa) or plain.refusal or plain.bytes is None:
            return plain
        card = Options(self.precision, engine=self.engine).card_for(num_variables)
        free = available_bytes() if card is None else card.free_bytes()
        need = plain.bytes + self.num_layers * 8 * 2**num_variables
        refusal = ""
        if free is not None and need > free:
            refusal = (
                f"ma-qaoa on backend exact must fit in the memory available, {free:,} bytes, got {num_variables} "
                f"qubits and {self.num_layers} layers ({need:,} bytes); lower num_layers, or use qaoa"
            )
        return Estimate(plain.qubits, need, plain.seconds, refusal)


@SOLVERS.register("ws-qaoa", aliases=("warm-start-qaoa",))
@dataclass(frozen=True)
class WarmStartQaoa(QaoaSettings):
    """QAOA that starts near a relaxed solution, with the mixer whose ground state that start is.

    Parameters
    ----------
    eps : the point is clipped to [eps, 1 - eps]; 0.5 is plain QAOA.
    point : ``relaxation`` (the caller's: the pipeline gives the LP relaxation of the program), ``convex`` (the QUBO
        made convex), ``sdp``, ``greedy`` (single flips from zeros); ``auto`` takes the caller's if any, else convex; a
        polynomial of higher degree has the greedy point alone.
    is_rounded : round the point to 0/1 before it is clipped.

    References
    ----------
    Egger, Marecek, Woerner (2021), Warm-starting quantum optimization, arXiv:2009.10095. Ours differs in the mixer's
    sign: M = -(sin th X + cos th Z), so that its ground state is the start.
    """

    takes_polynomials: ClassVar[bool] = True

    eps: float = tunable(0.25, Range(0.05, 0.5))
    point: WarmPoint = "auto"
    is_rounded: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.eps <= 0.5:
            raise ValueError(f"eps must lie in [0, 0.5], got {self.eps!r}; 0.5 is plain QAOA")

    @property
    def prefers_polynomials(self) -> bool:
        """As plain QAOA, with a point that needs no quadratic model."""
        return super().prefers_polynomials and self.point in ("auto", "greedy")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        relaxation: npt.ArrayLike | None = None,
        device: Any = None,
        observe: Observe | None = None,
        max_points: int | None = None,
    ) -> dimod.SampleSet:
        """Points of the circuit at the best angles, and of every evaluation that was sampled.

        Parameters
        ----------
        relaxation : fractional point, shape (m,), one value a QUBO bit.
        """
        values, source = self._values(bqm, relaxation)
        thetas = warm_start_thetas(values, self.eps)
        info = {"warm_start": source, "eps": self.eps, "warm_point": values.tolist()}
        limits = Limits(seed, num_shots, seconds, evaluations, device, observe, max_points)
        return sample_qaoa(self, bqm, limits, QaoaVariant(thetas=thetas, info=info))

    def own_start(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        program: BinaryProgram | None = None,
        relaxation: npt.ArrayLike | None = None,
    ) -> Start | None:
        """Independent bits with the clipped point's probabilities, ``sin(theta / 2)**2``.

        ``relaxation`` has shape (n,), one value a QUBO bit.
        """
        values, _ = self._values(bqm, relaxation)
        ones = np.sin(warm_start_thetas(values, self.eps) / 2) ** 2
        return None if np.allclose(ones, 0.5, rtol=0, atol=1e-12) else ProductStart(ones)

    def _values(self, bqm: dimod.BinaryQuadraticModel, relaxation: npt.ArrayLike | None) -> tuple[Float, str]:
        source = self.point
        is_higher = isinstance(bqm, PolynomialModel)
        if source == "auto":
            source = ("greedy" if is_higher else "convex") if relaxation is None else "relaxation"
        if is_higher and source in ("convex", "sdp"):
            raise UnsupportedError(
                f"point={source!r} must have a quadratic model, got a polynomial; use point='greedy', or --encoder "
                "quadratise"
            )
        values = self._given(bqm, relaxation) if source == "relaxation" else OWN_POINTS[source](bqm)
        return (np.rint(values) if self.is_rounded else values), source

    def _given(self, bqm: dimod.BinaryQuadraticModel, relaxation: npt.ArrayLike | None) -> Float:
        if relaxation is None:
            raise ValueError("relaxation must be given for point='relaxation'; use point='convex' for the QUBO's own")
        values = np.asarray(relaxation, dtype=np.float64)
        if values.shape != (bqm.num_variables,):
            raise ValueError(f"relaxation must have shape ({bqm.num_variables},), one a QUBO bit, got {values.shape}")
        return np.clip(values, 0.0, 1.0)
