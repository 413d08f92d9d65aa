"""ADAPT-QAOA: each layer takes the mixer, out of a pool, along which the energy falls fastest.

Simulated on NumPy with the exact gradient of all angles. Limits: one pass over 2**n amplitudes a pool operator and
layer, and a pool of the order of n**2, so that n above ``max_qubits`` is refused; no shots, no device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import dimod
import numpy as np
import numpy.typing as npt

from ...core import SOLVERS, Clock, Float, inner
from ...core.margins import ROUNDING, scaled_margin
from ...core.old_names import renamed
from ...core.tunable import Range, tunable
from ...engines import diagonal
from ...engines.statevector import apply_pauli
from ..base import Estimate, Observe, QuboSampler, energies_of, sample_set
from ..ising import Scale
from ..seeds import spawn_seeds
from ..spin_polynomial import diagonal_of, spins_of
from ..training.evaluation_log import Evaluation, EvaluationLog, LoggedTarget, evaluation_of
from ..training.optimizers import BudgetExhausted, minimize

Complex = npt.NDArray[np.complex128]
Pool = Literal["single", "two-qubit"]


@SOLVERS.register("adapt", aliases=("adapt-qaoa",))
@dataclass(frozen=True)
class AdaptQaoa(QuboSampler):
    """ADAPT-QAOA: layers grown one by one, each with the best mixer of a pool.

    Parameters
    ----------
    num_layers : most layers.
    pool : ``single`` (sum X, sum Y, X_i, Y_i) or ``two-qubit`` (these and X_iX_j, Y_iY_j, X_iY_j, X_iZ_j, Y_iZ_j).
    first_gamma : scaled gamma of a new layer before it is optimised; at 0 the cost has no gradient along X_i.
    tolerance : stop where no operator's derivative is larger, in units of the energies' standard deviation.
    max_evaluations : evaluations of L-BFGS after each new layer; a value with its gradient counts as one.
    num_shots : points drawn from the final state.
    scale : what gammas are divided by; see ``Ising.unit``.
    max_qubits : larger models are refused.

    References
    ----------
    Zhu et al. (2022), Adaptive quantum approximate optimization algorithm for solving combinatorial problems on a
    quantum computer, arXiv:2005.10258, equations 3-5. Ours minimises, with gates exp(-i gamma H) and exp(+i beta A).

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0, 2: 0.5}, {(0, 1): 2.0, (1, 2): -2.0}, 0.0, "BINARY")
    >>> samples = AdaptQaoa(num_layers=3).sample(model, seed=1)
    >>> float(samples.first.energy), samples.info["optimum_probability"] > 0.9
    (-2.5, True)
    """

    takes_polynomials: ClassVar[bool] = True

    num_layers: int = tunable(5, Range(1, 10), was="layers")
    pool: Pool = "two-qubit"
    first_gamma: float = tunable(0.01, Range(0.001, 0.3, "log"))
    tolerance: float = 1e-3
    max_evaluations: int = renamed("maxiter", 200)
    num_shots: int = 1000
    scale: Scale = "rms"
    max_qubits: int = 12

    def __post_init__(self) -> None:
        for name in ("num_layers", "max_evaluations", "num_shots"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)!r}")
        if self.first_gamma == 0:
            raise ValueError("first_gamma must not be 0, where the energy has no derivative along X; e.g. 0.01")
        if not 1 <= self.max_qubits <= 20:
            raise ValueError(f"max_qubits must lie in 1..20, got {self.max_qubits!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        observe: Observe | None = None,
    ) -> dimod.SampleSet:
        """Points of the grown circuit at its best angles.

        Raises
        ------
        UnsupportedError
            More qubits than ``max_qubits``.
        """
        n = bqm.num_variables
        log = EvaluationLog(Clock(seconds), evaluations)
        growth = _Growth(self, bqm, log, np.random.default_rng(spawn_seeds(seed, 1)[0]))
        growth.run()
        state = growth.circuit.state(growth.angles)
        if observe is not None:
            observe(_weights(state))
        shot_rng = np.random.default_rng(spawn_seeds(seed, 1, 1)[0])
        Z = diagonal.indices_to_bits(
            shot_rng.choice(len(state), size=num_shots or self.num_shots, p=_weights(state)), n
        )
        log.keep(evaluation_of(bqm, Z, 1.0))
        points, counts = log.points()
        info = {**growth.info(state), "shots": log.shots, "seconds": {"sample": log.clock.elapsed}}
        return sample_set(points, energies_of(bqm, points), counts, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits and bytes; refused above ``max_qubits``."""
        n = num_variables
        if n > self.max_qubits:
            refusal = (
                f"adapt must have at most {self.max_qubits} qubits, got {n}; use qaoa, or raise max_qubits (at most 20)"
            )
            return Estimate(qubits=n, refusal=refusal)
        return Estimate(qubits=n, bytes=16 * 2**n * 6)


