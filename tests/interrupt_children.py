"""Native solvers interrupted while they work: each in a process forked when everything is imported.

``python interrupt_children.py FOLDER`` prints a JSON object: for each case the exit code, what it printed, and the CPU
seconds between the signal and the end. A process that does not hear the signal ends at its limit of CPU seconds.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Cases: solver, kind, sizes of an instance that it works on for long, and settings that make it so.
CASES: Mapping[str, tuple[str, str, dict[str, Any], tuple[str, ...]]] = {
    "cpsat": ("cpsat", "qap", {"n": 12}, ()),
    "milp": ("milp", "mdkp", {"n": 300, "m": 15}, ()),
    "gilmore-lawler": ("gilmore-lawler", "qap", {"n": 25}, ("--time-limit", "100")),
    "robust-tabu": ("robust-tabu", "qap", {"n": 60}, ("--time-limit", "100")),
    "mis-tabu": ("mis-tabu", "mis", {"n": 400}, ("--time-limit", "100")),
    "market-split": ("market-split", "market-share", {"products": 6, "retailers": 50}, ("--time-limit", "100")),
    "held-karp": ("held-karp", "tsp", {"n": 200}, ("--time-limit", "100")),
    "local-search": ("local-search", "tsp", {"n": 700}, ("--time-limit", "100")),
    "tsptw-dp": ("tsptw-dp", "tsptw", {"n": 60, "width": 400}, ("--time-limit", "100")),
    "hybrid-tabu": ("hybrid-tabu", "cvrp", {"n": 80}, ("--time-limit", "100")),
    "routing": ("routing", "cvrp", {"n": 100}, ("--time-limit", "100")),
    "route-sets": ("route-sets", "cvrp", {"n": 40}, ("--time-limit", "100")),
    "pyvrp": ("pyvrp", "cvrp", {"n": 100}, ("--time-limit", "100")),
    "exact": ("exact", "qubo", {"n": 60}, ("--time-limit", "100")),
    "brute-force": ("brute-force", "qubo", {"n": 30}, ("--time-limit", "100")),
    "memetic-tabu": ("memetic-tabu", "labs", {"length": 60}, ("--time-limit", "100")),
    "constrained-sa": ("constrained-sa", "qap", {"n": 40}, ("--time-limit", "100")),
}
#: CPU seconds of work before the signal, and what a process may take after it.
WORK, PATIENCE = 0.15, 10
_WARM = (
    "qopt.cli",
    "qopt.experiments.run",
    "qopt.commands.solve",
    "qopt.commands.render",
    "ortools.sat.python.cp_model",
    "highspy",
    "networkx",
    "dimod",
    "pydantic.type_adapter",
    "scipy.sparse",
)


def main(folder: Path) -> None:
    """Run all cases that can run here, one after another."""
    import qopt
    from qopt.core import SOLVERS

    for name in _WARM:
        importlib.import_module(name)
    told: dict[str, Any] = {}
    for case, (solver, kind, size, options) in CASES.items():
        missing = SOLVERS.get(solver).missing
        if missing:
            told[case] = {"missing": missing}
            continue
        instance = folder / f"{solver}-{kind}.json"
        qopt.save(qopt.generate(kind, seed=1, **size), instance)
        command = ["solve", str(instance), "--solver", solver, "--reference", "none", *options]
        told[case] = _interrupted(command, folder / case.replace(" ", "-"))
    print(json.dumps(told))


def _interrupted(command: list[str], base: Path) -> dict[str, Any]:
    for suffix in (".out", ".err"):
        base.with_suffix(suffix).unlink(missing_ok=True)
    child = os.fork()
    if not child:
        _work(command, base)
    told = base.with_suffix(".err")
    begun = None
    while begun is None or _cpu_seconds(child) < begun + WORK:  # from its first line on
        time.sleep(0.02)
        if begun is None and told.exists() and told.stat().st_size:
            begun = _cpu_seconds(child)
    at = _cpu_seconds(child)
    os.kill(child, signal.SIGINT)
    _, status, used = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "out": base.with_suffix(".out").read_text(),
        "err": base.with_suffix(".err").read_text(),
        "seconds": used.ru_utime + used.ru_stime - at,
    }


def _work(command: list[str], base: Path) -> None:
    """Be the command ``qopt``: only ever ends by exiting."""
    spent = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + PATIENCE, spent + PATIENCE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(base.with_suffix(suffix), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    code: Any = 99
    try:
        from qopt.cli import main as qopt_main

        sys.argv = ["qopt", *command]
        code = qopt_main()
    except SystemExit as error:
        code = error.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


def _cpu_seconds(process: int) -> float:
    """CPU seconds of a child so far; its limit where it has ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    if fields[0] == "Z":
        return float(PATIENCE)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
