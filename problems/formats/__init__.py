"""File formats: one reader a file, see ``contract.py``; importing the folder registers them."""

from . import (
    biqmac,
    coo,
    cvrplib,
    dimacs,
    dimod_files,
    lp,
    market_split,
    multiknap,
    native,
    orlib,
    qaplib,
    qbsolv,
    rudy,
    solomon,
    tsplib,
    tsptw,
)

__all__ = [
    "biqmac",
    "coo",
    "cvrplib",
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
    "solomon",
    "tsplib",
    "tsptw",
]
