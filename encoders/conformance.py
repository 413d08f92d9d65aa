"""Rules that every registered encoder keeps: what ``qopt check-plugin NAME`` and the tests run.

Each check takes a registry entry and raises AssertionError with what it found. Small programs of every row kind are
encoded and all states of the QUBO enumerated; a program that the encoder refuses is passed over, but not all of them.
"""

from __future__ import annotations

import contextlib
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algorithms.enumeration import all_points
from ..core import (
    BinaryProgram,
    Encoder,
    Encoding,
    Entry,
    Round,
    UnsupportedError,
    digest,
    from_spec,
    make_rows,
    to_spec,
)
from ..core.margins import ROUNDING, scaled_margin
from .exhaustive import best_cost, encoding_energies, ground_states
from .serialise import encoding_from_json, encoding_to_json

#: QUBOs above this size are not enumerated.
MAX_BITS = 20
#: Rounds of an iterating encoder that are looked at.
NUM_ROUNDS = 3
_INF = np.inf


@dataclass(frozen=True, eq=False)
class Case:
    """A small program and its name."""

    name: str
    program: BinaryProgram


def cases() -> list[Case]:
    """Programs of every row kind, with and without products, integer and decimal; all have a feasible point."""
    rng = np.random.default_rng(5)
    flow, distance = rng.integers(0, 9, (3, 3)), rng.integers(0, 9, (3, 3))
    assignment = np.concatenate([np.kron(np.eye(3), np.ones(3)), np.kron(np.ones(3), np.eye(3))])
    products = np.triu(rng.integers(-6, 7, (6, 6)), 1)
    chain = [[1, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 1, 1, 1]]
    one_hot = make_rows([[1, 1, 1, 0, 0], [0, 0, 0, 2, 3]], lower=[1, -_INF], upper=[1, 3])
    mixed = make_rows([[2, -1, 3, 0], [1, 1, 0, 1], [1, 0, -1, 0]], lower=[1, 1, -_INF], upper=[4, _INF, 0])
    return [
        Case("knapsack", _program([-7, -5, -4, -3], rows=make_rows([[3, 2, 2, 1]], upper=[5]))),
        Case("two knapsacks", _program([-9, -6, -5], rows=make_rows([[4, 3, 2], [1, 3, 2]], upper=[6, 4]))),
        Case("packing", _program([-3, -2, -4, -3, -1, -2], rows=make_rows(chain, upper=1))),
        Case(
            "assignment",
            _program(np.zeros(9), np.kron(flow, distance), rows=make_rows(assignment, lower=1, upper=1)),
        ),
        Case("one-hot and knapsack", _program([2, 1, 3, -4, -5], np.triu(np.ones((5, 5)), 1), 1.5, one_hot)),
        Case("mixed rows", _program([1, -2, 2, -3], rows=mixed)),
        Case("equality", _program([1, 2, 3, 5], rows=make_rows([[1, 2, 3, 4]], lower=5, upper=5))),
        Case("decimal", _program([-0.3, -0.25, -0.6], rows=make_rows([[0.5, 0.25, 0.75]], upper=1.0))),
        Case("no rows", _program(rng.integers(-5, 6, 6), products, -2.0)),
        Case("one variable", _program([-1.0], rows=make_rows([[2.0]], upper=1))),
    ]


def _program(costs: Any, Q: Any = None, offset: float = 0.0, rows: Any = None) -> BinaryProgram:
    return BinaryProgram(np.array(costs, dtype=np.float64), Q, offset, rows)


def make(entry: Entry) -> Encoder:
    """The encoder with its default settings."""
    encoder: Encoder = from_spec("encoders", {"name": entry.name})
    return encoder


def encodings(entry: Entry) -> Iterator[tuple[Case, Encoding]]:
    """The cases that the encoder takes, encoded."""
    encoder, count = make(entry), 0
    for case in cases():
        try:
            encoding = encoder.encode(case.program)
        except UnsupportedError:
            continue
        count += 1
        yield case, encoding
    assert count, "the encoder refuses every program of the suite"


