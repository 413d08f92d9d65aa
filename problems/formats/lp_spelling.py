"""LP text in all its usual spellings, rewritten into the one that every version of HiGHS reads alike.

Names become ``v0, v1, ...`` (so that ``x[0]``, ``inf1`` or ``st2`` cannot be mistaken), headers their longest form, and
rows ``r0: terms <= number``: constants move to the right, flipped rows are turned, of a range ``1 <= terms <= 2`` the
lower bound is kept aside. What qopt cannot hold is refused by name.

References: CPLEX LP file format; LP format of HiGHS; Gurobi LP format (names with brackets).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import MappingProxyType

from ...core import UnsupportedError
from ..reading import END_OF_FILE, fail
from .lp_rows import write_rows
from .lp_tokens import INFINITY, OPERATORS, Spelled, Token, tokens_of

_SENSE = re.compile(r"(?:(min)(?:imi[sz]e|imum)?|(max)(?:imi[sz]e|imum)?)(?![^\s:])[ \t]*(?::(?!:))?", re.IGNORECASE)
#: Words that start a section, alone on their line or before its first entry.
_HEADERS = MappingProxyType(
    {
        "rows": ("subject to", "such that", "st", "st.", "s.t.", "s.t"),
        "bounds": ("bounds", "bound"),
        "binary": ("binaries", "binary", "bin"),
        "general": ("generals", "general", "gens", "gen", "integers", "integer", "int"),
        "end": ("end",),
        "general constraints": ("general constraints", "general constraint", "gencons", "genconstr"),
        "semi-continuous variables": ("semi-continuous", "semis", "semi", "semi continuous", "semi-integer", "semiint"),
        "special ordered sets": ("sos", "sos1", "sos2", "sos section"),
        "lazy constraints": ("lazy constraints", "lazy constraint"),
        "user cuts": ("user cuts", "user cut"),
        "piecewise linear objectives": ("pwlobj",),
        "scenarios": ("scenario", "scenarios"),
    }
)
_SECTION_OF = MappingProxyType({word: section for section, words in _HEADERS.items() for word in words})
_LONGEST = max(len(word.split()) for word in _SECTION_OF)


def starts_like_lp(text: str) -> bool:
    """Whether the first word that is no comment is a sense of optimisation."""
    return bool(_SENSE.match(without_comments(text).lstrip()))


def without_comments(text: str) -> str:
    """The text without comments, line for line."""
    return re.sub(r"\\[^\n]*", "", text)


def spell(text: str, path: str) -> Spelled:
    """The file in the plain spelling.

    Raises
    ------
    InstanceFormatError
        The text is cut, a row has no comparison or too many, or a term is missing: with the line.
    UnsupportedError
        A section, an indicator or a product in a row, none of which qopt can hold.
    """
    content = without_comments(text)
    start = len(content) - len(content.lstrip())
    sense = _SENSE.match(content, start)
    if sense is None:
        fail(path, None, "Minimize or Maximize", content.lstrip()[:40])
    tokens = list(tokens_of(content, sense.end()))
    spelled = Spelled(path)
    spelled.write("Minimize" if sense[1] else "Maximize", content[: sense.end()].count("\n") + 1)
    section, line = "objective", 1
    for name, piece in _sections(tokens, path):
        if name not in _WRITERS:
            raise UnsupportedError(
                f"{path} line {piece[0].line if piece else line}: {name} must be left out, "
                f"got a section of them; qopt holds linear rows over integers"
            )
        _WRITERS[name](spelled, piece)
        section, line = name, piece[-1].line if piece else line
    if section != "end":
        last = max((i for i, line in enumerate(content.split("\n"), start=1) if line.strip()), default=1)
        found = content.split("\n")[last - 1].strip() or END_OF_FILE
        fail(path, last, "End as the last line", found, "is the file cut?")
    spelled.write("End", 0)
    return spelled


def _sections(tokens: list[Token], path: str) -> Iterator[tuple[str, list[Token]]]:
    """Name and tokens of each section, headers left out."""
    held: list[Token] = []
    section, position, is_start = "objective", 0, True
    while position < len(tokens):
        token = tokens[position]
        header, length = _header(tokens, position) if is_start and token.kind in ("name", "number") else ("", 0)
        if header and not (header == "rows" and section != "objective"):
            yield section, held
            section, held = header, []
            position += length
            if section == "end":
                rest = [t for t in tokens[position:] if t.kind != "newline"]
                if rest:
                    fail(path, rest[0].line, "nothing behind End", rest[0].text)
                break
            is_start = False
            continue
        held.append(token)
        is_start = token.kind == "newline"
        position += 1
    yield section, held


def _header(tokens: list[Token], position: int) -> tuple[str, int]:
    """The section that starts at a token, and how many tokens its header has; an empty name where none does."""
    line = []
    for token in tokens[position : position + _LONGEST + 3]:
        if token.kind == "newline":
            break
        line.append(token)
    for count in range(min(len(line), _LONGEST + 2), 0, -1):
        words = " ".join(token.text for token in line[:count]).lower().replace(" - ", "-")
        section = _SECTION_OF.get(words)
        if section is None:
            continue
        following = line[count] if count < len(line) else None
        if following is None:
            return section, count
        if following.kind == "colon" and (section == "rows" or count + 1 == len(line)) and following.text == ":":
            return section, count + 1
        is_entry = following.kind in ("name", "number") or (
            following.text in ("+", "-") and section == "rows" and words != "st"
        )
        if is_entry and section != "end":
            return section, count
    return "", 0


def _write_plainly(header: str) -> Callable[[Spelled, list[Token]], None]:
    """A writer of a section as it stands, line for line, with the names replaced."""

    def write(spelled: Spelled, tokens: list[Token]) -> None:
        if header:
            spelled.write(header, tokens[0].line if tokens else 0)
        words: list[str] = []
        for place, token in enumerate(tokens):
            if token.kind == "newline":
                spelled.write(" ".join(["", *words]), token.line)
                words = []
            elif token.kind == "name" and not (header == "Bounds" and _is_word(tokens, place)):
                is_label = not header and place + 1 < len(tokens) and tokens[place + 1].text == ":"
                words.append("obj:" if is_label else spelled.plain(token.text))
            elif token.text == ":" and words == ["obj:"]:
                continue
            else:
                words.append(token.text)
        if words:
            spelled.write(" ".join(["", *words]), tokens[-1].line)

    return write


def _is_word(tokens: list[Token], place: int) -> bool:
    """Whether a name among bounds is a word of the format: infinity, or ``free`` behind a variable."""
    word = tokens[place].text.lower()
    return word in INFINITY or (word == "free" and place > 0 and tokens[place - 1].kind == "name")


def _write_objective(spelled: Spelled, tokens: list[Token]) -> None:
    content = [token for token in tokens if token.kind != "newline"]
    if content and content[-1].text in (*OPERATORS, "/", "^", "["):
        fail(spelled.path, content[-1].line, "a term after the last operator", content[-1].text)
    if content and content[0].text.lower() in ("multi-objectives", "multi"):
        raise UnsupportedError(f"{spelled.path} must have one objective, got several; put them into one")
    _write_plainly("")(spelled, tokens)
    if not content or content[-1].text == ":":
        spelled.write(" 0" if content else " obj: 0", 0)


def _write_binary(spelled: Spelled, tokens: list[Token]) -> None:
    _write_plainly("Binary")(spelled, tokens)
    spelled.binaries |= {int(spelled.plain(token.text)[1:]) for token in tokens if token.kind == "name"}


_WRITERS: MappingProxyType[str, Callable[[Spelled, list[Token]], None]] = MappingProxyType(
    {
        "objective": _write_objective,
        "rows": write_rows,
        "bounds": _write_plainly("Bounds"),
        "binary": _write_binary,
        "general": _write_plainly("General"),
        "end": lambda spelled, tokens: None,
    }
)
