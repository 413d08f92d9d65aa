"""LP and MPS text through HiGHS: arrays of the model, its errors and warnings as ours, nothing printed.

HiGHS reads files alone, so the text goes through a file of a temporary folder.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...core import InstanceFormatError, UnsupportedError
from ...core.model_text import Model
from ..reading import brief

#: Coefficients that HiGHS holds; outside it drops them, or takes them for infinite.
SMALLEST, LARGEST = 1e-12, 1e15
#: What HiGHS warns of that changes nothing: equal terms are added, bounds beyond 1e20 are none.
_HARMLESS = re.compile(
    r"repeated here|coefficients are summed|appears more than once|more than once in|treated as [+-]Infinity"
    r"|inconsistent bounds|ignoring user constraint matrix|section is \d+$",
)
_PLACE = re.compile(r"-->\s*\S+?:(\d+):\d+|line (\d+)", re.IGNORECASE)


def read_highs(
    text: str, suffix: str, path: str, *, line_of: Callable[[int], int] = int, named: Callable[[str], str] = str
) -> tuple[Model, tuple[str, ...]]:
    """The model in LP or MPS text as HiGHS reads it, and the type of each variable.

    Parameters
    ----------
    suffix : ``.lp`` or ``.mps``.
    path : how errors name the file.
    line_of : line of the user's file for a line of ``text``.
    named : the user's words for a message about ``text``.

    Returns
    -------
    model : names as in the text; bounds of variables may be infinite.
    types : ``integer``, ``continuous``, ``semi-continuous`` or ``semi-integer`` for each variable.

    Raises
    ------
    InstanceFormatError
        HiGHS cannot read the text, or warns of something that it dropped.
    """
    import highspy

    with tempfile.TemporaryDirectory() as folder:
        file, log = Path(folder) / f"model{suffix}", Path(folder) / "log"
        file.write_text(text, encoding="utf-8")
        solver = _quiet(highspy)
        for option, value in (("log_to_console", False), ("output_flag", True), ("log_file", str(log))):
            solver.setOptionValue(option, value)
        solver.setOptionValue("small_matrix_value", SMALLEST)
        status = solver.readModel(str(file))
        messages = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        solver.setOptionValue("log_file", "")
    if status == highspy.HighsStatus.kError:
        raise _unreadable(messages, suffix, path, line_of, named)
    _check_warnings(messages, path, line_of, named)
    model = solver.getModel()
    return _arrays(model.lp_, model.hessian_, highspy, path), _types(model.lp_, highspy)


def _quiet(highspy: Any) -> Any:
    """A solver that prints nothing: HiGHS prints a banner when callbacks are enabled, which the constructor does."""

    class Quiet(highspy.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> None:
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet()


def _lines(messages: str) -> list[str]:
    """What HiGHS said about the file, without its banner."""
    banner = ("Running HiGHS", "Copyright", "Includes third-party", "WARNING: Log file")
    return [line for line in messages.splitlines() if line.strip() and not line.startswith(banner)]


def _unreadable(
    messages: str, suffix: str, path: str, line_of: Callable[[int], int], named: Callable[[str], str]
) -> InstanceFormatError:
    lines = _lines(messages)
    said = [re.sub(r"^(ERROR|WARNING):?\s*", "", line).strip() for line in lines if line.startswith(("ERROR", "WARN"))]
    found = _PLACE.search(messages)
    line = None if found is None else line_of(int(found[1] or found[2]))
    reason = named(said[0]) if said else "no model"
    what = suffix.lstrip(".").upper()
    return InstanceFormatError(path, line, f"expected {what} text that HiGHS can read, found: {brief(reason, 160)}")


def _check_warnings(messages: str, path: str, line_of: Callable[[int], int], named: Callable[[str], str]) -> None:
    lines = _lines(messages)
    for place, line in enumerate(lines):
        if not line.startswith("WARN") or _HARMLESS.search(line):
            continue
        found = _PLACE.search("\n".join(lines[place : place + 2]))
        number = None if found is None else line_of(int(found[1] or found[2]))
        text = named(re.sub(r"^WARNING:?\s*", "", line).strip())
        raise InstanceFormatError(path, number, f"expected a model read as it stands, found HiGHS warning: {text}")


def _arrays(lp: Any, hessian: Any, highspy: Any, path: str) -> Model:
    from scipy.sparse import csc_array, csr_array

    n, m = lp.num_col_, lp.num_row_
    matrix = lp.a_matrix_
    parts = (np.array(matrix.value_), np.array(matrix.index_, dtype=np.int64), np.array(matrix.start_))
    is_rowwise = matrix.format_ == highspy.MatrixFormat.kRowwise
    A = csr_array((csr_array if is_rowwise else csc_array)(parts, shape=(m, n)))
    pairs, couplings = _products(hessian, n, path)
    c = np.array(lp.col_cost_, dtype=np.float64)
    for what, values in (
        ("costs", c),
        ("coefficients", A.data),
        ("products", couplings),
        ("the constant", [lp.offset_]),
    ):
        if not (np.abs(values) < LARGEST).all():
            raise UnsupportedError(f"{path} must have {what} below {LARGEST:g}, got larger ones; rescale the model")
    minimum, maximum = (np.array(side, dtype=np.float64) for side in (lp.col_lower_, lp.col_upper_))
    lower, upper = (np.array(side, dtype=np.float64) for side in (lp.row_lower_, lp.row_upper_))
    return Model(
        c=c,
        offset=float(lp.offset_),
        pairs=pairs,
        couplings=couplings,
        A=A,
        lower=lower,
        upper=upper,
        minimum=minimum,
        maximum=maximum,
        names=tuple(lp.col_names_) or tuple(f"x[{i}]" for i in range(n)),
        row_names=tuple(lp.row_names_) or tuple(f"row[{i}]" for i in range(m)),
        sense="max" if lp.sense_ == highspy.ObjSense.kMaximize else "min",
    )


def _products(hessian: Any, n: int, path: str) -> tuple[Any, Any]:
    """Pairs i <= j and values of ``v'Hv / 2``; H is given by its lower triangle, or square."""
    if not hessian.dim_:
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    from scipy.sparse import csc_array

    parts = (np.array(hessian.value_), np.array(hessian.index_, dtype=np.int64), np.array(hessian.start_))
    H = csc_array(parts, shape=(n, n)).tocoo()
    is_square = str(hessian.format_).endswith("kSquare")
    i, j, v = np.minimum(H.row, H.col), np.maximum(H.row, H.col), H.data
    v = np.where((i == j) | is_square, v / 2, v)
    kept = v != 0
    return np.stack([i[kept], j[kept]], axis=1).astype(np.int64), v[kept]


def _types(lp: Any, highspy: Any) -> tuple[str, ...]:
    kind = highspy.HighsVarType
    words = {
        kind.kInteger: "integer",
        kind.kContinuous: "continuous",
        kind.kSemiContinuous: "semi-continuous",
        kind.kSemiInteger: "semi-integer",
    }
    given = tuple(words.get(one, "of another type") for one in lp.integrality_)
    return given or ("continuous",) * lp.num_col_
