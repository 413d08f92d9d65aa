"""Several cards of one host: the exchange alone, and time a layer beside it and the passes. See engine_gpu.py."""

from __future__ import annotations

import statistics
import time
from functools import partial

import numpy as np
from engine_contenders import Case

from qopt.core import UnsupportedError
from qopt.engines import diagonal as exact
from qopt.engines.diagonal.gpu import device, several
from qopt.engines.diagonal.gpu.energies import CardDiagonal
from qopt.engines.diagonal.gpu.nccl import NcclLink

SHORT, LONG = 1, 4


def measure(cards: int, qubits: list[int], copy_rate: float, link_of: type[NcclLink] = NcclLink) -> str:
    """A row a size: exchange, passes, a layer, and the energy beside that of one card where it fits."""
    link = link_of(cards)
    lines = [
        f"{cards} x {exact.card_name()}; copy {copy_rate / 1e9:,.0f} GB/s; {link_of.__name__}; complex64, Max-Cut of "
        "3-regular graphs (n even) or circulants, full states.",
        "",
        "| n | exchange, ms | passes at the copy's rate, ms | ms a layer | over the larger | energy, off one card's |",
        "|---|---|---|---|---|---|",
    ]
    print("\n".join(lines), flush=True)
    for n in qubits:
        try:
            lines.append(row(link, n, copy_rate))
        except UnsupportedError as refusal:
            lines.append(f"| {n} | refused: {refusal} | | | | |")
        print(lines[-1], flush=True)
        for rank, card in enumerate(link.cards):
            link.use(rank)
            card.give_back()
        link.release()
    return "\n".join(lines)


def row(link: NcclLink, n: int, copy_rate: float) -> str:
    case = Case("max-cut", n, LONG)
    terms = case.terms() if n % 2 == 0 else circulant(n)
    cost = several.split_cost(link, *terms)
    times = []
    for layers in (SHORT, LONG):
        other = Case("max-cut", n + n % 2, layers)
        run = partial(several.energy, link, cost, other.gammas, other.betas)
        value = run()
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
        times.append(statistics.median(taken))
    layer = (times[1] - times[0]) / (LONG - SHORT)
    alone = exchange_seconds(link, cost)
    local = cost.split.local
    passes = (2 + len(cost.split.middle)) * 16.0 * 2**local + cost.parts[0][0].nbytes
    passes /= copy_rate
    off = one_card(n, terms, value) if n <= 32 else "-"
    return (
        f"| {n} | {1e3 * alone:.2f} | {1e3 * passes:.2f} ({2 + len(cost.split.middle)}) | {1e3 * layer:.2f} | "
        f"{layer / max(alone, passes):.2f} | {off} |"
    )


def one_card(n: int, terms: tuple[np.ndarray, ...], value: float) -> str:
    """Relative distance from the energy that one card finds, with a half state."""
    other = Case("max-cut", n + n % 2, LONG)
    cost = CardDiagonal.from_arrays(device.card(), *terms)
    single = exact.energy(cost, other.gammas, other.betas, dtype="complex64", engine="gpu")
    return f"{abs(value - single) / abs(single):.1e}"


def exchange_seconds(link: NcclLink, cost: several.SplitCost) -> float:
    """One exchange of the whole state, in the chunks of a run, nothing else at the same time."""
    split = cost.split
    size, cards, chunks = 1 << split.local, len(link.cards), 1 << split.chunk_bits
    states = []
    for rank, card in enumerate(link.cards):
        link.use(rank)
        states.append(card.zeros(size, np.complex64))
    slot = size // cards
    length = slot // chunks
    taken = []
    for _ in range(4):
        synchronize(link)
        start = time.perf_counter()
        for chunk in range(chunks):
            link.start(chunk, states, [j * slot + chunk * length for j in range(cards)], length)
        for chunk in range(chunks):
            link.wait(chunk)
        synchronize(link)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def synchronize(link: NcclLink) -> None:
    for rank, card in enumerate(link.cards):
        link.use(rank)
        card.device.synchronize()


def circulant(n: int) -> tuple[np.ndarray, ...]:
    """Max-Cut of a circle with chords: 3-regular graphs have an even number of nodes."""
    edges = np.array([(i, (i + step) % n) for i in range(n) for step in (1, 5)])
    return -np.bincount(edges.ravel(), minlength=n), edges[:, 0], edges[:, 1], np.full(len(edges), 2)
