"""Settings that all QAOA samplers share, their checks, and what a run would take.

Combinations that make no sense are refused here, with one line, before anything is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.tunable import Choice, Range, tunable
from ...engines.diagonal import engine_name, required_bytes, threads_for
from ...engines.diagonal.gpu import device as gpu_device
from ..backends.runners import DEFAULT_SHOTS, parse_backend
from ..backends.transpile import fake_backend
from ..base import Estimate, QuboSampler
from ..ising import Scale
from ..training.initial_angles import MOST_FIXED, InitName
from ..training.optimizers import OPTIMIZERS, OptimizerName
from ..training.resources import amplitudes, most_that_fit, power, require, too_large

#: Seconds a layer takes per amplitude of the exact engines (measured at n = 20; see docs), for estimates only.
SECONDS_PER_AMPLITUDE = {"compiled": 4e-9, "numpy": 1.3e-7, "gpu": 2.4e-11}

#: Evaluations that one exact gradient costs, for estimates only.
GRADIENT_COST = 4.0

#: Seconds a gate takes Aer per amplitude, for estimates only.
AER_SECONDS_PER_AMPLITUDE = 2e-9

#: Seconds a noisy gate takes Aer in one shot: constant, and per amplitude (Kraus operators); for estimates only.
NOISY_GATE_SECONDS = 2e-5
NOISY_SECONDS_PER_AMPLITUDE = 1.2e-8


@dataclass(frozen=True)
class QaoaSettings(QuboSampler):
    """Fields of every QAOA sampler.

    Parameters
    ----------
    layers : number p of layers.
    backend : ``exact`` (state vector with gradients), ``aer``, ``aer-mps``, ``noisy:NAME`` (Aer with the noise of a
        fake device) or ``device:NAME`` (qiskit-ibm-runtime).
    shots : points drawn an evaluation; None takes the exact expectation (noisy and device: 1,000 shots).
    num_shots : points drawn from the final state.
    optimizer : of the angles; ``auto`` takes l-bfgs where there are exact gradients and no shots, else cobyla.
    init : how the first angles are chosen; see ``starts``.
    restarts : further optimisations from random ramps.
    alpha : share of the best outcomes whose mean energy is minimised (CVaR); 1 is the expectation.
    maxiter : evaluations an optimisation may take; a value with its gradient counts as one.
    scale : what gammas are divided by; see ``Ising.unit``.
    ramp : last gamma and first beta of the ramp, in scaled angles.
    angles : scaled gammas, then betas, to start from (init ``transfer``).
    transfer : file of a saved Record to take angles from (init ``transfer``).
    precision, threads, engine : of the exact engine; ``auto`` threads are all cores (or OMP_NUM_THREADS) from 20 qubits
        on, engine ``gpu`` is an NVIDIA card, which ``auto`` takes from 20 qubits on where there is one.
    readout : ``mitigate`` undoes each qubit's readout errors in the value (noisy and device).
    bond_dimension : largest of the matrix product state (aer-mps); None keeps it exact.
    target_device : ``all-to-all``, ``heavy-hex``, ``fake_torino``, ...: depth and two-qubit gates are then those after
        transpiling to it; empty gives the simulated circuit's own.
    """

    layers: int = tunable(3, Range(1, 8))
    backend: str = "exact"
    shots: int | None = None
    num_shots: int = 1000
    optimizer: OptimizerName | Literal["auto"] = "auto"
    init: InitName = tunable("ramp", Choice(("ramp", "tqa", "interp")))  # noqa: RUF009 (a dataclass field)
    restarts: int = 0
    alpha: float = tunable(1.0, Range(0.05, 1.0))
    maxiter: int = tunable(200, Range(20, 400, "log"))
    scale: Scale = tunable("rms", Choice(("rms", "max")))  # noqa: RUF009 (a dataclass field)
    ramp: tuple[float, float] = (0.6, 0.6)
    angles: tuple[float, ...] = ()
    transfer: str = ""
    precision: Literal["complex128", "complex64"] = "complex128"
    threads: int | Literal["auto"] = "auto"
    engine: Literal["auto", "compiled", "numpy", "gpu"] = "auto"
    readout: Literal["none", "mitigate"] = "none"
    bond_dimension: int | None = None
    target_device: str = ""

    def __post_init__(self) -> None:
        kind, _ = parse_backend(self.backend)
        for name in ("layers", "num_shots", "maxiter"):
            require(getattr(self, name) >= 1, f"{name} must be >= 1, got {getattr(self, name)!r}")
        require(self.threads == "auto" or self.threads >= 1, f"threads must be auto or >= 1, got {self.threads!r}")
        require(self.restarts >= 0, f"restarts must be >= 0, got {self.restarts!r}")
        require(self.shots is None or self.shots >= 1, f"shots must be >= 1 or left out, got {self.shots!r}")
        require(0 < self.alpha <= 1, f"alpha must lie in (0, 1], got {self.alpha!r}; 1 is the expectation")
        self._check_optimizer()
        self._check_start()
        self._check_backend(kind)

    def _check_optimizer(self) -> None:
        noise = self.num_evaluation_shots is not None
        if self.optimizer != "auto" and noise and not OPTIMIZERS[self.optimizer].stands_noise:
            raise ValueError(f"optimizer must stand shot noise, got {self.optimizer!r} with shots; use cobyla or spsa")
        if self.optimizer == "none" and self.restarts:
            raise ValueError(
                f"restarts must be 0 with optimizer='none', got {self.restarts}; there is nothing to restart"
            )

    def _check_start(self) -> None:
        given = bool(self.angles) + bool(self.transfer)
        if (self.init == "transfer") != (given == 1):
            raise ValueError(
                "init='transfer' must come with one of angles and transfer, and only then; give one of them"
            )
        if len(self.angles) % 2:
            raise ValueError(f"angles must be as many gammas as betas, got {len(self.angles)} numbers")
        if self.init == "fixed" and self.layers > MOST_FIXED:
            raise ValueError(f"layers must be 1..{MOST_FIXED} for init='fixed', got {self.layers}; use init='interp'")
        if self.init in ("interp", "fourier") and self.optimizer == "none":
            raise ValueError(f"optimizer must not be 'none' with init={self.init!r}, which optimises layer by layer")

    def _check_backend(self, kind: str) -> None:
        if kind in ("aer", "aer-mps") and self.alpha < 1 and self.shots is None:
            raise ValueError(
                f"shots must be given for alpha={self.alpha} on {kind}; e.g. shots=1000, or backend='exact'"
            )
        if self.readout == "mitigate" and kind not in ("noisy", "device"):
            raise ValueError(f"readout='mitigate' must have a noisy or device backend, got {self.backend!r}")
        if self.bond_dimension is not None and kind != "aer-mps":
            raise ValueError(f"bond_dimension must come with backend='aer-mps', got {self.backend!r}")
        require(self.bond_dimension is None or self.bond_dimension >= 1, "bond_dimension must be >= 1")
        if self.target_device and kind in ("noisy", "device"):
            raise ValueError(
                f"target_device must be left out on {kind}, whose device it is, got {self.target_device!r}"
            )

    @property
    def backend_kind(self) -> str:
        """The backend without a device's name."""
        return parse_backend(self.backend)[0]

    @property
    def num_evaluation_shots(self) -> int | None:
        """Shots of one evaluation; None for an exact expectation."""
        if self.shots is None and self.backend_kind in ("noisy", "device"):
            return DEFAULT_SHOTS
        return self.shots

    @property
    def optimizer_used(self) -> OptimizerName:
        """What ``auto`` stands for."""
        if self.optimizer != "auto":
            return self.optimizer
        return "l-bfgs" if self.backend_kind == "exact" and self.shots is None else "cobyla"

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits, bytes and seconds on this machine, or why it cannot be held, with the remedy."""
        n = num_variables
        if self.backend_kind == "exact":
            return self._estimate_exact(n)
        if self.backend_kind == "aer-mps":
            return self._estimate_mps(n)
        if self.backend_kind == "device":
            return Estimate(qubits=n)
        if self.backend_kind == "noisy":
            return self._estimate_noisy(n, num_interactions)
        need = power(n, 32)  # Aer's complex128 state, once more for the sampled distribution
        gates = (num_interactions + 2 * n) * self.layers
        seconds = gates * amplitudes(n) * AER_SECONDS_PER_AMPLITUDE * self._evaluations
        remedy = "use backend='aer-mps', another encoder, or fewer variables"
        return Estimate(n, need, seconds, too_large(n, need, "aer", remedy))

    def _estimate_exact(self, n: int) -> Estimate:
        if self.engine == "gpu" and gpu_device.why_missing():
            return Estimate(n, refusal=f"engine gpu must find a card ({gpu_device.why_missing()})")
        name = engine_name(self.engine, n, self.precision).partition(" ")[0]
        has_gradient = self.optimizer_used == "l-bfgs"
        if name == "gpu":
            return self._estimate_card(n, has_gradient)
        need = self._exact_bytes(n, name, has_gradient)
        cost = (GRADIENT_COST if has_gradient else 1.0) * SECONDS_PER_AMPLITUDE[name]
        cost /= threads_for(n, self.threads) ** 0.75  # as measured on 1 to 16 cores
        seconds = cost * self.layers * amplitudes(n) * self._evaluations
        remedy = "use backend='aer-mps', precision='complex64', another encoder, or fewer variables"
        if too_large(n, need, "exact", remedy):
            most = most_that_fit(lambda k: self._exact_bytes(k, name, has_gradient), n)
            remedy = f"{most} qubits fit; {remedy}"
        return Estimate(n, need, seconds, too_large(n, need, "exact", remedy))

    def _estimate_card(self, n: int, has_gradient: bool) -> Estimate:
        """States and a cost diagonal of two bytes a point in the card's memory."""
        card = gpu_device.require_card()
        point = (1 + has_gradient) * (8 if self.precision == "complex64" else 16) + 2
        need, free = power(n, point), card.free_bytes()
        cost = (GRADIENT_COST if has_gradient else 1.0) * SECONDS_PER_AMPLITUDE["gpu"]
        seconds = cost * self.layers * amplitudes(n) * self._evaluations
        refusal = ""
        if need > free:
            fits = max((k for k in range(n) if power(k, point) <= free), default=0)
            refusal = (
                f"engine gpu must fit in the free memory of {card.name}, {free:,} bytes, got {n} qubits "
                f"({need:,} bytes); {fits} qubits fit; use precision='complex64', another encoder, or fewer variables"
            )
        return Estimate(n, need, seconds, refusal)

    def _exact_bytes(self, n: int, engine: str, has_gradient: bool) -> int:
        """States and a cost diagonal of the widest type; at most 2**62."""
        if n > 55:
            return 2**62
        return required_bytes(n, self.precision, gradient=has_gradient, engine=engine) + (8 << n)

    def _estimate_noisy(self, n: int, num_interactions: int) -> Estimate:
        """Trajectories of single shots, on about two qubits more than the circuit's own, which routing takes."""
        device = fake_backend(parse_backend(self.backend)[1])
        if n > device.num_qubits:
            refusal = f"{device.name} must have at least {n} qubits, has {device.num_qubits}; choose a larger device"
            return Estimate(qubits=n, refusal=refusal)
        gates = 4 * self.layers * (num_interactions + n) * (self.num_evaluation_shots or 1)
        seconds = gates * (NOISY_GATE_SECONDS + NOISY_SECONDS_PER_AMPLITUDE * amplitudes(n + 2))
        need = power(n + 2, 32)
        remedy = "fewer qubits: noise is simulated on the state of the whole circuit"
        return Estimate(n, need, seconds * self._evaluations, too_large(n, need, self.backend, remedy))

    def _estimate_mps(self, n: int) -> Estimate:
        bond = min(2 ** min(n // 2, 40), self.bond_dimension or 2**40)
        need = 4 * 16 * max(n, 1) * bond**2  # two tensors a bond, and the copy of a decomposition
        remedy = "set bond_dimension (an approximation), another encoder, or fewer variables"
        return Estimate(n, min(need, 2**62), None, too_large(n, need, "aer-mps in the worst case", remedy))

    def evaluation_seconds(self, num_variables: int) -> float:
        """Estimate of one evaluation without a gradient on the exact engine; 0 on other backends."""
        if self.backend_kind != "exact":
            return 0.0
        name = engine_name(self.engine).partition(" ")[0]
        return SECONDS_PER_AMPLITUDE[name] * self.layers * amplitudes(num_variables)

    @property
    def _evaluations(self) -> int:
        return 1 if self.optimizer == "none" else self.maxiter * (1 + self.restarts)
