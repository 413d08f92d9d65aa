"""Rules that every registered problem and generator keeps: what ``qopt check-plugin NAME`` and the tests run.

Each check takes a registry entry and raises AssertionError with what it found. Problems are checked on small instances
from the generator of the same name; all points of their formulations are looked at, up to MAX_BITS free bits.
"""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import GENERATORS, AnyArray, Bits, Entry, Formulation, Problem, fingerprint, signed
from ..core.arrays import is_sparse
from ..core.margins import ROUNDING
from ..core.problem import METADATA_FIELDS
from .formats.native import from_json, layout, to_json
from .generate import generate, size_options

#: Free bits of a formulation up to which all points are looked at; beyond, as many random ones.
MAX_BITS = 10


def examples(entry: Entry) -> list[Any]:
    """Two small instances of a kind, from its generator."""
    assert entry.name in GENERATORS, f"{entry.name} has no generator; register one under the same name"
    has_n = any(option.name == "n" for option in size_options(entry.name))
    found: list[Any] = []
    for n in (6, 5, 4, 3, 2):
        try:
            found = [generate(entry.name, seed=seed, **({"n": n} if has_n else {})) for seed in (0, 1)]
        except ValueError:
            continue  # a size that this generator refuses
        if not has_n or all(form.size(p).variables <= MAX_BITS for p in found for form in p.formulations.values()):
            break
    assert found, f"the generator of {entry.name} gives no small instance"
    return found


@dataclass(frozen=True, eq=False)
class Points:
    """Completed points of a formulation, with the solution each denotes (None: none)."""

    problem: Problem
    form: Formulation
    free: AnyArray
    X: Bits
    solutions: list[Any]

    @property
    def is_feasible(self) -> AnyArray:
        """Natively feasible, shape (k,)."""
        return np.array([s is not None and not self.problem.violations(s) for s in self.solutions], dtype=bool)


def points(entry: Entry) -> Iterator[Points]:
    """All points of every formulation of the examples; of those with many bits, random ones and known solutions.

    Known are the feasible solutions that formulations with fewer bits gave, each with all its neighbours by one flip.
    """
    for problem in examples(entry):
        known: list[Any] = []
        for cls in sorted(problem.formulations.values(), key=lambda cls: cls.size(problem).variables):
            form = cls(problem)
            n = form.program.num_variables
            free = free_bits(form)
            k = min(int(free.sum()), MAX_BITS)
            own = np.arange(2**k)[:, None] >> np.arange(k) & 1
            if free.sum() > MAX_BITS:
                own = np.random.default_rng(0).integers(0, 2, size=(2**k, int(free.sum())))
            X = np.zeros((len(own), n), dtype=np.uint8)
            X[:, free] = own
            if free.sum() > MAX_BITS:
                for solution in known[:4]:
                    x = form.encode(solution)
                    X = np.concatenate([X, x[None], x ^ np.eye(n, dtype=np.uint8)[free]])
            X = form.complete(X)
            given = Points(problem, form, free, X, [form.decode(x) for x in X])
            known += [given.solutions[i] for i in np.flatnonzero(given.is_feasible)]
            yield given


def free_bits(form: Formulation) -> AnyArray:
    """Which bits ``complete`` leaves as they are, shape (n,); the others it sets itself."""
    n = form.program.num_variables
    base = form.complete(np.zeros((1, n), dtype=np.uint8))
    flipped = base ^ np.eye(n, dtype=np.uint8)
    return np.asarray(np.diag(form.complete(flipped)) != base[0]) if n else np.zeros(0, dtype=bool)


def check_class(entry: Entry) -> None:
    """a frozen dataclass with kind, sense, docstring, and the fields name and best_known"""
    cls: Any = entry.make
    settings: Any = getattr(cls, "__dataclass_params__", None)
    assert settings is not None, "it is no dataclass"
    assert settings.frozen, "it must be frozen"
    assert not settings.eq, "it must have eq=False: arrays have no truth value; fingerprints identify"
    assert cls.kind == entry.name, f"its kind is {cls.kind!r}, its registered name {entry.name!r}"
    assert cls.sense in ("min", "max"), f"its sense is {cls.sense!r}"
    fields = {f.name for f in dataclasses.fields(cls)}
    assert fields >= METADATA_FIELDS, f"it must have the fields {', '.join(sorted(METADATA_FIELDS))}"
    assert entry.summary, "the class has no docstring; its first line is what `qopt list` shows"
    for problem in examples(entry):
        assert problem.formulations, "it has no formulation"
        for name, form in problem.formulations.items():
            assert form.name == name, f"formulation {name!r} calls itself {form.name!r}"


