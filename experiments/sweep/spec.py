"""What a sweep's YAML says, checked: instances, pipelines, budget, repeats, seed, groups.

The models are strict (an unknown key is an error that lists the known ones); every error is one line with the position
in the file. Lists are grids, see ``grid.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ...core import Budget, unknown_name
from .document import Document, Mistakes, Place

_UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_RANGE = re.compile(r"(-?\d+)\s*\.\.\s*(-?\d+)(?:\s*/\s*(\d+))?$")
#: Longest range that is written out.
MAX_RANGE = 100_000


def integers(value: Any) -> Any:
    """``3``, ``[1, 2]``, ``"1..5"`` or ``"1..9/2"`` as a list of integers; other values unchanged.

    Raises
    ------
    ValueError
        A range that is empty or too long.

    Examples
    --------
    >>> integers("1..9/4"), integers(3)
    ([1, 5, 9], [3])
    """
    if isinstance(value, str) and (match := _RANGE.match(value.strip())):
        first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
        if step < 1 or last < first or (last - first) // step >= MAX_RANGE:
            raise ValueError(f"a range such as 1..9/2 with 1 to {MAX_RANGE} values")
        return list(range(first, last + 1, step))
    return value if isinstance(value, list) else [value]


def byte_count(value: Any) -> Any:
    """``"2GiB"`` as a number of bytes; other values unchanged.

    Raises
    ------
    ValueError
        The unit is unknown.
    """
    if isinstance(value, str) and (match := re.match(r"(\d+(?:\.\d+)?)\s*([kKMGiB]*)$", value.strip())):
        if match[2] not in _UNITS:
            raise ValueError(f"a number of bytes with a unit of {', '.join(unit for unit in _UNITS if unit)}")
        return int(float(match[1]) * _UNITS[match[2]])
    return value


def _a_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class Strict(BaseModel):
    """Unknown keys are errors, values are frozen, numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Open(BaseModel):
    """As ``Strict``, but further keys are kept in ``model_extra`` and checked by who knows them."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Limits(Strict):
    """What every run may spend, the same for all pipelines.

    ``seconds`` to ``target`` are the run's own Budget. ``kill_seconds`` (default ``2 * seconds + 30``, without
    ``seconds`` 3600) and ``memory`` are enforced from outside: such a run is killed and its row says so.
    """

    seconds: float | None = Field(default=None, gt=0)
    evaluations: int | None = Field(default=None, gt=0)
    shots: int | None = Field(default=None, gt=0)
    rounds: int | None = Field(default=None, gt=0)
    target: float | None = None
    memory: Annotated[int | None, BeforeValidator(byte_count)] = Field(default=None, gt=0)
    kill_seconds: float | None = Field(default=None, gt=0)

    @property
    def budget(self) -> Budget:
        """The run's own limits."""
        return Budget(self.seconds, self.evaluations, self.shots, self.rounds, self.target, self.memory)

    @property
    def wall_seconds(self) -> float:
        """Seconds after which a run is killed."""
        if self.kill_seconds is not None:
            return self.kill_seconds
        return 3600.0 if self.seconds is None else 2 * self.seconds + 30


class Generated(Open):
    """Instances of a generator: one for each combination of sizes and seeds; further keys are the generator's sizes.

    The key is ``seed``, as on the command line; ``seeds`` is understood too.
    """

    generate: str
    seeds: Annotated[list[int], BeforeValidator(integers)] = Field(
        default=[0], min_length=1, validation_alias=AliasChoices("seed", "seeds")
    )


class Files(Strict):
    """Instances in files: paths or globs below the base, which is the spec's folder or ``--base``.

    ``file#3`` selects one of several.
    """

    files: Annotated[list[str], BeforeValidator(_a_list)] = Field(min_length=1)
    kind: str | None = None
    best_known: str | None = None
    complement: bool = False


