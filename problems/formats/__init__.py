"""File formats: one reader a file, see ``contract.py``; importing the folder registers them."""

from . import biqmac, coo, dimacs, dimod_files, lp, market_split, multiknap, native, orlib, qaplib, qbsolv, rudy, tsplib

__all__ = [
    "biqmac",
    "coo",
    "dimacs",
    "dimod_files",
    "lp",
    "market_split",
    "multiknap",
    "native",
    "orlib",
    "qaplib",
    "qbsolv",
    "rudy",
    "tsplib",
]
