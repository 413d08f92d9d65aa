"""Where a quantum machine would overtake the measured classical solver: n*, time and qubits there, or never.

``T_q(n) = calls(n) * seconds_of_a_circuit(n)`` with calls from the measured probability of the optimum, and
``T_c(n) = exp(a_c + b_c n) / cores``. Limits: both exponents are fits to small sizes; the solvers are heuristics, so
nothing here is proven about large ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from ...core import Float, UnsupportedError
from .circuits import CostTerms, Phase, qaoa_counts
from .growth import Growth
from .rates import check_amount
from .surface_code import Estimate, estimate, preset

Search = Literal["sampling", "amplified"]
#: Largest size that is looked at; a crossover beyond it is no crossover.
MAX_SIZE = 100_000
#: Sizes that are looked at are all up to this one, then each this factor larger.
DENSE_SIZES, STEP = 16, 1.25
#: The circuit's resources at a size.
Circuits = Callable[[int], Estimate]


@dataclass(frozen=True)
class TermGrowth:
    """Couplings and colours of the cost as powers ``c n**k`` of n, each as (c, k); bits of the weights."""

    couplings: tuple[float, float]
    colours: tuple[float, float]
    has_fields: bool
    weight_bits: int | None

    def at(self, n: int) -> CostTerms:
        """Terms of an instance of size n."""
        couplings, colours = (math.ceil(c * n**k) for c, k in (self.couplings, self.colours))
        return CostTerms(n, couplings, n if self.has_fields else 0, colours, self.weight_bits)


@dataclass(frozen=True)
class Scenario:
    """What the machines are taken to be.

    Parameters
    ----------
    preset : quantum machine, see ``data/presets.json``; ``cycle_scale`` multiplies all its times.
    search : ``sampling`` repeats the circuit 1/P times, ``amplified`` pi / (2 sqrt(P)).
    phase : ``rotations`` or ``gradient``.
    cores : classical cores that share the work perfectly; None takes as many as the quantum machine's power feeds.
    watts_per_logical_qubit, watts_per_core : for ``cores`` None.
    budget_seconds : longest time that counts as practical.
    exponent_shift, quantum_shift : added to the classical exponent and to that of 1/P, for the sensitivity; the fit
        turns about the middle of its sizes.

    Raises
    ------
    ValueError
        A time or power that is not a number from 1e-30 to 1e30.
    """

    preset: str = "gate-ns-e3"
    search: Search = "amplified"
    phase: Phase = "rotations"
    cores: float | None = 1
    watts_per_logical_qubit: float = 100.0
    watts_per_core: float = 10.0
    budget_seconds: float = 1e6
    cycle_scale: float = 1.0
    exponent_shift: float = 0.0
    quantum_shift: float = 0.0

    def __post_init__(self) -> None:
        for name in ("budget_seconds", "cycle_scale", "watts_per_core", "watts_per_logical_qubit"):
            check_amount(name, getattr(self, name))


@dataclass(frozen=True)
class Verdict:
    """``kind`` is crossover, never (by the exponents), or beyond-budget; n* and what it takes where there is one."""

    kind: Literal["crossover", "never", "beyond-budget"]
    text: str
    size: int | None = None
    seconds: float | None = None
    physical_qubits: int | None = None
    cores: float | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """Measured growths: classical seconds, 1 / P of the circuit, and the terms of its cost."""

    classical: Growth
    inverse_probability: Growth
    terms: TermGrowth
    num_layers: int


def verdict(model: Model, scenario: Scenario) -> Verdict:
    """Where the quantum machine overtakes, by the fitted central values."""
    lines = model.classical.line(scenario.exponent_shift), model.inverse_probability.line(scenario.quantum_shift)
    found = _verdict(*lines, _circuits(model, scenario), scenario)
    smallest = min(model.classical.sizes[0], model.inverse_probability.sizes[0])
    if found.size is not None and found.size < smallest:
        return replace(found, text=f"{found.text}; below the sizes measured, from {smallest}")
    return found


def band(model: Model, scenario: Scenario, level: float = 0.95) -> tuple[float, float]:
    """Bootstrap interval of n*, within the budget or not; inf where draws say never, or where none can be estimated."""
    circuit = _circuits(model, scenario)
    found = []
    turns = (model.classical, scenario.exponent_shift), (model.inverse_probability, scenario.quantum_shift)
    c_draws, q_draws = (growth.draws + np.array([-shift * np.mean(growth.sizes), shift]) for growth, shift in turns)
    for (a_c, b_c), (a_q, b_q) in zip(c_draws, q_draws, strict=True):
        one = _verdict((a_c, b_c), (a_q, b_q), circuit, scenario)
        found.append(math.inf if one.size is None else float(one.size))
    low, high = np.quantile(np.array(found), [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return float(low), float(high)


def sensitivity(model: Model, scenario: Scenario) -> list[dict[str, Any]]:
    """The verdict under other machines and exponents: cycle times by ten, error rate 1e-4, exponents -+ 1 error."""
    stronger = scenario.preset.replace("e3", "e4")
    cases = {"as given": scenario, "cycle time / 10": replace(scenario, cycle_scale=scenario.cycle_scale / 10)}
    if stronger != scenario.preset:
        cases["error rate 1e-4"] = replace(scenario, preset=stronger)
        cases["both"] = replace(scenario, preset=stronger, cycle_scale=scenario.cycle_scale / 10)
    for sign, word in ((-1, "-"), (1, "+")):
        shifted = scenario.exponent_shift + sign * model.classical.b_error
        cases[f"classical exponent {word} 1 s.e."] = replace(scenario, exponent_shift=shifted)
    for sign, word in ((-1, "-"), (1, "+")):
        shifted = scenario.quantum_shift + sign * model.inverse_probability.b_error
        cases[f"exponent of 1/P {word} 1 s.e."] = replace(scenario, quantum_shift=shifted)
    return [{"case": name, **_row(verdict(model, one))} for name, one in cases.items()]


def _row(found: Verdict) -> dict[str, Any]:
    return {
        "verdict": found.kind,
        "size": found.size,
        "seconds": found.seconds,
        "physical_qubits": found.physical_qubits,
        "text": found.text,
    }


def quantum_exponent(b_q: float, search: Search) -> float:
    """Exponent of the calls: that of 1 / P, halved by amplification."""
    return b_q / 2 if search == "amplified" else b_q


def calls_of(log_inverse: float, search: Search) -> float:
    """Circuits for ``1 / P = exp(log_inverse)``, at least one, as a logarithm."""
    if search == "sampling":
        return max(0.0, log_inverse)
    return max(0.0, math.log(math.pi / 2) + log_inverse / 2)


def curves(model: Model, scenario: Scenario, sizes: Float) -> tuple[Float, Float]:
    """Seconds of quantum machine and classical solver at sizes, shape (k,) each; nan where no estimate exists."""
    circuit = _circuits(model, scenario)
    (a_c, b_c), (a_q, b_q) = (
        model.classical.line(scenario.exponent_shift),
        model.inverse_probability.line(scenario.quantum_shift),
    )
    quantum, classical = np.full(len(sizes), np.nan), np.full(len(sizes), np.nan)
    for k, n in enumerate(int(size) for size in sizes):
        try:
            one = circuit(n)
        except UnsupportedError:
            continue
        log_calls = calls_of(a_q + b_q * n, scenario.search)
        quantum[k] = math.exp(min(700.0, log_calls + math.log(one.seconds)))
        classical[k] = math.exp(min(700.0, a_c + b_c * n - math.log(_cores(one, scenario))))
    return quantum, classical


def _verdict(
    classical: tuple[float, float], quantum: tuple[float, float], circuit: Circuits, scenario: Scenario
) -> Verdict:
    (a_c, b_c), (a_q, b_q) = classical, quantum
    if quantum_exponent(b_q, scenario.search) >= b_c:
        name = "half the exponent of 1/P" if scenario.search == "amplified" else "the exponent of 1/P"
        return Verdict(
            "never", f"never: {name} ({quantum_exponent(b_q, scenario.search):.3f}) >= the classical one ({b_c:.3f})"
        )

    def lead(n: int) -> tuple[float, float, Estimate]:
        """ln T_q - ln T_c, ln T_q, and the circuit, at size n."""
        one = circuit(n)
        log_q = calls_of(a_q + b_q * n, scenario.search) + math.log(one.seconds)
        return log_q - (a_c + b_c * n - math.log(_cores(one, scenario))), log_q, one

    found = _overtaking(lambda n: lead(n)[0] <= 0)
    if found is None:
        return Verdict("beyond-budget", f"beyond any budget: no crossover that can be estimated up to n = {MAX_SIZE:,}")
    _, log_q, one = lead(found)
    if log_q > math.log(scenario.budget_seconds):
        text = f"beyond the budget: n* = {found:,} takes 1e{log_q / math.log(10):.1f} s"
        return Verdict("beyond-budget", text, found, None if log_q > 700 else math.exp(log_q))
    seconds = math.exp(log_q)
    text = f"n* = {found:,}: {seconds:.3g} s, {one.physical_qubits:,} physical qubits"
    return Verdict("crossover", text, found, seconds, one.physical_qubits, _cores(one, scenario))


def _overtaking(is_ahead: Callable[[int], bool]) -> int | None:
    """The least n from which on it holds, as far as it can be asked; None beyond reach.

    A machine may lead on tiny sizes, where the classical time is the cost of a start, then fall behind and overtake
    late: the last change counts. It is found on a grid, then by bisection.
    """
    behind, ahead, n = 1, 0, 2
    try:
        while n <= MAX_SIZE:
            if not is_ahead(n):
                behind, ahead = n, 0
            elif not ahead:
                ahead = n
            n = n + 1 if n < DENSE_SIZES else math.ceil(n * STEP)
    except UnsupportedError:
        pass  # larger circuits have no estimate
    if not ahead:
        return None
    while behind + 1 < ahead:
        middle = (behind + ahead) // 2
        behind, ahead = (behind, middle) if is_ahead(middle) else (middle, ahead)
    return ahead


def _circuits(model: Model, scenario: Scenario) -> Circuits:
    machine = preset(scenario.preset, cycle_scale=scenario.cycle_scale)

    @cache
    def at(n: int) -> Estimate:
        return estimate(qaoa_counts(model.terms.at(n), model.num_layers, scenario.phase), machine)

    return at


def _cores(one: Estimate, scenario: Scenario) -> float:
    if scenario.cores is not None:
        return scenario.cores
    return max(1.0, one.logical_qubits * scenario.watts_per_logical_qubit / scenario.watts_per_core)
