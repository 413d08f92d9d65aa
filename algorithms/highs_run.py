"""One run of a HiGHS model on one thread, also in a process whose HiGHS was begun with another number of threads."""

from __future__ import annotations

from typing import Any


def run_highs(model: Any) -> None:
    """``model.run()``; where HiGHS refuses because its process-wide threads were fixed before, they are reset once.

    Such a run ends with the status "Not Set", which says nothing of the model.
    """
    import highspy

    if model.run() == highspy.HighsStatus.kError and model.getModelStatus() == highspy.HighsModelStatus.kNotset:
        highspy.Highs.resetGlobalScheduler(True)
        model.run()
