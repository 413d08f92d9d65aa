"""Cards of one host and the exchange between them by NCCL, from one process.

Each card has a stream for transfers and one for what comes in, beside the one that computes. NVLink multicast stays off
(NCCL_NVLS_ENABLE=0).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....core.errors import UnsupportedError
from .device import Array, CupyCard, require_card

_BUFFERS = 2


class NcclLink:
    """The first `count` cards of this host.

    Raises
    ------
    UnsupportedError
        There are fewer cards, or no NCCL.
    """

    def __init__(self, count: int) -> None:
        require_card()
        os.environ.setdefault("NCCL_NVLS_ENABLE", "0")
        import cupy

        found = int(cupy.cuda.runtime.getDeviceCount())
        if count > found:
            raise UnsupportedError(f"cards must be at most the {found} of this host, got {count}")
        try:
            from cupy.cuda import nccl

            self.nccl = nccl
            self.comms = nccl.NcclCommunicator.initAll(list(range(count)))
        except (ImportError, AttributeError) as error:
            raise UnsupportedError(
                f"several cards must have NCCL, got {str(error)!r}; pip install nvidia-nccl-cu13"
            ) from None
        self.cupy = cupy
        self.cards: Sequence[CupyCard] = [CupyCard(number) for number in range(count)]
        self.sending, self.coming = self._streams(), self._streams()
        self.buffers: list[list[Array]] = [[] for _ in range(count)]
        self.done: list[dict[int, Any]] = [{} for _ in range(count)]

    def use(self, rank: int) -> None:
        """Make a card the one that launches and allocations go to."""
        self.cards[rank].device.use()

    def start(self, chunk: int, states: Sequence[Array], begins: Sequence[int], length: int) -> None:
        """Slot j of card r goes to slot r of card j: `length` points from ``begins[j]`` on."""
        count, side = len(self.cards), chunk % _BUFFERS
        for rank in range(count):
            self.use(rank)
            self._room(rank, length, states[rank].dtype)
            computed = self.cupy.cuda.Event(disable_timing=True)
            computed.record(self.cupy.cuda.get_current_stream())
            self.sending[rank].wait_event(computed)
            if chunk >= _BUFFERS:  # what stands in this buffer must have been taken out
                self.sending[rank].wait_event(self.done[rank][chunk - _BUFFERS])
        kind = self.nccl.NCCL_FLOAT32 if states[0].dtype == np.complex64 else self.nccl.NCCL_FLOAT64
        item = states[0].dtype.itemsize
        self.nccl.groupStart()
        for rank in range(count):
            self.use(rank)
            stream = self.sending[rank].ptr
            for peer in range(count):
                if peer == rank:
                    continue
                out = states[rank].data.ptr + begins[peer] * item
                come = self.buffers[rank][side].data.ptr + peer * length * item
                self.comms[rank].send(out, 2 * length, kind, peer, stream)
                self.comms[rank].recv(come, 2 * length, kind, peer, stream)
        self.nccl.groupEnd()
        for rank in range(count):
            self.use(rank)
            arrived = self.cupy.cuda.Event(disable_timing=True)
            arrived.record(self.sending[rank])
            self.coming[rank].wait_event(arrived)
            for peer in range(count):
                if peer == rank:
                    continue
                target = states[rank].data.ptr + begins[peer] * item
                source = self.buffers[rank][side].data.ptr + peer * length * item
                self.cupy.cuda.runtime.memcpyAsync(target, source, length * item, 3, self.coming[rank].ptr)
            self.done[rank][chunk] = self.cupy.cuda.Event(disable_timing=True)
            self.done[rank][chunk].record(self.coming[rank])

    def wait(self, chunk: int) -> None:
        """What the cards are given from now on waits for the chunk."""
        for rank in range(len(self.cards)):
            self.use(rank)
            self.cupy.cuda.get_current_stream().wait_event(self.done[rank][chunk])

    def _room(self, rank: int, length: int, dtype: Any) -> None:
        size = length * len(self.cards)
        if not self.buffers[rank] or self.buffers[rank][0].size < size or self.buffers[rank][0].dtype != dtype:
            self.buffers[rank] = [self.cards[rank].empty(size, dtype) for _ in range(_BUFFERS)]

    def _streams(self) -> list[Any]:
        out = []
        for rank in range(len(self.cards)):
            self.use(rank)
            out.append(self.cupy.cuda.Stream(non_blocking=True))
        self.use(0)
        return out
