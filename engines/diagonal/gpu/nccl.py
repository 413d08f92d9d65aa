"""Cards of one host and the exchange between them, from one process: by NCCL, or by the cards' copy engines.

Each card has streams for transfers and one for what has come, beside the one that computes; theirs go first, or a pass
over the whole state would hold them up. NVLink multicast stays off (NCCL_NVLS_ENABLE=0).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....core.errors import UnsupportedError
from .device import Array, CupyCard, require_card

_BUFFERS = 2
_FIRST = -5  # the highest priority of a stream


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
        self.computing = self._streams(0)
        self.sending, self.coming = self._streams(_FIRST), self._streams(_FIRST)
        self.buffers: list[list[Array]] = [[] for _ in range(count)]
        self.done: list[dict[int, Any]] = [{} for _ in range(count)]

    def use(self, rank: int) -> None:
        """Make a card, and its stream that computes, those that launches and allocations go to."""
        self.cards[rank].device.use()
        self.computing[rank].use()

    def release(self) -> None:
        """Back to the first card and its default stream."""
        self.cards[0].device.use()
        self.cupy.cuda.Stream.null.use()

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
        self._transfer(side, states, begins, length)
        arrived = []
        for rank in range(count):
            self.use(rank)
            arrived.append(self.cupy.cuda.Event(disable_timing=True))
            arrived[rank].record(self.sending[rank])
        item = states[0].dtype.itemsize
        for rank in range(count):
            self.use(rank)
            for event in arrived:  # nobody reads this card's slots any more
                self.coming[rank].wait_event(event)
            for peer in range(count):
                if peer == rank:
                    continue
                target = states[rank].data.ptr + begins[peer] * item
                source = self.buffers[rank][side].data.ptr + peer * length * item
                self.cupy.cuda.runtime.memcpyAsync(target, source, length * item, 3, self.coming[rank].ptr)
            self.done[rank][chunk] = self.cupy.cuda.Event(disable_timing=True)
            self.done[rank][chunk].record(self.coming[rank])

    def _transfer(self, side: int, states: Sequence[Array], begins: Sequence[int], length: int) -> None:
        """Slots into the buffers of the cards they go to, on the sending streams."""
        count, item = len(self.cards), states[0].dtype.itemsize
        kind = self.nccl.NCCL_FLOAT32 if states[0].dtype == np.complex64 else self.nccl.NCCL_FLOAT64
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

    def wait(self, chunk: int) -> None:
        """What the cards are given from now on waits for the chunk."""
        for rank in range(len(self.cards)):
            self.use(rank)
            self.cupy.cuda.get_current_stream().wait_event(self.done[rank][chunk])

    def _room(self, rank: int, length: int, dtype: Any) -> None:
        size = length * len(self.cards)
        if not self.buffers[rank] or self.buffers[rank][0].size < size or self.buffers[rank][0].dtype != dtype:
            self.buffers[rank] = [self.cards[rank].empty(size, dtype) for _ in range(_BUFFERS)]

    def _streams(self, priority: int) -> list[Any]:
        out = []
        for card in self.cards:
            card.device.use()
            out.append(self.cupy.cuda.Stream(non_blocking=True, priority=priority))
        self.cards[0].device.use()
        return out


class CopyLink(NcclLink):
    """The same with the cards' copy engines over peer access: no multiprocessor is taken from the kernels."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.pushing = [self._streams(_FIRST) for _ in range(count - 1)]
        runtime = self.cupy.cuda.runtime
        for rank in range(count):
            self.use(rank)
            for peer in range(count):
                if peer == rank:
                    continue
                if not runtime.deviceCanAccessPeer(rank, peer):
                    raise UnsupportedError(f"cards {rank} and {peer} must have peer access, got none; use NcclLink")
                with contextlib.suppress(runtime.CUDARuntimeError):  # it is open already
                    runtime.deviceEnablePeerAccess(peer)
        self.use(0)

    def _transfer(self, side: int, states: Sequence[Array], begins: Sequence[int], length: int) -> None:
        count, item = len(self.cards), states[0].dtype.itemsize
        ready = []
        for rank in range(count):
            self.use(rank)
            ready.append(self.cupy.cuda.Event(disable_timing=True))
            ready[rank].record(self.sending[rank])
        for rank in range(count):
            self.use(rank)
            for k in range(count - 1):
                peer, stream = (rank + 1 + k) % count, self.pushing[k][rank]
                stream.wait_event(ready[rank])
                stream.wait_event(ready[peer])
                target = self.buffers[peer][side].data.ptr + rank * length * item
                source = states[rank].data.ptr + begins[peer] * item
                self.cupy.cuda.runtime.memcpyPeerAsync(target, peer, source, rank, length * item, stream.ptr)
                pushed = self.cupy.cuda.Event(disable_timing=True)
                pushed.record(stream)
                self.sending[rank].wait_event(pushed)
