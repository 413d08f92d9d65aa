"""The instances of a sweep: read from files or generated, each with where it came from.

Relative paths are relative to the spec. Instances of equal data are one instance; the first name counts.
"""

from __future__ import annotations

import glob
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...core import GENERATORS, BestKnown, Problem, fingerprint, unknown_name
from ...problems.files import load, load_all
from ...problems.generate import generate, size_options
from ..references import read_best_known
from .document import Document, Place
from .grid import MAX_INSTANCES
from .spec import Files, Generated, Sweep, instance_groups, integers, shown, validated


@dataclass(frozen=True, eq=False)
class Source:
    """One instance of a sweep; ``origin`` is what remakes it (file and position, or generator, seed and sizes)."""

    problem: Problem
    fingerprint: str
    group: str
    origin: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The instance's name, else kind and fingerprint: seeds derive from it."""
        return self.problem.name or f"{self.problem.kind}-{self.fingerprint[:8]}"


def sources(sweep: Sweep, document: Document) -> list[Source]:
    """Every instance of the sweep, each once.

    Raises
    ------
    SpecError
        An unknown generator, kind or size, a missing or unreadable file, none or too many instances.
    """
    found: dict[str, Source] = {}
    for group, place, entry in instance_groups(sweep):
        if isinstance(entry, str):
            entry = {"files": entry}
        if not isinstance(entry, Mapping) or ("generate" in entry) == ("files" in entry):
            wanted = "a path, keys with files:, or keys with generate:"
            raise document.error(place, f"an entry of instances must be {wanted}, got {shown(entry)}")
        made = _generated if "generate" in entry else _read
        for problem, origin in made(entry, document, place):
            data = fingerprint(problem)
            found.setdefault(data, Source(problem, data, group, origin))
    if not found:
        raise document.error(("instances",), "instances must name at least one instance, got none")
    return list(found.values())


def _generated(entry: Any, document: Document, place: Place) -> Iterator[tuple[Problem, dict[str, Any]]]:
    spec = validated(Generated, entry, document, place)
    try:
        kind = GENERATORS.get(spec.generate).name
    except ValueError as error:
        raise document.error((*place, "generate"), str(error)) from None
    known = {option.name for option in size_options(kind)}
    sizes: dict[str, list[Any]] = {}
    for key, value in (spec.model_extra or {}).items():
        name = key.replace("-", "_")
        if name not in known:
            text = str(unknown_name(f"size of {kind}", key, known | {"seeds"}))
            raise document.error((*place, key), text)
        try:
            sizes[name] = integers(value)
        except ValueError as error:
            raise document.error((*place, key), f"{key} must be {error}, got {shown(value)}") from None
    count = math.prod(len(values) for values in sizes.values()) * len(spec.seeds)
    if not 1 <= count <= MAX_INSTANCES:
        raise document.error(place, f"a generator's grid must have 1 to {MAX_INSTANCES} instances, got {count}")
    for values in itertools.product(*sizes.values()):
        one = dict(zip(sizes, values, strict=True))
        for seed in spec.seeds:
            try:
                problem = generate(kind, seed=seed, **one)
            except (ValueError, TypeError, OverflowError, MemoryError) as error:
                given = ", ".join(f"{key}={value}" for key, value in (*one.items(), ("seed", seed)))
                raise document.error(_size_place(place, one, str(error)), f"{kind} of {given}: {error}") from None
            yield problem, {"generate": kind, "seed": seed, **one}


def _size_place(place: Place, sizes: Mapping[str, Any], text: str) -> Place:
    return next(((*place, key) for key in sizes if text.startswith(key)), place)


def _read(entry: Any, document: Document, place: Place) -> Iterator[tuple[Problem, dict[str, Any]]]:
    spec = validated(Files, entry, document, place)
    folder = Path(document.path).parent
    listed = {} if spec.best_known is None else _listed(folder / spec.best_known, document, (*place, "best_known"))
    for i, pattern in enumerate(spec.files):
        at: Place = (*place, "files", i)
        path = pattern if Path(pattern).is_absolute() else str(folder / pattern)
        base, _, chosen = path.partition("#") if not Path(path).exists() else (path, "", "")
        names = [base] if Path(base).exists() else sorted(glob.glob(base, recursive=True))
        if not names:
            raise document.error(at, f"files must name a file that is there, got {pattern!r}; check the path")
        for name in names:
            try:
                if chosen:
                    problems = [load(name, spec.kind, chosen, complement=spec.complement)]
                else:
                    problems = load_all(name, spec.kind, complement=spec.complement)
            except (ValueError, OSError) as error:
                raise document.error(at, str(error)) from None
            for position, problem in enumerate(problems, 1):
                number = chosen or (str(position) if len(problems) > 1 else "")
                known = listed.get((Path(name).stem, problem.name)) or listed.get(("", problem.name))
                if known is not None:
                    problem = replace(problem, best_known=known)  # type: ignore[type-var]
                yield problem, {"file": f"{name}#{number}" if number else name}


def _listed(path: Path, document: Document, place: Place) -> dict[tuple[str, str], BestKnown]:
    """Values of a best_known.csv by file and instance, and by instance alone where that is not ambiguous."""
    found: dict[tuple[str, str], BestKnown] = {}
    often: set[str] = set()
    try:
        for instance, file, known in read_best_known(path):
            found[Path(file).stem, instance] = known
            if ("", instance) in found:
                often.add(instance)
            found["", instance] = known
    except OSError as error:
        raise document.error(place, f"best_known must be a table that is there: {error.strerror}: {path}") from None
    except ValueError as error:
        raise document.error(place, str(error)) from None
    return {key: known for key, known in found.items() if key[0] or key[1] not in often}
