"""The card: whether one can be used, its memory, and kernels compiled for it by NVRTC at first use.

CuPy brings the driver's calls and NVRTC; nothing else of it is used. Compiled kernels stay in CuPy's own cache.
Asking for a card that is not there is an error with the remedy, never another engine.
"""

from __future__ import annotations

import ctypes
import importlib.util
import re
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from ....core.errors import MissingDependencyError, UnsupportedError

SOURCES = Path(__file__).parent / "kernels"
OLDEST_DRIVER = 12000  # CUDA 12, the oldest that CuPy 13 supports
#: What the driver, NCCL and compiled kernels take beside a run's arrays.
RESERVED_BYTES = 600 << 20

#: Threads of the kernels that know no tiles, and the most blocks that they are started with.
POINT_THREADS = 256
MAX_BLOCKS = 2048

Array = Any  # of the card: a CuPy array, or NumPy's where kernels are emulated


class Kernel(Protocol):
    """A compiled kernel; numbers must have NumPy types, arrays are given by their addresses."""

    def __call__(self, grid: tuple[int, int], threads: int, arguments: tuple[Any, ...]) -> None: ...

    def sweep(
        self, grid: tuple[int, int], threads: int, header: np.uint64, passes: range, first_block: int = 0
    ) -> None:
        """Launches with (header, pass, first_block) for one pass after another, at the least cost a launch."""
        ...


