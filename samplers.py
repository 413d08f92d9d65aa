"""Samplers for Ocean's users: dimod models in, sample sets out, one row a read.

``SimulatedAnnealingSampler`` takes the keywords of the class of that name in dwave-samplers and runs on our own
engine. ``ConstrainedAnnealing`` samples constrained quadratic models, which Ocean has no local sampler for.
``Decompose`` is a composite that cuts a model into parts for any child sampler.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from time import perf_counter_ns
from typing import Any, Literal

import dimod
import numpy as np

from .core import AnyArray, Clock, Float
from .engines.annealing import Annealed, Device, EngineChoice, How, IsingModel, anneal, batch_size, engine_of
from .engines.annealing.search import Search, load_engine, states_of, walks_name
from .engines.annealing.windows import from_betas, half_temperatures, raced_window, to_betas
from .experiments.composite import Decompose
from .solvers.classical.cqm_model import CqmModel
from .solvers.classical.dwave_annealing import default_betas
from .solvers.seeds import spawn_seeds

#: Sweeps of a read where none are asked for, and reads and sweeps of a constrained model without a time limit.
DEFAULT_SWEEPS, CQM_READS, CQM_SWEEPS = 1000, 20, 2000
#: Schedules by name; ``temperature``, ours, lets T fall linearly through a range raced on short anneals.
SCHEDULES = ("temperature", "geometric", "linear", "custom")


class SimulatedAnnealingSampler(dimod.Sampler, dimod.Initialized):  # type: ignore[misc]
    """Simulated annealing with the keywords, the sample sets and the timing of dwave-samplers' class.

    It differs in three ways: the default schedule is ``temperature`` (the range and the energies are better where
    theirs is too hot or too cold), reads come in batches of up to 64, so that ``interrupt_function`` saves time only
    between batches, and a seed gives other samples. ``device="gpu"`` anneals reads by thousands on an NVIDIA card.

    Examples
    --------
    >>> bqm = dimod.BinaryQuadraticModel({"a": 0.5, "b": -0.5}, {("a", "b"): -1}, 0.0, "SPIN")
    >>> samples = SimulatedAnnealingSampler().sample(bqm, num_reads=3, seed=1)
    >>> len(samples), float(samples.first.energy), sorted(samples.info)
    (3, -1.0, ['beta_range', 'beta_schedule_type', 'engine', 'timing'])
    """

    def __init__(self, *, threads: int = 1, engine: EngineChoice = "auto", device: Device = "cpu") -> None:
        self._how = How(threads=threads, engine=engine, device=device)

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        names = ("beta_range", "num_reads", "num_sweeps", "num_sweeps_per_beta", "beta_schedule_type", "seed")
        more = ("interrupt_function", "beta_schedule", "initial_states", "initial_states_generator")
        last = ("randomize_order", "proposal_acceptance_criteria")
        return {name: [] for name in (*names, *more, *last)}

    @property
    def properties(self) -> Mapping[str, Any]:
        return {"beta_schedule_options": SCHEDULES, "engine": engine_of(self._how)}

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        beta_range: Sequence[float] | None = None,
        num_reads: int | None = None,
        num_sweeps: int | None = None,
        num_sweeps_per_beta: int = 1,
        beta_schedule_type: str = "temperature",
        seed: int | None = None,
        interrupt_function: Callable[[], bool] | None = None,
        beta_schedule: Sequence[float] | None = None,
        initial_states: Any = None,
        initial_states_generator: Literal["none", "tile", "random"] = "random",
        *,
        randomize_order: bool = False,
        proposal_acceptance_criteria: Literal["Metropolis", "Gibbs"] = "Metropolis",
        **kwargs: Any,
    ) -> dimod.SampleSet:
        """The last point of each read; the keywords mean what they do in dwave-samplers.

        Raises
        ------
        TypeError, ValueError
            A keyword has a wrong type or value, or the schedules contradict each other.
        """
        began = perf_counter_ns()
        self.remove_unknown_kwargs(**kwargs)
        seed = _checked_seed(seed)
        if interrupt_function is not None and not callable(interrupt_function):
            raise TypeError(f"interrupt_function must be callable, got {interrupt_function!r}")
        if proposal_acceptance_criteria not in ("Metropolis", "Gibbs"):
            raise ValueError(
                f"proposal_acceptance_criteria must be Metropolis or Gibbs, got {proposal_acceptance_criteria!r}"
            )
        spin = bqm if bqm.vartype is dimod.SPIN else bqm.change_vartype("SPIN", inplace=False)
        start = self.parse_initial_states(
            spin,
            num_reads=num_reads,
            initial_states=initial_states,
            initial_states_generator=initial_states_generator,
            seed=seed,
        )
        order = list(start.initial_states.variables)
        spins = np.asarray(start.initial_states.record.sample, dtype=np.int8)
        model = _model(spin, order)
        how = replace(
            self._how,
            is_gibbs=proposal_acceptance_criteria == "Gibbs",
            shuffle=randomize_order,
            descend=beta_schedule_type == "temperature" and beta_range is None,
        )
        wanted = _Wanted(beta_range, num_sweeps, num_sweeps_per_beta, beta_schedule_type, beta_schedule)
        temperatures, betas = wanted.temperatures(model, spin, len(spins), seed, how)
        prepared = perf_counter_ns()
        found = _anneal(model, temperatures, spins, seed, how, interrupt_function)
        sampled = perf_counter_ns()
        response = dimod.SampleSet.from_samples_bqm((found, order), spin)
        response.change_vartype(bqm.vartype, inplace=True)
        response.info.update(
            beta_range=betas,
            beta_schedule_type=beta_schedule_type,
            engine=f"annealing, {engine_of(how)}",
            timing={
                "preprocessing_ns": prepared - began,
                "sampling_ns": sampled - prepared,
                "postprocessing_ns": max(1, perf_counter_ns() - sampled),
            },
        )
        return response


class ConstrainedAnnealing:
    """Simulated annealing of constrained quadratic models, on this machine.

    Assignments, tours, one-hot groups and packings of bits are recognised and kept; other constraints are soft in the
    walk and are checked by dimod in what comes back. Integers move by steps within their bounds.

    Examples
    --------
    >>> i, j = (dimod.Integer(name, upper_bound=9) for name in "ij")
    >>> cqm = dimod.ConstrainedQuadraticModel()
    >>> cqm.set_objective(i * i - 6 * i + 2 * j)
    >>> _ = cqm.add_constraint(i + j >= 5, label="least")
    >>> samples = ConstrainedAnnealing().sample_cqm(cqm, seed=1, num_reads=3, num_sweeps=500)
    >>> best = samples.filter(lambda row: row.is_feasible).first
    >>> float(best.energy), {name: int(value) for name, value in best.sample.items()}
    (-6.0, {'i': 4, 'j': 1})
    """

    def __init__(self, *, threads: int = 1, engine: EngineChoice = "auto") -> None:
        self.threads, self.engine = How(threads=threads).threads, engine

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        return {name: [] for name in ("time_limit", "num_reads", "num_sweeps", "seed")}

    @property
    def properties(self) -> Mapping[str, Any]:
        return {"description": "constraint-keeping simulated annealing"}

    def sample_cqm(
        self,
        cqm: dimod.ConstrainedQuadraticModel,
        time_limit: float | None = None,
        *,
        num_reads: int | None = None,
        num_sweeps: int | None = None,
        seed: int | None = None,
    ) -> dimod.SampleSet:
        """The best sample of each anneal that keeps every constraint, or its last one where there was none.

        Parameters
        ----------
        time_limit : seconds of wall clock; None anneals by count, which a seed replays.
        num_reads, num_sweeps : anneals and their length without a time limit; 20 and 2000.

        Returns
        -------
        SampleSet with dimod's own energies, ``is_feasible`` and ``is_satisfied``, feasible samples of lowest energy
        first; ``info`` says what was recognised.

        Raises
        ------
        UnsupportedError
            A real variable, a product in a constraint, or a soft constraint.
        """
        began = perf_counter_ns()
        seed = _checked_seed(seed)
        for name, value in (("num_reads", num_reads), ("num_sweeps", num_sweeps), ("time_limit", time_limit)):
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be > 0, got {value!r}")
        if time_limit is not None and (num_reads or num_sweeps):
            raise ValueError("num_reads and num_sweeps must be left out where there is a time_limit")
        clock = Clock(time_limit)
        if not len(cqm.variables):
            return dimod.SampleSet.from_samples_cqm(({}), cqm)
        model = CqmModel.of(cqm)
        structure = model.structure()
        search = Search(structure, load_engine(self.engine), seed, self.threads)
        counts = (num_reads or CQM_READS, num_sweeps or CQM_SWEEPS)
        found = search.by_count(*counts) if time_limit is None else search.by_time(clock)
        points = structure.decode(states_of(found))
        samples = dimod.SampleSet.from_samples_cqm((model.values(points), list(model.variables)), cqm)
        rank = np.lexsort((samples.record.energy, ~samples.record.is_feasible))
        samples = samples.slice(sorted_by=None).from_samples_cqm(
            (samples.record.sample[rank], list(samples.variables)), cqm
        )
        samples.info.update(
            structure=structure.describe(),
            engine=f"constrained annealing, {walks_name(search.engine)}",
            proposals=found.proposals,
            timing={"total_ns": perf_counter_ns() - began},
        )
        return samples


class _Wanted:
    """What a call says about its schedule."""

    beta_range: Sequence[float] | None
    num_sweeps: int | None
    per_beta: int
    kind: str
    betas: Float | None

    def __init__(
        self,
        beta_range: Sequence[float] | None,
        num_sweeps: int | None,
        per_beta: int,
        kind: str,
        betas: Sequence[float] | None,
    ) -> None:
        if not isinstance(per_beta, Integral):
            raise TypeError(f"num_sweeps_per_beta must be a positive integer, got {per_beta!r}")
        if per_beta < 1:
            raise ValueError(f"num_sweeps_per_beta must be >= 1, got {per_beta!r}")
        if kind not in SCHEDULES:
            raise ValueError(f"beta_schedule_type must be one of {', '.join(SCHEDULES)}, got {kind!r}")
        if (betas is not None) != (kind == "custom"):
            raise ValueError("beta_schedule must be given for beta_schedule_type='custom', and only then")
        if beta_range is not None and (len(beta_range) != 2 or min(beta_range) < 0):
            raise ValueError(f"beta_range must be two numbers >= 0, got {beta_range!r}")
        self.beta_range, self.num_sweeps = beta_range, num_sweeps
        self.per_beta, self.kind = int(per_beta), kind
        self.betas = None if betas is None else _custom(betas, beta_range, num_sweeps, self.per_beta)

    def temperatures(
        self, model: IsingModel, spin: dimod.BinaryQuadraticModel, num_reads: int, seed: int, how: How
    ) -> tuple[Float, list[float]]:
        """T / 2 of each sweep, and the first and last inverse temperature."""
        if self.betas is not None:
            betas = [float(self.betas[0]), float(self.betas[-1])] if len(self.betas) else [0.0, 0.0]
            return from_betas(model, self.betas).repeat(self.per_beta), betas
        num_sweeps = DEFAULT_SWEEPS if self.num_sweeps is None else self.num_sweeps
        count, rest = divmod(num_sweeps, self.per_beta)
        if rest or count < 0:
            raise ValueError(f"num_sweeps must be >= 0 and divisible by num_sweeps_per_beta, got {num_sweeps!r}")
        if self.beta_range is not None:
            first, last = (float(beta) for beta in self.beta_range)
        elif self.kind == "temperature":
            first, last = to_betas(model, raced_window(model, num_sweeps, num_reads, spawn_seeds(seed, 1)[0], how))
        else:
            plain = spin.relabel_variables(dict(zip(spin.variables, range(len(spin.variables)))), inplace=False)
            first, last = default_betas(plain)
        if self.kind == "geometric" and min(first, last) <= 0:
            raise ValueError("beta_range must be > 0 for beta_schedule_type='geometric'")
        kind: Any = self.kind
        steps = half_temperatures(model, first if count > 1 else last, last, count, kind)
        return steps.repeat(self.per_beta), [first, last]


def _custom(betas: Sequence[float], beta_range: Sequence[float] | None, num_sweeps: int | None, per_beta: int) -> Float:
    """A given schedule of inverse temperatures, checked."""
    try:
        values = np.array(betas, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"beta_schedule must be numbers, got {betas!r}") from None
    if values.ndim != 1 or not (values >= 0).all():  # infinite ones are zero temperature
        raise ValueError(f"beta_schedule must be numbers >= 0, got {betas!r}")
    if num_sweeps is not None and num_sweeps != len(values) * per_beta:
        raise ValueError(f"num_sweeps must be {len(values) * per_beta}, as the schedule has, got {num_sweeps!r}")
    if beta_range is not None and [beta_range[0], beta_range[-1]] != [values[0], values[-1]]:
        raise ValueError(f"beta_range must be the ends of beta_schedule, got {beta_range!r}")
    return values


def _checked_seed(seed: int | None) -> int:
    if seed is None:
        return int.from_bytes(os.urandom(4), "little") >> 1
    if not isinstance(seed, Integral):
        raise TypeError(f"seed must be an integer, got {seed!r}")
    if not 0 <= seed < 2**31:
        raise ValueError(f"seed must be 0..2**31-1, got {seed!r}")
    return int(seed)


def _model(spin: dimod.BinaryQuadraticModel, order: list[Any]) -> IsingModel:
    vectors = spin.to_numpy_vectors(variable_order=order)
    return IsingModel.from_arrays(vectors.linear_biases, *vectors.quadratic)


def _anneal(
    model: IsingModel,
    temperatures: Float,
    spins: AnyArray,
    seed: int,
    how: How,
    interrupt: Callable[[], bool] | None,
) -> AnyArray:
    """Last spins of the reads up to the one after which the interruption was asked for."""
    if not model.num_variables:
        return spins
    if interrupt is None:
        return anneal(model, temperatures, len(spins), seed=seed, how=how, initial=spins).spins
    size = batch_size(model, how)
    seeds = spawn_seeds(seed, -(-len(spins) // size))
    done: list[AnyArray] = []
    for part, part_seed in enumerate(seeds):
        some = spins[part * size : (part + 1) * size]
        found: Annealed = anneal(model, temperatures, len(some), seed=part_seed, how=how, initial=some)
        for read in found.spins:
            done.append(read)
            if len(done) < len(spins) and _asks(interrupt):
                return np.array(done)
    return np.array(done)


def _asks(interrupt: Callable[[], bool]) -> bool:
    """Whether the run is to end; a function that fails ends it too, as in dwave-samplers."""
    try:
        return bool(interrupt())
    except Exception:
        return True


__all__ = ["Decompose", "ConstrainedAnnealing", "SimulatedAnnealingSampler"]