def check_frozen(entry: Entry) -> None:
    """its data cannot be changed, after unpickling neither"""
    for problem in examples(entry):
        again = pickle.loads(pickle.dumps(problem))
        assert fingerprint(again) == fingerprint(problem), "unpickled, it is another instance"
        for instance in (problem, again):
            for f in dataclasses.fields(instance):
                value = getattr(instance, f.name)
                arrays = [value.data, value.indices, value.indptr] if is_sparse(value) else [value]
                for array in arrays:
                    is_writeable = isinstance(array, np.ndarray) and array.flags.writeable
                    assert not is_writeable, f"its array {f.name} can be written to"


def check_fingerprint(entry: Entry) -> None:
    """the fingerprint tells data apart and ignores name and best_known"""
    first, second = examples(entry)
    renamed = dataclasses.replace(first, name="another", best_known=None)
    assert fingerprint(renamed) == fingerprint(first), "another name changes the fingerprint"
    assert fingerprint(first) != fingerprint(second), "two seeds have one fingerprint"


def check_json(entry: Entry) -> None:
    """JSON out and in is the same instance"""
    for problem in examples(entry):
        again = from_json(json.loads(layout(to_json(problem))))
        assert fingerprint(again) == fingerprint(problem), "read back, it is another instance"
        assert (again.name, again.best_known) == (problem.name, problem.best_known), "name or best_known got lost"


def check_solutions(entry: Entry) -> None:
    """violations are named amounts > 0, and what is no solution is refused"""
    for given in points(entry):
        solution = next((s for s in given.solutions if s is not None), None)
        assert solution is not None, "no point denotes a solution"
        for other in (s for s in given.solutions if s is not None):
            amounts = given.problem.violations(other)
            assert all(amount > 0 for amount in amounts.values()), f"an amount is not > 0: {amounts}"
        assert isinstance(given.problem.objective(solution), int | float), "the objective is no plain number"
        for wrong in (np.zeros(1000, dtype=np.int64), np.full(len(solution), 999)):
            try:
                given.problem.violations(wrong)
            except ValueError:
                continue
            raise AssertionError(f"{len(wrong)} times {wrong[0]} was taken for a solution; raise ValueError")


def check_size(entry: Entry) -> None:
    """the size said beforehand is that of the program built"""
    for problem in examples(entry):
        for name, cls in problem.formulations.items():
            program = cls(problem).program
            built = (program.num_variables, program.num_rows)
            said = cls.size(problem)
            assert built == said[:2], f"{name} said {said[:2]} variables and rows, built {built}"
            terms = program.num_terms + program.constraints.A.nnz
            assert said.terms == terms, f"{name} said {said.terms} terms, built {terms}"
            for names in (program.names, program.constraints.names):
                assert len(set(names)) == len(names), f"{name} uses a name twice"


def check_round_trip(entry: Entry) -> None:
    """encode and decode are inverse on solutions"""
    for given in points(entry):
        for solution in (s for s in given.solutions if s is not None):
            x = given.form.encode(solution)
            assert x.dtype == np.uint8, "encode must give uint8"
            assert x.shape == given.X.shape[1:], "encode must give shape (n,)"
            back = given.form.decode(x)
            assert np.array_equal(-1 if back is None else back, solution), f"{solution} came back as {back}"
            assert np.array_equal(given.form.complete(x[None])[0], x), "an encoded solution is not completed"


def check_costs(entry: Entry) -> None:
    """the cost of every feasible point is the objective (a surrogate's only ranks)"""
    for given in points(entry):
        if given.form.is_surrogate:
            continue
        feasible = np.flatnonzero(given.is_feasible)
        costs = given.form.program.costs(given.X[feasible])
        objectives = [signed(given.problem, given.problem.objective(given.solutions[i])) for i in feasible]
        wrong = ~np.isclose(costs, objectives, rtol=ROUNDING, atol=ROUNDING)
        assert not wrong.any(), (
            f"{given.form.name}: cost {costs[wrong][:1]}, objective {np.array(objectives)[wrong][:1]}"
        )


