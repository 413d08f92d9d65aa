"""Routing with time windows by annealing (arXiv 2503.24285): feasible shares, swap repair, hybrid tabu search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from ...core import relative_gap
from ..drawing import save_picture
from .paired import NEVER, Key, Pairs, Reading, Sentence, gap, on_common, paired, tally
from .paper import Paper, Rows, Section, Telling
from .tables import NOTHING, markdown, number, percent

#: Mean gap that the paper states over six Solomon instances of 100 customers.
PUBLISHED_GAP = 0.0386
#: Stops beyond which the paper's constrained model loses its windows.
PUBLISHED_STOPS = 13
TOURS = ("sa pairs", "sa cuts", "random pairs")
SAMPLER = "hybrid sa"
HYBRIDS = (SAMPLER, "hybrid random", "hybrid tsptw-dp", "hybrid none")
PEERS = ("pyvrp", "pyvrp longer", "cpsat")
#: The same with a classical descent within changed routes, before the route solver, and more moves.
DESCENTS = ("hybrid sa descent", "hybrid none descent")
OTHERS = (*DESCENTS, *PEERS)

METHOD = """Tours are encoded by positions, in the domain that the window presolve leaves, without a bit for times.
*pairs* excludes what the windows exclude pairwise, *cuts* leaves windows out of the QUBO altogether; a run is one round
of 100 reads (50 in the quick subset). *random* draws as many uniform points of the same bits. The repair is the same
for all: series of swaps. A repaired row that random shares belongs to the presolve and the repair, not to the sampler.
Dumas' instances have narrow windows and are easy (the presolve leaves 30 of 400 bits on n20w20.001); Potvin and
Bengio's are looser. The optimum is the dynamic program's, proven.

The hybrid search is tabu search between routes; every so many moves the changed routes of few stops (13; 6 in the quick
subset) are put in order by the route solver in the name, and nothing else orders within routes. *none* leaves the order
to the moves, *tsptw-dp* is exact. These four take the same number of moves. *descent* puts a classical descent before
the route solver and takes more moves. Gaps are to the best known value (truncated distances). CPU seconds are of the
whole run; PyVRP is what a user should take."""


def tell(rows: Rows) -> Telling:
    """The report's body."""
    done = [row for row in rows if row["status"] != "failed"]
    sections = [
        Section("What was run", METHOD),
        Section("Tours: feasible before and after repair", _tours(done)),
        Section("Fleets: the hybrid search and its controls", _fleets(done)),
    ]
    summary = [Sentence(line) for line in _tour_lines(done)]
    return Telling(summary + _fleet_lines(done), sections, {"routing_annealing.png": partial(_draw, done)})


def _family(row: Mapping[str, Any]) -> str:
    return str(row["sweep"]["family"])


def _stops(row: Mapping[str, Any]) -> int:
    return int(row["instance"]["size"]["customers"])


def _share(row: Mapping[str, Any]) -> float:
    raw = row["stages"]["raw"]
    return float((raw or {}).get("feasible_share") or 0.0)


def _bits(row: Mapping[str, Any]) -> int:
    """Bits of the positions; slack bits of lazy rows that a next round would have had are left out."""
    used = row["resources"]
    return int(used["qubits"] or 0) - int(used["aux_qubits"] or 0)


def _gap(row: Mapping[str, Any], value: float | None) -> float | None:
    return None if row["objective"] is None else relative_gap(row["objective"], value, "min")


def _is_repaired(row: Mapping[str, Any]) -> bool:
    return any(bool((row["stages"].get(stage) or {}).get("feasible")) for stage in ("raw", "repaired"))


