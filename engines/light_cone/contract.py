"""Values and gradients of a network for many rows of couplings and fields: compiled where it was built, else NumPy.

The gradient is that of reverse differentiation: each step's product once more for each of its tensors, so that all
angles together cost about three values.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ...core import Float, Int
from ..extension import allowed, is_compiled, load_extension
from .network import COUPLING, FIELD, MIXER, SIGN, Network

_kernel, _WHY = load_extension("._contract", __package__)

EngineChoice = Literal["auto", "compiled", "numpy"]
Complex = npt.NDArray[np.complex128]


def engine_name(engine: EngineChoice = "auto") -> str:
    """``compiled (avx512)``, its like, or ``numpy``: what a run would use; QOPT_ENGINE=numpy turns ``auto`` to NumPy.

    Raises
    ------
    UnsupportedError
        ``compiled`` was asked for and was not built.
    """
    return f"compiled ({allowed(_kernel.kernels())[0]})" if is_compiled(engine, _kernel, _WHY) else "numpy"


def evaluate(
    network: Network,
    gammas: Float,
    betas: Float,
    couplings: Float,
    fields: Float,
    *,
    weights: Float | None = None,
    engine: EngineChoice = "auto",
    is_shared: bool = False,
) -> tuple[Float, Float]:
    """Values (r,) of r rows, and the gradient (2p,) of ``weights @ values`` by all gammas and betas.

    Parameters
    ----------
    couplings, fields : shapes (r, edges) and (r, vertices)
    weights : shape (r,); None for no gradient (zeros)
    is_shared : whether rows are taken one by one, with the steps kept that a row shares with the one before; else eight
        at a time. It is the compiled engine's matter.
    """
    values = np.zeros(len(couplings))
    gradient = np.zeros(2 * gammas.size)
    scale = 2.0**-network.num_vertices
    if is_compiled(engine, _kernel, _WHY):
        arrays = network.factors, network.starts, network.inputs, network.masks, network.widths, network.ends
        numbers = gammas, betas, np.ascontiguousarray(couplings), np.ascontiguousarray(fields)
        sets = allowed(_kernel.kernels())
        _kernel.evaluate(
            sets[0], arrays, numbers, scale, weights, values, None if weights is None else gradient, is_shared
        )
        return values, gradient
    tensors = [_factor(factor, gammas, betas, couplings, fields) for factor in network.factors.tolist()]
    for step in range(len(network.widths)):
        product = _product(network, step, tensors)
        tensors.append(np.add(*np.split(product, 2)))
    ends = [tensors[k] for k in network.ends]
    values[:] = scale * np.prod([end[0] for end in ends], axis=0).real
    if weights is not None:
        gradients = np.zeros((len(couplings), 2 * gammas.size))
        slopes = _slopes(network, tensors, scale)
        for k, factor in enumerate(network.factors.tolist()):
            _collect(factor, gammas, betas, (couplings, fields), (tensors[k], slopes[k]), gradients)
        gradient = weights @ gradients
    return values, gradient


def _slopes(network: Network, tensors: list[Complex], scale: float) -> list[Complex]:
    """Derivatives of the values by every entry of every tensor."""
    slopes = [np.zeros_like(tensor) for tensor in tensors]
    for k in network.ends:
        others = [tensors[j][0] for j in network.ends if j != k]
        slopes[k][0] = scale * np.prod(others, axis=0) if others else scale
    for step in reversed(range(len(network.widths))):
        above = np.tile(slopes[len(network.factors) + step], (2, 1))
        first, last = network.starts[step], network.starts[step + 1]
        for k in range(first, last):
            index = _index(int(network.masks[k]), int(network.widths[step]) + 1)
            np.add.at(slopes[network.inputs[k]], index, above * _product(network, step, tensors, without=k))
    return slopes


def _product(network: Network, step: int, tensors: list[Complex], without: int = -1) -> Complex:
    """The product of a step's tensors, but for one, over the union of their variables."""
    bits = int(network.widths[step]) + 1
    out = np.ones((1 << bits, tensors[0].shape[1]), dtype=np.complex128)
    for k in range(network.starts[step], network.starts[step + 1]):
        if k != without:
            out *= tensors[network.inputs[k]][_index(int(network.masks[k]), bits)]
    return out


def _index(mask: int, bits: int) -> Int:
    """For each index of a union, that of the tensor with the variables in the mask."""
    union = np.arange(1 << bits)
    out = np.zeros(1 << bits, dtype=np.int64)
    places = [b for b in range(bits) if mask >> b & 1]
    for place, bit in enumerate(places):
        out |= (union >> bit & 1) << place
    return out


_PAIR = np.array([1.0, -1.0, -1.0, 1.0])[:, None]
_ONE = np.array([1.0, -1.0])[:, None]


def _factor(factor: list[int], gammas: Float, betas: Float, couplings: Float, fields: Float) -> Complex:
    kind, layer, which, side = factor
    rows = len(couplings)
    if kind == SIGN:
        return np.repeat(_ONE, rows, axis=1).astype(np.complex128)
    if kind == MIXER:
        same, other = np.cos(betas[layer]), 1j * side * np.sin(betas[layer])
        return np.repeat(np.array([same, other, other, same])[:, None], rows, axis=1)
    numbers, spins = (couplings, _PAIR) if kind == COUPLING else (fields, _ONE)
    return np.asarray(np.exp(-1j * side * gammas[layer] * numbers[:, which] * spins))


def _collect(
    factor: list[int],
    gammas: Float,
    betas: Float,
    numbers: tuple[Float, Float],
    tensors: tuple[Complex, Complex],
    gradients: Float,
) -> None:
    """Add the part of the gradient that comes through one factor."""
    kind, layer, which, side = factor
    value, slope = tensors
    if kind == MIXER:
        same, other = -np.sin(betas[layer]), 1j * side * np.cos(betas[layer])
        gradients[:, gammas.size + layer] += (slope * np.array([same, other, other, same])[:, None]).sum(axis=0).real
    elif kind in (COUPLING, FIELD):
        column = numbers[0 if kind == COUPLING else 1][:, which]
        spins = _PAIR if kind == COUPLING else _ONE
        gradients[:, layer] += side * column * (spins * (slope * value).imag).sum(axis=0)
