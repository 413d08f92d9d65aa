"""Claims of the cutting-slack paper, each answered from paired cells: a slack-free form and slack on the same runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .claims import Answer
from .cutting_slack_summary import beside_slack, best_form, lines_of
from .cutting_slack_tables import KINDS, PUBLISHED
from .paired import NEVER, Key, Pairs, Reading, Sentence, gap, on_common, paired, versus
from .paper import Rows
from .readings import Scale, references_of
from .tables import percent, published

#: Gaps that differ by less count as equal.
_EQUAL = 1e-4
_NO_LOSS = "equal or better, for the form that is best in these runs"
#: The form whose qubits stand for all slack-free ones, and the one whose penalties are updated.
FREE, UPDATED = "bundle", "augmented-lagrangian AS"


def answers(rows: Rows) -> list[Answer]:
    """One answer a claim."""
    made: dict[str, Callable[[Rows], tuple[Sentence, str]]] = {
        "qubits": saved,
        "quality": quality,
        "independent sets": sets,
    }
    return [Answer(claim, *made[key](rows)) for key, claim in published(PUBLISHED)["claims"].items()]


def saved(rows: Rows) -> tuple[Sentence, str]:
    """Share of qubits saved where there are inequalities to put slack on, by annealing's runs."""
    told: list[str] = []
    kept: list[Pairs] = []
    for kind, title in KINDS[:2]:
        found = qubit_pairs(rows, kind)
        if found is not None:
            shares = [1 - own / whole for own, whole in found.cells.values()]
            ends = dict.fromkeys((percent(min(shares), 0), percent(max(shares), 0)))
            told.append(f"{title.lower()} {' to '.join(ends)} ({found.num_instances} instances)")
            kept.append(found)
    is_less = bool(kept) and all(own < whole for found in kept for own, whole in found.cells.values())
    return Sentence(", ".join(told) or "no runs", kept), "equal: they are saved" if is_less else "not shown"


def qubit_pairs(rows: Rows, kind: str, name: str = FREE) -> Pairs | None:
    """Qubits of a slack-free form and of slack, run by run: rows that are found on the way differ by repeat."""
    lines = [_sized(rows, kind, each) for each in (name, "slack")]
    own, other = on_common(*lines)
    return paired((name, own), ("slack", other), "qubits") if own else None


def _sized(rows: Rows, kind: str, name: str) -> dict[Key, Reading]:
    found: dict[Key, Reading] = {}
    for oracle in ("qaoa", "sa"):  # annealing's runs last: they are of the larger instances
        for row in lines_of(rows, oracle, kind).get(name, []):
            if row["resources"]["qubits"] is not None:
                key = row["instance"]["name"], int(row["sweep"]["repeat"])
                found[key] = Reading(float(row["resources"]["qubits"]))
    return found


def quality(rows: Rows) -> tuple[Sentence, str]:
    """The best slack-free form against slack by raw and repaired gap, for both oracles."""
    scale = Scale(references_of(rows))
    told: list[str] = []
    kept: list[Pairs] = []
    for oracle in ("sa", "qaoa"):
        for kind, title in KINDS[:2]:
            lines = lines_of(rows, oracle, kind)
            name = best_form(lines, scale)
            if name is None:
                continue
            each = [beside_slack(name, lines, stage, scale) for stage in ("raw", "repaired")]
            found = [pairs for pairs in each if pairs is not None]
            kept += found
            words = [f"{pairs.stage} {versus(pairs, gap)}" for pairs in found]
            told.append(f"{title.lower()}, {oracle}: {', '.join(words) or 'slack has no run on the same instances'}")
    repaired = [pairs.medians for pairs in kept if pairs.stage == "repaired"]
    is_held = bool(repaired) and all(own <= other + _EQUAL for own, other in repaired)
    return Sentence("; ".join(told) or "no runs", kept), _NO_LOSS if is_held else "not throughout"


def sets(rows: Rows) -> tuple[Sentence, str]:
    """Independent sets: qubits, raw gap and infeasible reads of the form with updates beside fixed penalties."""
    lines = lines_of(rows, "sa", "mis")
    name = UPDATED if UPDATED in lines else best_form(lines, Scale(references_of(rows)))
    raw = None if name is None else beside_slack(name, lines, "raw", Scale(references_of(rows)))
    size = None if name is None else qubit_pairs(rows, "mis", name)
    if name is None or raw is None or size is None:
        return Sentence("no runs"), "not shown"
    sides = on_common(*(_infeasible(lines.get(each, [])) for each in (name, "slack")))
    shares = paired((name, sides[0]), ("slack", sides[1]), "infeasible reads")
    text = (
        f"qubits {versus(size, lambda value: f'{value:g}')}; raw gap {versus(raw, gap)}; infeasible reads "
        f"{versus(shares, lambda value: percent(value, 0))}"
    )
    gains = raw.medians[0] < raw.medians[1] - _EQUAL or shares.medians[0] < shares.medians[1]
    is_saved = any(own < other for own, other in size.cells.values())
    words = "qubits saved" if is_saved else "no qubits saved"
    verdict = f"equal: {words}, a gain by updates" if gains and not is_saved else f"{words}; no gain by updates here"
    return Sentence(text, [size, raw, shares]), verdict


def _infeasible(rows: Sequence[Mapping[str, Any]]) -> dict[Key, Reading]:
    found: dict[Key, Reading] = {}
    for row in rows:
        share = (row["stages"].get("raw") or {}).get("feasible_share")
        missing = NEVER if share is None else 1.0 - share
        found[row["instance"]["name"], int(row["sweep"]["repeat"])] = Reading(missing)
    return found
