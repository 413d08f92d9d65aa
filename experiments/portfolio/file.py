"""``portfolio.json``: forests, schedule, pipelines and the figures they were judged by, read without scikit-learn."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...core.files import write_text
from .features import FEATURES
from .forest import Forest
from .train import MODES, Models, Portfolio, Scores

SCHEMA = "qopt.portfolio/1"


def to_json(trained: Portfolio) -> dict[str, Any]:
    """The document of a portfolio."""
    models = trained.models
    return {
        "schema": SCHEMA,
        "mode": trained.mode,
        "reason": trained.reason,
        "captime": models.captime,
        "features": list(FEATURES),
        "pipelines": trained.pipelines,
        "budget": trained.budget,
        "kinds": list(trained.kinds),
        "single": models.single,
        "schedule": [list(one) for one in models.schedule],
        "scores": {
            "training": asdict(trained.training),
            "folds": asdict(trained.folds),
            "families": {name: asdict(one) for name, one in trained.families.items()},
        },
        "log_seconds": {label: forest.to_json() for label, forest in models.log_seconds.items()},
        "failure": {label: forest.to_json() for label, forest in models.failure.items()},
    }


def write_portfolio(trained: Portfolio, path: Path) -> None:
    """Write the document; whole or not at all."""
    write_text(path, json.dumps(to_json(trained), allow_nan=False) + "\n")


def _check(
    pipelines: Mapping[str, Mapping[str, Any]],
    schedule: Sequence[tuple[str, float]],
    budget: Mapping[str, int],
    captime: float,
    forests: Sequence[Forest],
) -> None:
    """Refuse values that a portfolio cannot have, whoever wrote them into its file."""
    for label, spec in pipelines.items():
        if not isinstance(spec.get("solver"), dict) or not isinstance(spec["solver"].get("name"), str):
            raise ValueError(f"pipelines.{label} names no solver")
    for name, value in [("captime", captime), *((f"slice of {label}", seconds) for label, seconds in schedule)]:
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value:g}")
    for key, limit in budget.items():
        if key not in ("shots", "evaluations", "rounds") or limit < 1:
            raise ValueError(f"budget.{key} is {limit}")
    for forest in forests:
        forest.check(len(FEATURES))


def read_portfolio(path: Path) -> Portfolio:
    """The portfolio of a file.

    Raises
    ------
    ValueError
        It is not what ``write_portfolio`` wrote, or was made for other features.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA or tuple(document["features"]) != FEATURES or document["mode"] not in MODES:
            raise ValueError("schema, features or mode")
        log_seconds, failure = (
            {label: Forest.from_json(trees) for label, trees in document[key].items()}
            for key in ("log_seconds", "failure")
        )
        schedule = [(str(label), float(seconds)) for label, seconds in document["schedule"]]
        pipelines = {label: dict(spec) for label, spec in document["pipelines"].items()}
        budget = {str(key): int(value) for key, value in document["budget"].items()}
        single = str(document["single"])
        if not {single, *(label for label, _ in schedule)} <= pipelines.keys() == log_seconds.keys() == failure.keys():
            raise ValueError("pipelines")
        _check(pipelines, schedule, budget, float(document["captime"]), [*log_seconds.values(), *failure.values()])
        models = Models(log_seconds, failure, schedule, single, float(document["captime"]))
        told = document["scores"]
        families = {name: Scores(**one) for name, one in told["families"].items()}
        kinds = tuple(map(str, document.get("kinds", families)))  # older files: those left out once
        training, folds = Scores(**told["training"]), Scores(**told["folds"])
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        text = f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} must be a file of `qopt portfolio train` ({text}); train it anew") from None
    return Portfolio(models, document["mode"], document["reason"], training, folds, families, pipelines, budget, kinds)
