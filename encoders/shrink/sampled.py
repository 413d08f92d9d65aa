"""Correlations from points: annealed ones with Boltzmann weights, and from the fractional point of the program's LP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core import CORRELATIONS, BinaryProgram, UnsupportedError, make_rows
from ...core.arrays import Float
from ..quadratic import Quadratic
from .classes import substitution
from .correlations import Correlations, Task, gram_pairs


@CORRELATIONS.register("sampling")
@dataclass(frozen=True)
class Sampling:
    """Mean products of spins over annealed points, weighted by ``exp(-(E - E_min) / (heat * spread))``.

    Parameters
    ----------
    num_reads, num_sweeps : of the annealer (dwave-samplers).
    heat : temperature in units of the energies' standard deviation over the reads.
    seed : of the annealer; each recomputation draws anew.
    """

    num_reads: int = 200
    num_sweeps: int = 200
    heat: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("num_reads", "num_sweeps", "heat"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)!r}")

    def correlations(self, task: Task) -> Correlations:
        """All pairs with their weighted mean product; the anchor's spin is 1."""
        S = self._spins(task)
        energies = task.energy.values((S[:, 1:] + 1) / 2)
        spread = float(energies.std())
        weights = np.exp(-(energies - energies.min()) / (self.heat * spread)) if spread else np.ones(len(S))
        weighted = S * np.sqrt(weights / weights.sum())[:, None]
        return Correlations(*gram_pairs(np.ascontiguousarray(weighted.T)))

    def _spins(self, task: Task) -> Float:
        """One row a read, the anchor first; +1 for a bit that is 1."""
        import warnings

        from dwave.samplers import SimulatedAnnealingSampler

        bqm = task.energy.bqm()
        seed = int(np.random.default_rng([self.seed, task.index]).integers(2**31))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns of models without biases, which any point solves
            found = SimulatedAnnealingSampler().sample(
                bqm, num_reads=self.num_reads, num_sweeps=self.num_sweeps, seed=seed
            )
        order = np.argsort(np.array([int(label) for label in found.variables]))
        Z = np.asarray(found.record.sample)[:, order].astype(np.float64)
        return np.concatenate([np.ones((len(Z), 1)), 2.0 * Z - 1.0], axis=1)


@CORRELATIONS.register("cqm-lp")
@dataclass(frozen=True)
class ProgramLp:
    """Products of ``2 x - 1`` at the fractional optimum x of the program's own LP, merges included as equalities.

    Products of variables are linearised. Where the merges leave the LP no point (unchecked ones may), a class has the
    mean of its members in the LP without merges. Bits without a row or a cost of their own (slack) have no value and
    get 0, so that shrinking ends when they alone are left: put it around an encoder without slack.

    References
    ----------
    Rounding by the linear relaxation; products: R. Fortet (1960). arXiv:2404.19474 uses the LP to fix variables.
    """

    def correlations(self, task: Task) -> Correlations:
        """All pairs of nodes; that with the anchor is ``2 x_i - 1``."""
        reduced = substituted_program(task.program, task)
        x = _marginals(task, reduced)
        is_known = np.asarray(abs(reduced.constraints.A).sum(axis=0)).ravel() > 0
        is_known |= reduced.c != 0
        products = reduced.products
        is_known |= np.diff(products.indptr) > 0
        is_known[np.unique(products.indices)] = True
        marginals = np.where(is_known, 2.0 * x - 1.0, 0.0)
        return Correlations(*gram_pairs(np.concatenate([[1.0], marginals])[:, None]))


def _marginals(task: Task, reduced: BinaryProgram) -> Float:
    """Fractional value of each class's bit."""
    from ..presolve import MAX_PRODUCTS, relaxed

    try:
        return relaxed(reduced).x
    except UnsupportedError:
        if reduced.products.nnz > MAX_PRODUCTS:
            raise
    T, t = substitution(task.literals)
    members = np.maximum(np.asarray(abs(T).sum(axis=0)).ravel(), 1.0)
    mean: Float = T.T @ (relaxed(task.program).x - t) / members
    return mean


def substituted_program(program: BinaryProgram, task: Task) -> BinaryProgram:
    """The program over the classes' bits: ``x = T y + t`` put into cost and rows."""
    T, t = substitution(task.literals)
    rows = program.constraints
    shift = rows.A @ t
    energy = Quadratic.cost(program).substituted(T, t)
    inside = make_rows(rows.A @ T, lower=rows.lower - shift, upper=rows.upper - shift, names=rows.names)
    return BinaryProgram(energy.linear, energy.products, energy.offset, inside)
