"""Instance files: open, choose the reader by contents, read, select one of several, write.

A format is never guessed silently: readers that could have meant the contents are told apart by the file's suffix, and
where that does not settle it, the error asks for the kind. Formats are in ``formats/``, see ``formats/contract.py``.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from pathlib import Path
from typing import Any

from ..core import PROBLEMS, READERS, InstanceFormatError, Problem, UnsupportedError, unknown_name
from ..core.files import WriteError
from ..core.files import write_bytes as whole_or_nothing
from .formats.contract import Reader, ReadOptions, Writer
from .formats.unheld import unheld
from .reading import brief

#: Larger files are refused, packed or unpacked (bytes).
MAX_BYTES = 2**26
#: Seconds of silence after which a named pipe is given up.
PIPE_SECONDS = 10.0


def load(
    path: str | os.PathLike[str],
    kind: str | None = None,
    instance: int | str | None = None,
    *,
    complement: bool = False,
) -> Problem:
    """One instance of a file.

    Parameters
    ----------
    path : file name, ``-`` for standard input; ``file#3`` (counted from 1) or ``file#name`` selects one of several.
    kind : kind of problem, where the contents fit several.
    instance : number from 1, or name; the same as behind ``#``.
    complement : the complement of the graph in the file.

    Raises
    ------
    InstanceFormatError
        The file cannot be read as what it should be; one line with file, line number, expected, found.
    ValueError
        Several instances and none chosen, an unknown name, or contents that fit several kinds.
    """
    path = os.fspath(path)
    if instance is None and "#" in path and not os.path.exists(path):
        path, _, instance = path.rpartition("#")
    problems = load_all(path, kind, complement=complement)
    if instance is None:
        if len(problems) > 1:
            names = ", ".join(problem.name for problem in problems[:4])
            raise ValueError(
                f"{path} must be narrowed to one instance, got {len(problems)} ({names}, ...); write {path}#1 or #NAME"
            )
        return problems[0]
    return _select(problems, str(instance), path)


def load_all(path: str | os.PathLike[str], kind: str | None = None, *, complement: bool = False) -> list[Problem]:
    """All instances of a file, in order; errors as in ``load``.

    Raises
    ------
    ValueError
        The kind is ambiguous, or another than asked for.
    UnsupportedError
        ``complement`` for a file that is no graph.
    InstanceFormatError
        The file is not what its format says, or holds no instance.
    """
    path = os.fspath(path)
    data = read_bytes(path)
    shown = "<stdin>" if path == "-" else path
    kind = None if kind is None else PROBLEMS.get(kind).name  # an unknown kind is an error that lists the known ones
    reader, contents = _choose(data, shown, kind)
    if complement and not reader.has_complement:
        raise UnsupportedError(f"complement must be left out for {shown}: it is for graph files")
    kinds = reader.kinds
    chooses = getattr(reader, "chooses_kind", False)
    if kind is None and len(kinds) > 1 and not chooses:
        raise ValueError(f"{shown} can be read as {' or '.join(kinds)}; say which: --kind {kinds[0]}")
    wanted = kind if kind is not None else (kinds[0] if kinds and not chooses else None)
    try:
        problems = reader.read(contents, shown, ReadOptions(wanted, complement))
    except InstanceFormatError:
        raise
    except ValueError as error:  # a problem's own check of its data, which does not know the file
        if str(error).startswith(shown):
            raise
        raise InstanceFormatError(shown, None, str(error)) from None
    if not problems:
        raise InstanceFormatError(shown, None, "expected at least one instance, found none")
    if kind is not None and problems[0].kind != kind:
        raise ValueError(f"{shown} must hold a {kind} instance, got {problems[0].kind}; leave the kind out")
    return problems


def save(problem: Problem, path: str | os.PathLike[str]) -> None:
    """Write an instance in the format of the suffix; ``.json`` is the native one, ``-`` is standard output.

    Raises
    ------
    UnsupportedError
        No format of that suffix can be written for this kind.
    """
    path = os.fspath(path)
    contents = _writer(problem.kind, path).write(problem)
    data = contents.encode() if isinstance(contents, str) else contents
    if len(data) > MAX_BYTES:
        others = [s for s in _suffixes(problem.kind) if not path.lower().removesuffix(".gz").endswith(s)]
        raise UnsupportedError(
            f"{path} must hold at most {MAX_BYTES} bytes to be read again, got {len(data)}; "
            f"write another format ({', '.join(others) or 'none'}), or a smaller instance"
        )
    write_bytes(path, data)


def read_bytes(path: str) -> bytes:
    """Contents of a file (``-``: standard input), unpacked where they are gzip or xz; refused beyond MAX_BYTES.

    Raises
    ------
    InstanceFormatError
        Missing, a folder, not readable, empty, too large or a damaged gzip file.
    """
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            if os.path.isdir(path):
                raise InstanceFormatError(path, None, "expected a file, found a folder; name one of its files")
            if _is_named_pipe(path):
                data = _read_pipe(path)
            else:
                with open(path, "rb") as file:
                    data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InstanceFormatError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InstanceFormatError(path, None, f"expected a readable file, found: {reason}; check the path") from None
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, path)
    elif data[:6] == b"\xfd7zXZ\x00":
        data = _unpacked_xz(data, path)
    if len(data) > MAX_BYTES:
        raise InstanceFormatError(path, None, f"expected at most {MAX_BYTES} bytes, found more; split the file")
    if not data.strip():
        raise InstanceFormatError("<stdin>" if path == "-" else path, None, "expected an instance, found an empty file")
    return data


def _is_named_pipe(path: str) -> bool:
    """Whether it is a pipe in the file system; ``/dev/stdin`` and ``<(command)`` have a writer and are files."""
    return not path.startswith(("/dev/", "/proc/")) and stat.S_ISFIFO(os.stat(path).st_mode)


def _read_pipe(path: str) -> bytes:
    """What is written into a named pipe; opened as a file, one without a writer would never return.

    Raises
    ------
    InstanceFormatError
        Nothing came for PIPE_SECONDS.
    """
    import select

    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    data = b""
    try:
        while len(data) <= MAX_BYTES:
            if not select.select([pipe], [], [], PIPE_SECONDS)[0]:
                said = f"expected a file, found a named pipe in which nothing was written for {PIPE_SECONDS:g} s"
                raise InstanceFormatError(path, None, f"{said}; start its writer, or name a file")
            more = os.read(pipe, 1 << 20)
            if not more:
                break
            data += more
    finally:
        os.close(pipe)
    return data


def write_bytes(path: str, data: bytes) -> None:
    """Write a whole file or none of it: to a neighbour first, renamed at the end; ``-`` is standard output.

    Raises
    ------
    ValueError
        The file cannot be written.
    """
    if path == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    if target.name.endswith(".gz"):
        import gzip

        data = gzip.compress(data, mtime=0)
    try:
        whole_or_nothing(target, data)
    except WriteError:
        raise
    except OSError as error:
        raise ValueError(f"{path} must be a file that can be written, got {error.strerror}; check the path") from None


def as_text(data: bytes) -> str | None:
    """The text of a file; None where it is binary. Latin-1 where it is not UTF-8 (umlauts in old comments)."""
    if any(byte in data for byte in (b"\x00", b"\x01", b"\x02", b"\x7f")):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x1a", "\n")


def _unpacked(data: bytes, path: str) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        out = unpacker.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise InstanceFormatError(path, None, f"expected gzip data, found damage: {error}; fetch it again") from None
    if len(out) <= MAX_BYTES and not unpacker.eof:
        raise InstanceFormatError(path, None, "expected whole gzip data, found the end of the file; fetch it again")
    return out


def _unpacked_xz(data: bytes, path: str) -> bytes:
    import lzma

    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MAX_BYTES)
    try:
        out = unpacker.decompress(data, MAX_BYTES + 1)
    except lzma.LZMAError as error:
        raise InstanceFormatError(path, None, f"expected xz data, found damage: {error}; fetch it again") from None
    if len(out) <= MAX_BYTES and not unpacker.eof:
        raise InstanceFormatError(path, None, "expected whole xz data, found the end of the file; fetch it again")
    return out


def _choose(data: bytes, path: str, kind: str | None) -> tuple[Reader, Any]:
    """The reader for these contents, and the contents as it wants them."""
    text = as_text(data)
    named: list[tuple[str, Reader]] = [(entry.name, entry.make()) for entry in READERS if not entry.missing]
    able = [
        (name, reader)
        for name, reader in named
        if (kind is None or not reader.kinds or kind in reader.kinds) and (reader.is_binary or text is not None)
    ]
    fitting = [(name, reader) for name, reader in able if reader.sniff(data if reader.is_binary else text, path)]
    owners = [name for name, reader in named if _suffix_of(path, reader)]
    if owners:  # numbers alone are no evidence against the suffix
        fitting = [one for one in fitting if not getattr(one[1], "is_bare", False) or one[0] in owners]
    if not fitting and kind is not None:
        fitting = [(name, reader) for name, reader in able if hasattr(reader, "fits") and reader.fits(text, path)]
    if not fitting:
        return _refuse(path, able, kind, text, data)
    by_suffix = [(name, reader) for name, reader in fitting if _suffix_of(path, reader)]
    left = by_suffix if len(fitting) > 1 and by_suffix else fitting
    if len(left) > 1:
        kinds = sorted({k for _, reader in left for k in reader.kinds})
        names = ", ".join(name for name, _ in left)
        if kind is None and len(kinds) > 1:
            raise ValueError(f"{path} can be read as {' or '.join(kinds)} ({names}); say which: --kind {kinds[0]}")
        raise ValueError(f"{path} can be read by several formats ({names}); give it the suffix of the one you mean")
    reader = left[0][1]
    return reader, data if reader.is_binary else text


def _refuse(
    path: str, able: list[tuple[str, Reader]], kind: str | None, text: str | None, data: bytes
) -> tuple[Reader, Any]:
    """The one reader that shall explain what is wrong with contents that fit no format; else an error."""
    strange = unheld(text, path) if text is not None and kind is None else None
    if strange is not None:
        kinds = ", ".join(entry.name for entry in PROBLEMS)
        raise InstanceFormatError(path, None, f"expected a kind that qopt has ({kinds}), found {strange}")
    by_suffix = [(name, reader) for name, reader in able if _suffix_of(path, reader)]
    left = by_suffix or (able if kind is not None else [])
    left = [(name, reader) for name, reader in left if reader.kinds or not kind] or left
    if len(left) == 1:
        return left[0][1], data if left[0][1].is_binary else text
    if text is None:
        raise InstanceFormatError(path, None, "expected a text file, found binary data")
    start = brief(" ".join(text[:200].split()))
    if not left:
        names = ", ".join(entry.name for entry in READERS)
        raise InstanceFormatError(path, None, f"expected one of the formats {names}, found {start}; name its --kind")
    reasons = []
    for name, reader in left:
        contents = data if reader.is_binary else text
        wanted = kind or (reader.kinds[0] if reader.kinds else None)
        try:
            reader.read(contents, path, ReadOptions(wanted))
        except ValueError as error:
            reasons.append(f"{name}: {str(error).removeprefix(path).lstrip(' :')}")
        else:
            reasons.append(f"{name}: not its structure")
    hint = "" if kind else "; name its --kind"
    raise InstanceFormatError(
        path, None, f"expected one of {len(left)} formats, found none ({' | '.join(reasons)}){hint}"
    )


def _suffix_of(path: str, reader: Reader) -> bool:
    name = path.lower().removesuffix(".gz").removesuffix(".xz")
    return name.endswith(tuple(reader.suffixes)) if reader.suffixes else False


def _writer(kind: str, path: str) -> Writer:
    for reader in _writers(kind):
        if _suffix_of(path, reader) or (path == "-" and not reader.writes):
            writer: Writer = reader
            return writer
    suffixes = _suffixes(kind)
    if not suffixes:
        raise UnsupportedError(f"a {kind} instance cannot be written; the native reader is missing")
    raise UnsupportedError(f"{path} must end in {' or '.join(suffixes)} for a {kind} instance; rename it")


def _writers(kind: str) -> list[Any]:
    """The readers that write a kind."""
    found = [entry.make() for entry in READERS if not entry.missing and hasattr(entry.make, "write")]
    return [reader for reader in found if not reader.writes or kind in reader.writes]


def _suffixes(kind: str) -> list[str]:
    """Suffixes under which a kind can be written, each once."""
    return list(dict.fromkeys(suffix for reader in _writers(kind) for suffix in reader.suffixes))


def _select(problems: list[Problem], instance: str, path: str) -> Problem:
    for problem in problems:
        if problem.name == instance:
            return problem
    if instance.isdecimal():
        if 1 <= int(instance) <= len(problems):
            return problems[int(instance) - 1]
        raise ValueError(f"instance must be in 1..{len(problems)}, got {instance} ({path}); instances count from 1")
    raise unknown_name(f"instance of {path}", instance, [problem.name for problem in problems])
