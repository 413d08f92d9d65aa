"""A polynomial cost for samplers: with auxiliary bits as a QUBO (``quadratise``), or as it is (``polynomial``).

Both take programs without rows. A quadratic program passes through ``quadratise`` unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core import (
    ENCODERS,
    BinaryProgram,
    Encoding,
    LiteralMap,
    PolynomialModel,
    PolynomialProgram,
    Round,
    UnsupportedError,
    encode_again_if_grown,
    quadratise,
)
from ..core.quadratise import Quadratised
from .quadratic import Quadratic


@ENCODERS.register("quadratise")
@dataclass(frozen=True)
class Quadratise:
    """A polynomial of any degree as a QUBO, with an auxiliary bit for each product that it needs; exact.

    The penalties are proven (``core.quadratise``): over the auxiliary bits, the least energy is the polynomial's value.

    Examples
    --------
    >>> from qopt.core import BinaryPolynomial
    >>> program = PolynomialProgram(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5}))
    >>> encoding = Quadratise().encode(program)
    >>> encoding.num_qubits, encoding.num_aux, encoding.is_exact
    (4, 1, True)
    """

    def encode(self, program: BinaryProgram) -> Encoding:
        """The QUBO of the polynomial.

        Raises
        ------
        UnsupportedError
            The program has rows.
        """
        _require_no_rows(program, "quadratise")
        n = program.num_variables
        result = _quadratised(program)
        short = program if result is None else result.program()
        num_aux = 0 if result is None else result.num_aux
        return Encoding(
            Quadratic.cost(short).bqm(),
            LiteralMap.identity(n, n + num_aux),
            num_aux=num_aux,
            is_exact=True,
            is_relaxation=True,
            note=f"{num_aux} auxiliary bits",
            state={"rows": 0},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """None: nothing is learnt from samples."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """The polynomial's bits and the auxiliary ones."""
        result = _quadratised(program)
        return program.num_variables if result is None else result.polynomial.num_variables


@ENCODERS.register("polynomial")
@dataclass(frozen=True)
class AsPolynomial:
    """A polynomial of any degree as it is, over its own bits: for samplers that take one; all others refuse.

    Examples
    --------
    >>> from qopt.core import BinaryPolynomial
    >>> program = PolynomialProgram(BinaryPolynomial.from_terms(3, {(0, 1, 2): -5}))
    >>> AsPolynomial().encode(program).num_qubits
    3
    """

    def encode(self, program: BinaryProgram) -> Encoding:
        """The model of the polynomial; a quadratic program gives its QUBO.

        Raises
        ------
        UnsupportedError
            The program has rows.
        """
        _require_no_rows(program, "polynomial")
        higher = program.polynomial if isinstance(program, PolynomialProgram) else None
        return Encoding(
            Quadratic.cost(program).bqm() if higher is None else PolynomialModel(higher),
            LiteralMap.identity(program.num_variables),
            is_exact=True,
            is_relaxation=True,
            note="the cost is quadratic" if higher is None else f"degree {higher.degree}, no auxiliary bit",
            state={"rows": 0},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """None: nothing is learnt from samples."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """The polynomial's bits."""
        return program.num_variables


def _quadratised(program: BinaryProgram) -> Quadratised | None:
    """The quadratised polynomial; None of a program that is quadratic."""
    return quadratise(program.polynomial) if isinstance(program, PolynomialProgram) else None


def _require_no_rows(program: BinaryProgram, name: str) -> None:
    if program.num_rows:
        raise UnsupportedError(
            f"{name} must be given a program without rows, got {program.num_rows}; use --encoder slack"
        )
