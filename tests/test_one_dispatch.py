"""One way of choosing instruction sets for all compiled engines: same files, same variable, same refusal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qopt.core import UnsupportedError
from qopt.engines import light_cone, statevector
from qopt.engines.annealing import kernels
from qopt.engines.diagonal import compiled
from qopt.engines.extension import WIDTHS, allowed

ENGINES = Path(__file__).resolve().parents[1] / "engines"
SETS = list(compiled.instruction_sets()) if compiled.is_available() else []
needs_compiled = pytest.mark.skipif(not SETS, reason="no compiled engine here")


def test_targets_and_tests_of_the_processor_stand_in_one_folder() -> None:
    """The state vector and the light cones had target_clones, which QOPT_ISA could not limit."""
    words = ("target_clones", "GCC target", "__builtin_cpu_supports", "attribute push")
    sources = [p for suffix in ("*.h", "*.cpp") for p in ENGINES.rglob(suffix) if p.parent.name != "cpu"]
    assert len(sources) > 30
    assert [str(p) for p in sources if any(word in p.read_text(encoding="utf-8") for word in words)] == []


def run_all() -> list[float]:
    circuit = statevector.GateCircuit.of(3, [(statevector.Kind.RY, q, -1, q) for q in range(3)])
    state = statevector.simulate(circuit, [0.3, 0.5, 0.7])
    ring = np.arange(5)
    cones = light_cone.LightCones.of(np.ones(5), ring, (ring + 1) % 5, np.full(5, 0.5), 2)
    value, *_ = cones.value_and_gradient([0.3, 0.4], [0.2, 0.1])
    return [*state.probabilities(), value]


@needs_compiled
@pytest.mark.parametrize("name", WIDTHS)
def test_every_engine_takes_the_set_that_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name not in SETS:
        pytest.skip(f"this machine does not run {name}")
    wide = run_all()
    monkeypatch.setenv("QOPT_ISA", name)
    assert compiled.instruction_set() == name
    assert kernels()[0] == ("base" if name == "scalar" else name)
    assert run_all() == pytest.approx(wide, abs=1e-14)


@needs_compiled
def test_a_set_that_the_machine_has_not_is_refused_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QOPT_ISA", "neon2")
    for call in (compiled.instruction_set, kernels, run_all):
        with pytest.raises(UnsupportedError, match="QOPT_ISA must be one"):
            call()


def test_the_narrowest_set_of_an_extension_stands_in_for_narrower_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QOPT_ISA", "scalar")
    assert allowed(["avx2", "base"]) == ["base"]
    monkeypatch.setenv("QOPT_ISA", "avx2")
    assert allowed(["avx512", "avx2", "base"]) == ["avx2", "base"]
