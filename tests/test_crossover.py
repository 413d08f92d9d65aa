"""Crossover: the published table, the estimator's figures, query counts, fits on planted growth, and the command."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dimod
import networkx as nx
import numpy as np
import pytest

import qopt
from qopt.cli import main
from qopt.core import UnsupportedError
from qopt.experiments.crossover.circuits import cost_terms, edge_colours, qaoa_counts
from qopt.experiments.crossover.growth import Growth, fit_growth
from qopt.experiments.crossover.queries import (
    amplified_calls,
    grover_rounds,
    minimum_finding_calls,
    sampling_calls,
    search_calls,
    simulate_minimum_finding,
)
from qopt.experiments.crossover.rates import Assumptions, crossover_seconds, hype_rows, io_seconds, max_operations
from qopt.experiments.crossover.surface_code import Estimate, LogicalCounts, estimate, preset
from qopt.experiments.crossover.verdict import Model, Scenario, TermGrowth, band, curves, sensitivity, verdict

#: arXiv:2307.00523, Table 2, with the digits that the paper's own first principles give.
TABLE = {
    ("fp16", 2): 0.199,
    ("fp16", 3): 45_750,
    ("fp16", 4): 2.80e6,
    ("int32", 2): 0.0032,
    ("int32", 3): 1_631,
    ("int32", 4): 130_200,
    ("binary", 2): 68.3,
    ("binary", 3): 12.54e6,
    ("binary", 4): 712.3e6,
}
#: Seven circuits and what the public estimator (qsharp 1.31.0, error budget 1e-3) says of each on three machines:
#: logical qubits, depth, T states, then for each machine code distance, physical qubits and seconds.
CIRCUITS = {
    "dense n=50, 10 layers": LogicalCounts(50, 12_750, 500, measurements=50),
    "dense n=100, 100 layers": LogicalCounts(100, 505_000, 10_000, measurements=100),
    "3-regular n=100, 20 layers": LogicalCounts(100, 5_000, 100, measurements=100),
    "T gates alone": LogicalCounts(20, t_gates=10_000, measurements=20),
    "Toffolis alone": LogicalCounts(60, toffolis=50_000, measurements=60),
    "everything": LogicalCounts(30, 400, 40, t_gates=1_000, toffolis=2_000, measurements=90),
    "gradient n=40": LogicalCounts(56, 480, 20, toffolis=5_460, measurements=40),
}
MACHINES = ("gate-ns-e3", "gate-ns-e4", "gate-us-e3")


def test_the_nine_entries_and_the_two_crossover_times() -> None:
    rows = {(row["type"], row["power"]): row["max_operations"] for row in hype_rows(Assumptions())}
    for key, value in TABLE.items():
        assert rows[key] == pytest.approx(value, rel=0.01), key
    assert crossover_seconds("fp16", 2, 1, Assumptions()) == pytest.approx(4.99e6, rel=0.01)
    assert crossover_seconds("fp16", 2, 1, Assumptions(classical="gpu")) == pytest.approx(1.77e6, rel=0.01)
    assert io_seconds(8e9, Assumptions()) == 8
    with pytest.raises(ValueError, match="power must be > 1"):
        max_operations("fp16", 1, Assumptions())


@pytest.mark.parametrize(
    ("name", "machine", "expected"),
    [
        ("dense n=50, 10 layers", "gate-ns-e3", (121, 22_300, 242_250, 17, 2_985_938, 0.15164)),
        ("dense n=50, 10 layers", "gate-ns-e4", (121, 22_300, 242_250, 9, 479_682, 0.08028)),
        ("dense n=50, 10 layers", "gate-us-e3", (121, 22_300, 242_250, 17, 1_711_458, 227.46)),
        ("dense n=100, 100 layers", "gate-ns-e3", (230, 725_100, 11_110_000, 21, 7_499_940, 6.09084)),
        ("dense n=100, 100 layers", "gate-ns-e4", (230, 725_100, 11_110_000, 11, 1_167_340, 3.19044)),
        ("dense n=100, 100 layers", "gate-us-e3", (230, 725_100, 11_110_000, 21, 2_816_500, 9136.26)),
        ("3-regular n=100, 20 layers", "gate-ns-e3", (230, 6_900, 90_000, 17, 3_318_940, 0.04692)),
    ],
)
def test_physical_resources_are_those_of_the_public_estimator(
    name: str, machine: str, expected: tuple[float, ...]
) -> None:
    assert _figures(estimate(CIRCUITS[name], preset(machine))) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", CIRCUITS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_installed_estimator_agrees(name: str, machine: str) -> None:
    module = pytest.importorskip("qsharp.estimator", reason="qsharp is not installed")
    counts = CIRCUITS[name]
    asked = module.LogicalCounts(
        {
            "numQubits": counts.qubits,
            "tCount": counts.t_gates,
            "rotationCount": counts.rotations,
            "rotationDepth": counts.rotation_depth,
            "cczCount": counts.toffolis,
            "measurementCount": counts.measurements,
        }
    )
    params = module.EstimatorParams()
    params.qubit_params.name = "qubit_" + machine.replace("-", "_")
    params.error_budget = 1e-3
    data = asked.estimate(params).data()
    breakdown = data["physicalCounts"]["breakdown"]
    told = (
        breakdown["algorithmicLogicalQubits"],
        breakdown["algorithmicLogicalDepth"],
        breakdown["numTstates"],
        data["logicalQubit"]["codeDistance"],
        data["physicalCounts"]["physicalQubits"],
        data["physicalCounts"]["runtime"] * 1e-9,
    )
    assert _figures(estimate(counts, preset(machine))) == pytest.approx(told, rel=0.01)


def _figures(found: Estimate) -> tuple[float, ...]:
    return (
        found.logical_qubits,
        found.logical_depth,
        found.t_states,
        found.distance,
        found.physical_qubits,
        found.seconds,
    )


def test_a_circuit_without_t_gates_needs_no_factory() -> None:
    assert estimate(LogicalCounts(10, measurements=10), preset("gate-ns-e3")).factories == 0
    with pytest.raises(UnsupportedError, match="T states must have an error"):
        estimate(LogicalCounts(10, t_gates=10**18), preset("gate-ns-e3"))
    with pytest.raises(ValueError, match="gate-ns-e3"):
        preset("gate-ns-e5")


def test_terms_and_colours_of_a_cost() -> None:
    graph = nx.random_regular_graph(3, 20, seed=1)
    terms = cost_terms(dimod.BinaryQuadraticModel({}, dict.fromkeys(graph.edges, 1.0), 0.0, "SPIN"))
    assert (terms.qubits, terms.couplings, terms.fields) == (20, 30, 0)
    assert terms.colours in (3, 4)
    assert edge_colours(nx.complete_graph(10)) == 9
    assert edge_colours(nx.complete_graph(9)) == 9
    assert edge_colours(nx.complete_bipartite_graph(4, 6)) == 6
    counts = qaoa_counts(cost_terms(dimod.BinaryQuadraticModel({}, {(0, 1): 1.0, (1, 2): -2.0}, 0.0, "SPIN")), 3)
    assert (counts.rotations, counts.rotation_depth) == (3 * 5, 3 * 3)
    decimal = cost_terms(dimod.BinaryQuadraticModel({}, {(0, 1): math.pi}, 0.0, "SPIN"))
    with pytest.raises(UnsupportedError, match="integer weights"):
        qaoa_counts(decimal, 1, "gradient")


def test_a_gradient_register_holds_every_sum() -> None:
    terms = cost_terms(dimod.BinaryQuadraticModel({}, {(0, 1): 3.0, (1, 2): 6.0}, 0.0, "SPIN"))
    assert terms.weight_bits == 2  # 1 + 2 in units of 3
    counts = qaoa_counts(terms, 2, "gradient")
    assert (counts.qubits, counts.toffolis, counts.rotations) == (3 + 4, 2 * 2, 2 * (3 + 2))


def test_expected_queries() -> None:
    for size, good, calls in ((1e4, 1, 141.7), (1e6, 1, 1_096.5), (1e6, 100, 136.7), (2.0**40, 1, 1.0789e6)):
        assert search_calls(size, good) == pytest.approx(calls, rel=1e-3)
    assert sampling_calls(0.25) == 4
    assert sampling_calls(0) == amplified_calls(0) == math.inf
    assert grover_rounds(4, 4) == pytest.approx(1)


def test_simulated_minimum_finding_has_the_expected_mean() -> None:
    calls = simulate_minimum_finding(1024, 1500, np.random.default_rng(3))
    assert abs(calls.mean() - minimum_finding_calls(1024)) < 3 * calls.std(ddof=1) / math.sqrt(len(calls))


def test_growth_is_fitted_and_thin_data_are_named() -> None:
    rng = np.random.default_rng(1)
    found = fit_growth([10, 12, 14], np.exp([1.0, 1.5, 2.0]), rng, num_draws=50)
    assert found.b == pytest.approx(0.25)
    assert len(found.warnings) == 2
    with pytest.raises(ValueError, match="3 sizes"):
        fit_growth([10, 10, 12], [1, 2, 3], rng)
    with pytest.raises(ValueError, match="positive"):
        fit_growth([10, 12, 14], [1, 0, 3], rng)


TERMS = TermGrowth((0.5, 2.0), (1.0, 1.0), has_fields=True, weight_bits=8)


def _planted(b_c: float, b_q: float, rng: np.random.Generator, noise: float = 0.25) -> Model:
    sizes = np.repeat(np.arange(10, 22, 2), 5)

    def grown(a: float, b: float) -> Any:
        return fit_growth(sizes, np.exp(a + b * sizes + rng.normal(0, noise, sizes.size)), rng, num_draws=60)

    return Model(grown(-9.0, b_c), grown(0.2, b_q), TERMS, 4)


def test_a_planted_crossover_lies_in_its_band() -> None:
    """100 sweeps of known exponents: the true n* lies within the 95 % band in at least 90."""
    exact = _planted(0.45, 0.5, np.random.default_rng(0), noise=1e-9)
    truth = verdict(exact, Scenario()).size
    assert truth is not None
    hits = 0
    for seed in range(100):
        low, high = band(_planted(0.45, 0.5, np.random.default_rng(seed)), Scenario())
        hits += low <= truth <= high
    assert hits >= 90


def test_half_the_exponent_decides_never() -> None:
    rng = np.random.default_rng(1)
    never = verdict(_planted(0.2, 0.5, rng, noise=1e-9), Scenario())
    assert never.kind == "never"
    assert never.text.startswith("never")
    sampling = verdict(_planted(0.45, 0.5, rng, noise=1e-9), Scenario(search="sampling"))
    assert sampling.kind == "never"
    assert verdict(_planted(0.26, 0.5, rng, noise=1e-9), Scenario()).kind == "beyond-budget"


def test_more_cores_move_the_crossover_away() -> None:
    model = _planted(0.45, 0.5, np.random.default_rng(2))
    sizes = [verdict(model, Scenario(cores=cores)).size or 0 for cores in (1, 100, 10_000)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2]
    cases = {row["case"]: row for row in sensitivity(model, Scenario())}
    assert cases["cycle time / 10"]["size"] <= cases["as given"]["size"]
    assert verdict(model, Scenario(cores=None)).cores != 1


def _line(a: float, b: float, error: float = 0.01) -> Growth:
    return Growth(a, b, error, np.tile([a, b], (5, 1)), (10, 12, 14, 16, 18))


def test_a_lead_on_tiny_sizes_is_no_crossover() -> None:
    """The machine leads from 2 to 12, falls behind and overtakes at 85: n* was 2."""
    model = Model(_line(math.log(0.02), 0.05), _line(0.5, 0.02), TERMS, 8)
    found = verdict(model, Scenario())
    assert found.size == 85
    assert band(model, Scenario()) == (85, 85)
    sizes = np.array([2.0, 12.0, 13.0, 84.0, 85.0, 500.0])
    quantum, classical = curves(model, Scenario(), sizes)
    assert (quantum <= classical).tolist() == [True, True, False, False, True, True]
    always = Model(_line(0.0, 0.05), _line(0.5, 0.02), TERMS, 8)
    assert "below the sizes measured, from 10" in verdict(always, Scenario()).text


def test_exponents_turn_about_the_measured_sizes() -> None:
    """One standard error more moved the fit at the measured sizes too, away from what was measured there."""
    model = Model(_line(-9.0, 0.45, 0.1), _line(0.2, 0.5, 0.1), TERMS, 4)
    sizes = np.array([14.0])
    given = curves(model, Scenario(), sizes)
    assert np.allclose(curves(model, Scenario(exponent_shift=0.1, quantum_shift=0.1), sizes), given, rtol=1e-12)
    rows = {row["case"]: row["size"] for row in sensitivity(model, Scenario())}
    assert rows["classical exponent + 1 s.e."] < rows["as given"] < rows["classical exponent - 1 s.e."]
    assert rows["exponent of 1/P - 1 s.e."] < rows["as given"] < rows["exponent of 1/P + 1 s.e."]
    assert "error rate 1e-4" not in {row["case"] for row in sensitivity(model, Scenario("gate-us-e4"))}


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["qopt", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return call


def test_the_command_on_a_small_sweep(tmp_path: Path, shell: Any) -> None:
    spec = tmp_path / "growth.yaml"
    spec.write_text(
        "name: growth\ninstances:\n  - {generate: qubo, n: [4, 6, 8, 10], density: 1.0, seeds: [1, 2]}\n"
        "pipelines:\n  sa: {solver: sa, num_sweeps: 5}\n  qaoa: {solver: lr-qaoa, layers: 2}\n"
        "budget: {shots: 100}\ngroups:\n  quantum: [qaoa]\n",
        encoding="utf-8",
    )
    folder = qopt.bench(spec, out=tmp_path / "run")
    code, out, _ = shell("crossover", str(folder), "--json")
    document = json.loads(out)
    assert code == 0
    assert document["quantum"] == "qaoa"
    assert document["growth"]["classical"]["sizes"] == [4, 6, 8, 10]
    assert any("measure at least 5" in note for note in document["notes"])
    assert document["verdict"]["kind"] in ("never", "beyond-budget", "crossover")
    picture = tmp_path / "both.png"
    pytest.importorskip("matplotlib")
    code, out, _ = shell("crossover", str(folder), "--plot", str(picture), "--cores", "parity", "--target-gap", "0.01")
    assert code == 0
    assert "amplified search, phase by rotations, cores at parity of power (100 W a logical qubit" in out
    assert "as good as their run's best" in out
    assert "2 layers, gate-ns-e3" in out
    assert picture.stat().st_size > 10_000
    code, _, err = shell("crossover", str(folder), "--quantum", "sa")
    assert code == 2
    assert "quantum pipeline must be one of qaoa" in err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "run folder"),
        (["--hype", "--powers", "1"], "--powers must be > 1"),
        (["--hype", "nowhere"], "--hype must stand without runs"),  # the run was ignored
        (["--hype", "--plot", "x.png"], "--hype must stand without runs and without --plot"),
        (["--hype", "--machine", "abacus"], "--machine must be asic or gpu"),
        (["--hype", "--logical-qubits", "1"], "--logical-qubits must be >= 474"),  # it was a division by zero
        (["nowhere", "--budget", "0"], "--budget must be a number from 1e-30 to 1e30"),  # it was "math domain error"
        (["--hype", "--cycle", "nan"], "--cycle must be a number from 1e-30 to 1e30"),
        (["--hype", "--cycle", "-1"], "--cycle must be"),
        (["--hype", "--powers", "inf"], "--powers must be > 1 and finite"),
        (["nowhere", "--watts-per-qubit", "0"], "--watts-per-qubit must be"),
        (["nowhere"], "qopt bench"),
        (["nowhere", "--preset", "x"], "--preset must be one of"),
        (["nowhere", "--cores", "-1"], "--cores"),
        (["nowhere", "--search", "luck"], "--search must be one of amplified"),
    ],
)
def test_wrong_input_is_one_line(shell: Any, arguments: list[str], text: str) -> None:
    code, out, err = shell("crossover", *arguments)
    assert code == 2
    assert text in err
    assert err.count("\n") == 1
    assert not out


def test_resources_of_an_instance(tmp_path: Path, shell: Any) -> None:
    path = tmp_path / "mis.json"
    qopt.save(qopt.generate("mis", n=8, seed=1), path)
    code, out, _ = shell("resources", str(path), "--layers", "2", "--json")
    document = json.loads(out)
    assert code == 0
    assert [row["preset"] for row in document["presets"]] == [*MACHINES, "gate-us-e4"]
    assert document["counts"]["qubits"] == 8
    assert [row["device"] for row in document["devices"]] == [
        "as built",
        "all-to-all",
        "line",
        "heavy-hex",
        "fake_torino",
    ]
    code, out, _ = shell("resources", str(path), "--phase", "gradient", "--devices", "")
    assert code == 0
    assert "Toffolis" in out