class Mixer(NamedTuple):
    """One operator of a pool: a Pauli string, or a sum of commuting single-qubit Paulis; each part (x mask, z mask)."""

    name: str
    parts: tuple[tuple[int, int], ...]


def pool_of(n: int, pool: Pool) -> list[Mixer]:
    """The operators of a pool on n qubits.

    Examples
    --------
    >>> [mixer.name for mixer in pool_of(2, "single")]
    ['sum X', 'sum Y', 'X0', 'Y0', 'X1', 'Y1']
    >>> len(pool_of(4, "two-qubit"))  # 2 + 2 n + n (n - 1)/2 (XX, YY) and n (n - 1) (XY, XZ, YZ)
    58
    """
    letters = {"X": (1, 0), "Y": (1, 1), "Z": (0, 1)}

    def string(*factors: tuple[str, int]) -> Mixer:
        x = sum(letters[letter][0] << q for letter, q in factors)
        z = sum(letters[letter][1] << q for letter, q in factors)
        return Mixer("".join(f"{letter}{q}" for letter, q in factors), ((x, z),))

    mixers = [Mixer(f"sum {a}", tuple(string((a, q)).parts[0] for q in range(n))) for a in "XY"]
    mixers += [string((a, q)) for q in range(n) for a in "XY"]
    if pool == "two-qubit":
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        mixers += [string((a, i), (a, j)) for i, j in pairs if i < j for a in "XY"]
        mixers += [string((a, i), (b, j)) for i, j in pairs for a, b in ("XY", "XZ", "YZ")]
    return mixers


@dataclass(frozen=True, eq=False)
class AdaptCircuit:
    """A circuit of given mixers; angles are scaled gammas, then betas.

    Parameters
    ----------
    energies : all 2**n energies.
    """

    energies: Float
    unit: float
    mixers: tuple[Mixer, ...]

    @property
    def num_parameters(self) -> int:
        return 2 * len(self.mixers)

    @property
    def periods(self) -> Float:
        return np.full(self.num_parameters, np.pi)

    @property
    def has_gradient(self) -> bool:
        return True

    def state(self, angles: Float) -> Complex:
        """The final state, shape (2**n,), at the angles, shape (2 layers,)."""
        psi = np.full(len(self.energies), len(self.energies) ** -0.5, dtype=np.complex128)
        gammas, betas = np.split(angles, 2)
        for mixer, gamma, beta in zip(self.mixers, gammas, betas):
            psi = _rotated(psi * np.exp(-1j * gamma / self.unit * self.energies), mixer, beta)
        return psi

    def evaluate(self, angles: Float) -> Evaluation:
        """Exact expectation of the grown circuit at the angles, shape (2 layers,)."""
        return Evaluation(inner(_weights(self.state(angles)), self.energies))

    def value_and_gradient(self, angles: Float) -> tuple[float, Float]:
        """Value and gradient, shape (2 layers,) as the angles, by the adjoint method."""
        psi = self.state(angles)
        lam = self.energies * psi
        value = inner(_weights(psi), self.energies)
        gammas, betas = np.split(angles, 2)
        by_gamma, by_beta = np.zeros(len(gammas)), np.zeros(len(betas))
        for k in reversed(range(len(self.mixers))):
            by_beta[k] = derivative(lam, psi, self.mixers[k])
            psi, lam = (_rotated(v, self.mixers[k], -betas[k]) for v in (psi, lam))
            by_gamma[k] = 2 * _imaginary(lam, self.energies * psi) / self.unit
            phase = np.exp(1j * gammas[k] / self.unit * self.energies)
            psi, lam = psi * phase, lam * phase
        return value, np.concatenate([by_gamma, by_beta])

    def draw(self, angles: Float, num_shots: int) -> Evaluation:
        """Never there: training reads exact values at the angles, shape (2 layers,).

        Raises
        ------
        NotImplementedError
            Always; the sampler draws from the final state.
        """
        raise NotImplementedError("points are drawn from the final state only")

    def metrics(self, angles: Float) -> dict[str, Any]:
        """Empty at all angles, shape (2 layers,); the sampler tells what it knows of the final state."""
        return {}


