"""Contracts of the solvers' room: samplers of a QUBO, and native solvers of a problem.

A sampler is a frozen dataclass that is a ``dimod.Sampler``: its fields are settings, ``sample`` is one run. A native
solver reads the problem's own data. Neither imports encoders or repair; only experiments puts them together.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import dimod
import numpy as np
import numpy.typing as npt

from ..core import (
    AnyArray,
    BinaryProgram,
    Bits,
    Budget,
    Cube,
    FactoredModel,
    Float,
    Ground,
    Number,
    PolynomialModel,
    Problem,
    Solution,
    Start,
    UnsupportedError,
    bqm_to_arrays,
)
from ..core.registry import first_line
from ..core.unique import unique_rows

#: Called with the probability of each point of the ground in the final state, shape (size,), in the ground's order.
Observe = Callable[[Float], None]

#: Called with (seconds since the start, objective) whenever a better verified solution is found.
Report = Callable[[float, Number], None]

#: Called while a sampler works: the share of the work that is done (None: not known), lowest energy so far (or None).
Heard = Callable[[float | None, float | None], None]

#: Called with the energies of reads that ended and how many are wanted (None: not known); True ends the run with them.
Ended = Callable[[Float, int | None], bool]


@runtime_checkable
class LiveReport(Protocol):
    """A report that also wants a proven bound, and how far a sampler is."""

    def __call__(self, seconds: float, objective: Number) -> None: ...

    def bound(self, value: float) -> None:
        """A bound that is proven so far, in the instance's own units."""
        ...

    def heard(self, share: float | None, energy: float | None) -> None:
        """Share of the sampler's work that is done, and the lowest energy so far."""
        ...


@dataclass(frozen=True)
class Estimate:
    """What a run would take, counted before any work; ``refusal`` says why it is not possible, empty if it is.

    ``note`` names figures that are only lower or upper bounds.
    """

    qubits: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    refusal: str = ""
    note: str = ""


