"""The cost alone: for samplers that never leave the feasible subspace of the program's rows.

With any other sampler the rows would be forgotten, so the pipeline refuses that pair.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core import (
    ENCODERS,
    BinaryProgram,
    Encoding,
    FactoredModel,
    KroneckerProducts,
    LiteralMap,
    Round,
    encode_again_if_grown,
)
from .quadratic import Quadratic


@ENCODERS.register("native")
@dataclass(frozen=True)
class Native:
    """The cost without any row: for samplers that keep the rows themselves (xy).

    Minimises ``cost(x)``; the ground state over {0,1}^n is a relaxation's, since all rows are left out. Exact only
    where there are no rows.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[-3, -2], rows=make_rows([[2, 1]], upper=[2]))
    >>> encoding = Native().encode(program)
    >>> encoding.num_qubits, encoding.is_relaxation, encoding.native is program
    (2, True, True)
    """

    def encode(self, program: BinaryProgram) -> Encoding:
        """The cost of the program as a QUBO of the same bits; products held by factors stay so."""
        is_factored = isinstance(program.Q, KroneckerProducts)
        return Encoding(
            FactoredModel(program) if is_factored else Quadratic.cost(program).bqm(),
            LiteralMap.identity(program.num_variables),
            is_exact=program.num_rows == 0,
            is_relaxation=True,
            native=program,
            note=f"{program.num_rows} rows are the sampler's to keep",
            state={"rows": program.num_rows, "needs_subspace": program.num_rows > 0},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """A new encoding when lazy rows were added, which the sampler must keep too; else None."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """The program's own bits."""
        return program.num_variables
