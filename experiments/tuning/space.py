"""The space of a solver's and an encoder's settings, and configurations drawn from it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core import ENCODERS, SOLVERS, from_spec, in_old_words, spec_id, to_spec
from ...core.tunable import Choice, Domain, Range, domains

#: Draws until one must go together.
MAX_DRAWS = 1000


@dataclass(frozen=True)
class Space:
    """Domains by ``solver.field`` or ``encoder.field``, of the named parts; ``builds``: draws must build those parts.

    Raises
    ------
    ValueError
        No field of the parts declares a domain.
    """

    solver: str
    encoder: str | None
    domains: Mapping[str, Domain]
    builds: bool = False

    @staticmethod
    def of(solver: str, encoder: str | None = None) -> Space:
        """The space of a solver, and of an encoder where one is named.

        Raises
        ------
        ValueError
            Neither part has a tunable field.
        """
        entry = SOLVERS.get(solver)
        found = {f"solver.{name}": domain for name, domain in domains(entry.make).items() if name not in entry.preset}
        if encoder is not None:
            found |= {f"encoder.{name}": domain for name, domain in domains(ENCODERS.get(encoder).make).items()}
        if not found:
            parts = solver if encoder is None else f"{solver} and {encoder}"
            raise ValueError(f"{parts} must have a tunable field, got none; `qopt list --options` shows the ranges")
        return Space(entry.name, None if encoder is None else ENCODERS.get(encoder).name, found, builds=True)

    def draw(self, rng: np.random.Generator) -> Config:
        """One configuration that the parts take: values that do not go together are drawn again.

        Raises
        ------
        ValueError
            No draw goes together.
        """
        for _ in range(MAX_DRAWS):
            drawn = Config(self, tuple((name, _draw(domain, rng)) for name, domain in self.domains.items()))
            if not self.builds or drawn.is_valid:
                return drawn
        raise ValueError(f"{self.solver} must take some setting of its own ranges, got none in {MAX_DRAWS} draws")

    @property
    def default(self) -> Config:
        """The parts' own defaults."""
        return Config(self, ())


@dataclass(frozen=True)
class Config:
    """Values by the names of the space (``encoder.inner.penalty``); what is not named keeps its default."""

    space: Space
    values: tuple[tuple[str, Any], ...]

    @property
    def pipeline(self) -> dict[str, Any]:
        """As a sweep's pipeline: ``{"solver": {...}, "encoder": {...}}``."""
        parts: dict[str, dict[str, Any]] = {"solver": {"name": self.space.solver}}
        if self.space.encoder is not None:
            parts["encoder"] = {"name": self.space.encoder}
        for name, value in self.values:
            role, *path, field = name.split(".")
            spec = parts[role]
            for inner in path:  # a part inside the part: its default, with what is drawn
                spec = spec.setdefault(inner, self._inner(role, inner) if spec is parts[role] else {})
            spec[field] = value
        return dict(parts)

    def _inner(self, role: str, field: str) -> dict[str, Any]:
        """The default of a part's field that is a part itself, as a spec."""
        room, name = (SOLVERS, self.space.solver) if role == "solver" else (ENCODERS, self.space.encoder)
        make: Any = room.get(str(name)).make
        (found,) = (f for f in dataclasses.fields(make) if f.name == field)
        assert found.default_factory is not dataclasses.MISSING
        return to_spec(found.default_factory())

    @property
    def is_valid(self) -> bool:
        """Whether the parts take these values together."""
        try:
            for role, spec in self.pipeline.items():
                from_spec(f"{role}s", spec)
        except ValueError:
            return False
        return True

    @property
    def label(self) -> str:
        """A short name that the values decide."""
        if not self.values:
            return "default"
        return f"c-{spec_id({role: in_old_words(f'{role}s', spec) for role, spec in self.pipeline.items()})[:10]}"

    @property
    def text(self) -> str:
        """The values for a person."""
        return ", ".join(f"{name.partition('.')[2]}={_short(value)}" for name, value in self.values) or "defaults"


def _draw(domain: Domain, rng: np.random.Generator) -> Any:
    if isinstance(domain, Choice):
        return domain.values[int(rng.integers(len(domain.values)))]
    return _number(domain, float(rng.random()))


def _number(domain: Range, share: float) -> float | int:
    """The value at ``share`` of the range, 0..1."""
    low, high = domain.low, domain.high
    if domain.is_whole:
        high += 1
    if domain.scale == "log":
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    return min(int(value), int(domain.high)) if domain.is_whole else float(f"{value:.4g}")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
