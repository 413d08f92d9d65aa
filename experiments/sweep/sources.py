"""The instances of a sweep: read from files or generated, each with where it came from.

Relative paths stand below the base, which is the spec's folder unless another is given. Instances of equal data are one
instance; the first name counts.
"""

from __future__ import annotations

import glob
import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...core import GENERATORS, Problem, fingerprint, unknown_name
from ...problems.files import load, load_all
from ...problems.generate import generate, size_options
from ..best_known import TableRow, known_value, read_table
from .document import Document, Mistakes, Place
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


def sources(sweep: Sweep, document: Document, base: Path) -> list[Source]:
    """Every instance of the sweep, each once.

    Parameters
    ----------
    base : folder that relative paths start from.

    Raises
    ------
    SpecError
        An unknown generator, kind or size, a missing or unreadable file, none or too many instances.
    """
    found: dict[str, Source] = {}
    mistakes = Mistakes()
    for group, place, entry in instance_groups(sweep):
        with mistakes.noted():
            for problem, origin in _entry(entry, document, place, base):
                data = fingerprint(problem)
                found.setdefault(data, Source(problem, data, group, origin))
    mistakes.tell()
    if not found:
        raise document.error(("instances",), "instances must name at least one instance, got none")
    return list(found.values())


def _entry(entry: Any, document: Document, place: Place, base: Path) -> Iterator[tuple[Problem, dict[str, Any]]]:
    entry = {"files": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, Mapping) or ("generate" in entry) == ("files" in entry):
        wanted = "a path, keys with files:, or keys with generate:"
        raise document.error(place, f"an entry of instances must be {wanted}, got {shown(entry)}")
    return _generated(entry, document, place) if "generate" in entry else _read(entry, document, place, base)


def _generated(entry: Any, document: Document, place: Place) -> Iterator[tuple[Problem, dict[str, Any]]]:
    spec = validated(Generated, entry, document, place)
    try:
        kind = GENERATORS.get(spec.generate).name
    except ValueError as error:
        raise document.error((*place, "generate"), str(error)) from None
    known = {option.name for option in size_options(kind)}
    sizes: dict[str, list[Any]] = {}
    mistakes = Mistakes()
    for key, value in (spec.model_extra or {}).items():
        name = key.replace("-", "_")
        with mistakes.noted():
            if name not in known:
                text = str(unknown_name(f"size of {kind}", key, known | {"seed"}))
                raise document.error((*place, key), text)
            try:
                sizes[name] = integers(value)
            except ValueError as error:
                raise document.error((*place, key), f"{key} must be {error}, got {shown(value)}") from None
    mistakes.tell()
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


def _read(entry: Any, document: Document, place: Place, base: Path) -> Iterator[tuple[Problem, dict[str, Any]]]:
    spec = validated(Files, entry, document, place)
    table = None if spec.best_known is None else base / spec.best_known
    listed = [] if table is None else _listed(table, document, (*place, "best_known"))
    for i, pattern in enumerate(spec.files):
        at: Place = (*place, "files", i)
        names, chosen = _matching(base, pattern)
        if not names:
            text = (
                f"files must name a file that is there, got {pattern!r}; check the path, or give the folder by --base"
            )
            raise document.error(at, text)
        for name in names:
            path = str(base / name)
            try:
                if chosen:
                    problems = [load(path, spec.kind, chosen, complement=spec.complement)]
                else:
                    problems = load_all(path, spec.kind, complement=spec.complement)
            except (ValueError, OSError) as error:
                raise document.error(at, str(error)) from None
            for position, problem in enumerate(problems, 1):
                number = chosen or (str(position) if len(problems) > 1 else "")
                try:
                    known = None if table is None else known_value(listed, table.parent, problem, Path(path))
                except ValueError as error:
                    raise document.error((*place, "best_known"), str(error)) from None
                if known is not None:
                    problem = replace(problem, best_known=known)  # type: ignore[type-var]
                yield problem, {"file": f"{name}#{number}" if number else name}


def _matching(base: Path, pattern: str) -> tuple[list[str], str]:
    """Files below the base that a pattern names, relative to it, and what stands behind its ``#``."""
    if (base / pattern).is_file():
        return [pattern], ""
    name, _, chosen = pattern.partition("#")
    if (base / name).is_file():
        return [name], chosen
    found = sorted(glob.glob(name, root_dir=base, recursive=True))
    return [path for path in found if (base / path).is_file()], chosen


def _listed(path: Path, document: Document, place: Place) -> list[TableRow]:
    """The rows of a best_known.csv."""
    try:
        return list(read_table(path))
    except OSError as error:
        raise document.error(place, f"best_known must be a table that is there: {error.strerror}: {path}") from None
    except ValueError as error:
        raise document.error(place, str(error)) from None
