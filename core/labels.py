"""Names of variables and rows: different ones from any labels, and plain ones that every text format takes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


def label_texts(labels: Iterable[Hashable], family: str = "x") -> tuple[str, ...]:
    """Different names for a model's labels: a number n is ``x[n]``, a tuple ``(0, 1)``, anything else its text.

    Without a family a number is its own text too.

    Labels whose names would be one (0 and "x[0]", (0, 1) and "(0, 1)") are told apart: texts keep their name in quotes.

    Examples
    --------
    >>> label_texts([0, "b", (0, 1)]), label_texts([(0, 1), "(0, 1)"])
    (('x[0]', 'b', '(0, 1)'), ('(0, 1)', "'(0, 1)'"))
    """
    given = list(labels)
    names = [_label_text(label, family) for label in given]
    counts = Counter(names)
    pairs = zip(given, names, strict=True)
    return distinct_texts(
        [repr(label) if isinstance(label, str) and counts[name] > 1 else name for label, name in pairs]
    )


def _label_text(label: Hashable, family: str) -> str:
    if isinstance(label, tuple | list):
        return f"({', '.join(_label_text(part, '') for part in label)})"
    return f"{family}[{label}]" if family and isinstance(label, int) and not isinstance(label, bool) else str(label)


def distinct_texts(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each that was there before with ``#2``, ``#3``, ... behind it.

    Examples
    --------
    >>> distinct_texts(["a", "b", "a"])
    ('a', 'b', 'a#2')
    """
    taken = set(names)
    seen: set[str] = set()
    out = []
    for name in names:
        count, text = 1, name
        while text in seen or (text != name and text in taken):
            count += 1
            text = f"{name}#{count}"
        seen.add(text)
        out.append(text)
    return tuple(out)


def plain_names(names: Sequence[str], prefix: str) -> list[str]:
    """Different names of letters, digits and underscores, as every solver's text format takes them.

    Examples
    --------
    >>> plain_names(["x[0,1]", "y", "1st", "end"], "x")
    ['x_0_1', 'y', 'x_1st', 'x_end']
    """
    plain = [re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") for name in names]
    # a leading digit or e reads as a number, and short words may be keywords (st, bin, end, free, inf)
    plain = [
        name if re.fullmatch(r"[A-DF-Za-df-z](|[a-z_]*_?[0-9][0-9_]*)", name) else f"{prefix}_{name}" for name in plain
    ]
    return plain if len(set(plain)) == len(plain) else [f"{prefix}_{i}" for i in range(len(names))]
