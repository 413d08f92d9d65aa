"""What a newcomer types wrong, and what a pipe or a Ctrl-C does: one line with the remedy, and the right exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import qopt
from qopt.problems.multi_knapsack import MultiKnapsack

from .shell import Shell

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
MDKP = str(EXAMPLES / "mdkp.json")
OPTIMUM = [1, 0, 1, 1, 0, 0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        # a mistyped option of the command itself was looked for among the solver's only
        (["solve", MDKP, "--time-limt", "3"], "did you mean --time-limit?"),
        (["penalty-sweep", MDKP, "--factor", "1"], "did you mean --factors?"),
        # an option of another solver did not say whose it is
        (["solve", MDKP, "--solver", "sa", "--layers", "3"], "layers is an option of solver adapt"),
        (["solve", MDKP, "--solver", "sa", "--core", "3"], "--core is one of --presolve, got it without"),
        (["solve", MDKP, "--best-known", "nan"], "--best-known must be a finite number"),
        # the run was done before the place for its record turned out not to exist
        (["solve", MDKP, "--out", "/nowhere/record.json"], "got the missing folder '/nowhere'"),
        (["solve", MDKP, "--save-solution", str(EXAMPLES)], "got a folder"),
        (["penalty-sweep", MDKP, "--plot", "/nowhere/sweep.png"], "got the missing folder '/nowhere'"),
        (["penalty-sweep", MDKP, "--plot", "sweep.foo"], "plot must end with .png or .svg"),
        (["penalty-sweep", MDKP, "--factors", "1,b"], "factors must be numbers >= 0"),
        (["penalty-sweep", MDKP, "--factors", "0.1,-1"], "factors must be numbers >= 0"),
        (["penalty-sweep", MDKP, "--solver", "cpsat"], "solver must be a sampler"),
        # plan took every option and did nothing with it
        (["plan", MDKP, "--layers", "3"], "must come with --solver NAME"),
        (["solve"], "Missing argument 'file'; see"),
        (["encode", MDKP, "--encoder", "slack", "--penalty", "high"], "or NAME=NUMBER,..., got 'high'"),
        (["encode", MDKP, "--encoder", "slack", "--penalty", "capacity[7]=3"], "got 'capacity[7]'; did you mean"),
        (["--plugin", MDKP, "list"], "its name must end in .py"),
        # of a fixed list only the first name was told
        (["solve", MDKP, "--solver", "vqe", "--init", "ramp"], "init must be 'random', 'unit' or 'small', got"),
        (["solve", MDKP, "--solver", "qrao", "--vars-per-qubit", "7"], "vars_per_qubit must be 1, 2 or 3, got"),
        # faults of ours, or a library's own words
        (["solve", MDKP, "--solver", "pce", "--encoder", "slack", "--beta", "inf"], "beta must be a finite number"),
        (
            ["solve", MDKP, "--solver", "pce", "--encoder", "slack", "--reps", "99999999"],
            "num_layers must be <= 10,000",
        ),
        (["solve", MDKP, "--target", "nan"], "target must be a finite number"),
        (["shrink", MDKP, "--target", "inf"], "target must be a finite number"),
        (["shrink", MDKP, "--min-correlation", "nan"], "min_correlation must be a finite number"),
        (["shrink", MDKP, "--save", "/nowhere/merges.json"], "got the missing folder '/nowhere'"),
        (["shrink", MDKP, "--export", "small.foo"], "export path must end in .bqm"),
        (["encode", MDKP, "--encoder", "slack", "--export", "/nowhere/q.coo"], "got the missing folder '/nowhere'"),
        # these filled the memory before they failed
        (["generate", "mdkp", "-n", "100000000", "-m", "30"], "n * m must be at most 25,000,000, got 3,000,000,000"),
        (["generate", "mis", "-n", "1000000"], "n * n must be at most"),
        (["generate", "qap", "-n", "100000"], "n * n must be at most"),
        (["generate", "qubo", "-n", "100000"], "n * n must be at most"),
        (["generate", "market-share", "--products", "100000"], "products * retailers must be at most"),
        (["generate", "multi-knapsack", "-n", "100000"], "must be at most"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(shell: Shell, words: list[str], message: str) -> None:
    shell.run(*words)
    assert shell.code == 2
    assert shell.out == ""
    assert shell.err.startswith("qopt: ")
    assert shell.err.count("\n") == 1
    assert message in shell.err


def test_a_broken_plugin_is_one_line(shell: Shell, tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text("import nowhere_to_be_found\n")
    shell.run("--plugin", str(plugin), "list")
    assert shell.code == 2
    assert "ModuleNotFoundError" in shell.err
    assert shell.err.count("\n") == 1


def test_a_fault_of_ours_is_one_line_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: str, **_: object) -> None:
        raise KeyError("something\nof ours")

    monkeypatch.setattr("qopt.problems.files.load_all", broken)
    shell.run("info", MDKP)
    assert shell.code == 1
    assert shell.err.count("\n") == 1
    assert "KeyError" in shell.err
    assert "fault of qopt" in shell.err


def test_qopt_alone_shows_its_commands(shell: Shell) -> None:
    """It printed the help as an error, with `see qopt --help` below."""
    shell.run()
    assert shell.code == 2
    assert shell.out.startswith("Usage: qopt")
    assert shell.err == ""


def test_every_command_that_writes_a_file_says_so_as_json(shell: Shell, tmp_path: Path) -> None:
    instance, again, qubo = (str(tmp_path / name) for name in ("mis.json", "again.mis", "mis.coo"))
    for words in (
        ["generate", "mis", "-n", "6", "-o", instance],
        ["convert", instance, again],
        ["encode", instance, "--encoder", "slack", "--export", qubo],
    ):
        shell.run(*words, "--json")
        document = json.loads(shell.out)
        assert document["schema"] == "qopt.written/1"
        assert Path(document["path"]).is_file()
    assert json.loads(shell.run("--version", "--json").out)["schema"] == "qopt.version/1"


def test_penalties_by_row_reach_the_encoder(shell: Shell) -> None:
    """Row penalties could be given in Python only."""
    words = ("encode", MDKP, "--encoder", "slack", "--json", "--penalty")
    for text in ("capacity[0]=900.5,capacity[1]=901", '{"capacity[0]": 900.5, "capacity[1]": 901}'):
        (row,) = json.loads(shell.run(*words, text).out)["encoders"]
        assert row["penalty_max"] == 901
        assert "2 of 3 penalties as given" in row["note"]


def test_row_names_keep_their_commas(shell: Shell) -> None:
    words = ("encode", str(EXAMPLES / "multi-knapsack.json"), "--encoder", "slack", "--penalty", "a[0,1]=3,b[2,3]=4")
    assert "got 'a[0,1]'" in shell.run(*words).err


def test_a_bare_list_is_a_solution(shell: Shell) -> None:
    shell.run("verify", MDKP, "-", stdin=json.dumps(OPTIMUM))
    assert shell.code == 0
    assert "objective 3626  feasible" in shell.out
    assert shell.run("verify", MDKP, "-", stdin="[1, 0, 1").code == 2
    assert "is the file cut?" in shell.err


def test_options_are_listed_with_what_they_take_and_mean(shell: Shell) -> None:
    """They were listed by the name of their Python type."""
    out = shell.run("list", "solvers", "--options").out
    assert "--acceptance Metropolis|Gibbs = Metropolis" in out
    assert "anneals; None means 100" in out
    rows = json.loads(shell.run("list", "solvers", "--options", "--json").out)["solvers"]
    fields = {row["name"]: {field["name"]: field for field in row["options"]} for row in rows}
    assert fields["cvar-qaoa"]["alpha"]["default"] == "0.25"
    assert fields["qaoa"]["num_layers"]["help"]


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
def test_ctrl_c_ends_a_run_with_130() -> None:
    """A search without an end is stopped as soon as it has said its first word."""
    command = [sys.executable, "-m", "qopt", "solve", MDKP, "--solver", "qaoa", "--restarts", "100000"]
    # a shell's background job ignores the signal, and so would this process if the tests run in one
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_listen, cwd=EXAMPLES.parent
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "mdkp" in first
    assert process.returncode == 130
    assert out == ""
    assert err.endswith("qopt: interrupted\n")
    assert "Traceback" not in err


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
def test_ctrl_c_is_heard_after_cp_sat_has_run() -> None:
    """CP-SAT left the system's handler behind, and the process died without `qopt: interrupted`."""
    code = (
        "import os, signal, qopt\n"
        "qopt.solve(qopt.generate('mdkp', n=5, m=1, seed=1), solver='cpsat')\n"
        "try:\n    os.kill(os.getpid(), signal.SIGINT)\n"
    )
    _assert_heard(code)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
