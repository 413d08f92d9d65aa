"""The table of QAOA in docs/benchmarks.md: small instances of four kinds, each share of samples beside uniform points.

``python benchmarks/qaoa_table.py`` solves the examples with the defaults of ``qopt solve FILE --solver qaoa --seed 1``
and rewrites the table; nothing but the repository is needed. Ten seconds.
"""

from __future__ import annotations

from pathlib import Path

from public import write_block

import qopt
from qopt.core import Record, Stage
from qopt.experiments.verify import verify
from qopt.experiments.worth_text import figures

ROOT = Path(__file__).resolve().parents[1]
FILES = ("mdkp.json", "tsp4.json", "qap3.json", "qap4.json", "mis.json")


def line(file: str, problem: qopt.core.Problem, record: Record) -> str:
    """One row: what was solved, the verified answer, and the shares of samples and control."""
    assert record.solution is not None
    again = verify(problem, record.solution)
    is_verified = again.is_feasible and again.objective == record.objective
    raw, control = record.stages.raw, record.stages.control
    assert raw is not None
    assert control is not None
    size = ", ".join(f"{count} {what}" for what, count in problem.size.items())
    encoder = record.pipeline["encoder"]["name"]
    cells = [
        f"{file}: {problem.kind}, {size}",
        f"{record.resources.qubits}, {encoder}",
        record.reference.value,
        record.objective if is_verified else "not verified",
        value(raw),
        value(control.raw),
        shares(raw),
        shares(control.raw),
        worth(record),
        f"{record.resources.seconds['total']:.1f}",
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def value(stage: Stage | None) -> str:
    """Objective of a feasible point; a dash for an infeasible one."""
    return str(stage.objective) if stage is not None and stage.feasible else "-"


def worth(record: Record) -> str:
    """Uniform points that one sample is worth for the optimum."""
    found = [] if record.worth is None else [each for each in record.worth.targets if each.target == "optimum"]
    return figures(found[0].worth) if found and found[0].worth is not None else "-"


def shares(stage: Stage | None) -> str:
    """Share of the points that are feasible, and that reach the best sample."""
    if stage is None or stage.feasible_share is None or stage.hit_share is None:
        return "-"
    return f"{stage.feasible_share:.1%}, {stage.hit_share:.1%}"


def main() -> None:
    """Solve the examples and rewrite the table."""
    lines = [
        "| examples/ | qubits, encoder | optimum | answer | raw | control | samples: feasible, best | control "
        "| worth | s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for file in FILES:
        problem = qopt.load(str(ROOT / "examples" / file))
        lines.append(line(file, problem, qopt.solve(problem, solver="qaoa", seed=1)))
        print(lines[-1], flush=True)
    write_block(ROOT / "docs" / "benchmarks.md", "qaoa", lines)


if __name__ == "__main__":
    main()
