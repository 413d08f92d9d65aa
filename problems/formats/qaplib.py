"""QAPLIB: quadratic assignment instances, a stream of numbers n, A (n*n), B (n*n); line breaks carry no meaning.

A is read as flow and B as distance: the objective is ``sum A[i,j] B[p_i,p_j]`` with facility i at location p_i.
"""

from __future__ import annotations

from typing import ClassVar

from ...core import READERS, Problem
from ..qap import Qap
from ..reading import NumberStream
from .contract import ReadOptions, path_name
from .triples import is_table_of_triples

#: A larger order would need more than the size of file that is read.
MAX_ORDER = 5_000


@READERS.register("qaplib")
class QaplibReader:
    """QAPLIB .dat: quadratic assignment, order and two matrices."""

    kinds: ClassVar[tuple[str, ...]] = ("qap",)
    suffixes: ClassVar[tuple[str, ...]] = (".dat", ".qap")
    writes: ClassVar[tuple[str, ...]] = ("qap",)
    is_bare: ClassVar[bool] = True
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the stream holds exactly 1 + 2 n^2 numbers for its first number n."""
        tokens = text.split()
        is_counted = bool(tokens) and tokens[0].isdecimal() and len(tokens) == 1 + 2 * int(tokens[0][:9]) ** 2
        return is_counted and not is_table_of_triples(text)

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one instance of n and two n x n matrices, flow first."""
        stream = NumberStream(text, path, comment=None)
        n = stream.integer("the order n", 1, MAX_ORDER)
        if stream.left < 2 * n * n:
            stream.too_short(2 * n * n, f"two {n} x {n} matrices")
        flow = stream.take((n, n), "matrix A")
        distance = stream.take((n, n), "matrix B")
        stream.end()
        return [Qap(flow, distance, name=path_name(path))]

    def write(self, problem: Problem) -> str:
        """n, the flow matrix, the distance matrix, apart by empty lines."""
        assert isinstance(problem, Qap)
        matrices = ("\n".join(" ".join(map(repr, row)) for row in m.tolist()) for m in (problem.flow, problem.distance))
        return f"{problem.num_facilities}\n\n" + "\n\n".join(matrices) + "\n"
