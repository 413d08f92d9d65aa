"""A paper's claims beside what the runs show: each answer keeps the pairs of cells that it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .paired import Sentence
from .tables import markdown


@dataclass(frozen=True)
class Answer:
    """What these runs say to a claim, and what follows from it; the verdict is empty where the text is enough."""

    claim: str
    told: Sentence
    verdict: str = ""


def claims_table(source: str, answers: Sequence[Answer]) -> str:
    """A line a claim, below the source."""
    if any(answer.verdict for answer in answers):
        head = ["claim", "these runs", "verdict"]
        rows = [[answer.claim, answer.told.text, answer.verdict] for answer in answers]
    else:
        head, rows = ["claim", "these runs"], [[answer.claim, answer.told.text] for answer in answers]
    return f"{source}\n\n{markdown(head, rows)}"
