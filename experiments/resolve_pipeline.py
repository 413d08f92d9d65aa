"""From names and options to a Pipeline, with every automatic choice said and recorded.

A polynomial of degree above two goes as it is to the samplers that take one, where they can hold it. The default
encoder is else ``slack`` if the solver can hold its qubits in DEFAULT_BYTES, else ``unbalanced``, else
``neighbourhood``: the instance is decomposed, and one line says so. An encoder that was asked for is never exchanged:
one that does not fit is refused with the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..core import BinaryProgram, Encoder, Formulation, PolynomialProgram, Problem, UnsupportedError
from ..encoders.native import Native
from ..encoders.neighbourhood import Neighbourhood
from ..engines.diagonal import assumed_bytes
from ..problems.formulations import formulate
from ..solvers.base import QuboSampler, keeps_rows
from .default_decomposition import FIELDS, PREFERRED, announced, completed_spec, decomposing
from .encoder_shorthands import SHORTHANDS, Wrappers, take_options, wrapped, wrappers_of
from .model_work import is_factored, sampling_late, too_late, unstored
from .parts import Part, part_fields, part_make, part_name
from .pipeline import Pipeline, build_parts

#: Memory for which the default encoder is chosen: what is free here and now must not change a row's id.
DEFAULT_BYTES = 4 * 2**30
#: Tried in this order when no encoder was asked for.
DEFAULT_ENCODERS = ("slack", "unbalanced")
#: The same for samplers that keep rows themselves.
SUBSPACE_ENCODERS = ("native",)

#: Formulation and encoder of a polynomial without auxiliary bits.
_POLYNOMIAL = "polynomial"


def choose_pipeline(
    problem: Problem,
    solver: Part = "auto",
    encoder: Part | None = None,
    formulation: str | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    seconds: float | None = None,
    **switches: Any,
) -> Pipeline:
    """The pipeline that these names and options describe; ``note`` says what was chosen and why.

    Parameters
    ----------
    options : fields of the solver or encoder, by name or as ``solver.name``.
    seconds : time limit of the run, in which the model must be built.
    switches : ``repair``, ``improve``, ``repair_top``, ``control``, ``ceiling`` of the Pipeline; ``shrink``,
        ``presolve`` (encoder_shorthands.py).

    Raises
    ------
    ValueError
        Something that only a sampler has is given to a native solver, or an option that no part has.
    """
    options = dict(options or {})
    notes = []
    wrappers = wrappers_of(**{key: switches.pop(key, None) for key in SHORTHANDS})
    if solver == "auto":
        from ..solvers.native.auto import choose

        solver, reason = choose(problem)
        notes.append(f"solver {_name(solver)}: {reason}")
    if not is_sampler(solver):
        if encoder is not None:
            raise ValueError(f"encoder must be left out for {_name(solver)}, which reads the instance itself")
        if formulation is not None:
            raise ValueError(f"formulation must be left out for {_name(solver)}, which reads the instance itself")
        for shorthand in wrappers:
            raise ValueError(f"{shorthand} must be left out for {_name(solver)}, which reads the instance itself")
        built, _ = build_parts(solver, None, options)
        return Pipeline(built, note="; ".join(notes), **switches)
    wrappers, options = take_options(wrappers, options, _fields(solver, encoder))
    if encoder is None:
        with assumed_bytes(DEFAULT_BYTES):
            choice = default_encoder(problem, solver, formulation, options, wrappers, seconds=seconds)
        encoder, formulation = choice.encoder, choice.formulation
        notes.append(f"encoder {_name(encoder)}: {choice.reason}")
    elif part_make("encoder", encoder) is Neighbourhood and not isinstance(encoder, Neighbourhood):
        assert isinstance(encoder, str | Mapping)
        sampler = _measured(solver, options)
        encoder, formulation = completed_spec(encoder, problem, sampler, formulation)
    built, encoding = build_parts(solver, encoder, options)
    decomposed = decomposing(encoding)
    if decomposed is not None:
        notes.append(announced(decomposed, formulate(problem, formulation)))
    return Pipeline(built, wrapped(encoding, wrappers), formulation, note="; ".join(notes), **switches)


def make_ready(solver: Part) -> None:
    """Import what choosing a pipeline needs, so that a time limit counts work and not the start-up."""
    from ..core import light_scipy  # noqa: F401

    part_make("solver", "cpsat" if solver == "auto" else solver)


def is_sampler(solver: Part) -> bool:
    """Whether the named solver samples a QUBO (and so needs an encoder)."""
    made = part_make("solver", solver)
    return isinstance(made, type) and issubclass(made, QuboSampler)


class Choice(NamedTuple):
    """A default encoder, its formulation (None: the main one), and why it was chosen."""

    encoder: str | dict[str, Any]
    formulation: str | None
    reason: str


def default_encoder(
    problem: Problem,
    solver: Part,
    formulation: str | None,
    options: Mapping[str, Any],
    wrappers: Wrappers | None = None,
    *,
    seconds: float | None = None,
) -> Choice:
    """The first default encoder that has the options, whose qubits the solver can hold, and whose model can be built
    within the time limit; else a decomposition.

    Raises
    ------
    ValueError
        No default encoder takes the options.
    """
    as_it_is = polynomial_choice(problem, solver, formulation, options, wrappers or {})
    if as_it_is is not None:
        return as_it_is
    errors: list[ValueError] = []
    reasons: list[str] = []
    made = part_make("solver", solver)
    # a shrunk QUBO has no program any more: who can do without gets the rows as penalties
    with_rows = keeps_rows(made) and not ("shrink" in (wrappers or {}) and made.keeps_rows_if_left)
    tried: tuple[str, ...] = SUBSPACE_ENCODERS if with_rows else DEFAULT_ENCODERS
    try:
        form = formulate(problem, formulation)
        late = ""
        if not _takes_factors(solver, form):
            late = unstored(form) or ("" if seconds is None else too_late(form, seconds))
        if late:
            reasons.append(late)
            tried = ()
        else:
            program = form.program
    except UnsupportedError as error:
        if PREFERRED.get(problem.kind) in (None, formulation):
            raise
        reasons.append(str(error).partition(";")[0])
        tried = ()
    for name in tried:
        try:
            sampler, encoder = build_parts(solver, name, options)
        except ValueError as error:
            errors.append(error)
            continue
        encoder = wrapped(encoder, wrappers or {})
        qubits = encoder.num_qubits(program)
        late = "" if seconds is None else sampling_late(sampler, qubits, program, seconds)
        if late:
            reasons.append(late)
            continue
        if not refusal_of(sampler, encoder, qubits, program):
            return Choice(name, formulation, "; ".join([f"{qubits} qubits", *reasons]))
        reasons.append(f"{name} would need {qubits}, more than {_name(solver)} can hold here")
    is_asked = any(key.rpartition(".")[2].replace("-", "_") in FIELDS for key in options)
    if errors and not reasons and not is_asked:
        raise errors[0]
    sampler = _measured(solver, options)
    chosen, form_name = completed_spec("neighbourhood", problem, sampler, formulation)
    build_parts(solver, chosen, options)  # an option that no part has is an error here
    return Choice(chosen, form_name, "; ".join(reasons) or "its options were given")


def polynomial_choice(
    problem: Problem, solver: Part, formulation: str | None, options: Mapping[str, Any], wrappers: Wrappers
) -> Choice | None:
    """The polynomial without auxiliary bits, for a sampler that prefers and holds it; None where it is not taken.

    Presolve and shrinking work on QUBOs.
    """
    if wrappers or formulation not in (None, _POLYNOMIAL) or _POLYNOMIAL not in problem.formulations:
        return None
    try:
        sampler, encoder = build_parts(solver, _POLYNOMIAL, options)
    except ValueError:
        return None
    program = formulate(problem, _POLYNOMIAL).program
    is_higher = isinstance(program, PolynomialProgram) and program.polynomial.degree > 2
    if not (sampler.prefers_polynomials and is_higher):
        return None
    qubits = encoder.num_qubits(program)
    if refusal_of(sampler, encoder, qubits, program):
        return None
    return Choice(_POLYNOMIAL, _POLYNOMIAL, f"{qubits} qubits, products of any degree as they are")


def refusal_of(sampler: QuboSampler, encoder: Encoder, qubits: int, program: BinaryProgram) -> str:
    """Why the sampler cannot hold the encoding of a program; empty if it can.

    A sampler that keeps rows is limited by the states that they leave, not by qubits.
    """
    if sampler.keeps_rows and isinstance(encoder, Native):
        try:
            sampler.ground(qubits, program)
        except UnsupportedError as error:
            return str(error)
    return sampler.estimate(qubits, 0).refusal


def _takes_factors(solver: Part, formulation: Formulation) -> bool:
    """Whether the sampler works on the factors that the program holds, so that no product is written out."""
    return is_factored(formulation) and bool(getattr(part_make("solver", solver), "takes_factors", False))


def _measured(solver: Part, options: Mapping[str, Any]) -> QuboSampler:
    """The sampler whose estimates size a decomposition: with its defaults, or with its options where it needs some."""
    try:
        sampler: QuboSampler = build_parts(solver, None, {})[0]
    except ValueError:
        own = part_fields("solver", solver)
        needed = {key: value for key, value in options.items() if _is_own(key, own)}
        sampler = build_parts(solver, None, needed)[0]
    return sampler


def _is_own(option: str, fields: Mapping[str, Any]) -> bool:
    role, _, field = option.rpartition(".")
    return role in ("", "solver") and field.replace("-", "_") in fields


def _fields(solver: Part, encoder: Part | None) -> set[str]:
    own = {*part_fields("solver", solver)}
    return own if encoder is None else own | set(part_fields("encoder", encoder))


def _name(solver: Part) -> str:
    return part_name("solver", solver)
