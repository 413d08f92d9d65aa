"""Every way a command can end as an exit code and at most one line on stderr.

Exit codes: 0 done, 1 failed run, 2 bad input, 20 feasible but not proven with ``--prove``, 21 infeasible, 130 stopped
by Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from ..core.errors import InfeasibleError

#: What a bad file, option or missing package raises; everything else is a failed run.
BAD_INPUT = (ValueError, TypeError, OSError, ImportError)
INFEASIBLE = 21
INTERRUPTED = 130


def exit_code_of(command: Callable[[], object], *, debug: bool) -> int:
    """Run the command line; its exit code, after one line on stderr where it is an error."""
    try:
        code = command()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except (*BAD_INPUT, RuntimeError, MemoryError) as error:
        if debug:
            raise
        typer.echo(f"qopt: {one_line(error)}", err=True)
        if isinstance(error, InfeasibleError):
            return INFEASIBLE
        return 2 if isinstance(error, BAD_INPUT) else 1
    except Exception as error:
        if debug:
            raise
        return _told(error)
    if code == INTERRUPTED:
        typer.echo("qopt: interrupted", err=True)
    return code if isinstance(code, int) else 0


def _told(error: Exception) -> int:
    """Usage errors of the option parser carry their own text and exit code; any other is a fault of ours."""
    if not hasattr(error, "format_message"):
        typer.echo(f"qopt: {type(error).__name__}: {one_line(error)}; this is a fault of qopt, see --debug", err=True)
        return 1
    text = str(error.format_message())
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(text)
    else:
        typer.echo(f"qopt: {' '.join(text.split()).rstrip('.')}; see `qopt --help`", err=True)
    return int(getattr(error, "exit_code", 2))


def one_line(error: BaseException) -> str:
    """The error's text without line breaks; with the path and a remedy where the text alone has none."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}; check the path"
    if isinstance(error, MemoryError):
        return f"{error or 'the memory of this machine is used up'}; `qopt plan` says what needs how much".strip()
    return " ".join(str(error).split()) or type(error).__name__
