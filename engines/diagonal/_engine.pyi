"""Types of the compiled engine; see _engine.cpp."""

from typing import Any

import numpy.typing as npt

Buffer = npt.NDArray[Any]

def engines() -> list[tuple[str, int]]: ...
def forward(
    engine: str,
    re: Buffer,
    im: Buffer,
    diagonals: tuple[tuple[Buffer, int], ...],
    turns: Buffer,
    angles: Buffer,
    measured: tuple[Buffer, int] | None,
    half: bool,
    starts: bool,
    stores: bool,
    threads: int,
    /,
) -> tuple[float, float]: ...
def backward(
    engine: str,
    re: Buffer,
    im: Buffer,
    adjoint_re: Buffer,
    adjoint_im: Buffer,
    diagonals: tuple[tuple[Buffer, int], ...],
    turns: Buffer,
    angles: Buffer,
    weight: tuple[Buffer, int] | None,
    cap: float,
    by_gamma: Buffer,
    by_angle: Buffer,
    half: bool,
    threads: int,
    /,
) -> None: ...
