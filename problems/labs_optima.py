"""Known optima of low autocorrelation sequences, from ``labs_optima.csv`` (length, energy, source)."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from ..core import BestKnown


@cache
def optima() -> MappingProxyType[int, BestKnown]:
    """Optimum by length, each with its source."""
    text = files(__package__).joinpath("labs_optima.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({int(r["length"]): BestKnown(int(r["energy"]), True, r["source"]) for r in rows})


def known_optimum(length: int) -> BestKnown | None:
    """The optimum of a length; None where the table has none."""
    return optima().get(length)
