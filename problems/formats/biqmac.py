"""Biq Mac Library's .sparse: ``n m``, then m lines ``i j q``, the upper triangle of a symmetric matrix Q.

Minimised is x'Qx, so an entry off the diagonal counts twice. (Beasley's originals maximise with -Q.)
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...core import READERS, Problem, UnsupportedError
from ..qubo import Qubo
from ..reading import NumberStream, fail
from .contract import ReadOptions, path_name
from .triples import read_triples, triple_tokens, write_triples


@READERS.register("biqmac")
class BiqMacReader:
    """Biq Mac .sparse: a QUBO given by the upper triangle of its symmetric matrix."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".sparse",)
    writes: ClassVar[tuple[str, ...]] = ("qubo",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the text is counts and triples, all of them with i <= j, and some with i = j.

        Without a diagonal entry the same text is a graph (Biq Mac's own Max-Cut files), unless its name says .sparse.
        """
        ends = list(zip(*[iter(triple_tokens(text))] * 3))
        # as text: of numbers without leading zeros the longer is the larger
        if not ends or any((len(i), i) > (len(j), j) for i, j, _ in ends):
            return False
        return any(i == j for i, j, _ in ends) or path.lower().endswith(".sparse")

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        n, pairs, values = read_triples(text, path, "entries")
        below = pairs[:, 0] > pairs[:, 1]
        if below.any():
            row = int(below.argmax())
            line = NumberStream(text, path).line_of(2 + 3 * row)
            fail(path, line, "i <= j (the upper triangle)", f"{pairs[row, 0] + 1} {pairs[row, 1] + 1}")
        couplings = np.where(pairs[:, 0] == pairs[:, 1], 1, 2) * values
        return [Qubo(np.zeros(n), pairs, couplings, name=path_name(path))]

    def write(self, problem: Problem) -> str:
        assert isinstance(problem, Qubo)
        if problem.offset or problem.lower:
            raise UnsupportedError("a .sparse file must have no constant and no rows, got some; write .lp or .json")
        used = np.flatnonzero(problem.linear)
        pairs = np.concatenate([np.stack([used, used], axis=1), problem.pairs])
        values = np.concatenate([problem.linear[used].astype(np.float64), problem.couplings / 2])
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        whole = values.astype(np.int64) if (values % 1 == 0).all() else values
        return write_triples(problem.linear.size, pairs[order], whole[order])
