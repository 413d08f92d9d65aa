"""A card for machines without one: the same kernels, compiled by g++ and run on fibers (cuda_on_cpu.h).

Tiles are small, so that few qubits already need several groups and passes.
"""

from __future__ import annotations

import ctypes
import getpass
import hashlib
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np

from qopt.engines.diagonal.gpu.circuit import Tuning
from qopt.engines.diagonal.gpu.device import Build, source_of

SHIM = Path(__file__).with_name("cuda_on_cpu.h")
TYPES = {"int": ctypes.c_int, "wide": ctypes.c_uint64, "double": ctypes.c_double}


class EmulatedCard:
    """What `Card` asks for, over NumPy arrays."""

    name = "emulated card"

    def __init__(self, tuning: Tuning, memory: int = 1 << 30) -> None:
        self.tuning = tuning
        self.memory = memory
        self.diagonals = WeakKeyDictionary()

    def kernel(self, file, name, build, shared=0):
        return EmulatedKernel(name, *compiled(file, build)[name], shared)

    def empty(self, shape, dtype):
        out = np.empty(shape, dtype)
        out.view(np.uint8).fill(0xFF)  # NaN: what nobody wrote must not be read
        return out

    def zeros(self, shape, dtype):
        return np.zeros(shape, dtype)

    def upload(self, values):
        return np.array(values)

    def fill(self, array, values):
        array[...] = values

    def download(self, values):
        return np.array(values)

    def address(self, values):
        return values.ctypes.data

    def free_bytes(self):
        return self.memory


class EmulatedKernel:
    def __init__(self, name, function, types, shared):
        self.name, self.function, self.types, self.shared = name, function, types, shared

    def __call__(self, grid, threads, arguments):
        assert len(arguments) == len(self.types), (self.name, len(arguments), self.types)
        for value in arguments:
            assert isinstance(value, np.generic), (self.name, value)
        self.function(*grid, threads, self.shared, *(value.item() for value in arguments))

    def sweep(self, grid, threads, header, passes, first_block=0):
        for k in passes:
            self(grid, threads, (header, np.int32(k), np.int32(first_block)))


class EmulatedLink:
    """Cards side by side in one memory; an exchange is done as soon as it is started."""

    def __init__(self, count, tuning):
        self.cards = [EmulatedCard(tuning) for _ in range(count)]
        self.moved = 0

    def use(self, rank):
        self.rank = rank

    def release(self):
        pass

    def start(self, chunk, states, begins, length):
        old = [state.copy() for state in states]
        for rank, state in enumerate(states):
            for peer, begin in enumerate(begins):
                state[begin : begin + length] = old[peer][begins[rank] : begins[rank] + length]
        self.moved += length

    def wait(self, chunk):
        pass


def why_not() -> str:
    """Why kernels cannot be emulated here."""
    return "" if shutil.which("g++") else "kernels are emulated with g++, which is not installed"


@cache
def compiled(file: str, build: Build):
    """Launchers of a file's kernels, and the types of their arguments."""
    source = source_of(file)
    real = ctypes.c_float if getattr(build, "real_bits", 64) == 32 else ctypes.c_double
    signatures, launchers = {}, []
    pattern = r'extern "C" __global__ void\s*(?:__launch_bounds__\([^)]*\)\s*)?(\w+)\(([^)]*)\)'
    for name, text in re.findall(pattern, source):
        parameters = [" ".join(part.split()) for part in text.split(",")]
        names = [part.split()[-1].lstrip("*") for part in parameters]
        signatures[name] = [_type(part, real) for part in parameters]
        launchers.append(
            f'extern "C" void launch_{name}(unsigned gx, unsigned gy, unsigned threads, size_t shared, '
            f"{', '.join(parameters)}) {{ emulate(gx, gy, threads, shared, [=] {{ {name}({', '.join(names)}); }}); }}"
        )
    text = "\n".join([f'#include "{SHIM}"', source.replace('extern "C" __global__', "static"), *launchers])
    folder = Path(tempfile.gettempdir()) / f"qopt-emulated-kernels-{getpass.getuser()}"
    folder.mkdir(exist_ok=True)
    key = hashlib.sha256((text + SHIM.read_text() + repr(build)).encode()).hexdigest()[:24]
    library = folder / f"{key}.so"
    if not library.exists():
        unit, made = folder / f"{key}.{id(text)}.cpp", folder / f"{key}.{id(text)}.so"
        unit.write_text(text)
        flags = ["-O1", "-std=c++17", "-w", "-fPIC", "-shared", *build.options]
        subprocess.run(["g++", *flags, str(unit), "-o", str(made)], check=True, capture_output=True, text=True)
        made.replace(library)
        unit.unlink()
    loaded = ctypes.CDLL(str(library))
    found = {}
    for name, types in signatures.items():
        function = getattr(loaded, f"launch_{name}")
        function.argtypes, function.restype = [ctypes.c_uint] * 3 + [ctypes.c_size_t, *types], None
        found[name] = function, types
    return found


def _type(parameter: str, real):
    if "*" in parameter:
        return ctypes.c_void_p
    kind = parameter.split()[-2]
    return real if kind == "real" else TYPES[kind]
