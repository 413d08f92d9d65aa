"""Simulated annealing that keeps rows instead of penalising them (``--solver constrained-sa``).

Permutations, tours, one-hot groups and packings are recognised from the rows and never left; other rows are soft, with
weights that follow the temperature and never enter the answer. Limits: equality systems with wide coefficients (market
split) are better left to CP-SAT or lattice reduction; it proves nothing.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Literal

import dimod
import numpy as np

from ...core import SOLVERS, BinaryProgram, Bits, Clock, Cube, FactoredModel, Ground, UnsupportedError
from ...core.tunable import Range, tunable
from ...engines.annealing.search import Search, load_engine, states_of, walks_name
from ...engines.annealing.structure import Structure, recognise
from ..base import Estimate, QuboSampler, cost_program, energies_of, is_cost_of, sample_set
from ..seeds import spawn_seeds
from .reads import check_positive

#: Reads of a run that has neither a count nor a time limit.
DEFAULT_READS = 20


@dataclass(frozen=True, eq=False)
class KeptGround:
    """Points of a structure's kept rows; how many there are is not counted."""

    structure: Structure
    num_bits: int

    @property
    def size(self) -> None:
        return None

    def draw(self, rng: np.random.Generator, num_points: int) -> Bits:
        """Independent points of the kept rows, shape (num_points, num_bits)."""
        return self.structure.draw(num_points, rng)

    def block(self, first: int, last: int) -> Bits:
        """Refused, whatever the range: the points, which would have shape (last - first, num_bits), have no number.

        Raises
        ------
        UnsupportedError
            Always.
        """
        raise UnsupportedError(f"block must be asked of a counted ground, got {self.describe()}; draw points instead")

    def describe(self) -> str:
        """The structure in words."""
        return self.structure.describe()


@SOLVERS.register("constrained-sa", aliases=("constrained-annealing",))
@dataclass(frozen=True)
class ConstrainedAnnealing(QuboSampler):
    """Simulated annealing inside the rows of the program: exchanges, reversals, block moves and ejections.

    Parameters
    ----------
    num_reads : anneals; None means 20, or under a time limit as many as its growing anneals are.
    num_sweeps : sweeps an anneal without a time limit; a sweep is one proposal for each place of a permutation or tour,
        or each bit.
    threads : anneals at the same time; without a time limit the result does not depend on it.
    engine : compiled walks, or their reference in Python.

    References
    ----------
    Kirkpatrick, Gelatt, Vecchi (1983), doi:10.1126/science.220.4598.671, for annealing by exchanges and reversals;
    Wah, Wang (1999), Simulated annealing with asymptotic convergence for nonlinear constrained global optimization,
    doi:10.1007/978-3-540-48085-3_33, for multipliers that move while annealing (there by probabilistic ascent).

    Examples
    --------
    >>> from qopt.core import BinaryProgram, make_rows
    >>> program = BinaryProgram(c=[3, 1, 2], rows=make_rows([[1, 1, 1]], lower=[1], upper=[1]))
    >>> model = dimod.BinaryQuadraticModel({0: 3.0, 1: 1.0, 2: 2.0}, {}, 0.0, "BINARY")
    >>> samples = ConstrainedAnnealing(num_reads=2, num_sweeps=50).sample(model, program=program, seed=1)
    >>> float(samples.first.energy), samples.info["subspace"]
    (1.0, '1 one-hot group; keeps 1 of 1 rows')
    """

    keeps_rows: ClassVar[bool] = True
    takes_factors: ClassVar[bool] = True

    num_reads: int | None = None
    num_sweeps: int = tunable(2000, Range(20, 10000, "log"))
    threads: int = 1
    engine: Literal["auto", "compiled", "numpy"] = "auto"

    def __post_init__(self) -> None:
        check_positive("num_reads", self.num_reads)
        check_positive("num_sweeps", self.num_sweeps)
        check_positive("threads", self.threads)

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        program: BinaryProgram | None = None,
        seed: int | None = None,
        num_reads: int | None = None,
        seconds: float | None = None,
    ) -> dimod.SampleSet:
        """The best point of each anneal that keeps every row, or its last one where there was none.

        Without a program the model itself is annealed, which has no rows.

        Raises
        ------
        UnsupportedError
            A program with other bits than the QUBO's, or the compiled walks asked for and not built.
        """
        clock = Clock(seconds)
        check_positive("num_reads", num_reads)
        wanted = num_reads or self.num_reads
        own = program
        if own is None or (own.num_variables == bqm.num_variables and not is_cost_of(bqm, own)):
            own = dataclasses.replace(cost_program(bqm), rows=None if own is None else own.constraints)
        structure = self._structure(own, bqm.num_variables)
        search = Search(structure, load_engine(self.engine), spawn_seeds(seed, 1)[0], self.threads)
        is_counted = seconds is None
        found = search.by_count(wanted or DEFAULT_READS, self.num_sweeps) if is_counted else search.by_time(clock)
        Z = structure.decode(states_of(found))
        info = {
            "engine": f"constrained annealing, {walks_name(search.engine)}",
            "subspace": structure.describe(),
            "num_reads": len(Z),
            "window": [float(t) for t in found.window],
            "proposals": found.proposals,
            "accepted": found.accepted,
            "is_seeded": is_counted,
            "seconds": {"sample": clock.elapsed},
        }
        return sample_set(Z, energies_of(bqm, Z), None, info)

    def ground(self, num_variables: int, program: BinaryProgram | None) -> Ground:
        """The points that keep the rows that ``sample`` keeps; all bits where it keeps none.

        Independent sets and other packings come by random insertion, which is not uniform over them.
        """
        if program is None:
            return Cube(num_variables)
        structure = self._structure(program, num_variables)
        return KeptGround(structure, num_variables) if structure.holds else Cube(num_variables)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Bytes of the products and of the walk; a permutation also keeps them as a matrix of up to 256 MiB."""
        matrix = min(8 * num_variables**2, 2**28)
        return Estimate(qubits=num_variables, bytes=200 * num_variables + 64 * num_interactions + matrix)

    def estimate_model(self, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """As ``estimate``; products held by their factors take no more than the bits."""
        return self.estimate(bqm.num_variables, 0 if isinstance(bqm, FactoredModel) else bqm.num_interactions)

    def _structure(self, program: BinaryProgram, num_variables: int) -> Structure:
        if program.num_variables != num_variables:
            raise UnsupportedError(
                f"constrained-sa must sample the program's own {program.num_variables} bits, got a QUBO of "
                f"{num_variables}; choose an encoder without auxiliary bits (--encoder native)"
            )
        return recognise(program)
