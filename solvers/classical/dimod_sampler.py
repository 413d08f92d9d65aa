"""Any dimod sampler as one of ours: options checked, labels kept, energies recomputed.

Limits: keywords of ``sample`` that the foreign sampler does not name are refused, not dropped; what cannot be written
as JSON is left out of its info; an object handed over from Python replays only if its class builds it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dimod
import numpy as np

from ...core import SOLVERS, unknown_name
from ...core.allowed_modules import allow_module, allowed_class
from ..base import QuboSampler, energies_of, points_of, sample_set


@SOLVERS.register("dimod")
@dataclass(frozen=True)
class DimodSampler(QuboSampler):
    """Any dimod sampler, named as ``module:Class``.

    Parameters
    ----------
    target : a subclass of dimod.Sampler, of dimod, dwave.samplers or a module that was allowed (``--allow-module``);
        it is built without arguments.
    options : keywords of its ``sample``; one that it does not name is an error (dimod's own samplers only warn).

    Raises
    ------
    ValueError
        The target's module is not allowed, the class is not there or no dimod sampler, or it does not know an option.

    Examples
    --------
    >>> sampler = DimodSampler("dimod:ExactSolver")
    >>> float(sampler.sample(dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {}, 0.0, "BINARY")).first.energy)
    -1.0
    """

    target: str
    options: dict[str, Any] = field(default_factory=dict)
    kind: Any = field(default=None, init=False, repr=False, compare=False)
    held: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", allowed_class(self.target, dimod.Sampler, "target"))
        if self.options:
            self._check_options()

    @property
    def built(self) -> Any:
        """The foreign sampler, built when it is first asked for."""
        if self.held is None:
            object.__setattr__(self, "held", self.kind())
        return self.held

    def _check_options(self) -> None:
        for option in self.options:
            if option not in self.built.parameters:
                raise unknown_name(f"option of {self.target}", option, self.built.parameters)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Keywords of the foreign ``sample``, and ``seconds`` where it calls them ``time_limit`` (Leap's hybrids)."""
        own: dict[str, Any] = {name: [] for name in self.built.parameters}
        return {**own, "seconds": []} if "time_limit" in own else own

    @property
    def properties(self) -> Mapping[str, Any]:
        """The foreign sampler's own."""
        return dict(self.built.properties)

    def sample(self, bqm: dimod.BinaryQuadraticModel, **keywords: Any) -> dimod.SampleSet:
        """The foreign sampler's points, with the energies of this model.

        Raises
        ------
        TypeError
            A keyword that the foreign sampler does not name.
        """
        for keyword in keywords:
            if keyword not in self.parameters:
                raise TypeError(str(unknown_name(f"keyword of {self.target}", keyword, self.parameters)))
        if "seconds" in keywords:
            keywords["time_limit"] = keywords.pop("seconds")
        if bqm.num_variables == 0:  # some samplers fail here, some return no point; the empty point is the answer
            return sample_set(np.zeros((1, 0)), np.array([bqm.offset]), None, {"engine": self.target})
        samples = self.built.sample(bqm, **{**self.options, **keywords})
        Z, _, counts = points_of(samples)
        info = {"engine": self.target, **_json_part(samples.info)}
        return sample_set(Z, energies_of(bqm, Z), counts, info)


def adapt(sampler: Any, **options: Any) -> DimodSampler:
    """A dimod sampler object, built by the caller, as one of ours.

    Raises
    ------
    ValueError
        The object is no dimod sampler.

    Examples
    --------
    >>> adapt(dimod.RandomSampler(), num_reads=7).options
    {'num_reads': 7}
    """
    kind = type(sampler)
    if not hasattr(sampler, "sample") or not hasattr(sampler, "parameters"):
        raise ValueError(f"a dimod sampler must have sample() and parameters, got {kind.__name__}")
    allow_module(kind.__module__)
    adapted = object.__new__(DimodSampler)
    target = f"{kind.__module__}:{kind.__qualname__}"
    for name, value in (("target", target), ("options", options), ("kind", kind), ("held", sampler)):
        object.__setattr__(adapted, name, value)
    adapted._check_options()
    return adapted


def _json_part(info: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a foreign info that JSON can hold."""
    kept: dict[str, Any] = {}
    for key, value in info.items():
        try:
            kept[str(key)] = json.loads(json.dumps(value, default=_plain, allow_nan=False))
        except (TypeError, ValueError):
            continue
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(type(value).__name__)
