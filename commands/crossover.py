"""``qopt crossover`` and ``qopt resources``: when a quantum machine would overtake, and what one circuit takes."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .instances import JsonFlag
from .options import check_picture, named_as
from .terminal import echo

if TYPE_CHECKING:
    from ..experiments.crossover.measured import Measured
    from ..experiments.crossover.verdict import Scenario

#: Fields of the models by the options that set them, for messages.
OPTIONS = {
    "preset": "--preset",
    "budget_seconds": "--budget",
    "cycle_seconds": "--cycle",
    "logical_qubits": "--logical-qubits",
    "classical": "--machine",
    "power": "--powers",
    "watts_per_logical_qubit": "--watts-per-qubit",
    "search": "--search",
    "phase": "--phase",
    "encoder": "--encoder",
}
HEURISTICS = "QAOA and annealing are heuristics: neither exponent is proven, both are fits to small sizes."


def crossover(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(help="Run folder of `qopt bench` with several sizes, or records of `qopt solve`."),
    ] = None,
    classical: Annotated[str | None, typer.Option(help="Classical pipeline; the fastest without.")] = None,
    quantum: Annotated[str | None, typer.Option(help="Quantum pipeline; the likeliest without.")] = None,
    preset: Annotated[str, typer.Option(help="gate-ns-e3, gate-ns-e4, gate-us-e3, gate-us-e4.")] = "gate-ns-e3",
    search: Annotated[str, typer.Option(help="amplified, or sampling.")] = "amplified",
    phase: Annotated[str, typer.Option(help="rotations, or gradient (integer costs).")] = "rotations",
    cores: Annotated[str, typer.Option(help="Classical cores, or parity: as many as the same power feeds.")] = "1",
    watts_per_qubit: Annotated[float, typer.Option(min=0, help="Watts a logical qubit, for parity.")] = 100.0,
    budget: Annotated[float, typer.Option(min=0, help="Seconds that count as practical.")] = 1e6,
    target_gap: Annotated[float, typer.Option(min=0, help="Gap to the reference that counts as success.")] = 0.0,
    picture: Annotated[Path | None, typer.Option("--plot", help="PNG or SVG of both curves with bands.")] = None,
    hype: Annotated[bool, typer.Option("--hype", help="The table of arXiv:2307.00523 instead; no run needed.")] = False,
    machine: Annotated[str, typer.Option(help="With --hype: asic or gpu.")] = "asic",
    logical_qubits: Annotated[int, typer.Option(min=1, help="With --hype.")] = 10_000,
    cycle: Annotated[float, typer.Option(help="With --hype: seconds of a logical cycle.")] = 1e-5,
    powers: Annotated[str, typer.Option(help="With --hype: speedups N**k, k > 1.")] = "2,3,4",
    as_json: JsonFlag = False,
) -> int:
    """The size from which a quantum machine would be faster, from measured growth and a machine model."""
    if hype:
        if runs or picture is not None:
            raise ValueError("--hype must stand without runs and without --plot: it prints the paper's table alone")
        with named_as(OPTIONS):
            return _hype(machine, logical_qubits, cycle, budget, powers, as_json=as_json)
    if not runs:
        raise ValueError(
            "crossover must have a run folder or records, got none; make one with `qopt bench`, or give --hype"
        )
    if picture is not None:
        check_picture("plot", picture)
    from ..experiments.crossover.measured import measure
    from ..experiments.crossover.sources import read_source
    from ..experiments.crossover.surface_code import preset as machine_of
    from ..experiments.crossover.verdict import band, sensitivity, verdict

    with named_as(OPTIONS):
        machine_of(preset)
        scenario = _scenario(preset, search, phase, cores, watts_per_qubit, budget)
    measured = measure(read_source(runs), classical=classical, quantum=quantum, target_gap=target_gap)
    found, rows = verdict(measured.model, scenario), sensitivity(measured.model, scenario)
    low, high = band(measured.model, scenario)
    if picture is not None:
        from ..experiments.crossover.picture import draw

        draw(measured, scenario, picture)
    if as_json:
        echo(json.dumps(_document(measured, scenario, asdict(found), rows, (low, high)), allow_nan=False))
        return 0
    model = measured.model
    echo(f"{measured.classical} against {measured.quantum}, {_layers(model.num_layers)}, {scenario.preset}")
    echo(f"  assumed: {_assumed(scenario)}")
    for what, growth in (("classical TTS99", model.classical), ("1/P of the circuit", model.inverse_probability)):
        left, right = growth.interval()
        echo(
            f"  {what}: x {math.exp(growth.b):.3f} a step of n "
            f"(95 %: {math.exp(left):.3f} to {math.exp(right):.3f}), sizes {growth.sizes[0]} to {growth.sizes[-1]}"
        )
    echo(f"  {found.text}; 95 % band of n*: {_size(low)} to {_size(high)}")
    for row in rows[1:]:
        echo(f"    {row['case']}: {row['text']}")
    for note in measured.notes:
        echo(f"  note: {note}")
    echo(f"  {HEURISTICS}")
    if picture is not None:
        echo(str(picture))
    return 0


def _scenario(preset: str, search: str, phase: str, cores: str, watts: float, budget: float) -> Scenario:
    from ..core import unknown_name
    from ..experiments.crossover.verdict import Scenario

    for name, value, allowed in (
        ("search", search, ("amplified", "sampling")),
        ("phase", phase, ("rotations", "gradient")),
    ):
        if value not in allowed:
            raise unknown_name(name, value, allowed)
    count: float | None = None
    if cores != "parity":
        try:
            count = float(cores)
        except ValueError:
            count = 0.0
        if not (count >= 1 and math.isfinite(count)):
            raise ValueError(f"--cores must be a number >= 1 or parity, got {cores!r}")
    return Scenario(
        preset,
        search,  # type: ignore[arg-type]
        phase,  # type: ignore[arg-type]
        cores=count,
        watts_per_logical_qubit=watts,
        budget_seconds=budget,
    )


def _layers(count: int) -> str:
    return f"{count:,} layer{'' if count == 1 else 's'}"


def _assumed(scenario: Scenario) -> str:
    """The scenario in words: every figure of it that is no measurement."""
    if scenario.cores is None:
        power = f"{scenario.watts_per_logical_qubit:g} W a logical qubit, {scenario.watts_per_core:g} W a core"
        cores = f"cores at parity of power ({power})"
    else:
        cores = f"{scenario.cores:,g} core{'' if scenario.cores == 1 else 's'}"
    return f"{scenario.search} search, phase by {scenario.phase}, {cores}, budget {scenario.budget_seconds:g} s"


def _size(value: float) -> str:
    return "never" if math.isinf(value) else f"{value:,.0f}"


def _document(
    measured: Measured,
    scenario: Scenario,
    found: dict[str, Any],
    rows: list[dict[str, Any]],
    limits: tuple[float, float],
) -> dict[str, Any]:
    growths = {"classical": measured.model.classical, "inverse_probability": measured.model.inverse_probability}
    return {
        "schema": "qopt.crossover/1",
        "classical": measured.classical,
        "quantum": measured.quantum,
        "layers": measured.model.num_layers,
        "scenario": asdict(scenario),
        "growth": {
            name: {"a": g.a, "b": g.b, "b_error": g.b_error, "interval": g.interval(), "sizes": g.sizes}
            for name, g in growths.items()
        },
        "verdict": found,
        "band": [None if math.isinf(limit) else limit for limit in limits],
        "sensitivity": rows,
        "notes": [*measured.notes, HEURISTICS],
    }


def _hype(machine: str, logical_qubits: int, cycle: float, budget: float, powers: str, *, as_json: bool) -> int:
    from ..experiments.crossover.rates import Assumptions, hype_rows, machine_data

    try:
        exponents = tuple(float(power) for power in powers.split(","))
    except ValueError:
        raise ValueError(f"--powers must be numbers such as 2,3,4, got {powers!r}") from None
    assumed = Assumptions(machine, logical_qubits, cycle, budget)  # type: ignore[arg-type]
    rows = hype_rows(assumed, exponents)
    if as_json:
        told = [{key: None if value == math.inf else value for key, value in row.items()} for row in rows]
        echo(json.dumps({"schema": "qopt.hype/1", "assumptions": asdict(assumed), "rows": told}, allow_nan=False))
        return 0
    echo(f"{assumed.classical}; {assumed.logical_qubits:,} logical qubits, {assumed.cycle_seconds:g} s a logical cycle")
    echo(f"most operations of one oracle call within {assumed.budget_seconds:g} s (arXiv:2307.00523, Table 2)")
    echo(f"{'type':>7} {'N**k':>5} {'classical/s':>12} {'quantum/s':>10} {'operations':>11} {'published':>11}")
    for row in rows:
        published = "-" if row["published"] is None else f"{row['published']:g}"
        echo(
            f"{row['type']:>7} {row['power']:>5g} {row['classical_rate']:>12.4g} {row['quantum_rate']:>10.4g} "
            f"{row['max_operations']:>11.4g} {published:>11}"
        )
    for line in machine_data()["misprints"]:
        echo(f"note: {line}")
    return 0
