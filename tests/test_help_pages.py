"""Help pages are for the one who types: sections of docstrings (Raises, Parameters) stay in the code."""

from __future__ import annotations

from typing import Any

import typer

from qopt.commands.app import app


def _commands(group: Any, name: str = "qopt") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, command in group.commands.items():
        found.append((f"{name} {key}", command))
        if hasattr(command, "commands"):
            found += _commands(command, f"{name} {key}")
    return found


def test_no_help_page_shows_a_section_of_a_docstring() -> None:
    """`qopt portfolio train --help` said "Raises ------ ValueError"."""
    told = {name: command.help or "" for name, command in _commands(typer.main.get_command(app))}
    assert len(told) > 20
    assert [name for name, text in told.items() if "-----" in text] == []
