"""LP text through dimod's reader: any binary program, bounded integers as bits; a maximum is negated to a minimum.

dimod's reader passes over some broken rows without a word, so the comparisons in the text are counted against the
rows that came back, and a file without ``End`` counts as cut.
"""

from __future__ import annotations

import re
import warnings
from typing import ClassVar

from ...core import READERS, InstanceFormatError, Problem, UnsupportedError
from ...core.program_io import from_cqm, to_lp
from ..qubo import Qubo, QuboProgram
from ..reading import END_OF_FILE, brief, fail, said
from .contract import ReadOptions, path_name

_START = re.compile(r"(min|max|minimize|maximize|minimise|maximise|minimum|maximum)\b", re.IGNORECASE)
_ROWS = re.compile(r"^\s*(subject\s+to|such\s+that|st|s\.t\.|st\.)\b:?", re.IGNORECASE | re.MULTILINE)
_AFTER = re.compile(
    r"^\s*(bounds?|binar(y|ies)|bin|generals?|gen|integers?|semi-continuous|semis?|sos|end)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_COMPARISON = re.compile(r"<=|>=|=<|=>|<|>|=")


@READERS.register("lp")
class LpReader:
    """LP text of a binary (or bounded integer) program with linear rows."""

    kinds: ClassVar[tuple[str, ...]] = ("qubo",)
    suffixes: ClassVar[tuple[str, ...]] = (".lp",)
    writes: ClassVar[tuple[str, ...]] = ("qubo",)
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: str, path: str) -> bool:
        """Whether the first word that is no comment is a sense of optimisation."""
        return bool(_START.match(_content(text[:100_000]).lstrip()))

    def read(self, text: str, path: str, options: ReadOptions) -> list[Problem]:
        import dimod

        content = _content(text)
        if not _START.match(content.lstrip()):
            fail(path, None, "Minimize or Maximize", content.lstrip()[:40])
        lines = [line.strip() for line in content.splitlines()]
        last = max((i for i, line in enumerate(lines, start=1) if line), default=1)
        if lines[last - 1].lower() != "end":
            fail(path, last, "End as the last line", lines[last - 1] or END_OF_FILE, "is the file cut?")
        _check_ends(content, path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cqm = dimod.lp.loads(content)
        except (ValueError, KeyError, TypeError, RuntimeError, IndexError) as error:
            raise InstanceFormatError(path, None, f"expected LP text, found: {brief(str(error), 120)}") from None
        expected = _count_rows(content)
        if len(cqm.constraints) != expected:
            found = said(f"{len(cqm.constraints)} that can be read")
            fail(path, None, f"{expected} rows, one a comparison", found, "write each as `name: terms <= number`")
        try:
            program = from_cqm(cqm).program
        except UnsupportedError as error:
            raise UnsupportedError(f"{error} ({path})") from None
        return [Qubo.from_program(program, name=path_name(path))]

    def write(self, problem: Problem) -> str:
        assert isinstance(problem, Qubo)
        return to_lp(QuboProgram(problem).program)


def _content(text: str) -> str:
    """The text without comments, line for line."""
    return re.sub(r"\\[^\n]*", "", text)


def _rows(content: str) -> tuple[int, int]:
    """Where the rows start and end in the text."""
    start = _ROWS.search(content)
    if start is None:
        return 0, 0
    end = _AFTER.search(content, start.end())
    return start.end(), end.start() if end else len(content)


def _count_rows(content: str) -> int:
    return len(_COMPARISON.findall(content[slice(*_rows(content))]))


def _check_ends(content: str, path: str) -> None:
    """No expression of the objective or the rows ends in an operator."""
    for number, line in enumerate(content.splitlines(), start=1):
        following = next((rest for rest in content.splitlines()[number:] if rest.strip()), "")
        if re.search(r"[-+*<>=]\s*$", line) and (_ROWS.match(following) or _AFTER.match(following)):
            fail(path, number, "a term after the last operator", line.strip())
