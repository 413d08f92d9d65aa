"""Each round of a decomposition as files: the QUBO that the sampler got, its answers, and what was made of them.

``round-00007.json`` is an instance of kind qubo, which every command reads; ``round-00007.points.json`` holds the
sampler's points with energies and counts, and the round's row of the trace.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core import AnyArray, Bits, Encoding, Problem, UnsupportedError, bqm_to_arrays
from ..core.files import write_text
from ..problems.files import save
from ..problems.qubo import Qubo

SCHEMA = "qopt.round/1"


@dataclass(frozen=True)
class SavedRounds:
    """The folder that rounds are written to, and the instance that they belong to."""

    folder: Path
    problem: Problem

    def write(
        self, index: int, encoding: Encoding, following: Encoding, Z: Bits, energies: AnyArray, counts: AnyArray
    ) -> None:
        """Both files of a round; ``Z`` has shape (k, m), energies and counts (k,).

        Raises
        ------
        UnsupportedError
            The encoder is no decomposition: its rounds are the whole program.
        """
        if "inside" not in encoding.state:
            raise UnsupportedError(
                "save-subproblems must come with a decomposition, got another encoder; add --encoder neighbourhood"
            )
        linear, rows, columns, values, offset = bqm_to_arrays(encoding.bqm)
        name = f"{self.problem.name or self.problem.kind}, round {index}"
        pairs = np.stack([rows, columns], axis=1)
        save(Qubo(linear, pairs, values, offset, name=name), self.folder / f"round-{index:05d}.json")
        points = {
            "schema": SCHEMA,
            "instance": self.problem.name,
            "round": index,
            "points": ["".join(map(str, z)) for z in np.asarray(Z, dtype=np.uint8).tolist()],
            "energies": np.asarray(energies, dtype=np.float64).tolist(),
            "counts": np.asarray(counts, dtype=np.int64).tolist(),
            "accepted": dict(following.trace[-1]),
        }
        path = self.folder / f"round-{index:05d}.points.json"
        write_text(path, json.dumps(points) + "\n")
