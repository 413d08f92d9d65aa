"""Options that belong to a part and not to a command: ``--layers 3``, ``--solver.alpha=0.25``, ``--no-control``."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

#: What the command calls what Python, or another program, calls so.
MEANT = dict.fromkeys(("seconds", "timeout", "time", "limit", "max_seconds", "max-seconds"), "--time-limit")
#: Likeness of a mistyped option and one of the command's own, from which it is proposed.
LIKENESS = 0.75


def part_options(arguments: Sequence[str]) -> dict[str, str | bool]:
    """Name and value of each ``--name value``, ``--name=value``, ``--name`` and ``--no-name``.

    Raises
    ------
    ValueError
        An argument is no option, or an option stands twice.

    Examples
    --------
    >>> part_options(["--layers", "3", "--solver.alpha=0.25", "--no-tighten"])
    {'layers': '3', 'solver.alpha': '0.25', 'tighten': False}
    """
    options: dict[str, str | bool] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith("--") or len(argument) == 2:
            raise ValueError(f"argument must be an option such as --layers 3, got {argument!r}; see --help")
        name, equals, value = argument[2:].partition("=")
        name = name.replace("-", "_")
        setting: str | bool = value
        if not equals:
            if rest and not rest[0].startswith("--"):
                setting = rest.pop(0)
            else:
                setting = not name.startswith("no_")
                name = name.removeprefix("no_")
        if name in options:
            raise ValueError(f"option --{name} must be given once, got it twice")
        options[name] = setting
    return options


def run_target(given: dict[str, str | bool], bare: float | None) -> float | None:
    """The run's target: the bare option, or ``budget.target``, which is taken out of the parts' options.

    Raises
    ------
    ValueError
        Both are given, or it is no number.

    Examples
    --------
    >>> options = {"budget.target": "12", "encoder.target": "4"}
    >>> run_target(options, None), options
    (12.0, {'encoder.target': '4'})
    """
    if "budget.target" not in given:
        return bare
    value = given.pop("budget.target")
    if bare is not None:
        raise ValueError("give --target or --budget.target, not both; they are the same")
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"--budget.target must be a number, got {value!r}") from None


@contextmanager
def part_errors(ctx: typer.Context) -> Iterator[None]:
    """An option that no part has, and that is nearly one of the command's own, is answered with that one.

    Raises
    ------
    ValueError
        The part's error, with the command's option that was probably meant.
    """
    from ..experiments.encoder_shorthands import wrapper_of
    from ..experiments.pipeline import UnknownOptionError

    try:
        yield
    except UnknownOptionError as error:
        written = f"--{error.option.replace('_', '-')}"
        wrapper = wrapper_of(error.option)
        if wrapper:
            raise ValueError(f"option {written} is one of --{wrapper}, got it without; add --{wrapper}") from None
        own = [name for parameter in ctx.command.params for name in parameter.opts]
        if MEANT.get(error.option) in own:
            raise ValueError(f"option must be known, got {written}; did you mean {MEANT[error.option]}?") from None
        if written in own:  # its word was none of the command's, and was left to the parts
            raise ValueError(f"{written} must be a word of `qopt {ctx.info_name} --help`, got another one") from None
        close = difflib.get_close_matches(written, own, n=1, cutoff=LIKENESS)
        if not close:
            raise
        raise ValueError(f"option must be known, got {written}; did you mean {close[0]}?") from None


@contextmanager
def named_as(options: Mapping[str, str]) -> Iterator[None]:
    """An error that opens with a field's name opens with the option that set it, which is what the user typed.

    Parameters
    ----------
    options : option by field, such as ``{"cycle_seconds": "--cycle"}``.

    Raises
    ------
    ValueError
        The part's error with the option's name.
    """
    try:
        yield
    except ValueError as error:
        text = str(error)
        field = text.partition(" ")[0]
        if field not in options:
            raise
        error.args = (options[field] + text.removeprefix(field),)
        raise


def check_picture(name: str, path: Path) -> None:
    """Refuse, before any work, a picture that could not be drawn.

    Raises
    ------
    ValueError
        The file cannot be written, or its suffix is another.
    MissingDependencyError
        matplotlib is not installed.
    """
    from ..experiments.drawing import require_pictures

    check_targets(path)
    if path.suffix.lower() not in (".png", ".svg"):
        raise ValueError(f"{name} must end with .png or .svg, got {path.name!r}; rename it")
    require_pictures()


def check_export(path: Path) -> None:
    """Refuse, before any work, a QUBO's file that could not be written."""
    from ..encoders.export import check_export_path

    check_targets(path)
    check_export_path(path)


def check_targets(*paths: Path | None) -> None:
    """Refuse files that cannot be written before any work is done for them.

    Raises
    ------
    ValueError
        The path is a folder, or its folder is not there.
    """
    for path in paths:
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            found = "a folder" if path.is_dir() else f"the missing folder {str(path.parent)!r}"
            raise ValueError(f"{path} must be a file in a folder that exists, got {found}; check the path")
