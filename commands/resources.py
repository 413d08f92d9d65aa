"""``qopt resources``: what one QAOA shot takes on machines with error correction, and on the devices of today."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .instances import JsonFlag, KindOption, load_instance
from .options import named_as, part_options
from .terminal import echo

if TYPE_CHECKING:
    from ..experiments.crossover.circuits import CostTerms
    from ..experiments.crossover.surface_code import LogicalCounts

OPTIONS = {"error_budget": "--error-budget", "phase": "--phase", "encoder": "--encoder", "device": "--devices"}
DEVICES = "all-to-all,line,heavy-hex,fake_torino"


def resources(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="Instance file.")],
    solver: Annotated[str, typer.Option(help="qaoa, or a variant with the same circuit: cvar-qaoa, lr-qaoa.")] = "qaoa",
    layers: Annotated[int, typer.Option("--num-layers", "--layers", min=1, help="Layers of the QAOA circuit.")] = 3,
    encoder: Annotated[str, typer.Option(help="Encoder of the QUBO; its fields are options too.")] = "slack",
    formulation: Annotated[str | None, typer.Option(help="One of the problem's formulations.")] = None,
    phase: Annotated[str, typer.Option(help="rotations, or gradient (integer costs).")] = "rotations",
    error_budget: Annotated[float, typer.Option(help="Chance that a shot fails.")] = 1e-3,
    devices: Annotated[
        str, typer.Option(help="Targets to transpile to, by commas: all-to-all, line, ring, grid, heavy-hex, fake_...")
    ] = DEVICES,
    kind: KindOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Logical and physical resources of one QAOA shot, for each machine preset, and its figures on known devices."""
    from ..core import from_spec, unknown_name
    from ..experiments.crossover.circuits import cost_terms, qaoa_counts
    from ..experiments.crossover.devices import device_rows
    from ..experiments.crossover.surface_code import estimates
    from ..problems.formulations import formulate

    if solver not in CIRCUITS:
        raise unknown_name("--solver", solver, CIRCUITS)
    if phase not in ("rotations", "gradient"):
        raise unknown_name("--phase", phase, ("rotations", "gradient"))
    problem = load_instance(file, kind=kind)
    with named_as(OPTIONS):
        part = from_spec("encoders", {"name": encoder, **part_options(ctx.args)})
        bqm = part.encode(formulate(problem, formulation).program).bqm
        terms = cost_terms(bqm)
        counts = qaoa_counts(terms, layers, phase)  # type: ignore[arg-type]
        rows = estimates(counts, error_budget)
        there = device_rows(bqm, layers, [name for name in devices.split(",") if name])
    if as_json:
        document = {
            "schema": "qopt.resources/1",
            "terms": asdict(terms),
            "counts": asdict(counts),
            "presets": rows,
            "devices": there,
        }
        echo(json.dumps(document))
        return 0
    _tell(f"{problem.name or problem.kind}: {solver}, {layers:,} layers, {encoder}", terms, counts, rows, there)
    return 0


#: Solvers whose shot is the plain QAOA circuit.
CIRCUITS = ("qaoa", "cvar-qaoa", "lr-qaoa")


def _tell(
    what: str,
    terms: CostTerms,
    counts: LogicalCounts,
    rows: list[dict[str, Any]],
    devices: list[dict[str, Any]],
) -> None:
    echo(
        f"{what}: {terms.qubits} qubits, {terms.couplings} couplings in {terms.colours} colours; "
        f"{counts.rotations:,} rotations, {counts.toffolis:,} Toffolis"
    )
    head = ("machine (model)", "logical", "depth", "T states", "d", "physical", "s a shot")
    echo(" ".join(f"{word:>{width}}" for word, width in zip(head, (16, 8, 10, 11, 3, 12, 10), strict=True)))
    for row in rows:
        if "refusal" in row:
            echo(f"{row['preset']:>16} {row['refusal']}")
            continue
        echo(
            f"{row['preset']:>16} {row['logical_qubits']:>8,} {row['logical_depth']:>10,} {row['t_states']:>11,} "
            f"{row['distance']:>3} {row['physical_qubits']:>12,} {row['seconds']:>10.3g}"
        )
    if devices:
        echo(f"{'device (no correction)':>22} {'qubits':>8} {'depth':>10} {'2-qubit gates':>13} {'2-qubit depth':>13}")
    for row in devices:
        if "refusal" in row:
            echo(f"{row['device']:>22} {row['refusal']}")
            continue
        echo(
            f"{row['device']:>22} {row['qubits_used']:>8,} {row['depth']:>10,} {row['two_qubit_gates']:>13,} "
            f"{row['two_qubit_depth']:>13,}"
        )
