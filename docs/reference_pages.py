"""Reference pages of the site, made from the registries and the command's own help while the site is built."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from mkdocs.structure.files import File, Files


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    import qopt

    pages = {
        "reference/solvers.md": _parts("Solvers", qopt.SOLVERS),
        "reference/encoders.md": _parts("Encoders", qopt.ENCODERS),
        "reference/problems.md": _parts("Problems", qopt.PROBLEMS),
        "reference/commands.md": _commands(),
        "reference/api.md": _api(),
        "reference/records.md": _records(),
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def _parts(title: str, registry: Any) -> str:
    lines = [f"# {title}", ""]
    for entry in registry:
        lines += [f"## {entry.name}", "", _cell(entry.summary), ""]
        if entry.preset:
            lines += ["Preset: " + ", ".join(f"`{key} = {value!r}`" for key, value in entry.preset.items()), ""]
        if entry.missing:
            lines += [f"Needs the extra `{entry.extra}`.", ""]
        fields = [f for f in dataclasses.fields(entry.make) if f.init] if dataclasses.is_dataclass(entry.make) else []
        if fields:
            lines += ["| option | type | default |", "|---|---|---|"]
            for field in fields:
                made = field.default_factory is not dataclasses.MISSING
                default = "made" if made else "-" if field.default is dataclasses.MISSING else repr(field.default)
                lines.append(f"| `{field.name}` | {_cell(field.type)} | {_cell(default)} |")
            lines.append("")
    return "\n".join(lines)


def _commands() -> str:
    from qopt.commands.app import app

    lines = ["# Commands", "", "`qopt COMMAND --help` prints the same.", ""]
    for command in sorted(app.registered_commands, key=lambda one: str(one.name)):
        function = command.callback
        assert function is not None
        lines += [f"## {command.name}", "", _cell((inspect.getdoc(function) or "").partition("\n\n")[0]), ""]
        lines += ["| option | what |", "|---|---|"]
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            told = next((m for m in getattr(parameter.annotation, "__metadata__", ()) if hasattr(m, "help")), None)
            if told is not None:
                names = [name for name in (getattr(told, "param_decls", None) or ()) if name.startswith("-")]
                is_option = type(told).__name__ == "OptionInfo"
                shown = ", ".join(names) or (f"--{parameter.name.replace('_', '-')}" if is_option else parameter.name)
                lines.append(f"| `{shown}` | {_cell(told.help or '')} |")
        lines.append("")
    return "\n".join(lines)


def _api() -> str:
    functions = ("solve", "encode", "verify", "info", "bench", "report", "compare", "load", "load_all", "save")
    functions += ("generate", "problem_of", "options_of")
    import qopt

    lines = ["# From Python", "", "`import qopt` imports NumPy alone; a part is imported when it is first used.", ""]
    for name in functions:
        function = getattr(qopt, name)
        lines += [f"::: {function.__module__}.{function.__qualname__}", ""]
    for name in ("qopt.core.budget.Budget", "qopt.core.record.Record"):
        lines += [f"::: {name}", ""]
    return "\n".join(lines)


def _records() -> str:
    from qopt.core.record import SCHEMA, Record

    lines = [
        "# Exit codes and records",
        "",
        "| code | meaning |",
        "|---|---|",
        "| 0 | done |",
        "| 1 | a run failed, or a file could not be written |",
        "| 2 | bad input: one line says what is wrong and what to do |",
        "| 20 | feasible, but `--prove` asked for a proof |",
        "| 21 | proven infeasible |",
        "| 130 | stopped by Ctrl-C |",
        "",
        f"A record (`--json`, `--out`) has the schema `{SCHEMA}` and these keys; more may be added.",
        "",
        "| key | type |",
        "|---|---|",
    ]
    lines += [f"| `{field.name}` | {_cell(field.type)} |" for field in dataclasses.fields(Record)]
    return "\n".join([*lines, ""])
