"""Which seeded rows depend on the vectors they ran on: the same rows under other instruction sets, bit for bit.

``python benchmarks/instruction_sets.py [--write]``. Each setting is a process of its own with its environment: the
compiled engines limited by QOPT_ISA, OpenBLAS by OPENBLAS_CORETYPE, NumPy's own loops by NPY_DISABLE_CPU_FEATURES. A
row is what ``replay`` compares, without the engine's name. About two CPU minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from public import write_block

PAGE = Path(__file__).resolve().parents[1] / "docs/sweeps.md"
#: Setting -> environment. The first is the machine's own.
SETTINGS: dict[str, dict[str, str]] = {
    "as it is": {},
    "QOPT_ISA=avx2": {"QOPT_ISA": "avx2"},
    "QOPT_ISA=base": {"QOPT_ISA": "base"},
    "QOPT_ISA=scalar": {"QOPT_ISA": "scalar"},
    "OpenBLAS Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "OpenBLAS Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "NumPy without AVX-512": {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
}
CUT = ("max-cut", {"n": 12, "seed": 3}, {})
SACK = ("mdkp", {"n": 12, "m": 3, "seed": 1}, {"encoder": "unbalanced"})
TOUR = ("tsp", {"n": 5, "seed": 2}, {"encoder": "native"})
LABS = ("labs", {"length": 14}, {})
#: Solver, instance, its options.
ROWS: tuple[tuple[str, tuple[str, dict[str, Any], dict[str, Any]], dict[str, Any]], ...] = (
    ("qaoa", CUT, {}),
    ("qaoa", SACK, {}),
    ("cvar-qaoa", SACK, {}),
    ("ws-qaoa", SACK, {}),
    ("ma-qaoa", SACK, {}),
    ("lr-qaoa", CUT, {}),
    ("adapt", CUT, {}),
    ("rqaoa", CUT, {}),
    ("xy", TOUR, {}),
    ("vqe", SACK, {"max_evaluations": 30}),
    ("pce", CUT, {}),
    ("qrao", CUT, {}),
    ("sa", CUT, {"num_reads": 50}),
    ("sa", SACK, {"num_reads": 50}),
    ("constrained-sa", TOUR, {"num_reads": 20}),
    ("constrained-sa", SACK, {"encoder": "native", "num_reads": 20}),
    ("pt", SACK, {}),
    ("sb", SACK, {}),
    ("tabu", SACK, {"num_reads": 5}),
    ("loihi", CUT, {}),
    ("memetic-tabu", LABS, {}),
    ("random", SACK, {}),
    ("greedy", SACK, {"encoder": None}),
)


def name_of(at: int) -> str:
    """Solver and kind of a row."""
    solver, (kind, *_), _ = ROWS[at]
    return f"{solver} on {kind}"


def rows() -> list[dict[str, Any]]:
    """All rows as they come out in this process."""
    import qopt

    found = []
    for solver, (kind, size, pipeline), options in ROWS:
        problem = qopt.generate(kind, **size)
        given = {key: value for key, value in {**pipeline, **options}.items() if value is not None}
        try:
            record = qopt.solve(problem, solver, seed=1, reference="none", **given)
        except (qopt.core.UnsupportedError, ValueError, TypeError) as error:
            found.append({"refused": str(error)})
            continue
        view = record.replay_view()
        view["resources"].pop("engine")
        found.append({"row": json.loads(json.dumps(view)), "is_replayable": record.is_replayable})
    return found


def under(setting: str) -> list[dict[str, Any]]:
    """The rows of a process with a setting."""
    clean = {key: value for key, value in os.environ.items() if key not in ("QOPT_ISA", "OPENBLAS_CORETYPE")}
    env = {**clean, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **SETTINGS[setting]}
    done = subprocess.run(
        [sys.executable, __file__, "--rows"], env=env, capture_output=True, text=True, check=True, timeout=900
    )
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return told


def told(first: dict[str, Any], other: dict[str, Any]) -> str:
    """Whether two rows are the same, the answer alone is, or not even that."""
    if "refused" in first or "refused" in other:
        return "refused"
    if first["row"] == other["row"]:
        return "same"
    return "same answer" if first["row"]["solution"] == other["row"]["solution"] else "other answer"


def main() -> int:
    """Print the table; 1 where a row calls itself replayable and differs though all that it records is the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.rows:
        print(json.dumps(rows()))
        return 0
    found = {setting: under(setting) for setting in SETTINGS}
    own = found.pop("as it is")
    lines = [f"| row | {' | '.join(found)} |", "|---" * (len(found) + 1) + "|"]
    for at, first in enumerate(own):
        lines.append(f"| {name_of(at)} | {' | '.join(told(first, each[at]) for each in found.values())} |")
    print("\n".join(lines))
    for at, first in enumerate(own):
        if "refused" in first:
            print(f"refused: {name_of(at)}: {first['refused']}")
    if options.write:
        write_block(PAGE, "instruction-sets", lines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
