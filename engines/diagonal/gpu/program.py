"""A circuit as the tables that the kernels read: what each pass does, its phases and rotations, for a batch of angles.

Rotations are written with their tangent where all angles of a layer are at most pi/4; their cosines then go, as one
factor, into a phase. On the way back that factor stands on both vectors while a layer is being undone; `corrections`
takes it off the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from . import layout
from .layout import Group, Step

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rotations:
    """Rotations of all layers for a batch of B settings of p layers and n qubits.

    Parameters
    ----------
    first, second : shape (B, p, n): cosine and sine, or 1 and the tangent
    cosines : shape (B, p, n): what the tangent form leaves out; 1 where it is not used
    scales : shape (B, p): their product, and the sign of angles that were folded to (-pi/2, pi/2]
    is_plain : shape (B, p)
    """

    first: Float
    second: Float
    cosines: Float
    scales: Float
    is_plain: npt.NDArray[np.bool_]


def rotations_of(angles: Float, *, together: bool) -> Rotations:
    """Rotations by angles of shape (B, p, n); ``together`` gives a layer one form in the whole batch."""
    turns = np.rint(angles / np.pi)
    folded = angles - np.pi * turns
    is_plain = np.asarray((np.abs(folded) > np.pi / 4).any(axis=2))
    if together:
        is_plain = np.broadcast_to(np.asarray(is_plain.any(axis=0)), is_plain.shape)
    sign = 1.0 - 2.0 * (turns.sum(axis=2) % 2)
    cosine, plain = np.cos(folded), is_plain[..., None]
    first = np.where(plain, cosine, 1.0)
    second = np.where(plain, np.sin(folded), np.tan(folded))
    cosines = np.where(plain, 1.0, cosine)
    return Rotations(first, second, cosines, sign * cosines.prod(axis=2), is_plain)


def phases_of(turns: Float) -> npt.NDArray[np.uint64]:
    """Turns of one unit as the bits of a number and as a 64-bit fraction, shape (..., 2)."""
    out = np.empty((*turns.shape, 2), dtype=np.uint64)
    out[..., 0] = np.ascontiguousarray(turns, dtype=np.float64).view(np.uint64)
    # Of the absolute value, negated afterwards: one less a small fraction would lose the fraction's last digits.
    size = np.abs(turns)
    fraction = size - np.floor(size)
    upper = np.floor(fraction * 2.0**32)
    lower = np.rint((fraction * 2.0**32 - upper) * 2.0**32)
    bits = (upper.astype(np.uint64) << np.uint64(32)) + lower.astype(np.uint64)
    out[..., 1] = np.where(turns < 0, np.uint64(0) - bits, bits)
    return out


@dataclass(frozen=True, eq=False)
class Tables:
    """What a run of passes reads: ints of each pass, phases and rotations of each pass and setting."""

    ints: npt.NDArray[np.int32]
    phases: npt.NDArray[np.uint64]
    rotations: npt.NDArray[np.float32] | npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Program:
    """The passes of one circuit shape; the angles come later.

    Parameters
    ----------
    flags : what each pass does apart from the form of its rotations
    """

    groups: tuple[Group, ...]
    steps: tuple[Step, ...]
    flags: tuple[int, ...]
    held: int
    is_backward: bool

    def tables(self, rotations: Rotations, turns: Float, real: npt.DTypeLike, amplitude: float) -> Tables:
        """Tables for angles and turns of the phases, shape (B, p); `amplitude` is that of the uniform superposition."""
        batch, layers, n = rotations.first.shape
        none = layers  # rows of layers that are not there: no rotation, no phase
        before, phase, after = (
            np.array([none if value is None else value for value in values])
            for values in zip(*((s.before, s.phase, s.after) for s in self.steps))
        )
        pairs = np.zeros((batch, layers + 1, n + 1, 2), dtype=real)
        pairs[..., 0] = 1.0
        pairs[:, :layers, :n, 0] = rotations.first
        pairs[:, :layers, :n, 1] = -rotations.second if self.is_backward else rotations.second
        qubits = np.array([self.groups[s.group].qubits for s in self.steps])
        tile = qubits.shape[1]
        out = np.zeros((batch, len(self.steps), 2 * tile + 1, 2), dtype=real)
        out[:, :, 1 : 1 + tile] = pairs[:, before[:, None], qubits]
        out[:, :, 1 + tile :] = pairs[:, after[:, None], qubits]
        scales = np.concatenate([rotations.scales, np.ones((batch, 1))], axis=1)
        out[:, :, 0, 0] = scales[:, after]
        out[:, :, 0, 1] = scales[:, before] if self.is_backward else amplitude
        signed = np.concatenate([-turns if self.is_backward else turns, np.zeros((batch, 1))], axis=1)
        plain = np.append(rotations.is_plain[0], False)
        ints = np.array([layout.row_of(self.groups[s.group], f, self.held) for s, f in zip(self.steps, self.flags)])
        ints[:, 0] |= np.where(plain[before], layout.PLAIN_BEFORE, 0) | np.where(plain[after], layout.PLAIN_AFTER, 0)
        return Tables(ints.astype(np.int32), phases_of(signed[:, phase]), out)

    def by_layer(self, sums: Float, rotations: Rotations) -> tuple[Float, Float]:
        """Derivatives by gammas (B, p) and angles (B, p, n), halved, from sums of shape (B, passes, 1 + 2 tile)."""
        batch, layers, n = rotations.first.shape
        by_gamma, by_angle = np.zeros((batch, layers)), np.zeros((batch, layers, n))
        left = [
            rotations.scales[:, layer] ** 2 for layer in range(layers)
        ]  # what stands on the products, layer by layer
        for k, step in enumerate(self.steps):
            group = self.groups[step.group]
            tile = group.bits.size
            order = bit_order(tile, self.held)
            if step.phase is not None:
                by_gamma[:, step.phase] = sums[:, k, 0]
            parts = ((step.before, order[::-1], 1), (step.after, order, 1 + tile))
            for layer, walked, first in parts:
                if layer is None:
                    continue
                for bit in (b for step_bits in walked for b in step_bits):
                    qubit = group.qubits[bit]
                    if qubit >= 0:
                        by_angle[:, layer, qubit] = sums[:, k, first + bit] / left[layer]
                        left[layer] = left[layer] / rotations.cosines[:, layer, qubit] ** 2
        return by_gamma, by_angle


def bit_order(tile: int, held: int) -> list[list[int]]:
    """Local bits that each step of a tile rotates, from the lowest step up; a walk down goes through it backwards."""
    steps = -(-tile // held)
    return [list(range(step * held, min(tile, (step + 1) * held))) for step in range(steps)]


@lru_cache(maxsize=64)
def forward_program(groups: tuple[Group, ...], layers: int, held: int, *, starts: bool) -> Program:
    """Passes from the uniform superposition, or from a state that stands there already."""
    steps = tuple(layout.forward_steps(len(groups), layers))
    flags = []
    for step in steps:
        flag = layout.STORE
        flag |= layout.START if step.is_first and starts else 0
        flag |= layout.MIX_BEFORE if step.before is not None else 0
        flag |= (layout.PHASE | layout.MIX_AFTER) if step.phase is not None else 0
        flags.append(flag)
    return Program(groups, steps, tuple(flags), held, False)


@lru_cache(maxsize=64)
def backward_program(groups: tuple[Group, ...], layers: int, held: int, *, keeps_density: bool = False) -> Program:
    """Passes from the final state back; the first makes the adjoint, the last stores nothing."""
    steps = tuple(layout.backward_steps(len(groups), layers))
    flags = []
    for step in steps:
        flag = layout.MIX_BEFORE
        flag |= layout.WEIGH if step.is_first else 0
        flag |= layout.PHASE | (layout.DENSITY if keeps_density else 0) if step.phase is not None else 0
        flag |= layout.MIX_AFTER if step.after is not None else 0
        flag |= 0 if step.is_last else layout.STORE
        flags.append(flag)
    return Program(groups, steps, tuple(flags), held, True)
