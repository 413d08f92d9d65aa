"""Tables and the picture of the graph-shrinking report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..drawing import pyplot, save_picture
from .graph_shrinking_runs import KINDS, WAYS, Measured, Summed, reductions, summed
from .tables import NOTHING, markdown, median, number, percent

#: Way whose figures the table by instances shows.
SHOWN_WAY = "aware-sdp"


def ablation_table(found: Sequence[Measured], kind: str) -> str:
    """One line a way of merging and reduction."""
    head = ["removed", "merges", "runs", "qubits kept", "short of target", "feasible reads", "runs with one"]
    head += ["flips a point", "raw gap", "repaired gap", "improved gap", "CPU s"]
    lines = [summed(found, kind, "none", None)]
    lines += [summed(found, kind, way, asked) for asked in reductions(found) for way in WAYS[1:]]
    return markdown(head, (_ablation_row(line) for line in lines if line.runs or line.failed))


def _ablation_row(line: Summed) -> list[Any]:
    runs = line.runs
    return [
        NOTHING if line.asked is None else percent(1 - line.asked, 0),
        line.way,
        f"{len(runs)}" + (f" ({line.failed} failed)" if line.failed else ""),
        percent(line.kept, 0),
        line.num_short or "",
        percent(line.mean(lambda run: run.share), 1),
        sum(run.raw is not None for run in runs),
        number(line.mean(lambda run: run.flips), 1),
        percent(line.median(lambda run: run.raw)),
        percent(line.median(lambda run: run.repaired)),
        percent(line.median(lambda run: run.improved)),
        number(line.median(lambda run: run.seconds), 1),
    ]


def control_table(found: Sequence[Measured]) -> str:
    """What as many uniform points reach with the same repair, beside the unshrunk problem's reads."""
    rows = []
    for kind, title in KINDS:
        line = summed(found, kind, "none", None)
        if line.runs:
            figures = [line.median(of) for of in _STAGES]
            rows.append([title, *map(percent, figures)])
    return markdown(["", "raw", "control", "repaired", "control", "improved", "control"], rows)


_STAGES: tuple[Callable[[Measured], float | None], ...] = (
    lambda run: run.raw,
    lambda run: run.control_raw,
    lambda run: run.repaired,
    lambda run: run.control_repaired,
    lambda run: run.improved,
    lambda run: run.control_improved,
)


def instance_table(found: Sequence[Measured], kind: str) -> str:
    """One line an instance: at each reduction the qubits, feasible reads, flips a point and the gap after repair."""
    asked = reductions(found)
    runs = [run for run in found if run.kind == kind and run.way == SHOWN_WAY and not run.has_failed]
    rows = []
    for name in dict.fromkeys(run.instance for run in runs):
        mine = [run for run in runs if run.instance == name]
        cells = [_instance_cell([run for run in mine if run.asked == share]) for share in asked]
        rows.append([name, mine[0].qubits_before, *cells])
    return markdown(["instance", "qubits", *(f"{percent(1 - share, 0)} removed" for share in asked)], rows)


def _instance_cell(runs: Sequence[Measured]) -> str:
    if not runs:
        return NOTHING
    shares = [run.share for run in runs if run.share is not None]
    flips = [run.flips for run in runs if run.flips is not None]
    parts = [
        str(max(run.qubits for run in runs)),
        percent(sum(shares) / len(shares), 0) if shares else NOTHING,
        number(sum(flips) / len(flips), 1) if flips else NOTHING,
        percent(median(run.repaired for run in runs)),
        number(median(run.seconds for run in runs), 1),
    ]
    return " / ".join(parts)


def sixteen_table(found: Sequence[Measured], kind: str) -> str:
    """Circuits and enumeration on 16 qubits, each with its control."""
    rows = []
    for way in dict.fromkeys(run.way for run in found if run.way.endswith("-16")):
        line = summed(found, kind, way, None)
        if not line.runs:
            continue
        first = [way.removesuffix("-16"), len(line.runs), percent(line.mean(lambda run: run.share), 1)]
        rows.append(
            [*first, *(percent(line.median(of)) for of in _STAGES), number(line.median(lambda r: r.seconds), 1)]
        )
    head = ["solver", "runs", "feasible samples", "raw", "control", "repaired", "control", "improved", "control"]
    return markdown([*head, "CPU s"], rows)


def draw_trends(found: Sequence[Measured], path: Path) -> None:
    """Feasible reads and gap after repair over the qubits removed, a line for each way of merging."""
    plt = pyplot()
    shares = reductions(found)
    figure, axes = plt.subplots(2, len(KINDS), figsize=(11, 5.5), sharex=True, layout="constrained")
    for column, (kind, title) in enumerate(KINDS):
        for colour, way in enumerate(WAYS[1:]):
            lines = [summed(found, kind, way, share) for share in shares]
            style: dict[str, Any] = {"color": f"C{colour}", "marker": ".", "linewidth": 1.2, "label": way}
            at = [100 * (1 - share) for share in shares]
            axes[0, column].plot(at, [_hundredfold(line.mean(lambda run: run.share)) for line in lines], **style)
            axes[1, column].plot(at, [_hundredfold(line.median(lambda run: run.repaired)) for line in lines], **style)
        whole = summed(found, kind, "none", None).median(lambda run: run.repaired)
        if whole is not None:
            axes[1, column].axhline(100 * whole, color="0.5", linestyle=":", label="none")
        axes[0, column].set(title=title, ylim=(-4, 104))
        axes[1, column].set(xlabel="% of the qubits removed")
    axes[0, 0].set_ylabel("feasible reads, %")
    axes[1, 0].set_ylabel("gap after repair, %")
    axes[1, 0].legend(fontsize="x-small")
    save_picture(figure, path, dpi=75)
    plt.close(figure)


def _hundredfold(value: float | None) -> float:
    return float("nan") if value is None else 100 * value
