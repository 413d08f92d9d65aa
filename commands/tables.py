"""The tables of ``encode`` and ``plan``: figures side by side, sentences below, nothing cut off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table

from .errors import as_typed
from .terminal import page

Row = Mapping[str, Any]
#: Head of a column, and what it shows of a row.
Column = tuple[str, Callable[[Row], str]]
#: Columns whose values are names.
NAMES = ("encoder", "solver")
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def print_encodings(title: str, rows: Sequence[Row]) -> None:
    """Encoders side by side; notes and refusals below.

    ``exact`` says that every ground state is an optimum, ``bound`` that the ground energy is never above the optimum.
    """
    columns: list[Column] = [
        ("encoder", lambda row: str(row["encoder"])),
        ("qubits", lambda row: count(row["qubits"])),
        ("aux", lambda row: count(row["aux_qubits"])),
        ("terms", lambda row: count(row["quadratic_terms"])),
        ("degree", lambda row: count(row["degree"])),
        ("max |c|", lambda row: figure(row["largest"])),
        ("min |c|", lambda row: figure(row["smallest"])),
        ("penalty", lambda row: _range(row["penalty_min"], row["penalty_max"])),
        ("exact", lambda row: yes(row["is_exact"])),
        ("bound", lambda row: yes(row["is_relaxation"])),
        ("s", lambda row: figure(row["seconds"], digits=2)),
        ("memory", lambda row: memory(row["bytes"])),
    ]
    _print(title, columns, rows)


def print_plan(title: str, rows: Sequence[Row]) -> None:
    """What each solver needs; why one is refused stands below."""
    columns: list[Column] = [
        ("solver", lambda row: str(row["solver"])),
        ("encoder", lambda row: row["encoder"] or "-"),
        ("runs", lambda row: "no" if row["refusal"] else "yes"),
        ("qubits", lambda row: count(row["qubits"])),
        ("memory", lambda row: memory(row["bytes"])),
        ("seconds", lambda row: figure(row["seconds"], digits=2)),
    ]
    _print(title, columns, rows)


def _print(title: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for head, _ in columns:
        is_name = head in NAMES
        table.add_column(head, justify="left" if is_name else "right", no_wrap=is_name, overflow="fold")
    for row in rows:
        table.add_row(*(show(row) for _, show in columns))
    console = page()
    console.print(table)
    for row in rows:
        label = " on ".join(str(row[key]) for key in ("solver", "encoder") if row.get(key))
        for text in (as_typed(row[key]) for key in ("note", "refusal") if row.get(key)):
            console.print(f"{label}: {text.removeprefix(label + ': ')}", markup=False, soft_wrap=True)


def count(value: int | None) -> str:
    """A whole number with thousands apart; a dash for none."""
    return "-" if value is None else f"{value:,}"


def figure(value: float | None, *, digits: int = 4) -> str:
    """A number with so many digits, as short as it can be; a dash for none."""
    if value is None:
        return "-"
    return f"{value:.0f}" if 10**digits <= abs(value) < 10**7 else f"{value:.{digits}g}"


def yes(value: bool | None) -> str:
    """yes, no, or a dash for none."""
    return "-" if value is None else "yes" if value else "no"


def memory(value: int | None) -> str:
    """Bytes in the largest unit that leaves a whole part; a dash for none."""
    if value is None:
        return "-"
    amount, unit = float(value), 0
    while amount >= 1024 and unit < len(UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.3g} {UNITS[unit]}" if amount < 1e4 else f"{amount:.0e} {UNITS[unit]}"


def _range(low: float | None, high: float | None) -> str:
    if low is None or low == high:
        return figure(low)
    return f"{figure(low)}..{figure(high)}"
