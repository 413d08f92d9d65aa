"""Types of the compiled annealers; see _engine.cpp."""

from typing import Any

import numpy.typing as npt

Buffer = npt.NDArray[Any]

def kernels() -> list[str]: ...
def anneal(
    kernels: str,
    kind: str,
    rows: bool,
    ptr: Buffer,
    col: Buffer,
    weight: Buffer,
    field: Buffer,
    spins: Buffer,
    words: Buffer,
    pool: Buffer,
    temperatures: Buffer,
    descent: float,
    fresh: bool,
    random_start: bool,
    gibbs: bool,
    shuffle: bool,
    /,
) -> tuple[int, int]: ...
