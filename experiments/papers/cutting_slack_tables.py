"""Tables and the picture of the cutting-slack report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..drawing import pyplot, save_picture
from .cutting_slack_runs import Measured, Summed, summed
from .tables import NOTHING, markdown, median, number, percent, published

PUBLISHED = "cutting_slack"
#: Kinds in the order of the report, with their headings.
KINDS = (("mdkp", "Knapsacks"), ("tsp", "Tours"), ("mis", "Independent sets"))
#: How near to its relaxation a dual value counts as having met it.
NEAR = 1e-3


def quality_table(lines: Sequence[Summed]) -> str:
    """One line an encoder: sizes, raw feasibility, raw, repaired and control gaps, oracle calls."""
    head = [
        "encoder",
        "qubits",
        "two-qubit gates a layer",
        "feasible reads",
        "runs with one",
        "raw gap",
        "control, raw",
    ]
    head += ["repaired gap", "control, repaired", "better / equal / worse, repaired", "oracle calls", "reads", "CPU s"]
    return markdown(head, (_quality(line) for line in lines))


def _quality(line: Summed) -> list[Any]:
    if not line.runs:
        return [line.encoder, f"refused in all {line.refused} runs: too many qubits", *[""] * 11]
    runs = line.runs
    name = line.encoder + (f" ({line.refused} more runs refused)" if line.refused else "")
    return [
        name,
        _span(run.qubits for run in runs),
        _gates(runs),
        percent(line.share),
        f"{line.num_raw} of {len(runs)}",
        percent(line.raw),
        percent(line.control_raw),
        percent(line.repaired),
        percent(line.control),
        " / ".join(str(count) for count in line.against_control),
        number(median(run.calls for run in runs)),
        number(median(run.reads for run in runs)),
        number(median(run.seconds for run in runs), 1),
    ]


def _span(values: Any) -> str:
    found = sorted({int(value) for value in values if value is not None})
    if not found:
        return NOTHING
    return str(found[0]) if len(found) == 1 else f"{found[0]}-{found[-1]}"


def _gates(runs: Sequence[Measured]) -> str:
    """Products of the QUBO; none means that its minimum needs no circuit at all."""
    text = _span(run.gates for run in runs)
    return "none: no circuit" if text == "0" else text


def slack_qubits(found: Sequence[Measured], kind: str) -> dict[str, int]:
    """Qubits of the slack encoding by instance name, as runs or the published table tell them."""
    return {
        run.instance: run.qubits
        for run in found
        if run.kind == kind and run.encoder == "slack" and run.form != "positions" and run.qubits is not None
    }


def free_qubits(found: Sequence[Measured], kind: str) -> dict[str, int]:
    """Qubits without slack by instance name."""
    return {
        run.instance: run.qubits
        for run in found
        if run.kind == kind and run.encoder == "bundle" and run.form != "positions" and run.qubits is not None
    }


def qubit_table(found: Sequence[Measured], kind: str) -> str:
    """Qubits with and without slack, an instance a line; for knapsacks beside the authors' own count."""
    slack, free = slack_qubits(found, kind), free_qubits(found, kind)
    theirs = published(PUBLISHED)["slack_variables"]["values"]
    head = ["instance", "slack-free", "slack", "saved"] + ["slack, authors' table"] * (kind == "mdkp")
    rows = []
    for name, count in free.items():
        saved = 1 - count / slack[name] if name in slack else None
        row = [name, count, slack.get(name, "refused: too many to simulate"), percent(saved, 0)]
        rows.append([*row, *[theirs.get(name, NOTHING)] * (kind == "mdkp")])
    return markdown(head, rows)


def bound_lines(found: Sequence[Measured]) -> Iterator[tuple[str, str, float, float, Measured]]:
    """``(instance, method, relaxation, signed distance from it, run)`` of every dual value with an exact oracle."""
    relaxed = published(PUBLISHED)["relaxations"]["values"]
    seen = set()
    for run in found:
        method = run.encoder or run.oracle
        if run.oracle not in ("exact", "held-karp") or run.bound is None or run.instance not in relaxed:
            continue
        if (run.instance, method) not in seen:  # exact: every repeat gives the same
            seen.add((run.instance, method))
            value = float(relaxed[run.instance])
            sign = 1.0 if run.kind == "tsp" else -1.0
            yield run.instance, method, value, sign * (value - run.bound) / abs(value), run


