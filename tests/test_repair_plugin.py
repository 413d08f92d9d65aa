"""The entry-point group ``qopt.repairs``: an installed package's repair and improvement are registered with ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLUGIN = """
from qopt.problems.qubo import QuboProgram
from qopt.repair import repair

@repair.register
def named(formulation: QuboProgram, x, rng):
    return x
"""


def test_an_installed_repair_is_found(tmp_path: Path) -> None:
    (tmp_path / "my_repairs.py").write_text(PLUGIN, encoding="utf-8")
    home = tmp_path / "my_repairs-1.0.dist-info"
    home.mkdir()
    (home / "METADATA").write_text("Metadata-Version: 2.1\nName: my-repairs\nVersion: 1.0\n", encoding="utf-8")
    (home / "entry_points.txt").write_text("[qopt.repairs]\nmine = my_repairs\n", encoding="utf-8")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from qopt.repair import repair\n"
        "from qopt.problems.qubo import QuboProgram\n"
        "print(repair.dispatch(QuboProgram).__module__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "my_repairs"
