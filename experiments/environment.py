"""What a run ran on: versions, processor, engine; part of every Record and of ``qopt --version``."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from functools import cache
from typing import Any

STACK = (
    "numpy",
    "scipy",
    "dimod",
    "dwave-samplers",
    "networkx",
    "ortools",
    "qiskit",
    "qiskit-aer",
    "qiskit-ibm-runtime",
    "fast-tsp",
)


@cache
def versions() -> dict[str, str]:
    """Version of qopt and of each package of the stack that is installed."""
    found = {}
    for package in ("qopt-workbench", *STACK):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def environment() -> dict[str, Any]:
    """Versions, Python, system, processor, usable cores, instruction sets and NumPy's BLAS as JSON values."""
    return {**_environment(), "instruction_set": instruction_set(), "blas": blas()}


def instruction_set() -> str:
    """What the compiled engine of circuits runs on (``$QOPT_ISA`` limits it); empty where it was not built."""
    from ..engines.diagonal import compiled

    return compiled.instruction_set() if compiled.is_available() else ""


def instruction_sets() -> tuple[str, ...]:
    """All that the compiled engine can run on here, best first; none where it was not built."""
    from ..engines.diagonal import compiled

    return tuple(compiled.instruction_sets()) if compiled.is_available() else ()


@cache
def blas() -> str:
    """NumPy's BLAS with the kernels that it chose for this processor, such as ``OpenBLAS SkylakeX``; empty if unknown.

    Its sums differ in the last digits between kernels, and an optimiser of angles carries that on.
    """
    import ctypes

    try:
        with open("/proc/self/maps", encoding="utf-8") as lines:
            paths = {line.split()[-1] for line in lines if "openblas" in line and "numpy" in line}
        for path in sorted(paths):
            library = ctypes.CDLL(path)
            for name in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename"):
                told = getattr(library, name, None)
                if told is not None:
                    told.restype = ctypes.c_char_p
                    return f"OpenBLAS {told().decode()}"
    except (OSError, IndexError, AttributeError):
        pass
    return ""


@cache
def _environment() -> dict[str, Any]:
    return {
        "versions": versions(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def peak_bytes() -> int | None:
    """Peak resident bytes of this process so far; None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if platform.system() == "Darwin" else peak * 1024)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
