"""Tabu search of dwave-samplers, with seeds, limits and options held to their word.

Without a time limit a run is one library call and replays exactly. With one it is as many searches as fit. Limits: the
library keeps the model in dense matrices, 40 n**2 bytes in all, and proves nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import dimod
import numpy as np

from ...core import SOLVERS, AnyArray, Clock, UnsupportedError
from ...core.tunable import Range, tunable
from ...engines.diagonal.memory import available_bytes
from ..base import Estimate, Heard, QuboSampler, energies_of, sample_set
from ..seeds import spawn_seeds
from .reads import DEFAULT_READS, Listener, check_positive, points_by_label, seed_stream

#: Measured: resident bytes, and seconds until the first search begins, a pair of variables (n = 1,000 .. 4,000).
BYTES_PER_PAIR = 40
SECONDS_PER_PAIR = 5e-8
#: Seconds that building may be estimated to take whatever the limit.
GRACE_SECONDS = 1.0


@SOLVERS.register("tabu")
@dataclass(frozen=True)
class Tabu(QuboSampler):
    """Multistart tabu search MST2 (dwave-samplers).

    Parameters
    ----------
    num_reads : searches from random points; None means 100, or under a time limit as many as fit.
    num_restarts : restarts within each search, which end it; the library's own end, 20 ms of wall clock, would make
        the result depend on the machine and void the seed.
    tenure : moves for which a flipped variable stays as it is; None means min(20, n // 4).

    A time limit reaches the library in whole milliseconds and may cut the last search.

    References
    ----------
    Palubeckis (2004), Multistart tabu search strategies for the unconstrained binary quadratic optimization problem,
    doi:10.1023/B:ANOR.0000039522.58036.68.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({0: 1.0, 1: -1.0}, {(0, 1): 2.0}, 0.0, "BINARY")
    >>> float(Tabu(num_reads=2).sample(model, seed=1).first.energy)
    -1.0
    """

    num_reads: int | None = None
    num_restarts: int = tunable(1, Range(1, 20, "log"))
    tenure: int | None = None

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        if self.num_restarts < 0:
            raise ValueError(f"num_restarts must be >= 0, got {self.num_restarts!r}")
        if self.tenure is not None and self.tenure < 0:
            raise ValueError(f"tenure must be >= 0, got {self.tenure!r}")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
        tenure: int | None = None,
        num_restarts: int | None = None,
        timeout: int | None = None,
        aggregate: bool = False,
        initial_states: Any = None,
        initial_states_generator: str = "random",
        energy_threshold: float | None = None,
        coefficient_z_first: int | None = None,
        coefficient_z_restart: int | None = None,
        lower_bound_z: int | None = None,
        heard: Heard | None = None,
    ) -> dimod.SampleSet:
        """Best point of each search, a row a search, lowest energy first, so that it stands in for the library's own.

        Parameters
        ----------
        tenure, num_restarts : those of this call, in the place of the settings.
        timeout : milliseconds a search, as the library has it; ``seconds`` limits the whole call.
        aggregate : equal points as one row with their ``num_occurrences``.
        initial_states, initial_states_generator, energy_threshold, coefficient_z_first, coefficient_z_restart,
        lower_bound_z : keywords of dwave-samplers' ``sample``, passed on as they are.

        Raises
        ------
        UnsupportedError
            The library's dense matrices do not fit into the memory, or are not built within the time limit.
        """
        library = {
            "initial_states": initial_states,
            "initial_states_generator": initial_states_generator,
            "energy_threshold": energy_threshold,
            "coefficient_z_first": coefficient_z_first,
            "coefficient_z_restart": coefficient_z_restart,
            "lower_bound_z": lower_bound_z,
        }
        clock, started = Clock(seconds), time.perf_counter_ns()
        check_positive("num_reads", num_reads)
        settings = replace(
            self,
            tenure=self.tenure if tenure is None else tenure,
            num_restarts=self.num_restarts if num_restarts is None else num_restarts,
        )
        wanted = num_reads or self.num_reads
        n = bqm.num_variables
        if settings.tenure is not None and settings.tenure >= n:
            raise ValueError(f"tenure must be < {n}, the number of variables, got {settings.tenure}; leave it out")
        settings._check_time(n, clock)
        begun = time.perf_counter_ns()
        if seconds is None:
            Z = settings._search(bqm, wanted or DEFAULT_READS, spawn_seeds(seed, 1)[0], timeout, library)
        else:
            Z = settings._search_until(bqm, wanted, seed, clock, library, Listener(bqm, heard))
        ended = time.perf_counter_ns()
        info = {
            "engine": "dwave-samplers tabu",
            "num_reads": len(Z),
            "num_restarts": settings.num_restarts,
            "is_seeded": seconds is None and timeout is None,
            "seconds": {"sample": clock.elapsed},
        }
        samples = sample_set(Z, energies_of(bqm, Z), None, info, is_merged=aggregate)
        timing = (("preprocessing_ns", begun - started), ("sampling_ns", ended - begun))
        samples.info["timing"] = dict((*timing, ("postprocessing_ns", time.perf_counter_ns() - ended)))
        return samples

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the library's dense matrices, or that they do not fit."""
        need = BYTES_PER_PAIR * num_variables**2
        free = available_bytes()
        refusal = ""
        if free is not None and need > free:
            refusal = (
                f"tabu must fit its dense matrices of {num_variables:,} variables in the memory available, {free:,} "
                f"bytes, got {need:,}; use sa"
            )
        return Estimate(qubits=num_variables, bytes=need, refusal=refusal)

    def _check_time(self, n: int, clock: Clock) -> None:
        seconds = SECONDS_PER_PAIR * n**2
        if clock.remaining is not None and seconds > max(clock.remaining, GRACE_SECONDS):
            raise UnsupportedError(
                f"tabu must build its dense matrix of {n:,} variables within the time limit, about {seconds:.3g} s, "
                f"got {clock.remaining:.3g} s; raise it, or use sa"
            )

    def _search(
        self,
        bqm: dimod.BinaryQuadraticModel,
        num_reads: int,
        seed: int,
        timeout: int | None,
        library: Mapping[str, Any],
    ) -> AnyArray:
        from dwave.samplers import TabuSampler

        samples = TabuSampler().sample(
            bqm,
            num_reads=num_reads,
            seed=seed,
            timeout=timeout,
            num_restarts=self.num_restarts,
            tenure=self.tenure,
            **library,
        )
        return points_by_label(samples, bqm.num_variables)

    def _search_until(
        self,
        bqm: dimod.BinaryQuadraticModel,
        wanted: int | None,
        seed: int | None,
        clock: Clock,
        library: Mapping[str, Any],
        listener: Listener,
    ) -> AnyArray:
        Z: list[AnyArray] = []
        for read_seed in seed_stream(seed):
            left = int(1000 * (clock.remaining or 0.0))  # milliseconds; below one the library would not stop at all
            if Z and (left < 1 or (wanted is not None and len(Z) >= wanted)):
                break
            Z.append(self._search(bqm, 1, read_seed, max(1, left), library))
            listener.tell(None if wanted is None else len(Z) / wanted, Z[-1])
        return np.concatenate(Z)
