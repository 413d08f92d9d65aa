"""qbsolv's .qubo: ``p qubo TOPOLOGY MAX_NODES NODES COUPLERS``, then that many lines ``i i v`` and ``i j v``.

Labels are in 0..MAX_NODES-1, i < j in couplers, each of which counts once; ``c`` starts a comment. Minimised.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...core import READERS, Problem, UnsupportedError
from ..qubo import Qubo
from ..reading import END_OF_FILE, fail, lines, parse_integer, parse_number, said
from .contract import ReadOptions, path_name

_HEADER = ("p", "qubo")


@READERS.register("qbsolv")
class QbsolvReader:
    """qbsolv .qubo: a QUBO as nodes and couplers."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = ()
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the first line that is no comment is ``p qubo ...``."""
        first = next((line for line in lines(text) if line.fields[0] != "c"), None)
        return first is not None and tuple(field.lower() for field in first.fields[:2]) == _HEADER

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one QUBO of ``p qubo`` and the nodes and couplers that it announces.

        Raises
        ------
        UnsupportedError
            There are variables, but neither a node nor a coupler.
        """
        content = [line for line in lines(text) if line.fields[0] != "c"]
        number, fields = content[0] if content else fail(path, None, "a line `p qubo ...`", END_OF_FILE)
        if len(fields) != 6:
            fail(path, number, "a line `p qubo TOPOLOGY MAX_NODES NODES COUPLERS`", " ".join(fields))
        size, nodes, couplers = (parse_integer(field, path, number, "a count", 0) for field in fields[3:])
        if len(content) - 1 != nodes + couplers:
            found = said(f"{len(content) - 1}")
            fail(path, content[-1].number, f"{nodes} nodes and {couplers} couplers", found, "is the file cut?")
        terms: dict[tuple[int, int], float] = {}
        for place, (line, row) in enumerate(content[1:]):
            is_node = place < nodes
            if len(row) != 3:
                fail(path, line, "a line `i j value`", " ".join(row))
            i, j = (parse_integer(field, path, line, "a label", 0, size - 1) for field in row[:2])
            if (i != j) if is_node else (i >= j):
                fail(path, line, "a node `i i value`" if is_node else "a coupler `i j value` with i < j", " ".join(row))
            if (i, j) in terms:
                fail(path, line, "each node and coupler once", " ".join(row))
            terms[i, j] = parse_number(row[2], path, line, "a value")
        if not terms and size:
            raise UnsupportedError(f"{path} must have a node or a coupler, got none")
        labels, places = np.unique(np.array(list(terms), dtype=np.int64).reshape(-1, 2), return_inverse=True)
        names = tuple(f"x[{label}]" for label in labels.tolist())
        pairs, values = places.reshape(-1, 2), np.array(list(terms.values()), dtype=np.float64)
        return [Qubo(np.zeros(labels.size), pairs, values, variable_names=names, name=path_name(path))]
