"""One-hot rows of k variables on k - 1 bits: the position of the one domain wall in a chain 1..1 0..0 says which is 1.

Chains replace disjoint one-hot rows; all other rows are encoded as by the slack encoder, in the chains' bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import (
    DECODERS,
    ENCODERS,
    BinaryProgram,
    Bits,
    Encoding,
    Round,
    RowKind,
    UnsupportedError,
    encode_again_if_grown,
    row_facts,
)
from ..core.arrays import AnyArray, Float, Int
from ..core.bit_maps import input_bits, seal_places
from ..core.tunable import PENALTIES, Choice, tunable
from .penalties import PenaltyRule, chosen_weights, valid_bounds
from .quadratic import Quadratic
from .row_plans import num_slack_bits, penalty_terms, plan_rows
from .slack import describe, penalties_by_name
from .squares import pair_products, row_squares

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_NO_ROWS = "domain walls need a one-hot row (sum of variables == 1), got none; use slack"


@DECODERS.register("domain-wall")
@dataclass(frozen=True, eq=False)
class WallMap:
    """Each program bit is 1 where a bit of the QUBO is 1 and another is 0: ``x_i = z[left_i] AND NOT z[right_i]``.

    Parameters
    ----------
    left : shape (n,), position in z; -1 for the constant 1.
    right : shape (n,), position in z; -1 for the constant 0.
    num_inputs : number m of QUBO bits.

    Examples
    --------
    >>> import numpy as np
    >>> chain = WallMap([-1, 0, 1], [0, 1, -1], 2)  # three variables on two bits
    >>> chain.apply(np.array([[0, 0], [1, 0], [1, 1], [0, 1]])).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]
    """

    left: Int
    right: Int
    num_inputs: int

    def __post_init__(self) -> None:
        seal_places(self, ("left", "right"))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    def apply(self, Z: AnyArray) -> Bits:
        """X of shape (k, n) for Z of shape (k, m); a chain with several walls gives several ones.

        Raises
        ------
        ValueError
            Z has another number of columns.
        """
        Z = input_bits(Z, self.num_inputs)
        ones = np.concatenate([Z, np.ones((len(Z), 1), dtype=np.uint8)], axis=1)[:, self.left]
        zeros = np.concatenate([Z, np.zeros((len(Z), 1), dtype=np.uint8)], axis=1)[:, self.right]
        bits: Bits = (ones & (1 - zeros)).astype(np.uint8)
        return bits


@ENCODERS.register("domain-wall")
@dataclass(frozen=True)
class DomainWall:
    """One-hot rows by domain walls (k variables on k - 1 bits), the other rows by squares, products and slack; exact.

    In a chain ``z_1 >= z_2 >= ... >= z_(k-1)`` with ``z_0 = 1``, ``z_k = 0`` the variables are ``x_i = z_(i-1) -
    z_i``. A broken chain has r >= 1 places with ``z_i = 0, z_(i+1) = 1``, each of which costs its row's penalty: the
    energy is ``cost(x(z)) + penalties of the other rows + sum_g K_g sum_i z_(i+1) (1 - z_i)``. One-hot rows become
    chains greedily, largest first, as long as they share no variable; a program without any is refused.

    QUBO bits: chains, then the variables outside chains, then slacks.

    *Valid K.* On a broken chain x has r + 1 entries 1 and r entries -1, so its cost can lie below that of any point.
    With q+ the largest product (or 0) between two chains g and h, q- the least (or 0), and R_h = (k_h - 1) // 2 the
    most that r_h can be, the products between them sum to at least ``q- - d (q+ - q-)``, where ``d = 2 r_g r_h + r_g +
    r_h <= (R_h + 1) r_g + (R_g + 1) r_h`` counts the entries beyond the one of whole chains. The linear costs of chain
    g are at least ``min c - r_g (max c - min c)``. So ``cost >= L' - sum_g B_g r_g``, L' being the sum of all these
    minima and ``B_g = max c - min c + sum_h (R_h + 1) (q+ - q-)``; squares are never negative. Hence ``K_g > U - L' +
    B_g`` puts every broken state above U, the cost of a feasible point. The products of at-most-one rows can be
    negative on broken chains: they count as costs here. A variable outside chains is a chain with R = 0.

    Parameters
    ----------
    penalty, tighten : as in ``Slack``; the penalty of a row that became a chain is its K.

    References
    ----------
    N. Chancellor (2019), Domain wall encoding of discrete variables for quantum annealing and QAOA, arXiv:1903.05068,
    equations 2-5. The bound on K is ours.

    Examples
    --------
    >>> from qopt.core import make_rows
    >>> program = BinaryProgram(c=[3, 1, 2], rows=make_rows([[1, 1, 1]], lower=[1], upper=[1]))
    >>> encoding = DomainWall().encode(program)
    >>> encoding.num_qubits, encoding.is_exact, encoding.penalties
    (2, True, {'row[0]': 3.0})
    """

    penalty: PenaltyRule = tunable("auto", Choice(PENALTIES))  # noqa: RUF009 (a dataclass field)
    tighten: bool = tunable(False, Choice((False, True)))

    def encode(self, program: BinaryProgram) -> Encoding:
        """The QUBO in chain bits; see the class."""
        chains = one_hot_chains(program)
        plans = plan_rows(program, tighten=self.tighten)
        is_other = np.ones(len(plans), dtype=bool)
        is_other[[chain.row for chain in chains]] = False
        others = [plan for plan, other in zip(plans, is_other.tolist()) if other]
        terms = penalty_terms(others, program.num_variables)
        walls = wall_map(chains, program.num_variables, terms.num_bits)
        T, t = _substitution(walls, program.num_variables, terms.num_bits)

        valid = valid_bounds(program, plans)
        assert valid.span is not None  # chains are rows with a global bound
        first = chosen_weights(program, plans, self.penalty, valid.values, valid.note).weights[is_other]
        products = pair_products(terms.products, first[terms.product_rows])
        polynomial = _across(Quadratic.cost(program).padded(terms.num_bits).plus(products), chains)
        bounds = valid.values.copy()
        bounds[~is_other] = _wall_bounds(polynomial, chains, valid.span.high)[np.argsort([c.row for c in chains])]
        weights = chosen_weights(program, plans, self.penalty, bounds, valid.note)

        square_weights = weights.weights[is_other][terms.square_rows]
        squares = row_squares(terms.squares @ T, terms.targets - terms.squares @ t, square_weights)
        breaks = _wall_function(chains, weights.weights, T.shape[1])
        energy = polynomial.substituted(T, t).plus(squares).plus(breaks)
        is_lossless = all(plan.is_lossless for plan in plans)
        return Encoding(
            bqm=energy.bqm(),
            decoder=walls,
            penalties=penalties_by_name(plans, weights.weights),
            num_aux=num_slack_bits(others),
            is_exact=is_lossless and weights.exceed(energy.resolution),
            is_relaxation=is_lossless,
            note=f"{len(chains)} one-hot rows as chains; {describe(plans, weights, energy.resolution)}",
            state={"rows": program.num_rows},
        )

    def update(self, encoding: Encoding, round: Round) -> Encoding | None:
        """A new encoding when lazy rows were added, else None."""
        return encode_again_if_grown(self, encoding, round)

    def num_qubits(self, program: BinaryProgram) -> int:
        """One less than the variables for each chain, plus slack bits."""
        chains = one_hot_chains(program)
        rows = {chain.row for chain in chains}
        plans = plan_rows(program, tighten=self.tighten)
        others = [plan for position, plan in enumerate(plans) if position not in rows]
        return program.num_variables - len(chains) + num_slack_bits(others)


@dataclass(frozen=True, eq=False)
class WallChain:
    """A one-hot row that becomes a chain: its position among the rows, its variables, and its first bit."""

    row: int
    columns: Int
    first: int


def one_hot_chains(program: BinaryProgram, refusal: str = _NO_ROWS) -> list[WallChain]:
    """Disjoint one-hot rows, largest first, then by position.

    Raises
    ------
    UnsupportedError
        The program has no one-hot row.
    """
    facts = [(row, f.columns) for row, f in enumerate(row_facts(program)) if f.kind is RowKind.ONE_HOT]
    if not facts:
        raise UnsupportedError(refusal)
    taken = np.zeros(program.num_variables, dtype=bool)
    chains: list[WallChain] = []
    first = 0
    for row, columns in sorted(facts, key=lambda item: (-item[1].size, item[0])):
        if not taken[columns].any():
            taken[columns] = True
            chains.append(WallChain(row, columns, first))
            first += columns.size - 1
    return chains


def wall_map(chains: list[WallChain], num_variables: int, num_total: int) -> WallMap:
    """The decoder: chain bits first, then the variables outside chains; ``num_total`` counts program and slack bits."""
    left = np.full(num_variables, -1, dtype=np.int64)
    right = np.full(num_variables, -1, dtype=np.int64)
    outside = np.ones(num_variables, dtype=bool)
    count = 0
    for chain in chains:
        bits = np.arange(chain.first, chain.first + chain.columns.size - 1)
        left[chain.columns[1:]] = bits
        right[chain.columns[:-1]] = bits
        outside[chain.columns] = False
        count += bits.size
    left[outside] = np.arange(count, count + int(outside.sum()))
    return WallMap(left, right, num_total - len(chains))


def _substitution(walls: WallMap, num_variables: int, num_total: int) -> tuple[csr_array, Float]:
    """``(T, t)`` with ``(x, slacks) = T z + t``."""
    from scipy.sparse import coo_array

    n, m = num_variables, walls.num_inputs
    has_left, has_right = np.flatnonzero(walls.left >= 0), np.flatnonzero(walls.right >= 0)
    slack = np.arange(n, num_total)
    rows = np.concatenate([has_left, has_right, slack])
    columns = np.concatenate([walls.left[has_left], walls.right[has_right], slack - num_total + m])
    values = np.concatenate([np.ones(has_left.size), -np.ones(has_right.size), np.ones(slack.size)])
    t = np.zeros(num_total)
    t[:n][walls.left < 0] = 1.0
    return coo_array((values, (rows, columns)), shape=(num_total, m)).tocsr(), t


def _blocks(chains: list[WallChain], num_bits: int) -> tuple[Int, Int]:
    """``(block of each bit, R of each block)``: chains first, then one block for each other bit."""
    block = np.full(num_bits, -1, dtype=np.int64)
    for g, chain in enumerate(chains):
        block[chain.columns] = g
    alone = block < 0
    block[alone] = len(chains) + np.arange(int(alone.sum()))
    most = np.zeros(len(chains) + int(alone.sum()), dtype=np.int64)
    most[: len(chains)] = [(chain.columns.size - 1) // 2 for chain in chains]
    return block, most


def _across(function: Quadratic, chains: list[WallChain]) -> Quadratic:
    """Without the products inside a chain: they are 0 wherever the chain is whole."""
    from scipy.sparse import coo_array

    block, _ = _blocks(chains, function.num_bits)
    terms = function.products.tocoo()
    keep = block[terms.row] != block[terms.col]
    products = coo_array((terms.data[keep], (terms.row[keep], terms.col[keep])), shape=terms.shape).tocsr()
    return Quadratic(function.linear, products, function.offset)


def _wall_bounds(function: Quadratic, chains: list[WallChain], high: float) -> Float:
    """``U - L' + B_g`` of each chain, in the order of ``chains``; see ``DomainWall``."""
    block, most = _blocks(chains, function.num_bits)
    largest, least = np.full(most.size, -np.inf), np.full(most.size, np.inf)
    np.maximum.at(largest, block, function.linear)
    np.minimum.at(least, block, function.linear)
    alone = np.arange(most.size) >= len(chains)
    least[alone] = np.minimum(least[alone], 0.0)  # a variable outside chains may be 0
    excess = np.where(alone, 0.0, largest - least)
    low = function.offset + float(least.sum())

    terms = function.products.tocoo()
    if terms.nnz:
        g, h = np.minimum(block[terms.row], block[terms.col]), np.maximum(block[terms.row], block[terms.col])
        order = np.lexsort((h, g))
        g, h, q = g[order], h[order], terms.data[order]
        starts = np.flatnonzero(np.concatenate([[True], (np.diff(g) != 0) | (np.diff(h) != 0)]))
        upper = np.maximum(np.maximum.reduceat(q, starts), 0.0)
        lower = np.minimum(np.minimum.reduceat(q, starts), 0.0)
        g, h = g[starts], h[starts]
        low += float(lower.sum())
        np.add.at(excess, g, (most[h] + 1) * (upper - lower))
        np.add.at(excess, h, (most[g] + 1) * (upper - lower))
    return high - low + excess[: len(chains)]


def _wall_function(chains: list[WallChain], weights: Float, num_bits: int) -> Quadratic:
    """``sum_g K_g sum_i z_(i+1) (1 - z_i)``; ``weights`` by row."""
    from scipy.sparse import coo_array

    pairs = [np.arange(chain.first, chain.first + chain.columns.size - 2) for chain in chains]
    left = np.concatenate(pairs)
    K = np.concatenate([np.full(part.size, weights[chain.row]) for part, chain in zip(pairs, chains)])
    linear = np.zeros(num_bits)
    np.add.at(linear, left + 1, K)
    return Quadratic(linear, coo_array((-K, (left, left + 1)), shape=(num_bits, num_bits)).tocsr())
