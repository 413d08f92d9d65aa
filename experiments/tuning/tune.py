"""One tuning: split the instances, search on the training half, compare with the default on the other half."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml

from ...core import Clock, MissingDependencyError, Problem, fingerprint
from ...problems.files import write_bytes
from ..sweep.dask_runner import Cluster
from ..sweep.kept import Kept
from ..sweep.runner import Executor
from ..sweep.store import locked
from .ac_band import ac_band
from .floors import check_judged
from .hyperband import Found, hyperband
from .rows import Rules, Scores, plain
from .space import Config, Space

Method = Literal["hyperband", "id-hyperband", "ac-band", "tpe"]
#: Seconds of a level as a multiple of those of the level before: three times the resource in one bracket more.
GROWTH = 4.0
#: Held-out instances below which nothing is told apart: the smallest k with ``2**(1 - k) <= 0.05``.
FEWEST = 6
METHODS: tuple[Method, ...] = ("hyperband", "id-hyperband", "ac-band", "tpe")


@dataclass(frozen=True)
class Validation:
    """Mean scores on the held-out instances, and the mean of the paired differences with its 95 % interval."""

    tuned: float
    default: float
    difference: float
    low: float
    high: float
    num_instances: int

    @property
    def verdict(self) -> str:
        """Better or worse only where the interval excludes 0 and as few instances could say so at 95 %.

        That all of k differences have one sign has chance 2**(1 - k) where nothing differs, whatever a bootstrap of so
        few says.
        """
        if self.num_instances < FEWEST:
            return f"not told apart from the default: fewer than {FEWEST} instances are held out"
        if self.low > 0:
            return "better than the default"
        return "worse than the default" if self.high < 0 else "not told apart from the default"


@dataclass(frozen=True)
class Tuned:
    """The chosen configuration, how it did in training and on held-out instances, and the runs that this call made.

    ``num_killed``: runs of the whole training that were given up.
    """

    config: Config
    score: float
    validation: Validation | None
    num_runs: int
    found: Found | None = None
    num_killed: int = 0


def split(problems: Sequence[Problem], seed: int) -> tuple[list[Problem], list[Problem]]:
    """Training and validation halves, by a hash of the data and the seed; the first half is the larger one."""
    own = {
        fingerprint(problem): problem for problem in problems
    }  # an instance named twice is one: none is in both halves
    order = sorted(own.values(), key=lambda p: hashlib.sha256(f"{seed}/{fingerprint(p)}".encode()).digest())
    half = (len(order) + 1) // 2
    return order[:half], order[half:]


def tune(
    problems: Sequence[Problem],
    space: Space,
    folder: Path,
    *,
    method: Method = "hyperband",
    resource: int = 9,
    rules: Rules | None = None,
    seed: int = 0,
    jobs: int = 1,
    repeats: int = 3,
    dask: str | None = None,
) -> Tuned:
    """Tune on half of the instances, validate on the other half.

    Parameters
    ----------
    folder : run folder; what stands there is not run again, so a larger ``resource`` deepens a former tuning.
    resource : most of the fidelity that a configuration gets (Hyperband's R, a power of three uses it best); the
        number of instances shared by AC-Band; the number of trials of ``tpe``.
    repeats : seeds of the validation.
    dask : ``tcp://host:port`` of a scheduler, ``local`` or ``slurm``, as for sweeps; None runs ``jobs`` at a time here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    here = Kept(jobs, folder / "runs.log")
    lock = locked(folder / ".tuning.lock")  # the rows' own is free between two rungs
    try:
        with here if dask is None else contextlib.nullcontext(Cluster(dask, jobs)) as own:
            return _tune(problems, space, folder, method, resource, rules or Rules(seed=seed), seed, own, repeats)
    finally:
        os.close(lock)


def _tune(
    problems: Sequence[Problem],
    space: Space,
    folder: Path,
    method: Method,
    resource: int,
    rules: Rules,
    seed: int,
    executor: Executor,
    repeats: int,
) -> Tuned:
    if rules.kill_hopeless:
        check_judged(space)
    training, held_out = split(problems, seed)
    scores = Scores(folder, training, rules, executor)
    found: Found | None = None
    if method in ("hyperband", "id-hyperband"):
        found = hyperband(space.draw, scores.evaluate, resource, seed=seed)
        config, score = found.winner, found.score
    elif method == "ac-band":
        config = ac_band(space.draw, _duel(scores), resource, seed=seed)
        score = scores.evaluate([config], len(training))[0]
    else:
        config, score = _tpe(space, scores, resource, seed)
    scores.check_any()
    validation = None
    runs = scores.num_runs
    if held_out:
        judge = Scores(folder, held_out, rules, executor)
        validation = compare(judge.by_instance(config, repeats), judge.by_instance(space.default, repeats), seed)
        runs += judge.num_runs
    return Tuned(config, score, validation, runs, found, len(scores.killed))


def tune_within(seconds: float, most: int, search: Callable[[int], Tuned]) -> tuple[Tuned, int]:
    """The deepest tuning that fits: resource 1, 3, 9, ... up to ``most``, each continuing the one before.

    A level is begun where GROWTH times the seconds of the one before are left; the first one always is. So how deep it
    comes depends on the machine, but what a depth gives does not.

    Parameters
    ----------
    search : a tuning of that resource.
    """
    clock, resource = Clock(seconds), 1
    while True:
        began = clock.elapsed
        found = search(resource)
        left = clock.remaining or 0.0
        if 3 * resource > most or GROWTH * (clock.elapsed - began) > left:
            return found, resource
        resource *= 3


def compare(tuned: Sequence[float], default: Sequence[float], seed: int = 0) -> Validation:
    """Paired comparison on the same instances, with a bootstrap over instances.

    Examples
    --------
    >>> compare([0.9, 0.8, 0.95] * 2, [0.5, 0.6, 0.7] * 2).verdict
    'better than the default'
    >>> compare([0.9], [0.5]).verdict
    'not told apart from the default: fewer than 6 instances are held out'
    """
    difference = np.asarray(tuned) - np.asarray(default)
    rng = np.random.default_rng([seed, 7])
    means = rng.choice(difference, (4000, difference.size)).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Validation(
        float(np.mean(tuned)),
        float(np.mean(default)),
        float(difference.mean()),
        float(low),
        float(high),
        difference.size,
    )


def write_settings(path: Path, tuned: Tuned, space: Space) -> None:
    """``tuned.yaml``: a pipeline that ``qopt solve --settings`` and a sweep's ``pipelines`` take, with its figures."""
    document: dict[str, Any] = {"pipelines": {"tuned": plain(tuned.config.pipeline)}}
    told = [f"training score {tuned.score:.4f} ({tuned.config.text})"]
    if tuned.validation is not None:
        v = tuned.validation
        told.append(
            f"held out ({v.num_instances} instances): {v.tuned:.4f}, default {v.default:.4f}, difference "
            f"{v.difference:+.4f} [{v.low:+.4f}, {v.high:+.4f}]: {v.verdict}"
        )
    text = "".join(f"# {line}\n" for line in told) + yaml.safe_dump(document, sort_keys=False)
    write_bytes(str(path), text.encode())


def read_settings(path: Path) -> dict[str, Any]:
    """The one pipeline of a settings file: ``{"solver": {...}, "encoder": {...}}``.

    Raises
    ------
    ValueError
        The file is not what ``write_settings`` wrote.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = dict(next(iter(document["pipelines"].values())))
    except (
        OSError,
        UnicodeDecodeError,
        ValueError,
        yaml.YAMLError,
        KeyError,
        TypeError,
        AttributeError,
        StopIteration,
    ) as error:
        raise ValueError(f"settings must be a YAML file of `qopt tune`, got {path} ({type(error).__name__})") from None
    parts = [found.get("solver"), *([found["encoder"]] if found.get("encoder") is not None else [])]
    named = all(isinstance(part, dict) and isinstance(part.get("name"), str) for part in parts)
    if not named or not set(map(str, found)) <= {"solver", "encoder"}:
        told = ", ".join(sorted(map(str, found))) or "nothing"
        raise ValueError(
            f"settings must name a solver (and an encoder) with their fields, got {told} ({path}); tune anew"
        )
    return found


def _duel(scores: Scores) -> Any:
    """Scores of several configurations on one instance; instances are used in turn, a new seed each time round."""

    def compare_on(configs: Sequence[Config], instance: int) -> list[float]:
        return scores.on_one(configs, instance % len(scores.paths), instance // len(scores.paths))

    return compare_on


def _tpe(space: Space, scores: Scores, trials: int, seed: int) -> tuple[Config, float]:
    """Optuna's TPE on all training instances, one configuration after another."""
    from ...core.tunable import Choice

    try:
        optuna: Any = importlib.import_module("optuna")
    except ImportError:
        raise MissingDependencyError("optuna", "tune") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    best: tuple[float, Config] | None = None
    for _ in range(trials):
        trial = study.ask()
        values = []
        for name, domain in space.domains.items():
            if isinstance(domain, Choice):
                at = trial.suggest_categorical(name, list(range(len(domain.values))))
                value: Any = domain.values[at]
            elif domain.is_whole:
                value = trial.suggest_int(name, int(domain.low), int(domain.high), log=domain.scale == "log")
            else:
                value = trial.suggest_float(name, domain.low, domain.high, log=domain.scale == "log")
            values.append((name, value))
        config = Config(space, tuple(values))
        if not config.is_valid:
            study.tell(trial, 0.0)
            continue
        score = scores.evaluate([config], len(scores.paths))[0]
        study.tell(trial, score)
        if best is None or score > best[0]:
            best = score, config
    if best is None:
        raise ValueError(f"tpe must meet a setting that the parts take together, got none in {trials}; raise -R")
    return best[1], best[0]
