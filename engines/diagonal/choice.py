"""Which engine runs a circuit of a size, with which precision and threads, and what its diagonal is made on.

``auto`` takes a card for large states where there is one, else the compiled engine where it was built, else NumPy. An
engine asked for by name that is not there is an error with the remedy.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...core.errors import UnsupportedError
from . import compiled
from .diagonal import CostDiagonal
from .gpu import device as gpu_device
from .gpu import engine as gpu
from .gpu.energies import CardDiagonal
from .gpu.state import CardState
from .memory import Precision, real_type
from .state import State

EngineChoice = Literal["auto", "compiled", "numpy", "gpu"]
AnyState = State | CardState
AnyCost = CostDiagonal | CardDiagonal

#: From so many qubits on ``auto`` takes a card: below, its start costs more than the states (docs/engine.md).
CARD_QUBITS = 20
#: From so many qubits on ``threads='auto'`` takes more than one thread.
THREADED_QUBITS = 20


@dataclass(frozen=True)
class Options:
    """How to run: precision, threads (compiled engine; the result is the same bit for bit), engine."""

    dtype: Precision = "complex128"
    threads: int = 1
    engine: EngineChoice = "auto"

    def __post_init__(self) -> None:
        real_type(self.dtype)
        if self.threads < 1:
            raise ValueError(f"threads must be >= 1, got {self.threads}")
        if self.engine not in ("auto", "compiled", "numpy", "gpu"):
            raise ValueError(f"engine must be auto, compiled, numpy or gpu, got {self.engine!r}")
        if self.engine == "gpu":
            gpu_device.require_card()
        if self.engine == "compiled" and not compiled.is_available():
            raise UnsupportedError(
                f"engine must be one that was built, got 'compiled' ({compiled.why_missing()}); "
                "install with a C++ compiler, or use engine='numpy'"
            )

    @property
    def is_compiled(self) -> bool:
        """Whether the compiled engine will run, where no card does."""
        return self.engine in ("auto", "compiled") and compiled.is_available()

    def card_for(self, n: int, cost: AnyCost | None = None) -> gpu_device.Card | None:
        """The card that a run on n qubits takes, that of the cost where it was made on one; None for the host.

        Raises
        ------
        ValueError
            The cost lies on a card, and an engine of the host is asked for.
        """
        if isinstance(cost, CardDiagonal):
            if self.engine in ("compiled", "numpy"):
                raise ValueError(f"cost must be a diagonal of the host for engine={self.engine!r}, got one of a card")
            return cost.card
        if self.engine == "gpu":
            return gpu_device.require_card()
        if self.engine != "auto" or n < CARD_QUBITS or gpu_device.why_missing():
            return None
        card = gpu_device.card()
        return card if _holds(card, n, self.dtype) else None

    @property
    def how(self) -> compiled.How:
        """The same for the compiled engine."""
        return compiled.How(self.real, self.threads)

    @property
    def real(self) -> np.dtype[Any]:
        """Type of the real and imaginary parts."""
        return real_type(self.dtype)


@lru_cache(maxsize=256)
def _holds(card: gpu_device.Card, n: int, dtype: Precision) -> bool:
    """Whether a card has room for a gradient; asked once, so that a run that fills it does not change engines."""
    return n <= gpu.most_qubits(card, dtype, states=2)


def threads_for(n: int, threads: int | Literal["auto"] = "auto") -> int:
    """Threads of a run on n qubits: ``auto`` is OMP_NUM_THREADS, else all cores it may use; one below 20 qubits.

    >>> threads_for(12), threads_for(12, 4)
    (1, 4)
    """
    if threads != "auto":
        return threads
    if n < THREADED_QUBITS:
        return 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def engine_name(engine: EngineChoice = "auto", n: int = 0, dtype: Precision = "complex128") -> str:
    """The engine that a run on n qubits would use, for records: ``compiled (avx512)``, ``numpy`` or ``gpu (...)``."""
    card = Options(dtype, engine=engine).card_for(n)
    if card is not None:
        return f"gpu ({card.name})"
    return f"compiled ({compiled.instruction_set()})" if Options(engine=engine).is_compiled else "numpy"


def card_name() -> str:
    """The card that engine ``gpu`` would use, or why there is none and what to do about it."""
    return gpu_device.why_missing() or f"{gpu_device.card().name} (CuPy, driver {gpu_device.driver_version()})"


def cost_of(
    linear: npt.ArrayLike,
    rows: npt.ArrayLike = (),
    cols: npt.ArrayLike = (),
    values: npt.ArrayLike = (),
    offset: float = 0.0,
    *,
    engine: EngineChoice = "auto",
    dtype: Precision = "complex128",
) -> AnyCost:
    """Diagonal of a QUBO's terms (see `CostDiagonal.from_arrays`), made where the engine for its size wants it.

    Linear terms have shape (n,), rows, cols and values (m,).
    """
    card = Options(dtype, engine=engine).card_for(np.asarray(linear).size)
    if card is not None:
        return CardDiagonal.from_arrays(card, linear, rows, cols, values, offset)
    return CostDiagonal.from_arrays(linear, rows, cols, values, offset)
