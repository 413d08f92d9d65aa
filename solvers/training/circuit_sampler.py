"""What every sampler of a trained circuit has by its backend and optimizer: a base for QAOA and the ansatz circuits."""

from __future__ import annotations

from typing import Any, Literal

from ..backends.given import BackendObject
from ..backends.kinds import Backend, Exact
from ..base import QuboSampler
from .optimizers import OPTIMIZERS, OptimizerName


class CircuitSampler(QuboSampler):
    """Base of settings with a ``backend``, an ``optimizer``, ``shots_per_evaluation`` and a ``target_device``."""

    backend: Any
    optimizer: OptimizerName | Literal["auto"]
    shots_per_evaluation: int | None
    target_device: str

    @property
    def runs_on(self) -> Backend:
        """The backend as a value of its kind."""
        raise NotImplementedError

    @property
    def is_named(self) -> bool:
        """False on an object that its name does not build again."""
        return not isinstance(self.backend, BackendObject) or self.backend.is_known

    @property
    def prefers_polynomials(self) -> bool:
        """On the exact engine alone: not every other backend has products of more than two."""
        return super().prefers_polynomials and isinstance(self.runs_on, Exact)

    @property
    def num_evaluation_shots(self) -> int | None:
        """Shots of one evaluation; None for an exact expectation."""
        return self.runs_on.evaluation_shots(self.shots_per_evaluation)

    @property
    def optimizer_used(self) -> OptimizerName:
        """What ``auto`` stands for."""
        if self.optimizer != "auto":
            return self.optimizer
        return "l-bfgs" if self.runs_on.gives_gradient(self.shots_per_evaluation) else "cobyla"

    def _check_noise(self) -> None:
        noise = self.num_evaluation_shots is not None
        if self.optimizer != "auto" and noise and not OPTIMIZERS[self.optimizer].stands_noise:
            raise ValueError(f"optimizer must stand shot noise, got {self.optimizer!r} with shots; use cobyla or spsa")

    def _check_target_device(self) -> None:
        if self.target_device and self.runs_on.takes_device:
            raise ValueError(
                f"target_device must be left out on {self.runs_on.kind}, whose device it is, got {self.target_device!r}"
            )
