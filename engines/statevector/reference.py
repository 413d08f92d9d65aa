"""The NumPy engine: every gate in place on views of the amplitudes; what the compiled kernels are checked against."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ...core import Float
from .circuit import GateCircuit, Kind

Complex = npt.NDArray[np.complex128]

#: Qubits that one dense Hadamard matrix takes at a time.
_WALSH_BITS = 5


def run(circuit: GateCircuit, angles: Float) -> Complex:
    """Amplitudes, shape (2**n,), after all gates on |0...0>, at angles of shape (parameters,)."""
    psi = np.zeros(2**circuit.num_qubits, dtype=np.complex128)
    psi[0] = 1.0
    for kind, first, second, parameter in circuit.gates.tolist():
        _apply(psi, kind, first, second, angles[parameter] if parameter >= 0 else 0.0)
    return psi


def pull_back(circuit: GateCircuit, angles: Float, psi: Complex, cotangent: Complex) -> Float:
    """Gradient, shape (parameters,) like the angles; psi and cotangent, shape (2**n,), are used up."""
    gradient = np.zeros(circuit.num_parameters)
    for kind, first, second, parameter in circuit.gates[::-1].tolist():
        if parameter >= 0:
            gradient[parameter] += _derivative(cotangent, psi, kind, first, second)
        angle = -angles[parameter] if parameter >= 0 else 0.0  # H, CX and CZ undo themselves
        _apply(psi, kind, first, second, angle)
        _apply(cotangent, kind, first, second, angle)
    return gradient


def _halves(psi: Complex, qubit: int) -> tuple[Complex, Complex]:
    parts = psi.reshape(-1, 2, 1 << qubit)
    return parts[:, 0], parts[:, 1]


def _quarters(psi: Complex, first: int, second: int) -> list[list[Complex]]:
    """Views [b1][b2] of the amplitudes with bit ``first`` = b1 and bit ``second`` = b2."""
    high, low = max(first, second), min(first, second)
    parts = psi.reshape(-1, 2, 1 << (high - low - 1), 2, 1 << low)
    views = [[parts[:, b_high, :, b_low] for b_low in (0, 1)] for b_high in (0, 1)]
    return views if first == high else [[views[b2][b1] for b2 in (0, 1)] for b1 in (0, 1)]


def _apply(psi: Complex, kind: int, first: int, second: int, angle: float) -> None:
    c, s = math.cos(angle / 2), math.sin(angle / 2)
    if second < 0:
        _single(psi, kind, first, c, s)
        return
    parts = _quarters(psi, first, second)
    match kind:
        case Kind.CZ:
            parts[1][1] *= -1
        case Kind.CX:
            kept = parts[1][0].copy()
            parts[1][0][...] = parts[1][1]
            parts[1][1][...] = kept
        case Kind.RZZ:
            for b1 in (0, 1):
                for b2 in (0, 1):
                    parts[b1][b2] *= complex(c, s if b1 != b2 else -s)
        case _:
            for one, other in ((parts[0][0], parts[1][1]), (parts[0][1], parts[1][0])):
                _mix(one, other, c, -1j * s, -1j * s, c)


def _single(psi: Complex, kind: int, qubit: int, c: float, s: float) -> None:
    zero, one = _halves(psi, qubit)
    match kind:
        case Kind.RX:
            _mix(zero, one, c, -1j * s, -1j * s, c)
        case Kind.RY:
            _mix(zero, one, c, -s, s, c)
        case Kind.RZ:
            zero *= complex(c, -s)
            one *= complex(c, s)
        case _:
            root = math.sqrt(0.5)
            _mix(zero, one, root, root, root, -root)


def _mix(zero: Complex, one: Complex, a: complex, b: complex, c: complex, d: complex) -> None:
    """(zero, one) <- (a zero + b one, c zero + d one)."""
    kept = zero.copy()
    zero *= a
    zero += b * one
    one *= d
    one += c * kept


def _derivative(cotangent: Complex, psi: Complex, kind: int, first: int, second: int) -> float:
    """Im <cotangent| P |psi>."""
    if second < 0:
        l0, l1 = _halves(cotangent, first)
        p0, p1 = _halves(psi, first)
        match kind:
            case Kind.RX:
                value = _inner(l0, p1) + _inner(l1, p0)
            case Kind.RY:
                value = -1j * _inner(l0, p1) + 1j * _inner(l1, p0)
            case _:
                value = _inner(l0, p0) - _inner(l1, p1)
        return float(value.imag)
    left, right = _quarters(cotangent, first, second), _quarters(psi, first, second)
    pairs = [(b1, b2) for b1 in (0, 1) for b2 in (0, 1)]
    if kind == Kind.RXX:
        return float(sum(_inner(left[a][b], right[1 - a][1 - b]) for a, b in pairs).imag)
    return float(sum((1 - 2 * (a ^ b)) * _inner(left[a][b], right[a][b]) for a, b in pairs).imag)


def _inner(left: Complex, right: Complex) -> complex:
    return complex((left.conj() * right).sum())