def test_ctrl_c_ends_a_search_of_cp_sat() -> None:
    """It came back with its best so far and exit code 0, as if the limits asked for had been spent."""
    code = (
        "import os, signal\n"
        "from ortools.sat.python import cp_model\n"
        "from qopt.algorithms.cpsat_search import Search, search\n"
        "model = cp_model.CpModel()\n"
        "x = [model.new_int_var(0, 9, f'x{i}') for i in range(9)]\n"
        "model.maximize(sum(x))\n"
        "stop = lambda values: os.kill(os.getpid(), signal.SIGINT)\n"
        "try:\n    search(model, x, Search(), stop)\n"
    )
    _assert_heard(code)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": "qopt.shrink/1"}', "got KeyError: 'graph'"),
        ('{"schema": "qopt.shrink/1", "graph": {"nodes": 1}, "names": ["a"], "bits": {}}', "got KeyError: 'index'"),
        ('{"schema": "qopt.shrink/1", "graph": {}, "names": []}', "a graph must have bits to be drawn, got none"),
        ("[]", "record must be a JSON object, got list"),
    ],
)
def test_a_damaged_record_is_not_drawn(shell: Shell, tmp_path: Path, text: str, message: str) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "broken.json").write_text(text, encoding="utf-8")
    shell.run("plot", str(tmp_path / "broken.json"))
    assert shell.code == 2
    assert message in shell.err