def _optima(done: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Proven optimum of each tour, by fingerprint."""
    exact = [row for row in done if _family(row) == "tsptw-dp" and row["status"] == "optimal"]
    return {row["instance"]["fingerprint"]: float(row["objective"]) for row in exact}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _tours(done: Sequence[Mapping[str, Any]]) -> str:
    optima = _optima(done)
    head = ["instances", "stops", "pipeline", "bits", "raw feasible share", "repaired", "mean gap after repair"]
    body = []
    keys = dict.fromkeys((row["sweep"]["group"], _stops(row)) for row in done if _family(row) in TOURS)
    for group, stops in sorted(keys):
        for family in TOURS:
            mine = [row for row in done if (row["sweep"]["group"], _stops(row), _family(row)) == (group, stops, family)]
            if not mine:
                continue
            gaps = [_gap(row, optima.get(row["instance"]["fingerprint"])) for row in mine]
            known = [gap for gap in gaps if gap is not None]
            bits = sorted({_bits(row) for row in mine})
            repaired = sum(_is_repaired(row) for row in mine)
            shown = str(bits[0]) if len(bits) == 1 else f"{bits[0]} to {bits[-1]}"
            share = percent(_mean([_share(row) for row in mine]))
            body.append([group, stops, family, shown, share, f"{repaired} of {len(mine)}", percent(_mean(known))])
    return markdown(head, body)


def _fleets(done: Sequence[Mapping[str, Any]]) -> str:
    fleets = [row for row in done if row["instance"]["kind"] == "vrptw"]
    families = [f for f in (*HYBRIDS, *DESCENTS, *PEERS) if any(_family(row) == f for row in fleets)]
    names = list(dict.fromkeys(row["instance"]["name"] for row in fleets))
    best = {row["instance"]["name"]: _reference(fleets, row["instance"]["name"]) for row in fleets}
    head = ["pipeline", *names, "mean gap", "route calls", "better", "earned", "CPU s, mean"]
    body = []
    for family in families:
        mine = [row for row in fleets if _family(row) == family]
        gaps = {name: _mean([value for value in _gaps(mine, name, best[name]) if value is not None]) for name in names}
        extra = [row["resources"]["extra"] for row in mine]
        cpu = [float(row["resources"]["cpu_seconds"] or 0.0) for row in mine]
        calls = [int(one["route_calls"]) for one in extra if "route_calls" in one]
        told: list[Any] = [NOTHING] * 3
        if calls:
            told = [sum(calls), sum(int(x["route_better"]) for x in extra)]
            told.append(number(sum(float(x["route_earned"]) for x in extra), 1))
        known = [gap for gap in gaps.values() if gap is not None]
        row = [family, *(percent(gaps.get(name)) for name in names), percent(_mean(known))]
        body.append([*row, *told, number(_mean(cpu), 1)])
    note = "*Earned* is the distance that the route solver's answers took off at the moment they were taken."
    return f"{markdown(head, body)}\n\n{note}"


def _gaps(rows: Sequence[Mapping[str, Any]], name: str, best: float | None) -> list[float | None]:
    """Gaps of the runs on an instance, one a repeat."""
    return [_gap(row, best) for row in rows if row["instance"]["name"] == name]


def _reference(fleets: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """The best known value of a fleet: the file's, else the best of these runs."""
    mine = [row for row in fleets if row["instance"]["name"] == name]
    for row in mine:
        if row["reference"]["kind"] in ("proven", "best-known"):
            return float(row["reference"]["value"])
    return min((float(row["objective"]) for row in mine if row["objective"] is not None), default=None)


def _tour_lines(done: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the runs on tours say."""
    lines = []
    pairs = [row for row in done if _family(row) == "sa pairs"]
    if pairs:
        few = [_share(row) for row in pairs if _stops(row) <= PUBLISHED_STOPS]
        many = [_share(row) for row in pairs if _stops(row) > PUBLISHED_STOPS]
        parts = [f"{percent(_mean(few))} to {PUBLISHED_STOPS} stops"] if few else []
        parts += [f"{percent(_mean(many))} beyond"] if many else []
        lines.append(
            f"Feasible raw reads of annealing: {', '.join(parts)}; the paper finds hardly any beyond 13, none at 35."
        )
        both = [_repaired_runs(done, family) for family in ("sa pairs", "random pairs")]
        common = both[0].keys() & both[1].keys()
        if common:
            sampler, uniform = (sum(runs[key] for key in common) for runs in both)
            n = len(common)
            lines.append(
                f"After swap repair {sampler} of {n} runs of annealing have a feasible tour, and {uniform} of the {n} "
                "of uniform points beside them: what both have is the repair's merit."
            )
    return lines


def _repaired_runs(done: Sequence[Mapping[str, Any]], family: str) -> dict[Key, bool]:
    """Whether each run of a pipeline has a feasible tour after the repair, by instance and repeat."""
    return {_key(row): _is_repaired(row) for row in done if _family(row) == family}


def _key(row: Mapping[str, Any]) -> Key:
    return str(row["instance"]["name"]), int(row["sweep"]["repeat"])


def _fleet_lines(done: Sequence[Mapping[str, Any]]) -> list[Sentence]:
    """The hybrid search by annealing beside its controls and its peers, each on the fleets that both have."""
    own = _fleet_readings(done, SAMPLER)
    if not own:
        return []
    names = {name for name, _ in own}
    mean = fmean(fmean(reading.value for key, reading in own.items() if key[0] == name) for name in names)
    text = f"Mean gap of {SAMPLER} over {len(names)} fleets: {gap(mean)} (the paper states {gap(PUBLISHED_GAP)})."
    told = [Sentence(text)]
    for words, families in (("its controls, as many moves", HYBRIDS[1:]), ("searches of other lengths", OTHERS)):
        pairs = [_beside(own, family, other) for family in families if (other := _fleet_readings(done, family))]
        if pairs:
            told.append(Sentence(f"Final gaps of fleets beside {words}: {tally(pairs, gap)}.", pairs))
    return told


def _fleet_readings(done: Sequence[Mapping[str, Any]], family: str) -> dict[Key, Reading]:
    """Final gaps of a pipeline on fleets, NEVER without an answer; native searches draw no points."""
    fleets = [row for row in done if row["instance"]["kind"] == "vrptw"]
    found = {}
    for row in fleets:
        if _family(row) == family:
            value = _gap(row, _reference(fleets, row["instance"]["name"]))
            found[_key(row)] = Reading(NEVER if value is None else value)
    return found


def _beside(own: Mapping[Key, Reading], family: str, other: Mapping[Key, Reading]) -> Pairs:
    first, second = on_common(own, other)
    return paired((SAMPLER, first), (family, second), "final")


def _draw(done: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Raw feasible share by stops, a line a pipeline."""
    from ..drawing import pyplot

    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6, 3.5))
    for family in TOURS:
        mine = [row for row in done if _family(row) == family and row["sweep"]["group"] == "stops"]
        stops = sorted({_stops(row) for row in mine})
        shares = [_mean([_share(row) for row in mine if _stops(row) == n]) for n in stops]
        if stops:
            axes.plot(stops, [100 * (share or 0.0) for share in shares], marker="o", label=family)
    axes.set_xlabel("stops")
    axes.set_ylabel("feasible raw reads, %")
    axes.legend()
    figure.tight_layout()
    save_picture(figure, path, dpi=150)
    plt.close(figure)


PAPER = Paper(
    name="routing-annealing",
    title="Vehicle routing with time windows by annealing and hybrid tabu search",
    source="Advanced Quantum Annealing Approach to Vehicle Routing Problems with Time Windows, arXiv:2503.24285",
    tell=tell,
)