def check_rows(entry: Entry) -> None:
    """rows and lazy rows together hold exactly where the instance is kept; some point keeps it"""
    for given in points(entry):
        native = given.is_feasible
        rows = given.form.program.feasible(given.X)
        lazy = np.array([given.form.separate(x[None]) is not None for x in given.X])
        wrong = native != (rows & ~lazy)
        assert not wrong.any(), f"{given.form.name}: rows and instance disagree on {given.X[wrong][0].tolist()}"
        assert native.any(), f"{given.form.name}: no point of the example is feasible"


def check_separate(entry: Entry) -> None:
    """every lazy row is broken by a given point and by no feasible one"""
    for given in points(entry):
        more = given.form.separate(given.X)
        if more is None:
            continue
        broken = given.form.program.with_rows(more).violations(given.X)[:, -len(more) :] > 0
        assert broken.any(axis=0).all(), f"{given.form.name}: a lazy row is broken by none of the points"
        assert not broken[given.is_feasible].any(), f"{given.form.name}: a lazy row cuts off a feasible point"


def check_complete(entry: Entry) -> None:
    """complete sets auxiliary bits to their best, leaves the others, and is idempotent"""
    for given in points(entry):
        assert given.X.dtype == np.uint8, "complete must give uint8"
        assert np.array_equal(given.form.complete(given.X), given.X), "completing twice changes points"
        auxiliary = np.flatnonzero(~given.free)
        if not len(auxiliary):
            continue
        rng = np.random.default_rng(0)
        program = given.form.program
        best = program.costs(given.X)
        kept = program.feasible(given.X)
        for _ in range(8):
            other = given.X.copy()
            other[:, auxiliary] = rng.integers(0, 2, size=(len(other), len(auxiliary)))
            assert np.array_equal(given.form.complete(other), given.X), "complete depends on the auxiliary bits given"
            rival = program.feasible(other)
            assert not (rival & ~kept).any(), "complete misses a feasible setting of auxiliary bits"
            better = rival & kept & (program.costs(other) < best - ROUNDING)
            assert not better.any(), "complete misses a cheaper setting of auxiliary bits"


def check_inputs(entry: Entry) -> None:
    """points and solutions handed in stay as they were"""
    for given in points(entry):
        X = given.X.copy()
        given.form.complete(X)
        given.form.separate(X)
        solution = next((given.form.decode(x) for x, s in zip(X, given.solutions) if s is not None), None)
        assert np.array_equal(X, given.X), "a point was changed"
        assert solution is not None, "no point denotes a solution"
        copy = solution.copy()
        given.form.encode(copy)
        given.problem.objective(copy)
        given.problem.violations(copy)
        assert np.array_equal(copy, solution), "a solution was changed"


#: Rules of PROBLEMS entries.
CHECKS: tuple[Callable[[Entry], None], ...] = (
    check_class,
    check_frozen,
    check_fingerprint,
    check_json,
    check_solutions,
    check_size,
    check_round_trip,
    check_costs,
    check_rows,
    check_separate,
    check_complete,
    check_inputs,
)


def check_generator_seed(entry: Entry) -> None:
    """the same seed gives the same instance, another seed another one"""
    first, again, other = (generate(entry.name, seed=seed) for seed in (0, 0, 1))
    assert fingerprint(first) == fingerprint(again), "seed 0 gave two instances"
    assert fingerprint(first) != fingerprint(other), "seeds 0 and 1 gave one instance"
    assert first.name != other.name, "the name must tell instances apart"


def check_generator_sizes(entry: Entry) -> None:
    """every size is a typed keyword with a default and a line of help; others are refused"""
    for option in size_options(entry.name):
        assert option.help, f"the size {option.name} is not described under Parameters"
        assert option.type is not str or isinstance(option.default, str), f"the size {option.name} has no type hint"
    try:
        generate(entry.name, no_such_size=1)
    except ValueError:
        return
    raise AssertionError("an unknown size was taken")


#: Rules of GENERATORS entries.
GENERATOR_CHECKS: tuple[Callable[[Entry], None], ...] = (check_generator_seed, check_generator_sizes)
