"""Recursive QAOA at any size: relations read off light cones, of which each elimination changes only those around it.

Angles are optimised at the start and again whenever the number of spins has halved. Merged spins have more neighbours,
so that cones grow: where they pass the limits, the rest goes on with one layer less, down to the closed form of one
layer; the info tells from how many spins on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...core import Clock, Float, UnsupportedError
from ...engines.light_cone import CouplingGraph, Known, LightCones, Limits, plan_of, values_of
from ..ising import Ising
from ..seeds import spawn_seeds
from ..training.evaluation_log import EvaluationLog
from ..training.limits import Limits as RunLimits
from ..training.loop import begin_at, train
from .evaluators import CircuitSpec
from .initial_angles import Circuits
from .light_cone import LightConeEvaluator, light_cones
from .settings import QaoaSettings
from .sparse_spins import SparseSpins

#: What cones may take when later rounds train, and in one refresh: fixed numbers of bytes, so that the same run is the
#: same on every machine.
ROUND_LIMITS = Limits(2**22, 0.5, num_rules=1)
_REFRESH_LIMITS = Limits(2**20, 0.03, num_rules=1)

#: Trained angles of a model: (model, layers) -> cones, gammas, betas of the gates.
Fit = Callable[[Ising, int], tuple[LightCones, Float, Float]]


class ConeTraining:
    """Angles of the models of one run, each begun from those of the model before, within one budget."""

    def __init__(self, settings: QaoaSettings, limits: RunLimits, clock: Clock) -> None:
        self.settings, self.limits, self.clock = settings, limits, clock
        self.rng = np.random.default_rng(spawn_seeds(limits.seed, 1)[0])
        self.counts = {"evaluations": 0, "gradients": 0, "circuits": 0, "shots": 0}
        self.last: dict[int, Float] = {}
        self.engine = ""
        self.is_cut = False

    def fit(self, ising: Ising, num_layers: int) -> tuple[LightCones, Float, Float]:
        """Cones and angles of the gates; the first model may take all memory, later ones ``ROUND_LIMITS``.

        Gammas and betas have shape (p,) each.

        Raises
        ------
        UnsupportedError
            The cones are too large.
        """
        settings = self.settings
        model, unit = ising.model(), ising.unit(settings.scale)

        def make(num_layers: int) -> LightConeEvaluator:
            limits = ROUND_LIMITS if self.engine else None
            cones = light_cones(ising, num_layers, threads=settings.threads, engine=settings.engine, limits=limits)
            return LightConeEvaluator(model, CircuitSpec(ising, num_layers, unit), cones)

        full = make(num_layers)
        circuits = Circuits(make, full, settings.max_evaluations)
        start = self.last.get(num_layers)
        if start is None:
            path = replace(settings, num_layers=num_layers).initial_angles.path(circuits, self.rng)
        else:  # scaled angles carry over from the model before
            path = [circuits.stage(begin_at(start))]
        left = None if self.limits.evaluations is None else self.limits.evaluations - self.counts["evaluations"]
        log = EvaluationLog(Clock(self.clock.remaining), left)
        trained = train([path], log, settings.optimizer_used, self.rng)
        self.last[num_layers] = trained.angles
        self.engine = self.engine or full.cones.engine
        self.is_cut |= trained.is_cut
        for key in self.counts:
            self.counts[key] += int(getattr(log, key))
        return full.cones, *full.spec.gates(trained.angles)


class ConeRounds:
    """The rounds of one run.

    Parameters
    ----------
    fit : optimises the angles; raises UnsupportedError where the cones are too large
    merges : relations taken from one set of correlations
    """

    def __init__(self, ising: Ising, num_layers: int, fit: Fit, merges: int, rng: np.random.Generator) -> None:
        self.spins = SparseSpins(ising)
        self.num_layers, self.fit, self.merges, self.rng = num_layers, fit, merges, rng
        self.told: list[list[float]] = []
        self.depths: list[list[int]] = []
        self.pairs: dict[tuple[int, int], float] = {}
        self.singles: dict[int, float] = {}
        self.changed: set[int] = set()
        self.trained_at = 0
        self.networks: Known = {}  # of shapes that earlier refreshes planned: most come again
        self.gammas: Float = np.zeros(0)
        self.betas: Float = np.zeros(0)

    def step(self) -> None:
        """One relation more."""
        if 2 * self.spins.num_left <= self.trained_at or not self.depths:
            self.train()
        elif self.changed and len(self.told) % self.merges == 0:
            try:
                self.refresh()
            except UnsupportedError:
                self.num_layers -= 1
                self.train()
        i, j, value = self.strongest()
        sign = 1 if value >= 0 else -1
        self.told.append([i, j, sign, float(value)])
        self.changed |= self.spins.within([i] if j < 0 else [i, j], self.num_layers)
        if j < 0:
            self.spins.fix(i, sign)
            self.singles.pop(i, None)
        else:
            self.spins.merge(i, j, sign)
            self.singles.pop(j, None)
            self.changed.add(i)
        gone = i if j < 0 else j
        self.carry_over(gone, -1 if j < 0 else i, sign)

    def carry_over(self, gone: int, into: int, sign: int) -> None:
        """What was known of a pair with a spin that is gone is known of its spin until the next refresh."""
        for pair in [pair for pair in self.pairs if gone in pair]:
            value = self.pairs.pop(pair)
            other = pair[0] if pair[1] == gone else pair[1]
            if into >= 0 and other != into and other in self.spins.near[into]:
                self.pairs.setdefault((min(into, other), max(into, other)), sign * value)
        self.changed &= self.spins.fields.keys()

    def train(self) -> None:
        """Angles and all correlations of the model that is left, at the most layers that still fit.

        Raises
        ------
        UnsupportedError
            One layer does not fit either, which only the first model's size can bring about.
        """
        while True:
            ising = self.spins.ising()
            try:
                cones, self.gammas, self.betas = self.fit(ising, self.num_layers)
                break
            except UnsupportedError:
                if self.num_layers == 1 or not self.depths:  # what was asked for does not fit at all
                    raise
                self.num_layers -= 1
        if not self.depths or self.depths[-1][1] != self.num_layers:
            self.depths.append([self.spins.num_left, self.num_layers])
        found = cones.correlations(self.gammas, self.betas)
        names = np.array(sorted(self.spins.fields))
        ends = zip(names[found.rows].tolist(), names[found.cols].tolist())
        self.pairs = dict(zip(ends, found.zz.tolist()))
        self.singles = {i: value for i, value in zip(names.tolist(), found.z.tolist()) if self.spins.fields[i]}
        self.trained_at, self.changed = self.spins.num_left, set()

    def refresh(self) -> None:
        """The correlations around the spins that changed, from the part of the graph that they depend on."""
        roots = self.spins.within(self.changed, 0)
        chosen, *arrays = self.spins.part(self.spins.within(roots, self.num_layers + 1))
        place = {spin: k for k, spin in enumerate(chosen)}
        pairs = sorted({(min(i, k), max(i, k)) for i in roots for k in self.spins.near[i]})
        singles = sorted(i for i in roots if self.spins.fields[i])
        graph = CouplingGraph.of(*arrays)
        local = [(place[i], place[j]) for i, j in pairs]
        plan = plan_of(graph, self.num_layers, [place[i] for i in singles], local, _REFRESH_LIMITS, self.networks)
        values = values_of(plan, self.gammas, self.betas).tolist()
        for i in roots:
            self.singles.pop(i, None)
        self.singles.update(zip(singles, values))
        self.pairs.update(zip(pairs, values[len(singles) :]))
        self.pairs = {(i, j): value for (i, j), value in self.pairs.items() if j in self.spins.near.get(i, ())}
        self.changed = set()

    def strongest(self) -> tuple[int, int, float]:
        """``(i, j, correlation)`` of the largest magnitude over couplings and fields (j = -1); equal ones by chance."""
        keys: list[tuple[int, int]] = [*self.pairs, *((i, -1) for i in self.singles)]
        if not keys:
            return max(self.spins.fields), -1, 1.0
        values = np.array([*self.pairs.values(), *self.singles.values()])
        sizes = np.abs(values)
        k = int(self.rng.choice(np.flatnonzero(sizes >= sizes.max() - 1e-9)))
        return *keys[k], float(values[k])

    def info(self) -> dict[str, Any]:
        """Relations, and the layers from how many spins on."""
        return {"relations": self.told, "layers_from": self.depths}