def bound_table(found: Sequence[Measured], kind: str) -> str:
    """Dual values beside the relaxation that they converge to; a distance below 0 would be a false bound."""
    lines = [line for line in bound_lines(found) if line[4].kind == kind]
    methods = list(dict.fromkeys(method for _, method, *_ in lines))
    rows = []
    for name in dict.fromkeys(line[0] for line in lines):
        own = {method: (value, distance, run) for at, method, value, distance, run in lines if at == name}
        value = next(iter(own.values()))[0]
        cells = [_bound(*own[method][1:]) if method in own else NOTHING for method in methods]
        rows.append([name, f"{value:,.2f}", *cells])
    return markdown(["instance", "relaxation", *methods], rows)


def _bound(distance: float, run: Measured) -> str:
    calls = f", {run.calls} calls" if run.calls else ""
    proven = ", proves the optimum" if run.is_optimal else ""
    return f"{run.bound:,.2f} ({percent(distance, 3)}{calls}{proven})"


def draw_gaps(found: Sequence[Measured], path: Path) -> None:
    """Above the median gaps by annealing, raw and repaired with the control; below the share of feasible reads."""
    plt = pyplot()
    figure, axes = plt.subplots(2, len(KINDS), figsize=(13, 7.6), layout="constrained")
    for column, (kind, title) in enumerate(KINDS):
        lines = {oracle: summed(found, oracle=oracle, kind=kind) for oracle in ("sa", "qaoa")}
        _draw_gaps(axes[0][column], [line for line in lines["sa"] if line.runs])
        axes[0][column].set_title(f"{title}, annealing", fontsize=10)
        _draw_shares(axes[1][column], lines)
    for row in axes:
        row[-1].legend(fontsize=8)
    save_picture(figure, path, dpi=70)
    plt.close(figure)


def _draw_gaps(axis: Any, lines: Sequence[Summed]) -> None:
    for offset, (attribute, color) in enumerate((("raw", "C0"), ("repaired", "C2"))):
        values = [getattr(line, attribute) for line in lines]
        where = [position + 0.4 * offset for position in range(len(lines))]
        axis.barh(where, [100 * (value or 0.0) for value in values], 0.38, color=color, label=attribute)
        for position, value in zip(where, values, strict=True):
            text = "none feasible" if value is None else "0" if value < 5e-5 else ""
            axis.annotate(text, (0, position), fontsize=7, va="center", xytext=(2, 0), textcoords="offset points")
    points = [(100 * line.control, position + 0.4) for position, line in enumerate(lines) if line.control is not None]
    if points:
        axis.plot(*zip(*points, strict=True), "k|", markersize=11, label="control, repaired")
    _label(axis, [line.encoder for line in lines])
    axis.set_xscale("symlog", linthresh=0.1)
    axis.set_xlim(left=0)
    axis.set_xlabel("median gap, %", fontsize=8)


def _draw_shares(axis: Any, lines: dict[str, list[Summed]]) -> None:
    encoders = list(dict.fromkeys(line.encoder for some in lines.values() for line in some))
    for offset, (oracle, some) in enumerate(lines.items()):
        shares = {line.encoder: line.share or 0.0 for line in some}
        where = [position + 0.4 * offset for position in range(len(encoders))]
        values = [100 * shares.get(encoder, 0.0) for encoder in encoders]
        axis.barh(where, values, 0.38, color=("C1", "C4")[offset], label=oracle)
    _label(axis, encoders)
    axis.set_xlim(0, 100)
    axis.set_xlabel("feasible reads, %", fontsize=8)


def _label(axis: Any, names: Sequence[str]) -> None:
    axis.set_yticks([position + 0.2 for position in range(len(names))], names, fontsize=8)
    axis.invert_yaxis()
