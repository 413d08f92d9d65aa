"""Settings that all QAOA samplers share, and their checks; what a run would take is the backend's to say.

Combinations that make no sense are refused here, with one line, before anything is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import dimod

from ...core.old_names import renamed
from ...core.tunable import Choice, Range, tunable
from ..backends.given import as_backend
from ..base import Estimate
from ..ising import Scale
from ..training.circuit_sampler import CircuitSampler
from ..training.optimizers import OptimizerName
from ..training.resources import require
from . import pauli, product  # noqa: F401 (they register their backends)
from .backends import QAOA_BACKENDS, QaoaBackend
from .initial_angles import INITIAL_ANGLES, InitialAngles


@dataclass(frozen=True)
class QaoaSettings(CircuitSampler):
    """Fields of every QAOA sampler.

    Parameters
    ----------
    num_layers : number p of layers.
    backend : ``exact`` (state vector with gradients), ``light-cone`` (exact energies of few layers on sparse graphs of
        any size; points are roundings of their correlations), ``mps`` (matrix product state of our own, bonds cut: any
        number of qubits, energies are estimates where bonds were cut), ``pauli`` (Pauli propagation, for high degrees
        and small angles; points from ``mps``), ``aer``, ``aer-mps``, ``noisy:NAME`` (Aer with the noise
        of a fake device), ``device:NAME`` (qiskit-ibm-runtime), or a BackendV2 or BaseSamplerV2 object of Qiskit, which
        a Record calls ``object:NAME``.
    shots_per_evaluation : points drawn an evaluation; None takes the exact expectation (noisy and device: 1,000 shots).
    num_shots : points drawn from the final state.
    optimizer : of the angles; ``auto`` takes l-bfgs where there are exact gradients and no shots, else cobyla.
    init : rule of the first angles, one of ``INITIAL_ANGLES``: ``auto`` (``fixed`` on Max-Cut of nearly regular graphs,
        else ``ramp``), ``ramp``, ``tqa``, ``fixed``, ``interp``, ``fourier``,
        ``random``, ``transfer``, or one that a plugin registers.
    num_restarts : further optimisations from random ramps.
    alpha : share of the best outcomes whose mean energy is minimised (CVaR); 1 is the expectation.
    max_evaluations : evaluations an optimisation may take; a value with its gradient counts as one.
    scale : what gammas are divided by; see ``Ising.unit``.
    ramp : last gamma and first beta of the ramp, in scaled angles.
    angles : scaled gammas, then betas, to start from (init ``transfer``).
    transfer : file of a saved Record to take angles from (init ``transfer``).
    precision, threads, engine : of the exact engine; ``auto`` threads are all cores (or OMP_NUM_THREADS) from 20 qubits
        on, engine ``gpu`` is an NVIDIA card, which ``auto`` takes from 20 qubits on where there is one.
    readout : ``mitigate`` undoes each qubit's readout errors in the value (noisy and device).
    bond_dimension : largest of the matrix product state (mps, pauli, aer-mps); None is 64, and no limit on aer-mps.
    pauli_weight : strings on more qubits are dropped (pauli); None keeps them.
    pauli_strings : most strings that are held (pauli); beyond them the smallest are dropped.
    target_device : ``all-to-all``, ``heavy-hex``, ``fake_torino``, ...: depth and two-qubit gates are then those after
        transpiling to it; empty gives the simulated circuit's own.
    """

    num_layers: int = tunable(3, Range(1, 8), was="layers")
    backend: str | object = "exact"
    shots_per_evaluation: int | None = renamed("shots", None)
    num_shots: int = 1000
    optimizer: OptimizerName | Literal["auto"] = "auto"
    init: str = tunable("auto", Choice(("auto", "tqa", "interp")))
    num_restarts: int = renamed("restarts", 0)
    alpha: float = tunable(1.0, Range(0.05, 1.0))
    max_evaluations: int = tunable(200, Range(20, 400, "log"), was="maxiter")
    scale: Scale = tunable("rms", Choice(("rms", "max")))  # noqa: RUF009 (a dataclass field)
    ramp: tuple[float, float] = (0.6, 0.6)
    angles: tuple[float, ...] = ()
    transfer: str = ""
    precision: Literal["complex128", "complex64"] = "complex128"
    threads: int | Literal["auto"] = "auto"
    engine: Literal["auto", "compiled", "numpy", "gpu"] = "auto"
    readout: Literal["none", "mitigate"] = "none"
    bond_dimension: int | None = None
    pauli_weight: int | None = None
    pauli_strings: int = 100_000
    target_device: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "backend", as_backend(self.backend))
        for name in ("num_layers", "num_shots", "max_evaluations"):
            require(getattr(self, name) >= 1, f"{name} must be >= 1, got {getattr(self, name)!r}")
        require(self.threads == "auto" or self.threads >= 1, f"threads must be auto or >= 1, got {self.threads!r}")
        require(self.num_restarts >= 0, f"num_restarts must be >= 0, got {self.num_restarts!r}")
        require(
            self.shots_per_evaluation is None or self.shots_per_evaluation >= 1,
            f"shots_per_evaluation must be >= 1 or left out, got {self.shots_per_evaluation!r}",
        )
        require(0 < self.alpha <= 1, f"alpha must lie in (0, 1], got {self.alpha!r}; 1 is the expectation")
        self._check_optimizer()
        self._check_start()
        self._check_backend()

    def _check_optimizer(self) -> None:
        self._check_noise()
        if self.optimizer == "none" and self.num_restarts:
            raise ValueError(
                f"num_restarts must be 0 with optimizer='none', got {self.num_restarts}; there is nothing to restart"
            )

    def _check_start(self) -> None:
        rule: type[InitialAngles] = INITIAL_ANGLES.get(self.init).make  # type: ignore[assignment]
        if rule.takes_given != (bool(self.angles) + bool(self.transfer) == 1):
            raise ValueError(
                "init='transfer' must come with one of angles and transfer, and only then; give one of them"
            )
        rule.of(self)
        if rule.is_grown and self.optimizer == "none":
            raise ValueError(f"optimizer must not be 'none' with init={self.init!r}, which optimises layer by layer")

    def _check_backend(self) -> None:
        backend = self.runs_on
        if not backend.has_shots and (self.shots_per_evaluation is not None or self.alpha < 1):
            raise ValueError(
                f"shots_per_evaluation must be left out and alpha be 1 on {backend.kind}, which has no samples of "
                f"the state, got shots_per_evaluation={self.shots_per_evaluation!r} and alpha={self.alpha!r}; "
                "use backend='exact'"
            )
        if backend.has_expectation and not backend.has_tail and self.alpha < 1 and self.shots_per_evaluation is None:
            raise ValueError(
                f"shots_per_evaluation must be given for alpha={self.alpha} on {backend.kind}; "
                "e.g. shots_per_evaluation=1000, or backend='exact'"
            )
        if self.readout == "mitigate" and not backend.has_readout_errors:
            raise ValueError(f"readout='mitigate' must have a noisy or device backend, got {self.backend!r}")
        if self.bond_dimension is not None and not backend.takes_bond_dimension:
            raise ValueError(f"bond_dimension must come with backend mps, aer-mps or pauli, got {self.backend!r}")
        require(
            self.bond_dimension is None or self.bond_dimension >= 1,
            f"bond_dimension must be >= 1, got {self.bond_dimension!r}",
        )
        if self.pauli_weight is not None and backend.kind != "pauli":
            raise ValueError(f"pauli_weight must come with backend='pauli', got {self.backend!r}")
        require(
            self.pauli_weight is None or self.pauli_weight >= 1, f"pauli_weight must be >= 1, got {self.pauli_weight!r}"
        )
        require(self.pauli_strings >= 1, f"pauli_strings must be >= 1, got {self.pauli_strings!r}")
        self._check_target_device()

    @property
    def runs_on(self) -> QaoaBackend:
        """The backend as a value of its kind.

        Raises
        ------
        ValueError
            QAOA has no such backend.
        """
        return QAOA_BACKENDS.parse(self.backend)

    @property
    def initial_angles(self) -> InitialAngles:
        """The rule that chooses the first angles, with what it takes from these settings.

        Raises
        ------
        ValueError
            There is no such rule, or the settings do not suit it.
        """
        rule: type[InitialAngles] = INITIAL_ANGLES.get(self.init).make  # type: ignore[assignment]
        return rule.of(self)

    @property
    def planned_evaluations(self) -> int:
        """Evaluations that all optimisations may take together."""
        return 1 if self.optimizer == "none" else self.max_evaluations * (1 + self.num_restarts)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits, bytes and seconds on this machine, or why it cannot be held, with the remedy."""
        return self.runs_on.estimate(self, num_variables, num_interactions)

    def estimate_model(self, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """As ``estimate``, where the model itself is at hand: its graph may tell more than its size."""
        return self.runs_on.estimate_model(self, bqm)

    def evaluation_seconds(self, num_variables: int) -> float:
        """Estimate of one evaluation without a gradient on our own engines; 0 on other backends."""
        return self.runs_on.evaluation_seconds(self, num_variables)
