"""Types of the compiled searches on polynomials; see _polynomial.cpp."""

from typing import Any

import numpy.typing as npt

Buffer = npt.NDArray[Any]

class Search: ...

def labs(length: int, method: str, seed: int, settings: Buffer, /) -> Search: ...
def terms(
    n: int,
    indptr: Buffer,
    indices: Buffer,
    coefficients: Buffer,
    offset: float,
    method: str,
    seed: int,
    settings: Buffer,
    /,
) -> Search: ...
def advance(search: Search, evaluations: int, limit: int, target: float, /) -> tuple[float, int, int]: ...
def best(search: Search, out: Buffer, /) -> None: ...
