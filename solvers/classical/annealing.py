"""Simulated annealing on our own engine, or on dwave-samplers as its peer (``engine="dwave"``).

Without a time limit a run replays exactly, whatever the number of threads. With one it is as many reads as fit. On a
card reads are annealed by thousands. Limits: single flips only, so constraints that were turned into penalties freeze
it (see constrained-sa); it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import dimod
import numpy as np

from ...core import SOLVERS, AnyArray, Clock, Float, later
from ...core.tunable import Choice, Range, tunable
from ...engines.annealing import Batch, Device, How, IsingModel, anneal, batch_size, engine_of, starter
from ...engines.annealing.engine import check_device, is_serial
from ...engines.annealing.windows import Schedule, half_temperatures, raced_window, to_betas
from ..base import Ended, Estimate, Heard, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from .dwave_annealing import DwaveAnnealer, default_betas
from .reads import DEFAULT_READS, Listener, check_positive

Engine = Literal["auto", "compiled", "numpy", "dwave"]

#: Longest stretch of work between two looks at the clock, as a share of the time limit.
CLOCK_SHARE = 0.05
#: Share of the time left that the first batch may plan to take.
FIRST_BATCH_SHARE = 0.8
#: Fewest sweeps of an anneal that a time limit thins.
LEAST_SWEEPS = 2
#: Sweeps of an anneal below which a batch has fewer reads.
FEW_SWEEPS = 100
#: Spins of all reads that a run with a time limit keeps of a card, where it has no count of reads.
CARD_POINTS = 1 << 28
#: Reads of a batch of a card that a time limit leaves at least, so that anneals keep their sweeps.
FEW_CARD_READS = 1024
#: Sweeps that are timed before the sweeps of a run with a time limit are chosen.
TIMED_SWEEPS = 4


@SOLVERS.register("sa", aliases=("neal", "simulated-annealing"))
@dataclass(frozen=True)
class SimulatedAnnealing(QuboSampler):
    """Simulated annealing: single-flip Metropolis sweeps while the temperature falls.

    Parameters
    ----------
    num_reads : anneals; None means 100, or under a time limit as many as fit.
    num_sweeps : sweeps an anneal; fewer, said in ``info["num_sweeps"]``, where not one such anneal fits a time limit.
    beta_range : first and last inverse temperature, in units of 1/energy; None derives them from the coefficients,
        and then each read ends in single flips downhill until there is none.
    schedule : how the inverse temperature grows between the two; ``temperature``: T falls linearly. None takes
        ``geometric`` with a given range and on dwave's engine, else ``temperature``.
    acceptance : probability of an uphill flip: min(1, exp(-beta d)) or 1/(1 + exp(beta d)).
    randomize_order : each visit of a sweep is to a random variable, with replacement.
    threads : batches of reads annealed at the same time; the reads do not depend on it.
    engine : our own (``auto``, ``compiled``, ``numpy``), or dwave-samplers.
    device : gpu anneals on an NVIDIA card (extra gpu), where thousands of reads take hardly longer than one; a run with
        a time limit and no count of reads ends there when its points fill a quarter of a gigabyte.

    References
    ----------
    Kirkpatrick, Gelatt, Vecchi (1983), Optimization by simulated annealing, doi:10.1126/science.220.4598.671;
    Isakov et al. (2015), Optimised simulated annealing for Ising spin glasses, arXiv:1401.1084, for replicas in lanes.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.0, "BINARY")
    >>> float(SimulatedAnnealing(num_reads=5).sample(model, seed=1).first.energy)
    -1.0
    """

    num_reads: int | None = None
    num_sweeps: int = tunable(1000, Range(10, 5000, "log"))
    beta_range: tuple[float, float] | None = None
    schedule: Schedule | None = tunable(None, Choice((None, "geometric", "linear", "temperature")))  # noqa: RUF009 (a dataclass field)
    acceptance: Literal["Metropolis", "Gibbs"] = tunable("Metropolis", Choice(("Metropolis", "Gibbs")))
    randomize_order: bool = False
    threads: int = 1
    engine: Engine = "auto"
    device: Device = later("cpu")  # noqa: RUF009 (a dataclass field)

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        check_positive("num_sweeps", self.num_sweeps)
        check_positive("threads", self.threads)
        if self.beta_range is not None and not 0 < self.beta_range[0] <= self.beta_range[1]:
            raise ValueError(f"beta_range must be 0 < first <= last, got {self.beta_range!r}")
        check_device(self.device, self.engine, self.randomize_order)

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
        heard: Heard | None = None,
        ended: Ended | None = None,
    ) -> dimod.SampleSet:
        """Points that the anneals ended in.

        Raises
        ------
        UnsupportedError
            The compiled engine was asked for and was not built, or a card and there is none that can be used.
        """
        clock = Clock(seconds)
        check_positive("num_reads", num_reads)
        wanted = num_reads or self.num_reads
        if self.engine == "dwave":
            return self._sample_dwave(bqm, wanted, seed, clock)
        model = IsingModel.from_bqm(bqm)
        listener = Listener(bqm, heard, ended, (wanted or DEFAULT_READS) if seconds is None else wanted)
        return _Run(self, model, seed, clock, listener).sample(bqm, wanted)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the model and a batch of 64 replicas; seconds at about a thousand million flips tried a second."""
        tries = (self.num_reads or DEFAULT_READS) * self.num_sweeps * num_variables
        size = 100 * (num_variables + num_interactions) + 256 * num_variables
        rate = 3e7 if self.engine == "dwave" else 1e9 if self.device == "cpu" else 1e10
        return Estimate(qubits=num_variables, bytes=size, seconds=tries / rate)

    def _sample_dwave(
        self, bqm: dimod.BinaryQuadraticModel, wanted: int | None, seed: int | None, clock: Clock
    ) -> dimod.SampleSet:
        spin = bqm.change_vartype("SPIN", inplace=False)  # once, not in every library call
        first, last = self.beta_range or default_betas(spin)
        if self.schedule == "temperature":
            betas = 1 / np.linspace(1 / first, 1 / last, self.num_sweeps)
        else:
            steps = np.linspace if self.schedule == "linear" else np.geomspace
            betas = np.asarray(steps(first, last, self.num_sweeps), dtype=np.float64)
        peer = DwaveAnnealer(betas, self.randomize_order, self.acceptance)
        Z, num_sweeps = peer.run(spin, wanted, seed, clock)
        betas_used = [float(betas[0]), float(betas[-1])]
        return _answer(bqm, Z, "dwave-samplers simulated annealing", num_sweeps, betas_used, clock)


