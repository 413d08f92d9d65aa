"""The command line in process: every command, its JSON, its exit codes, and each error as one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qopt.encoders import conformance

from .shell import Shell

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
MDKP = str(EXAMPLES / "mdkp.json")


def test_solve_shows_the_stages_and_compares(shell: Shell) -> None:
    shell.run("solve", MDKP, "--solver", "sa", "--compare", "cpsat", "--seed", "1", "--quiet")
    assert shell.code == 0
    for word in ("raw", "repaired", "improved", "control", "3626", "optimal", "compared"):
        assert word in shell.out
    assert shell.err == ""


def test_solve_as_json_is_one_record_and_replays(shell: Shell) -> None:
    first = shell.run("solve", MDKP, "--solver", "qaoa", "--seed", "3", "--json", "--quiet").json
    second = shell.run("solve", MDKP, "--solver", "qaoa", "--seed", "3", "--json", "--quiet").json
    assert first["schema"] == "qopt.record/1"
    assert first["id"] == second["id"]
    assert first["solution"] == second["solution"]
    assert first["stages"]["control"]["num_points"] == first["resources"]["shots"]


def test_options_reach_the_part_that_has_them(shell: Shell) -> None:
    words = ("--solver", "qaoa", "--layers", "1", "--encoder", "unbalanced", "--num-shots=50", "--quiet", "--json")
    pipeline = shell.run("solve", MDKP, *words).json["pipeline"]
    assert pipeline["solver"]["num_layers"] == 1
    assert pipeline["solver"]["num_shots"] == 50


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["solve", "nowhere.json"], "nowhere.json"),
        (["solve", MDKP, "--solver", "qoaa"], "did you mean 'qaoa'"),
        (["solve", MDKP, "--solver", "sa", "--layers", "3"], "option of sa"),
        (["solve", MDKP, "--solver", "sa", "stray"], "must be an option"),
        (["solve", MDKP, "--solver", "cpsat", "--encoder", "slack"], "reads the instance itself"),
        (["solve", MDKP, "--solver", "qaoa", "--encoder", "slack"], "45"),
        (["solve", MDKP, "--solver", "qaoa", "--layers", "many"], "num_layers must be"),
        (["solve", MDKP, "--seed", "-1"], "seed must be"),
        (["solve", MDKP, "--time-limit", "0"], "seconds must be > 0"),
        (["solve", MDKP, "--solver", "sa", "--formulation", "liner"], "did you mean 'linear'"),
        (["solve", MDKP, "--solver", "cpsat", "--formulation", "linear"], "reads the instance itself"),
        (["solve", MDKP, "--repair", "nearst"], "did you mean 'nearest'"),
        (["solve"], "Missing argument"),
        (["sovle", MDKP], "sovle"),
        (["list", "solver"], "did you mean 'solvers'"),
        (["generate", "mdpk"], "did you mean 'mdkp'"),
        (["generate", "mdkp", "--tightnes", "0.5"], "did you mean '--tightness'"),
        (["generate", "mdkp", "--tightness", "half"], "--tightness must be"),
        (["check-plugin", "slak"], "did you mean 'slack'"),
        (["--plugin", "nowhere.py", "list"], "plugin must be a Python file"),
        (["encode", MDKP, "--penalty", "3"], "must come with --encoder"),
        (["verify", MDKP, MDKP], "solution"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(shell: Shell, words: list[str], message: str) -> None:
    shell.run(*words)
    assert shell.code == 2
    assert shell.out == ""
    lines = shell.err.strip().splitlines()
    assert lines[-1].startswith("qopt: ")
    assert message in lines[-1]
    assert "Traceback" not in shell.err
    assert not any(line.startswith("qopt: ") for line in lines[:-1])


def test_generate_solve_save_verify(shell: Shell, tmp_path: Path) -> None:
    instance, solution, record = (str(tmp_path / name) for name in ("tsp.json", "tour.json", "record.json"))
    assert shell.run("generate", "tsp", "-n", "7", "--seed", "3", "-o", instance).code == 0
    shell.run("solve", instance, "--solver", "cpsat", "--save-solution", solution, "--out", record, "--quiet", "--json")
    objective = shell.json["objective"]
    assert shell.run("verify", instance, solution, "--json").json["objective"] == objective
    assert shell.run("verify", instance, record, "--json").json["objective"] == objective


def test_an_infeasible_solution_is_verified_as_such(shell: Shell, tmp_path: Path) -> None:
    everything = tmp_path / "all.json"
    everything.write_text(json.dumps({"schema": "qopt.solution/1", "kind": "mdkp", "solution": [1] * 10}))
    shell.run("verify", MDKP, str(everything))
    assert shell.code == 1
    assert "infeasible" in shell.out
    assert "broken by" in shell.err


def test_conversion_keeps_the_instance(shell: Shell, tmp_path: Path) -> None:
    target = str(tmp_path / "mdkp.dat")
    assert shell.run("convert", MDKP, target).code == 0
    before = shell.run("info", MDKP, "--json").json["instances"][0]
    after = shell.run("info", target, "--kind", "mdkp", "--json").json["instances"][0]
    assert after["fingerprint"] == before["fingerprint"]


def test_prove_leaves_with_20_without_a_proof(shell: Shell) -> None:
    assert shell.run("solve", MDKP, "--solver", "sa", "--prove", "--quiet").code == 20
    assert shell.run("solve", MDKP, "--solver", "cpsat", "--prove", "--quiet").code == 0


def test_encode_and_plan_say_what_would_be_refused(shell: Shell) -> None:
    rows = {row["encoder"]: row for row in shell.run("encode", MDKP, "--json").json["encoders"]}
    assert rows["slack"]["qubits"] == 45
    assert rows["unbalanced"]["qubits"] == 10
    assert rows["slack"]["is_exact"]
    assert "one-hot" in rows["domain-wall"]["refusal"]
    plan = {(row["solver"], row["encoder"]): row for row in shell.run("plan", MDKP, "--json").json["rows"]}
    assert plan["brute-force", "slack"]["refusal"]
    assert plan["brute-force", "unbalanced"]["refusal"] is None
    assert plan["cpsat", None]["refusal"] is None


def test_list_names_every_room(shell: Shell) -> None:
    found = shell.run("list", "--json").json
    assert {"problems", "encoders", "solvers", "repairs", "engine"} <= set(found)
    assert shell.run("list", "solvers", "--options").code == 0
    assert "--num-layers" in shell.out


def test_a_penalty_sweep_tells_small_penalties_from_weak_samplers(shell: Shell, tmp_path: Path) -> None:
    plot = tmp_path / "sweep.png"
    words = ("--factors", "0.1,1", "--num-reads", "20", "--json", "--plot", str(plot))
    rows = shell.run("penalty-sweep", str(EXAMPLES / "mis.json"), *words).json["rows"]
    assert rows[0]["verdict"] == "penalty too small"
    assert rows[1]["verdict"] != "penalty too small"
    assert plot.stat().st_size > 1000


def test_a_plugin_is_listed_solved_with_and_checked(shell: Shell) -> None:
    plugin = str(EXAMPLES / "plugin.py")
    words = ("--solver", "sa", "--encoder", "square-penalty", "--quiet", "--json")
    assert shell.run("--plugin", plugin, "solve", MDKP, *words).json["pipeline"]["encoder"]["name"] == "square-penalty"
    shell.run("--plugin", plugin, "check-plugin", "square-penalty")
    assert shell.code == 0, shell.out


def test_what_a_plugin_itself_raises_is_a_failed_check(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that returned None ended the command as a fault of qopt."""

    def sizes(entry: object) -> None:
        """sizes agree"""
        raise AttributeError("'NoneType' object has no attribute 'num_qubits'")

    monkeypatch.setattr(conformance, "CHECKS", (sizes,))
    shell.run("check-plugin", "slack")
    assert shell.code == 1
    assert shell.out == "FAIL  sizes agree  AttributeError: 'NoneType' object has no attribute 'num_qubits'\n"
    assert shell.err == ""


def test_stdin_and_stdout(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shell.run("generate", "mis", "-n", "6", "--p", "0.4").out
    assert json.loads(text)["kind"] == "mis"
