"""Files of kinds that qopt has not: recognised by the words of their format, so that the refusal can name them.

Nothing here is asked while a reader fits; an entry with a kind says nothing once that kind is registered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...core import PROBLEMS


@dataclass(frozen=True)
class Unheld:
    """One format: what its files hold, the kind that would hold it, and a test of text and path."""

    what: str
    kinds: tuple[str, ...]
    fits: Callable[[str, str], bool]
    remedy: str = ""


def unheld(text: str, path: str) -> str | None:
    """What a file holds that no kind of qopt does, with a remedy where there is one; None where nothing is known.

    Examples
    --------
    >>> unheld("NAME : a\\nTYPE : HCP\\n", "a.hcp")
    'a Hamiltonian cycle problem (TSPLIB HCP)'
    """
    for one in _UNHELD:
        if not any(kind in PROBLEMS for kind in one.kinds) and one.fits(text, path):
            return one.what + (f"; {one.remedy}" if one.remedy else "")
    return None


def _pattern(expression: str, flags: re.RegexFlag = re.MULTILINE) -> Callable[[str, str], bool]:
    compiled = re.compile(expression, flags)
    return lambda text, path: compiled.search(text[:20_000]) is not None


def _tsplib_type(*words: str) -> Callable[[str, str], bool]:
    return _pattern(rf"^\s*TYPE\s*:\s*({'|'.join(words)})\b")


def _named(names: Iterable[str], expression: str) -> Callable[[str, str], bool]:
    """A file of one of these names whose contents look so."""
    known, fits = tuple(names), _pattern(expression)
    return lambda text, path: path.replace("\\", "/").rpartition("/")[2].startswith(known) and fits(text, path)


def _is_tsptw(text: str, path: str) -> bool:
    """Whether the numbers are n, alone on its line, an n x n matrix, and n windows."""
    tokens, first = text.split(), text.lstrip().partition("\n")[0].strip()
    if not (first.isascii() and first.isdecimal() and len(first) < 6):
        return False
    n = int(first)
    return n > 1 and len(tokens) == 1 + n * n + 2 * n


_UNHELD: tuple[Unheld, ...] = (
    Unheld("vehicle routing (CVRPLIB)", ("cvrp",), _tsplib_type("CVRP", "VRP")),
    Unheld("vehicle routing with time windows (Solomon)", ("vrptw",), _pattern(r"^\s*NUMBER\s+CAPACITY\s*$")),
    Unheld(
        "a travelling salesman with time windows",
        ("tsptw",),
        lambda text, path: _pattern(r"^\s*!?\s*CUST\s+NO\..*READY\s+TIME")(text, path) or _is_tsptw(text, path),
    ),
    Unheld("a Hamiltonian cycle problem (TSPLIB HCP)", ("hcp",), _tsplib_type("HCP")),
    Unheld("a sequential ordering problem (TSPLIB SOP)", ("sop",), _tsplib_type("SOP")),
    Unheld("a tour, which is a solution", (), _tsplib_type("TOUR"), "run qopt verify INSTANCE FILE"),
    Unheld("a Birkhoff decomposition (QOBLIB class 03)", ("birkhoff",), _pattern('"scaled_doubly_stochastic_matrix"')),
    Unheld(
        "a Steiner tree packing (QOBLIB class 04)",
        ("steiner",),
        lambda text, path: (
            _pattern(r"^#\s*(Tail\s+Head\s+Cost|Node\s+Net)\b")(text, path)
            or _pattern(r"^nodes\s+\d+\s*\nnets\s+\d+\s*$")(text, path)
            or _named(("arcs.dat", "terms.dat", "roots.dat", "param.dat"), r"^\s*\d+\s+\d+")(text, path)
        ),
        "its LP models can be read",
    ),
    Unheld("a Steiner tree (SteinLib)", ("steiner",), _pattern(r"^\s*33D32945\s+STP", re.IGNORECASE)),
    Unheld(
        "a sports timetable (QOBLIB class 05, ITC2021)",
        ("sports",),
        _pattern(r"<Instance>\s*<MetaData>|sportscheduling"),
        "its LP models can be read",
    ),
    Unheld(
        "portfolio data (QOBLIB class 06)",
        ("portfolio",),
        _pattern(r"\A(#[^\n]*\n|\s*\n)*\s*\d+ [A-Z][A-Z.]* ([A-Z][A-Z.]* )?-?\d+\.\d+\S*\s*$"),
        "its .qs and LP models can be read",
    ),
    Unheld(
        "network traffic (QOBLIB class 08)",
        ("network",),
        _pattern(r"\A\s*\|\s*1,\s*2,\s*3,"),
        "its LP models can be read",
    ),
    Unheld(
        "a graph design (QOBLIB class 10)",
        ("topology",),
        _named(("topology_",), r"\A\s*\d+\s+\d+\s*\Z"),
        "its seidel_linear and flow_mip LP models can be read",
    ),
    Unheld("a satisfiability problem (DIMACS CNF)", ("sat", "max-sat"), _pattern(r"^p\s+w?cnf\b")),
)
