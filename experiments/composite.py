"""Decomposition around any dimod sampler, as Ocean's users write it: ``Decompose(child, size=50).sample(bqm)``.

The child sees models of at most ``size`` variables (or as many as its embedding takes) and answers as it always does;
what it returns is judged on the whole model, and the best point so far stays fixed outside the next neighbourhood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dimod
import numpy as np

from ..core import AnyArray, BinaryProgram, Round, bqm_to_arrays
from ..encoders.neighbourhood import Chooser, Neighbourhood
from ..solvers.base import points_of, sample_set


class Decompose(dimod.ComposedSampler):  # type: ignore[misc]
    """Composite that solves parts of a model by another sampler, round after round.

    Parameters
    ----------
    child : any dimod sampler, embedding composites included.
    size : most variables that the child gets.
    chooser : which ones; see ``Neighbourhood``. ``auto``: breadth-first balls and impact order.
    accept, num_restarts, patience, parts : as in ``Neighbourhood``; ``former`` may hold former names of these.

    References
    ----------
    M. Booth, S. P. Reinhardt, A. Roy (2017), Partitioning optimization problems for hybrid classical/quantum execution;
    we differ: no tabu search between the rounds, so that the answer is the child's.

    Examples
    --------
    >>> model = dimod.BinaryQuadraticModel({i: -1.0 for i in range(6)}, {(i, i + 1): 2.0 for i in range(5)}, "BINARY")
    >>> samples = Decompose(dimod.ExactSolver(), size=3).sample(model, seed=1)
    >>> float(samples.first.energy), samples.info["rounds"] > 1
    (-3.0, True)
    """

    def __init__(
        self,
        child: dimod.Sampler,
        *,
        size: int = 20,
        chooser: Chooser = "auto",
        accept: Any = "equal",
        num_restarts: int = 0,
        patience: int | None = None,
        parts: int = 1,
        **former: Any,
    ) -> None:
        self._children = [child]
        restarts: dict[str, Any] = {"num_restarts": num_restarts} if num_restarts or not former else {}
        self._encoder = Neighbourhood(
            size=size, chooser=chooser, accept=accept, patience=patience, parts=parts, **restarts, **former
        )

    @property
    def children(self) -> list[dimod.Sampler]:
        """The child alone."""
        return self._children

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """The child's, and ``seed``, ``rounds`` and ``initial_state``."""
        own: dict[str, list[str]] = {"seed": [], "rounds": [], "initial_state": []}
        return {**{name: ["parameters"] for name in self.child.parameters}, **own}

    @property
    def properties(self) -> Mapping[str, Any]:
        return {"child_properties": dict(self.child.properties)}

    def sample(
        self,
        bqm: dimod.BinaryQuadraticModel,
        *,
        seed: int | None = None,
        rounds: int | None = None,
        initial_state: Mapping[Any, int] | None = None,
        **child_options: Any,
    ) -> dimod.SampleSet:
        """The best point of all rounds, and the distinct better points on the way to it.

        Parameters
        ----------
        seed : of the neighbourhoods, and of the child where it takes one; 0 where none is given.
        rounds : at most so many; None until ``patience`` rounds bring nothing.
        initial_state : value of each variable at the start; bits 0 (spins -1) where it is not given.
        child_options : passed to the child in every round.
        """
        labels = list(bqm.variables)
        plain = bqm.change_vartype("BINARY", inplace=False)
        plain.relabel_variables({label: i for i, label in enumerate(labels)})
        program = program_of(plain)
        start = _start(bqm, labels, initial_state)
        encoding = self._encoder.encode_from(program, start, seed=seed or 0)
        seeds = np.random.SeedSequence(seed or 0)
        index, done = 0, False
        visited = [start]
        while program.num_variables and not done and (rounds is None or index < rounds):
            options = dict(child_options)
            if "seed" in self.child.parameters:
                options.setdefault("seed", int(seeds.spawn(1)[0].generate_state(1)[0] & 0x7FFFFFFF))
            Z, energies, counts = points_of(self.child.sample(encoding.bqm, **options))
            round = Round(encoding.decode(Z), energies, None, None, program, index, np.asarray(counts, dtype=np.int64))
            following = self._encoder.update(encoding, round)
            index += 1
            if following is None:
                break
            encoding, done = following, bool(following.state.get("is_done"))
            if following.trace[-1]["is_gain"]:
                visited.append(np.asarray(following.state["x"]))
        X = np.array(visited[-10:], dtype=np.uint8).reshape(-1, program.num_variables)
        info = {"rounds": index, "start_energy": float(program.costs(start[None])[0]) if labels else float(bqm.offset)}
        found = sample_set(X, program.costs(X), None, info)
        found = found.relabel_variables(dict(enumerate(labels)), inplace=False)
        return found.change_vartype(bqm.vartype, inplace=False)


def program_of(bqm: dimod.BinaryQuadraticModel) -> BinaryProgram:
    """A BINARY model with labels 0..n-1 as a program without rows."""
    from scipy.sparse import coo_array

    linear, rows, columns, values, offset = bqm_to_arrays(bqm)
    n = len(linear)
    products = coo_array((values, (np.minimum(rows, columns), np.maximum(rows, columns))), shape=(n, n)).tocsr()
    return BinaryProgram(linear, products, offset)


def _start(bqm: dimod.BinaryQuadraticModel, labels: list[Any], given: Mapping[Any, int] | None) -> AnyArray:
    if given is None:
        return np.zeros(len(labels), dtype=np.uint8)
    missing = [label for label in labels if label not in given]
    if missing:
        raise ValueError(f"initial_state must have a value for each variable, got none for {missing[0]!r}")
    values = np.array([given[label] for label in labels], dtype=np.int64)
    return np.asarray((values + 1) // 2 if bqm.vartype is dimod.SPIN else values, dtype=np.uint8)
