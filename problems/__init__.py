"""What is to be solved: data, objective, exact check, formulations, generators and file formats, one file a concept."""

from . import formats, generators

__all__ = ["formats", "generators"]
