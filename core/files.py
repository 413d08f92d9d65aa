"""Files written whole or not at all: into a draft beside the target, renamed at the end; a failed draft is removed.

A target that is no plain file (a device, a pipe, standard output) cannot be renamed over and is written directly.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

#: What the system says where there is no room, and not where the path is wrong.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class WriteError(OSError):
    """A file could not be written although its path is right: the disk or the quota is full, or the device fails."""


@contextlib.contextmanager
def draft_of(path: Path | str) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends without an error.

    Raises
    ------
    WriteError
        There is no room for the file.
    OSError
        It cannot be written for another reason; with its path.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with draft_of(target) as draft:
    ...     _ = draft.write_text("whole")
    >>> target.read_text(), len(list(target.parent.iterdir()))
    ('whole', 1)
    """
    target = Path(os.path.realpath(path))  # a link keeps pointing to what it names
    is_plain = not target.exists() or target.is_file()
    # the suffix stays: writers choose their format by it
    draft = target.with_name(f".{target.stem[:40]}.{os.getpid()}.part{target.suffix}") if is_plain else target
    try:
        yield draft
        if is_plain:
            draft.replace(target)
    except OSError as error:
        raise _told(error, path) from None
    finally:
        if is_plain:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """The text as UTF-8, whole or not at all; errors as in ``draft_of``."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path | str, data: bytes) -> None:
    """The bytes, whole or not at all; errors as in ``draft_of``."""
    with draft_of(path) as draft:
        draft.write_bytes(data)


def _told(error: OSError, path: Path | str) -> OSError:
    """The error with the path that was asked for, not the draft's."""
    kind = WriteError if error.errno in NO_ROOM else type(error)
    return kind(error.errno, error.strerror or str(error), str(path))


@contextlib.contextmanager
def no_room(path: Path) -> Iterator[None]:
    """Errors of writing within the block as those of this file.

    Raises
    ------
    OSError
        A write within the block failed; the text names this file.
    """
    try:
        yield
    except OSError as error:
        raise _told(error, path) from None