def exact_round(program: BinaryProgram, encoding: Encoding, incumbent: float | None, index: int = 0) -> Round:
    """What an exact sampler shows: the lowest states, and the ground energy as a bound."""
    energies = encoding_energies(encoding)
    lowest = np.argsort(energies, kind="stable")[:20]
    X = encoding.decode(all_points(encoding.num_qubits)[lowest])
    return Round(X, energies[lowest], float(energies.min()), incumbent, program, index)


def rounds(encoder: Encoder, program: BinaryProgram, encoding: Encoding) -> Iterator[Encoding]:
    """The encoding, and those of the next rounds under an exact sampler."""
    incumbent = best_cost(program)
    for index in range(NUM_ROUNDS):
        yield encoding
        step = encoder.update(encoding, exact_round(program, encoding, incumbent, index))
        if step is None:
            return
        encoding = step


def assert_exact(program: BinaryProgram, encoding: Encoding) -> None:
    """Every ground state decodes to an optimum."""
    X = encoding.decode(ground_states(encoding))
    best = best_cost(program)
    assert best is not None, "the program has no feasible point"
    feasible, costs = program.feasible(X), program.costs(X)
    assert feasible.all(), f"the ground state {X[np.argmin(feasible)].tolist()} breaks a row"
    worst = float(costs.max())
    assert worst <= best + scaled_margin(best), f"a ground state costs {worst}, the optimum is {best}"


def assert_relaxation(program: BinaryProgram, encoding: Encoding) -> None:
    """The ground energy is at most the optimal cost."""
    best, ground = best_cost(program), float(encoding_energies(encoding).min())
    assert best is not None, "the program has no feasible point"
    assert ground <= best + scaled_margin(best), f"the ground energy {ground} lies above the optimum {best}"


def check_spec(entry: Entry) -> None:
    """settings survive JSON"""
    spec = to_spec(make(entry))
    again = to_spec(from_spec("encoders", json.loads(json.dumps(spec))))
    assert again == spec, f"{spec} became {again}"
    assert entry.summary, "the class has no docstring; its first line is what `qopt list` shows"


def check_decoder(entry: Entry) -> None:
    """decoded points have the program's shape, are 0/1, and do not depend on each other"""
    for case, encoding in encodings(entry):
        m = encoding.num_qubits
        Z = np.random.default_rng(0).integers(0, 2, (16, m)).astype(np.uint8)
        before = Z.copy()
        X = encoding.decode(Z)
        assert X.shape == (16, case.program.num_variables), f"{case.name}: decoded shape is {X.shape}"
        assert np.isin(X, (0, 1)).all(), f"{case.name}: decoded points are not 0/1"
        assert np.array_equal(Z, before), f"{case.name}: decode changes its input"
        alone = np.concatenate([encoding.decode(z[None]) for z in Z])
        assert np.array_equal(X, alone), f"{case.name}: a point decodes differently among others"
        labels = set(encoding.bqm.variables)
        assert labels == set(range(m)), f"{case.name}: the QUBO's labels are not 0..{m - 1}"
        assert encoding.bqm.vartype.name == "BINARY", f"{case.name}: the QUBO is not BINARY"


def check_size(entry: Entry) -> None:
    """num_qubits(program) is the size of the QUBO"""
    encoder = make(entry)
    for case, encoding in encodings(entry):
        told = encoder.num_qubits(case.program)
        assert told == encoding.num_qubits, f"{case.name}: told {told} qubits, the QUBO has {encoding.num_qubits}"
        assert 0 <= encoding.num_aux <= encoding.num_qubits, f"{case.name}: num_aux is {encoding.num_aux}"


def check_inputs(entry: Entry) -> None:
    """the program and the encoder's settings stay as they are"""
    encoder = make(entry)
    before_spec = to_spec(encoder)
    for case in cases():
        before = _digest(case.program)
        with contextlib.suppress(UnsupportedError):
            encoder.encode(case.program)
        assert _digest(case.program) == before, f"{case.name}: encode changes the program"
    assert to_spec(encoder) == before_spec, "encode changes the encoder"


def check_determinism(entry: Entry) -> None:
    """the same program gives the same encoding, also after another one"""
    first = [encoding_to_json(encoding) for _, encoding in encodings(entry)]
    second = [encoding_to_json(encoding) for _, encoding in encodings(entry)]
    assert first == second, "two encodings of one program differ"