@dataclass(frozen=True)
class Build:
    """Settings of the kernels at compile time; see kernels/tile.h."""

    real_bits: int = 64
    diagonal: int = 1
    tile: int = 12
    held: int = 4
    blocks: int = 1
    axis_y: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        names = ("REAL_BITS", "DIAGONAL", "TILE", "HELD", "BLOCKS", "AXIS_Y")
        return tuple(f"-D{name}={int(value)}" for name, value in zip(names, astuple(self)))

    @property
    def threads(self) -> int:
        return int(2 ** (self.tile - self.held))

    @property
    def tile_bytes(self) -> int:
        """Shared memory of one padded tile."""
        return ((1 << self.tile) + (1 << self.tile) // 16) * self.real_bits // 4

    def measuring(self) -> Build:
        """The same for kernels that know no tiles, so that they are compiled once."""
        return replace(self, tile=12, held=4, blocks=1, axis_y=False)


class Options(Protocol):
    """What a kernel is compiled for: a value that can be a key, and the options that say it."""

    @property
    def options(self) -> tuple[str, ...]: ...

    def __hash__(self) -> int: ...


class Card(Protocol):
    """What the engine needs of a device; `CupyCard` is one, the tests' emulation another."""

    name: str
    diagonals: WeakKeyDictionary[Any, Any]

    def kernel(self, file: str | Path, name: str, build: Options, shared: int = 0) -> Kernel:
        """A function of a source file, compiled for ``build`` at first use, with so many bytes of shared memory.

        Files of this engine are given by their names, those of others by their paths.
        """

    def empty(self, shape: int | tuple[int, ...], dtype: Any) -> Array:
        """Uninitialised array of that shape on the card."""

    def zeros(self, shape: int | tuple[int, ...], dtype: Any) -> Array:
        """Array of zeros of that shape on the card."""

    def upload(self, values: Any) -> Array:
        """Copy of a host's array on the card, of the same shape and type."""

    def fill(self, array: Array, values: Any) -> None:
        """Overwrite an array of the card by a host's array of the same shape."""

    def download(self, values: Array) -> Any:
        """Copy of a card's array on the host, of the same shape."""

    def address(self, values: Array) -> int:
        """Address of the first element, as kernels take it."""

    def free_bytes(self) -> int:
        """Bytes that can still be taken."""


class CupyKernel:
    """A kernel and the dynamic shared memory that it is started with."""

    def __init__(self, cupy: Any, function: Any, shared: int) -> None:
        self.cupy, self.function, self.shared = cupy, function, shared
        if shared:
            function.max_dynamic_shared_size_bytes = shared

    def __call__(self, grid: tuple[int, int], threads: int, arguments: tuple[Any, ...]) -> None:
        self.function(grid, (threads,), arguments, shared_mem=self.shared)

    def sweep(
        self, grid: tuple[int, int], threads: int, header: np.uint64, passes: range, first_block: int = 0
    ) -> None:
        """One launch for each pass of a table, whose address and number the kernel takes with the first block."""
        # The driver's own call: CuPy's launches take several times as long, more than a pass over 20 qubits.
        values = ctypes.c_uint64(int(header)), ctypes.c_int(0), ctypes.c_int(first_block)
        pointers = (ctypes.c_void_p * 3)(*(ctypes.addressof(value) for value in values))
        launch, function = self.cupy.cuda.driver.launchKernel, self.function.kernel.ptr
        stream, parameters = self.cupy.cuda.get_current_stream().ptr, ctypes.addressof(pointers)
        for k in passes:
            values[1].value = k
            launch(function, *grid, 1, threads, 1, 1, self.shared, stream, parameters, 0)


class CupyCard:
    """One NVIDIA card through CuPy.

    Parameters
    ----------
    number : of the card among those visible
    """

    def __init__(self, number: int = 0) -> None:
        import cupy

        self.cupy = cupy
        self.number = number
        self.device = cupy.cuda.Device(number)
        with self.device:
            facts = cupy.cuda.runtime.getDeviceProperties(number)
            self.name = facts["name"].decode()
            self.shared_bytes = int(facts["sharedMemPerBlockOptin"])
        self.diagonals: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._kernels: dict[tuple[Any, ...], Kernel] = {}

    def kernel(self, file: str | Path, name: str, build: Options, shared: int = 0) -> Kernel:
        """A kernel of a file, compiled at first use.

        Raises
        ------
        UnsupportedError
            The card has less shared memory a block.
        """
        key = (file, name, build, shared)
        if key not in self._kernels:
            if shared > self.shared_bytes:
                raise UnsupportedError(
                    f"the card must have {shared:,} bytes of shared memory a block, {self.name} has "
                    f"{self.shared_bytes:,}; use engine='compiled'"
                )
            options = ("-std=c++17", *build.options)
            module = self.cupy.RawModule(code=source_of(file), options=options, backend="nvrtc")
            self._kernels[key] = CupyKernel(self.cupy, module.get_function(name), shared)
        return self._kernels[key]

    def empty(self, shape: int | tuple[int, ...], dtype: Any) -> Array:
        """Uninitialised CuPy array of that shape.

        Raises
        ------
        UnsupportedError
            It does not fit in the card's free memory.
        """
        return self._taken(self.cupy.empty, shape, dtype)

    def zeros(self, shape: int | tuple[int, ...], dtype: Any) -> Array:
        """CuPy array of zeros of that shape.

        Raises
        ------
        UnsupportedError
            It does not fit in the card's free memory.
        """
        return self._taken(self.cupy.zeros, shape, dtype)

    def _taken(self, make: Callable[..., Array], shape: int | tuple[int, ...], dtype: Any) -> Array:
        try:
            return make(shape, dtype)
        except self.cupy.cuda.memory.OutOfMemoryError:
            need = int(np.prod(shape)) * np.dtype(dtype).itemsize
            raise UnsupportedError(
                f"an array on the card must fit in its free memory, {self.free_bytes():,} bytes, got {need:,}; "
                "lower the number of qubits, or use dtype='complex64'"
            ) from None

    def upload(self, values: Any) -> Array:
        """CuPy array of the host's values, same shape."""
        return self.cupy.asarray(values)

    def fill(self, array: Array, values: Any) -> None:
        """Copy the host's values into the CuPy array, same shape."""
        array.set(values)

    def download(self, values: Array) -> Any:
        """NumPy array of the card's values, same shape; waits for the kernels before it."""
        return self.cupy.asnumpy(values)

    def address(self, values: Array) -> int:
        """Pointer of the CuPy array on the card."""
        return int(values.data.ptr)

    def free_bytes(self) -> int:
        """Memory that a run may take: the driver's free memory, and what CuPy holds and does not use."""
        pool = self.cupy.get_default_memory_pool()
        return max(0, int(self.device.mem_info[0]) + int(pool.free_bytes()) - RESERVED_BYTES)

    def give_back(self) -> None:
        """Give unused memory back to the driver."""
        self.cupy.get_default_memory_pool().free_all_blocks()


def blocks_for(count: int) -> int:
    """Blocks of `POINT_THREADS` threads for so many points; each thread takes several where they are many."""
    return int(max(1, min(MAX_BLOCKS, -(-count // POINT_THREADS))))


@cache
def source_of(file: str | Path) -> str:
    """A kernel file with its headers put in: NVRTC then needs no include path, and CuPy's cache sees every change."""
    path = SOURCES / file
    seen: set[str] = set()

    def read(name: str) -> str:
        if name in seen:
            return ""
        seen.add(name)
        text = (path.parent / name).read_text(encoding="utf-8").replace("#pragma once\n", "")
        return re.sub(r'#include "(\w+\.h)"\n', lambda found: read(found[1]), text)

    return read(path.name)


@cache
def why_missing() -> str:
    """Why no card can be used here, with the remedy; empty where one can."""
    if importlib.util.find_spec("cupy") is None:
        return str(MissingDependencyError("CuPy", "gpu"))
    try:
        import cupy

        count = cupy.cuda.runtime.getDeviceCount()
        driver = cupy.cuda.runtime.driverGetVersion()
        runtime = cupy.cuda.runtime.runtimeGetVersion()
    except Exception as error:
        return f"CuPy must find an NVIDIA driver and a card, got {str(error).splitlines()[0]!r}; check nvidia-smi"
    if not count:
        return "a card must be visible, got none; check nvidia-smi and CUDA_VISIBLE_DEVICES"
    if driver < OLDEST_DRIVER or driver // 1000 < runtime // 1000:
        return (
            f"the driver must be for CUDA {runtime // 1000}, got one for {driver // 1000}.{driver % 1000 // 10}; "
            "update it, or pip install cupy-cuda12x in place of cupy-cuda13x"
        )
    return _why_no_kernel()


def driver_version() -> str:
    """The newest CUDA that the driver supports."""
    import cupy

    version = int(cupy.cuda.runtime.driverGetVersion())
    return f"for CUDA {version // 1000}.{version % 1000 // 10}"


def _why_no_kernel() -> str:
    try:
        card().kernel("measure.cu", "pick", Build().measuring())
    except Exception as error:
        return (
            f"kernels must compile, got {str(error).splitlines()[0]!r}; "
            "install CuPy with its CUDA parts: pip install 'cupy-cuda13x[ctk]'"
        )
    return ""


@cache
def card(number: int = 0) -> CupyCard:
    """The card that runs use."""
    return CupyCard(number)


def require_card() -> CupyCard:
    """The card, or the reason why there is none.

    Raises
    ------
    UnsupportedError
        With the remedy.
    """
    reason = why_missing()
    if reason:
        raise UnsupportedError(f"engine must be one that can run here, got 'gpu' ({reason})")
    return card()
