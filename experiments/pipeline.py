"""One pipeline as a value: which formulation, encoder, solver and repair a run puts together.

An option such as ``num_layers=3`` goes to the one selected part that has a field of that name; where two have it, it is
written ``solver.num_layers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, Literal, get_args

from ..core import (
    ENCODERS,
    SOLVERS,
    Budget,
    Encoder,
    accepted_fields,
    from_spec,
    in_new_words,
    in_old_words,
    spec_id,
    to_spec,
    unknown_name,
)
from ..core.errors import Travelling
from ..solvers.base import NativeSolver, QuboSampler
from .forecast import GiveUp
from .parts import Part, build_part, part_fields, part_name

RepairMode = Literal["auto", "nearest", "off"]


#: Parts that are named where an option was given to a part without it; the others are counted.
MAX_OWNERS = 5


class UnknownOptionError(Travelling, ValueError):
    """No selected part has an option of this name."""

    def __init__(self, option: str, text: str) -> None:
        super().__init__(text)
        self.option = option


@dataclass(frozen=True)
class Pipeline:
    """How an instance is solved.

    Parameters
    ----------
    solver : sampler of a QUBO, or native solver.
    encoder : None for native solvers.
    formulation : name of one of the problem's formulations; None is its first.
    repair : ``auto`` the kind's own, ``nearest`` the exact nearest feasible point, ``off``.
    improve : local search after the repair, reported as its own stage.
    repair_top : distinct samples a round, best by violation then cost, that are repaired and improved.
    control : put as many uniform random points through the same selection, repair and improvement.
    ceiling : the rounds of a decomposition once more, each solved exactly, to say what its scheme could have reached.
    note : what was chosen automatically, and why.
    give_up : stop a run that is foreseen to end worse than this; part of what the run is, as a limit.
    """

    solver: QuboSampler | NativeSolver
    encoder: Encoder | None = None
    formulation: str | None = None
    repair: RepairMode = "auto"
    improve: bool = True
    repair_top: int = 10
    control: bool = True
    ceiling: bool = False
    note: str = ""
    give_up: GiveUp | None = None

    def __post_init__(self) -> None:
        if self.repair not in get_args(RepairMode):
            raise unknown_name("repair", str(self.repair), get_args(RepairMode))
        if self.repair_top < 1:
            raise ValueError(f"repair_top must be >= 1, got {self.repair_top}")
        if isinstance(self.solver, QuboSampler) and self.encoder is None:
            raise ValueError("a sampler must have an encoder; pass encoder='slack'")

    def to_spec(self, budget: Budget) -> dict[str, Any]:
        """JSON form: everything that decides the result but instance and seed."""
        repair = {"name": self.repair, "top": self.repair_top, "improve": self.improve, "control": self.control}
        if self.ceiling:
            repair["ceiling"] = True
        spec = {
            "formulation": self.formulation,
            "encoder": None if self.encoder is None else to_spec(self.encoder),
            "solver": to_spec(self.solver),
            "repair": repair,
            "budget": {key: value for key, value in vars(budget).items() if value is not None},
        }
        return spec if self.give_up is None else {**spec, "give_up": vars(self.give_up).copy()}


def pipeline_from_spec(spec: Mapping[str, Any]) -> tuple[Pipeline, Budget]:
    """The pipeline and budget that ``Pipeline.to_spec`` gave."""
    repair = spec["repair"]
    encoder = spec["encoder"]
    pipeline = Pipeline(
        solver=from_spec("solvers", spec["solver"]),
        encoder=None if encoder is None else from_spec("encoders", encoder),
        formulation=spec["formulation"],
        repair=repair["name"],
        improve=repair["improve"],
        repair_top=repair["top"],
        control=repair["control"],
        ceiling=bool(repair.get("ceiling", False)),
        give_up=None if spec.get("give_up") is None else GiveUp(**spec["give_up"]),
    )
    return pipeline, Budget(**spec["budget"])


def id_of_run(instance: str, spec: Mapping[str, Any], seed: int, history: Mapping[str, Any] | None = None) -> str:
    """Id of a run: of the instance's fingerprint, the pipeline's spec in the words it had first, and the seed.

    Parameters
    ----------
    history : what else decided the result, such as the state that a run went on from.
    """
    return spec_id({"instance": instance, "pipeline": _old_pipeline(spec), "seed": seed, **(history or {})})


def pipeline_in_new_words(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A stored pipeline's spec under the names that fields have today."""
    new = {role: in_new_words(f"{role}s", spec[role]) for role in ("solver", "encoder") if role in spec}
    return {**spec, **new}


def _old_pipeline(spec: Mapping[str, Any]) -> dict[str, Any]:
    old = {role: in_old_words(f"{role}s", spec[role]) for role in ("solver", "encoder") if role in spec}
    return {**spec, **old}


def build_parts(solver: Part, encoder: Part | None, options: Mapping[str, Any]) -> tuple[Any, Any]:
    """Solver and encoder (None when not asked for) with every option given to the part that has it.

    Raises
    ------
    ValueError
        No selected part has the option, or two have it.
    """
    parts: dict[str, Part] = {"solver": solver} if encoder is None else {"solver": solver, "encoder": encoder}
    given: dict[str, dict[str, Any]] = {role: {} for role in parts}
    known = {role: part_fields(role, part) for role, part in parts.items()}
    for key, value in options.items():
        role, _, field = key.rpartition(".")
        field = field.replace("-", "_")
        homes = [role] if role else [name for name, fields in known.items() if field in fields]
        if not homes or homes[0] not in known or field not in known[homes[0]]:
            every = {field.name for fields in known.values() for field in fields.values()}
            names = " and ".join(part_name(role, part) for role, part in parts.items())
            error = unknown_name(f"option of {names}", key, every)
            raise UnknownOptionError(key, f"{error}{_elsewhere(field)}")
        if len(homes) > 1:
            raise ValueError(
                f"option {key} must say which part it is for; write solver.{field} or encoder.{field} "
                f"(in Python solver__{field} or encoder__{field})"
            )
        given[homes[0]][field] = value
    built = {role: build_part(role, part, given[role]) for role, part in parts.items()}
    return built["solver"], built.get("encoder")


def _elsewhere(field: str) -> str:
    """Which other parts have the option that none of the selected ones has."""
    owners = [f"{room.room.rstrip('s')} {e.name}" for room in (SOLVERS, ENCODERS) for e in room if _has(e.make, field)]
    more = f" or {len(owners) - MAX_OWNERS} more" if len(owners) > MAX_OWNERS else ""
    return f"; {field} is an option of {', '.join(owners[:MAX_OWNERS])}{more}" if owners else ""


def _has(make: Any, field: str) -> bool:
    return is_dataclass(make) and field in accepted_fields(make)
