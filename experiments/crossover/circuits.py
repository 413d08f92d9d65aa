"""Logical counts of one QAOA shot, from the number of its terms: rotations, or a phase-gradient register.

Limits: an edge colouring of the couplings is taken to exist at its known bound, not constructed; products of more spins
are coloured greedily, one rotation each, and their CX ladders count nothing here (Clifford gates).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...core import BinaryPolynomial, PolynomialModel, UnsupportedError
from ...core.margins import ROUNDING
from .surface_code import LogicalCounts

Phase = Literal["rotations", "gradient"]


@dataclass(frozen=True)
class CostTerms:
    """Size of a cost Hamiltonian: qubits, couplings, fields, colours of its coupling graph, bits of integer weights.

    ``colours`` layers apply all couplings; ``weight_bits`` is None where a weight is no integer multiple of a unit.
    """

    qubits: int
    couplings: int
    fields: int
    colours: int
    weight_bits: int | None = None


def cost_terms(bqm: Any) -> CostTerms:
    """Terms of a dimod model in spins.

    Examples
    --------
    >>> import dimod
    >>> cost_terms(dimod.BinaryQuadraticModel({}, {(0, 1): 1, (1, 2): 1, (0, 2): 1}, 0.0, "SPIN")).colours
    3
    """
    import networkx as nx

    if isinstance(bqm, PolynomialModel):
        return _polynomial_terms(bqm.polynomial.to_spin())
    spins = bqm.change_vartype("SPIN", inplace=False)
    graph = nx.Graph([(u, v) for (u, v), weight in spins.quadratic.items() if weight])
    weights = np.array([*spins.quadratic.values(), *spins.linear.values()], dtype=np.float64)
    return CostTerms(
        spins.num_variables,
        graph.number_of_edges(),
        sum(1 for weight in spins.linear.values() if weight),
        edge_colours(graph),
        _bits_of_sum(weights[weights != 0]),
    )


def _polynomial_terms(spins: BinaryPolynomial) -> CostTerms:
    """The same of a spin polynomial; products that share no spin have one colour, given in the order of the terms."""
    busy: list[set[int]] = []
    products = [term for term, _ in spins.terms() if len(term) > 1]
    for term in products:
        free = next((used for used in busy if used.isdisjoint(term)), None)
        if free is None:
            free = set()
            busy.append(free)
        free.update(term)
    fields = spins.num_terms - len(products)
    return CostTerms(spins.num_variables, len(products), fields, len(busy), _bits_of_sum(spins.coefficients))


def edge_colours(graph: Any) -> int:
    """Layers of disjoint edges that are known to suffice: the largest degree D if bipartite (Koenig) or complete with
    an even number of vertices, else D + 1 (Vizing)."""
    import networkx as nx

    if graph.number_of_edges() == 0:
        return 0
    n, degree = graph.number_of_nodes(), max(d for _, d in graph.degree())
    is_complete = graph.number_of_edges() == n * (n - 1) // 2
    return int(degree if nx.is_bipartite(graph) or (is_complete and n % 2 == 0) else degree + 1)


def qaoa_counts(terms: CostTerms, num_layers: int, phase: Phase = "rotations") -> LogicalCounts:
    """Logical counts of a QAOA shot with ``num_layers`` layers.

    ``rotations`` makes every term and every mixer gate a rotation. ``gradient`` adds each integer term into a phase
    gradient register of b bits, controlled on its parity, with b - 1 Toffolis a term (the standard form of addition
    into a gradient state; Sanders et al. 2020, arXiv:2007.07391, use one), so that only mixers and one rotation of the
    register a layer are left; it needs 2 b further qubits.

    Raises
    ------
    UnsupportedError
        ``gradient`` with weights that are no multiples of one unit.
    """
    n, p = terms.qubits, num_layers
    if phase == "rotations":
        depth = terms.colours + (1 if terms.fields else 0) + 1
        return LogicalCounts(n, p * (terms.couplings + terms.fields + n), p * depth, measurements=n)
    if terms.weight_bits is None:
        raise UnsupportedError("phase gradient must have integer weights, got decimals; use --phase rotations")
    bits = terms.weight_bits
    added = (bits - 1) * (terms.couplings + terms.fields)
    return LogicalCounts(n + 2 * bits, p * (n + bits), p * 2, toffolis=p * added, measurements=n)


def _bits_of_sum(weights: Any) -> int | None:
    """Bits of a register that holds the sum of all |weights| in their common unit; None without a unit."""
    if weights.size == 0:
        return 1
    scaled = np.abs(weights) * 4  # spins of an integer QUBO have quarters
    whole = np.round(scaled)
    if (np.abs(whole - scaled) > ROUNDING * np.maximum(1, scaled)).any() or scaled.sum() >= 2**53:
        return None
    unit = math.gcd(*(int(value) for value in whole))
    return max(2, math.ceil(math.log2(int(whole.sum()) // unit + 1)))
