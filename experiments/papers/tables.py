"""Small helpers of the papers' tables: medians, percentages, Markdown."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

#: Cell of a figure that there is not.
NOTHING = "-"


def published(name: str) -> Any:
    """The published figures of a paper, ``published/<name>.json``."""
    return json.loads((Path(__file__).parent / "published" / f"{name}.json").read_text(encoding="utf-8"))


def median(values: Iterable[float | None]) -> float | None:
    """Median of the values there are; None where there is none.

    Examples
    --------
    >>> median([3, None, 1]), median([None])
    (2.0, None)
    """
    found = [float(value) for value in values if value is not None]
    return float(statistics.median(found)) if found else None


def percent(value: float | None, digits: int = 2) -> str:
    """``12.34 %``, or a dash.

    Examples
    --------
    >>> percent(0.1234), percent(None), percent(-0.00001)
    ('12.34 %', '-', '0.00 %')
    """
    if value is None:
        return NOTHING
    text = f"{100 * value:.{digits}f} %"
    return text.removeprefix("-") if float(text[:-2]) == 0 else text


def number(value: float | None, digits: int = 0) -> str:
    """The number with so many decimals, or a dash."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table.

    Examples
    --------
    >>> print(markdown(["a", "b"], [[1, 2]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)
