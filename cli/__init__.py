"""The command ``qopt``: thin commands over problems, encoders, solvers and experiments."""

from .app import main

__all__ = ["main"]
