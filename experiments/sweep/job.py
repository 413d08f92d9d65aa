"""One run as the child process does it: from the pickled cell to the finished row, or what went wrong.

Energy is read from the counters of processor (RAPL) and cards (NVML) where the system lets us, else left to the model
of the report.
"""

from __future__ import annotations

import json
import os
import pickle
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..energy import Spent

#: How a run ended for the runner; all but ``row`` become a FAILED row.
Ending = Literal["row", "error", "refused", "memory", "timeout", "died"]


@dataclass(frozen=True)
class Job:
    """A run to do: the pickled ``(problem, pipeline, budget, path)`` of its cell, its seed, its limits, its labels.

    ``imports`` are modules that are better there before its clock starts; ``instruction_set`` the widest that the
    compiled engine may use, empty for the machine's best. ``idle_watts`` are the machine's, of processor and cards.
    """

    cell: bytes
    seed: int
    labels: Mapping[str, Any]
    wall_seconds: float
    memory_bytes: int | None = None
    reads_energy: bool = False
    idle_watts: tuple[float | None, float | None] = (None, None)
    imports: tuple[str, ...] = ()
    instruction_set: str = ""


@dataclass(frozen=True)
class Done:
    """How a job ended: the row as a line of JSON, or a message; ``summary`` is for the live table."""

    ending: Ending
    line: bytes = b""
    message: str = ""
    seconds: float = 0.0
    summary: Mapping[str, Any] | None = None


def perform(job: Job) -> Done:
    """Run the job in this process; every exception but an interrupt becomes a Done."""
    start = time.perf_counter()
    if job.instruction_set:
        os.environ["QOPT_ISA"] = job.instruction_set
    try:
        from ...core import UnsupportedError
        from ...core.silence import logged
        from ..energy import Meter
        from ..run import run

        problem, pipeline, budget, path = pickle.loads(job.cell)
        meter = Meter() if job.reads_energy else None
        with logged(), meter or nullcontext():  # the child's stdout is the sweep's log
            record = run(problem, pipeline, budget=budget, seed=job.seed, path=path)
        row = record.to_json()
        row["sweep"] = {**job.labels, "wall_seconds": time.perf_counter() - start}
        if meter is not None:
            row["sweep"] |= _joules(meter.spent, job)
        line = json.dumps(row, separators=(",", ":"), allow_nan=False).encode()
    except MemoryError as error:
        return Done("memory", message=f"out of memory: {error}".rstrip(": "), seconds=time.perf_counter() - start)
    except UnsupportedError as error:
        return Done("refused", message=_one_line(error), seconds=time.perf_counter() - start)
    except Exception as error:  # the runner's own: whatever a part raises is a row of this run alone
        return Done("error", message=_one_line(error), seconds=time.perf_counter() - start)
    summary = {
        "id": record.id,
        "status": record.status.value,
        "objective": record.objective,
        "reference": record.reference.value,
    }
    return Done("row", line, seconds=time.perf_counter() - start, summary=summary)


def _joules(spent: Spent, job: Job) -> dict[str, float]:
    """Joules above 0 idle watts (gross) and above the measured idle power (net), of processor and cards."""
    from ..energy import Idle

    net = spent.net(Idle(*job.idle_watts))
    told = {
        "joules": spent.processor,
        "net_joules": net.processor,
        "card_joules": spent.cards,
        "card_net_joules": net.cards,
        "metered_seconds": None if spent.processor is None and spent.cards is None else spent.seconds,
    }
    return {key: value for key, value in told.items() if value is not None}


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
