"""Options that belong to a part and not to a command: ``--layers 3``, ``--solver.alpha=0.25``, ``--no-control``."""

from __future__ import annotations

from collections.abc import Sequence


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
