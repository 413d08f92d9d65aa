"""Simulated bifurcation: many agents' positions and momenta in matrix products, on NumPy or on a card by CuPy.

``y += (-(a0 - a) x + xi (f(x) J + h)) dt; x += a0 y dt``; where |x| passes 1, x is set to its sign and y to 0. The
pressure a rises from 0 to a0 = 1. f(x) = x is the ballistic form, f(x) = sign(x) the discrete one. Here the energy to
lower is ``E = sum h s + sum J s s``, so forces carry minus J and minus h.

References: Goto et al. (2021), High-performance combinatorial optimization based on classical mechanics,
doi:10.1126/sciadv.abe7953, whose xi = 0.5 / (sigma sqrt(n)) with sigma**2 = sum J_ij**2 / (n (n - 1)) is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...core import UnsupportedError
from .engine import Device, Spins
from .model import IsingModel

Variant = Literal["ballistic", "discrete"]
#: Time steps of the two forms, after Goto et al.
TIME_STEPS = {"ballistic": 1.25, "discrete": 1.0}
#: Share of nonzero couplings from which on J is a full matrix.
DENSE_SHARE = 0.1


@dataclass(frozen=True)
class BifurcationSettings:
    """Form, number of steps, time step (None: the form's own) and where it runs."""

    variant: Variant = "discrete"
    num_steps: int = 1000
    time_step: float | None = None
    device: Device = "cpu"

    def __post_init__(self) -> None:
        if self.variant not in TIME_STEPS:
            raise ValueError(f"variant must be ballistic or discrete, got {self.variant!r}")
        if self.device not in ("cpu", "gpu"):
            raise ValueError(f"device must be cpu or gpu, got {self.device!r}")
        if self.num_steps < 1 or (self.time_step is not None and not 0 < self.time_step <= 2):
            raise ValueError(f"num_steps must be >= 1 and time_step 0..2, got {self.num_steps!r}, {self.time_step!r}")


def bifurcate(
    model: IsingModel,
    settings: BifurcationSettings,
    *,
    agents: int,
    seed: int,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[Spins, int]:
    """Signs of the agents' last positions (agents, n), and the steps made.

    Parameters
    ----------
    is_over : asked every hundredth of the steps; True ends the run early.

    Raises
    ------
    UnsupportedError
        A card was asked for and CuPy is not installed.

    Examples
    --------
    >>> chain = IsingModel.from_arrays([0, 0, 0], [0, 1], [1, 2], [1, 1])
    >>> spins, steps = bifurcate(chain, BifurcationSettings(num_steps=200), agents=8, seed=1)
    >>> float(chain.energies(spins).min()), steps
    (-2.0, 200)
    """
    xp, J = _force(model, settings.device)
    n = model.num_variables
    rng = np.random.default_rng(seed)
    x, y = (xp.asarray(rng.uniform(-0.1, 0.1, (n, agents))) for _ in range(2))
    h = xp.asarray(model.field)[:, None]
    xi = _coupling(model)
    dt = settings.time_step or TIME_STEPS[settings.variant]
    steps = settings.num_steps
    for k in range(steps):
        if k % max(1, steps // 100) == 0 and k and is_over():
            steps = k
            break
        a = k / settings.num_steps
        seen = x if settings.variant == "ballistic" else xp.sign(x)
        y += dt * (-(1 - a) * x - xi * (J @ seen + h))
        x += dt * y
        outside = xp.abs(x) > 1
        x = xp.where(outside, xp.sign(x), x)
        y = xp.where(outside, 0.0, y)
    last = x if xp is np else xp.asnumpy(x)
    return np.where(last >= 0, 1, -1).astype(np.int8).T, steps


def _coupling(model: IsingModel) -> float:
    """Strength of the forces; the fields count as a coupling to one more spin."""
    n = model.num_variables
    total = float((model.weight**2).sum() + 2 * (model.field**2).sum())
    return 0.5 / np.sqrt(total / max(1, n)) if total else 0.0


def _force(model: IsingModel, device: Device) -> tuple[Any, Any]:
    """The array module, and the couplings as its matrix: full where dense, else sparse."""
    from scipy.sparse import csr_array

    n = model.num_variables
    matrix = csr_array((model.weight, model.col, model.ptr), shape=(n, n))
    is_dense = matrix.nnz > DENSE_SHARE * n * n
    if device == "cpu":
        return np, matrix.toarray() if is_dense else matrix
    try:
        cupy = importlib.import_module("cupy")
        sparse = importlib.import_module("cupyx.scipy.sparse")
    except ImportError as error:
        raise UnsupportedError(f"device must be cpu where CuPy is missing, got 'gpu' ({error}); use cpu") from None
    return cupy, cupy.asarray(matrix.toarray()) if is_dense else sparse.csr_matrix(matrix)
