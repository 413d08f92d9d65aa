"""Plugin registries: the parts of each room by name, and the missing dependency of unavailable ones.

A part is a frozen dataclass (or, for readers and generators, a function) under ``@ROOM.register("name")``. A
preset is a second name for a class with some fields set (``cvar-qaoa`` is ``qaoa`` with alpha = 0.25).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from .errors import MissingDependencyError, unknown_name
from .old_names import accept_old_names

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One registered name: what it makes, with which fields preset, and which packages it needs."""

    name: str
    make: Callable[..., Any]
    preset: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    requires: tuple[str, ...] = ()
    extra: str = ""
    summary: str = ""

    @property
    def missing(self) -> str:
        """Why the part cannot be used here; empty when it can."""
        for package in self.requires:
            if importlib.util.find_spec(package) is None:
                return str(MissingDependencyError(package, self.extra))
        return ""


def first_line(documented: object) -> str:
    """First line of a docstring; empty where there is none, as under ``python -OO``.

    Examples
    --------
    >>> first_line(first_line)
    'First line of a docstring; empty where there is none, as under ``python -OO``.'
    """
    lines = (getattr(documented, "__doc__", None) or "").strip().splitlines()
    return lines[0] if lines else ""


class Registry:
    """Parts of one room by name; names are written with hyphens, underscores are accepted."""

    def __init__(self, room: str, package: str) -> None:
        self.room = room
        self._package = package
        self._entries: dict[str, Entry] = {}
        self._aliases: dict[str, str] = {}
        self._loaded = False

    def register(
        self, name: str, *, requires: tuple[str, ...] = (), extra: str = "", aliases: tuple[str, ...] = ()
    ) -> Callable[[T], T]:
        """Decorator: the class or function under it is the part of this name; a class takes former names of fields."""

        def add(make: T) -> T:
            accept_old_names(make)
            self._add(Entry(name, make, requires=requires, extra=extra, summary=first_line(make)))  # type: ignore[arg-type]
            if self.room in ("encoders", "solvers"):
                from .spec import told_by_field

                told_by_field(make)
            for alias in aliases:
                self._aliases[alias] = name
            return make

        return add

    def preset(self, name: str, make: Callable[..., Any], summary: str, **fields: Any) -> None:
        """A further name for a registered class, with fields set and one line that says what it is."""
        base = self.entry_of(make)
        self._add(Entry(name, make, MappingProxyType(fields), base.requires, base.extra, summary))

    def _add(self, entry: Entry) -> None:
        if entry.name in self._entries and self._entries[entry.name].make is not entry.make:
            raise ValueError(f"{self.room} name must be new, got {entry.name!r} twice; choose another name")
        self._entries[entry.name] = entry

    def load(self) -> Registry:
        """Import the room and the installed plugins, so that every part is registered."""
        if not self._loaded:
            self._loaded = True
            import importlib.metadata  # slow to import, and --help must not pay for it

            package = __package__.rpartition(".")[0]
            importlib.import_module(f"{package}.{self._package}")
            for point in importlib.metadata.entry_points(group=f"qopt.{self.room.replace(' ', '_')}"):
                point.load()
        return self

    def get(self, name: str) -> Entry:
        """The entry of that name.

        Raises
        ------
        ValueError
            No part has that name; the text lists those that are.
        """
        self.load()
        key = name.replace("_", "-").lower()
        key = self._aliases.get(key, key)
        if key not in self._entries:
            raise unknown_name(self.room.rstrip("s"), name, self._entries)
        return self._entries[key]

    def entry_of(self, make: object) -> Entry:
        """The entry, without preset fields, that a class was registered under.

        Raises
        ------
        ValueError
            The class was not registered in this room.
        """
        for entry in self._entries.values():
            if entry.make is make and not entry.preset:
                return entry
        raise ValueError(f"{make!r} must be registered in {self.room}; put @register above it")

    def name_of(self, spec: Mapping[str, Any]) -> str:
        """The name a person would type for a full spec: that of a preset whose fields it has, else its own."""
        name = str(spec["name"])
        if name not in self:
            return name
        make = self.get(name).make
        presets = [entry for entry in self if entry.make is make and entry.preset]
        fits = [one for one in presets if all(_same(spec.get(key), value) for key, value in one.preset.items())]
        return max(fits, key=lambda one: len(one.preset)).name if fits else name

    def __iter__(self) -> Iterator[Entry]:
        self.load()
        return iter(sorted(self._entries.values(), key=lambda entry: entry.name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> Entry:
        return self.get(name)

    def __repr__(self) -> str:
        """One line for a person: every name."""
        return f"<{self.room}: {', '.join(entry.name for entry in self)}>"

    def __contains__(self, name: str) -> bool:
        self.load()
        key = name.replace("_", "-").lower()
        return self._aliases.get(key, key) in self._entries


def _same(told: Any, preset: Any) -> bool:
    """Whether a spec's value is a preset's; JSON has lists where fields have tuples."""
    return bool((tuple(told) if isinstance(told, list) else told) == preset)


PROBLEMS = Registry("problems", "problems")
READERS = Registry("readers", "problems")
GENERATORS = Registry("generators", "problems")
DECODERS = Registry("decoders", "encoders")
ENCODERS = Registry("encoders", "encoders")
CORRELATIONS = Registry("correlations", "encoders")
SOLVERS = Registry("solvers", "solvers.builtin")
INITIAL_ANGLES = Registry("initial angles", "solvers.qaoa.initial_angles")

REGISTRIES: Mapping[str, Registry] = MappingProxyType(
    {r.room: r for r in (PROBLEMS, READERS, GENERATORS, DECODERS, ENCODERS, CORRELATIONS, SOLVERS)}
)
