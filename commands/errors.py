"""Every way a command can end as an exit code and at most one line on stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable

from ..core.errors import InfeasibleError
from ..core.files import NO_ROOM
from .terminal import echo

#: What each exit code says; ``qopt --help`` and docs/commands.md show it.
EXIT_CODES = {
    0: "done",
    1: "the run failed or found nothing feasible, or what was checked does not hold",
    2: "bad input: a file, an option, a name, a missing package, or a size that is refused",
    20: "feasible, but not proven although --prove asked for it",
    21: "infeasible, proven",
    130: "stopped by Ctrl-C",
}

#: What a bad file, option or missing package raises; everything else is a failed run.
BAD_INPUT = (ValueError, TypeError, OSError, ImportError)
INFEASIBLE = 21
INTERRUPTED = 130

#: Settings as Python writes them, such as ``init='interp'`` or ``layers=1``.
_SETTING = re.compile(r"(?<![\w.'\"/-])([a-z][a-z_]+)=('[\w:.*-]*'|\d+(?:\.\d+)?|True|False)(?!\.?[\w=])")
_FIELD = re.compile(r"\bwrite (solver|encoder|shrink|presolve)\.(\w+)( or (?:solver|encoder)\.)?")
#: Fields whose option has another name, since the budget's has theirs.
_OPTIONS = {"shots": "shots-per-evaluation", "target": "solver.target"}


def exit_code_of(command: Callable[[], object], *, debug: bool) -> int:
    """Run the command line; its exit code, after one line on stderr where it is an error."""
    try:
        code = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:  # whoever read us has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (*BAD_INPUT, RuntimeError, MemoryError) as error:
        if debug:
            raise
        for mistake in getattr(error, "mistakes", (error,)):  # a sweep's spec tells all of its own at once
            echo(f"qopt: {one_line(mistake)}", err=True)
        if isinstance(error, InfeasibleError):
            return INFEASIBLE
        return 2 if isinstance(error, BAD_INPUT) and not is_full(error) else 1
    except Exception as error:
        if debug:
            raise
        return _told(error)
    if code == INTERRUPTED:
        echo("qopt: interrupted", err=True)
    return code if isinstance(code, int) else 0


def is_full(error: BaseException) -> bool:
    """Whether there was no room for what was to be written: a failed run, not a bad input."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


def _told(error: Exception) -> int:
    """Usage errors of the option parser carry their own text and exit code; any other is a fault of ours."""
    if not hasattr(error, "format_message"):
        echo(f"qopt: {type(error).__name__}: {one_line(error)}; this is a fault of qopt, see --debug", err=True)
        return 1
    text = str(error.format_message())
    if type(error).__name__ == "NoArgsIsHelpError":
        echo(text)
    else:
        echo(f"qopt: {' '.join(text.split()).rstrip('.')}; see `qopt --help`", err=True)
    return int(getattr(error, "exit_code", 2))


def one_line(error: BaseException) -> str:
    """The error's text without line breaks; with the path and a remedy where the text alone has none."""
    if is_full(error):
        assert isinstance(error, OSError)
        return f"{error.filename or 'standard output'}: {error.strerror}; make room and run the same command again"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}; check the path"
    if isinstance(error, MemoryError):
        return f"{error or 'the memory of this machine is used up'}; `qopt plan` says what needs how much".strip()
    text = " ".join(str(error).split())
    is_of_spec = re.search(r" line \d+ column \d+: ", text)  # written in YAML, not typed
    return (text if is_of_spec else as_typed(text)) or type(error).__name__


def as_typed(text: str) -> str:
    """A message of Python's with the settings as they are typed here.

    Examples
    --------
    >>> as_typed("layers must be 1..11 for init='fixed', got 30; use init='interp'")
    'layers must be 1..11 for --init fixed, got 30; use --init interp'
    >>> as_typed("e.g. shots=1000; write solver.restarts or encoder.restarts; override x=1,2")
    'e.g. --shots-per-evaluation 1000; write --solver.restarts or --encoder.restarts; override x=1,2'
    """

    def option(found: re.Match[str]) -> str:
        name, value = found[1], found[2].strip("'")
        name = _OPTIONS.get(name, name.replace("_", "-"))
        return f"--{name} {value}" if value not in ("True", "False") else f"--{'no-' * (value == 'False')}{name}"

    def field(found: re.Match[str]) -> str:
        return f"write --{found[1]}.{found[2]}" + (found[3] or "").replace(" or ", " or --")

    return _FIELD.sub(field, _SETTING.sub(option, text))
