"""Problems and encodings as small HTML tables for notebooks; every name is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .encoding import Encoding
    from .problem import Problem

#: Penalties that a table shows.
SHOWN = 10


def problem_html(problem: Problem) -> str:
    """Sizes, sense, formulations and best known value; nothing is built."""
    rows: dict[str, object] = {what: f"{count:,}" for what, count in problem.size.items()}
    rows["sense"] = problem.sense
    for name, form in problem.formulations.items():
        size = form.size(problem)
        rows[f"formulation {name}"] = f"{size.variables:,} variables, {size.rows:,} rows, {size.terms:,} terms"
    known = problem.best_known
    if known is not None:
        proven = {True: ", proven optimal", False: ", not proven", None: ""}[known.is_optimal]
        rows["best known"] = f"{known.value}{proven}{f' ({known.source})' if known.source else ''}"
    return _table(f"{problem.kind} {problem.name or '(no name)'}", rows)


def encoding_html(encoding: Encoding) -> str:
    """Qubits, products, what is proven, the first penalties, and the note."""
    rows: dict[str, object] = {
        "qubits": f"{encoding.num_qubits:,}",
        "auxiliary": f"{encoding.num_aux:,}",
        "products": f"{encoding.bqm.num_interactions:,}",
        "exact": encoding.is_exact,
        "relaxation": encoding.is_relaxation,
    }
    for name, weight in list(encoding.penalties.items())[:SHOWN]:
        rows[f"penalty of {name}"] = f"{weight:g}"
    if len(encoding.penalties) > SHOWN:
        rows["further penalties"] = f"{len(encoding.penalties) - SHOWN:,}"
    if encoding.note:
        rows["note"] = encoding.note
    return _table("encoding", rows)


def _table(title: str, rows: Mapping[str, object]) -> str:
    body = "".join(f"<tr><th>{escape(str(key))}</th><td>{escape(str(value))}</td></tr>" for key, value in rows.items())
    return f"<table><caption>{escape(title)}</caption>{body}</table>"
