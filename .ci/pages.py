"""Run what the pages tell a newcomer to type, in a folder of its own, and say how long each took.

``qopt`` lines of shell blocks of the pages named below, in order, a page at a time; blocks of Python that begin with
``import qopt`` in README.md and in every page. A line that fails ends it. ``python .ci/pages.py [PAGE ...]``.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("docs/index.md", "docs/commands.md", "docs/watching.md", "docs/extending.md")
#: Minutes of work, or a card: their own benchmarks and tests run them.
LEFT_OUT = ("reproduce",)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(import qopt.*?)```", re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """The words of each line that begins with ``qopt``, comments left out."""
    lines = [line for block in SHELL.findall(text) for line in block.splitlines() if line.startswith("qopt ")]
    words = [shlex.split(line, comments=True) for line in lines]
    return [line for line in words if line[1] not in LEFT_OUT]


def run(words: list[str], folder: Path) -> None:
    """One command; what it printed is shown where it fails.

    Raises
    ------
    SystemExit
        It ended with another code than 0; 20, not proven, is an answer to ``--prove``.
    """
    start = time.monotonic()
    command = [sys.executable, "-m", "qopt", *words[1:]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    print(f"{time.monotonic() - start:7.1f} s  {shlex.join(words)}", flush=True)
    if done.returncode not in ((0, 20) if "--prove" in words else (0,)):
        said = done.stdout[-2000:] + done.stderr[-2000:]
        raise SystemExit(f"{shlex.join(words)} ended with {done.returncode}:\n{said}")


def main() -> int:
    start = time.monotonic()
    asked = [Path(name) for name in sys.argv[1:]] or [Path(page) for page in PAGES]
    for page in asked:
        with tempfile.TemporaryDirectory() as name:
            shutil.copytree(ROOT / "examples", Path(name) / "examples")
            for words in commands((ROOT / page).read_text(encoding="utf-8")):
                run(words, Path(name))
    for page in () if sys.argv[1:] else sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]):
        for code in PYTHON.findall(page.read_text(encoding="utf-8")):
            with tempfile.TemporaryDirectory() as name:
                shutil.copytree(ROOT / "examples", Path(name) / "examples")
                command = [sys.executable, "-c", code]
                subprocess.run(command, cwd=name, check=True, timeout=600, stdout=subprocess.DEVNULL)
            print(f"          Python of {page.relative_to(ROOT)}", flush=True)
    print(f"{time.monotonic() - start:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