def test_pictures_without_matplotlib_name_the_extra(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep was measured first, and the answer was `No module named 'matplotlib'`."""
    monkeypatch.setattr("qopt.experiments.drawing.find_spec", lambda name: None)
    for words in (["penalty-sweep", MDKP, "--plot", "sweep.png"], ["plot", MDKP]):
        shell.run(*words)
        assert (shell.code, shell.out) == (2, "")
        assert "pip install 'qopt-workbench[plot]'" in shell.err


def test_an_instance_without_a_feasible_point_ends_with_21_for_every_solver(shell: Shell, tmp_path: Path) -> None:
    """Samplers answered as if an option had been wrong."""
    problem = MultiKnapsack([1, 1], [5, 5], [4], required=[1, 0])
    qopt.save(problem, str(tmp_path / "none.json"))
    for solver in ("cpsat", "sa"):
        shell.run("solve", str(tmp_path / "none.json"), "--solver", solver)
        assert shell.code == 21
    assert "CP-SAT proves that it has none" in shell.err


def test_numbers_of_a_fixed_list_are_taken_from_the_command_line(shell: Shell) -> None:
    """`--vars-per-qubit 2` was answered with `must be 1, got '2'`."""
    mis = str(EXAMPLES / "mis.json")
    shell.run("solve", mis, "--solver", "qrao", "--vars-per-qubit", "2", "--maxiter", "2", "--json", "--quiet")
    assert shell.code == 0
    assert json.loads(shell.out)["pipeline"]["solver"]["vars_per_qubit"] == 2


def test_plan_says_which_figures_are_the_least(shell: Shell) -> None:
    rows = {row["solver"]: row for row in json.loads(shell.run("plan", MDKP, "--json").out)["rows"]}
    assert "fewest" in rows["qrao"]["note"]
    assert rows["pce"]["note"] is None
    assert rows["pce"]["seconds"] > 0.1  # was a whole number, and 0


def _assert_heard(code: str) -> None:
    """Python that ends in an open ``try``, in a process that listens to Ctrl-C, is ended by it."""
    whole = code + "except KeyboardInterrupt:\n    print('heard')\n"
    process = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, preexec_fn=_listen, cwd=EXAMPLES.parent
    )
    assert (process.returncode, process.stdout) == (0, "heard\n"), process.stderr


def _listen() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
