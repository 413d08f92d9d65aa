"""The state of an iterating encoder's rounds in a file, written after every round: a stopped run goes on from there.

The file holds the encoding with its trace, not the points that were seen: those of the first part are in its own
Record, if it came to one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import Encoding, Problem, UnsupportedError, fingerprint, in_new_words
from ..core.files import write_text
from .pipeline import Pipeline

SCHEMA = "qopt.rounds/1"


@dataclass(frozen=True)
class RoundsFile:
    """Where a run keeps its rounds.

    Parameters
    ----------
    identity : what the rounds belong to: the instance's fingerprint, formulation and encoder. Another oracle may go on.
    """

    path: Path
    identity: dict[str, Any]

    def load(self) -> Encoding | None:
        """The stored encoding; None where there is no file yet.

        Raises
        ------
        ValueError
            The file is of another kind, instance or encoder, or its rounds have ended.
        """
        from ..encoders.serialise import encoding_from_json

        if not self.path.exists():
            return None
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"state must be JSON, got {error.msg} ({self.path} line {error.lineno})") from None
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise ValueError(f"state must have schema {SCHEMA} ({self.path}); name a file that is not there yet")
        data["encoder"] = in_new_words("encoders", data.get("encoder"))
        for key, value in self.identity.items():
            if data.get(key) != value:
                raise ValueError(f"state must be of the same {key} as the run ({self.path}); name another file")
        encoding = encoding_from_json(data["encoding"])
        if encoding.state.get("is_done"):
            ending = encoding.trace[-1].get("stopped")
            raise ValueError(f"state must have rounds to go, got ended by {ending} ({self.path}); remove the file")
        return encoding

    def save(self, encoding: Encoding) -> None:
        """Write the encoding in the place of what was there.

        Raises
        ------
        UnsupportedError
            The encoder keeps neither multipliers nor an incumbent, so that nothing could go on.
        """
        from ..encoders.serialise import encoding_to_json

        if not {"multipliers", "x"} & set(encoding.state):
            raise UnsupportedError(
                "state must come with an iterating encoder, such as bundle or neighbourhood; leave it out"
            )
        data = {"schema": SCHEMA, **self.identity, "encoding": encoding_to_json(encoding)}
        write_text(self.path, json.dumps(data) + "\n")


def rounds_file(path: Path, problem: Problem, pipeline: Pipeline) -> RoundsFile:
    """The file of a problem's and a pipeline's rounds."""
    from ..core import Budget

    spec = pipeline.to_spec(Budget())
    identity = {"instance": fingerprint(problem), "formulation": spec["formulation"], "encoder": spec["encoder"]}
    return RoundsFile(path, identity)
