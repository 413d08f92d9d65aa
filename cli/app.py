"""The command line's frame: the list of commands, and every error as one line on stderr.

Exit codes: 0 done, 1 failed run, 2 bad input, 20 feasible but not proven with ``--prove``, 21 infeasible.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .bench import bench
from .encode import encode, plan
from .instances import convert, generate, info, verify
from .merge import merge
from .parts import check_plugin, list_parts, load_plugin
from .penalties import penalty_sweep, tune_penalty
from .plot import plot
from .replay import replay
from .solve import solve

app = typer.Typer(
    name="qopt",
    help="Combinatorial instance in, verified answer out, with what the quantum part earned.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
EXTRA = {"allow_extra_args": True, "ignore_unknown_options": True}


def _version(wanted: bool) -> None:
    if wanted:
        from ..experiments.environment import versions
        from ..solvers.exact import engine_name

        for package, version in versions().items():
            typer.echo(f"{package} {version}")
        typer.echo(f"exact engine: {engine_name()}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Versions of the whole stack.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    plugin: Annotated[list[str] | None, typer.Option("--plugin", help="Python file with parts of your own.")] = None,
) -> None:
    """Options of every command."""
    for path in plugin or []:
        load_plugin(path)


app.command("solve", context_settings=EXTRA)(solve)
app.command("generate", context_settings=EXTRA, add_help_option=False)(generate)
app.command("info")(info)
app.command("verify")(verify)
app.command("convert")(convert)
app.command("encode", context_settings=EXTRA)(encode)
app.command("plan", context_settings=EXTRA)(plan)
app.command("penalty-sweep", context_settings=EXTRA)(penalty_sweep)
app.command("tune-penalty")(tune_penalty)
app.command("plot")(plot)
app.command("bench")(bench)
app.command("replay")(replay)
app.command("merge")(merge)
app.command("list")(list_parts)
app.command("check-plugin")(check_plugin)


def main() -> None:
    """Run the command line and leave with its exit code."""
    debug = "--debug" in sys.argv
    try:
        code = app(standalone_mode=False)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        code = 130
    except (ValueError, TypeError, OSError, ImportError, RuntimeError, MemoryError) as error:
        if debug:
            raise
        code = 2 if isinstance(error, ValueError | TypeError | OSError | ImportError) else 1
        typer.echo(f"qopt: {_one_line(error)}", err=True)
    except Exception as error:
        # usage errors of the option parser carry their own text and exit code
        if debug or not hasattr(error, "format_message"):
            raise
        typer.echo(f"qopt: {error.format_message()}; see `qopt --help`", err=True)
        code = getattr(error, "exit_code", 2)
    sys.exit(code if isinstance(code, int) else 0)


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}; check the path"
    return " ".join(str(error).split()) or type(error).__name__
