"""Progress of one run on stderr: a bar that moves on a terminal, lines in a log, nothing into a pipe.

The bar shows the time limit or the sampler's own share of work, the incumbent, a proven bound and the gap between the
two, the lowest energy of a sampler that is at work, the seconds that are left, and the seconds that are foreseen to a
gap of 1 %. A thread redraws it, so that the clock goes on while a solver is silent.
"""

from __future__ import annotations

import contextlib
import math
import os
import stat
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from ..core import Sense, relative_gap

#: Keys of a round's dual value and what it is called; energies that are no dual values stay energies.
VALUES = (("bound", "bound"), ("dual_estimate", "dual estimate"), ("energy", "energy"))
#: Cells of the bar, and seconds between two drawings.
CELLS, REDRAW_SECONDS = 20, 0.25


def is_piped() -> bool:
    """Whether stderr goes into another program."""
    try:
        return stat.S_ISFIFO(os.fstat(sys.stderr.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False


class Progress:
    """Report of one run, and a context manager around it.

    Parameters
    ----------
    seconds : the run's time limit, where it has one.
    sense : of the instance, for the gap between incumbent and bound.
    reference : value of the literature, that the time to 1 % is foreseen against; a proven bound serves too.
    """

    def __init__(self, seconds: float | None = None, sense: Sense = "min", reference: float | None = None) -> None:
        from ..experiments.forecast import Forecast

        self._limit, self._sense = seconds, sense
        self._forecast, self._foreseen, self._at = Forecast(sense, reference), "", -math.inf
        self._start = time.monotonic()
        self._incumbent: float | None = None
        self._bound: float | None = None
        self._energy: float | None = None
        self._share: float | None = None
        self._share_start = self._start
        self._round = ""
        self._is_live = sys.stderr.isatty()
        self._is_silent = not self._is_live and is_piped()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if self._is_live:
            self._thread = threading.Thread(target=self._redraw, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._put("\r\x1b[K")

    def __call__(self, seconds: float, objective: float) -> None:
        """A better verified solution."""
        self._incumbent = objective
        self._line(f"{seconds:8.2f} s  incumbent {objective}")

    def bound(self, value: float) -> None:
        """A bound that is proven so far; it may come from a thread of the solver."""
        self._bound = value

    def heard(self, share: float | None, energy: float | None) -> None:
        """A sampler at work: its share of the work, which begins again in each round, and the lowest energy."""
        if share is not None and (self._share is None or share < self._share):
            self._share_start = time.monotonic()
        self._share, self._energy = share, energy

    def ended(self, energies: Any, wanted: int | None) -> bool:
        """Reads that ended; nothing is stopped here."""
        self._forecast.ended(energies)
        self._foresee()
        return False

    def round(self, row: Mapping[str, Any]) -> None:
        """One round: dual value (called bound only where proven), multipliers' norm, incumbent, raw feasible share."""
        self._round = f"round {row['round']}"
        self._forecast.round(row)
        self._foresee()
        if "multiplier_norm" not in row:  # a decomposition: its gains are told as incumbents
            if row.get("stopped"):
                self._line(f"round {row['round']:4d}  ended: {row['stopped']}")
            return
        parts = [f"round {row['round']:4d}"]
        parts += [f"{name} {row[key]:.8g}" for key, name in VALUES if row.get(key) is not None]
        parts.append(f"multipliers {row['multiplier_norm']:.4g}")
        parts.append(f"incumbent {'-' if row['incumbent'] is None else format(row['incumbent'], '.8g')}")
        parts.append(f"raw feasible {row['raw_feasible_share']:.1%}")
        if row.get("stopped"):
            parts.append(f"ended: {row['stopped']}")
        self._line("  ".join(parts))

    def text(self) -> str:
        """The bar's line as it is now."""
        now = time.monotonic()
        elapsed = now - self._start
        share, left = self._part(now, elapsed)
        parts = [bar(share, elapsed), f"{elapsed:.1f} s", self._round]
        parts += ["" if self._incumbent is None else f"incumbent {self._incumbent:.10g}"]
        parts += ["" if self._bound is None else f"bound {self._bound:.10g}"]
        if self._incumbent is not None and self._bound is not None:
            gap = relative_gap(self._incumbent, self._bound, self._sense)
            parts += ["" if gap is None else f"gap {gap:.2%}"]
        parts += ["" if self._energy is None else f"lowest energy {self._energy:.6g}"]
        parts += ["" if left is None else f"{left:.0f} s left", self._foreseen]
        return "  ".join(part for part in parts if part)

    def _part(self, now: float, elapsed: float) -> tuple[float | None, float | None]:
        """Share that is done, and seconds left: of the limit, else of the sampler's work."""
        if self._limit:
            return min(1.0, elapsed / self._limit), max(0.0, self._limit - elapsed)
        if not self._share:
            return None, None
        spent = now - self._share_start
        return self._share, spent * (1 - self._share) / self._share

    def _foresee(self) -> None:
        """The forecast's words anew; not more often than they are drawn."""
        now = time.monotonic()
        if now - self._at >= REDRAW_SECONDS:
            self._at, self._foreseen = now, self._forecast.text(now - self._start)

    def _redraw(self) -> None:
        while not self._ended.wait(REDRAW_SECONDS):
            with contextlib.suppress(OSError):
                columns = os.get_terminal_size(sys.stderr.fileno()).columns
                self._put(f"\r{self.text()[: max(10, columns - 1)]}\x1b[K")

    def _line(self, text: str) -> None:
        """One line of a log; on a terminal the bar has it."""
        if not self._is_live and not self._is_silent:
            self._put(f"{text}\n")

    @staticmethod
    def _put(text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a stderr that takes nothing must not cost the answer
            sys.stderr.write(text)
            sys.stderr.flush()


def bar(share: float | None, seconds: float) -> str:
    """A bar of so many cells; without a share one cell goes to and fro.

    Examples
    --------
    >>> bar(0.5, 0.0), bar(None, 0.5)
    ('[##########----------]', '[--#-----------------]')
    """
    if share is None:
        at = int(seconds / REDRAW_SECONDS) % (2 * CELLS - 2)
        at = min(at, 2 * CELLS - 2 - at)
        return f"[{'-' * at}#{'-' * (CELLS - 1 - at)}]"
    full = int(share * CELLS)
    return f"[{'#' * full}{'-' * (CELLS - full)}]"
