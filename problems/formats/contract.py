"""What a file format offers: a Reader, which may write too.

A reader is a class without fields under ``@READERS.register("name")``, in one file of this folder (imported by the
folder's ``__init__``); ``problems/files.py`` opens the file, chooses the reader and selects among several instances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from ...core import Problem


@dataclass(frozen=True)
class ReadOptions:
    """What the caller said about a file.

    Parameters
    ----------
    kind : the kind of problem wanted; None where the reader makes one kind only.
    complement : read a graph's complement (clique files as independent set problems). Offered only to readers with
        ``has_complement``; any other file with it is refused.
    """

    kind: str | None = None
    complement: bool = False


@runtime_checkable
class Reader(Protocol):
    """A file format.

    Members
    -------
    kinds : kinds of problem it can make; empty for any kind. ``read`` of a reader with several kinds is called with
        ``options.kind`` set to one of them (the caller is asked for it), unless it is the native one.
    suffixes : file suffixes it is known by, with the dot, lower case; they decide among readers whose ``sniff`` fits,
        and which reader explains what is wrong with a file that fits none.
    is_binary : it reads bytes (``text`` is then ``bytes`` in both functions).
    has_complement : it understands ``options.complement``.
    is_bare : (optional) its contents are numbers without a word of the format; it does not claim a file whose suffix
        belongs to other readers alone.
    fits : (optional) ``fits(text, path)``: structure without evidence, asked only where the kind is given.
    chooses_kind : (optional) of several kinds the contents tell which; ``options.kind`` may then be None.

    A reader may also have ``write(problem) -> str`` (``bytes`` for binary ones), for the kinds it names in ``writes``.
    """

    kinds: ClassVar[tuple[str, ...]]
    suffixes: ClassVar[tuple[str, ...]]
    is_binary: ClassVar[bool] = False
    has_complement: ClassVar[bool] = False

    def sniff(self, text: Any, path: str) -> bool:
        """Whether the contents look like this format, told from structure (first lines, number of numbers).

        Must be fast, must never raise, and must not look at the suffix: that is done by the caller. Two formats that
        share a structure both say True; then suffixes decide, then the caller is asked.
        """
        ...

    def read(self, text: Any, path: str, options: ReadOptions) -> list[Problem]:
        """All the instances in the file, in order; names are the file's own or made from ``path_name(path)``.

        Raises
        ------
        InstanceFormatError
            The contents are not what the format says: one line with file, line number, expected, found. Counts that
            a header claims are checked against what is there before anything of that size is allocated.
        """
        ...


@runtime_checkable
class Writer(Protocol):
    """A reader that writes its format too."""

    writes: ClassVar[tuple[str, ...]]

    def write(self, problem: Problem) -> str | bytes:
        """The problem in this format.

        Raises
        ------
        UnsupportedError
            The format cannot hold this instance.
        """
        ...


def path_name(path: str) -> str:
    """Name of an instance whose file has none: the file's name without folder and last suffixes.

    Examples
    --------
    >>> path_name("data/nug12.dat"), path_name("ising2.5-100_5555"), path_name("a.tsp.gz"), path_name("<stdin>")
    ('nug12', 'ising2.5-100_5555', 'a', 'stdin')
    """
    base = path.replace("\\", "/").rpartition("/")[2].strip("<>").removesuffix(".gz").removesuffix(".xz")
    stem, dot, suffix = base.rpartition(".")
    return stem if dot and stem and suffix[:1].isalpha() else base
