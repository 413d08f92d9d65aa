"""Worth, crossover, price and expected energy of a Record in sentences, for screen and report."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..core import Crossover, Probability, Record, TargetWorth, Worth, signed

#: Targets in words.
NAMES = {
    "optimum": "the optimum",
    "best known": "the best known",
    "within 1 %": "1 % from it,",
    "best of this run": "the best of this run,",
}


def worth_lines(record: Record) -> list[str]:
    """Lines of what one sample is worth; none where nothing was compared."""
    worth, lines = record.worth, []
    energy = expected_energy(record)
    if energy:
        lines.append(energy)
    points = record.resources.extra.get("points")
    if points:
        lines.append(f"energies are exact; points are {points}, no samples of the state")
    if worth is None:
        return lines
    lines += [target_text(target) for target in worth.targets]
    lines += [text for text in [beyond_text(worth.targets)] if text]
    if worth.crossover:
        lines.append(crossover_text(worth.crossover))
    price = price_text(worth)
    return lines + ([price] if price else [])


def target_text(found: TargetWorth) -> str:
    """One target: the worth with its interval, and the two chances behind it.

    Examples
    --------
    >>> sampler, uniform = Probability(0.2, 0.15, 0.26, "sampled"), Probability(0.001, 0.001, 0.001)
    >>> target_text(TargetWorth("optimum", 12, sampler, uniform, 200.0, 150.0, 260.0))
    'one sample is worth 200 uniform points (95 %: 150 to 260) for the optimum 12; chance 20 % against 0.1 % (exact)'
    """
    name = NAMES[found.target]
    chances = f"chance {_chance(found.sampler)} against {_chance(found.uniform)}"
    note = "; chosen from these samples, an upper estimate" if found.is_chosen else ""
    if found.worth is None:
        if not found.low:
            return f"worth is not known for {name} {found.objective}; {chances}{note}"
        return (
            f"one sample is worth at least {figures(found.low)} uniform points for {name} {found.objective}; {chances}"
        )
    span = ""
    if (found.low, found.high) != (found.worth, found.worth) and found.low is not None:
        high = "no upper limit" if found.high is None else figures(found.high)
        span = f" (95 %: {figures(found.low)} to {high})"
    value = figures(found.worth)
    points = "point" if value == "1" else "points"
    return f"one sample is worth {value} uniform {points}{span} for {name} {found.objective}; {chances}{note}"


def beyond_text(targets: Sequence[TargetWorth]) -> str:
    """The worth in points of the sampler's own start for each target, in one line; empty where it has none.

    Examples
    --------
    >>> from qopt.core import BeyondStart
    >>> sampler, start = Probability(0.2, 0.2, 0.2), Probability(0.1, 0.1, 0.1)
    >>> found = TargetWorth("optimum", 12, sampler, start, 2.0, 2.0, 2.0, beyond=BeyondStart(start, 2.0, 2.0, 2.0))
    >>> beyond_text([found])
    'beyond its start, one sample is worth 2 points of that start for the optimum (chance 10 % (exact))'
    """
    parts = []
    for found in targets:
        beyond = found.beyond
        if beyond is None:
            continue
        name = NAMES[found.target].rstrip(",")
        value = figures(beyond.worth) if beyond.worth is not None else f"at least {figures(beyond.low or 0.0)}"
        is_exact = beyond.low == beyond.high == beyond.worth or beyond.worth is None
        high = "no upper limit" if beyond.high is None else figures(beyond.high)
        span = "" if is_exact else f" (95 %: {figures(beyond.low or 0.0)} to {high})"
        parts.append(f"{value}{span} points of that start for {name} (chance {_chance(beyond.chance)})")
    return f"beyond its start, one sample is worth {'; '.join(parts)}" if parts else ""


def crossover_text(rows: Sequence[Crossover]) -> str:
    """How many uniform points the best of k samples is worth, in one line."""
    parts = []
    for row in rows:
        value, sign = (row.uniform, "") if row.uniform is not None else (row.low, ">")
        text = "?" if value is None else f"{sign}{figures(value)}"
        parts.append(f"{text}{'*' if row.is_saturated else ''}")
    text = f"the best of {', '.join(f'{row.samples:,}' for row in rows)} samples is as good as the best of "
    saturated = "; * both surely find the best" if any(row.is_saturated for row in rows) else ""
    return f"{text}{', '.join(parts)} uniform points{saturated}"


def price_text(worth: Worth) -> str:
    """CPU seconds a point of both, and what that leaves of the worth; empty where neither was measured."""
    price = worth.price
    if price is None:
        return ""
    text = f"price: {price.sampler:.2g} CPU s a sample, training shared"
    if price.sampling is not None:
        text += f" ({price.sampling:.2g} s of it sampling)"
    if not price.uniform:
        return text
    text += f"; {price.uniform:.2g} a uniform point"
    found = next((target.worth for target in worth.targets if target.worth is not None), None)
    if found is None or not price.sampler:
        return text
    return f"{text}: worth per CPU second {figures(found * price.uniform / price.sampler)} of uniform's"


def expected_energy(record: Record) -> str:
    """The state's mean energy, with its ratio to the optimum where the QUBO is the objective; empty without one."""
    mean = record.resources.extra.get("expectation")
    if not isinstance(mean, float) or not math.isfinite(mean):
        return ""
    # a polynomial goes to the sampler as it is; a Max-Cut or a QUBO has no row that could be penalised
    encoder = (record.pipeline.get("encoder") or {}).get("name")
    if record.instance.kind not in ("max-cut", "qubo") and encoder != "polynomial":
        return f"expected energy {figures(mean)}, penalties included"
    value, reference = signed(record.instance.sense, mean), record.reference
    share = ""
    if reference.kind == "proven" and reference.value:
        share = f", {value / float(reference.value):.2%} of the optimum"
    return f"expected objective {figures(value)}{share}"


def figures(value: float) -> str:
    """Three significant figures, thousands parted.

    Examples
    --------
    >>> figures(2134.5), figures(0.01234), figures(-12.34), figures(3.2e15)
    ('2,130', '0.0123', '-12.3', '3.2e+15')
    """
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if abs(value) >= 1e9:
        return f"{value:.3g}"
    digits = 2 - math.floor(math.log10(abs(value)))
    if abs(value) < 1e-4:
        return f"{value:.3g}"
    rounded = round(value, digits)
    return f"{rounded:,.0f}" if digits <= 0 or rounded == int(rounded) else f"{rounded:,.{digits}f}".rstrip("0")


def _chance(found: Probability) -> str:
    share = 100 * found.value
    text = f"{figures(share)} %" if share >= 1e-4 or not share else f"{found.value:.2g}"
    return f"{text} (exact)" if found.kind == "exact" else text
