"""Sloane's coding-theory graphs: words of k bits, joined where one error can make the same word of both.

An independent set is a code that corrects the error. Rebuilt from the definition, so that no file is needed.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...core import BestKnown, Int

#: Single deletion, single transposition, single transposition with end-around, single 1 -> 0 error, two deletions.
Code = Literal["1dc", "1tc", "1et", "1zc", "2dc"]

SOURCE = "N. J. A. Sloane, Challenge Problems: Independent Sets in Graphs, OEIS A265032"

#: Independence numbers by name, all proven (SOURCE).
INDEPENDENCE = {
    "1tc.8": 4, "1tc.16": 8, "1tc.32": 12, "1tc.64": 20,
    "1et.64": 18, "1et.128": 28, "1et.256": 50, "1dc.64": 10, "1dc.128": 16, "1zc.256": 36, "2dc.256": 7,
}  # fmt: skip


def code_edges(code: Code, num_words: int) -> Int:
    """Edges (m, 2) between words of ``num_words = 2**k``; vertex v is the word v in binary.

    Raises
    ------
    ValueError
        The number of words is no power of two in 2..4096.

    Examples
    --------
    >>> code_edges("1tc", 8).tolist()
    [[1, 2], [1, 4], [2, 4], [3, 5], [3, 6], [5, 6]]
    """
    k = num_words.bit_length() - 1
    if num_words != 2**k or not 1 <= k <= 12:
        raise ValueError(f"n must be a power of two in 2..4096 for a code graph, got {num_words}; choose another")
    members: dict[str, list[int]] = {}
    for word in range(num_words):
        for outcome in _outcomes(code, format(word, f"0{k}b")):
            members.setdefault(outcome, []).append(word)
    pairs = {(u, v) for words in members.values() for i, u in enumerate(words) for v in words[i + 1 :]}
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def known_independence(name: str) -> BestKnown | None:
    """The published independence number, None where the table has none."""
    return BestKnown(INDEPENDENCE[name], True, SOURCE) if name in INDEPENDENCE else None


def _outcomes(code: Code, word: str) -> set[str]:
    """What a word can become by the code's error, itself included where nothing may happen."""
    k = len(word)
    match code:
        case "1dc":
            return {word[:i] + word[i + 1 :] for i in range(k)}
        case "2dc":
            return {word[:i] + word[i + 1 : j] + word[j + 1 :] for i in range(k) for j in range(i + 1, k)}
        case "1zc":
            return {word} | {word[:i] + "0" + word[i + 1 :] for i in range(k) if word[i] == "1"}
        case _:
            swaps = [(i, i + 1) for i in range(k - 1)] + ([(k - 1, 0)] if code == "1et" and k > 1 else [])
            return {word} | {_swapped(word, i, j) for i, j in swaps}


def _swapped(word: str, i: int, j: int) -> str:
    letters = list(word)
    letters[i], letters[j] = letters[j], letters[i]
    return "".join(letters)
