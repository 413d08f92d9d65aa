"""What a circuit's angles are to minimise: the mean energy, or that of the best outcomes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expectation:
    """The mean energy."""


@dataclass(frozen=True)
class CVaR:
    """Mean energy of the best fraction `alpha` of the measurement outcomes (the last outcome counts in part).

    References
    ----------
    Barkoutsos et al. (2020), Improving Variational Quantum Optimization using CVaR, arXiv:1907.04769, eq. 8.
    """

    alpha: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise ValueError(f"alpha must be in (0, 1], got {self.alpha!r}")


Objective = Expectation | CVaR
MEAN = Expectation()
