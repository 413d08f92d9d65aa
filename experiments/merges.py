"""A shrinking as a document: the merges with names, the expansion of every bit, and the graph that was shrunk.

It is what ``qopt shrink --save`` writes and ``qopt plot`` reads; the points of the small QUBO expand by ``bits``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core import Encoding, LiteralMap, bqm_to_arrays
from ..core.arrays import Int

SCHEMA = "qopt.shrink/1"
#: Edges beyond which the document leaves the graph out.
MAX_EDGES = 50_000


def shrink_document(name: str, encoding: Encoding, names: Sequence[str]) -> dict[str, Any]:
    """The document of an encoding by ``shrink``, alone or inside ``fix``; JSON values.

    ``merges``: a row a tie in order, nodes by number (0 the anchor, i + 1 bit i) and by name. ``bits`` and
    ``variables``: each bit of the inner QUBO, and each variable of the program, as ``flip XOR z[index]``, index -1 for
    a constant. ``graph``: the inner QUBO's products by ends, None beyond 50,000.

    Parameters
    ----------
    names : of the program's variables.

    Raises
    ------
    ValueError
        The encoding was not made by ``shrink``.
    """
    outer = encoding
    if "keep" in encoding.state:
        names = [names[i] for i in encoding.state["keep"].tolist()]
        encoding = encoding.state["inner"]
    if "merges" not in encoding.state:
        raise ValueError("encoding must be one by shrink, got another; use --shrink or the encoder shrink")
    inner: Encoding = encoding.state["inner"]
    literals: LiteralMap = encoding.state["literals"]
    nodes = ["anchor", *bit_names(inner, names)]
    _, heads, tails, weights, _ = bqm_to_arrays(inner.bqm)
    is_small = len(heads) <= MAX_EDGES
    summary = encoding.trace[-1]["shrink"]
    return {
        "schema": SCHEMA,
        "name": name,
        **{("merges_by_kind" if key == "merges" else key): value for key, value in summary.items()},
        "names": nodes[1:],
        "merges": [_row(*merge, nodes=nodes) for merge in encoding.state["merges"]],
        "bits": _literals(literals),
        "variables": _literals(outer.decoder) if isinstance(outer.decoder, LiteralMap) else None,
        "graph": {"heads": heads.tolist(), "tails": tails.tolist(), "weights": weights.tolist()} if is_small else None,
    }


def bit_names(encoding: Encoding, names: Sequence[str]) -> list[str]:
    """Name of each QUBO bit: that of its variable, ``aux[k]`` for the k-th bit that stands for none.

    Examples
    --------
    >>> from qopt.core import BinaryProgram, make_rows
    >>> from qopt.encoders.slack import Slack
    >>> program = BinaryProgram(c=[-2, -1], rows=make_rows([[3, 2]], upper=[3]))
    >>> bit_names(Slack().encode(program), ["x[0]", "x[1]"])
    ['x[0]', 'x[1]', 'aux[0]', 'aux[1]']
    """
    found: list[str | None] = [None] * encoding.num_qubits
    if isinstance(encoding.decoder, LiteralMap):
        index: Int = encoding.decoder.index
        for i in np.flatnonzero(index >= 0).tolist():
            found[int(index[i])] = names[i]
    auxiliary = iter(range(encoding.num_qubits))
    return [name if name is not None else f"aux[{next(auxiliary)}]" for name in found]


def relation(row: Mapping[str, Any]) -> str:
    """A merge as an equation.

    Examples
    --------
    >>> relation({"kept": 0, "removed": 3, "sign": -1, "kept_name": "anchor", "removed_name": "x[2]"})
    'x[2] = 0'
    """
    if row["kept"] == 0:
        return f"{row['removed_name']} = {1 if row['sign'] > 0 else 0}"
    return f"{row['removed_name']} = {'' if row['sign'] > 0 else '1 - '}{row['kept_name']}"


def _row(kept: int, removed: int, sign: int, correlation: float, kind: str, *, nodes: Sequence[str]) -> dict[str, Any]:
    kind = "fixed" if kind == "merge" and kept == 0 else kind
    row = {"kept": kept, "removed": removed, "sign": sign, "correlation": float(correlation), "kind": kind}
    return {**row, "kept_name": nodes[kept], "removed_name": nodes[removed]}


def _literals(literals: LiteralMap) -> dict[str, Any]:
    return {"index": literals.index.tolist(), "flip": literals.flip.tolist()}
