"""Ranges of a part's fields, declared beside the field: what ``qopt tune`` searches, without a list elsewhere."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, drawn uniformly or uniformly in the logarithm; integers where both ends are."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.scale == "log" and self.low <= 0):
            raise ValueError(f"a range must have low < high, and low > 0 in the logarithm, got {self.low}..{self.high}")

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True)
class Choice:
    """One of several values, drawn uniformly."""

    values: tuple[Any, ...]


Domain = Range | Choice


#: Penalty weights that a tuning tries, in units of the objective, beside the valid ones.
PENALTIES = ("auto", 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def tunable(default: Any, domain: Domain, *, was: str = "") -> Any:
    """Dataclass field with a default and the domain that a tuning searches; ``was`` is its former name, if any.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Part:
    ...     num_layers: int = tunable(3, Range(1, 8))
    >>> domains(Part)["num_layers"]
    Range(low=1, high=8, scale='linear')
    """
    return dataclasses.field(default=default, metadata={"domain": domain, **({"was": was} if was else {})})


def domains(make: Any) -> dict[str, Domain]:
    """The declared domains of a part's fields, by name; those of a part inside it as ``inner.penalty``.

    A part without fields of its own declaration, or that is no dataclass (a plugin's function), has none.
    """
    if not dataclasses.is_dataclass(make):
        return {}
    found: dict[str, Domain] = {}
    for f in dataclasses.fields(make):
        if "domain" in f.metadata:
            found[f.name] = f.metadata["domain"]
        elif "room" in f.metadata and f.default_factory is not dataclasses.MISSING:
            inner = domains(type(f.default_factory()))
            found |= {f"{f.name}.{name}": domain for name, domain in inner.items()}
    return found
