"""Errors of every module survive pickling: one that did not ended a pool of processes as "broken"."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import qopt
from qopt.core.errors import InstanceFormatError, MissingDependencyError
from qopt.experiments.pipeline import UnknownOptionError
from qopt.experiments.sweep.document import SpecError, SpecErrors

SPEC = SpecError("a.yaml", 3, 7, "no such key")
#: One of each whose constructor takes more than a text.
MADE: dict[type[Exception], Exception] = {
    type(error): error
    for error in (
        InstanceFormatError("a.txt", 12, "expected 3 numbers, found 2"),
        MissingDependencyError("pyvrp", "vrp"),
        UnknownOptionError("mu", "no part has mu"),
        SPEC,
        SpecErrors([SPEC, SpecError("a.yaml", None, None, "no solver")]),
    )
}

ROOMS = ("core", "algorithms", "problems", "encoders", "engines", "repair", "solvers", "experiments", "commands")


def errors_of_the_package() -> Iterator[type[Exception]]:
    for module in pkgutil.walk_packages(qopt.__path__, "qopt."):
        if module.name.split(".")[1] in {
            "core",
            "problems",
            "encoders",
            "engines",
            "solvers",
            "experiments",
            "commands",
        }:
            try:
                found = importlib.import_module(module.name)
            except ImportError:  # a part whose package is not installed
                continue
            for value in vars(found).values():
                if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == module.name:
                    yield value


def fields(error: Exception) -> dict[str, Any]:
    return {name: str(value) for name, value in vars(error).items()}


def test_every_error_of_the_package_crosses_processes() -> None:
    kinds = set(errors_of_the_package())
    assert set(MADE) <= kinds
    for kind in kinds:
        error = MADE.get(kind)
        if error is None:
            error = kind("a text")  # a constructor with other arguments must be made above
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is kind
        assert str(again) == str(error)
        assert again.args == error.args
        assert fields(again) == fields(error)


def test_several_mistakes_stay_apart() -> None:
    error = MADE[SpecErrors]
    assert isinstance(error, SpecErrors)
    again = pickle.loads(pickle.dumps(error))
    assert [str(one) for one in again.mistakes] == [str(one) for one in error.mistakes]
    with pytest.raises(SpecError):
        raise again
