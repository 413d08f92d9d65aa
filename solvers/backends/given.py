"""A backend that is handed over as an object of Python, and the name that a Record has for it.

The name says what ran; it builds the same backend again only for those of ``KNOWN``: fake devices and a plain
AerSimulator, as they come. Any other object makes a run that no name replays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .transpile import fake_backend

#: What a backend's text begins with where an object stood.
PREFIX = "object:"


@dataclass(frozen=True, eq=False)
class BackendObject:
    """A BackendV2 or BaseSamplerV2 object, held as a setting.

    Parameters
    ----------
    held : the object.
    name : its own name, else that of its class.
    is_known : the name alone builds an equal one.
    """

    held: Any
    name: str
    is_known: bool = False

    def spec_text(self) -> str:
        """What a spec says in the object's place."""
        return PREFIX + self.name

    def __repr__(self) -> str:
        return repr(self.spec_text())

    def __reduce__(self) -> tuple[Any, ...]:
        return (as_backend, (self.spec_text(),)) if self.is_known else (BackendObject, (self.held, self.name))


def as_backend(value: object) -> str | BackendObject:
    """A backend as settings hold it: a text, or an object with its name.

    Raises
    ------
    TypeError
        Neither a text nor a BackendV2 or BaseSamplerV2 object.
    ValueError
        The text names an object that no name builds.

    Examples
    --------
    >>> as_backend("aer")
    'aer'
    """
    if isinstance(value, BackendObject):
        return value
    if isinstance(value, str):
        return _named(value.removeprefix(PREFIX)) if value.startswith(PREFIX) else value
    if not isinstance(value, type):
        if hasattr(value, "target") and callable(getattr(value, "run", None)):
            name = str(getattr(value, "name", None) or type(value).__name__)
            return BackendObject(value, name, is_known=_is_as_built(value, name))
        if _is_sampler(value):
            return BackendObject(value, type(value).__name__)
    raise TypeError(
        f"backend must be a name such as 'aer', or a BackendV2 or BaseSamplerV2 object, got {_shown(value)}; "
        "see `qopt list --options` for the names"
    )


def _shown(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _is_sampler(value: object) -> bool:
    """Whether it is a V2 sampler; Qiskit is there if it is, so that it need not be imported to see that it is none."""
    import sys

    primitives = sys.modules.get("qiskit.primitives")
    return primitives is not None and isinstance(value, primitives.BaseSamplerV2)


def _aer() -> Any:
    from ...core.optional import require

    return require("qiskit_aer", "qiskit-aer", "quantum").AerSimulator()


#: Name -> what builds it, beside those of the fake devices.
KNOWN: dict[str, Callable[[], Any]] = {"aer_simulator": _aer}


def _named(name: str) -> BackendObject:
    if name in KNOWN:
        return BackendObject(KNOWN[name](), name, is_known=True)
    if not name.startswith("fake_"):
        names = ", ".join([*KNOWN, "fake_torino", "another fake device"])
        raise ValueError(
            f"backend object must be one that a name builds again ({names}), got {name!r}; hand it over from Python"
        )
    return BackendObject(fake_backend(name), name, is_known=True)


def _is_as_built(value: Any, name: str) -> bool:
    """Whether the name builds a backend of the same class, gates, errors and options."""
    if name not in KNOWN and not name.startswith("fake_"):
        return False
    try:
        again = _named(name).held
    except (ValueError, ImportError):
        return False
    return type(value) is type(again) and _facts(value) == _facts(again)


def _facts(backend: Any) -> Any:
    """Gates with their errors, qubits, and options, comparable."""
    target = backend.target
    gates = {
        name: {ends: repr(what) for ends, what in target[name].items()} if target[name] else None
        for name in target.operation_names
    }
    return gates, repr(target.qubit_properties), target.num_qubits, repr(vars(backend.options))
