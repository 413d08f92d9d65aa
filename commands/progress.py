"""Progress on stderr: a line at every better solution, and one a round of an iterating encoder."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Any

#: Keys of a round's dual value and what it is called; energies that are no dual values stay energies.
VALUES = (("bound", "bound"), ("dual_estimate", "dual estimate"), ("energy", "energy"))


class Progress:
    """Report of a run: overwrites its line on a terminal, writes lines elsewhere."""

    def __call__(self, seconds: float, objective: float) -> None:
        self._write(f"{seconds:8.2f} s  incumbent {objective}")

    def round(self, row: Mapping[str, Any]) -> None:
        """One round: dual value (called bound only where proven), multipliers' norm, incumbent, raw feasible share."""
        if "multiplier_norm" not in row:  # a decomposition: its gains are told as incumbents
            if row.get("stopped"):
                self._write(f"round {row['round']:4d}  ended: {row['stopped']}")
            return
        parts = [f"round {row['round']:4d}"]
        parts += [f"{name} {row[key]:.8g}" for key, name in VALUES if row.get(key) is not None]
        parts.append(f"multipliers {row['multiplier_norm']:.4g}")
        parts.append(f"incumbent {'-' if row['incumbent'] is None else format(row['incumbent'], '.8g')}")
        parts.append(f"raw feasible {row['raw_feasible_share']:.1%}")
        if row.get("stopped"):
            parts.append(f"ended: {row['stopped']}")
        self._write("  ".join(parts))

    def _write(self, text: str) -> None:
        end = "\r" if sys.stderr.isatty() else "\n"
        with contextlib.suppress(OSError):  # a stderr that takes nothing must not cost the answer
            sys.stderr.write(f"{text:<100}{end}" if end == "\r" else f"{text}{end}")
            sys.stderr.flush()
