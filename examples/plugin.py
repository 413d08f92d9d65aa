"""An encoder outside the repository: every row as a square of its distance from the upper bound.

``qopt --plugin examples/plugin.py solve examples/mdkp.json --solver sa --encoder square-penalty``
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qopt.core import (
    ENCODERS,
    BinaryProgram,
    Encoding,
    LiteralMap,
    Round,
    UnsupportedError,
    bqm_from_arrays,
    encode_again_if_grown,
)


@ENCODERS.register("square-penalty")
@dataclass(frozen=True)
class SquarePenalty:
    """Penalty weight * (A_i x - upper_i)**2 for each row: no slack bits, inequalities taken for equalities.

    Not exact: a knapsack whose optimum leaves room is pulled towards full rows.
    """

    weight: float = 1.0

    def encode(self, program: BinaryProgram) -> Encoding:
        """The program's cost plus the squares, in the program's own bits."""
        rows = program.constraints
        if not np.isfinite(rows.upper).all():
            raise UnsupportedError("every row must have an upper bound for square-penalty; use slack")
        n = program.num_variables
        scale = np.maximum(1.0, np.abs(rows.upper))
        A, b = rows.A.toarray() / scale[:, None], rows.upper / scale
        Q = program.products.toarray() + self.weight * 2 * np.triu(A.T @ A, 1)
        linear = program.c + self.weight * ((A * A).sum(axis=0) - 2 * b @ A)
        i, j = np.triu_indices(n, 1)
        bqm = bqm_from_arrays(linear, i, j, Q[i, j], program.offset + self.weight * float(b @ b))
        return Encoding(
            bqm,
            LiteralMap.identity(n),
            penalties=dict.fromkeys(rows.names, self.weight),
            native=program,
            state={"rows": program.num_rows},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """Once more when lazy rows were added; there is nothing else to learn."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """The program's own bits."""
        return program.num_variables