class QuboSampler(dimod.Sampler):  # type: ignore[misc]
    """Base of our samplers: a dimod.Sampler whose parameters are the keywords of its own ``sample``.

    ``sample(bqm, *, ...)`` takes the keywords it understands of: ``seed`` (0..2**31-1), ``seconds``, ``evaluations``,
    ``num_reads`` (annealers), ``num_shots`` (of a circuit's final state), ``max_points`` (all points that may be looked
    at: those of a circuit's evaluations and of its final state together), ``program`` (Encoding.native, or None),
    ``relaxation`` (fractional point of the program, or None) and ``observe`` (called with the probabilities of the
    final state, where the sampler knows them), ``heard`` and ``ended`` (see ``Heard`` and ``Ended``); the pipeline
    passes those that it names, and no others. An unknown keyword is a TypeError. k reads with one seed are k different
    reads.

    It returns every distinct point it looked at, with ``num_occurrences``, lowest energy first (see ``sample_set``).
    ``SampleSet.info`` is JSON with the keys that apply: qubits, depth, two_qubit_gates, evaluations, shots (points
    drawn in all evaluations together), angles, seconds (by stage), engine, energy_bound (only if proven), subspace
    (name of the feasible subspace it worked in), timing (nanoseconds, as dwave-samplers tell them). All but ``seconds``
    and ``timing`` must be the same for the same seed.
    A sampler that keeps rows of the program itself says so by ``keeps_rows``, and by ``ground`` what is left. One that
    takes a ``PolynomialModel`` of any degree in the place of a quadratic model says so by ``takes_polynomials``; one
    that needs no list of products (a ``FactoredModel``) by ``takes_factors``, all others get the stored model.

    A subclass writes ``sample`` for BINARY models with labels 0..m-1 and at least one variable; models with other
    labels or spins are translated there and back around it, so that ours work wherever dimod's samplers do. Around it
    too: the answer for a model without variables (but where ``answers_empty``), and the refusal of a model that
    ``estimate`` says is too large (but on a caller's ``device`` object).
    """

    #: Whether ``sample`` itself answers a model without variables: it proves a bound, or counts the points of rows.
    answers_empty: ClassVar[bool] = False
    keeps_rows: ClassVar[bool] = False
    #: Whether it may keep rows only where the encoding leaves them to the sampler (not in a Lagrangian's round).
    keeps_rows_if_left: ClassVar[bool] = False
    takes_polynomials: ClassVar[bool] = False
    takes_factors: ClassVar[bool] = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "sample" in cls.__dict__:
            cls.sample = _any_labels(_checked(cls.sample))

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """Keywords of ``sample``, as dimod asks."""
        names = inspect.signature(self.sample).parameters
        return {name: [] for name in names if name not in ("bqm", "parameters")}

    @property
    def is_named(self) -> bool:
        """Whether its spec, of names and numbers, builds it again; else no run of it can be replayed."""
        return True

    @property
    def properties(self) -> Mapping[str, Any]:
        return {"description": first_line(type(self))}

    @property
    def prefers_polynomials(self) -> bool:
        """Whether, as it is set, a polynomial is better given to it as it is than with auxiliary bits."""
        return self.takes_polynomials

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits, bytes and seconds for a QUBO of that size, or the refusal."""
        return Estimate(qubits=num_variables)

    def estimate_model(self, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """As ``estimate``, where the model itself is at hand: its graph may tell more than its size."""
        return self.estimate(bqm.num_variables, bqm.num_interactions)

    def least_seconds(self, num_variables: int, num_interactions: int) -> float:
        """Seconds that a QUBO of that size takes whatever the time limit: 0 where work can end at any moment."""
        return 0.0

    def check_time(self, num_variables: int, num_interactions: int, seconds: float | None) -> None:
        """Refuse a QUBO that cannot end within the time limit, before it is begun.

        Raises
        ------
        UnsupportedError
            With the seconds and the remedy.
        """
        needed = 0.0 if seconds is None else self.least_seconds(num_variables, num_interactions)
        if seconds is not None and needed > max(seconds, GRACE_SECONDS):
            raise UnsupportedError(
                f"{num_variables} variables with {num_interactions:,} products must end within the time limit, about "
                f"{needed:.1f} s, got {seconds:.2g} s; raise --time-limit, or use --encoder neighbourhood"
            )

    def check_size(self, num_variables: int, num_interactions: int) -> None:
        """Refuse a QUBO of a size that does not fit, before anything is built.

        Raises
        ------
        UnsupportedError
            With the numbers and the remedy.
        """
        refusal = self.estimate(num_variables, num_interactions).refusal
        if refusal:
            raise UnsupportedError(refusal)

    def ground(self, num_variables: int, program: BinaryProgram | None) -> Ground:
        """The points that ``sample`` chooses from, for a QUBO of that size and its ``program``; the control's too."""
        return Cube(num_variables)

    def own_start(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        program: BinaryProgram | None = None,
        relaxation: npt.ArrayLike | None = None,
    ) -> Start | None:
        """What the sampler's first state gives when it is measured at once, over its ground.

        Takes what ``sample`` takes. A control of its own draws from it, so that what the start knows is not counted as
        the circuit's. None where it is uniform, or was made without the costs (see core/start.py). ``relaxation`` has
        shape (m,), one value a QUBO bit.
        """
        return None


def keeps_rows(part: object) -> bool:
    """Whether what a solver's name makes is a sampler that keeps rows of the program itself."""
    return isinstance(part, type) and issubclass(part, QuboSampler) and part.keeps_rows


#: Seconds that one call may be estimated to take whatever the limit: estimates of short work are worth little.
GRACE_SECONDS = 1.0
#: Reads that the empty point counts as, where neither the call nor the settings say a number.
EMPTY_READS = 100


def _checked(sample: Callable[..., dimod.SampleSet]) -> Callable[..., dimod.SampleSet]:
    """``sample`` behind the answer for a model without variables and the check of its size."""
    known = inspect.signature(sample)

    @functools.wraps(sample)
    def checked(self: Any, bqm: dimod.BinaryQuadraticModel, **keywords: Any) -> dimod.SampleSet:
        if bqm.num_variables == 0 and not self.answers_empty:
            known.bind(self, bqm, **keywords)  # an unknown keyword is a TypeError here too
            return _empty_answer(self, bqm, keywords)
        if keywords.get("device") is None:
            self.check_size(bqm.num_variables, bqm.num_interactions)
        self.check_time(bqm.num_variables, bqm.num_interactions, keywords.get("seconds"))
        return sample(self, bqm, **keywords)

    return checked


