"""``portfolio.json``: forests, schedule, pipelines and the figures they were judged by, read without scikit-learn."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...core.files import write_text
from .features import FEATURES
from .forest import Forest
from .train import MODES, Models, Scores, Trained

SCHEMA = "qopt.portfolio/1"


def to_json(trained: Trained) -> dict[str, Any]:
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


def write_portfolio(trained: Trained, path: Path) -> None:
    """Write the document; whole or not at all."""
    write_text(path, json.dumps(to_json(trained), allow_nan=False) + "\n")


def read_portfolio(path: Path) -> Trained:
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
        if not {single, *log_seconds, *failure, *(label for label, _ in schedule)} <= pipelines.keys():
            raise ValueError("pipelines")
        models = Models(log_seconds, failure, schedule, single, float(document["captime"]))
        told = document["scores"]
        families = {name: Scores(**one) for name, one in told["families"].items()}
        training, folds = Scores(**told["training"]), Scores(**told["folds"])
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} must be a file of `qopt portfolio train` ({text}); train it anew") from None
    return Trained(models, document["mode"], document["reason"], training, folds, families, pipelines, budget)
