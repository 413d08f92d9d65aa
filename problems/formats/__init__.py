"""File formats: one reader a file, see ``contract.py``; importing the folder registers them."""

from . import native

__all__ = ["native"]
