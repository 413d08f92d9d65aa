"""One-hot rows of k variables on ceil(log2 k) bits: which one is 1 is a number; products of the bits, so degree > 2.

Rows that share no variable with an earlier one get a code; all other rows are encoded as by the slack encoder, in the
codes' bits. Samplers that take no polynomials need ``quadratic=True``, which costs auxiliary bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import (
    DECODERS,
    ENCODERS,
    BinaryPolynomial,
    BinaryProgram,
    Bits,
    Encoding,
    LiteralMap,
    PolynomialModel,
    Round,
    UnsupportedError,
    chain,
    encode_again_if_grown,
    quadratise,
)
from ..core.arrays import AnyArray, Int
from ..core.bit_maps import input_bits, seal_places
from ..core.tunable import PENALTIES, Choice, tunable
from .code_blocks import MAX_TERMS, Block, code_blocks, code_literals, in_code_bits, num_code_terms
from .domain_wall import one_hot_chains
from .penalties import PenaltyRule, PenaltyWeights, chosen_weights, valid_bounds
from .quadratic import Quadratic
from .row_plans import num_slack_bits, penalty_terms, plan_rows
from .slack import describe, penalties_by_name, penalty_function

_NO_ROWS = "binary codes need a one-hot row (sum of variables == 1), got none; use slack"


@DECODERS.register("binary-code")
@dataclass(frozen=True, eq=False)
class CodeMap:
    """Each program bit is 1 where some bits of the model have given values: ``x_i = AND_j (z[index_ij] == value_ij)``.

    Parameters
    ----------
    index : shape (n, w), positions in z; -1 where a program bit asks for fewer bits.
    value : shape (n, w), 0 or 1; 0 where index is -1.
    num_inputs : number m of the model's bits.

    Examples
    --------
    >>> three = CodeMap([[1, -1], [0, 1], [0, 1]], [[0, 0], [0, 1], [1, 1]], 2)  # three variables on two bits
    >>> three.apply(np.array([[0, 0], [1, 0], [0, 1], [1, 1]])).tolist()
    [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """

    index: Int
    value: Bits
    num_inputs: int

    def __post_init__(self) -> None:
        seal_places(self, ("index",), ("value",), shape="(n, w)")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def apply(self, Z: AnyArray) -> Bits:
        """X of shape (k, n) for Z of shape (k, m); every Z keeps the coded rows.

        Raises
        ------
        ValueError
            Z has another number of columns.
        """
        Z = input_bits(Z, self.num_inputs)
        padded = np.concatenate([Z, np.zeros((len(Z), 1), dtype=np.uint8)], axis=1)  # column -1 has the value 0
        X = np.ones((len(Z), len(self.index)), dtype=np.uint8)
        for column, value in zip(self.index.T, self.value.T):
            X &= padded[:, column] == value
        return X


@ENCODERS.register("binary-code")
@dataclass(frozen=True)
class BinaryCode:
    """One-hot rows by binary codes (k variables on ceil(log2 k) bits), the others by squares and slack; exact.

    Where k is no power of two, the first ``2**m - k`` variables take two codes each, which differ in the low bit: they
    ask for m - 1 bits. So every state of the bits denotes exactly one variable at 1, the coded rows hold always and
    need no penalty. *Proof of exactness*: states are exactly the points that keep the coded rows, with all slacks; on
    them the energy is that of the slack encoder, whose weights for the other rows are valid on all of {0,1}^n.

    Bits: codes first (low bit first), then the variables outside coded rows, then slacks.

    Parameters
    ----------
    penalty, tighten : as in ``Slack``, for the rows without a code.
    quadratic : the polynomial with auxiliary bits as a QUBO (see ``quadratise``), for samplers of QUBOs.

    References
    ----------
    Tan, Lemonde, Thanasilp, Tangpanitanon, Angelakis (2021), Qubit-efficient encoding schemes for binary optimisation
    problems, arXiv:2007.01774, for logarithmic codes in general; codes of two lengths are ours here.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[3, 1, 2], rows=make_rows([[1, 1, 1]], lower=[1], upper=[1]))
    >>> encoding = BinaryCode().encode(program)
    >>> encoding.num_qubits, encoding.is_exact, encoding.penalties
    (2, True, {})
    """

    penalty: PenaltyRule = tunable("auto", Choice(PENALTIES))  # noqa: RUF009 (a dataclass field)
    tighten: bool = tunable(False, Choice((False, True)))
    quadratic: bool = False

    def encode(self, program: BinaryProgram) -> Encoding:
        """The polynomial in code bits, as a QUBO where its degree is at most 2; see the class.

        Raises
        ------
        UnsupportedError
            The program has no one-hot row, or the polynomial more terms than ``MAX_TERMS``.
        """
        chains = one_hot_chains(program, _NO_ROWS)
        plans = plan_rows(program, tighten=self.tighten)
        is_other = np.ones(len(plans), dtype=bool)
        is_other[[chain.row for chain in chains]] = False
        others = [plan for plan, other in zip(plans, is_other.tolist()) if other]
        terms = penalty_terms(others, program.num_variables)
        valid = valid_bounds(program, plans)
        every = chosen_weights(program, plans, self.penalty, valid.values, valid.note)
        weights = PenaltyWeights(every.weights[is_other], every.bounds[is_other], every.note)
        function = Quadratic.cost(program).padded(terms.num_bits)
        function = function.plus(penalty_function(terms, weights.weights))
        blocks = code_blocks([chain.columns for chain in chains], terms.num_bits)
        polynomial = _checked(function, blocks)
        is_lossless = all(plan.is_lossless for plan in plans)
        resolution = _resolution(polynomial)
        note = f"{len(chains)} one-hot rows as codes, degree {polynomial.degree}"
        told = describe(others, weights, resolution)
        model, decoder, more = self._model(polynomial, _code_map(blocks, program.num_variables, polynomial))
        return Encoding(
            bqm=model,
            decoder=decoder,
            penalties=penalties_by_name(others, weights.weights),
            num_aux=num_slack_bits(others) + more,
            is_exact=is_lossless and weights.exceed(resolution),
            is_relaxation=is_lossless,
            note=f"{note}; {told}" if others else note,
            state={"rows": program.num_rows},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """A new encoding when lazy rows were added, else None."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """Code bits, variables outside coded rows, slack bits; with ``quadratic`` counted by encoding."""
        if self.quadratic:
            return self.encode(program).num_qubits
        chains = one_hot_chains(program, _NO_ROWS)
        rows = {chain.row for chain in chains}
        plans = plan_rows(program, tighten=self.tighten)
        others = [plan for position, plan in enumerate(plans) if position not in rows]
        coded = sum((chain.columns.size - 1).bit_length() - chain.columns.size for chain in chains)
        return program.num_variables + coded + num_slack_bits(others)

    def _model(self, polynomial: BinaryPolynomial, decoder: CodeMap) -> tuple[Any, Any, int]:
        """Model, decoder, and auxiliary bits of the quadratisation."""
        if polynomial.degree > 2 and not self.quadratic:
            return PolynomialModel(polynomial), decoder, 0
        result = quadratise(polynomial)
        identity = LiteralMap.identity(polynomial.num_variables, result.polynomial.num_variables)
        whole = decoder if not result.num_aux else chain(decoder, identity)
        return Quadratic.cost(result.program()).bqm(), whole, result.num_aux


def _checked(function: Quadratic, blocks: list[Block]) -> BinaryPolynomial:
    count = num_code_terms(function, blocks)
    if count > MAX_TERMS:
        raise UnsupportedError(
            f"binary codes must give at most {MAX_TERMS:,} terms, got up to {count:,}; use domain-wall or slack"
        )
    return in_code_bits(function, blocks)


def _code_map(blocks: list[Block], num_variables: int, polynomial: BinaryPolynomial) -> CodeMap:
    literals = code_literals(blocks, num_variables)
    width = max((len(one) for one in literals), default=0)
    index = np.full((num_variables, width), -1, dtype=np.int64)
    value = np.zeros((num_variables, width), dtype=np.uint8)
    for i, asked in enumerate(literals):
        for j, (bit, wanted) in enumerate(asked):
            index[i, j], value[i, j] = bit, wanted
    return CodeMap(index, value, polynomial.num_variables)


def _resolution(polynomial: BinaryPolynomial) -> float:
    """Energies that differ by less may be rounding, as ``Quadratic.resolution``."""
    numbers = np.append(polynomial.coefficients, polynomial.offset)
    is_exact = bool((numbers % 1 == 0).all()) and polynomial.size < 2.0**53
    return 0.0 if is_exact else 2.0**-47 * polynomial.size
