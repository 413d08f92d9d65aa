"""Rewrite the terminal blocks of README.md by running the commands that stand above them.

A block is ``<!-- run: COMMAND -->``, a fenced block, ``<!-- end -->``; run from the repository's root.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- run: (?P<command>[^\n]*) -->\n)```\n.*?```\n(<!-- end -->)", re.DOTALL)


def output_of(command: str) -> str:
    """What the command prints on stdout, 100 columns wide."""
    words = shlex.split(command)
    words[:1] = [sys.executable, "-m", "qopt"] if words[0] == "qopt" else words[:1]
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=env, cwd=ROOT)
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines()) + "\n"


def refreshed(text: str) -> str:
    """The page with every block run again."""

    def block(match: re.Match[str]) -> str:
        command = match["command"]
        return f"{match[1]}```\n$ {command}\n{output_of(command)}```\n{match[3]}"

    return BLOCK.sub(block, text)


def main() -> None:
    """Refresh README.md, or the pages named on the command line."""
    for name in sys.argv[1:] or ["README.md"]:
        page = Path(name)
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
