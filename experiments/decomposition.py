"""What a run does for encoders that begin at a point and look at a part of the variables a round.

The start is constructed here, since encoders know no problem; points of a round are judged inside the small program
where the whole one is large.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..core import AnyArray, BinaryProgram, Bits, Encoder, Encoding, Formulation, RepairFailed, Round
from ..core.unique import unique_rows
from ..encoders.neighbourhood import Neighbourhood, Starting
from ..repair import repair
from .candidates import Candidates, evaluate_apart
from .pipeline import Pipeline
from .refinement import Refinement, signed_objective

#: Patience that no run reaches.
NEVER = 1 << 40
#: Work of judging a round's points in the whole program (points times terms), above which they are thinned out.
MAX_WORK = 4_000_000
#: Points that are left then.
THIN = 4


def first_encoding(
    encoder: Encoder, formulation: Formulation, seeds: np.random.SeedSequence
) -> tuple[Encoding, Candidates | None]:
    """The encoding of the first round; of a starting encoder, at the start that its settings ask for, told apart."""
    program = formulation.program
    if not isinstance(encoder, Starting):
        return encoder.encode(program), None
    seed = int(seeds.generate_state(1)[0] & 0x7FFFFFFF)
    x = start_point(formulation, encoder.start, seed)
    if x is None:
        x = np.asarray(encoder.encode(program).state["x"], dtype=np.uint8)
    start, _ = evaluate_apart(formulation, program, formulation.complete(x[None]), [0])
    cost, broken = float(start.costs[0]), float(start.broken[0])
    return encoder.encode_from(program, start.X[0], seed=seed, cost=cost, broken=broken), start


def best_of_stored(stored: Encoding | None, formulation: Formulation) -> Candidates | None:
    """The best point that a stopped decomposition had come to; None of any other run."""
    if stored is None or "best_x" not in stored.state:
        return None
    x = formulation.complete(np.asarray(stored.state["best_x"], dtype=np.uint8)[None])
    return evaluate_apart(formulation, outer_program(stored, formulation.program), x, [0])[0]


def start_point(formulation: Formulation, start: str, seed: int) -> Bits | None:
    """A completed point to begin at: the kind's greedy construction, or random bits repaired; None where neither is.

    Shape (n,).

    Examples
    --------
    >>> import qopt
    >>> from qopt.problems.formulations import formulate
    >>> start_point(formulate(qopt.generate("mis", n=4, p=0.0, seed=1), None), "greedy", 0).tolist()
    [1, 1, 1, 1]
    """
    from ..solvers.native.construct.default import construct, construct_refusal

    n = formulation.program.num_variables
    if start == "random":
        rng = np.random.default_rng([seed, 21])
        x = formulation.complete(rng.integers(0, 2, (1, n), dtype=np.uint8))
        if formulation.program.num_rows == 0:
            return np.asarray(x[0], dtype=np.uint8)
        try:
            return np.asarray(repair(formulation, x[0], rng), dtype=np.uint8)
        except RepairFailed:
            pass
    if construct_refusal(formulation.problem):
        return None
    solution = construct(formulation.problem)
    if solution is None:
        return None
    try:
        x = formulation.encode(solution)
    except ValueError:  # a pool of routes that holds not all of these
        return None
    return np.asarray(formulation.complete(x[None])[0], dtype=np.uint8)


def outer_program(stored: Encoding, program: BinaryProgram) -> BinaryProgram:
    """The program of a stopped run's last round, with its lazy rows."""
    kept = stored.state.get("outer", stored.native)
    return program if kept is None else kept


def polished(round: Round, encoder: Encoder, refinement: Refinement) -> Round:
    """The round with the best repaired and improved point as one more, where the encoder asks for it."""
    best = refinement.incumbent
    if not (isinstance(encoder, Neighbourhood) and encoder.polish) or best is None or best.solution is None:
        return round
    assert round.costs is not None
    assert round.broken is not None
    formulation = refinement.formulation
    x = formulation.complete(formulation.encode(best.solution)[None])
    cost = (
        formulation.program.costs(x)
        if not formulation.is_surrogate
        else [signed_objective(best, formulation.problem.sense)]
    )
    return dataclasses.replace(
        round,
        X=np.concatenate([round.X, x]),
        energies=np.append(round.energies, np.inf),
        counts=None if round.counts is None else np.append(round.counts, 0),
        costs=np.append(round.costs, cost),
        broken=np.append(round.broken, 0.0),
    )


def refines_rounds(encoder: Encoder | None) -> bool:
    """Whether the best points of each round are repaired and improved, and not those of the run at its end."""
    return not isinstance(encoder, Neighbourhood) or encoder.polish


def unending(pipeline: Pipeline) -> Pipeline:
    """The pipeline for a twin, which goes through as many rounds as the run did, whether they bring anything or not.

    Where the run restarts, so does the twin, after the same patience and as often as its rounds allow: with the run's
    own number of restarts it ended sooner than the run in some pairs, and then had fewer points.
    """
    encoder = pipeline.encoder
    if not isinstance(encoder, Neighbourhood):
        return pipeline
    if encoder.num_restarts:
        return dataclasses.replace(pipeline, encoder=dataclasses.replace(encoder, num_restarts=NEVER))
    return dataclasses.replace(pipeline, encoder=dataclasses.replace(encoder, patience=NEVER))


def points_asked(encoder: Encoder) -> int | None:
    """Samples a round where the budget names none; None leaves it to the sampler."""
    return encoder.points if isinstance(encoder, Neighbourhood) else None


def thinned(
    encoding: Encoding, formulation: Formulation, Z: Bits, energies: AnyArray, counts: AnyArray
) -> tuple[Bits, AnyArray, AnyArray, int] | None:
    """The best few points, judged in the small program, with the number of feasible samples among all.

    None where all of them are judged in the whole program: where that is cheap, and where bits are auxiliary or the
    cost is a surrogate, which the small program does not know. ``Z`` has shape (k, m); energies and counts have shape
    (k,), and what is returned is cut in the first axis.
    """
    inside = encoding.state.get("inside")
    program = formulation.program
    if inside is None:
        return None
    work = len(Z) * (program.couplings.num_products + program.constraints.A.nnz + 8 * program.num_variables)
    if work < MAX_WORK or formulation.is_surrogate or not _is_direct(formulation):
        return None
    Y = encoding.state["inner"].decode(Z)
    first, inverse, _ = unique_rows(Y)
    weights = np.bincount(inverse, weights=counts, minlength=len(first)).astype(np.int64)
    costs, broken = inside.costs(Y[first]), inside.violations(Y[first]).sum(axis=1)
    best = np.lexsort((costs, broken))[:THIN]
    feasible = int(weights[broken == 0].sum())
    return Z[first[best]], energies[first[best]], weights[best], feasible


def _is_direct(formulation: Formulation) -> bool:
    """Whether the formulation has no auxiliary bits: told by two points that it leaves as they are."""
    n = formulation.program.num_variables
    X = np.stack([np.zeros(n, dtype=np.uint8), np.ones(n, dtype=np.uint8)])
    return bool(np.array_equal(formulation.complete(X), X))
