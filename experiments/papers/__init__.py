"""Papers whose tables ``qopt reproduce`` computes anew: one module and its specs a paper."""

from __future__ import annotations

from importlib import import_module

from ...core import unknown_name
from .paper import MAX_SUMMARY, Paper, Rows, Section, Telling

#: Name of a paper -> its module, imported when asked for.
NAMES = {
    "comparative-study": "comparative_study",
    "cutting-slack": "cutting_slack",
    "graph-shrinking": "graph_shrinking",
    "multi-knapsack": "multi_knapsack",
    "neuromorphic-annealing": "neuromorphic_annealing",
    "routing-annealing": "routing_annealing",
}


def paper(name: str) -> Paper:
    """The paper of this name.

    Raises
    ------
    ValueError
        There is none; the text lists them.
    """
    if name not in NAMES:
        raise unknown_name("paper", name, [*NAMES, "labs-scaling"])
    found: Paper = import_module(f".{NAMES[name]}", __package__).PAPER
    return found


__all__ = ["MAX_SUMMARY", "NAMES", "Paper", "Rows", "Section", "Telling", "paper"]
