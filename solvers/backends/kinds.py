"""Where a circuit may run, as small types instead of words: what each can do is said once, beside its name.

A method (QAOA, an ansatz) keeps a ``Backends`` table of the kinds it has; a kind is one class, registered by its name.
What only one method knows of a backend (its evaluator, its estimate) stands in that method's subclass of the kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from ...core import unknown_name
from .given import PREFIX, BackendObject, as_backend
from .runners import AerRunner, NoisyRunner, Runner, device_runner, runtime_runner
from .transpile import fake_backend

#: Shots an evaluation on backends that have no exact expectation, where none are asked for.
DEFAULT_SHOTS = 1000


@dataclass(frozen=True)
class Backend:
    """Base of the kinds.

    Parameters
    ----------
    device : name behind the colon (``noisy:fake_manila``); empty where the kind takes none.
    """

    device: str = ""

    kind: ClassVar[str] = ""
    #: Whether a device's name follows behind a colon; the circuit is then transpiled for that device.
    takes_device: ClassVar[bool] = False
    #: Whether it gives exact gradients where no shots are drawn.
    has_gradient: ClassVar[bool] = False
    #: Whether it gives exact expectations; else every evaluation draws shots.
    has_expectation: ClassVar[bool] = True
    #: Whether it gives the exact CVaR of all outcomes.
    has_tail: ClassVar[bool] = False
    #: Whether an evaluation may draw shots: its points are samples of the state.
    has_shots: ClassVar[bool] = True
    #: Whether ``bond_dimension`` may bound its matrix product state.
    takes_bond_dimension: ClassVar[bool] = False

    @property
    def has_readout_errors(self) -> bool:
        """Whether it is noisy, so that readout may be mitigated."""
        return not self.has_expectation

    def evaluation_shots(self, shots: int | None) -> int | None:
        """Shots of one evaluation, given those asked for; None for an exact value."""
        return DEFAULT_SHOTS if shots is None and not self.has_expectation else shots

    def gives_gradient(self, shots: int | None) -> bool:
        """Whether an evaluation with those shots comes with an exact gradient."""
        return self.has_gradient and shots is None

    def runner(self, seed: int, bond_dimension: int | None = None) -> Runner:
        """The runner of circuits; ``seed`` is that of the transpiler.

        Raises
        ------
        NotImplementedError
            The kind runs no circuits: it is an engine of our own.
        """
        raise NotImplementedError(f"backend {self.kind} runs no circuits")


@dataclass(frozen=True)
class Exact(Backend):
    """State vector of our own engines, with gradients."""

    kind: ClassVar[str] = "exact"
    has_gradient: ClassVar[bool] = True
    has_tail: ClassVar[bool] = True


@dataclass(frozen=True)
class Product(Backend):
    """Matrix product state of our own engine, with gradients."""

    kind: ClassVar[str] = "mps"
    has_gradient: ClassVar[bool] = True


@dataclass(frozen=True)
class LightCone(Backend):
    """Light cones of our own engine: exact values with gradients at any size, no state and no samples of it."""

    kind: ClassVar[str] = "light-cone"
    has_gradient: ClassVar[bool] = True
    has_shots: ClassVar[bool] = False


@dataclass(frozen=True)
class Aer(Backend):
    """Aer's state vector."""

    kind: ClassVar[str] = "aer"

    def runner(self, seed: int, bond_dimension: int | None = None) -> Runner:
        return AerRunner()


@dataclass(frozen=True)
class AerProduct(Backend):
    """Aer's matrix product state."""

    kind: ClassVar[str] = "aer-mps"
    takes_bond_dimension: ClassVar[bool] = True

    def runner(self, seed: int, bond_dimension: int | None = None) -> Runner:
        return AerRunner("matrix_product_state", bond_dimension)


@dataclass(frozen=True)
class Noisy(Backend):
    """Aer with the noise of a fake device."""

    kind: ClassVar[str] = "noisy"
    takes_device: ClassVar[bool] = True
    has_expectation: ClassVar[bool] = False

    def runner(self, seed: int, bond_dimension: int | None = None) -> Runner:
        return NoisyRunner(fake_backend(self.device), seed)


@dataclass(frozen=True)
class Device(Backend):
    """A device of qiskit-ibm-runtime, or its local testing mode."""

    kind: ClassVar[str] = "device"
    takes_device: ClassVar[bool] = True
    has_expectation: ClassVar[bool] = False

    def runner(self, seed: int, bond_dimension: int | None = None) -> Runner:
        return runtime_runner(self.device, seed)


@dataclass(frozen=True, eq=False)
class Given(Backend):
    """A BackendV2 or BaseSamplerV2 object of the caller.

    Parameters
    ----------
    held : the object.
    """

    held: Any = None

    kind: ClassVar[str] = "object"
    takes_device: ClassVar[bool] = True
    has_expectation: ClassVar[bool] = False

    def runner(self, seed: int, bond_dimension: int | None = None) -> Runner:
        return device_runner(self.held, seed)

    def refusal_of(self, num_qubits: int) -> str:
        """Why the object cannot hold that many qubits; empty if it can, or does not say."""
        most = getattr(self.held, "num_qubits", None)
        if not isinstance(most, int) or num_qubits <= most:
            return ""
        return f"{self.device} must have at least {num_qubits} qubits, has {most}; hand over a larger backend"


B = TypeVar("B", bound=Backend)


class Backends(Generic[B]):
    """The kinds of backend that one method has, by name.

    Examples
    --------
    >>> known = Backends[Backend](Exact, Noisy)
    >>> known.parse("noisy:fake_manila")
    Noisy(device='fake_manila')
    """

    def __init__(self, *kinds: type[B]) -> None:
        self._kinds: dict[str, type[B]] = {kind.kind: kind for kind in kinds}

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def register(self, kind: type[B]) -> type[B]:
        """Decorator of a further kind, under its own name."""
        self._kinds[kind.kind] = kind
        return kind

    def parse(self, value: object, method: str = "") -> B:
        """The backend that a text names, or that an object of Qiskit is.

        Raises
        ------
        ValueError
            The method has no such kind, or a device's name is missing or too many.
        """
        value = as_backend(value)
        if isinstance(value, BackendObject):
            if PREFIX[:-1] not in self._kinds:
                raise ValueError(
                    f"backend of {method} must be one of {', '.join(self._kinds)}, got {value!r}; it runs no object"
                )
            return self._kinds[PREFIX[:-1]](value.name, held=value.held)  # type: ignore[call-arg]
        text = value
        name, colon, device = text.partition(":")
        if name not in self._kinds:
            raise unknown_name(f"backend of {method}" if method else "backend", name, self._kinds)
        kind = self._kinds[name]
        if bool(device) != kind.takes_device or bool(colon) != bool(device):
            example = f"{name}:fake_torino" if kind.takes_device else name
            raise ValueError(f"backend must be written {example}, got {text!r}; see `qopt list --options`")
        return kind(device)


#: The kinds that run circuits.
CIRCUIT_BACKENDS: Backends[Backend] = Backends(Aer, AerProduct, Noisy, Device)
