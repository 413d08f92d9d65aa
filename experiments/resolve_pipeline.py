"""From names and options to a Pipeline, with every automatic choice said and recorded.

The default encoder is ``slack`` if the solver can hold its qubits, else ``unbalanced``; an encoder that was asked for
is never exchanged: one that does not fit is refused with the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core import Problem
from ..problems.formulations import formulate
from ..solvers.base import QuboSampler
from .encoder_shorthands import SHORTHANDS, Wrappers, take_options, wrapped, wrappers_of
from .parts import Part, part_fields, part_make, part_name
from .pipeline import Pipeline, build_parts

#: Tried in this order when no encoder was asked for.
DEFAULT_ENCODERS = ("slack", "unbalanced")
#: The same for samplers that keep rows themselves.
SUBSPACE_ENCODERS = ("native",)


def choose_pipeline(
    problem: Problem,
    solver: Part = "auto",
    encoder: Part | None = None,
    formulation: str | None = None,
    options: Mapping[str, Any] | None = None,
    **switches: Any,
) -> Pipeline:
    """The pipeline that these names and options describe; ``note`` says what was chosen and why.

    Parameters
    ----------
    options : fields of the solver or encoder, by name or as ``solver.name``.
    switches : ``repair``, ``improve``, ``repair_top``, ``control`` of the Pipeline; ``shrink``, ``presolve`` (wrap.py).
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
        encoder, reason = default_encoder(problem, solver, formulation, options, wrappers)
        notes.append(f"encoder {encoder}: {reason}")
    built, encoding = build_parts(solver, encoder, options)
    return Pipeline(built, wrapped(encoding, wrappers), formulation, note="; ".join(notes), **switches)


def is_sampler(solver: Part) -> bool:
    """Whether the named solver samples a QUBO (and so needs an encoder)."""
    made = part_make("solver", solver)
    return isinstance(made, type) and issubclass(made, QuboSampler)


def default_encoder(
    problem: Problem,
    solver: Part,
    formulation: str | None,
    options: Mapping[str, Any],
    wrappers: Wrappers | None = None,
) -> tuple[str, str]:
    """The first default encoder that has the options and whose qubits the solver can hold, and why."""
    program = formulate(problem, formulation).program
    errors: list[ValueError] = []
    reasons: list[str] = []
    make = part_make("solver", solver)
    keeps_rows = hasattr(make, "uniform_points") or getattr(make, "keeps_rows", False)
    tried = SUBSPACE_ENCODERS if keeps_rows else DEFAULT_ENCODERS
    for name in tried:
        try:
            sampler, encoder = build_parts(solver, name, options)
        except ValueError as error:
            errors.append(error)
            continue
        qubits = wrapped(encoder, wrappers or {}).num_qubits(program)
        refusal = sampler.estimate(qubits, 0).refusal
        if not refusal:
            return name, "; ".join([f"{qubits} qubits", *reasons])
        reasons.append(f"{name} would need {qubits}, more than {_name(solver)} can hold here")
    if errors and not reasons:
        raise errors[0]
    return tried[0], "; ".join(reasons)


def shot_options(solver: Part, shots: int | None) -> dict[str, Any]:
    """``--shots N`` for a circuit is N points an evaluation too, not only of the final state."""
    if shots is None or solver == "auto" or "shots" not in part_fields("solver", solver):
        return {}
    return {"solver.shots": shots}


def _fields(solver: Part, encoder: Part | None) -> set[str]:
    own = {*part_fields("solver", solver)}
    return own if encoder is None else own | set(part_fields("encoder", encoder))


def _name(solver: Part) -> str:
    return part_name("solver", solver)
