"""Starting angles of QAOA: ramps, annealing times, fixed angles, random ramps, and growth layer by layer.

All angles here are the scaled ones (gamma times ``Ising.unit``), so that one set fits many instances; both are
positive, gammas rise and betas fall, as in an anneal from the mixer's ground state to the cost's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Float

#: Times of the annealing-like start that are tried, in scaled units.
TQA_TIMES = tuple(np.linspace(0.1, 1.2, 12).round(3).tolist())


def ramp(num_layers: int, gamma: float, beta: float) -> tuple[Float, Float]:
    """Gammas rise to ``gamma``, betas fall from ``beta``. Shape (num_layers,) each.

    References
    ----------
    Montanez-Barrera, Michielsen (2024), Towards a universal QAOA protocol, arXiv:2405.09169, equation 4.

    Examples
    --------
    >>> [angles.tolist() for angles in ramp(2, 1.0, 1.0)]
    [[0.5, 1.0], [1.0, 0.5]]
    """
    steps = np.arange(num_layers) / num_layers
    return gamma * (steps + 1 / num_layers), beta * (1 - steps)


def annealing(num_layers: int, time: float) -> tuple[Float, Float]:
    """Trotterised quantum annealing: ``gamma_i = (i - 1/2)/p * time``, ``beta_i = (1 - (i - 1/2)/p) * time``.

    Shape (num_layers,) each.

    References
    ----------
    Sack, Serbyn (2021), Quantum annealing initialization of the quantum approximate optimization algorithm,
    arXiv:2101.05742, equation 7, at the middles of the steps.

    Examples
    --------
    >>> [angles.tolist() for angles in annealing(2, 1.0)]
    [[0.25, 0.75], [0.75, 0.25]]
    """
    middles = (np.arange(num_layers) + 0.5) / num_layers
    return time * middles, time * (1 - middles)


def random_ramp(num_layers: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """A ramp of random heights (gamma 0.1 to 1.5, beta 0.1 to 0.8) with noise on every angle: a further start.

    Shape (num_layers,) each.
    """
    gammas, betas = ramp(num_layers, rng.uniform(0.1, 1.5), rng.uniform(0.1, 0.8))
    return gammas + rng.normal(0, 0.1, num_layers), betas + rng.normal(0, 0.1, num_layers)


def random_angles(num_layers: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """Uniform angles: gammas in 0..pi, betas in 0..pi/2 (a period of every QUBO's mixer is pi).

    Shape (num_layers,) each.
    """
    return rng.uniform(0, np.pi, num_layers), rng.uniform(0, np.pi / 2, num_layers)


def grown(angles: npt.ArrayLike) -> Float:
    """Angles for one layer more, shape (p + 1,), of shape (p,), by linear interpolation (INTERP).

    References
    ----------
    Zhou, Wang, Choi, Pichler, Lukin (2020), Quantum approximate optimization algorithm: performance, mechanism, and
    implementation on near-term devices, doi:10.1103/PhysRevX.10.021067, equation B1.

    Examples
    --------
    >>> grown([1.0, 2.0]).tolist()
    [1.0, 1.5, 2.0]
    """
    old = np.asarray(angles, dtype=np.float64)
    weight = np.arange(len(old) + 1) / len(old)
    return np.asarray(weight * np.concatenate([[0.0], old]) + (1 - weight) * np.concatenate([old, [0.0]]))


def resampled(angles: npt.ArrayLike, num_layers: int) -> Float:
    """The curve of angles over the layers, shape (p,), read at another number of layers, shape (num_layers,).

    Examples
    --------
    >>> resampled([1.0, 3.0], 4).tolist(), resampled([1.0, 3.0], 2).tolist()
    ([1.0, 1.5, 2.5, 3.0], [1.0, 3.0])
    """
    old = np.asarray(angles, dtype=np.float64)
    if len(old) == num_layers:
        return old.copy()
    there, here = (np.arange(k) + 0.5 for k in (num_layers, len(old)))
    return np.interp(there / num_layers, here / len(old), old)


def fourier_matrix(num_layers: int) -> Float:
    """Angles (gammas, then betas) as a linear map of Fourier amplitudes (u, then v), shape (2p, 2p).

    ``gamma_i = sum_k u_k sin((k - 1/2)(i - 1/2) pi/p)``, ``beta_i = sum_k v_k cos(...)``.

    References
    ----------
    Zhou et al. (2020), doi:10.1103/PhysRevX.10.021067, equation 8.
    """
    half = np.arange(num_layers) + 0.5
    phase = np.outer(half, half) * np.pi / num_layers
    zero = np.zeros_like(phase)
    return np.block([[np.sin(phase), zero], [zero, np.cos(phase)]])


def saved_angles(path: str) -> tuple[Float, Float]:
    """Scaled angles of a saved Record of a QAOA run (``qopt solve --out``, or one line of a store). Shape (p,) each.

    Raises
    ------
    ValueError
        The file is no Record, or its run had no angles of one gamma and one beta a layer.
    """
    try:
        record = _last_json(Path(path).read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        raise ValueError(f"transfer must be a saved Record, got {path!r} ({error}); write one with --out") from None
    angles = _angles_in(record)
    if angles is None or np.ndim(angles["gammas"]) != 1 or np.shape(angles["gammas"]) != np.shape(angles["betas"]):
        raise ValueError(f"transfer must be a Record of a qaoa run with its angles, got {path!r}; see resources.extra")
    return np.asarray(angles["gammas"], dtype=np.float64) * float(angles["unit"]), np.asarray(angles["betas"], float)


def _last_json(text: str) -> Any:
    """One JSON document, or the last line of a store."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.splitlines()[-1] if text else "")


def _angles_in(record: Any) -> dict[str, Any] | None:
    extra = record.get("resources", {}).get("extra", {}) if isinstance(record, dict) else {}
    angles = extra.get("angles")
    return angles if isinstance(angles, dict) and {"gammas", "betas", "unit"} <= set(angles) else None
