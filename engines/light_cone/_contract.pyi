from typing import Any

def evaluate(
    network: tuple[Any, Any, Any, Any, Any, Any],
    numbers: tuple[Any, Any, Any, Any],
    scale: float,
    weights: Any,
    values: Any,
    gradient: Any,
    is_shared: bool,
) -> None: ...