def check_exact(entry: Entry) -> None:
    """where is_exact stands, every ground state is an optimum, in every round"""
    encoder = make(entry)
    for case, encoding in encodings(entry):
        for step in rounds(encoder, case.program, encoding):
            if step.is_exact and step.num_qubits <= MAX_BITS:
                _named(case, assert_exact, case.program, step)


def check_relaxation(entry: Entry) -> None:
    """where is_relaxation stands, the ground energy bounds the optimum from below, in every round"""
    encoder = make(entry)
    for case, encoding in encodings(entry):
        for step in rounds(encoder, case.program, encoding):
            if step.is_relaxation and step.num_qubits <= MAX_BITS:
                _named(case, assert_relaxation, case.program, step)


def check_native(entry: Entry) -> None:
    """points of the native program are points of the QUBO: its feasible ones decode to feasible ones of equal cost"""
    for case, encoding in encodings(entry):
        native = encoding.native
        if native is None:
            continue
        m = encoding.num_qubits
        assert native.num_variables == m, f"{case.name}: native has {native.num_variables} variables, the QUBO {m}"
        Z = all_points(m)
        Z = Z[native.feasible(Z)]
        X = encoding.decode(Z)
        assert case.program.feasible(X).all(), f"{case.name}: a feasible point of native decodes to an infeasible one"
        same = np.allclose(native.costs(Z), case.program.costs(X), rtol=ROUNDING, atol=ROUNDING)
        assert same, f"{case.name}: native costs differ from the program's"


def check_json(entry: Entry) -> None:
    """an encoding survives JSON and pickle: energies, decoder, flags, and the next round"""
    encoder = make(entry)
    for case, encoding in encodings(entry):
        data = encoding_to_json(encoding)
        text = json.dumps(data, allow_nan=False)
        for again in (encoding_from_json(json.loads(text)), pickle.loads(pickle.dumps(encoding))):
            assert encoding_to_json(again) == data, f"{case.name}: the encoding changes on its way"
            if encoding.num_qubits <= MAX_BITS:
                told = exact_round(case.program, encoding, best_cost(case.program))
                steps = [encoder.update(start, told) for start in (encoding, again)]
                both = [None if step is None else encoding_to_json(step) for step in steps]
                assert both[0] == both[1], f"{case.name}: the next round differs after a round trip"


def check_update(entry: Entry) -> None:
    """update is a pure function, and takes a program that has grown by a row"""
    encoder = make(entry)
    for case, encoding in encodings(entry):
        if encoding.num_qubits > MAX_BITS:
            continue
        n = case.program.num_variables
        grown = case.program.with_rows(make_rows(np.ones((1, n)), upper=[n - 1 if n > 1 else 1], names=["lazy"]))
        try:
            encoder.encode(grown)
        except UnsupportedError:
            continue  # rows are refused by name: no round of this encoder has any
        before = encoding_to_json(encoding)
        for program in (case.program, grown):
            told = exact_round(program, encoding, None)
            first, second = encoder.update(encoding, told), encoder.update(encoding, told)
            both = [None if step is None else encoding_to_json(step) for step in (first, second)]
            assert both[0] == both[1], f"{case.name}: two updates by the same round differ"
            assert encoding_to_json(encoding) == before, f"{case.name}: update changes the encoding"
        assert first is not None, f"{case.name}: update ignores the new row"
        X = first.decode(np.zeros((1, first.num_qubits), dtype=np.uint8))
        assert X.shape == (1, n), f"{case.name}: the grown program decodes to shape {X.shape}"


def _named(case: Case, check: Callable[..., None], program: BinaryProgram, step: Encoding) -> None:
    try:
        check(program, step)
    except AssertionError as error:
        raise AssertionError(f"{case.name}: {error}") from None


def _digest(program: BinaryProgram) -> str:
    rows = program.constraints
    bounds = [np.nan_to_num(part, posinf=1e300, neginf=-1e300) for part in (rows.lower, rows.upper)]
    parts: list[Any] = [program.c, program.products, np.array([program.offset]), rows.A, *bounds]
    return digest([*parts, list(program.names), list(rows.names)])


CHECKS: tuple[Callable[[Entry], None], ...] = (
    check_spec,
    check_decoder,
    check_size,
    check_inputs,
    check_determinism,
    check_exact,
    check_relaxation,
    check_native,
    check_json,
    check_update,
)
