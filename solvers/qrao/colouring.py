"""Which variables share a qubit: a colouring of the QUBO's graph, each class cut into groups of one, two or three.

Variables that are joined by a product must sit on different qubits, so the smallest number of qubits is that of a
colouring. Greedy colourings are heuristics; the strategy decides the count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from ...core import Int, frozen
from ..ising import Ising

ColouringName = Literal["largest-first", "smallest-last", "saturation-largest-first", "connected-sequential-bfs"]
VarsPerQubit = Literal[1, 2, 3]

#: Paulis of the first, second and third variable of a qubit, by variables per qubit.
PAULIS_OF: dict[int, tuple[str, ...]] = {1: ("Z",), 2: ("X", "Z"), 3: ("X", "Y", "Z")}


@dataclass(frozen=True, eq=False)
class Placement:
    """The qubit and the Pauli of each variable.

    Parameters
    ----------
    qubits : shape (v,).
    paulis : one of X, Y, Z a variable.
    vars_per_qubit : the code; qubits may hold fewer variables than it allows.
    """

    qubits: Int
    paulis: tuple[str, ...]
    vars_per_qubit: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "qubits", frozen(self.qubits, np.int64))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @property
    def num_qubits(self) -> int:
        return int(self.qubits.max(initial=-1)) + 1

    @property
    def axes(self) -> Int:
        """0, 1, 2 for X, Y, Z of each variable."""
        return np.array(["XYZ".index(pauli) for pauli in self.paulis], dtype=np.int64)


def place(ising: Ising, vars_per_qubit: int = 3, strategy: ColouringName = "largest-first") -> Placement:
    """Variables of each colour, in index order, in groups of at most ``vars_per_qubit``.

    Nodes enter the graph in index order, on which greedy colourings depend.

    Raises
    ------
    ValueError
        There is no such colouring.

    Examples
    --------
    >>> import dimod
    >>> path = Ising.of(dimod.BinaryQuadraticModel({i: 0.0 for i in range(4)}, {(0, 1): 1, (1, 2): 1}, 0.0, "BINARY"))
    >>> place(path).qubits.tolist(), place(path).paulis
    ([1, 0, 1, 0], ('X', 'X', 'Y', 'Y'))
    """
    import networkx

    if strategy not in get_args(ColouringName):
        raise ValueError(f"colouring must be one of {', '.join(get_args(ColouringName))}, got {strategy!r}")
    graph = networkx.Graph()
    graph.add_nodes_from(range(ising.n))
    graph.add_edges_from(zip(ising.rows.tolist(), ising.columns.tolist()))
    name = strategy if strategy != "saturation-largest-first" else "saturation_largest_first"
    colours = networkx.greedy_color(graph, strategy=name.replace("-", "_"))
    qubits, paulis = np.zeros(ising.n, dtype=np.int64), [""] * ising.n
    next_qubit = 0
    for colour in range(max(colours.values(), default=-1) + 1):
        members = [v for v in range(ising.n) if colours[v] == colour]
        for position, v in enumerate(members):
            qubits[v] = next_qubit + position // vars_per_qubit
            paulis[v] = PAULIS_OF[vars_per_qubit][position % vars_per_qubit]
        next_qubit += -(-len(members) // vars_per_qubit)
    return Placement(qubits, tuple(paulis), vars_per_qubit)
