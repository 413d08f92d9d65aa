"""Recursive QAOA: the strongest correlation of a QAOA state fixes a relation between two bits, until few are left.

Each round optimises QAOA on the remaining model, takes argmax of |<Z_i Z_j>| over couplings and |<Z_i>| over fields,
and substitutes ``s_j = sign s_i`` (or ``s_i = sign``); the last bits are enumerated. In a polynomial the pairs are
those that stand in a term together. Limits: an exact state needs 2**n amplitudes in the first round; in quadratic
models one layer goes by the closed form for any size, few layers by light cones. Early relations are never taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import dimod
import numpy as np

from ...algorithms.depth_one import depth_one_seconds
from ...algorithms.enumeration import all_points
from ...algorithms.hadamard import walsh_hadamard
from ...core import SOLVERS, AnyArray, Bits, Clock, Float, PolynomialModel, UnsupportedError
from ...core.tunable import Range, tunable
from ...engines import diagonal
from ..base import Estimate, energies_of, sample_set
from ..ising import Ising
from ..seeds import spawn_seeds
from ..spin_polynomial import SpinPolynomial
from ..training.evaluation_log import Evaluation
from ..training.limits import Limits
from .backends import ExactQaoa, LightConeQaoa
from .cone_rounds import ConeRounds, ConeTraining
from .evaluators import ExactEvaluator, QaoaVariant
from .relations import Relations, settled_at_once, strongest
from .run import Optimized, optimize
from .settings import QaoaSettings

CorrelationSource = Literal["auto", "state", "depth-one"]

#: Above this many bits one layer goes by the closed form, which is cheaper than a state there.
STATE_QUBITS = 16

#: Largest number of bits that are enumerated at the end.
MAX_CUTOFF = 20


@SOLVERS.register("rqaoa", aliases=("recursive-qaoa",))
@dataclass(frozen=True)
class RecursiveQaoa(QaoaSettings):
    """Recursive QAOA: relations read off QAOA states one after another, the rest enumerated.

    Parameters
    ----------
    cutoff : bits that are left to enumeration.
    correlations : ``state`` (of the exact state; estimated from ``num_shots`` points on other backends), ``depth-one``
        (closed form of one layer at its best angles; any size, no polynomial), ``auto`` (depth-one above 16 bits where
        it applies).
    merges : relations taken from one set of correlations.

    All points of the enumeration are returned, and those drawn where the backend samples. Equal correlations are
    settled by the seed.

    References
    ----------
    Bravyi, Kliesch, Koenig, Tang (2020), Obstacles to variational quantum optimization from symmetry protection,
    arXiv:1910.08980, section "RQAOA". Fields are eliminated too, which the paper's models do not have.

    Examples
    --------
    >>> chain = {(i, i + 1): 2.0 for i in range(9)}
    >>> model = dimod.BinaryQuadraticModel({i: -1.0 for i in range(10)}, chain, 0.0, "BINARY")
    >>> samples = RecursiveQaoa().sample(model, seed=1)
    >>> float(samples.first.energy), len(samples.info["relations"])
    (-5.0, 2)
    """

    takes_polynomials: ClassVar[bool] = True

    num_layers: int = 1
    cutoff: int = tunable(8, Range(4, 12))
    correlations: CorrelationSource = "auto"
    merges: int = tunable(1, Range(1, 3))

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.cutoff <= MAX_CUTOFF:
            raise ValueError(f"cutoff must lie in 1..{MAX_CUTOFF}, got {self.cutoff!r}")
        if self.target_device:
            raise ValueError(
                f"target_device must be left out for rqaoa, whose circuits shrink, got {self.target_device!r}"
            )
        if self.merges < 1:
            raise ValueError(f"merges must be >= 1, got {self.merges!r}")
        if self.correlations == "depth-one" and not self._has_closed_form:
            raise ValueError(
                "correlations='depth-one' must have num_layers=1, backend='exact', alpha=1 and no "
                "shots_per_evaluation; use correlations='state'"
            )

    @property
    def _has_closed_form(self) -> bool:
        return (
            self.num_layers == 1
            and isinstance(self.runs_on, ExactQaoa)
            and self.alpha == 1
            and self.shots_per_evaluation is None
        )

    def uses_closed_form(self, num_variables: int) -> bool:
        """Whether a model of that size goes without a state."""
        if self.correlations == "auto":
            return self._has_closed_form and num_variables > STATE_QUBITS
        return self.correlations == "depth-one"

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        device: Any = None,
        max_points: int | None = None,
    ) -> dimod.SampleSet:
        """The enumerated points of the last model, expanded, and those drawn on the way.

        Under a limit of points more relations are taken, until no more points than that are left to enumerate.

        Raises
        ------
        UnsupportedError
            ``max_points`` where rounds draw points: how many rounds there will be is not known before.
            A polynomial whose state does not fit, or that was to go without one.
        """
        if max_points is not None:
            self._check_undrawn(device)
        if isinstance(bqm, PolynomialModel):
            self._check_polynomial(bqm)
        clock = Clock(seconds)
        n = bqm.num_variables
        if isinstance(self.runs_on, LightConeQaoa):
            limits = Limits(seed, num_shots, seconds, evaluations, device, max_points=max_points)
            return sample_by_cones(self, bqm, limits, clock)
        rounds = _Rounds(self, bqm, Limits(seed, num_shots, seconds, evaluations, device), clock)
        cutoff = self.bits_left(max_points)
        while rounds.relations.num_left > cutoff:
            if clock.is_over and rounds.last is not None and not isinstance(bqm, PolynomialModel):
                rounds.is_cut = True
                rounds.relations = settled_at_once(rounds.relations, *rounds.last, cutoff)
                break
            rounds.step()
        left = rounds.relations
        Z, counts = left.expanded(all_points(left.num_left)), np.ones(2**left.num_left, dtype=np.int64)
        for points, times in rounds.drawn:
            Z, counts = np.concatenate([Z, points]), np.concatenate([counts, times])
        info = {
            "engine": rounds.engine or f"enumeration of {n} bits",
            "qubits": n,
            "layers": self.num_layers,
            **rounds.counts,
            "relations": rounds.told,
            "is_cut": rounds.is_cut,
            "seconds": {"sample": clock.elapsed},
        }
        return sample_set(Z, energies_of(bqm, Z), counts, info)

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """That of the first round, and of all the smaller ones together once more."""
        if self.uses_closed_form(num_variables):
            return Estimate(qubits=num_variables, bytes=100 * num_variables**2)
        return _of_all_rounds(super().estimate(num_variables, num_interactions))

    def least_seconds(self, num_variables: int, num_interactions: int) -> float:
        """Of the first closed form, which nothing ends early."""
        return depth_one_seconds(num_variables, num_interactions) if self.uses_closed_form(num_variables) else 0.0

    def estimate_model(self, bqm: dimod.BinaryQuadraticModel) -> Estimate:
        """As ``estimate``, with the cones of the model; a polynomial has no closed form, at any size."""
        if self.uses_closed_form(bqm.num_variables) and not isinstance(bqm, PolynomialModel):
            return self.estimate(bqm.num_variables, bqm.num_interactions)
        return _of_all_rounds(super().estimate_model(bqm))

    def bits_left(self, max_points: int | None) -> int:
        """Bits that are left to enumeration: ``cutoff``, or fewer, so that ``2**bits <= max_points``.

        Examples
        --------
        >>> RecursiveQaoa().bits_left(None), RecursiveQaoa().bits_left(60), RecursiveQaoa().bits_left(1)
        (8, 5, 0)
        """
        return self.cutoff if max_points is None else min(self.cutoff, max_points.bit_length() - 1)

    def _check_undrawn(self, device: Any) -> None:
        text = "rqaoa must have exact values under a limit of points, since every round draws its own"
        if self.num_evaluation_shots is not None or device is not None:
            raise UnsupportedError(f"{text}; leave shots_per_evaluation out")
        if not isinstance(self.runs_on, (ExactQaoa, LightConeQaoa)):
            raise UnsupportedError(f"{text}, got backend {self.backend!r}; use --backend exact")

    def _check_polynomial(self, bqm: PolynomialModel) -> None:
        if self.correlations == "depth-one":
            raise UnsupportedError(
                "correlations='depth-one' must be given a quadratic model, got a polynomial; use correlations='state'"
            )
        refusal = self.estimate_model(bqm).refusal
        if refusal:
            raise UnsupportedError(refusal)


def _of_all_rounds(first: Estimate) -> Estimate:
    return replace(first, seconds=None if first.seconds is None else 2 * first.seconds)  # 1 + 1/2 + 1/4 + ...


class _Rounds:
    """The rounds of one run: the relations so far, and what they cost."""

    def __init__(self, settings: RecursiveQaoa, bqm: dimod.BinaryQuadraticModel, limits: Limits, clock: Clock) -> None:
        self.settings = settings
        self.relations = Relations.none(bqm)
        self.limits = limits
        self.clock = clock
        self.rng = np.random.default_rng(spawn_seeds(limits.seed, 1, 9)[0])
        self.seeds = iter(spawn_seeds(limits.seed, bqm.num_variables + 1))
        self.angles: tuple[float, ...] = ()
        self.last: tuple[Float, Float] | None = None
        self.counts = {"evaluations": 0, "gradients": 0, "circuits": 0, "shots": 0, "closed_forms": 0}
        self.drawn: list[tuple[Bits, AnyArray]] = []
        self.told: list[list[float]] = []
        self.engine = ""
        self.is_cut = False

    def step(self) -> None:
        """One relation more."""
        ising = self.relations.ising
        is_fresh = len(self.told) % self.settings.merges == 0
        if self.last is not None and (self.is_spent or not is_fresh):
            self.is_cut |= is_fresh
            singles, pairs = self.last
        else:
            singles, pairs = self.correlations(ising)
        i, j, value = strongest(ising, singles, pairs, self.rng)
        sign = 1 if value >= 0 else -1
        original = self.relations.alive
        self.told.append([int(original[i]), -1 if j < 0 else int(original[j]), sign, float(value)])
        self.relations = self.relations.fixed(i, sign) if j < 0 else self.relations.merged(i, j, sign)
        if j >= 0:  # what is not known of i is known of j
            pairs[i] = np.where(pairs[i] == 0, sign * pairs[j], pairs[i])
            pairs[:, i] = pairs[i]
        removed = i if j < 0 else j
        self.last = np.delete(singles, removed), np.delete(np.delete(pairs, removed, axis=0), removed, axis=1)

    @property
    def is_spent(self) -> bool:
        limit = self.limits.evaluations
        return self.clock.is_over or (limit is not None and self.counts["evaluations"] >= limit)

    def correlations(self, ising: Ising | SpinPolynomial) -> tuple[Float, Float]:
        """<Z_i>, shape (n,), and <Z_i Z_j>, shape (n, n), of an optimised state of the remaining model."""
        if isinstance(ising, Ising) and self.settings.uses_closed_form(ising.n):
            self.engine = self.engine or "closed form of one layer (numpy)"
            self.counts["closed_forms"] += 1
            return closed_form(ising)
        settings: QaoaSettings = self.settings
        if self.angles:  # scaled angles carry over from the round before
            settings = replace(self.settings, init="transfer", angles=self.angles, transfer="")
        left = None if self.limits.evaluations is None else self.limits.evaluations - self.counts["evaluations"]
        limits = replace(self.limits, seed=next(self.seeds), seconds=self.clock.remaining, evaluations=left)
        model = ising.model()
        run = optimize(settings, model, limits, QaoaVariant(), Clock(self.clock.remaining))
        self.angles = tuple(run.trained.angles.tolist())
        engine = str(run.evaluator.metadata["engine"])
        self.engine = engine if self.engine in ("", engine) else f"closed form of one layer (numpy), then {engine}"
        if isinstance(run.evaluator, ExactEvaluator) and run.evaluator.shots_per_evaluation is None:
            found = correlations_of(run.evaluator.state(run.trained.angles))
        else:
            found = self.estimated(run)
        self.count(run)
        return found

    def estimated(self, run: Optimized) -> tuple[Float, Float]:
        """Correlations of points drawn at the best angles."""
        measured: Evaluation = run.evaluator.draw(run.trained.angles, self.limits.num_shots or self.settings.num_shots)
        run.trained.log.keep(measured)
        assert measured.Z is not None
        assert measured.counts is not None
        spins = 1.0 - 2.0 * measured.Z
        weights = measured.counts / measured.counts.sum()
        return weights @ spins, (spins * weights[:, None]).T @ spins

    def count(self, run: Optimized) -> None:
        log = run.trained.log
        for key in ("evaluations", "gradients", "circuits", "shots"):
            self.counts[key] += int(getattr(log, key))
        if log.shots:
            Z, counts = log.points()
            self.drawn.append((self.relations.expanded(Z), counts))


def sample_by_cones(
    settings: RecursiveQaoa, bqm: dimod.BinaryQuadraticModel, limits: Limits, clock: Clock
) -> dimod.SampleSet:
    """The run on light cones: all points of the last spins, expanded."""
    training = ConeTraining(settings, limits, clock)
    rng = np.random.default_rng(spawn_seeds(limits.seed, 1, 9)[0])
    rounds = ConeRounds(Ising.of(bqm), settings.num_layers, training.fit, settings.merges, rng)
    while rounds.spins.num_left > settings.bits_left(limits.max_points):
        rounds.step()
    left = rounds.spins
    names = np.array(sorted(left.fields), dtype=np.int64)
    home = np.where(left.home < 0, -1, np.searchsorted(names, left.home))
    points = Relations(left.ising(), names, home, left.sign).expanded(all_points(left.num_left))
    info = {
        "engine": training.engine or f"enumeration of {bqm.num_variables} bits",
        "qubits": bqm.num_variables,
        "layers": settings.num_layers,
        **training.counts,
        **rounds.info(),
        "is_cut": training.is_cut,
        "seconds": {"sample": clock.elapsed},
    }
    return sample_set(points, energies_of(bqm, points), None, info)


def correlations_of(state: diagonal.AnyState) -> tuple[Float, Float]:
    """<Z_i>, shape (n,), and <Z_i Z_j>, shape (n, n), of a state, by one Walsh-Hadamard transform.

    Examples
    --------
    >>> from ...engines.diagonal.state import plus_state
    >>> correlations_of(plus_state(2, np.dtype(float)))[1].round(12).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    bits = np.int64(1) << np.arange(state.n)
    if not isinstance(state, diagonal.State):
        found = state.correlations(np.concatenate([bits, (bits[:, None] ^ bits[None, :]).ravel()]))
        return found[: state.n], found[state.n :].reshape(state.n, state.n)
    probabilities = state.probabilities()
    spectrum = walsh_hadamard(probabilities / probabilities.sum())
    return spectrum[bits], spectrum[bits[:, None] ^ bits[None, :]]


def closed_form(ising: Ising) -> tuple[Float, Float]:
    """<Z_i> and <Z_i Z_j> (of couplings; 0 elsewhere) of one layer at its best angles, without a state.

    Shapes (n,) and (n, n).
    """
    from scipy.sparse import csr_array

    from ...algorithms.depth_one import DepthOne, optimize_depth_one

    n = ising.n
    J = csr_array((ising.couplings, (ising.rows, ising.columns)), shape=(n, n))
    model = DepthOne(ising.fields, J + J.T)
    gamma, beta, _ = optimize_depth_one(model, None)  # type: ignore[arg-type]
    found = model.correlations(gamma, beta, pairs="couplings")
    pairs = np.zeros((n, n))
    pairs[found.rows, found.cols] = found.zz
    return found.z, pairs + pairs.T
