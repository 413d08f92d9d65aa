"""Angles of circuits that go from one round of a decomposition to the next.

Neighbourhoods of one instance are alike, so angles in scaled form suit all of them: learnt in the first rounds, they
are only used later, and a round then costs one evaluation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..core import Encoder
from ..encoders.neighbourhood import Neighbourhood
from ..solvers.base import QuboSampler
from ..solvers.qaoa.settings import QaoaSettings
from ..solvers.subspace.sampler import SubspaceQaoa

#: Samplers whose angles go from round to round.
TAKES_ANGLES = (QaoaSettings, SubspaceQaoa)
#: Rounds whose angles are optimised before they are only used, with learn "first".
LEARNING = 3


def round_sampler(sampler: QuboSampler, encoder: Encoder, state: Mapping[str, Any]) -> QuboSampler:
    """The sampler of a round: with the angles that were learnt, where it takes angles."""
    angles = state.get("angles")
    if not isinstance(encoder, Neighbourhood) or angles is None or not isinstance(sampler, TAKES_ANGLES):
        return sampler
    changes: dict[str, Any] = {"init": "transfer", "angles": tuple(angles)}
    if isinstance(sampler, QaoaSettings):
        changes |= {"transfer": "", "num_restarts": 0}
    if encoder.learn == "first" and int(state.get("learnt") or 0) >= LEARNING:
        changes["optimizer"] = "none"
    return dataclasses.replace(sampler, **changes)


def learnt_angles(
    sampler: QuboSampler, encoder: Encoder, before: Mapping[str, Any], info: Mapping[str, Any]
) -> Mapping[str, Any]:
    """``angles`` and ``learnt`` after a round, for the state of the next encoding; empty where none go on."""
    if not isinstance(encoder, Neighbourhood) or encoder.learn == "each" or not isinstance(sampler, TAKES_ANGLES):
        return {}
    angles, learnt = before.get("angles"), int(before.get("learnt") or 0)
    found = scaled_angles(info)
    if found is not None and len(found) == 2 * sampler.num_layers and (encoder.learn == "warm" or learnt < LEARNING):
        angles, learnt = found, learnt + 1
    return {} if angles is None else {"angles": angles, "learnt": learnt}


def scaled_angles(info: Mapping[str, Any]) -> list[float] | None:
    """Gammas, then betas, in the scaled form that a sampler of the same class takes; None where it told none.

    A multi-angle circuit has a list of angles a layer, for the terms of one model: they fit no other round.
    """
    found = info.get("angles")
    if not found or any(isinstance(gamma, list | tuple) for gamma in found.get("gammas", ())):
        return None
    if "scaled" in found:
        return list(found["scaled"])
    return [*(gamma * found["unit"] for gamma in found["gammas"]), *found["betas"]]