def _empty_answer(
    sampler: QuboSampler, bqm: dimod.BinaryQuadraticModel, keywords: Mapping[str, Any]
) -> dimod.SampleSet:
    """The one point of a model without variables, as a circuit counts it or as reads."""
    info: dict[str, Any] = {"engine": "none: no variables"}
    counts = None
    if "num_reads" in sampler.parameters:
        if keywords.get("num_reads") is not None and keywords["num_reads"] < 1:
            raise ValueError(f"num_reads must be >= 1, got {keywords['num_reads']!r}")
        asked = keywords.get("num_reads") or getattr(sampler, "num_reads", None) or EMPTY_READS
        info["num_reads"], counts = int(asked), np.array([int(asked)])
    else:
        info |= {"qubits": 0, "evaluations": 0, "shots": 0}
    return sample_set(np.zeros((1, 0)), np.array([bqm.offset]), counts, info)


def _any_labels(sample: Callable[..., dimod.SampleSet]) -> Callable[..., dimod.SampleSet]:
    """``sample`` of a BINARY model with labels 0..m-1, made to take any labels and vartype."""

    @functools.wraps(sample)
    def translated(self: Any, bqm: dimod.BinaryQuadraticModel, **keywords: Any) -> dimod.SampleSet:
        if isinstance(bqm, PolynomialModel):
            require_polynomials(self)
            return sample(self, bqm, **keywords)
        if isinstance(bqm, FactoredModel):
            return sample(self, bqm if self.takes_factors else bqm.stored(), **keywords)
        labels = list(bqm.variables)
        if bqm.vartype is dimod.BINARY and all(label == i for i, label in enumerate(labels)):
            return sample(self, bqm, **keywords)
        plain = bqm.change_vartype("BINARY", inplace=False)
        if keywords.get("initial_states") is not None:
            states = _as_bits(keywords["initial_states"], bqm.vartype)
            keywords["initial_states"] = states[0], [labels.index(label) for label in states[1]]
        if set(labels) != set(range(len(labels))):
            plain.relabel_variables(dict(zip(labels, range(len(labels)))))
            samples = sample(self, plain, **keywords)
            samples.relabel_variables(dict(enumerate(labels)))
        else:
            samples = sample(self, plain, **keywords)
        return samples.change_vartype(bqm.vartype, inplace=False)

    return translated


def require_polynomials(sampler: Any) -> None:
    """Refuse a polynomial where the sampler works on quadratic models alone.

    Raises
    ------
    UnsupportedError
        It does.
    """
    if not getattr(sampler, "takes_polynomials", False):
        raise UnsupportedError(
            f"{type(sampler).__name__} must be given a quadratic model, got a polynomial; use --encoder quadratise, "
            "or binary-code with --encoder.quadratic true"
        )


