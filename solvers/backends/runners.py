"""Where a circuit runs: Aer exactly or with shots, Aer with a device's noise, or a device, all through V2 primitives.

``kinds`` names them (``device:fake_x`` is the runtime's local testing mode); any BackendV2 or BaseSamplerV2 object is
one too. Limits: an exact expectation only
on ``aer`` and ``aer-mps``; job sessions and queues are the caller's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from ...core import Bits, Float, UnsupportedError
from ...core.optional import require
from .bits import points_of_bit_array
from .transpile import CircuitCost, backend_pass_manager, check_holds, cost_of, fake_backend, qubits_used


@dataclass(frozen=True, eq=False)
class Compiled:
    """A parametrised circuit made ready for one runner: bare for expectations, measured for shots.

    ``logical`` has the figures before, ``cost`` those after transpilation (the same where nothing is transpiled);
    ``used`` selects the values of the parameters that the circuit really contains.
    """

    bare: Any
    measured: Any
    logical: CircuitCost
    cost: CircuitCost
    used: tuple[int, ...]

    def values(self, parameters: Float) -> Float:
        """The circuit's own parameter values in its order, shape (len(used),), of all parameters, shape (k,)."""
        return np.asarray(parameters, dtype=np.float64)[list(self.used)]


class Runner(Protocol):
    """Where circuits run."""

    @property
    def engine(self) -> str:
        """What ran, with its version, for the record."""
        ...

    @property
    def is_exact(self) -> bool:
        """Whether ``expectation`` works."""
        ...

    def compile(self, circuit: Any) -> Compiled:
        """The circuit made ready."""
        ...

    def expectation(self, compiled: Compiled, parameters: Float, operator: Any) -> float:
        """Exact expectation of an operator on the circuit's qubits; ``parameters`` have shape (parameters,)."""
        ...

    def sample(self, compiled: Compiled, parameters: Float, shots: int, seed: int) -> Bits:
        """Points (shots, n); column i is qubit i."""
        ...


@dataclass(frozen=True, eq=False)
class AerRunner:
    """Noiseless Aer, nothing transpiled.

    Parameters
    ----------
    method : of AerSimulator.
    bond_dimension : largest of the matrix product state; None keeps the state exact to 1e-16.
    """

    method: str = "statevector"
    bond_dimension: int | None = None
    is_exact: bool = True
    _held: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def engine(self) -> str:
        version = require("qiskit_aer", "qiskit-aer", "quantum").__version__
        bond = "" if self.bond_dimension is None else f", bond dimension <= {self.bond_dimension}"
        return f"aer {version} ({self.method}{bond})"

    def compile(self, circuit: Any) -> Compiled:
        """The circuit as it is: Aer runs any gate on any pair of qubits."""
        cost = cost_of(circuit)
        return Compiled(circuit, circuit.measure_all(inplace=False), cost, cost, _used(circuit))

    def expectation(self, compiled: Compiled, parameters: Float, operator: Any) -> float:
        """Exact expectation of a Pauli operator at the parameters, shape (parameters,), by Aer's estimator without
        shots.
        """
        primitives = require("qiskit_aer.primitives", "qiskit-aer", "quantum")
        if "estimator" not in self._held:
            self._held["estimator"] = primitives.EstimatorV2.from_backend(self._backend)
        job = self._held["estimator"].run([(compiled.bare, operator, compiled.values(parameters))], precision=0.0)
        return float(job.result()[0].data.evs)

    def sample(self, compiled: Compiled, parameters: Float, shots: int, seed: int) -> Bits:
        """Measured points, shape (shots, n), of the circuit at the parameters, shape (parameters,)."""
        return _aer_sample(self._backend, compiled, parameters, shots, seed)

    @property
    def _backend(self) -> Any:
        if "backend" not in self._held:
            aer = require("qiskit_aer", "qiskit-aer", "quantum")
            options: dict[str, Any] = {"method": self.method}
            if self.bond_dimension is not None:
                options["matrix_product_state_max_bond_dimension"] = self.bond_dimension
            self._held["backend"] = aer.AerSimulator(**options)
        return self._held["backend"]