class _Run:
    """One call of ``sample`` on our own engine."""

    def __init__(
        self, settings: SimulatedAnnealing, model: IsingModel, seed: int | None, clock: Clock, listener: Listener
    ) -> None:
        assert settings.engine != "dwave"
        self.settings, self.model, self.clock, self.listener = settings, model, clock, listener
        self.how = How(
            is_gibbs=settings.acceptance == "Gibbs",
            shuffle=settings.randomize_order,
            descend=settings.beta_range is None,
            threads=settings.threads,
            engine=settings.engine,
            device=settings.device,
        )
        self.race_seed, self.seed = spawn_seeds(seed, 2)

    def sample(self, bqm: dimod.BinaryQuadraticModel, wanted: int | None) -> dimod.SampleSet:
        if self.clock.remaining is None:
            reads = wanted or DEFAULT_READS
            temperatures = self._temperatures(self.settings.num_sweeps, reads)
            hears = {"heard": self.listener.told, "is_over": self.listener.is_over}
            found = anneal(self.model, temperatures, reads, seed=self.seed, how=self.how, **hears)  # type: ignore[arg-type]
            spins = found.spins
        else:
            spins, temperatures = self._until(wanted)
        name = f"annealing, {engine_of(self.how)}"
        betas = to_betas(self.model, (temperatures[0], temperatures[-1]))
        return _answer(bqm, (spins > 0).astype(np.uint8), name, len(temperatures), betas, self.clock)

    def _temperatures(self, num_sweeps: int, reads: int) -> Float:
        """T / 2 of each sweep."""
        if self.settings.beta_range is not None:
            first, last = self.settings.beta_range
            return half_temperatures(self.model, first, last, num_sweeps, self.settings.schedule or "geometric")
        window = raced_window(self.model, num_sweeps, reads, self.race_seed, self.how)
        first, last = to_betas(self.model, window)
        return half_temperatures(self.model, first, last, num_sweeps, self.settings.schedule or "temperature")

    def _until(self, wanted: int | None) -> tuple[AnyArray, Float]:
        """Batches until the time is over; one that is longer than the share of the clock is advanced in pieces."""
        limit, begin = self.clock.remaining or 0.0, starter(self.model, self.how)
        size, sweep_seconds, fitting = self._batches(begin, wanted)
        words = self._words(size)
        num_sweeps = min(self.settings.num_sweeps, max(LEAST_SWEEPS, fitting))
        has_time = fitting > 2 * self.settings.num_sweeps
        temperatures = self._temperatures(num_sweeps, size if has_time else 1)
        piece = max(1, int(CLOCK_SHARE * limit / max(sweep_seconds, 1e-9)))
        found: list[AnyArray] = []
        count = 0
        while not found or (not self.clock.is_over and (wanted is None or count < wanted)):
            if found and (self.clock.remaining or 0.0) < 0.9 * sweep_seconds * len(temperatures):
                break
            if self.listener.is_over is not None and self.listener.is_over():
                break
            is_card = self.how.device == "gpu" and wanted is None
            if found and is_card and (count + size) * self.model.num_variables > CARD_POINTS:
                break
            batch = begin(next(words), None)
            began = self.clock.elapsed
            done = self._advance(batch, temperatures, piece, is_first=not found)
            sweep_seconds = (self.clock.elapsed - began) / max(1, done)
            if done == len(temperatures) or not found:  # a batch that was cut ends hot
                found.append(batch.points())
                count += len(found[-1])
                self.listener.tell(None if wanted is None else count / wanted, found[-1] > 0)
        return np.concatenate(found)[:wanted], temperatures

    def _batches(self, begin: Callable[[AnyArray, None], Batch], wanted: int | None) -> tuple[int, float, int]:
        """Reads of a batch, seconds of one of its sweeps, and how many sweeps the first one has time for."""
        size = batch_size(self.model, self.how)
        if self.how.device == "gpu":
            size = min(size, wanted or size)
        sweep_seconds = self._sweep_seconds(begin, next(self._words(size)))
        fitting = self._fitting(sweep_seconds)
        if fitting < FEW_SWEEPS and is_serial(self.model, self.how):  # fewer reads, each of more sweeps
            whole, size = size, max(1, size * fitting // FEW_SWEEPS)
            return size, sweep_seconds * size / whole, fitting * whole // size
        if fitting < self.settings.num_sweeps and self.how.device == "gpu" and size > FEW_CARD_READS:
            size = max(FEW_CARD_READS, size * fitting // self.settings.num_sweeps)
            sweep_seconds = self._sweep_seconds(begin, next(self._words(size)))
            fitting = self._fitting(sweep_seconds)
        return size, sweep_seconds, fitting

    def _fitting(self, sweep_seconds: float) -> int:
        return int(FIRST_BATCH_SHARE * (self.clock.remaining or 0.0) / max(sweep_seconds, 1e-9))

    def _advance(self, batch: Batch, temperatures: Float, piece: int, *, is_first: bool) -> int:
        """Sweeps made before the clock was over."""
        done = 0
        while done < len(temperatures) and (not done or not self.clock.is_over):
            part = temperatures[done : done + piece]
            done += len(part)
            batch.advance(part, descend=self.how.descend and done == len(temperatures))
            self.listener.tell(None)
        if done < len(temperatures) and is_first:
            batch.advance(temperatures[:0], descend=True)  # the only reads of the run end in a minimum
        return done

    def _sweep_seconds(self, begin: Callable[[AnyArray, None], Batch], words: AnyArray) -> float:
        """Measured seconds of one sweep of a batch; of rows one is timed, and few sweeps where each takes long."""
        is_rows = is_serial(self.model, self.how)
        batch = begin(words[:1] if is_rows else words, None)
        hot = np.full(TIMED_SWEEPS, self.model.rms_field)
        reads = len(words) if is_rows else 1
        began = self.clock.elapsed
        batch.advance(hot[:1])
        first = self.clock.elapsed - began
        if first > CLOCK_SHARE * (self.clock.remaining or 0.0):
            return first * reads
        began = self.clock.elapsed
        batch.advance(hot)
        return reads * (self.clock.elapsed - began) / TIMED_SWEEPS

    def _words(self, size: int) -> Iterator[AnyArray]:
        """Endless independent words, ``size`` at a time."""
        root = np.random.SeedSequence(self.seed)
        while True:
            yield root.spawn(1)[0].generate_state(size, np.uint64)


def _answer(
    bqm: dimod.BinaryQuadraticModel, Z: AnyArray, engine: str, num_sweeps: int, betas: list[float], clock: Clock
) -> dimod.SampleSet:
    """The sample set; every energy is the model's own, summed anew."""
    info = {
        "engine": engine,
        "num_reads": len(Z),
        "num_sweeps": num_sweeps,
        "beta_range": [min(beta, 1e300) for beta in betas],
        "seconds": {"sample": clock.elapsed},
    }
    return sample_set(Z, energies_of(bqm, Z), None, info)
