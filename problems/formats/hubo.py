"""Polynomials as text: ``p hubo binary|spin n terms offset``, then a coefficient and indices a line.

See ``core.polynomial_text``; indices count from 0, spins are ``1 - 2 z``.
"""

from __future__ import annotations

from typing import ClassVar

from ...core import READERS, Problem, polynomial_text
from ..hubo import Hubo
from .contract import ReadOptions, path_name


@READERS.register("hubo")
class HuboReader:
    """Text of a polynomial of any degree: one term a line."""

    kinds: ClassVar[tuple[str, ...]] = ("hubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".hubo",)
    writes: ClassVar[tuple[str, ...]] = ("hubo",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the first line that is no remark begins with ``p hubo``."""
        for line in text.splitlines():
            words = line.split(maxsplit=2)
            if words and words[0] != "c":
                return words[:2] == ["p", "hubo"]
        return False

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        """The one polynomial of the file, of any degree."""
        return [Hubo.from_polynomial(polynomial_text.from_text(text, path), name=path_name(path))]

    def write(self, problem: Problem) -> str:
        """The terms as the instance has them, over bits or spins."""
        assert isinstance(problem, Hubo)
        return polynomial_text.to_text(problem.polynomial)
