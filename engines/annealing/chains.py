"""Chains: permutations whose products couple neighbouring positions only, alike all along, as a tour's do."""

from __future__ import annotations

import numpy as np

from ...core import AnyArray, BinaryProgram, Bits, Float, Int
from .structure import Square, Structure, cell_costs, uniform_permutations


def find_chain(program: BinaryProgram, square: Square, pairs: tuple[Int, Int, Float]) -> Structure | None:
    """The chain of the rows' or the columns' positions, or None.

    The positions must form one path or one cycle, each link must cost the same wherever it stands, and so must each
    node but for the two ends of a path.

    Parameters
    ----------
    pairs : the program's ``pair_terms``, shape (number of products,) each.
    """
    if square.side < 3:
        return None
    u, w, weight = pairs
    side, costs = square.side, cell_costs(program, square)
    for by_row in (True, False):
        terms = (u // side, u % side, w // side, w % side) if by_row else (u % side, u // side, w % side, w // side)
        found = _links(side, terms, weight, costs if by_row else costs.T)
        if found is not None:
            return _structure(program, square, by_row, *found)
    return None


def _links(
    side: int, terms: tuple[Int, Int, Int, Int], weight: Float, costs: Float
) -> tuple[list[int], Float, float, bool] | None:
    """Positions in order, costs of the links between nodes, what is left over, and whether the chain is open."""
    p, i, q, j = terms
    order = _line(side, p, q)
    if order is None:
        return None
    is_open = order[1]
    place = np.empty(side, dtype=np.int64)
    place[order[0]] = np.arange(side)
    p, q = place[p], place[q]
    forward = q == (p + 1) % side
    p, i, j = np.where(forward, p, q), np.where(forward, i, j), np.where(forward, j, i)
    blocks = np.zeros((side, side, side))
    np.add.at(blocks, (p, i, j), weight)
    blocks = blocks[: side - 1] if is_open else blocks
    lines = costs[order[0]]
    inner = lines[1 : side - 1] if is_open else lines
    if (blocks != blocks[0]).any() or (inner != inner[0]).any():
        return None
    base = inner[0]
    if not is_open:
        return order[0], blocks[0], float(base.sum()), False
    links = np.zeros((side + 1, side + 1))
    links[1:, 1:] = blocks[0]
    links[0, 1:], links[1:, 0] = lines[0] - base, lines[-1] - base
    return order[0], links, float(base.sum()), True


def _line(side: int, p: Int, q: Int) -> tuple[list[int], bool] | None:
    """The positions along the path (True) or the cycle that their couplings form, or None."""
    coupled = np.zeros((side, side), dtype=bool)
    coupled[p, q] = True
    coupled |= coupled.T
    if np.count_nonzero(coupled) // 2 not in (side, side - 1):
        return None
    near = [np.flatnonzero(line).tolist() for line in coupled]
    ends = [k for k in range(side) if len(near[k]) == 1]
    if any(not 1 <= len(others) <= 2 for others in near) or len(ends) not in (0, 2):
        return None
    order = [ends[0] if ends else 0]
    before = -1
    while len(order) <= side:
        following = [k for k in near[order[-1]] if k != before]
        before = order[-1]
        if not following or following[0] == order[0]:
            break
        order.append(following[0])
    return (order, bool(ends)) if len(order) == side else None


def _structure(
    program: BinaryProgram, square: Square, by_row: bool, order: list[int], links: Float, base: float, is_open: bool
) -> Structure:
    nodes = len(links)
    given = (nodes, np.ascontiguousarray(links).ravel(), program.offset + base)
    cells = square.cells if by_row else square.cells.T
    positions = np.array(order)

    def decode(states: AnyArray) -> Bits:
        chosen = np.asarray(states)[:, 1:] - 1 if is_open else np.asarray(states)
        X = np.zeros((len(states), square.cells.size), dtype=np.uint8)
        np.put_along_axis(X, cells[positions[None, :], chosen], 1, axis=1)
        return X

    name = f"chain ({'path' if is_open else 'cycle'}, {'symmetric' if (links == links.T).all() else 'asymmetric'})"
    return Structure(
        name,
        lambda engine: engine.chain(*given),
        decode,
        size=nodes,
        sweep=nodes,
        kept=program.constraints.names,
        left=(),
        draw=lambda num_points, rng: uniform_permutations(square, num_points, rng),
    )
