"""QAOA that never leaves the feasible subspace of the program's rows, as a sampler of the QUBO (``--solver xy``).

Exact simulation: one amplitude a point of the subspace, exact gradients, then measured points. Rows that the subspace
does not keep stay penalties of the QUBO. Limits: the program's own bits must be the QUBO's (no auxiliary bits), and
the energies of all points are computed, so what counts is the probability with which good points are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import dimod
import numpy as np

from ...core import SOLVERS, BinaryProgram, Clock, Float, Ground, UnsupportedError, bqm_to_arrays
from ...core.tunable import Range, tunable
from ..base import Estimate, Observe, QuboSampler, sample_set
from .angles import Optimized, Search, from_scaled, optimize, optimize_grown
from .keyed import KeyedSpace
from .memory import check_bytes
from .mixers import GroupMixer, GroverMixer, Mixer, TranspositionMixer, uniform_state
from .moves import Form, flip_mixer, swap_mixer
from .recognition import SpaceChoice, recognise
from .spaces import CHUNK, GroupSpace, PermutationSpace, Space, SpaceGround
from .states import Costs, cvar, draw, evolve, expectation, optimum_probability, point_state

MixerChoice = Literal["auto", "transposition", "complete-xy", "ring-xy", "flip", "grover"]
Start = Literal["ground", "uniform", "zero"]

#: Bytes a point takes in an optimisation; measured 280 on permutations of 10 (two states and temporaries).
POINT_BYTES = 320


@SOLVERS.register("xy", aliases=("subspace-qaoa",))
@dataclass(frozen=True)
class SubspaceQaoa(QuboSampler):
    """QAOA with constraint-preserving mixers, simulated exactly in the feasible subspace of the program's rows.

    Parameters
    ----------
    num_layers : layers of the circuit.
    mixer : ``auto`` takes transpositions on permutations, complete XY on one-hot groups and subsets, on an enumerated
        set the first of flips (controlled X), swaps and Grover that connects it and fits in memory. Chosen by name, one
        that does not suit the space is an error.
    space : which rows the subspace keeps; see ``recognise``.
    form : the exact exponential of the mixer's sum, or an ordered product (swaps and flips on listed sets only).
    start : the mixer's ground state, the uniform state, or the point 0 (the empty set, where that is feasible).
    alpha : CVaR share that the angles minimise; 1 is the expectation.
    init : seeded linear ramps, or angles grown layer by layer (INTERP) besides them, or ``transfer``: from ``angles``.
    angles : scaled gammas, then betas (see ``from_scaled``), for init ``transfer``.
    optimizer : ``l-bfgs``, or ``none``: the transferred angles as they are.
    num_starts, max_iterations : L-BFGS runs and the iterations of each; transferred angles have one run.
    num_shots : measured points of the final state.
    max_bytes : most memory to plan for; None means 4 GiB.

    References
    ----------
    Hadfield et al. (2019), doi:10.3390/a12020034; each mixer's docstring says where its signs differ.

    Examples
    --------
    >>> from qopt.core import BinaryProgram, make_rows
    >>> program = BinaryProgram(c=[3, 1, 2], rows=make_rows([[1, 1, 1]], lower=[1], upper=[1]))
    >>> model = dimod.BinaryQuadraticModel({0: 3.0, 1: 1.0, 2: 2.0}, {}, 0.0, "BINARY")
    >>> samples = SubspaceQaoa(num_layers=2).sample(model, program=program, seed=1)
    >>> float(samples.first.energy), samples.info["subspace"]
    (1.0, '1 one-hot groups: 3 states instead of 2**3; keeps 1 of 1 rows')
    """

    answers_empty: ClassVar[bool] = True
    keeps_rows: ClassVar[bool] = True

    num_layers: int = tunable(3, Range(1, 8), was="layers")
    mixer: MixerChoice = "auto"
    space: SpaceChoice = "auto"
    form: Form = "sum"
    start: Start = "ground"
    alpha: float = tunable(1.0, Range(0.05, 1.0))
    init: Literal["ramp", "interp", "transfer"] = "ramp"
    angles: tuple[float, ...] = ()
    optimizer: Literal["l-bfgs", "none"] = "l-bfgs"
    num_starts: int = tunable(8, Range(1, 16))
    max_iterations: int = tunable(200, Range(20, 400, "log"), was="maxiter")
    num_shots: int = 1024
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        Search(self.num_layers, self.num_starts, self.alpha, self.max_iterations)  # checks them
        if self.num_shots < 1:
            raise ValueError(f"num_shots must be >= 1, got {self.num_shots!r}")
        is_transfer = self.init == "transfer"
        if is_transfer != (len(self.angles) == 2 * self.num_layers) or (self.angles and not is_transfer):
            raise ValueError(
                f"init='transfer' must come with angles, {self.num_layers} gammas and betas, and only then, "
                f"got init={self.init!r} and {len(self.angles)} angles"
            )
        if self.optimizer == "none" and not is_transfer:
            raise ValueError("optimizer='none' must come with init='transfer', whose angles are then used")

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        program: BinaryProgram | None = None,
        seed: int | None = None,
        num_shots: int | None = None,
        seconds: float | None = None,
        evaluations: int | None = None,
        observe: Observe | None = None,
    ) -> dimod.SampleSet:
        """Measured points of the state at the best angles found.

        Raises
        ------
        UnsupportedError
            No program, one with other bits than the QUBO's, a mixer that does not suit, or a space that is too large.
        """
        clock = Clock(seconds)
        space, words = self._space(program, bqm.num_variables)
        mixer = self._mixer(space)
        costs = Costs(energies_on(bqm, space))
        start = self._start(mixer)
        prepared = clock.elapsed
        root = np.random.SeedSequence(seed)
        angle_seed, shot_seed = root.spawn(2)
        limits: dict[str, Any] = {"seconds": clock.remaining, "evaluations": evaluations, "start": start}
        best = self._angles(mixer, costs, int(angle_seed.generate_state(1)[0]), limits)
        optimized = clock.elapsed
        state = evolve(mixer, costs, best.gammas, best.betas, start=start)
        if observe is not None:
            observe(np.abs(state) ** 2)
        shots = num_shots or self.num_shots
        indices, counts = np.unique(draw(state, shots, np.random.default_rng(shot_seed)), return_counts=True)
        info = {
            "engine": "subspace (NumPy)",
            "qubits": int(bqm.num_variables),
            "subspace": words,
            "states": space.size,
            "mixer": mixer.describe(),
            "start": self.start,
            "shots": int(shots),
            **_figures(best, costs, mixer),
            "expectation": expectation(state, costs),
            "cvar": cvar(state, costs, self.alpha),
            "optimum_probability": optimum_probability(state, costs),
            "seconds": {
                "prepare": prepared,
                "optimize": optimized - prepared,
                "sample": clock.elapsed - optimized,
            },
        }
        return sample_set(space.points(indices), costs.values[indices], counts, info)

    def ground(self, num_variables: int, program: BinaryProgram | None) -> Ground:
        """The subspace that ``sample`` works in.

        Raises
        ------
        UnsupportedError
            As ``sample``.
        """
        return SpaceGround(*self._space(program, num_variables))

    def estimate(self, num_variables: int, num_interactions: int) -> Estimate:
        """Qubits; bytes depend on the rows and are checked, before they are taken, when these are known."""
        return Estimate(qubits=num_variables)

    def _space(self, program: BinaryProgram | None, num_variables: int) -> tuple[Space, str]:
        if program is None:
            raise UnsupportedError(
                "xy must know the rows of the program whose bits it samples, got a QUBO alone; choose an encoder "
                "without auxiliary bits, or qaoa; from Python give sample(bqm, program=BinaryProgram(...))"
            )
        if program.num_variables != num_variables:
            raise UnsupportedError(
                f"xy must sample the program's own {program.num_variables} bits, got a QUBO of {num_variables}; choose "
                "an encoder without auxiliary bits"
            )
        found = recognise(program, self.space, max_bytes=self.max_bytes)
        subject = f"an optimisation over {found.space.size:,} states ({found.space.describe()})"
        check_bytes(subject, POINT_BYTES * found.space.size, "fix variables first", self.max_bytes)
        return found.space, found.describe()

    def _mixer(self, space: Space) -> Mixer:
        choices = AUTO_MIXERS[type(space)] if self.mixer == "auto" else (self.mixer,)
        refusal = ""
        for choice in choices:
            try:
                return MIXERS[choice](space, self.form, self.max_bytes)
            except UnsupportedError as error:
                refusal = refusal or str(error)
        raise UnsupportedError(refusal)

    def _angles(self, mixer: Mixer, costs: Costs, seed: int, limits: dict[str, Any]) -> Optimized:
        search = Search(self.num_layers, self.num_starts, self.alpha, self.max_iterations)
        if self.init == "transfer":
            is_optimized = self.optimizer != "none"
            return from_scaled(mixer, costs, search, self.angles, is_optimized=is_optimized, **limits)
        find = optimize_grown if self.init == "interp" else optimize
        return find(mixer, costs, search, seed=seed, **limits)

    def _start(self, mixer: Mixer) -> Float | None:
        if self.start == "ground":
            return None
        if self.start == "uniform":
            return uniform_state(mixer.space.size)
        return point_state(mixer, np.zeros((1, mixer.space.num_bits), dtype=np.uint8))


def energies_on(bqm: dimod.BinaryQuadraticModel, space: Space) -> Float:
    """Energy of each point of the space, shape (size,), of a BINARY model with labels 0..m-1."""
    linear, rows, columns, values, offset = bqm_to_arrays(bqm)
    products = np.zeros((len(linear), len(linear)))
    np.add.at(products, (rows, columns), values)
    out = np.empty(space.size)
    for first in range(0, space.size, CHUNK):
        last = min(first + CHUNK, space.size)
        X = space.points(np.arange(first, last)).astype(np.float64)
        out[first:last] = X @ linear + ((X @ products) * X).sum(axis=1) + offset
    return out


def _figures(best: Optimized, costs: Costs, mixer: Mixer) -> dict[str, Any]:
    scaled = [*(best.gammas * costs.spread).tolist(), *(best.betas / mixer.beta_unit).tolist()]
    return {
        "angles": {"gammas": best.gammas.tolist(), "betas": best.betas.tolist(), "scaled": scaled},
        "evaluations": best.evaluations,
        "gradients": best.gradients,
        "is_cut": best.is_cut_short,
        "value_trace": [value for _, value in best.trace],  # without seconds: info must replay
    }


def _transposition(space: Space, form: Form, max_bytes: int | None) -> Mixer:
    _need(isinstance(space, PermutationSpace), "transposition", space)
    _need_sum(form, "transposition")
    assert isinstance(space, PermutationSpace)
    return TranspositionMixer(space, max_bytes)


def _complete(space: Space, form: Form, max_bytes: int | None) -> Mixer:
    if isinstance(space, GroupSpace):
        _need_sum(form, "complete-xy on one-hot groups")
        return GroupMixer(space, "complete")
    _need(isinstance(space, KeyedSpace), "complete-xy", space)
    assert isinstance(space, KeyedSpace)
    return swap_mixer(space, graph="complete", form=form, max_bytes=max_bytes)


def _ring(space: Space, form: Form, max_bytes: int | None) -> Mixer:
    if isinstance(space, GroupSpace):
        _need_sum(form, "ring-xy on one-hot groups")
        return GroupMixer(space, "ring")
    _need(isinstance(space, KeyedSpace), "ring-xy", space)
    assert isinstance(space, KeyedSpace)
    return swap_mixer(space, graph="ring", form=form, max_bytes=max_bytes)


def _flip(space: Space, form: Form, max_bytes: int | None) -> Mixer:
    _need(isinstance(space, KeyedSpace), "flip", space)
    assert isinstance(space, KeyedSpace)
    return flip_mixer(space, form=form, max_bytes=max_bytes)


def _grover(space: Space, form: Form, max_bytes: int | None) -> Mixer:
    _need_sum(form, "grover")
    return GroverMixer(space)


def _need(suits: bool, mixer: str, space: Space) -> None:
    if not suits:
        raise UnsupportedError(f"mixer {mixer} must suit the space, got {space.describe()}; leave it at auto")


def _need_sum(form: Form, mixer: str) -> None:
    if form != "sum":
        raise UnsupportedError(f"form must be 'sum' for mixer {mixer}, got {form!r}; it has no ordered product here")


MIXERS: Mapping[MixerChoice, Callable[[Space, Form, int | None], Mixer]] = MappingProxyType(
    {
        "transposition": _transposition,
        "complete-xy": _complete,
        "ring-xy": _ring,
        "flip": _flip,
        "grover": _grover,
    }
)

AUTO_MIXERS: Mapping[type, tuple[MixerChoice, ...]] = MappingProxyType(
    {
        PermutationSpace: ("transposition",),
        GroupSpace: ("complete-xy",),
        KeyedSpace: ("flip", "complete-xy", "grover"),
    }
)
