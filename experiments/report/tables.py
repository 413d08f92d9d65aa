"""Tables as values, and their forms: HTML, Markdown and LaTeX; numbers as short text with a value to sort by."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Generic, TypeVar

from ..metrics import Interval


@dataclass(frozen=True, slots=True)
class Cell:
    """Text, and what it sorts by; ``link`` is a place on the page, ``mark`` a verdict that the page colours."""

    text: str
    value: float | str | None = None
    link: str = ""
    mark: str = ""

    @property
    def is_number(self) -> bool:
        return isinstance(self.value, int | float)


@dataclass(frozen=True)
class Column:
    """Heading, and what the column means in one sentence."""

    name: str
    help: str = ""


T = TypeVar("T")


@dataclass(frozen=True)
class Measure(Generic[T]):
    """A column with what fills it: a further column is one of these, in one place.

    Parameters
    ----------
    cell : subject of a row -> cell.
    """

    name: str
    cell: Callable[[T], Cell]
    help: str = ""


def tabulate(key: str, title: str, measures: Sequence[Measure[T]], subjects: Iterable[T], note: str = "") -> Table:
    """A table with one row a subject.

    Examples
    --------
    >>> table = tabulate("k", "Squares", [Measure("n", count), Measure("n**2", lambda n: count(n * n))], [2, 3])
    >>> [[cell.text for cell in row] for row in table.rows]
    [['2', '4'], ['3', '9']]
    """
    columns = [Column(each.name, each.help) for each in measures]
    return Table(key, title, columns, [[each.cell(subject) for each in measures] for subject in subjects], note)


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; ``key`` names it in files and links, ``note`` says how to read it."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


def words(text: str) -> Cell:
    """Cell that is sorted as it reads."""
    return Cell(text, text)


def count(value: float | None) -> Cell:
    """A whole number with thousands apart; ``-`` without one."""
    return MISSING if value is None or math.isnan(value) else Cell(f"{value:,.0f}", value)


def figure(value: float | None, unit: str = "") -> Cell:
    """Three digits and a unit."""
    if value is None or math.isnan(value):
        return MISSING
    return Cell(short(value) + (f" {unit}" if unit else ""), value)


def percent(value: float) -> Cell:
    """A share or gap; ``none`` for inf (no feasible answer), ``-`` for nan (no reference)."""
    return MISSING if math.isnan(value) else Cell(percent_text(value), value)


def interval(found: Interval, text: object = None) -> Cell:
    """``value [low, high]``; ``text`` formats one number, ``short`` without."""
    write = text if callable(text) else short
    if math.isnan(found.value):
        return MISSING
    if found.is_limit:
        return Cell(f"> {write(found.low)}", found.low)
    return Cell(f"{write(found.value)} [{write(found.low)}, {write(found.high)}]", found.value)


def p_text(p: float) -> str:
    """A p-value with three decimals; below 0.001 only that it is."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_cell(p: float) -> Cell:
    """A p-value as ``p_text`` writes it, sorted by its value."""
    return Cell(p_text(p), p)


def percent_text(value: float) -> str:
    """``value`` as a percentage of three digits; "none" for an infinite one."""
    if math.isinf(value):
        return "none"
    return f"{100 * value:.3g} %" if abs(value) < 10 else f"{100 * value:.0f} %"


def short(value: float) -> str:
    """Three significant digits, without exponents where they are not needed.

    Examples
    --------
    >>> short(0.0123456), short(1234567.0), short(12.0), short(float("inf"))
    ('0.0123', '1.23e+06', '12', 'inf')
    """
    if math.isnan(value) or math.isinf(value):
        return "-" if math.isnan(value) else "inf"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e5 else f"{value:.3g}"


MISSING = Cell("-", None)


def html_table(table: Table) -> str:
    """A ``<table>`` that the page's script makes sortable and filterable; every text escaped."""
    heads = "".join(
        f'<th scope="col"{_title(column)}{_kind(table, i)}><button type="button">{escape(column.name)}</button></th>'
        for i, column in enumerate(table.columns)
    )
    body = "".join("<tr>" + "".join(_html_cell(cell) for cell in row) + "</tr>" for row in table.rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.title)}">'
        f'<table class="data" id="table-{escape(table.key)}"><caption>{escape(table.title)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        + (f'<p class="note">{escape(table.note)}</p>' if table.note else "")
    )


def _kind(table: Table, column: int) -> str:
    return ' class="num"' if _is_numeric(table, column) else ""


def _title(column: Column) -> str:
    return f' title="{escape(column.help)}"' if column.help else ""


def _html_cell(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.link:
        text = f'<a href="#{escape(cell.link)}">{text}</a>'
    if cell.mark:
        first, _, rest = text.partition(" ")
        return f'<td class="mark" data-v="{cell.value!r}"><span class="{escape(cell.mark)}">{first}</span> {rest}</td>'
    if cell.is_number:
        return f'<td class="num" data-v="{cell.value!r}">{text}</td>'
    return f'<td class="num">{text}</td>' if cell.value is None else f"<td>{text}</td>"


def markdown_table(table: Table) -> str:
    """A pipe table under a heading; bars in texts are escaped."""
    names = [escape_markdown(column.name) for column in table.columns]
    lines = [f"### {escape_markdown(table.title)}", "", "| " + " | ".join(names) + " |"]
    lines.append("|" + "|".join("---:" if _is_numeric(table, i) else "---" for i in range(len(names))) + "|")
    lines += ["| " + " | ".join(escape_markdown(cell.text) for cell in row) + " |" for row in table.rows]
    if table.note:
        lines += ["", escape_markdown(table.note)]
    return "\n".join(lines) + "\n"


def escape_markdown(text: str) -> str:
    """The text as one line in which Markdown and HTML find no sign of theirs."""
    for sign in ("\\", "|", "<", "*", "_", "`"):
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


def _is_numeric(table: Table, column: int) -> bool:
    return any(row[column].is_number for row in table.rows)


def latex_table(table: Table) -> str:
    """A booktabs table with caption and label."""
    layout = "".join("r" if _is_numeric(table, i) else "l" for i in range(len(table.columns)))
    lines = [r"\begin{table}", rf"\caption{{{escape_latex(table.title)}}}", rf"\label{{tab:{table.key}}}"]
    lines += [rf"\begin{{tabular}}{{{layout}}}", r"\toprule"]
    lines.append(" & ".join(escape_latex(column.name) for column in table.columns) + r" \\")
    lines.append(r"\midrule")
    lines += [" & ".join(escape_latex(cell.text) for cell in row) + r" \\" for row in table.rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    if table.note:
        lines += [r"\par\smallskip", rf"\footnotesize {escape_latex(table.note)}"]
    return "\n".join([*lines, r"\end{table}", ""])


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",  # a dash in LaTeX's default encoding
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}


def escape_latex(text: str) -> str:
    """The text as one line of LaTeX."""
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(text.split()))