def derivative(lam: Complex, psi: Complex, mixer: Mixer) -> float:
    """d/d beta at 0 of <exp(-i beta A) H exp(i beta A)> for lam = H psi: ``-2 Im <lam| A |psi>``.

    States have shape (2**n,).
    """
    return -2 * sum(_imaginary(lam, apply_pauli(psi, x, z)) for x, z in mixer.parts)


def _imaginary(a: Complex, b: Complex) -> float:
    """Imaginary part of ``<a|b>``, summed in a fixed order."""
    return inner(a.real, b.imag) - inner(a.imag, b.real)


class _Growth:
    """The growing circuit of one run."""

    def __init__(
        self, settings: AdaptQaoa, bqm: dimod.BinaryQuadraticModel, log: EvaluationLog, rng: np.random.Generator
    ):
        self.settings = settings
        self.bqm = bqm
        self.log = log
        self.rng = rng
        self.cost = diagonal_of(bqm)
        ising = spins_of(bqm)
        # the offset changes nothing but a common phase, and rounding: energies are taken from their mean
        self.circuit = AdaptCircuit(self.cost.values() - ising.offset, ising.unit(settings.scale), ())
        self.offset = ising.offset
        self.angles: Float = np.zeros(0)
        self.values: list[float] = []
        self.is_cut = False

    def run(self) -> None:
        """Layers until all stand, no operator lowers the energy, or the budget is spent."""
        pool = pool_of(self.bqm.num_variables, self.settings.pool)
        spread = float(self.circuit.energies.std())
        for _ in range(self.settings.num_layers):
            try:
                mixer, size = self.steepest(pool)
            except BudgetExhausted:
                self.is_cut = True
                break
            if size <= self.settings.tolerance * spread:
                break
            gammas, betas = np.split(self.angles, 2)
            start = np.concatenate([gammas, [self.settings.first_gamma], betas, [0.0]])
            self.circuit = AdaptCircuit(self.circuit.energies, self.circuit.unit, (*self.circuit.mixers, mixer))
            target = LoggedTarget(self.circuit, self.log)
            try:
                minimize("l-bfgs", target, start, self.settings.max_evaluations, self.rng)
            except BudgetExhausted:
                self.is_cut = True
            self.angles = start if target.best_variables is None else target.best_variables
            self.values.append(float(target.best_value) + self.offset)
            if self.is_cut:
                break

    def steepest(self, pool: Sequence[Mixer]) -> tuple[Mixer, float]:
        """The operator of the largest derivative in magnitude (ties: the first) after a phase of ``first_gamma``."""
        state = self.circuit.state(self.angles)
        psi = state * np.exp(-1j * self.settings.first_gamma / self.circuit.unit * self.circuit.energies)
        lam = self.circuit.energies * psi
        sizes = np.zeros(len(pool))
        for k, mixer in enumerate(pool):
            if self.log.is_spent:
                raise BudgetExhausted
            sizes[k] = abs(derivative(lam, psi, mixer))
        best = int(np.flatnonzero(sizes >= sizes.max() * (1 - ROUNDING))[0])
        return pool[best], float(sizes[best])

    def info(self, state: Complex) -> dict[str, Any]:
        weights = _weights(state)
        lowest = self.circuit.energies.min()
        tolerance = scaled_margin(float(np.abs(self.circuit.energies).max()))
        gammas, betas = np.split(self.angles, 2)
        return {
            "engine": "numpy (adapt)",
            "qubits": int(self.bqm.num_variables),
            "layers": len(self.circuit.mixers),
            "mixers": [mixer.name for mixer in self.circuit.mixers],
            "layer_values": self.values,
            "evaluations": self.log.evaluations,
            "gradients": self.log.gradients,
            "expectation": inner(weights, self.circuit.energies) + self.offset,
            "optimum_probability": float(weights[self.circuit.energies <= lowest + tolerance].sum()),
            "angles": {"gammas": (gammas / self.circuit.unit).tolist(), "betas": betas.tolist()},
            "is_cut": self.is_cut,
        }


def _rotated(psi: Complex, mixer: Mixer, beta: float) -> Complex:
    """exp(+i beta A) psi; the parts of a mixer commute and square to one."""
    for x, z in mixer.parts:
        psi = np.cos(beta) * psi + 1j * np.sin(beta) * apply_pauli(psi, x, z)
    return psi


def _weights(state: Complex) -> Float:
    weights = np.abs(state) ** 2
    return np.asarray(weights / weights.sum(), dtype=np.float64)