@dataclass(frozen=True, eq=False)
class NoisyRunner:
    """Aer with the noise model, basis and coupling of a device, on circuits transpiled for it.

    Parameters
    ----------
    device : a BackendV2 with properties, such as the runtime's fake backends.
    seed : of the transpiler.
    """

    device: Any
    seed: int = 0
    level: int = 2
    is_exact: bool = False
    _held: dict[tuple[int, ...], Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def engine(self) -> str:
        version = require("qiskit_aer", "qiskit-aer", "quantum").__version__
        return f"aer {version} with the noise of {self.device.name}"

    def compile(self, circuit: Any) -> Compiled:
        """The circuit in the device's gates and on its couplings."""
        return _isa(circuit, self.device, self.seed, self.level)

    def expectation(self, compiled: Compiled, parameters: Float, operator: Any) -> float:
        """Never there: noise is only sampled, whatever the parameters, shape (parameters,).

        Raises
        ------
        UnsupportedError
            Always; shots must be given.
        """
        raise _no_expectation(self.engine)

    def sample(self, compiled: Compiled, parameters: Float, shots: int, seed: int) -> Bits:
        """Points, shape (shots, n), measured with the noise of those qubits of the device that the circuit uses."""
        qubits = qubits_used(compiled.measured)
        if qubits not in self._held:
            aer = require("qiskit_aer", "qiskit-aer", "quantum")
            noise = noise_model(self.device, qubits)
            self._held[qubits] = aer.AerSimulator(noise_model=noise, coupling_map=self.device.coupling_map)
        return _aer_sample(self._held[qubits], compiled, parameters, shots, seed)


@dataclass(frozen=True, eq=False)
class SamplerRunner:
    """Any BaseSamplerV2 object, on circuits transpiled for a device where one is given.

    Parameters
    ----------
    make_sampler : seed -> BaseSamplerV2; objects that take no seed make the run not replayable.
    device : BackendV2 that circuits are transpiled for; None leaves them as they are.
    """

    make_sampler: Callable[[int], Any]
    name: str
    device: Any = None
    seed: int = 0
    level: int = 2
    is_exact: bool = False

    @property
    def engine(self) -> str:
        return self.name

    def compile(self, circuit: Any) -> Compiled:
        """The circuit in the device's gates, or as it is where the sampler names no device."""
        if self.device is not None:
            return _isa(circuit, self.device, self.seed, self.level)
        cost = cost_of(circuit)
        return Compiled(circuit, circuit.measure_all(inplace=False), cost, cost, _used(circuit))

    def expectation(self, compiled: Compiled, parameters: Float, operator: Any) -> float:
        """Never there: a sampler gives points, whatever the parameters, shape (parameters,).

        Raises
        ------
        UnsupportedError
            Always; shots must be given.
        """
        raise _no_expectation(self.engine)

    def sample(self, compiled: Compiled, parameters: Float, shots: int, seed: int) -> Bits:
        """Measured points, shape (shots, n), of the circuit at the parameters, shape (parameters,), by one job."""
        job = self.make_sampler(seed).run([(compiled.measured, compiled.values(parameters))], shots=shots)
        return points_of_bit_array(job.result()[0].data.meas)


def device_of(name: str) -> Any:
    """BackendV2 of a name: a fake backend, else one of the account saved for qiskit-ibm-runtime.

    Raises
    ------
    UnsupportedError
        The device cannot be reached, or no account is saved.
    """
    if name.startswith("fake_"):
        return fake_backend(name)
    runtime = require("qiskit_ibm_runtime", "qiskit-ibm-runtime", "ibm")
    try:
        return runtime.QiskitRuntimeService().backend(name)
    except Exception as error:  # the service raises many unrelated classes; all of them mean that it is not reachable
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UnsupportedError(
            f"device {name} must be reachable ({text}); save an account or use device:fake_torino"
        ) from error


def runtime_runner(name: str, seed: int) -> Runner:
    """The runtime's sampler on the device of that name; see ``device_of``.

    Raises
    ------
    UnsupportedError
        The device cannot be reached.
    """
    device = device_of(name)
    return SamplerRunner(partial(_runtime_sampler, device), f"qiskit-ibm-runtime on {device.name}", device, seed)


def _runtime_sampler(device: Any, seed: int) -> Any:
    """The runtime's V2 sampler; its local testing mode, which runs fake backends, takes the seed."""
    runtime = require("qiskit_ibm_runtime", "qiskit-ibm-runtime", "ibm")
    try:  # the client-side sampler that replaces SamplerV2 from release 0.50 on
        make = importlib.import_module("qiskit_ibm_runtime.executor_sampler").Sampler
    except ModuleNotFoundError:
        make = runtime.SamplerV2
    sampler = make(mode=device)
    if device.name.startswith("fake_"):
        sampler.options.simulator.seed_simulator = seed
    return sampler


def device_runner(device: Any, seed: int) -> Runner:
    """A runner around a BackendV2 or BaseSamplerV2 object of the caller.

    Raises
    ------
    TypeError
        The object is neither.
    """
    primitives = require("qiskit.primitives", "qiskit", "quantum")
    if isinstance(device, primitives.BaseSamplerV2):
        target = getattr(device, "backend", None)
        target = target() if callable(target) else target
        return SamplerRunner(lambda _: device, f"sampler {type(device).__name__}", target, seed)
    if hasattr(device, "target") and hasattr(device, "run"):
        # IBM's machines have no run of their own any more: they take jobs of the runtime's primitive alone
        is_machine = type(device).__module__.startswith("qiskit_ibm_runtime.ibm_backend")
        make = partial(_runtime_sampler if is_machine else _backend_sampler, device)
        return SamplerRunner(make, f"backend {device.name}", device, seed)
    raise TypeError(
        f"device must be a BackendV2 or BaseSamplerV2 object, got {type(device).__name__}; see qiskit's primitives"
    )


def _backend_sampler(device: Any, seed: int) -> Any:
    primitives = require("qiskit.primitives", "qiskit", "quantum")
    return primitives.BackendSamplerV2(backend=device, options={"seed_simulator": seed})


def noise_model(device: Any, qubits: Iterable[int]) -> Any:
    """Aer's ``NoiseModel.from_backend`` of a device's properties on these qubits only.

    The other qubits' errors change nothing, but every run would carry them to the simulator again (133 qubits: 2 s).
    """
    from types import SimpleNamespace

    transpiler = require("qiskit.transpiler", "qiskit", "quantum")
    whole, chosen = device.target, set(qubits)
    target = transpiler.Target(num_qubits=device.num_qubits, dt=whole.dt, qubit_properties=whole.qubit_properties)
    for name in whole.operation_names:
        properties = whole[name]
        operation = whole.operation_from_name(name)
        if None in properties:  # not bound to qubits
            target.add_instruction(operation, name=name)
            continue
        kept = {ends: value for ends, value in properties.items() if chosen.issuperset(ends)}
        if kept:
            target.add_instruction(operation, kept, name=name)
    view = SimpleNamespace(
        version=2, name=device.name, target=target, operation_names=list(whole.operation_names), dt=whole.dt
    )
    return require("qiskit_aer.noise", "qiskit-aer", "quantum").NoiseModel.from_backend(view)


def _aer_sample(backend: Any, compiled: Compiled, parameters: Float, shots: int, seed: int) -> Bits:
    primitives = require("qiskit_aer.primitives", "qiskit-aer", "quantum")
    sampler = primitives.SamplerV2.from_backend(backend, seed=seed)
    job = sampler.run([(compiled.measured, compiled.values(parameters))], shots=shots)
    return points_of_bit_array(job.result()[0].data.meas)


def _isa(circuit: Any, device: Any, seed: int, level: int) -> Compiled:
    check_holds(device, circuit.num_qubits)
    measured = backend_pass_manager(device, seed=seed, level=level).run(circuit.measure_all(inplace=False))
    bare = measured.remove_final_measurements(inplace=False)
    return Compiled(bare, measured, cost_of(circuit), cost_of(bare, device.name), _used(measured))


def _used(circuit: Any) -> tuple[int, ...]:
    """Positions in the circuit's ParameterVector of the parameters it contains, in its own order."""
    return tuple(int(parameter.index) for parameter in circuit.parameters)


def _no_expectation(engine: str) -> UnsupportedError:
    return UnsupportedError(f"shots must be given on {engine}, which has no exact expectation; e.g. shots=1000")