class PipelineSpec(Open):
    """One pipeline or a grid of them; further keys are options of its solver or encoder.

    ``presolve: lp`` and ``shrink: 20`` wrap the encoder as on the command line (wrap.py); true is their default, and
    keys are the wrapping encoder's options. ``instances`` names the groups of instances that it runs on; without it,
    all.
    """

    solver: Any
    encoder: Any = None
    presolve: Any = None
    shrink: Any = None
    instances: Any = None
    formulation: Any = None
    repair: Any = "auto"
    improve: Any = True
    repair_top: Any = 10
    control: Any = True


def folder_name(value: Any) -> Any:
    """A name that is one folder and no path: the sweep's rows stay inside ``runs/``.

    Raises
    ------
    ValueError
        The name is a path, empty, or has control characters.
    """
    if isinstance(value, str) and (re.search(r"[/\\\x00-\x1f\x7f]", value) or value.strip() in (".", "..")):
        raise ValueError("a plain name without slashes and control characters; --out names any other folder")
    return value


class Sweep(Strict):
    """A whole sweep. ``definitions`` is free: a place for anchors."""

    name: Annotated[str, BeforeValidator(folder_name)] = ""
    description: str = ""
    instances: list[Any] | dict[str, list[Any]]
    pipelines: dict[str, Any] = Field(min_length=1)
    budget: Limits = Limits()
    repeats: int = Field(default=1, ge=1, le=1_000_000)
    seed: int = Field(default=0, ge=0, lt=2**31)
    groups: dict[str, list[str]] = Field(default_factory=dict)
    definitions: Any = None


M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], values: Any, document: Document, place: Place = ()) -> M:
    """The model of these values.

    Raises
    ------
    SpecError
        Its flaws, a line each.
    """
    if not isinstance(values, dict):
        raise document.error(place, f"{_name(place)} must be keys and values, got {shown(values)}")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = Mistakes()
        for flaw in error.errors(include_url=False):
            at: Place = (*place, *flaw["loc"])
            with found.noted():
                raise document.error(at, _text(model, flaw, at)) from None
        found.tell()
        raise


def _text(model: type[BaseModel], flaw: Any, place: Place) -> str:
    kind, value = flaw["type"], flaw["input"]
    if kind == "extra_forbidden":
        fields = Limits.model_fields if "budget" in flaw["loc"][:-1] else model.model_fields
        return str(unknown_name(f"key of {_name(place[:-1]) or 'a sweep'}", str(place[-1]), fields))
    if kind == "missing":
        return f"{_name(place[:-1]) or 'a sweep'} must have the key {place[-1]!r}, got none; add it"
    wanted = str(flaw["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{_name(place)} must be {wanted}, got {shown(value)}"


def _name(place: Place) -> str:
    """``pipelines.qaoa.solver`` of a place; union branches that pydantic names are left out."""
    parts = [str(part) for part in place if not (isinstance(part, str) and "[" in part)]
    return ".".join(parts)


def shown(value: Any) -> str:
    """A value as short text for an error."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_groups(sweep: Sweep, document: Document) -> None:
    """Every name in a group is a pipeline.

    Raises
    ------
    SpecError
        One is not.
    """
    found = Mistakes()
    for group, members in sweep.groups.items():
        for i, name in enumerate(members):
            if name not in sweep.pipelines:
                place: Place = ("groups", group, i)
                with found.noted():
                    raise document.error(place, str(unknown_name(f"pipeline in group {group}", name, sweep.pipelines)))
    found.tell()


def instance_groups(sweep: Sweep) -> Iterable[tuple[str, Place, Any]]:
    """``(group, place, entry)`` of each entry under ``instances``; the group is empty where they are a plain list."""
    if isinstance(sweep.instances, dict):
        for group, entries in sweep.instances.items():
            for i, entry in enumerate(entries):
                yield group, ("instances", group, i), entry
    else:
        for i, entry in enumerate(sweep.instances):
            yield "", ("instances", i), entry
