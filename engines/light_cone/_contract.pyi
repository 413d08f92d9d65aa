from typing import Any

def kernels() -> list[str]: ...
def evaluate(
    kernels: str,
    network: tuple[Any, Any, Any, Any, Any, Any],
    numbers: tuple[Any, Any, Any, Any],
    scale: float,
    weights: Any,
    values: Any,
    gradient: Any,
    is_shared: bool,
) -> None: ...
