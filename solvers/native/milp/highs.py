"""HiGHS behind one class: a linear model that grows by rows, a start, incumbents as they come, and Ctrl-C.

A call runs in a thread of its own, since only the main thread hears Ctrl-C; HiGHS asks between its steps whether it
should stop. One thread of search, so that a run without a time limit is the same each time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from ....algorithms.highs_run import run_highs
from ....core import Float, Rows

if TYPE_CHECKING:
    from .model import MilpModel

#: Called with the values of a better point; True stops the search.
OnPoint = Callable[[Float], bool]
#: What a call that starts at the limit still gets: enough to say what it knows.
_LEAST_SECONDS = 1e-3


class HighsStatus(Enum):
    """How a call ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    LIMIT = "limit"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class HighsAnswer:
    """Outcome of a call: the best point (None: none), the lower bound (None: none), and HiGHS' own word for it."""

    status: HighsStatus
    point: Float | None
    bound: float | None
    message: str


class Highs:
    """One model in HiGHS, integer or relaxed from call to call."""

    def __init__(self, model: MilpModel) -> None:
        import highspy

        class Quiet(highspy.Highs):
            """HiGHS prints a line when callbacks are enabled, which the constructor does."""

            def enableCallbacks(self) -> None:
                self.setOptionValue("output_flag", False)
                super().enableCallbacks()  # type: ignore[no-untyped-call]

        self._size = model.c.size
        self._is_integer = np.asarray(model.is_integer, dtype=bool)
        self._highs: Any = Quiet()  # type: ignore[no-untyped-call]
        self._highs.HandleUserInterrupt = True
        for option, value in (("threads", 1), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0)):
            self._highs.setOptionValue(option, value)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self._size, int(model.A.shape[0])
        lp.col_cost_ = model.c
        lp.col_lower_, lp.col_upper_ = np.zeros(self._size), model.top
        lp.row_lower_, lp.row_upper_ = model.lower, model.upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        matrix = model.A.tocsr()
        lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
        lp.a_matrix_.value_ = matrix.data
        if self._highs.passModel(lp) == highspy.HighsStatus.kError:
            raise ArithmeticError("HiGHS must take the model, but refuses it; rescale the instance")

    def add(self, rows: Rows) -> None:
        """Further rows over the columns."""
        A = rows.A.tocsr()
        indptr, indices = A.indptr[:-1].astype(np.int32), A.indices.astype(np.int32)
        self._highs.addRows(len(rows), rows.lower, rows.upper, A.nnz, indptr, indices, A.data)

    def relaxed(self, seconds: float | None) -> HighsAnswer:
        """Optimum of the linear relaxation."""
        self._integrality(np.zeros(self._size, dtype=bool))
        answer = self._run(seconds)
        if answer.status is not HighsStatus.OPTIMAL:
            return answer
        value = float(self._highs.getInfo().objective_function_value)
        return HighsAnswer(answer.status, answer.point, value, answer.message)

    def integer(
        self, seconds: float | None, start: Float | None = None, on_point: OnPoint | None = None
    ) -> HighsAnswer:
        """Best integer point, from ``start``, shape (columns,); ``on_point`` hears of each better one.

        Raises
        ------
        Exception
            Whatever ``on_point`` raised; the search is stopped first.
        """
        import highspy

        self._integrality(self._is_integer)
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = start.tolist()
            self._highs.setSolution(solution)
        errors: list[Exception] = []

        def hear(event: Any) -> None:
            """An exception cannot cross the C++ frames, so it waits for the end of the search."""
            if errors or on_point is None:
                return
            try:
                is_enough = on_point(np.array(event.data_out.mip_solution, dtype=np.float64))
            except Exception as error:
                errors.append(error)
                is_enough = True
            if is_enough:
                self._highs.cancelSolve()

        self._highs.cbMipImprovingSolution.subscribe(hear)
        try:
            answer = self._run(seconds)
        finally:
            self._highs.cbMipImprovingSolution.unsubscribe(hear)
        if errors:
            raise errors[0]
        bound = float(self._highs.getInfo().mip_dual_bound)
        is_known = math.isfinite(bound) and abs(bound) < 1e20  # HiGHS' infinity
        return HighsAnswer(answer.status, answer.point, bound if is_known else None, answer.message)

    def _integrality(self, is_integer: Any) -> None:
        import highspy

        kinds = np.where(is_integer, int(highspy.HighsVarType.kInteger), int(highspy.HighsVarType.kContinuous))
        columns = np.arange(self._size, dtype=np.int32)
        self._highs.changeColsIntegrality(self._size, columns, kinds.astype(np.uint8))

    def _run(self, seconds: float | None) -> HighsAnswer:
        limit = math.inf if seconds is None else self._highs.getRunTime() + max(seconds, _LEAST_SECONDS)
        self._highs.setOptionValue("time_limit", limit)  # it counts all calls
        with ThreadPoolExecutor(max_workers=1) as pool:
            running = pool.submit(run_highs, self._highs)
            try:
                running.result()
            except BaseException:
                while not running.done():  # again, as a call that has not begun forgets it
                    self._highs.cancelSolve()
                    time.sleep(0.01)
                raise
        message = str(self._highs.modelStatusToString(self._highs.getModelStatus()))
        solution = self._highs.getSolution()
        point = np.array(solution.col_value, dtype=np.float64) if solution.value_valid else None
        return HighsAnswer(_status(message), point, None, message)


def _status(message: str) -> HighsStatus:
    match message:
        case "Optimal" | "Empty":
            return HighsStatus.OPTIMAL
        case "Infeasible":
            return HighsStatus.INFEASIBLE
        case "Time limit reached" | "Interrupted by user" | "Solution limit reached" | "Iteration limit reached":
            return HighsStatus.LIMIT
    return HighsStatus.FAILED
