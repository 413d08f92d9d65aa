"""File formats: one reader a file, see ``contract.py``; importing the folder registers them."""

from . import native, qaplib, tsplib

__all__ = ["native", "qaplib", "tsplib"]
