"""The command line's frame: the list of commands and the options of all of them."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from ..core.allowed_modules import allow_module as allow
from .bench import bench
from .compare import compare
from .crossover import crossover
from .encode import encode, plan
from .errors import EXIT_CODES, exit_code_of
from .export import export
from .instances import convert, generate, info, verify
from .merge import merge
from .parts import check_plugin, list_parts, load_plugin
from .penalties import penalty_sweep, tune_penalty
from .plot import plot
from .portfolio import portfolio
from .replay import replay
from .report import report
from .reproduce import reproduce
from .resources import resources
from .shrink import shrink
from .solve import solve
from .terminal import echo, open_streams
from .tune import tune
from .watch import watch

app = typer.Typer(
    name="qopt",
    help="Combinatorial instance in, verified answer out, with what the quantum part earned.",
    epilog="Exit codes: " + "; ".join(f"{code} {text}" for code, text in EXIT_CODES.items()) + ".",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
EXTRA = {"allow_extra_args": True, "ignore_unknown_options": True}


def _version(wanted: bool) -> None:
    if wanted:
        from ..engines.diagonal import card_name, engine_name
        from ..experiments.environment import versions

        if "--json" in sys.argv:
            document = {"schema": "qopt.version/1", "versions": versions(), "engine": engine_name(), "gpu": card_name()}
            echo(json.dumps(document))
            raise typer.Exit()
        for package, version in versions().items():
            echo(f"{package} {version}")
        echo(f"exact engine: {engine_name()}")
        echo(f"gpu engine: {card_name()}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Versions of the whole stack.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --version: one JSON document.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    plugin: Annotated[list[str] | None, typer.Option("--plugin", help="Python file with parts of your own.")] = None,
    allow_module: Annotated[
        list[str] | None, typer.Option("--allow-module", help="Module whose samplers a spec or record may name.")
    ] = None,
) -> None:
    """Options of every command."""
    for name in allow_module or []:
        allow(name)
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
app.command("shrink", context_settings=EXTRA)(shrink)
app.command("plot")(plot)
app.command("bench")(bench)
app.command("watch")(watch)
app.command("report")(report)
app.command("compare")(compare)
app.command("export")(export)
app.command("replay")(replay)
app.command("merge")(merge)
app.command("tune")(tune)
app.command("crossover")(crossover)
app.add_typer(portfolio, name="portfolio")
app.command("resources", context_settings=EXTRA)(resources)
app.command("reproduce")(reproduce)
app.command("list")(list_parts)
app.command("check-plugin")(check_plugin)


def main() -> None:
    """Run the command line and leave with its exit code."""
    open_streams()
    sys.exit(exit_code_of(lambda: app(prog_name="qopt", standalone_mode=False), debug="--debug" in sys.argv))