def _as_bits(states: Any, vartype: Any) -> tuple[AnyArray, list[Any]]:
    """Initial states in any of dimod's forms as bits (k, n) and their labels."""
    values, labels = dimod.as_samples(states)
    return ((values + 1) // 2 if vartype is dimod.SPIN else values), list(labels)


def is_cost_of(bqm: dimod.BinaryQuadraticModel, program: BinaryProgram) -> bool:
    """Whether a BINARY model with labels 0..m-1 is the program's cost: a Lagrangian's model is not, though it has one.

    Examples
    --------
    >>> program = BinaryProgram(c=[1.0, -1.0])
    >>> is_cost_of(dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {}, 0.0, "BINARY"), program)
    True
    >>> is_cost_of(dimod.BinaryQuadraticModel({0: 5.0, 1: -1.0}, {}, 0.0, "BINARY"), program)
    False
    """
    if bqm.num_variables != program.num_variables or float(bqm.offset) != program.offset:
        return False
    if isinstance(bqm, FactoredModel):
        return bqm.program.couplings is program.couplings and np.array_equal(bqm.program.c, program.c)
    own = cost_program(bqm)
    difference = abs(own.products - program.products)
    return bool(np.array_equal(own.c, program.c)) and (difference.nnz == 0 or not difference.data.any())


def cost_program(bqm: dimod.BinaryQuadraticModel) -> BinaryProgram:
    """A BINARY model with labels 0..m-1 as a program without rows."""
    from scipy.sparse import coo_array

    if isinstance(bqm, FactoredModel):
        return BinaryProgram(bqm.program.c, bqm.program.Q, bqm.offset)
    linear, i, j, values, offset = bqm_to_arrays(bqm)
    n = linear.size
    upper = np.minimum(i, j), np.maximum(i, j)
    return BinaryProgram(linear, coo_array((values, upper), shape=(n, n)).tocsr(), offset)


def energies_of(bqm: dimod.BinaryQuadraticModel, Z: AnyArray) -> Float:
    """Energy of each point (k, m) of a BINARY model with labels 0..m-1."""
    return np.asarray(bqm.energies((np.asarray(Z, dtype=np.int8), list(range(Z.shape[1])))), dtype=np.float64)


def sample_set(
    Z: AnyArray, energies: AnyArray, counts: AnyArray | None, info: Mapping[str, Any], *, is_merged: bool = True
) -> dimod.SampleSet:
    """BINARY sample set with labels 0..m-1: equal points merged (if asked), lowest energy first, ties by the bits.

    Its bits are signed bytes, so that dimod can turn them into spins in place: -1 is no unsigned number. ``Z`` has
    shape (k, m); energies and counts have shape (k,); without counts each is 1.
    """
    Z = np.ascontiguousarray(Z, dtype=np.uint8)
    counts = np.ones(len(Z), dtype=np.int64) if counts is None else np.asarray(counts, dtype=np.int64)
    energies = np.asarray(energies, dtype=np.float64)
    if len(Z) and not is_merged:
        order = np.argsort(energies, kind="stable")
        Z, energies, counts = Z[order], energies[order], counts[order]
    elif len(Z):
        first, inverse, _ = unique_rows(Z)
        Z, counts = Z[first], np.bincount(inverse, weights=counts).astype(np.int64)
        order = np.argsort(energies[first], kind="stable")
        Z, energies, counts = Z[order], energies[first][order], counts[order]
    return dimod.SampleSet.from_samples(
        (Z.view(np.int8), list(range(Z.shape[1]))),
        energy=energies,
        num_occurrences=counts,
        vartype="BINARY",
        info=dict(info),
        sort_labels=False,
    )


def points_of(samples: dimod.SampleSet) -> tuple[Bits, Float, AnyArray]:
    """``(Z, energies, counts)`` of a BINARY sample set over labels 0..m-1, columns in label order."""
    samples = samples.change_vartype("BINARY", inplace=False)
    columns = [samples.variables.index(i) for i in range(len(samples.variables))]
    Z = np.asarray(samples.record.sample, dtype=np.uint8)[:, columns]
    return Z, np.asarray(samples.record.energy, dtype=np.float64), np.asarray(samples.record.num_occurrences)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a native solver found; verification and the Record are the pipeline's.

    ``bound`` is proven, in the instance's own sense; ``is_optimal`` only if this run proved it; ``is_infeasible`` only
    if it proved that there is no solution.
    """

    solution: Solution | None
    bound: float | None = None
    is_optimal: bool = False
    is_infeasible: bool = False
    trace: tuple[tuple[float, Number], ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class NativeSolver(Protocol):
    """Frozen settings of a solver that reads the problem itself."""

    def refusal(self, problem: Problem) -> str:
        """Why this problem cannot be solved by it, with the remedy; empty if it can."""
        ...

    def solve(self, problem: Problem, *, budget: Budget, seed: int, report: Report | None = None) -> Outcome:
        """One run; never longer than ``budget.seconds`` by more than 10 %."""
        ...


__all__ = [
    "BinaryProgram",
    "Estimate",
    "NativeSolver",
    "Observe",
    "Outcome",
    "QuboSampler",
    "Heard",
    "LiveReport",
    "Report",
    "energies_of",
    "keeps_rows",
    "points_of",
    "sample_set",
]
