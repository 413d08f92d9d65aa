"""Code graphs rebuilt from their definition: edge for edge those of the public files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qopt
from qopt.core import fingerprint
from qopt.problems.generators.codes import INDEPENDENCE, code_edges

#: What the paper's sweep and its quick subset take, and others of every code up to 256 words.
GRAPHS = ["1tc.8", "1tc.16", "1tc.32", "1tc.64", "1et.64", "1et.128", "1dc.64", "1dc.128", "1zc.256", "2dc.256"]


@pytest.mark.parametrize("name", GRAPHS)
def test_the_generated_graph_is_the_published_one(name: str, instances_dir: Path) -> None:
    code, _, size = name.partition(".")
    made = qopt.generate("mis", code=code, n=int(size))
    read = qopt.load(instances_dir / "mis/sloane" / f"{name}.txt")
    assert fingerprint(made) == fingerprint(read)
    assert made.name == name
    assert made.best_known.value == INDEPENDENCE[name]


def test_words_joined_by_a_deletion_share_a_subword() -> None:
    edges = code_edges("1dc", 4)  # 00 01 10 11: only 00 and 11 have no letter in common
    assert edges.tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]


def test_the_end_around_graph_has_the_plain_one_in_it() -> None:
    plain, around = ({tuple(edge) for edge in code_edges(code, 32).tolist()} for code in ("1tc", "1et"))
    assert plain < around
    assert all(np.bitwise_count(u ^ v) in (2, 4) for u, v in around)


@pytest.mark.parametrize("options", [{"n": 12, "code": "1dc"}, {"n": 8, "code": "1dc", "p": 0.5}])
def test_impossible_code_graphs_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        qopt.generate("mis", **options)
