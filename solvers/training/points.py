"""How a circuit shares out the points that a run may look at: evaluations that draw points, and the final state."""

from __future__ import annotations


def evaluation_limit(evaluations: int | None, max_points: int | None, per_evaluation: int | None) -> int | None:
    """Evaluations that a run may take; where each draws points, the last share of them is kept for the final state.

    Parameters
    ----------
    max_points : all points that the run may look at; None for no limit.
    per_evaluation : points that one evaluation draws; None where its value is exact.

    Raises
    ------
    ValueError
        Not even one evaluation may be drawn.

    Examples
    --------
    >>> evaluation_limit(None, 1000, 100), evaluation_limit(5, 1000, 100), evaluation_limit(None, 1000, None)
    (9, 5, None)
    """
    if max_points is None or per_evaluation is None:
        return evaluations
    if per_evaluation > max_points:
        raise ValueError(
            f"the points of one evaluation must be <= those of the whole run, got {per_evaluation} and {max_points}; "
            "lower shots_per_evaluation or raise shots"
        )
    most = max(1, max_points // per_evaluation - 1)
    return most if evaluations is None else min(evaluations, most)


def final_points(max_points: int | None, drawn: int, wanted: int) -> int:
    """Points to draw from the final state: what is left of the run's, else as many as are wanted.

    Examples
    --------
    >>> final_points(1000, 900, 300), final_points(None, 900, 300)
    (100, 300)
    """
    return wanted if max_points is None else max(0, max_points - drawn)
