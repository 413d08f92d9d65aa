"""A file never decides what code is imported or called."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import dimod
import pytest

import qopt
from qopt.core import allowed_modules, from_spec
from qopt.core.allowed_modules import allow_module, allowed_class, is_allowed
from qopt.solvers.classical.dimod_sampler import adapt

from .shell import Shell

SPEC = """
instances: [{{generate: mis, n: 6}}]
pipelines:
  a: {{solver: {{name: dimod, target: "{target}"}}}}
"""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowed_modules, "_ALLOWED", set(allowed_modules._ALLOWED))


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module on the path that leaves a mark when it is imported, with a sampler that leaves one when it is built."""
    mark = tmp_path / "mark"
    (tmp_path / "trap_module.py").write_text(
        "import dimod, pathlib\n"
        f"MARK = pathlib.Path({str(mark)!r})\n"
        "MARK.write_text('imported')\n"
        "def call(): MARK.write_text('called')\n"
        "class Trap(dimod.RandomSampler):\n"
        "    def __init__(self):\n        MARK.write_text('built')\n        super().__init__()\n"
        "class Other:\n    def __init__(self):\n        MARK.write_text('called')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "trap_module", raising=False)
    return mark


@pytest.mark.parametrize("name", ["Trap", "call", "Other"])
def test_a_spec_imports_no_module_that_was_not_allowed(name: str, trap: Path, tmp_path: Path, shell: Shell) -> None:
    """`target: "os:abort"` ended the process, under --dry-run too."""
    spec = tmp_path / "sweep.yaml"
    spec.write_text(SPEC.format(target=f"trap_module:{name}"))
    shell.run("bench", spec, "--dry-run")
    assert shell.code == 2
    assert "--allow-module trap_module" in shell.err
    assert not trap.exists()


@pytest.mark.parametrize("name", ["call", "Other", "MARK", "nothing"])
def test_what_is_no_sampler_class_is_not_called(name: str, trap: Path, tmp_path: Path, shell: Shell) -> None:
    spec = tmp_path / "sweep.yaml"
    spec.write_text(SPEC.format(target=f"trap_module:{name}"))
    shell.run("--allow-module", "trap_module", "bench", spec, "--dry-run")
    assert shell.code == 2
    assert trap.read_text() == "imported"


def test_an_allowed_sampler_runs_in_a_sweep(trap: Path, tmp_path: Path, shell: Shell) -> None:
    """The allowed module is known to the processes of the runs, too."""
    spec = tmp_path / "sweep.yaml"
    spec.write_text(SPEC.format(target="trap_module:Trap"))
    shell.monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    shell.run("--allow-module", "trap_module", "bench", spec, "--dry-run", "--json")
    assert (shell.code, trap.read_text()) == (0, "imported")
    shell.run("--allow-module", "trap_module", "bench", spec, "--out", tmp_path / "run", "--json")
    assert shell.code == 0
    assert (shell.json["done"], shell.json["failed"]) == (1, 0)


def test_a_class_named_on_the_command_line_is_allowed(trap: Path, tmp_path: Path, shell: Shell) -> None:
    qopt.save(qopt.generate("mis", n=5, seed=1), str(tmp_path / "mis.json"))
    shell.run("solve", tmp_path / "mis.json", "--solver", "dimod", "--solver.target", "trap_module:Trap", "--quiet")
    assert shell.code == 0
    spec = tmp_path / "sweep.yaml"
    spec.write_text(SPEC.format(target="dimod:RandomSampler"))
    shell.run("bench", spec, "solver.target=trap_module:Trap", "--dry-run")
    assert shell.code == 0


def test_a_record_imports_nothing_by_itself(trap: Path, tmp_path: Path, shell: Shell) -> None:
    qopt.save(qopt.generate("mis", n=5, seed=1), str(tmp_path / "mis.json"))
    out = tmp_path / "record.json"
    shell.run("solve", tmp_path / "mis.json", "--solver", "dimod", "--solver.target", "dimod:ExactSolver", "--out", out)
    out.write_text(
        out.read_text()
        .replace("dimod:ExactSolver", "trap_module:Trap")
        .replace('is_replayable": false', 'is_replayable": true')
    )
    shell.run("replay", out)
    assert shell.code == 2
    assert not trap.exists()


def test_objects_from_python_need_no_permission() -> None:
    class Own(dimod.RandomSampler):  # type: ignore[misc]
        pass

    assert len(adapt(Own(), num_reads=2).sample(dimod.BinaryQuadraticModel({0: 1.0}, {}, 0.0, "BINARY")))
    with pytest.raises(ValueError, match="must have sample"):
        adapt(object())


def test_a_checked_class_survives_pickling() -> None:
    sampler = from_spec("solvers", {"name": "dimod", "target": "dimod:ExactSolver"})
    assert pickle.loads(pickle.dumps(sampler)).parameters == sampler.parameters


def test_allowing_a_module_allows_those_below_it_alone() -> None:
    allow_module("some.package")
    assert is_allowed("some.package.inner")
    assert not is_allowed("some")
    assert not is_allowed("some.packages")
    with pytest.raises(ValueError, match="dotted name"):
        allow_module("../evil")


def test_an_abstract_class_is_refused_before_any_run() -> None:
    """A dry run accepted it, and each of the sweep's runs failed."""
    with pytest.raises(ValueError, match="a class that can be made, got the abstract 'dimod:Sampler'"):
        allowed_class("dimod:Sampler", dimod.Sampler, "target")
